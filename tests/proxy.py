"""Forms to e-mails, with a proxy that breaks a share of what the functions ask of DynamoDB. `make chaos` runs it.

microburst answers as DynamoDB would, in its own words, or cuts the connection, before the call took effect or after.
Forms, stream, SES's reports and clock go on meanwhile; a visitor who is told of a failure sends the same again. Then
the proxy breaks nothing any more, and every submission is accounted for. Prints one table; fails where something is
lost or doubled, a visitor was told no clear word, or a kind of fault never struck.
"""

import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from html import escape
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import urlencode

import boto3
import engine
from load import Tables
from load_clients import FORM, reference_in
from load_plan import Account, Sent, plan, reconcile
from mkdocs.commands.build import build
from mkdocs.config import load_config

from local.aws import StandIn
from local.clock import Clock
from local.events import stream_mappings
from local.gateway import Gateway, Request, Response
from local.mailbox import Mailbox
from local.reports import Reports
from local.stream import Stream
from local.template import Template
from telemetry import logger

ROOT = Path(__file__).parents[1]
RATES = (0.05, 0.2, 0.4)
"""Shares of the calls of DynamoDB that go wrong."""
NUMBER = 120
"""Submissions at each rate."""
TRIES = 20
"""How often a visitor sends the same before giving up."""
BETWEEN_LOOKS = 20
"""Submissions in the five minutes between two looks of the clock."""
WITH_FAULTS, WITHOUT = timedelta(hours=2), timedelta(hours=2)
"""How long the clock runs after the last submission."""


@dataclass
class World:
    """Everything that runs, and what visitors were told."""

    template: Template
    cloud: StandIn
    clock: Clock
    gateway: Gateway
    told_of_failure: int = 0
    unclear: list[str] = field(default_factory=list)

    def submit(self, each: Sent) -> None:
        """Send it until it is received or refused, as a browser or as a program."""
        if each.hangs_up == "half":
            return
        for _ in range(TRIES):
            answer = self._post(each)
            if answer.status < 500:
                break
            self.told_of_failure += 1
            if not _says_what_to_do(each, answer):
                self.unclear.append(f"{each.answers['email']}: {answer.status} without a clear word")
        if not each.hangs_up:
            each.status, each.reference = answer.status, self._reference(answer)

    def _post(self, each: Sent) -> Response:
        headers = {"content-type": FORM, "accept": "text/html" if each.is_browser else "application/json"}
        body = urlencode(each.answers).encode()
        return self.gateway.answer(Request("POST", "/forms/contact", "", headers, body, (each.sender, 50_000)))

    def _reference(self, answer: Response) -> str:
        if answer.status == 303:
            path, _, query = dict(answer.headers)["location"].partition("?")
            answer = self.gateway.answer(Request("GET", path, query))
        return reference_in(answer.body.decode())


def _says_what_to_do(each: Sent, answer: Response) -> bool:
    """Whether a visitor who was not received still has the words, or a program a problem it can read."""
    text = answer.body.decode()
    if each.is_browser:
        return all(escape(line) in text for line in each.answers["message"].splitlines())
    return bool(json.loads(text)["status"] == answer.status)


@contextmanager
def worlds(template: Template) -> Iterator[tuple[World, engine.Proxy]]:
    """moto, and the proxy before its DynamoDB for whoever is not told otherwise."""
    with tempfile.TemporaryDirectory() as site:
        build(load_config(str(ROOT / "mkdocs.yml"), site_dir=site, strict=True))
    cloud = StandIn(template)
    reports = Reports(template)
    cloud.on_mail(reports.note)
    [stream] = [Stream(template, mapping) for mapping in stream_mappings(template)]

    def settle() -> None:
        stream.drain()
        reports.drain()

    clock = Clock(template, settle)
    try:
        with engine.microburst(cloud.endpoint) as address:
            boto3.client("dynamodb", endpoint_url=address).list_tables()  # the first call takes it seconds
            with patch.dict(os.environ, {"AWS_ENDPOINT_URL_DYNAMODB": address}):
                yield World(template, cloud, clock, Gateway(template)), engine.Proxy(address)
    finally:
        clock.stop()
        cloud.close()


def run(world: World, proxy: engine.Proxy, rate: float, number: int) -> tuple[Account, dict[str, str]]:
    """Send so many with faults, come to rest without, and give account; the cells of a column of the table too."""
    sent, asked, failures = plan(number), proxy.asked(), world.told_of_failure
    proxy.breaks(rate)
    for start in range(0, number, BETWEEN_LOOKS):
        for each in sent[start : start + BETWEEN_LOOKS]:
            world.submit(each)
        world.clock.advance(timedelta(minutes=5))
    world.clock.advance(WITH_FAULTS)
    struck, asked = proxy.struck(), proxy.asked() - asked
    proxy.breaks(0)
    world.clock.advance(WITHOUT)
    account = reconcile(sent, Tables(dict(os.environ)).items(), Mailbox(world.cloud.sent_mail).messages())
    account.wrong += [f"no fault struck: {kind}" for kind, times in struck.items() if not times]
    cells = {"submissions": len(sent), "calls of DynamoDB": asked}
    cells |= {f"faults: {kind}": times for kind, times in struck.items()}
    cells |= {"visitors told of a failure": world.told_of_failure - failures}
    cells |= {name: account.counts[name] for name in ("received", "refused", "rows", "staff", "receipt")}
    cells |= {"lost": len(account.lost), "duplicate": len(account.duplicate), "wrong": len(account.wrong)}
    return account, {name: f"{count:,}" for name, count in cells.items()}


def main() -> int:
    logging.disable(logging.CRITICAL)
    logger.setLevel("CRITICAL")
    begun, columns, troubles = time.monotonic(), [], []
    # The SDK's pauses between its tries would take most of the time, and say nothing here.
    hurried = patch("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    with hurried, worlds(Template(ROOT / "template.yaml")) as (world, proxy):
        for rate in RATES:
            with redirect_stdout(StringIO()):  # the functions' metrics
                account, cells = run(world, proxy, rate, NUMBER)
            columns.append(cells)
            troubles += [*account.lost, *account.duplicate, *account.wrong]
    print(f"{'share of calls that go wrong':30}" + "".join(f"{rate:>10.0%}" for rate in RATES))
    for name in columns[0]:
        print(f"{name:30}" + "".join(f"{cells[name]:>10}" for cells in columns))
    troubles += world.unclear
    print(f"{time.monotonic() - begun:.0f} s", *troubles[:20], sep="\n")
    return bool(troubles)


if __name__ == "__main__":
    sys.exit(main())
