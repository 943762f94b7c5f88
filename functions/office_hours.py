"""Knows when the office works, so that its reminders come then, bundled by the hour.

Its days, hours and holidays are settings. A promise counts every hour of every day; only the reminders wait.
"""

from datetime import UTC, date, datetime, timedelta

import promises
from settings import settings

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLOSED_AT_MOST = 31 * 24
"""Hours after which the search for an open hour ends. No office is closed that long."""
FIXED = {(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)}
"""Federal holidays by date, as (month, day): New Year, Juneteenth, Independence, Veterans Day, Christmas."""
FLOATING = {(1, 3, "Mon"), (2, 3, "Mon"), (9, 1, "Mon"), (10, 2, "Mon"), (11, 4, "Thu")}
"""Federal holidays by weekday, as (month, which, day): King, Washington, Labor Day, Columbus, Thanksgiving."""


def remind_at(due: datetime, before: timedelta, since: datetime) -> datetime:
    """Return when to remind the office of a due time: the last full office hour at least `before` ahead of it.

    If that is not after `since` (the time of receipt or release), the first office hour after `since`. If no office
    hour is left before `due`, an hour of a closed day: the promise counts weekends too.
    """
    wanted = due - before
    # In order of preference; the first that is still useful wins.
    for moment in (_last_hour(wanted), next_hour(since), _last_hour(wanted, any_day=True)):
        if since < moment < due:
            return moment
    return wanted


def next_hour(moment: datetime) -> datetime:
    """Return the first full hour from a moment on in which the office works, in UTC."""
    full = _full_hour(moment)
    return _search(full if full == moment else full + HOUR, HOUR)


def is_open(moment: datetime, *, any_day: bool = False) -> bool:
    """Return whether the office works at a moment; with `any_day`, by the hour alone."""
    local = promises.at_office(moment)
    opens, closes = (int(hour) for hour in settings().office_hours.split("-"))
    return opens <= local.hour < closes and (any_day or _is_working_day(local.date()))


def is_federal_holiday(day: date) -> bool:
    """Return whether federal offices are closed (5 U.S.C. 6103): for a weekend day on the nearest weekday."""
    which, weekday = (day.day + 6) // 7, DAYS[day.weekday()]
    if (day.month, which, weekday) in FLOATING:
        return True
    if day.month == 5 and weekday == "Mon" and day.day > 24:  # Memorial Day, the last Monday
        return True
    observed = {"Fri": [day, day + DAY], "Mon": [day, day - DAY]}.get(weekday, [day])
    return any((each.month, each.day) in FIXED for each in observed)


def _is_working_day(day: date) -> bool:
    is_holiday = settings().office_holidays == "federal" and is_federal_holiday(day)
    return DAYS[day.weekday()] in settings().office_days and not is_holiday


def _last_hour(moment: datetime, *, any_day: bool = False) -> datetime:
    """Return the last full hour up to a moment in which the office works."""
    return _search(_full_hour(moment), -HOUR, any_day=any_day)


def _search(hour: datetime, step: timedelta, *, any_day: bool = False) -> datetime:
    for number in range(CLOSED_AT_MOST):
        if is_open(hour + number * step, any_day=any_day):
            return hour + number * step
    return hour


def _full_hour(moment: datetime) -> datetime:
    # At the office: some zones are half an hour off.
    return promises.at_office(moment).replace(minute=0, second=0, microsecond=0).astimezone(UTC)
