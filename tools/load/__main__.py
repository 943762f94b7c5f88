"""`make load`: rushes in simulated time, then a flood on the local run and on the built package in Lambda's runtime.

Every submission of the floods is accounted for. Both go on at the same time: each keeps one processor busy, with the
stand-in for AWS above all.

Fails where something is lost or doubled, or an answer is not what it should be.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, redirect_stdout
from datetime import timedelta
from io import StringIO
from pathlib import Path
from statistics import quantiles
from unittest.mock import patch

from local.aws.dynamodb_stream import Stream
from local.aws.stand_in import StandIn
from local.clock import Clock
from local.events import stream_mappings
from local.mailbox import Mailbox
from local.template import Template
from tests.support import packaging
from tests.support.run import LocalRun
from tools import package, service_models
from tools.load.clients import Measured, flood, over_http, to_workers
from tools.load.paced import MISSED, rushes
from tools.load.plan import Account, plan, reconcile
from tools.load.tables import Tables
from tools.load.workers import Workers
from tools.package import Target

ROOT = Path(__file__).parents[2]


def local_flood(number: int) -> tuple[Measured, Account]:
    """Flood `make serve` in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        run = LocalRun(Path(folder))
        try:
            measured = asyncio.run(flood(plan(number), over_http(run.port), [run.process.pid]))
            items = Tables.of(Path(folder)).at_rest(run.sweep)
            return measured, reconcile(measured.sent, items, run.messages())
        finally:
            run.stop(signal.SIGKILL)  # it may still be at work


def package_flood(number: int) -> tuple[Measured, Account]:
    """Flood what `make build` builds; the pages are those of the site that was built last."""
    template = Template(ROOT / "template.yaml")
    with tempfile.TemporaryDirectory() as place, workers_of(Path(place), template) as (cloud, submit, notify):
        [mapping] = stream_mappings(template)
        with patch("local.aws.dynamodb_stream.invoke", lambda _template, _function, event: notify.call(event).result()):
            stream = Stream(template, mapping)
            stream.start()
            measured = asyncio.run(flood(plan(number), to_workers(submit), submit.processes + notify.processes))
            clock = Clock(template, lambda: None)
            with redirect_stdout(StringIO()):  # the clock's own metrics
                items = Tables(dict(os.environ)).at_rest(lambda: clock.advance(timedelta(hours=1)))
            clock.close()
            stream.stop()
        return measured, reconcile(measured.sent, items, Mailbox(cloud.sent_mail).messages())


@contextmanager
def workers_of(place: Path, template: Template) -> Iterator[tuple[StandIn, Workers, Workers]]:
    """Run the package with wheels for this machine; two processes that take forms, one behind the stream."""
    target, python = packaging.runtime(template)
    here = Target(target.python, packaging.WHEELS_HERE)
    package.build(place / "task", here, service_models.allowed_operations(template))
    packaging.install_runtime(place / "runtime", here)
    cloud = StandIn(template)
    path = [place / "task", place / "runtime"]
    submit, notify = (
        Workers(python, path, f"{name}.handler", number) for name, number in [("submit", 2), ("notify", 1)]
    )
    try:
        yield cloud, submit, notify
    finally:
        submit.close()
        notify.close()
        cloud.close()


COUNTED = ("received", "refused", "half", "unheard", "rows", "held", "staff", "receipt")
HEADING = "".join(
    f"{name:>10}" for name in ("sent", *COUNTED, "lost", "duplicate", "wrong", "a second", "p50 ms", "p99 ms")
)


def row(measured: Measured, account: Account) -> str:
    """Return the figures of a flood; memory at its beginning, at each quarter, and at its end."""
    centiles = quantiles((each.seconds * 1000 for each in measured.sent if not each.hangs_up), n=100)
    figures = [len(measured.sent), *(account.counts[name] for name in COUNTED)]
    figures += [len(account.lost), len(account.duplicate), len(account.wrong)]
    speed = [len(measured.sent) / measured.seconds, centiles[49], centiles[98]]
    memory = [measured.memory[(len(measured.memory) - 1) * quarter // 4] for quarter in range(5)]
    cells = [f"{figure:,}" for figure in figures] + [f"{figure:,.0f}" for figure in speed]
    return "".join(f"{cell:>10}" for cell in cells) + "   " + " ".join(f"{each:.0f}" for each in memory)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--local", type=int, default=5000, help="submissions to the local run")
    parser.add_argument("--package", type=int, default=5000, help="submissions to the built package")
    parser.add_argument("--simulated", action="store_true", help="only the rushes in simulated time")
    arguments = parser.parse_args()
    troubles = []
    for line in rushes(Template(ROOT / "template.yaml")):
        print(line, flush=True)
        troubles += [line] * (line == MISSED)
    if arguments.simulated:
        return bool(troubles)
    print(f"\n{'':14}{HEADING}   memory, MB", flush=True)
    floods = {"make serve": (local_flood, arguments.local), "built package": (package_flood, arguments.package)}
    with ProcessPoolExecutor() as pool:
        running = {name: pool.submit(*flood) for name, flood in floods.items()}
        for name, flood in running.items():
            measured, account = flood.result()
            print(f"{name:14}{row(measured, account)}", flush=True)
            troubles += [*account.lost, *account.duplicate, *account.wrong]
    print(*troubles[:20], sep="\n")
    return bool(troubles)


if __name__ == "__main__":
    sys.exit(main())
