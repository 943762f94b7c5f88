"""Sows one bug, and looks how soon the harness sees it."""

from collections.abc import Iterator

from chaos.enumeration import EACH_FORM, Tally, Untested, singles
from chaos.outcome import Run
from chaos.schedules import PLAIN, SCHEDULES
from chaos.seeded import Bug, Sown
from chaos.story import World
from local.runtime import forget


def caught(world: World, bug: Bug) -> str:
    """What was wrong first with the bug sown; empty where nothing was. The process is of no use afterwards."""
    forget(world.template)
    Sown(bug).sow()
    tally = Tally()
    try:
        for run in _runs(world):
            if tally.add(run):
                return tally.problems[0]
    except Untested as untested:
        return str(untested)
    return ""


def _runs(world: World) -> Iterator[Run]:
    """First what is soon done."""
    for slugs in EACH_FORM:
        for schedule in SCHEDULES:
            yield world.play(slugs, schedule)
    for slugs in EACH_FORM:
        yield from singles(world, slugs, PLAIN, (1, 3))
    for schedule in SCHEDULES[1:]:
        yield from singles(world, EACH_FORM[0], schedule, (1,))
