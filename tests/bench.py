"""`make bench`: how long things take, beside what they may take.

Machines are noisy: the ratio to a bare Python start, measured in the same run, is what to compare between runs.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit
from urllib.request import urlopen

from agency import built_with
from playwright.sync_api import sync_playwright
from programs import launch_options
from run import LocalRun

ROOT = Path(__file__).parents[1]
TRIES = 5
CLICK = "(box) => { const start = performance.now(); box.click(); return performance.now() - start }"


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


@cache
def ticks() -> Iterator[float]:
    """Script run by each tick on a page of 1,000 items, one after the other."""
    front = (ROOT / "checklists/leader.md").read_text("utf-8").partition("- [ ]")[0]
    items = "".join(f"- [ ] Do thing {number}. {{#leader-{number}}}\n" for number in range(1000))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = built_with(
            Path(folder), lambda checklists: (checklists / "leader.md").write_text(front + items, "utf-8")
        )
        page = playwright.chromium.launch(**launch_options()).new_page()
        page.route("**/*", lambda route: route.fulfill(path=_file(site, route.request.url)))
        page.goto("http://127.0.0.1/checklists/leader/")
        page.wait_for_selector("[data-progress]:not([hidden])")
        for box in page.get_by_role("checkbox").all()[:TRIES]:
            yield (
                box.evaluate(
                    "(box) => { const start = performance.now(); box.click(); return performance.now() - start }"
                )
                / 1000
            )


def _file(site: Path, url: str) -> Path:
    path = urlsplit(url).path
    return site / path.lstrip("/") / ("index.html" if path.endswith("/") else "")


def one_tick() -> float:
    return next(ticks())


ROWS: list[tuple[str, Callable[[], float], float | None]] = [
    ("bare python start", bare_python, None),
    ("first page of make serve", first_page, 3.0),
    ("mkdocs build, clean", site_build, 3.0),
    ("tick among 1,000 items", one_tick, 0.016),
]
"""What is measured: name, one run in seconds, budget in seconds."""


def main() -> None:
    print(f"{'':28}{'seconds':>9}{'budget':>9}{'ratio':>9}    (median of {TRIES})")
    unit = 0.0
    for name, measure, budget in ROWS:
        seconds = median(measure() for _ in range(TRIES))
        unit = unit or seconds
        print(f"{name:28}{seconds:9.3f}{budget or '':>9}{seconds / unit:9.1f}", flush=True)


def _seconds(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
