"""Makes mistakes of scripts in the site that one run of pytest serves, and asks its browser tests, one after another.

The tests run once with scripts that say which of their functions run. A mistake is put into the built script, and tests
that run its function are asked, those first that noticed most in little time. A mistake outside of every function is
left out, and so is what no test runs.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tools.mutation.edits import ROOT, Edit
from tools.mutation.warm import OneByOne, in_turn
from tools.mutation.worker import Outcome

ASSETS = "overrides/assets"
OF_NODE = "tests/site/progress.test.mjs"
"""Tests of scripts that need no browser."""
MOST_SECONDS = 60.0
"""Of the tests that run a function, so many are asked as take so long together."""
PATIENCE = 60
"""Seconds after which a test is ended with its page, which may be in a loop."""
LOOKS_FOR = 10_000
"""Milliseconds that a test waits for something on the page: a mistake may keep it from coming."""
LATER = re.compile(r"\.[0-9a-f]{10}(?=\.js$)")
"""The part of a script's name that a build adds."""


@dataclass(frozen=True)
class Traced:
    """A script that says which of its functions run, and where in its text these stand."""

    text: str
    functions: Sequence[Sequence[int]]

    def function_of(self, edit: Edit) -> int | None:
        """Return the number of the innermost function around an edit."""
        around = [number for number, (start, end) in enumerate(self.functions) if start <= edit.start < edit.end <= end]
        return max(around, key=lambda number: self.functions[number][0], default=None)


def traced() -> dict[str, Traced]:
    """Return all scripts of the site so, by name."""
    files = sorted((ROOT / ASSETS).glob("*.js"))
    command = ["node", ROOT / "tools" / "judges" / "traced.mjs", *files]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {file.name: Traced(**each) for file, each in zip(files, said, strict=True)}


def run(
    tests: Sequence[str], edits: Sequence[Edit], seconds: float, results: "SimpleQueue[tuple[Edit, Outcome] | None]"
) -> None:
    """Put what came of one edit after another until the time is up, which begins once the tests ran; then None."""
    try:
        with (
            tempfile.TemporaryDirectory() as name,
            pytest.MonkeyPatch.context() as patch,
            Path(os.devnull).open("w") as silent,
            redirect_stdout(silent),
        ):
            patch.setenv("TMPDIR", name)  # where the local run keeps what it serves
            patch.setattr(tempfile, "tempdir", name)
            plugin = Live(edits, seconds, Path(name), lambda *each: results.put(each))
            quick = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--assert=plain", "--tb=no", "--show-capture=no"]
            pytest.main([*quick, f"--basetemp={name}/tests", *tests], plugins=[plugin])
    finally:
        results.put(None)


