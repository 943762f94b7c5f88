"""The dates that follow from the promises."""

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

import links
import promises
from forms.catalog import FORMS, TASKS
from forms.contact import ContactForm
from forms.plaque import CLOCKS, ZONE_OF, PlaqueForm
from normalize.states import STATES
from storage import certifications, submissions, subscribers
from tests.support.examples import examples
from tests.support.filled_forms import filled, messages
from tests.support.samples import COMPLETED, SAMPLES, TODAY
from web.desk import sessions

ROOT = Path(__file__).parents[2]
PRIVACY = ROOT / "docs/privacy.md"


@pytest.fixture(autouse=True)
def _settings_of_the_template(template, set_variable):
    for name, value in template.environment().items():
        set_variable(name, value)


def test_a_certification_is_valid_for_two_years():
    assert promises.valid_until(date(2026, 11, 20)) == date(2028, 11, 20)


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(days=2), "in 2 days"),
        (timedelta(hours=47, minutes=59), "in 47 hours"),
        (timedelta(minutes=119), "in 119 minutes"),
        (timedelta(seconds=61), "in 1 minute"),
        (timedelta(seconds=59), "in less than a minute"),
        (timedelta(), "less than a minute late"),
        (timedelta(minutes=-1), "1 minute late"),
        (timedelta(days=-3), "3 days late"),
    ],
)
def test_how_far_away_a_time_is_is_said_in_words(away, words):
    now = datetime(2026, 11, 20, 15, tzinfo=UTC)
    assert promises.from_now(now + away, now) == words


def test_one_completed_on_a_leap_day_ends_on_the_last_day_of_february():
    assert promises.valid_until(date(2024, 2, 29)) == date(2026, 2, 28)


def test_moments_are_told_by_the_clock_of_the_office():
    assert (
        promises.moment_in_words(datetime(2026, 11, 24, 20, 5, tzinfo=UTC)) == "Tuesday, November 24, 2026, 3:05 PM EST"
    )
    assert promises.moment_in_words(datetime(2026, 7, 4, 16, 0, tzinfo=UTC)) == "Saturday, July 4, 2026, 12:00 PM EDT"


def test_the_offices_morning_is_at_seven_by_its_own_clock_in_summer_and_winter():
    days = [date(2027, 1, 1) + timedelta(days=number) for number in range(365)]
    for day in days:
        assert promises.at_office(promises.morning_at_office(day)).replace(tzinfo=None) == datetime(
            *day.timetuple()[:3], 7
        )


def test_a_message_is_answered_within_24_hours():
    received = datetime(2026, 3, 7, 20, 5, tzinfo=UTC)
    assert ContactForm.due(received) - received == timedelta(hours=24)
    assert ContactForm.promised(received, {}) == [("We respond by", "Sunday, March 8, 2026, 4:05 PM EDT")]


def test_a_plaque_is_mailed_within_two_weeks():
    received = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)
    assert promises.moment_in_words(PlaqueForm.due(received)) == "Monday, November 23, 2026"
    assert PlaqueForm.promised(received, {"completed": "2026-11-09"}) == [
        ("Date of completion", "November 9, 2026"),
        ("Plaque mailed by", "November 23, 2026"),
        ("If certified, valid until", "November 9, 2028"),
    ]


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (datetime(2027, 3, 1, 4, 30, tzinfo=UTC), "March 14, 2027"),  # 11:30 PM EST on February 28
        (datetime(2026, 10, 31, 4, 30, tzinfo=UTC), "November 14, 2026"),  # 12:30 AM EDT on October 31
        (datetime(2028, 2, 15, 17, tzinfo=UTC), "February 29, 2028"),
    ],
)
def test_two_weeks_are_14_days_over_a_change_of_the_clocks(received, words):
    assert ("Plaque mailed by", words) in PlaqueForm.promised(received, {"completed": "2026-02-01"})


