"""A fault of each kind at each point from a posted form to its e-mails: nothing is lost, nothing is sent twice."""

from itertools import groupby
from typing import Any

import pytest
import time_machine

from settings import settings
from tests.support.examples import THOROUGH
from tests.support.office_clock import ALWAYS_OPEN
from tools.chaos.cloud import hooked
from tools.chaos.enumeration import EACH_FORM, TOGETHER, Tally, Untested, distinct_faults, faults_at, strike
from tools.chaos.kinds import KINDS, Fault
from tools.chaos.schedules import PLAIN, SCHEDULES
from tools.chaos.story import World

KIND = {kind.name: kind for kind in KINDS}
EVERY = 1 if THOROUGH else 6
"""Of how many faults at a point one is tried: with 6, some kinds at each point, others at the next one."""
SCHEDULE = {schedule.name: schedule for schedule in SCHEDULES}


@pytest.fixture(scope="module")
def world(stand_in, template):
    """The functions with clients that fail as they are told; those that other tests use stay theirs."""
    import keys
    from mail import digest, ses
    from storage import dynamodb

    kept: list[Any] = [dynamodb.client, ses._client, digest._queues, keys._client]
    for made in kept:
        made.cache_clear()
    with hooked() as clients, time_machine.travel(0, tick=False) as traveller, pytest.MonkeyPatch.context() as patch:
        for name, value in ALWAYS_OPEN.items():
            patch.setenv(name, value)
        settings.cache_clear()
        yield World(template, clients, traveller)
    for made in (settings, *kept):
        made.cache_clear()


def at_the_desk(world, schedule):
    """Runs in which the office presses the buttons of a plaque request, with each way to leave the world behind.

    Faults after which nothing is written tell what these tell, and where nobody answers for two years, most happen in
    the other stories too: of those, some are enough. `make chaos` tries them all.
    """
    quiet = world.play(("plaque",), schedule)
    found = faults_at(quiet.cloud.points, [KIND["process dies after"], KIND["SES rejected"]], (1,))
    faults = [fault for fault in found if fault.at >= quiet.struck_from and quiet.cloud.points[fault.at].writes]
    for fault in faults[:: EVERY if schedule.unanswered else 1]:
        yield strike(world, ("plaque",), schedule, fault)


def tally_of(runs):
    tally = Tally()
    for run in runs:
        tally.add(run)
    return tally


def some_at_each_point(faults, points):
    """What can happen at few points, everywhere; of the rest some, at each call others. `make chaos` tries all."""
    for at, found in groupby(faults, lambda fault: fault.at):
        here, few = list(found), points[at].service == "sesv2"
        for number, fault in enumerate(here):
            if few or fault.kind.conditional_only or number % EVERY == at % EVERY:
                yield fault


def test_a_fault_of_each_kind_at_each_point_loses_nothing_and_sends_nothing_twice(world):
    points = world.play(("contact",)).cloud.points
    faults = list(faults_at(points, widths=(3,)))
    assert {fault.at for fault in faults} == {*range(len(points))}
    tally = tally_of(strike(world, ("contact",), PLAIN, fault) for fault in some_at_each_point(faults, points))
    assert tally.problems == []
    assert (tally.lost, tally.duplicates) == (0, 0)
    assert len(faults) > 500
    assert tally.runs >= len(faults) / EVERY
    assert tally.strikes.keys() == KIND.keys()
    assert tally.own_writes_met > 0


def test_a_fault_at_each_point_of_the_way_of_a_plaque_loses_nothing_and_sends_nothing_twice(world):
    points = world.play(("plaque",)).cloud.points
    tally = tally_of(strike(world, ("plaque",), PLAIN, fault) for fault in distinct_faults(points))
    assert tally.problems == []
    assert (tally.lost, tally.duplicates) == (0, 0)
    assert tally.runs > 50


@pytest.mark.parametrize("schedule", [each for each in SCHEDULES if each.pressed], ids=lambda schedule: schedule.name)
def test_a_fault_of_each_kind_at_each_point_of_the_work_at_the_desk_changes_nothing(schedule, world):
    assert tally_of(at_the_desk(world, schedule)).problems == []


FORMS_IN_TURN = [*EACH_FORM, TOGETHER]
STORIES = [
    pytest.param(slugs, schedule, id=f"{' '.join(slugs)}, {schedule.name}")
    for turn, schedule in enumerate(SCHEDULES)
    for number, slugs in enumerate(FORMS_IN_TURN)
    if THOROUGH or number == turn % len(FORMS_IN_TURN)
]
"""Each schedule with one of the forms, or with all together; in `make test-long` with each."""


@pytest.mark.parametrize(("slugs", "schedule"), STORIES)
def test_without_a_fault_everything_is_mailed_once(slugs, schedule, world):
    assert tally_of([world.play(slugs, schedule)]).problems == []


def test_an_e_mail_goes_out_twice_only_where_its_report_is_lost_as_well(world):
    sent = [point.service for point in world.play(("contact",)).cloud.points].index("sesv2")
    fault = Fault(sent, KIND["process dies after"])
    found = [tally_of([strike(world, ("contact",), SCHEDULE[name], fault)]) for name in ("plain", "Send event lost")]
    assert [(tally.duplicates, tally.excused) for tally in found] == [(0, 0), (0, 1)]


def test_a_fault_that_does_not_happen_is_no_proof(world):
    end = len(world.play(("contact",)).cloud.points)
    with pytest.raises(Untested):
        strike(world, ("contact",), PLAIN, Fault(end, KIND["500"]))


def test_what_is_remembered_of_earlier_runs_changes_no_run(world):
    points = world.play(("contact",)).cloud.points
    faults = [Fault(at, KIND["answer lost after"], 3) for at, point in enumerate(points) if point.writes][::3]
    first = [strike(world, ("contact",), PLAIN, fault) for fault in faults]
    for run, fault in zip(first, faults, strict=True):
        world.tables.forget()
        again = strike(world, ("contact",), PLAIN, fault)
        assert again.cloud.points == run.cloud.points
        assert again.rows == run.rows
        assert [(mail.tags, mail.at) for mail in again.cloud.accepted] == [
            (mail.tags, mail.at) for mail in run.cloud.accepted
        ]


def test_a_function_in_whose_call_another_one_runs_keeps_what_it_knows(world):
    world.tables.forget()
    ran, repeated = (world.play(("contact",), SCHEDULE["Send event before the answer"]) for _ in range(2))
    assert repeated.cloud.points == ran.cloud.points
