"""Every fault at every point: which runs there are, and what became of them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from tools.chaos.cloud import Point
from tools.chaos.invariants import SECRET_TRIES, delay, duplicates, lost, problems
from tools.chaos.kinds import KINDS, LASTING, Fault, Kind
from tools.chaos.outcome import Run
from tools.chaos.schedules import Schedule
from tools.chaos.story import World

Stories = tuple[tuple[str, ...], ...]
EACH_FORM: Stories = (("contact",), ("plaque",))
TOGETHER = ("contact", "plaque")


class Untested(AssertionError):
    """A run did not do what it should have tried: its result says nothing."""


@dataclass
class Tally:
    """Counts the results of runs."""

    runs: int = 0
    points: int = 0
    """Places where a fault can strike, of the runs without one."""
    strikes: Counter[str] = field(default_factory=Counter)
    own_writes_met: int = 0
    lost: int = 0
    duplicates: int = 0
    excused: int = 0
    longest: timedelta = timedelta()
    problems: list[str] = field(default_factory=list)

    def add(self, run: Run) -> list[str]:
        """Count a run, and return what is wrong with it."""
        wrong = list(problems(run))
        unexcused, excused = duplicates(run)
        self.runs += 1
        self.points += 0 if run.cloud.faults else len(run.cloud.points) - run.struck_from
        self.strikes.update(fault.kind.name for fault, _ in run.cloud.struck)
        self.own_writes_met += run.cloud.own_writes_met
        self.lost += lost(run)
        self.duplicates += unexcused
        self.excused += excused
        self.longest = max(self.longest, delay(run))
        self.problems += [f"{describe(run)}: {each}" for each in wrong]
        return wrong

    def __iadd__(self, other: "Tally") -> "Tally":
        self.runs += other.runs
        self.points += other.points
        self.strikes += other.strikes
        self.own_writes_met += other.own_writes_met
        self.lost += other.lost
        self.duplicates += other.duplicates
        self.excused += other.excused
        self.longest = max(self.longest, other.longest)
        self.problems += other.problems
        return self


def describe(run: Run) -> str:
    """Return a run in words from which it can be played again."""
    found = run.cloud.points
    where = [f"{fault} ({found[fault.at].name if fault.at < len(found) else 'the end'})" for fault in run.cloud.faults]
    return f"{' and '.join(run.slugs)}, {run.schedule.name}, {' then '.join(where) or 'no fault'}"


def faults_at(
    found: Iterable[Point], kinds: Iterable[Kind] = KINDS, widths: Iterable[int] = (1, 2, 3)
) -> Iterator[Fault]:
    """Yield every kind that can happen at every point, in each width."""
    for at, point in enumerate(found):
        for kind in kinds:
            if kind.suits(point):
                yield from (Fault(at, kind, width) for width in widths)
                if kind.may_last:
                    yield Fault(at, kind, LASTING)


def strike(world: World, slugs: tuple[str, ...], schedule: Schedule, *faults: Fault) -> Run:
    """Play one run with faults. Raises Untested if one of them did not happen."""
    run = world.play(slugs, schedule, faults)
    struck = Counter(fault.at for fault, _ in run.cloud.struck)
    for fault in faults:
        point = run.cloud.points[fault.at] if fault.at < len(run.cloud.points) else None
        retried = fault.kind.retried and point and point.service != "sesv2"
        attempts = SECRET_TRIES if point and point.service == "secretsmanager" else fault.width
        if struck[fault.at] < (min(fault.width, attempts) if retried and len(faults) == 1 else 1):
            raise Untested(f"{describe(run)}: {fault} struck {struck[fault.at]} times")
    return run


def singles(world: World, slugs: tuple[str, ...], schedule: Schedule, widths: Iterable[int]) -> Iterator[Run]:
    """Yield the run without a fault, and one for each fault."""
    yield (quiet := world.play(slugs, schedule))
    for fault in faults_at(quiet.cloud.points, widths=widths):
        if fault.at >= quiet.struck_from:
            yield strike(world, slugs, schedule, fault)


def distinct_faults(found: Iterable[Point]) -> Iterator[Fault]:
    """Yield one fault for each way to leave the world behind; kinds that leave the same are tried once."""
    for at, point in enumerate(found):
        for kind in KINDS:
            match kind.name:
                case "process dies before":  # a call is not made: as if the process died after the one before
                    wanted = point.service == "step"
                case "process dies after" | "answer lost after":
                    wanted = point.writes
                case "timeout" | "access denied" | "own write met":
                    wanted = True
                case _:
                    wanted = False
            if wanted and kind.suits(point):
                yield Fault(at, kind, 3 if kind.name in ("timeout", "answer lost after") else 1)


def pairs(world: World, slugs: tuple[str, ...], schedule: Schedule, part: int, parts: int) -> Iterator[Run]:
    """Yield pairs of faults: the second as the run goes after the first; of the first every `parts`-th, from `part`."""
    firsts = list(distinct_faults(world.play(slugs, schedule).cloud.points))
    for first in firsts[part::parts]:
        for second in distinct_faults(world.play(slugs, schedule, (first,)).cloud.points):
            if second.at >= first.at + first.width:
                yield strike(world, slugs, schedule, first, second)
