"""Makes mistakes of functions/ and template.yaml in forks of one run of pytest that has all ready: tests and site.

The tests run once without a mistake, which says what each of them runs. A mistake is put into the code that a fork
holds, and tests that run its block are asked, quick ones first, so that most take a second. One of template.yaml is put
into what a fork reads, and all tests that read the file are asked, quick ones first.
"""

import ast
import builtins
import gc
import importlib
import os
import pickle
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import _lru_cache_wrapper, cache, partial
from itertools import accumulate
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any
from unittest.mock import patch

import pytest

from tools.mutation.edits import ROOT, Edit
from tools.mutation.worker import SHARED, Outcome

ELSEWHERE = SHARED - {"stand_in", "built_site"}
"""Fixtures that a fork cannot share: other processes, and what waits for them."""
FIRST_SECONDS = 10.0
"""Of the quickest of each file, that notice most mistakes, so many are asked first."""
QUICK = 0.1
"""Seconds of a test that is asked next: two thirds are so quick, and all of them take half a minute."""
MOST_SECONDS = 40.0
"""Of the tests that run a block, so many are asked as take so long together."""
PATIENCE = 30.0
"""Seconds that a fork has in any case; it gets four times what its tests took."""
TEMPLATES = "functions/templates/"
OF_AWS = "template.yaml"
TELLS = "_block_ran"
"""A name that Python itself does not have."""
PASSED, FAILED, LEFT_OUT, BROKE_OFF = range(4)
"""Exit codes of forks."""
CODES = {PASSED: Outcome.SURVIVED, LEFT_OUT: Outcome.LEFT_OUT}


@dataclass
class Ran:
    """A test without a mistake: its seconds, the blocks that it ran, by file and first line, and what it read."""

    seconds: float
    blocks: set[tuple[str, int]]
    templates: set[str]


class CannotApply(Exception):
    """The mistake is in something that is computed at import, and is held by what was made of it."""


class WouldEndTheImport(Exception):
    """Something that is computed at import cannot be, with the mistake."""


def run(
    tests: Sequence[str],
    edits: Sequence[Edit],
    seconds: float,
    workers: int,
    results: "SimpleQueue[tuple[Edit, Outcome] | None]",
) -> None:
    """Put what came of one edit after another until the time is up, which begins once the tests ran; then None."""
    try:
        quick = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--assert=plain"]
        with (
            tempfile.TemporaryDirectory() as folder,
            Path(os.devnull).open("w") as silent,
            redirect_stdout(silent),
        ):
            plugin = Warm(edits, seconds, workers, Path(folder), lambda *each: results.put(each))
            pytest.main([*quick, *tests], plugins=[plugin])
    finally:
        results.put(None)


class OneByOne:
    """A plugin of pytest that runs tests when it wants: `_far` are two of them in two folders."""

    _far: tuple[pytest.Item, pytest.Item]
    _failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed |= report.failed

    def _passes(self, item: pytest.Item) -> bool:
        """Run a test, and take down all but what the session shares: one of another folder comes next, it is told."""
        self._failed = False
        one, other = self._far
        following = other if item.path.parent == one.path.parent else one
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        return not self._failed


