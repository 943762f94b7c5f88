"""`make bench`: how long things take, beside what they may take.

Machines are noisy: the ratio to a bare Python start, measured in the same run, is what to compare between runs.
"""

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit
from urllib.request import urlopen

from moto.dynamodb.models import dynamodb_backends
from playwright.sync_api import sync_playwright

from local.aws.stand_in import StandIn
from local.template import REGION, Template
from tests.support.checklist_pages import built_with
from tests.support.programs import launch_options
from tests.support.run import LocalRun
from tests.support.samples import CONTACT
from tools.bench import cold_start, desk, page_speed
from tools.scan import __main__ as scan

ROOT = Path(__file__).parents[2]
TRIES = 5


def bare_python() -> float:
    return _seconds("-c", "pass")


def first_page() -> float:
    """Measure from `python -m local` to the home page in hand."""
    with tempfile.TemporaryDirectory() as data:
        start = time.perf_counter()
        run = LocalRun(Path(data))
        with urlopen(run.url) as page:
            page.read()
        seconds = time.perf_counter() - start
        run.stop()
    return seconds


def site_build() -> float:
    with tempfile.TemporaryDirectory() as folder:
        return _seconds("-m", "mkdocs", "build", "--quiet", "--site-dir", folder)


REGISTER = """
from datetime import date
import register
from storage.register import Entry
period = (date(2026, 1, 1), date(2099, 1, 1))
names = ("Springfield", "Riverside", "O'Fallon", "Sample County")
named = [(f"{n:08}", f"{names[n % 4]} Police No. {n}", ("IL", "CA")[n % 2]) for n in range(5000)]
entries = [Entry(*each, (period,), None) for each in named]
register.register._read = lambda *_, **__: iter(entries)
for path in ("/certified/", "/certified/il/", "/certified/agencies.json"):
    answer = register.handler({"rawPath": path, "requestContext": {"requestId": "1"}}, None)
    assert answer["statusCode"] == 200, answer
"""


def register_pages() -> float:
    """Measure a cold start of the register: first page, a state and the JSON, of 5,000 agencies, without the table."""
    environment = Template(ROOT / "template.yaml").environment()
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", f"{folder}/site"]
        subprocess.run(build, cwd=ROOT, check=True)
        environment |= os.environ | {"PAGES_FOLDER": f"{folder}/.build/pages", "AWS_DEFAULT_REGION": REGION}
        start = time.perf_counter()
        program = [sys.executable, "-c", REGISTER]
        subprocess.run(program, cwd=ROOT / "functions", env=environment, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start


@cache
def ticks() -> Iterator[float]:
    """Measure the script of each check mark on a page of 1,000 items."""
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


@cache
def export() -> tuple[float, float]:
    """Measure seconds and peak megabytes of `staff export` with 100,000 submissions, the command's process alone."""
    template = Template(ROOT / "template.yaml")
    cloud = StandIn(template, account=EXPORTS)
    try:
        _fill(cloud.account, 100_000)
        with tempfile.TemporaryDirectory() as folder:
            settings = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
            Path(folder, "run.json").write_text(json.dumps(settings | template.environment()), "utf-8")
            start = time.perf_counter()
            staff = [Path(sys.executable).with_name("staff"), "--data", folder]
            process = subprocess.Popen([*staff, "export", "-o", Path(folder, "all.csv")], stderr=subprocess.DEVNULL)
            megabytes = 0.0
            while process.poll() is None:
                megabytes = max(megabytes, _peak(process.pid))
                time.sleep(0.05)
            assert process.returncode == 0
            seconds = time.perf_counter() - start
            with Path(folder, "all.csv").open(newline="", encoding="utf-8") as file:
                assert sum(1 for _ in csv.reader(file)) == 100_001
    finally:
        cloud.close()
    return seconds, megabytes


def _peak(process: int) -> float:
    """Return the most memory that a process had, in megabytes; its parent's does not count, as it does in getrusage."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def _fill(account: str, number: int) -> None:
    """Put items straight into the stand-in's memory: over its HTTP interface it would take minutes."""
    stored = dynamodb_backends[account][REGION].get_table(os.environ["SUBMISSIONS_TABLE"])
    received = datetime(2026, 11, 23, tzinfo=UTC).isoformat()
    item = {
        "form": {"S": "contact"},
        "fingerprint": {"S": "x" * 32},
        "received_at": {"S": received},
        "due_at": {"S": received},
        "answers": {"M": {name: {"S": value} for name, value in CONTACT.items()}},
        "mail": {"M": {slot: {"M": {"state": {"S": "sent"}}} for slot in ("staff", "receipt")}},
    }
    for each in range(number):
        stored.put_item(item | {"reference": {"S": f"R{each:09}"}})


def _file(site: Path, url: str) -> Path:
    path = urlsplit(url).path
    return site / path.lstrip("/") / ("index.html" if path.endswith("/") else "")


def one_tick() -> float:
    return next(ticks())


EXPORTS = "600000000003"
"""The stand-in's account for it, which is not the one that the cold starts find empty."""
ROWS: list[tuple[str, Callable[[], float], float | None]] = [
    ("bare python start", bare_python, None),
    ("first page of make serve", first_page, 3.0),
    ("mkdocs build, clean", site_build, 3.0),
    ("register of 5,000, cold", register_pages, 3.0),
    ("tick among 1,000 items", one_tick, 0.016),
]
"""The measurements: name, one run in seconds, budget in seconds."""


def main() -> None:
    seconds, megabytes = export()
    print(f"staff export of 100,000: {seconds:.1f} s, {megabytes:.0f} MB at most (budget 200 MB)", flush=True)
    print(f"{'':28}{'seconds':>9}{'budget':>9}{'ratio':>9}    (median of {TRIES})")
    unit = 0.0
    for name, measure, budget in ROWS:
        seconds = median(measure() for _ in range(TRIES))
        unit = unit or seconds
        print(f"{name:28}{seconds:9.3f}{budget or '':>9}{seconds / unit:9.1f}", flush=True)
    print()
    met = cold_start.main()
    print()
    is_fast = desk.main()
    print()
    is_late = page_speed.main()
    print()
    is_weak = scan.main()
    sys.exit(is_weak or is_late or not (met and is_fast))


def _seconds(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
