"""`make soak`: visitors, staff, the clock, bounces, a changed page and a new version, for MINUTES=40; then everything
is accounted for: every submission and e-mail, memory, file handles, rows.

Fails where something is lost or doubled, or more is held than what came in explains.
"""

import argparse
import asyncio
import http.client
import os
import re
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from local.aws.api_gateway import Request, Response
from tests.support.office import Office
from tests.support.run import LocalRun
from tools.load.clients import over_http, resident
from tools.load.plan import Sent, plan, reconcile
from tools.load.tables import Tables

ROOT = Path(__file__).parents[1]
A_MINUTE = 60
"""Forms a minute."""
LOADED = 350
"""Megabytes that the first forms, a build of the site and the desk take, however many come."""
MEGABYTES = 0.15
"""Most memory for each form: the stand-in for AWS keeps every row and e-mail in memory."""
PATIENCE = 120
"""Seconds in which a run ends: a build that goes on is finished first."""
HANDLES = 100
"""Most file handles more than at the start, while connections are open."""
OFFICE, MORNING = ZoneInfo("America/New_York"), 9
"""The time zone of the template, and the hour at which all begins."""


class OverHttp:
    """The local run, as the browser of somebody of the office asks it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def answer(self, asked: Request) -> Response:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            query = f"?{asked.query}" if asked.query else ""
            connection.request(asked.method, asked.path + query, asked.body or None, dict(asked.headers))
            answer = connection.getresponse()
            headers = [(name.lower(), value) for name, value in answer.getheaders()]
            return Response(answer.status, headers, answer.read())
        finally:
            connection.close()


class Soak:
    """One local run under traffic: `run` is the process of now, `data` stays when it is replaced."""

    def __init__(self, data: Path, minutes: float) -> None:
        self.data, self.seconds, self.run = data, minutes * 60, LocalRun(data)
        # The same message on another day at the office is another one: no midnight may come in between.
        self.run.sweep((MORNING - datetime.now(OFFICE).hour) % 24 or 24)
        self.sent = [_bouncing(each) for each in plan(int(minutes * A_MINUTE))]
        self.done: Counter[str] = Counter()
        self.memory: list[float] = []
        self.handles: list[int] = []

    async def go(self) -> None:
        """Have everybody come at once, until the last visitor has an answer."""
        self.look()
        others = [asyncio.create_task(each()) for each in (self.staff, self.clock, self.versions, self.watch)]
        await asyncio.gather(*(self.visit(number, each) for number, each in enumerate(self.sent)))
        for each in others:
            each.cancel()
        ended = await asyncio.gather(*others, return_exceptions=True)
        if failed := [each for each in ended if isinstance(each, Exception)]:
            raise failed[0]

    async def visit(self, number: int, each: Sent) -> None:
        """Send one form when its time comes; where nobody answers, again, as a visitor does."""
        await asyncio.sleep(number * self.seconds / len(self.sent))
        for _ in range(60):
            try:
                return await over_http(self.run.port)(each)
            except (OSError, IndexError, ValueError):
                self.done["sent again after a broken connection"] += 1
                await asyncio.sleep(1)
        raise TimeoutError("nobody answered for a minute")

    async def staff(self) -> None:
        """Take and mark what waits, one after another."""
        office, session_of = None, None
        while True:
            await asyncio.sleep(4)
            try:
                if session_of is not self.run:
                    office, session_of = await asyncio.to_thread(self.sign_in), self.run
                await asyncio.to_thread(self.work, office)
            except (OSError, http.client.HTTPException):
                self.done["desk asked again after a broken connection"] += 1

    def sign_in(self) -> Office:
        office = Office(OverHttp(self.run.port), Request, self.run.url)
        office.sign_in(self)
        self.done["sign-ins"] += 1
        return office

    def messages(self) -> list[dict[str, str]]:
        """Return the mailbox, as `sign_in` reads its code from it: once the last e-mail has one."""
        for _ in range(100):
            found = [
                each
                for each in self.run.messages()
                if re.search(r"\b\d{6}\b", each["text"]) and "desk" in each["subject"]
            ]
            if len(found) > self.done["sign-ins"]:
                return found
            time.sleep(0.1)
        raise OSError("no code came")

    def work(self, office: Office) -> None:
        """Take and mark the first request that waits; what came back, and offers neither, may stand before it."""
        for reference in re.findall(r'href="/desk/([A-Z0-9]{10})"', office.get("/desk/").text):
            worked = False
            for verb in ("take", "mark"):
                if office.get(f"/desk/{reference}").offers(verb):
                    office.do(reference, verb)
                    self.done[f"desk: {verb}"] += 1
                    worked = True
            if worked:
                return

    async def clock(self) -> None:
        """Let four hours pass in all."""
        for _ in range(4):
            await asyncio.sleep(self.seconds / 4.5)
            try:
                await asyncio.to_thread(self.run.sweep)
                self.done["hours on the clock"] += 1
            except OSError:
                self.done["clock asked while a version changed"] += 1

    async def versions(self) -> None:
        """Change a page after a third, and put a new version in place after two: what is under way is cut off."""
        await asyncio.sleep(self.seconds / 3)
        os.utime(ROOT / "docs" / "faq.md")
        self.done["pages changed"] += 1
        await asyncio.sleep(self.seconds / 3)
        await asyncio.to_thread(self.run.stop, seconds=PATIENCE)
        self.run = await asyncio.to_thread(LocalRun, self.data, self.run.port)
        self.done["new versions"] += 1
        self.look()

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(self.seconds / 20)
            self.look()

    def look(self) -> None:
        with suppress(OSError):  # the old version is gone, and the new one not there yet
            self.memory.append(resident(self.run.process.pid))
            self.handles.append(len(list(Path(f"/proc/{self.run.process.pid}/fd").iterdir())))


def _bouncing(each: Sent) -> Sent:
    """Give the first sender an address that bounces; all of the simulator's are one person, who gets no more."""
    number = int(re.findall(r" (\d+)\n", each.answers["message"])[0])
    if number or each.kind == "invalid":
        return each
    return replace(each, answers={**each.answers, "email": f"bounce+{number}@simulator.example.gov"})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=40)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(Path(folder), minutes)
        try:
            asyncio.run(soak.go())
            items = Tables.of(Path(folder)).at_rest(soak.run.sweep)
            account = reconcile(soak.sent, items, soak.run.messages())
            soak.look()
        finally:
            soak.run.stop(seconds=PATIENCE)
    mail = account.counts["staff"] + account.counts["receipt"]
    troubles = [*account.lost, *account.duplicate, *account.wrong]
    grown = soak.memory[-1] - soak.memory[0]
    if grown > LOADED + MEGABYTES * len(soak.sent):
        troubles.append(f"memory grew by {grown:.0f} MB")
    if max(soak.handles) > soak.handles[0] + HANDLES:
        troubles.append(f"file handles went from {soak.handles[0]} to {max(soak.handles)}")
    print(f"| {minutes:g} minutes | |\n|---|--:|")
    figures = {"forms sent": len(soak.sent), **soak.done, **account.counts, "e-mails about them": mail}
    figures |= {"lost": len(account.lost), "duplicate": len(account.duplicate), "wrong": len(account.wrong)}
    for name, number in figures.items():
        print(f"| {name} | {number:,} |")
    for name, seen in (("memory, MB", soak.memory), ("file handles", soak.handles)):
        print(f"| {name}: at the start, at most, at the end | {seen[0]:.0f}, {max(seen):.0f}, {seen[-1]:.0f} |")
    print(*troubles[:20], sep="\n")
    return bool(troubles)


if __name__ == "__main__":
    sys.exit(main())
