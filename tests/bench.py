"""`make bench`: how long things take, beside what they may take.

Machines are noisy: the ratio to a bare Python start, measured in the same run, is what to compare between runs.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from run import LocalRun

ROOT = Path(__file__).parents[1]
TRIES = 5


def bare_python() -> float:
    return _seconds("-c", "pass")


def first_page() -> float:
    """From `python -m local` to the home page in hand."""
    with tempfile.TemporaryDirectory() as data:
        start = time.perf_counter()
        run = LocalRun(Path(data))
        urlopen(run.url).read()
        seconds = time.perf_counter() - start
        run.stop()
    return seconds


def site_build() -> float:
    with tempfile.TemporaryDirectory() as folder:
        return _seconds("-m", "mkdocs", "build", "--quiet", "--site-dir", folder)


ROWS: list[tuple[str, Callable[[], float], float | None]] = [
    ("bare python start", bare_python, None),
    ("first page of make serve", first_page, 3.0),
    ("mkdocs build, clean", site_build, 3.0),
]
"""What is measured: name, one run in seconds, budget in seconds."""


def main() -> None:
    print(f"{'':28}{'seconds':>9}{'budget':>9}{'ratio':>9}    (median of {TRIES})")
    unit = 0.0
    for name, measure, budget in ROWS:
        seconds = median(measure() for _ in range(TRIES))
        unit = unit or seconds
        print(f"{name:28}{seconds:9.2f}{budget or '':>9}{seconds / unit:9.1f}", flush=True)


def _seconds(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
