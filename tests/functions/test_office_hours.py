"""Reminders come while the office works, several in one e-mail, and never too late for their promise."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
import time_machine
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

import office_hours
import promises
from storage import outbox
from storage.outbox import Owed
from tests.support.examples import examples
from tests.support.office_clock import Clock
from tests.support.samples import CONTACT, new_address
from tests.support.ses_errors import SILENCE

ZONE = "America/New_York"
HOURS = {"OFFICE_DAYS": "Mon,Tue,Wed,Thu,Fri", "OFFICE_HOURS": "8-17", "OFFICE_HOLIDAYS": "federal"}
DAY, BEFORE = timedelta(days=1), promises.ANSWER_REMINDED_BEFORE


@pytest.fixture(autouse=True)
def _office(stand_in, set_variable):
    for name, value in HOURS.items():
        set_variable(name, value)


def at(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(ZONE))


@pytest.fixture
def asked(post, inbox, template):
    """Post so many messages on the Tuesday before Thanksgiving, and mail what follows; the office's clock."""
    with time_machine.travel(at("2026-11-24 09:32"), tick=False) as traveller:

        def asked(number):
            for each in range(number):
                post("contact", {**CONTACT, "email": new_address(), "message": f"Question {each}"})
            inbox.deliver()
            return Clock(template, traveller)

        yield asked


def told(moment):
    return f"{moment.astimezone(ZoneInfo(ZONE)):%a %m-%d %H:%M}"


def test_federal_holidays_are_those_of_the_kept_package():
    """It is 14 megabytes of the world's holidays; what ships knows eleven days of one law."""
    known = holidays.country_holidays("US", years=range(2026, 2062), observed=True)
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365 * 35)]
    working = [day for day in days if day.weekday() < 5]
    assert [day for day in working if office_hours.is_federal_holiday(day)] == [day for day in working if day in known]


@pytest.mark.parametrize(
    ("received", "reminder", "late"),
    [
        ("2026-11-24 09:32", "Tue 11-24 16:00", "Wed 11-25 10:00"),
        ("2026-11-23 16:20", "Tue 11-24 12:00", "Wed 11-25 08:00"),
        ("2026-11-25 09:32", "Wed 11-25 16:00", "Fri 11-27 08:00"),
        ("2026-11-27 17:30", "Sat 11-28 13:00", "Mon 11-30 08:00"),
        ("2026-11-29 10:15", "Mon 11-30 08:00", "Mon 11-30 11:00"),
    ],
    ids=["in the afternoon before", "in hours", "before Thanksgiving", "a weekend has no hours", "first hour after"],
)
def test_a_reminder_comes_in_office_hours_and_a_late_notice_with_the_next(received, reminder, late):
    due = at(received) + DAY
    assert told(office_hours.remind_at(due, BEFORE, at(received))) == reminder
    assert told(office_hours.next_hour(due)) == late


moments = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))


@examples(200)
@given(moments, st.sampled_from([(timedelta(days=1), BEFORE), (timedelta(days=14), promises.PLAQUE_REMINDED_BEFORE)]))
def test_a_reminder_is_after_the_receipt_and_before_the_due_time_and_by_day(received, promise):
    within, before = promise
    due = received + within
    moment = office_hours.remind_at(due, before, received)
    assert received < moment < due
    assert office_hours.is_open(moment, any_day=True)
    assert promises.at_office(moment).minute == 0
    later = office_hours.next_hour(due)
    assert due <= later
    assert office_hours.is_open(later)
    assert later - due < timedelta(days=5)


@pytest.mark.parametrize("change", [date(2026, 3, 8), date(2026, 11, 1)])
def test_the_office_opens_at_eight_by_its_own_clock_when_the_clocks_change(change):
    monday = office_hours.next_hour(at(f"{change} 01:30"))
    assert told(monday) == f"Mon {change + DAY:%m-%d} 08:00"


def test_hours_days_and_holidays_are_settings(set_variable):
    set_variable("OFFICE_DAYS", "Sun,Thu")
    set_variable("OFFICE_HOURS", "20-24")
    set_variable("OFFICE_HOLIDAYS", "none")
    assert told(office_hours.next_hour(at("2026-11-26 09:00"))) == "Thu 11-26 20:00"
    assert told(office_hours.next_hour(at("2026-11-26 23:01"))) == "Sun 11-29 20:00"


def test_fourteen_messages_of_a_holiday_are_one_reminder_and_one_late_notice(asked, inbox, table, office):
    clock = asked(14)
    clock.forward(hours=6, minutes=30)
    [reminder] = inbox.titled("Due soon")
    assert reminder["subject"] == "Due soon: 14, the first by Wed 9:32 AM"
    assert all(f"Question {number}" in reminder["text"] for number in range(14))
    assert reminder["reply_to"] == ["office@example.org"]
    assert CONTACT["telephone"] in reminder["html"]
    references = [item["reference"] for item in table.items()]
    office.begin_session()
    office.do(references[0], "mark")
    for _ in range(4):
        clock.forward(hours=6)
    [late] = inbox.titled("Late")
    assert late["subject"] == "Late: 13, the first since Wed 9:32 AM"
    assert late["to"] == ["director@certification.example.org", "office@certification.example.org"]
    assert references[0] not in late["text"]
    assert len(inbox.titled("Due soon")) == 1


def test_more_than_fit_into_one_e_mail_are_several_and_each_report_settles_its_own(
    asked, inbox, table, ses_error, report
):
    clock = asked(23)
    ses_error(SILENCE)
    clock.forward(hours=6, minutes=30)
    assert {item["mail"]["reminder"]["state"] for item in table.items()} == {"claimed"}
    ses_error(None)
    told = [Owed("SUBMISSIONS_TABLE", item["reference"], "reminder") for item in table.items()]
    report("Send", told[:20])
    clock.forward(hours=1, minutes=1)
    [reminder] = inbox.titled("Due soon")
    assert reminder["subject"].startswith("Due soon: 3, ")
    assert {item["mail"]["reminder"]["state"] for item in table.items()} == {"sent"}


def test_one_that_is_locked_or_cannot_be_claimed_holds_up_no_other(asked, inbox, table, monkeypatch):
    clock = asked(3)
    references = sorted(item["reference"] for item in table.items())
    outbox.claim(Owed("SUBMISSIONS_TABLE", references[0], "reminder"), at("2026-11-24 15:55").astimezone(UTC))
    claim = outbox.claim

    def fails_once(owed, *more):
        if owed.id == references[1] and owed.slot == "reminder":
            monkeypatch.undo()
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")
        return claim(owed, *more)

    monkeypatch.setattr(outbox, "claim", fails_once)
    clock.forward(hours=6, minutes=28)
    assert [each["subject"][-11:-1] for each in inbox.titled("Due soon")] == [references[2]]
    clock.forward(hours=1, minutes=1)
    assert inbox.titled("Due soon")[1]["subject"].startswith("Due soon: 2, ")
