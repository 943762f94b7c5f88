"""The promises of the organization, the dates that follow from them, and dates in words."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

ANSWERED_WITHIN = timedelta(hours=24)
ANSWER_REMINDED_BEFORE = timedelta(hours=4)
PLAQUE_MAILED_WITHIN = timedelta(weeks=2)
"""Calendar days at the office: the last one counts to its end, whatever the clocks do meanwhile."""
PLAQUE_REMINDED_BEFORE = timedelta(days=3, hours=17)
"""Before the end of the last day: 7 AM three days earlier, and so in the last office hour before that."""
VALID_FOR_YEARS = 2
LISTED_AFTER_END = timedelta(days=60)
"""How long the public register shows an agency whose certification ended."""
ENDS_SOON = timedelta(days=60)
"""From this long before its end on, a certification ends soon: the sender of a plaque request, staff and the register
are told so."""
MORNING = time(7)
"""Start of the office's day: the time of the digest and of invitations to renew."""


def now() -> datetime:
    """Return the current time in UTC, without fractions of a second."""
    return datetime.now(UTC).replace(microsecond=0)


def valid_until(completed: date) -> date:
    """Return the last day of a certification completed on this day. One of February 29 ends on February 28."""
    try:
        return completed.replace(year=completed.year + VALID_FOR_YEARS)
    except ValueError:
        return completed.replace(year=completed.year + VALID_FOR_YEARS, day=28)


@cache
def _office_zone() -> ZoneInfo:
    from settings import settings  # the site build has no settings, and asks for no time of the office

    return ZoneInfo(settings().time_zone)


def at_office(moment: datetime) -> datetime:
    """Return an aware time by the clock of the office."""
    return moment.astimezone(_office_zone())


def moment_in_words(moment: datetime) -> str:
    """Return an aware time in the office's zone: `Tuesday, November 24, 2026, 3:15 PM EST`; a day's end as the day."""
    local = moment.astimezone(_office_zone())
    # The end of a day is a promise of that day; 11:59 PM would look like an hour that someone chose.
    if local.time() == time.max:
        return weekday_in_words(local.date())
    return f"{local:%A}, {day_in_words(local.date())}, {local:%I:%M %p %Z}".replace(", 0", ", ")


def short_moment(moment: datetime, now: datetime) -> str:
    """Return an aware time in a few characters: `Fri 9:32 AM` within a week, `Thu, Dec 10` further away; with the
    year if it is not this one."""
    local = moment.astimezone(_office_zone())
    # Six days, not seven: `Fri` must not mean two Fridays.
    if abs(moment - now) < timedelta(days=6) and local.time() != time.max:
        return f"{local:%a %I:%M %p}".replace(" 0", " ")
    year = f", {local.year}" if local.year != now.astimezone(_office_zone()).year else ""
    return f"{local:%a}, {local:%b} {local.day}{year}"


def from_now(moment: datetime, now: datetime) -> str:
    """Return how far away a time is, in words: `in 3 hours`, `2 days late`."""
    minutes = abs(moment - now) // timedelta(minutes=1)
    for size, word in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= 2 * size or size == 1:
            number = minutes // size
            words = f"{number} {word}{'' if number == 1 else 's'}" if number else "less than a minute"
            return f"in {words}" if moment > now else f"{words} late"
    raise AssertionError


def morning_at_office(day: date) -> datetime:
    """Return the time in UTC at which a day begins at the office."""
    return datetime.combine(day, MORNING, _office_zone()).astimezone(UTC)


def start_of_day_at_office(day: date) -> datetime:
    """Return the first moment of a day at the office, in UTC."""
    return datetime.combine(day, time.min, _office_zone()).astimezone(UTC)


def end_of_day_at_office(day: date) -> datetime:
    """Return the last moment of a day at the office, in UTC. `moment_in_words` shows it as the day alone."""
    return datetime.combine(day, time.max, _office_zone()).astimezone(UTC)


def day_at_office(moment: datetime) -> date:
    """Return the calendar day at the office at an aware time."""
    return moment.astimezone(_office_zone()).date()


def ends_soon(last_day: date, today: date) -> bool:
    """Return whether a certification ends soon, or has ended."""
    return last_day - today <= ENDS_SOON


def ending_in_words(last_day: date, today: date) -> str:
    """Return how far away the last day of a certification is: `ends tomorrow`, `ended 2 days ago`."""
    left = (last_day - today).days
    if abs(left) > 1:
        return f"ends in {left} days" if left > 0 else f"ended {-left} days ago"
    return ("ended yesterday", "ends today", "ends tomorrow")[left + 1]


def stored_moment(moment: str) -> str:
    """Return a stored time, in ISO 8601, as moment_in_words does."""
    return moment_in_words(datetime.fromisoformat(moment))


def weekday_in_words(day: date) -> str:
    """Return a day with its weekday: `Tuesday, November 24, 2026`."""
    return f"{day:%A}, {day_in_words(day)}"


def day_in_words(day: date) -> str:
    """Return a day in American order: `November 24, 2026`."""
    return f"{day:%B} {day.day}, {day.year}"
