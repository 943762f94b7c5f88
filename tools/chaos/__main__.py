"""Every fault at every point in every schedule, and pairs of faults; one table. `make chaos` runs it.

The plaque form's way has every step of the contact form's and more, so what takes long is done with that one only.
"""

import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path

import time_machine

from local.aws.stand_in import StandIn
from local.template import Template
from tests.support.office_clock import ALWAYS_OPEN
from tests.support.site_build import build_site
from tools.chaos.cloud import hooked
from tools.chaos.enumeration import EACH_FORM, TOGETHER, Tally, pairs, singles
from tools.chaos.outcome import Run
from tools.chaos.report import report
from tools.chaos.schedules import PLAIN, SCHEDULES
from tools.chaos.story import World

ROOT = Path(__file__).parents[2]
PROCESSES = 2
PARTS = 12
"""Into so many tasks the pairs are cut."""
PLAQUE = ("plaque",)


@dataclass(frozen=True)
class Task:
    """The task of one process: `work` with a world, for one line of the table."""

    line: str
    work: Callable[[World], Tally]


def tasks() -> Iterator[Task]:
    """Return the tasks, the most telling first: progress is printed as they finish."""
    for schedule in reversed(SCHEDULES):
        is_plain = schedule is PLAIN
        for slugs in EACH_FORM if is_plain else (PLAQUE,):
            widths = (1, 2, 3) if is_plain else (1, 3)
            yield Task(schedule.name, partial(_singles, slugs=slugs, schedule=schedule, widths=widths))
        if schedule.stream != "plain":
            yield Task(schedule.name, partial(_singles, slugs=TOGETHER, schedule=schedule, widths=(1,)))
    for part in range(PARTS):
        yield Task("pairs of faults", partial(_pairs, slugs=PLAQUE, part=part))


def _pairs(world: World, slugs: tuple[str, ...], part: int) -> Tally:
    return _tally(pairs(world, slugs, PLAIN, part, PARTS))


def _singles(world: World, **which: object) -> Tally:
    return _tally(singles(world, **which))  # type: ignore[arg-type]


def _tally(runs: Iterable[Run]) -> Tally:
    tally = Tally()
    for run in runs:
        tally.add(run)
    return tally


def _carry_out(number: int) -> tuple[int, Tally]:
    """Carry out a run in a process of its own, forked from one in which everything is imported."""
    logging.getLogger("local").setLevel(logging.CRITICAL + 1)  # a function that fails is no news here
    with hooked() as clients, time_machine.travel(0, tick=False) as traveller:
        return number, TASKS[number].work(World(Template(ROOT / "template.yaml"), clients, traveller))


TASKS = list(tasks())


def main() -> int:
    began = time.monotonic()
    tallies = {task.line: Tally() for task in TASKS}
    with redirect_stdout(StringIO()):
        build_site(ROOT / ".build" / "chaos")
    cloud = StandIn(Template(ROOT / "template.yaml"))
    os.environ.update(ALWAYS_OPEN)
    with multiprocessing.get_context("fork").Pool(PROCESSES, maxtasksperchild=1) as pool:
        for number, found in pool.imap_unordered(_carry_out, range(len(TASKS))):
            task = TASKS[number]
            tallies[task.line] += found
            print(f"{task.line}: {found.runs} runs, {len(found.problems)} wrong", file=sys.stderr)
    cloud.close()
    sound = report(tallies)
    print(f"{time.monotonic() - began:.0f} seconds in {PROCESSES} processes")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
