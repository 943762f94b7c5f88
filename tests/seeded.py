"""`make seeded`: makes each mistake of mistakes.py in a copy of template.yaml, and asks who notices.

First the tests, without the golden copy, which notices every change; then the scanners. Fails where neither does.
`python tests/seeded.py "clock off"` makes one only.
"""

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import scan
from mistakes import MISTAKES, Mistake

ROOT = Path(__file__).parents[1]
PROCESSES = 2
WIDER = (
    "template template_calls template_site local_template authorizer rights local_stream local_gateway local_reports"
    " intake notify actions feedback"
)
"""What is asked where the tests that a mistake names did not notice it."""


def copied() -> Path:
    """The repository as it is here, without what it ignores."""
    place = Path(tempfile.mkdtemp())
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    kept = subprocess.run(listed, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    for name in kept.rstrip("\0").split("\0"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, place / name)
    return place


def asked(place: Path, names: str) -> str:
    """The first test that fails in a copy, empty where all pass. Raises RuntimeError where none could be asked."""
    files = [f"tests/test_{name}.py" for name in names.split()]
    path = os.pathsep.join(str(place / each) for each in ("", "functions", "tests"))
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *files]
    environment = {**os.environ, "PYTHONPATH": path, "NO_MKDOCS_2_WARNING": "1"}
    run = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True)
    if run.returncode == 0:
        return ""
    if told := re.search(r"^(?:FAILED|ERROR) (tests/\S+)", run.stdout, re.MULTILINE):
        return told[1]
    raise RuntimeError(run.stdout + run.stderr)


def noticed(mistake: Mistake) -> tuple[Mistake, str, str]:
    """The test and the finding that notice it, each empty where there is none."""
    template = PLACE[0] / "template.yaml"
    template.write_text(mistake.made_in((ROOT / "template.yaml").read_text("utf-8")), "utf-8")
    test = asked(PLACE[0], mistake.tests) or asked(PLACE[0], WIDER)
    return mistake, test, "" if test else next(iter(scan.findings(template)), "")


PLACE: list[Path] = []
"""The copy of this process."""


def main(*names: str) -> int:
    """All of them, or those that are named; before, nobody may notice anything where nothing is wrong."""
    named = " ".join(sorted({*WIDER.split(), *(name for each in MISTAKES for name in each.tests.split())}))
    if told := asked(copied(), named) or next(iter(scan.findings(ROOT / "template.yaml")), ""):
        raise RuntimeError(f"without a mistake, {told} fails")
    began, mistakes = time.monotonic(), [each for each in MISTAKES if not names or each.name in names]
    counted = {"tests": 0, "scanners": 0, "nobody": 0}
    with multiprocessing.Pool(PROCESSES, lambda: PLACE.append(copied())) as pool:
        for mistake, test, finding in pool.imap(noticed, mistakes):
            counted["tests" if test else "scanners" if finding else "nobody"] += 1
            print(f"{mistake.name:40}{(test or finding or 'NOT NOTICED')[:110]}", flush=True)
    print(f"{len(mistakes)} mistakes, noticed by " + ", ".join(f"{who} {number}" for who, number in counted.items()))
    print(f"{time.monotonic() - began:.0f} s")
    return int(counted["nobody"] > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