@given(st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)))
@examples(500)
def test_on_any_day_of_ten_years_the_plaque_is_due_at_the_end_of_the_fourteenth_day(received):
    received = received.replace(microsecond=0)
    due, last = PlaqueForm.due(received), promises.day_at_office(received) + timedelta(days=14)
    assert promises.day_at_office(due) == last
    assert promises.day_at_office(due + timedelta(microseconds=1)) == last + timedelta(days=1)
    assert promises.moment_in_words(due) == promises.weekday_in_words(last)
    assert ":" not in promises.short_moment(due, due - timedelta(hours=1))
    assert datetime.fromisoformat(due.isoformat()) == due
    assert ContactForm.due(received) - received == timedelta(hours=24)
    reminded = (due - PlaqueForm.remind_before).astimezone(ZoneInfo("America/New_York"))
    assert last - timedelta(days=3) == (reminded + timedelta(hours=2)).date()
    assert 5 <= reminded.hour <= 8


@pytest.mark.parametrize(
    ("now", "state", "today"),
    [
        ("2026-11-26T20:30Z", "AE", "2026-11-27"),  # Afghanistan, UTC+4:30, and the Emirates, UTC+4
        ("2026-11-26T19:45Z", "AE", "2026-11-27"),
        ("2026-11-26T11:30Z", "AP", "2026-11-27"),  # New Zealand in summer, UTC+13
        ("2026-11-26T14:30Z", "GU", "2026-11-27"),
        ("2026-11-26T14:30Z", "", "2026-11-27"),  # of an agency on Guam, which has not said so yet
        *(("2026-11-27T01:00Z", state, "2026-11-26") for state in ("HI", "CA", "NY", "AS", "TX", "AK", "PR")),
        ("2026-07-02T03:59Z", "NY", "2026-07-01"),
        ("2026-07-02T04:00Z", "NY", "2026-07-02"),  # in summer, UTC-4
        ("2026-11-27T04:59Z", "AL", "2026-11-26"),
        ("2026-11-27T05:00Z", "AL", "2026-11-27"),  # as its towns by the border of Georgia
    ],
)
def test_today_is_a_date_of_completion_where_the_agency_is(now, state, today):
    with time_machine.travel(datetime.fromisoformat(now), tick=False):
        found = messages(filled(PlaqueForm, completed=today, agency_state=state))
        assert set(found) == (set() if state else {"agency_state"})
        tomorrow = date.fromisoformat(today) + timedelta(days=1 if state else 2)
        assert "completed" in messages(filled(PlaqueForm, completed=tomorrow.isoformat(), agency_state=state))


def test_every_state_has_a_clock():
    assert sorted(state for states in CLOCKS.values() for state in states) == sorted(["", *dict(STATES)])


@pytest.mark.parametrize("state", sorted(dict(STATES)))
def test_a_date_of_completion_in_the_future_is_refused(state):
    tomorrow = (promises.now().astimezone(ZoneInfo(ZONE_OF[state])) + timedelta(days=1)).date()
    answered = filled(PlaqueForm, completed=tomorrow.isoformat(), agency_state=state)
    assert messages(answered) == {
        "completed": ["The date of completion is in the future; enter the day your agency finished"]
    }


@pytest.mark.parametrize("hour", range(0, 24, 3))
@pytest.mark.parametrize("state", ["HI", "NY", "GU"])
def test_the_day_after_the_last_one_is_still_taken_where_the_agency_is(state, hour):
    """At any hour, for a form that was opened on the last day."""
    with time_machine.travel(datetime(2026, 11, 27, hour, 30, tzinfo=UTC), tick=False):
        yesterday = datetime.now(ZoneInfo(ZONE_OF[state])).date() - timedelta(days=1)
        for last_day, taken in ((yesterday, True), (yesterday - timedelta(days=1), False)):
            completed = last_day.replace(year=last_day.year - 2).isoformat()
            assert ("completed" not in messages(filled(PlaqueForm, completed=completed, agency_state=state))) is taken