class Warm(OneByOne):
    """A plugin of pytest that tries mistakes in place of running the tests.

    `tell` is given each edit and its outcome.
    """

    def __init__(
        self,
        edits: Sequence[Edit],
        seconds: float,
        workers: int,
        folder: Path,
        tell: Callable[[Edit, Outcome], None],
    ) -> None:
        self._edits, self._seconds, self._workers, self._folder, self._tell = edits, seconds, workers, folder, tell
        self._imported: Imported | None = None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if ELSEWHERE.isdisjoint(getattr(item, "fixturenames", ()))]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = session.items
        first = next(item for item in items if "stand_in" in getattr(item, "fixturenames", ()))
        self._far = (first, items[-1])  # in two folders
        if any(edit.path == OF_AWS for edit in self._edits):  # each fork makes its own stand-in of the template
            from tests.support.site_build import build_site

            site = build_site(self._folder)
            patch("tests.conftest.build_site", lambda _: site).start()
        else:  # what the whole session shares is there from now on
            self._passes(first)
            self._imported = Imported()
        ran: dict[int, Ran] = {}
        shuffled = random.Random(0).sample(range(len(items)), len(items))
        for found in self._in_forks(lambda number: self._map(items, shuffled[number :: self._workers])):
            ran |= found
        ran = dict(sorted(ran.items(), key=lambda pair: pair[1].seconds))
        end = time.monotonic() + self._seconds
        for _ in self._in_forks(lambda number: self._try_all(items, ran, self._edits[number :: self._workers], end)):
            pass
        return True

    def _in_forks(self, work: Callable[[int], Any]) -> Iterator[Any]:
        """Do work in as many forks as there are workers, at the same time, and yield what each returns."""
        results = [self._folder / str(number) for number in range(self._workers)]

        def keep(number: int) -> None:
            results[number].write_bytes(pickle.dumps(work(number)))

        gc.collect()
        gc.freeze()  # where the collector looks at an object, a fork needs a copy of its page
        children = [_fork(partial(keep, number)) for number in range(self._workers)]
        for child in children:
            _, status = os.waitpid(child, 0)
            if status:
                raise RuntimeError("a worker ended with an error")
        yield from (pickle.loads(result.read_bytes()) for result in results)

    def _map(self, items: Sequence[pytest.Item], numbers: Sequence[int]) -> dict[int, Ran]:
        """Run tests, and return what those ran that passed."""
        import minify
        from jinja2 import Environment

        from tools.expanded_template import expanded

        minify.string = None  # in Go, which does not go on in a fork: a test that builds a site fails, and is left out
        asked: set[str] = set()
        get_template, read_text = Environment.get_template, Path.read_text

        def noting(environment: Any, name: Any, *rest: Any, **more: Any) -> Any:
            asked.add(name)
            return get_template(environment, name, *rest, **more)

        def reading(path: Path, *how: Any, **more: Any) -> str:
            if path == ROOT / OF_AWS:
                asked.add(OF_AWS)
            return read_text(path, *how, **more)

        patch.object(Environment, "get_template", noting).start()  # this fork ends with its tests
        patch.object(Path, "read_text", reading).start()
        blocks = self._imported.tell_blocks() if self._imported else set[tuple[str, int]]()
        ran = {}
        for number in numbers:
            asked.clear()
            blocks.clear()
            expanded.cache_clear()
            begin = time.monotonic()
            if self._passes(items[number]):
                given = {OF_AWS} if "template" in getattr(items[number], "fixturenames", ()) else set()
                ran[number] = Ran(time.monotonic() - begin, set(blocks), asked | given)
        return ran

    def _try_all(self, items: Sequence[pytest.Item], ran: dict[int, Ran], edits: Sequence[Edit], end: float) -> None:
        by_block, by_template = defaultdict[tuple[str, int], list[int]](list), defaultdict[str, list[int]](list)
        for number, each in ran.items():
            for block in each.blocks:
                by_block[block].append(number)
            for template in each.templates:
                by_template[template].append(number)
        for edit in edits:
            if time.monotonic() > end:
                break
            if edit.path == OF_AWS:
                numbers = by_template[OF_AWS]
            elif edit.path.startswith(TEMPLATES):
                numbers = _in_order(by_template[edit.path.removeprefix(TEMPLATES)], ran, items)
            else:
                numbers = _in_order(_tests_of(edit, by_block, ran), ran, items)
            self._tell(edit, self._try(edit, items, numbers, ran))

    def _try(self, edit: Edit, items: Sequence[pytest.Item], numbers: Sequence[int], ran: dict[int, Ran]) -> Outcome:
        chosen: list[int] = []
        seconds = 0.0
        for number in numbers:
            if seconds + ran[number].seconds > MOST_SECONDS and chosen and edit.path != OF_AWS:
                break
            chosen.append(number)
            seconds += ran[number].seconds
        if not chosen:  # no test runs the block; or it ran before, at import or into a cache
            return Outcome.LEFT_OUT
        child = _fork(lambda: self._with(edit, [items[number] for number in chosen]))
        end = time.monotonic() + max(PATIENCE, 4 * seconds)
        while time.monotonic() < end:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                if code == BROKE_OFF:
                    raise RuntimeError(f"{edit} could not be tried")
                return CODES.get(code, Outcome.NOTICED)
            time.sleep(0.005)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return Outcome.TIMED_OUT

    def _with(self, edit: Edit, items: Sequence[pytest.Item]) -> int:
        """Run tests with a mistake until one fails, and return the exit code that says what came of it."""
        try:
            self._imported.apply(edit) if self._imported else _apply_to_file(edit)
        except CannotApply:
            return LEFT_OUT
        except WouldEndTheImport:
            return FAILED
        passed = all(map(self._passes, items))
        return PASSED if passed else FAILED


