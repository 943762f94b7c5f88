"""Makes a mistake in a copy of the repository, and asks the tests that could see it, each in a fork of this process.

Libraries are imported once; what is ours is imported anew in every fork, from the copy.
"""

import compileall
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from tools.mutation.edits import ROOT, Edit

LINKED = (".venv", "node_modules", "tools/judges/node_modules")
PATIENCE = 90
"""Seconds for the tests of one mistake, at least."""
SHARED = {"browser", "built_site", "local_run", "stand_in"}
"""Fixtures that take seconds, once for all tests."""
PASSED, FAILED, BROKE = 0, 1, 3
"""Exit codes of pytest. Its others say that it could not test, which is no answer."""


class Outcome(Enum):
    """The result of a mistake. One whose tests did not end in time was perhaps noticed, perhaps only slow.

    The quick way (warm.py) asks nothing of what is computed at import, and of what no test runs.
    """

    NOTICED = "noticed"
    TIMED_OUT = "not ended in time"
    SURVIVED = "not noticed"
    LEFT_OUT = "not asked"


@dataclass(frozen=True)
class Asked:
    """The options and tests that pytest is given, and the seconds that they may take."""

    arguments: Sequence[str]
    patience: float


class CheapFirst:
    """A plugin of pytest: what needs no site, stand-in or browser comes first, since the first failure is enough."""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items.sort(key=lambda item: not SHARED.isdisjoint(item.fixturenames))


def copy_to(folder: Path) -> None:
    """Copy what git knows of the repository, and link what is installed."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for name in LINKED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    # Once, instead of in every fork. A file that is edited has another time than the one it was compiled at.
    for name in ("functions", "local", "overrides", "staff", "tests", "tools"):
        compileall.compile_dir(folder / name, quiet=2, rx=re.compile("node_modules"))


def preload() -> None:
    """Import the libraries that the tests use, and nothing of ours."""
    import boto3  # noqa: F401
    import hypothesis  # noqa: F401
    import icalendar  # noqa: F401
    import mkdocs.commands.build  # noqa: F401
    import moto.server  # noqa: F401
    import playwright.sync_api  # noqa: F401
    import pytest  # noqa: F401
    import wtforms  # noqa: F401


def sound(folder: Path, tests: Sequence[str]) -> Asked:
    """Return the tests without those that fail without any mistake: alone, or in a fork, they tell nothing.

    Raises RuntimeError where no test passed, or where they did not end in time.
    """
    begin = time.monotonic()
    code = _run(folder, ["-rfEp", *tests], 10 * PATIENCE)
    took = time.monotonic() - begin
    said = (folder / "said.log").read_text("utf-8")
    if code is None:
        raise RuntimeError(f"without a mistake, {' '.join(tests)} did not end in {took:.0f} seconds")
    if code not in (PASSED, FAILED) or "\nPASSED " not in said:
        raise RuntimeError(f"no test passed without a mistake: {said[-2000:]}")
    left_out = [f"--deselect={name}" for name in re.findall(r"^(?:FAILED|ERROR) (\S+)", said, re.MULTILINE)]
    return Asked([*tests, *left_out], max(PATIENCE, 4 * took))  # others may use the machine by then


def tried(edit: Edit, folder: Path, asked: Asked) -> Outcome:
    """Return what came of this edit in the copy: whether a test fails.

    An import or a hook of ours that breaks is a failure too: without the mistake it did not. Raises RuntimeError where
    pytest could not test for another reason.
    """
    file = folder / edit.path
    before = file.read_text("utf-8")
    file.write_text(edit.apply(before), "utf-8")
    try:
        code = _run(folder, ["-x", "--continue-on-collection-errors", *asked.arguments], asked.patience)
        said = (folder / "said.log").read_text("utf-8")
        if code is None:
            return Outcome.TIMED_OUT
        if code not in (PASSED, FAILED, BROKE) and "Error while loading conftest" not in said:
            raise RuntimeError(f"{edit}: exit code {code}: {said[-2000:]}")
        return Outcome.SURVIVED if code == PASSED else Outcome.NOTICED
    finally:
        file.write_text(before, "utf-8")


def _run(folder: Path, arguments: Sequence[str], patience: float) -> int | None:
    """Return pytest's exit code, or None where it did not end in time."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        _test(folder, arguments)
    end = time.monotonic() + patience
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            _end(child)
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    _end(child)
    os.waitpid(child, 0)
    return None


def _end(group: int) -> None:
    """End what a test left running, and only that: its own process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _test(folder: Path, arguments: Sequence[str]) -> None:
    """Become a run of pytest in the copy."""
    os.chdir(folder)
    with (folder / "said.log").open("w") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    here = str(ROOT)
    sys.path[:] = [
        str(folder),
        *(str(folder) + each.removeprefix(here) if _is_ours(each) else each for each in sys.path),
    ]
    os.environ["PYTHONPATH"] = f"{folder}{os.pathsep}{folder / 'functions'}"
    for name in [name for name in sys.modules if name == "tools" or name.startswith("tools.")]:
        del sys.modules[name]
    sys.dont_write_bytecode = True
    import pytest

    code = 1
    try:
        # Nobody reads what an assertion compared, so it is not rewritten to tell.
        quick = ["-q", "-p", "no:cacheprovider", "--assert=plain"]
        code = int(pytest.main([*quick, *arguments], plugins=[CheapFirst()]))
    finally:
        sys.stdout.flush()
        os._exit(code)


def _is_ours(path: str) -> bool:
    return path.startswith(str(ROOT)) and ".venv" not in path
