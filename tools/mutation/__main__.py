"""`make mutation`: one small mistake at a time, by area, each against the tests that could see it.

`--minutes` are shared out among the areas; the mistakes of each come in an order that `--seed` decides, until its time
is up. Some minutes come on top, in which the tests of functions/ and of scripts run once. `--area` tries one area only.
Prints those that nothing noticed, then one table.
"""

import argparse
import fnmatch
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path

from tools.mutation import live, warm, worker
from tools.mutation.edits import ROOT, Edit, in_python, in_scripts, in_template, in_text
from tools.mutation.worker import Outcome


@dataclass(frozen=True)
class Area:
    """Files, the mistakes in them, the tests for a file by pattern (the first that fits), and the share of the time."""

    name: str
    files: tuple[str, ...]
    edits: Callable[..., Iterator[Edit]]
    tests: dict[str, tuple[str, ...]]
    share: float
    warm: bool = False
    """Whether forks of one run of pytest try the mistakes (warm.py)."""
    live: bool = False
    """Whether one run of pytest tries them in the site that it serves (live.py)."""

    def paths(self) -> list[str]:
        known = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        return [path for path in known if any(fnmatch.fnmatchcase(path, each) for each in self.files)]

    def tests_of(self, path: str) -> tuple[str, ...]:
        return next(tests for pattern, tests in self.tests.items() if fnmatch.fnmatchcase(path, pattern))


def each(edits: Callable[[str], Iterator[Edit]]) -> Callable[..., Iterator[Edit]]:
    return lambda *paths: chain.from_iterable(map(edits, paths))


def in_functions(path: str) -> Iterator[Edit]:
    return in_python(path) if path.endswith(".py") else in_text(path)