def _fork(work: Callable[[], int | None]) -> int:
    """Do work in a fork of this process, in a group of its own, without output; its number is the exit code."""
    child = os.fork()
    if child:
        return child
    code = BROKE_OFF
    try:
        os.setpgid(0, 0)
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        code = work() or 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _tests_of(edit: Edit, by_block: dict[tuple[str, int], list[int]], ran: dict[int, Ran]) -> list[int]:
    """Return the tests that run the block of an edit, or, of a constant, the blocks that name it; quickest first."""
    text = (ROOT / edit.path).read_text("utf-8")
    line = edit.line(text)
    found = set(by_block.get((edit.path, _block_of(text, line)), ()))
    if names := _constants_at(text, line):
        for path in sorted((ROOT / "functions").rglob("*.py")):
            source, relative = path.read_text("utf-8"), path.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(source)):
                if (isinstance(node, ast.Name) and node.id in names) or (
                    isinstance(node, ast.Attribute) and node.attr in names
                ):
                    found |= set(by_block.get((relative, _block_of(source, node.lineno)), ()))
    return sorted(found, key=lambda number: ran[number].seconds)


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of a function, as of an `if`, that are inside of a node: statements that run one by one."""
    for each in ast.walk(node):
        if not isinstance(each, ast.Module | ast.ClassDef):
            for name in ("body", "orelse", "finalbody"):
                block = getattr(each, name, None)
                if block and isinstance(block, list):
                    yield block


@cache
def _places(text: str) -> list[tuple[int, int]]:
    """Return the first and last lines of the blocks of a file."""
    return [(block[0].lineno, block[-1].end_lineno or 0) for block in _blocks(ast.parse(text))]


def _block_of(text: str, line: int) -> int:
    """Return the first line of the innermost block around a line, 0 where it is in none."""
    return max((first for first, last in _places(text) if first <= line <= last), default=0)


def _telling(text: str, path: str) -> ast.Module:
    """Return a file whose blocks say that they run."""
    tree = ast.parse(text)
    for block in list(_blocks(tree)):
        first = block[0]
        call = ast.Call(ast.Name(TELLS, ast.Load()), [ast.Constant((path, first.lineno))], [])
        block.insert(0, ast.fix_missing_locations(ast.copy_location(ast.Expr(call), first)))
    return tree


def _constants_at(text: str, line: int) -> set[str]:
    """Return the names that the statement of a module at this line gives values to."""
    for node in ast.parse(text).body:
        if node.lineno <= line <= (node.end_lineno or 0) and isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            return {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    return set()


def _in_order(numbers: Sequence[int], ran: dict[int, Ran], items: Sequence[pytest.Item]) -> list[int]:
    """Put first some of each file in turn, then all that cost nothing, then the others in turn."""
    turns = in_turn(numbers, items)
    taken = accumulate(ran[number].seconds for number in turns)
    first = sum(seconds <= FIRST_SECONDS for seconds in taken)
    return [*turns[:first], *sorted(turns[first:], key=lambda number: ran[number].seconds >= QUICK)]


def in_turn(numbers: Sequence[int], items: Sequence[pytest.Item]) -> list[int]:
    """Put first what comes first in each file, then what comes second: each file asks about something else."""
    turns = Counter[Path]()
    ordered = []
    for number in numbers:
        file = items[number].path
        ordered.append((turns[file], len(ordered), number))
        turns[file] += 1
    return [number for *_, number in sorted(ordered)]


def _apply_to_file(edit: Edit) -> None:
    """Have whoever reads the file from now on read the mistake."""
    from tools.expanded_template import expanded

    file, read_text = ROOT / edit.path, Path.read_text
    text = edit.apply(file.read_text("utf-8"))
    patch.object(
        Path, "read_text", lambda path, *how, **more: text if path == file else read_text(path, *how, **more)
    ).start()
    expanded.cache_clear()


class Imported:
    """The functions and caches of functions/ that this process has imported, to make mistakes in."""

    def __init__(self) -> None:
        for path in (ROOT / "functions").rglob("*.py"):
            importlib.import_module(_module(path.relative_to(ROOT).as_posix()))
        self._functions, self._caches = defaultdict[str, list[Any]](list), defaultdict[str, list[Any]](list)
        gc.unfreeze()  # what is frozen, as all that tests import, is not among the objects
        for each in gc.get_objects():
            # Not isinstance: that asks a weak proxy, and one whose object is gone raises ReferenceError.
            if type(each) is FunctionType:
                self._functions[each.__code__.co_filename].append(each)
            elif type(each) is _lru_cache_wrapper and isinstance(each.__wrapped__, FunctionType):
                self._caches[each.__wrapped__.__code__.co_filename].append(each)

    def apply(self, edit: Edit) -> None:
        """Make a mistake. Raises CannotApply where something was already made of what it is in."""
        file = ROOT / edit.path
        before = file.read_text("utf-8")
        after = edit.apply(before)
        if edit.path.startswith(TEMPLATES):
            _apply_to_template(edit.path.removeprefix(TEMPLATES), after)
        elif _is_in_function(edit, before):
            self._apply_to_functions(str(file), before, after)
        else:
            _apply_to_constants(edit, before, after)

    def _apply_to_functions(self, file: str, before: str, after: str) -> None:
        """Give every function of a file its code anew, with the mistake. Its caches forget."""
        for each, code in self._with_codes(file, before, after):
            if code is None:
                raise CannotApply
            each.__code__ = code
        for each in self._caches[file]:
            each.cache_clear()

    def _with_codes(
        self, file: str, before: str, after: str | ast.Module
    ) -> list[tuple[FunctionType, CodeType | None]]:
        """Return every function of a file, and its code in what comes after, None where it has none there."""
        old, new = _codes(before, file), _codes(after, file)
        places = {(code.co_qualname, code.co_firstlineno): place for place, code in old.items()}
        found = []
        for each in self._functions[file]:
            code = new.get(places.get((each.__code__.co_qualname, each.__code__.co_firstlineno), ("", 0)))
            fits = code is not None and code.co_freevars == each.__code__.co_freevars
            found.append((each, code if fits else None))
        return found

    def tell_blocks(self) -> set[tuple[str, int]]:
        """Have every function put its blocks into this set as they run, by file and first line.

        coverage.py knows each line, but it watches every line of every library, for three times the time of tests.
        """
        ran = set[tuple[str, int]]()
        setattr(builtins, TELLS, ran.add)
        for path in (ROOT / "functions").rglob("*.py"):
            text = path.read_text("utf-8")
            told = _telling(text, path.relative_to(ROOT).as_posix())
            for each, code in self._with_codes(str(path), text, told):
                each.__code__ = code or each.__code__
        return ran


def _is_in_function(edit: Edit, text: str) -> bool:
    line = edit.line(text)
    bodies = [
        (node.body[0].lineno, node.end_lineno or 0)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
    ]
    return any(first <= line <= last for first, last in bodies)


def _codes(text: str | ast.Module, file: str) -> dict[tuple[str, int], CodeType]:
    """Return the code of each function by its name and its number among those of that name."""
    found: dict[tuple[str, int], CodeType] = {}
    number = defaultdict[str, int](int)

    def walk(code: CodeType) -> None:
        found[code.co_qualname, number[code.co_qualname]] = code
        number[code.co_qualname] += 1
        for each in code.co_consts:
            if isinstance(each, CodeType):
                walk(each)

    walk(compile(text, file, "exec", dont_inherit=True))
    return found


def _module(path: str) -> str:
    """Return the name that a file of functions/ is imported by."""
    return path.removeprefix("functions/").removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def _apply_to_constants(edit: Edit, before: str, after: str) -> None:
    """Give the names of a module their new values wherever somebody imported them."""
    module = sys.modules[_module(edit.path)]
    was = _values(before, module, str(ROOT / edit.path))
    try:
        is_now = _values(after, module, str(ROOT / edit.path))
    except Exception as error:
        raise WouldEndTheImport from error
    changed = {each: value for each, value in is_now.items() if repr(value) != repr(was.get(each))}
    if not changed:
        raise CannotApply
    for each, value in changed.items():
        old = vars(module).get(each)
        for other in list(sys.modules.values()):
            if getattr(other, "__dict__", {}).get(each, other) is old:
                setattr(other, each, value)


def _values(text: str, module: ModuleType, file: str) -> dict[str, Any]:
    """Return what a module's names stand for, but for what is told apart by where it lies in memory."""
    space: dict[str, Any] = {"__name__": module.__name__, "__file__": file, "__package__": module.__package__}
    exec(compile(text, file, "exec", dont_inherit=True), space)
    return {
        each: value
        for each, value in space.items()
        if each in vars(module)
        and not each.startswith("__")
        and " at 0x" not in repr(value)
        and not isinstance(value, type | ModuleType)
    }


def _apply_to_template(name: str, text: str) -> None:
    import rendering

    environment = rendering._templates()
    loader: Any = environment.loader
    get_source = loader.get_source

    def changed(environment: Any, template: str) -> Any:
        return (text, None, None) if template == name else get_source(environment, template)

    loader.get_source = changed
    environment.cache.clear()
