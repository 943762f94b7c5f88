"""A rush of so many submissions a second, in simulated time: which limit of AWS is met first, and what comes of it.

What a submission writes is measured with the real functions (tools/cost.py); the limits of DynamoDB are those that the
stand-in enforces. Queues, pauses and retries are those of the functions; how long a call takes is assumed.
"""

import heapq
import random
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from forms.plaque import SUMMARY_LIMIT
from local.aws.write_meter import Units, WriteLimits
from local.events import schedules
from local.template import Template
from mail import ses
from storage.submissions import DUE_AT_ONCE, LONGEST_PAUSE, SPREAD, SWEPT_AFTER, spread
from tests.support.samples import CONTACT, PLAQUE
from tools.cost import measure

Writes = Mapping[str, Sequence[Units]]
"""Write units of one submission, by step: post, mail, reports, look."""
SECONDS = {
    "a call of DynamoDB": 0.006,
    "a call of SES": 0.15,
    "a form, or its receipt": 0.05,
    "before a visitor sends a refused form again": 60,
}
"""Assumed."""
SHARDS = 4
"""Of the stream of a new on-demand table."""
AT_ONCE = 1000
"""Functions of an account that may run at the same time; 10 in a new one."""
SES_RATE = 14
"""E-mails a second of a usual production account; 1 in the sandbox."""
LONGEST_LOOK = 60
"""remind.py's, in seconds: it asks for its settings when it is imported, so tests/infrastructure compares the two."""
CALLS_OF_A_LOOK = 4
RATES = {10: 600, 100: 600, 1000: 60}
"""Submissions a second, and for how many seconds."""
GOAL = 100
"""Submissions a second that are all stored, while nobody sees a 500, and mailed within an hour of SES allowing it."""
MISSED = "the goal is missed"
ITEMS = 64
"""Different items that all submissions are taken to be, so that none has a key of the tables to itself."""
RAISED = 2000
"""Requests a second at the API, where an engineer has raised its limit for a rush."""
KINDS = (
    ("messages", "contact", CONTACT),
    ("longest plaques", "plaque", PLAQUE | {"summary": "All of it. " * (SUMMARY_LIMIT // 11)}),
)
E_MAILS = ("staff", "receipt")

Pause = Generator[float]


class Bucket:
    """Tokens that come back at a rate, up to a number."""

    def __init__(self, rate: float, most: float) -> None:
        self._rate, self._most, self._left, self._at = rate, most, most, 0.0

    def take(self, now: float) -> bool:
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass
class Stored:
    """One submission in the table: what it still owes, and since when."""

    number: int
    at: float
    item: int
    next_at: float
    owed: list[str] = field(default_factory=lambda: list(E_MAILS))
    claimed: set[str] = field(default_factory=set)


@dataclass
class Result:
    """The outcome of a rush. `met` is when each limit was met first, in seconds."""

    arrived: int
    stored: int = 0
    refused: int = 0
    failed: int = 0
    mailed: int = 0
    last_mail: float = 0
    met: dict[str, float] = field(default_factory=dict)
    behind: float = 0
    """Seconds from when SES's rate allowed all e-mail until the last was sent."""

    @property
    def is_good(self) -> bool:
        mailed = self.mailed == len(E_MAILS) * self.stored
        return self.stored == self.arrived and not self.failed and mailed and self.behind <= 3600


class Rush:
    """So many submissions a second, for so many seconds, and then what is owed, until nothing is or a day is over."""

    def __init__(
        self,
        writes: Writes,
        rate: int,
        seconds: int,
        lanes: int,
        requests: float,
        burst: float,
        works: float,
        every: float,
    ) -> None:
        self._now, self._works, self._every = 0.0, works, every
        self._agenda: list[tuple[float, int, Pause]] = []
        self._chance = random.Random(rate)
        self._writes = _by_item(writes)
        self._limits = WriteLimits(lambda: self._now)
        self._api, self._ses = Bucket(requests, burst), Bucket(SES_RATE, SES_RATE)
        self._stream: deque[Stored] = deque()
        self._watched: dict[int, Stored] = {}
        self._running = 0
        self._begun = 0
        self._last_arrival = (rate * seconds - 1) / rate
        self.result = Result(rate * seconds)
        for number in range(rate * seconds):
            self._begin(self._visitor(), number / rate)
        for _ in range(lanes):
            self._begin(self._lane(), 0)
        self._begin(self._clock(), self._every)

    def run(self) -> Result:
        while self._agenda:
            self._now, _, process = heapq.heappop(self._agenda)
            pause = next(process, None)
            if pause is not None:
                self._begin(process, self._now + pause)
        # A sender that never waits would have had the last e-mail out after so long.
        ideal = max(self._last_arrival, (self.result.mailed - SES_RATE) / SES_RATE)
        self.result.behind = self.result.last_mail - ideal
        return self.result

    def _begin(self, process: Pause, at: float) -> None:
        self._begun += 1
        heapq.heappush(self._agenda, (at, self._begun, process))

    @property
    def _is_over(self) -> bool:
        done = self.result.stored + self.result.failed == self.result.arrived
        return done and self.result.mailed == len(E_MAILS) * self.result.stored

    def _meet(self, limit: str) -> None:
        self.result.met.setdefault(limit, self._now)

    def _visitor(self) -> Pause:
        while not self._api.take(self._now):
            self._meet("the API's requests a second")
            self.result.refused += 1
            yield SECONDS["before a visitor sends a refused form again"]
        self._running += 1
        if self._running > AT_ONCE:
            self._meet("functions at once")
        item = self._chance.randrange(ITEMS)
        is_stored = self._running <= AT_ONCE and self._write("post", item)
        yield SECONDS["a form, or its receipt"]
        self._running -= 1
        if not is_stored:
            self.result.failed += 1
            return
        self.result.stored += 1
        stored = Stored(self.result.stored, self._now, item, self._now + SWEPT_AFTER.total_seconds())
        self._stream.append(stored)
        self._watched[stored.number] = stored
        if not self._api.take(self._now):  # the receipt's page is a second request
            self._meet("the API's requests a second")

    def _lane(self) -> Pause:
        """Play NotifyFunction at one shard."""
        while not self._is_over:
            if not self._stream:
                yield 1
                continue
            self._running += 1
            stored = self._stream.popleft()
            for slot in list(stored.owed):
                yield from self._send(stored, slot)
            self._running -= 1

    def _clock(self) -> Pause:
        """Play the schedule: it calls RemindFunction in regular intervals, also while the call before is at work."""
        while not self._is_over and self._now < timedelta(days=1).total_seconds():
            self._begin(self._sweep(), self._now)
            yield self._every

    def _sweep(self) -> Pause:
        begun = self._now
        ripe = [each for each in self._watched.values() if each.next_at <= begun]
        found = heapq.nsmallest(DUE_AT_ONCE, ripe, key=lambda each: each.next_at)
        yield len(found) * SECONDS["a call of DynamoDB"]
        for stored in found:
            if self._now - begun > self._works:
                break
            for slot in list(stored.owed):
                yield from self._send(stored, slot)
            yield CALLS_OF_A_LOOK * SECONDS["a call of DynamoDB"]
            self._write("look", stored.item)
            if stored.owed:
                age = (self._now - stored.at) / 2
                pause = min(max(SWEPT_AFTER.total_seconds(), age), LONGEST_PAUSE.total_seconds())
                stored.next_at = self._now + pause
            else:
                self._watched.pop(stored.number, None)

    def _send(self, stored: Stored, slot: str) -> Pause:
        """Claim, send and settle one e-mail, as mail/delivery.py does."""
        yield SECONDS["a call of DynamoDB"]
        if slot not in stored.owed or slot in stored.claimed or not self._write("mail", stored.item, slot):
            return
        stored.claimed.add(slot)
        for _ in range(ses.TRIES):
            yield SECONDS["a call of SES"]
            if self._ses.take(self._now):
                stored.owed.remove(slot)
                self.result.mailed += 1
                self.result.last_mail = self._now
                self._write("reports", stored.item, slot)
                break
            self._meet("SES's e-mails a second")
            yield self._chance.uniform(*ses.PAUSE)
        stored.claimed.discard(slot)

    def _write(self, step: str, item: int, slot: str = "") -> bool:
        """Write what a step writes, of one e-mail its share, or return False where DynamoDB refuses it."""
        units = self._writes.get((step, item), [])
        if slot:
            units = units[E_MAILS.index(slot) :: len(E_MAILS)]
        for each in units:
            if not self._limits.allow(each):
                self._meet(f"{each.table}{f', index {each.index}' if each.index else ''}")
                return False
        for each in units:
            self._limits.take(each)
        return True


def rushes(template: Template) -> Iterator[str]:
    """Yield the lines of the table: messages, and plaque requests as long as they may be; as deployed, and raised."""
    [lanes] = [SHARDS * event.get("ParallelizationFactor", 1) for _, event in template.events("DynamoDB")]
    [api] = template.resources("AWS::Serverless::HttpApi").values()
    limits = {name: float(value) for name, value in template.resolve(api["DefaultRouteSettings"]).items()}
    works = template.functions["RemindFunction"]["Timeout"] - LONGEST_LOOK
    [every] = [each.every.total_seconds() for each in schedules(template) if each.function == "RemindFunction"]
    for number, (what, slug, answers) in enumerate(KINDS):
        writes = measure(template, {slug: answers}, f"{number:012}").writes
        for title, requests in (("as deployed", limits["ThrottlingRateLimit"]), ("raised", RAISED)):
            yield f"\n{what}, {title}: {requests:g} requests a second at the API\n{HEADING}"
            for rate, seconds in RATES.items():
                result = Rush(
                    writes, rate, seconds, lanes, requests, limits["ThrottlingBurstLimit"], works, every
                ).run()
                yield row(rate, seconds, result)
                if requests == RAISED and rate == GOAL and not result.is_good:
                    yield MISSED


HEADING = "".join(
    f"{name:>11}" for name in ("a second", "seconds", "refused", "saw 500", "stored", "mailed", "behind, min")
)


def row(rate: int, seconds: int, result: Result) -> str:
    """Return a line of the table, with the limits in the order in which they were met."""
    figures = [rate, seconds, result.refused, result.failed, result.stored, result.mailed, round(result.behind / 60)]
    met = ", ".join(f"{limit} ({at:,.0f} s)" for limit, at in sorted(result.met.items(), key=lambda each: each[1]))
    return "".join(f"{figure:>11,}" for figure in figures) + f"   {met or 'none'}"


def _by_item(writes: Writes) -> dict[tuple[str, int], list[Units]]:
    """Return what a submission writes in each step, by one of ITEMS: they have keys of their own, and share others."""
    references = {each.key for step in writes.values() for each in step if not each.index}
    names = {spread(name, each): name for each in references for name in _names(writes)}

    def of_item(units: Units, item: int) -> Units:
        if units.key in names:
            return replace(units, key=f"{names[units.key]} {item % SPREAD}")
        own = units.index == "agencies" or not (units.index or units.key.startswith("numbers"))
        return replace(units, key=f"{units.key} of {item}") if own else units

    return {
        (step, item): [of_item(each, item) for each in units] for step, units in writes.items() for item in range(ITEMS)
    }


def _names(writes: Writes) -> set[str]:
    return {each.key.rpartition(" ")[0] for step in writes.values() for each in step if each.index}