def test_a_certification_that_has_ended_is_refused_with_its_last_day():
    two_years_and_two_days_ago = TODAY - timedelta(days=733)
    [said] = messages(filled(PlaqueForm, completed=two_years_and_two_days_ago.isoformat()))["completed"]
    assert promises.day_in_words(promises.valid_until(two_years_and_two_days_ago)) in said
    assert "go through the process again" in said


@pytest.mark.parametrize(("days_left", "is_soon"), [(59, True), (60, True), (61, False), (730, False)])
def test_a_certification_that_ends_soon_is_accepted_with_a_remark(days_left, is_soon):
    last_day = promises.valid_until(COMPLETED)
    noon = datetime.combine(last_day, time(12), UTC) - timedelta(days=days_left)
    with time_machine.travel(noon, tick=False):
        assert messages(filled(PlaqueForm, completed=COMPLETED.isoformat())) == {}
        remarks = PlaqueForm.remarks(promises.now(), {"completed": COMPLETED.isoformat()})
    assert ["begin the process again" in remark for remark in remarks] == [True] * is_soon


def test_a_certification_ends_soon_from_the_second_invitation_to_renew_on(template):
    assert str(promises.ENDS_SOON.days) in template.environment()["INVITATION_DAYS"].split(",")


@pytest.mark.parametrize("state", ["NY", "GU"])
def test_today_is_a_date_of_completion(state):
    today = promises.now().astimezone(ZoneInfo(ZONE_OF[state])).date()
    assert messages(filled(PlaqueForm, completed=today.isoformat(), agency_state=state)) == {}


@pytest.mark.parametrize("slug", FORMS)
def test_the_privacy_page_says_how_long_each_form_is_kept(slug):
    name = {"announcements": "sign-up for announcements"}.get(slug, f"{slug} form")
    text = " ".join(PRIVACY.read_text("utf-8").split())
    [days] = re.findall(rf"\*\*{name}\*\* is deleted (?:after )?(\d+) days", text)
    assert timedelta(days=int(days)) == FORMS[slug].kept_for


def test_the_privacy_page_says_how_long_a_certification_is_kept():
    text = " ".join(PRIVACY.read_text("utf-8").split())
    assert f"until {certifications.KEPT_AFTER_END.days} days after the certification ends" in text