class Live(OneByOne):
    """A plugin of pytest that tries mistakes in place of running the tests.

    `tell` is given each edit and its outcome.
    """

    def __init__(
        self, edits: Sequence[Edit], seconds: float, folder: Path, tell: Callable[[Edit, Outcome], None]
    ) -> None:
        self._edits, self._seconds, self._folder, self._tell = edits, seconds, folder, tell
        self._was_late = False
        self._heard: set[str] = set()
        self._noticed = Counter[tuple[pytest.Item, str]]()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = [item for item in session.items if "browser" in getattr(item, "fixturenames", ())]
        one = items[0]
        self._far = one, next(item for item in items if item.path.parent != one.path.parent)
        self._listen()
        for item in self._far:  # what the whole session shares is there from now on
            self._passes(item)
        expect.set_options(timeout=LOOKS_FOR)
        scripts = traced()
        for name, script in scripts.items():
            self._put(name, script.text)
        ran: dict[pytest.Item, tuple[float, set[str]]] = {}
        for item in items:
            self._heard.clear()
            begin = time.monotonic()
            if self._passes(item):
                ran[item] = time.monotonic() - begin, set(self._heard)
        for name in scripts:
            self._put(name, (ROOT / ASSETS / name).read_text("utf-8"))
        end = time.monotonic() + self._seconds
        for edit in self._edits:
            if time.monotonic() > end:
                break
            self._tell(edit, self._try(edit, scripts[Path(edit.path).name], ran))
        return True

    def _passes(self, item: pytest.Item) -> bool:
        signal.alarm(PATIENCE)
        passed = super()._passes(item)
        signal.alarm(0)
        return passed

    def _listen(self) -> None:
        """Note what scripts say, wait for less long, and end a page whose test does not."""
        begin = Browser.new_context

        def new_context(browser: Browser, **options: Any) -> BrowserContext:
            context = begin(browser, **options)
            context.on("console", lambda message: self._heard.add(message.text))
            context.set_default_timeout(LOOKS_FOR)
            return context

        def end(*_: object) -> None:
            self._was_late = True
            for process in _descendants():
                if b"--type=renderer" in Path(f"/proc/{process}/cmdline").read_bytes():
                    os.kill(process, signal.SIGKILL)

        Browser.new_context = new_context  # type: ignore[method-assign, assignment]  # this process ends with its tests
        signal.signal(signal.SIGALRM, end)

    def _put(self, name: str, text: str) -> None:
        """Put a script into its place wherever the site is served, as the build would under the name that it has."""
        from overrides.hooks.assets import minified

        small = str(minified(name, text.encode()))
        for folder in {file.parent for file in self._folder.rglob("assets/*.js")}:
            names = {LATER.sub("", file.name): file.name for file in folder.glob("*.js")}
            if name in names:
                (folder / names[name]).write_text(_importing(small, names), "utf-8")

    def _try(self, edit: Edit, script: Traced, ran: dict[pytest.Item, tuple[float, set[str]]]) -> Outcome:
        name, before = Path(edit.path).name, (ROOT / edit.path).read_text("utf-8")
        said = f"ran {name} {script.function_of(edit)}"
        asked = [item for item, (_, heard) in ran.items() if said in heard]
        if not asked:
            return Outcome.LEFT_OUT
        after = edit.apply(before)
        if not self._passes_in_node(name, after):
            return Outcome.NOTICED
        try:
            self._put(name, after)
        except ValueError:  # no script any more: no browser would run it
            return Outcome.NOTICED
        asked.sort(key=lambda item: ran[item][0] / (1 + self._noticed[item, name]))
        asked = [asked[number] for number in in_turn(range(len(asked)), asked)]
        self._was_late, seconds = False, 0.0
        for item in asked:
            if not self._passes(item):
                self._noticed[item, name] += 1
                break
            seconds += ran[item][0]
            if seconds > MOST_SECONDS:
                break
        self._put(name, before)
        return Outcome.TIMED_OUT if self._was_late else Outcome.NOTICED if self._failed else Outcome.SURVIVED

    def _passes_in_node(self, name: str, text: str) -> bool:
        copy = self._folder / "node"
        if not copy.exists():
            shutil.copytree(ROOT / ASSETS, copy / ASSETS)
            (copy / OF_NODE).parent.mkdir(parents=True)
            shutil.copy(ROOT / OF_NODE, copy / OF_NODE)
            shutil.copy(ROOT / "package.json", copy)
        (copy / ASSETS / name).write_text(text, "utf-8")
        done = subprocess.run(["node", "--test", OF_NODE], cwd=copy, capture_output=True, check=False)
        shutil.copy(ROOT / ASSETS / name, copy / ASSETS / name)
        return done.returncode == 0


def _importing(script: str, names: Mapping[str, str]) -> str:
    """Return a script that imports others under the names that they have where they are served."""
    from overrides.hooks.assets import IMPORT

    return IMPORT.sub(lambda found: f"./{names[found[1]]}", script)


def _descendants() -> list[int]:
    """Return the processes that this one started, and those that these started."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    parents = dict(zip(map(int, listed[::2]), map(int, listed[1::2]), strict=True))
    found = [os.getpid()]
    for process in found:
        found += [each for each, parent in parents.items() if parent == process]
    return found[1:]