def of(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{folder}/test_{name}.py" for name in names)


TEMPLATE = (
    *of("infrastructure", "template", "template_meanings", "template_site", "template_calls", "template_requests"),
    *of("infrastructure", "rights", "deploy_role", "first_hour", "runbook", "two_stacks"),
    *of("functions", "authorizer"),
)
FORMS = (*of("browser", "form_script"), *of("screens", "checklist_handover", "what_stays", "search"))
CHECKLISTS = (
    *of("screens", "checklist_script", "checklist_handover", "leads_on", "what_stays", "search"),
    *of("browser", "browser"),
)
SITE = of("site", "site", "checklists", "sharing", "words", "accessibility_page", "search_index")
AREAS = [
    Area(
        "functions/",
        ("functions/*.py", "functions/*.html", "functions/*.txt"),
        each(in_functions),
        {"*": ("tests/functions", "tests/staff")},
        0.46,
        warm=True,
    ),
    Area(
        "template.yaml",
        ("template.yaml",),
        each(in_template),
        {"*": TEMPLATE},
        0.22,
        warm=True,
    ),
    Area(
        "scripts",
        ("overrides/assets/*.js",),
        in_scripts,
        {
            **dict.fromkeys(("*/forms.js", "*/dates.js", "*/plaque.js", "*/engraving.js", "*/search.js"), FORMS),
            "*": CHECKLISTS,
        },
        0.14,
        live=True,
    ),
    Area(
        "style sheets, rules with a meaning",
        ("overrides/assets/*.css",),
        in_scripts,
        {
            "*/register.css": (*of("screens", "reflow", "keyboard", "register"), *of("browser", "browser")),
            "*/desk.css": of("screens", "desk_pages"),
            "*": (*of("screens", "reflow", "keyboard"), *of("browser", "browser")),
        },
        0.08,
    ),
    Area(
        "hooks",
        ("overrides/hooks/*.py",),
        each(in_python),
        {"*": (*SITE, *of("site", "assets", "dead_links", "mistakes"), *of("staff", "announce"))},
        0.08,
    ),
    Area(
        "templates of the site",
        ("overrides/*.html",),
        each(in_text),
        {"*": (*SITE, "tests/judges/test_pages.py")},
        0.06,
    ),
    Area("prose", ("docs/*.md",), each(in_text), {"*": (*SITE, *of("functions", "promises"))}, 0.04),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--area", choices=[area.name for area in AREAS])
    parser.add_argument("--files", default="*", help="a pattern that the paths must fit")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    told = parser.parse_args()
    areas = [area for area in AREAS if told.area in (None, area.name)]
    whole = sum(area.share for area in areas)
    worker.preload()
    lines, troubles = [], []
    for area in areas:
        paths = [path for path in area.paths() if fnmatch.fnmatchcase(path, told.files)]
        found = sorted(area.edits(*paths), key=str)
        random.Random(told.seed).shuffle(found)
        came = Counter[Outcome]()
        print(f"{area.name}, not noticed:", flush=True)
        try_all = _tried_warm if area.warm else _tried_live if area.live else _tried
        try:
            for edit, outcome in try_all(area, found, told.minutes * 60 * area.share / whole, told.workers):
                came[outcome] += 1
                if outcome in (Outcome.SURVIVED, Outcome.TIMED_OUT):
                    late = " (its tests did not end in time)" if outcome is Outcome.TIMED_OUT else ""
                    print(f"  {edit}{late}", flush=True)
        except RuntimeError as trouble:  # the other areas are tried, and the table is printed
            troubles.append(f"{area.name}: {trouble}")
        counts = (came.total(), *(came[outcome] for outcome in Outcome))
        lines.append(f"| {area.name} | {len(found):,} | " + " | ".join(map(str, counts)) + " |")
    print("\n| area | possible | tried |", " | ".join(outcome.value for outcome in Outcome), "|")
    print("|---" + "|--:" * (len(Outcome) + 2) + "|")
    print("\n".join(lines))
    if troubles:
        sys.exit("\n".join(troubles))


def _tried(area: Area, found: Sequence[Edit], seconds: float, workers: int) -> Iterator[tuple[Edit, Outcome]]:
    """Yield what was tried within the time, and what came of it. Raises RuntimeError with a worker's."""
    fork = get_context("fork")
    results = fork.Queue()
    processes = [
        fork.Process(target=_work, args=(area, found[number::workers], seconds, results)) for number in range(workers)
    ]
    for process in processes:
        process.start()
    troubles, at_work = [], workers
    while at_work:
        match results.get():
            case None:
                at_work -= 1
            case str() as trouble:
                troubles.append(trouble)
            case result:
                yield result
    for process in processes:
        process.join()
    if troubles:
        raise RuntimeError("\n".join(troubles))


def _tried_warm(area: Area, found: Sequence[Edit], seconds: float, workers: int) -> Iterator[tuple[Edit, Outcome]]:
    """Yield the same of an area whose mistakes are tried by forks. The seconds begin once the tests ran as they are."""
    fork = get_context("fork")
    results = fork.SimpleQueue()
    process = fork.Process(target=warm.run, args=(area.tests["*"], found, seconds, workers, results))
    process.start()
    yield from iter(results.get, None)
    process.join()
    if process.exitcode:
        raise RuntimeError("the tests could not be run")


def _tried_live(area: Area, found: Sequence[Edit], seconds: float, workers: int) -> Iterator[tuple[Edit, Outcome]]:
    """Yield the same of an area whose mistakes are tried live, by a process for each of its sets of tests."""
    spawn = get_context("spawn")  # what makes scripts small, in Go, does not go on in a fork
    results = spawn.SimpleQueue()
    by_tests: dict[tuple[str, ...], list[Edit]] = defaultdict(list)
    for edit in found:
        by_tests[area.tests_of(edit.path)].append(edit)
    processes = [
        spawn.Process(target=live.run, args=(tests, edits, seconds, results)) for tests, edits in by_tests.items()
    ]
    for process in processes:
        process.start()
    for _ in processes:
        yield from iter(results.get, None)
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError("the tests could not be run")


def _work(
    area: Area, found: Sequence[Edit], seconds: float, results: "Queue[tuple[Edit, Outcome] | str | None]"
) -> None:
    """Put what came of one edit after another until the time is up, or what went wrong; then None.

    The time that tests take without a mistake does not count.
    """
    asked: dict[tuple[str, ...], worker.Asked] = {}
    end = time.monotonic() + seconds
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            worker.copy_to(folder)
            for edit in found:
                tests = area.tests_of(edit.path)
                if tests not in asked:
                    begin = time.monotonic()
                    asked[tests] = worker.sound(folder, tests)
                    end += time.monotonic() - begin
                if time.monotonic() > end:
                    break
                results.put((edit, worker.tried(edit, folder, asked[tests])))
    except BaseException:
        results.put(traceback.format_exc())
        raise
    finally:
        results.put(None)


if __name__ == "__main__":
    main()