def test_every_other_length_of_time_on_the_privacy_page_is_kept(template):
    [visits] = template.resources("AWS::S3::Bucket")["LogBucket"]["LifecycleConfiguration"]["Rules"]
    queue = template.resources("AWS::SQS::Queue")["NotNoted"]
    tables = template.resources("AWS::DynamoDB::Table").values()
    backups = {each["PointInTimeRecoverySpecification"].get("RecoveryPeriodInDays", 35) for each in tables}
    text = " ".join(PRIVACY.read_text("utf-8").split())
    days = {
        r"mail its plaque until (\d+) days after": {promises.LISTED_AFTER_END.days},
        r"scrambled form of your address for (\d+) days": {subscribers.REMEMBERED.days},
        r"Each entry is deleted after (\d+) days": {visits["ExpirationInDays"]},
        r"\*\*Backups\*\* of our database are kept for (\d+) days": backups,
        r"cannot process is kept for up to (\d+) days": {queue["MessageRetentionPeriod"] // (24 * 3600)},
    }
    assert {said: set(map(int, re.findall(said, text))) for said in days} == days
    # Those of the forms and of a certification are tried above.
    assert len(re.findall(r"\d+ days", text)) == len(days) + len(FORMS) + 1


LENGTH = re.compile(r"(?i)\b(an?|two|ten|\d+) (?:more )?(minute|hour|day|week|year)s?\b")
NUMBERS = {"a": 1, "an": 1, "two": 2, "ten": 10}
UNITS = {"minute": 1, "hour": 60, "day": 24 * 60, "week": 7 * 24 * 60, "year": 365 * 24 * 60}
VALID, BACKUPS, MINUTE = promises.VALID_FOR_YEARS * timedelta(days=365), timedelta(days=35), timedelta(minutes=1)
LENGTHS = {
    "docs/certified.md": [promises.ANSWERED_WITHIN, VALID, promises.LISTED_AFTER_END],
    "functions/templates/answers/cost-and-time.md": [VALID],
    "functions/templates/desk/certification.html": [PlaqueForm.kept_for],
    "functions/templates/desk/certified.html": [timedelta(days=90)],  # the list that it links to
    "functions/templates/desk/person.html": [promises.ANSWERED_WITHIN, BACKUPS],
    "functions/templates/desk/plaques.html": [certifications.MAILED_AFTER],
    "functions/templates/desk/sign_in.html": [sessions.CODE_LASTS] * 2,
    "functions/templates/desk/submission.html": [certifications.MAILED_AFTER],
    "functions/templates/email/confirm/body.html": [links.CONFIRM_WITHIN],
    "functions/templates/email/digest/body.html": [submissions.SWEPT_AFTER],
    "functions/templates/email/mailed/body.html": [VALID, timedelta(weeks=2)],
    "functions/templates/email/receipt/body.html": [links.CONFIRM_WITHIN],
    "functions/templates/email/renewal/body.html": [VALID],
    "functions/templates/email/sign-in/body.html": [sessions.CODE_LASTS],
    "functions/templates/receipt.html": [timedelta(days=1)],  # the limits of an address are by the day
    "functions/templates/register/agency.html": [VALID],
    "functions/templates/register/trouble.html": [MINUTE],
    "overrides/404.html": [promises.LISTED_AFTER_END],
    "overrides/503.html": [MINUTE],
    "overrides/home.html": [promises.PLAQUE_MAILED_WITHIN],
}
"""The lengths of time that these state, and what is kept. The two parts of an e-mail state the same."""


def lengths_in(file: Path) -> list[timedelta]:
    found = LENGTH.findall(" ".join(file.read_text("utf-8").split()))
    return [int(NUMBERS.get(number.lower(), number)) * timedelta(minutes=UNITS[unit.lower()]) for number, unit in found]


@pytest.mark.parametrize("file", LENGTHS)
def test_every_length_of_time_that_is_stated_is_kept(file):
    assert lengths_in(ROOT / file) == LENGTHS[file]


@pytest.mark.parametrize("slug", TASKS)
def test_what_is_stored_expires_after_that_time(slug, post, table):
    post(slug, SAMPLES[slug])
    [item] = table.items()
    received = datetime.fromisoformat(item["received_at"])
    assert item["expires_at"] == int((received + FORMS[slug].kept_for).timestamp())


@pytest.mark.parametrize(
    ("days_left", "words"),
    [
        (-2, "ended 2 days ago"),  # of an evening in Honolulu, and the office's day after it
        (-1, "ended yesterday"),
        (0, "ends today"),
        (1, "ends tomorrow"),
        (2, "ends in 2 days"),
        (59, "ends in 59 days"),
    ],
)
def test_a_request_near_the_end_is_told_by_the_offices_day(days_left, words):
    received = datetime(2026, 11, 23, 4, 44, tzinfo=UTC)  # 11:44 PM on the 22nd at the office
    completed = date(2024, 11, 22) + timedelta(days=days_left)
    [remark] = PlaqueForm.remarks(received, {"completed": completed.isoformat()})
    assert remark.startswith(f"A certification with this date of completion {words}.")


def test_the_receipt_says_whether_the_agency_will_be_listed():
    answers = {"completed": promises.now().date().isoformat()}
    [yes], [no] = (PlaqueForm.remarks(promises.now(), answers | {"listed": said}) for said in ("yes", "no"))
    assert yes.startswith("You agreed to list your agency")
    assert no.startswith("You did not ask us to list your agency")
    assert filled(PlaqueForm).answers()["listed"] == "no"
    assert filled(PlaqueForm, listed="yes").answers()["listed"] == "yes"
