"""DynamoDB's write units and limits in the stand-in, and what a rush meets with them in simulated time."""

import time
from collections import defaultdict
from typing import Any

import pytest

from local.aws.write_meter import KB, Units, WriteLimits, of_write
from tests.support.samples import CONTACT, PLAQUE
from tools.load.paced import Rush

TABLE = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_day",
            "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["seen"]},
        }
    ],
}
SMALL = {"id": {"S": "a"}, "day": {"S": "Monday"}, "seen": {"S": "x"}}
LARGE = SMALL | {"more": {"S": "x" * 2 * KB}}


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, SMALL, [("", "a", 1), ("by_day", "Monday", 1)]),
        (SMALL, LARGE, [("", "a", 3)]),
        (LARGE, SMALL, [("", "a", 3)]),
        (SMALL, SMALL | {"seen": {"S": "y"}}, [("", "a", 1), ("by_day", "Monday", 1)]),
        (SMALL, SMALL | {"day": {"S": "Friday"}}, [("", "a", 1), ("by_day", "Monday", 1), ("by_day", "Friday", 1)]),
        (SMALL, None, [("", "a", 1), ("by_day", "Monday", 1)]),
        (SMALL, SMALL, [("", "a", 1)]),
    ],
    ids=["new", "not in the index", "made smaller", "in the index", "its key", "removed", "condition failed"],
)
def test_a_write_is_charged_by_the_larger_item_and_an_index_where_it_changes(before, after, units):
    charged = list(of_write("Table", "a", TABLE, before, after))
    assert charged == [Units("Table", index, key, number) for index, key, number in units]


def test_a_form_above_the_limit_is_refused_and_counted_once_it_is_sent_again(stand_in, post, table, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)  # the pauses of the SDK
    written: list[Any] = []
    with stand_in.metered(written.extend, WriteLimits(lambda: 0, a_key=1)):
        post("contact", CONTACT)
        assert post("contact", CONTACT | {"message": "Another one?"}).status == 500
        assert len(table.items()) == 1
    assert post("contact", CONTACT | {"message": "Another one?"}).status == 303


@pytest.fixture
def steps(stand_in, post, inbox, clock):
    """Write units of one submission by step, as the functions make them."""

    def steps(slug, answers):
        found: dict[str, list[Any]] = defaultdict(list)
        for name, step in (
            ("post", lambda: post(slug, answers)),
            ("mail", inbox.deliver),
            ("look", lambda: clock.forward(minutes=11)),
        ):
            with stand_in.metered(found[name].extend):
                step()
        return found | {"reports": []}

    return steps


def test_an_e_mail_does_not_write_the_office_list_again(steps):
    written = steps("contact", CONTACT)
    assert [each for each in written["mail"] if each.index == "work"] == []
    assert [each for each in written["post"] if each.index == "work"]


@pytest.mark.parametrize(
    ("slug", "answers"), [("contact", CONTACT), ("plaque", PLAQUE | {"summary": "All of it. " * 1300})]
)
def test_a_hundred_a_second_are_stored_and_mailed_as_fast_as_ses_allows(slug, answers, steps):
    """For twenty seconds, so that the test is short; `make load` takes ten minutes of them."""
    result = Rush(
        steps(slug, answers), rate=100, seconds=20, lanes=8, requests=2000, burst=50, works=240, every=300
    ).run()
    assert result.is_good, result


def test_one_key_for_all_is_met_by_a_rush_of_long_forms(steps):
    one_key = {
        step: [Units(each.table, each.index, "all" if each.index else each.key, each.units) for each in units]
        for step, units in steps("plaque", PLAQUE | {"summary": "All of it. " * 1300}).items()
    }
    result = Rush(one_key, rate=100, seconds=20, lanes=8, requests=2000, burst=50, works=240, every=300).run()
    assert result.failed > 0
    assert "Submissions, index work" in result.met
