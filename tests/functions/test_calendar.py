"""The calendar file: what Outlook and Google require, and an alarm that is still true when it comes."""

from datetime import UTC, date, datetime, timedelta
from email import message_from_string, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

import calendars
import promises
from tests.support.examples import examples
from tests.support.samples import COMPLETED, PLAQUE

RECEIVED = datetime(2026, 11, 26, 15, tzinfo=UTC)
SITE = "https://certification.example.org"


def renewal(ends_on: date, today: date, site: str = SITE) -> Calendar:
    return Calendar.from_ical(calendars.renewal("K7M2P9QRTX", ends_on, RECEIVED, site, today))


@pytest.mark.parametrize("site", [SITE, "http://certification.example.org:8000"])
def test_an_event_is_named_by_its_reference_and_the_host_alone(site):
    [event] = renewal(RECEIVED.date(), RECEIVED.date(), site).walk("VEVENT")
    assert event["uid"] == "K7M2P9QRTX@certification.example.org"


@given(st.dates(date(2026, 1, 1), date(2036, 1, 1)), st.integers(-2, 800))
@examples(300)
def test_the_last_day_is_a_whole_day_and_no_alarm_is_in_the_past(today, left):
    ends_on = today + timedelta(days=left)
    calendar = renewal(ends_on, today)
    assert calendar["method"] == "PUBLISH"
    [event] = calendar.walk("VEVENT")
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (ends_on, ends_on + timedelta(days=1))
    assert event["transp"] == "TRANSPARENT"  # a day that is not busy (RFC 5545, 3.8.2.7)
    alarms = [alarm.decoded("trigger") for alarm in calendar.walk("VALARM")]
    assert len(alarms) == (left > 1)
    assert all(ends_on + before > today for before in alarms)
    assert renewal(ends_on, today) == calendar


@pytest.mark.parametrize(("left", "before"), [(730, 60), (61, 60), (60, 30), (8, 7), (7, 1), (2, 1)])
def test_the_alarm_is_the_longest_that_is_still_to_come(left, before):
    today = RECEIVED.date()
    [alarm] = renewal(today + timedelta(days=left), today).walk("VALARM")
    assert alarm.decoded("trigger") == timedelta(days=-before)
    assert "ends on" in str(alarm["description"])


def test_the_event_of_a_corrected_date_is_newer_than_the_one_that_it_replaces(
    submitted, office, stand_in, inbox, clock
):
    """A calendar keeps what it has where a second event of one name is no newer (RFC 5546, 2.1.5)."""
    action = f"/desk/{submitted('plaque')}/correct"
    for days in (2, 1):
        clock.forward(hours=1)
        completed = (COMPLETED - timedelta(days=days)).isoformat()
        office.press(office.get(action), action, completed=completed, **{"new-receipt": "yes"})
    clock.forward(minutes=11)
    messages = [message_from_string(raw, policy=policy.default) for raw in stand_in.sent_mail()]
    files = [part.get_content() for message in messages for part in message.walk() if part.get_filename()]
    events = [Calendar.from_ical(file).walk("VEVENT")[0] for file in files]
    assert len({event["uid"] for event in events}) == 1
    assert [event.decoded("dtend") for event in events] == [last_day(days) for days in (0, 2, 1)]
    stamps = [event.decoded("dtstamp") for event in events]
    assert stamps == sorted(set(stamps))


def last_day(days: int) -> date:
    return promises.valid_until(COMPLETED - timedelta(days=days)) + timedelta(days=1)


def test_the_method_stands_in_the_type_of_the_attachment_and_of_the_answer(post, get, inbox, stand_in):
    receipt = get(post("plaque", PLAQUE).headers["location"]).text
    link = receipt.partition('href="/forms/plaque/renewal.ics')[2].partition('"')[0]
    answered = get(f"/forms/plaque/renewal.ics{link}").headers["content-type"]
    inbox.deliver()
    [raw] = [mail for mail in stand_in.sent_mail() if "renewal.ics" in mail and "text/calendar" in mail]
    for told in (answered, raw.partition("Content-Type: text/calendar")[2][:200]):
        assert 'method="PUBLISH"' in told or "method=PUBLISH" in told
