"""Makes a calendar file for the last day of a certification (iCalendar, RFC 5545)."""

from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

import promises

METHOD = "PUBLISH"
TYPE = f"text/calendar; charset=utf-8; method={METHOD}"
REMINDED_BEFORE = tuple(timedelta(days=days) for days in (60, 30, 7, 1))


def renewal(reference: str, ends_on: date, true_since: datetime, site: str, today: date) -> bytes:
    """Return an all-day event on the last day, with the longest reminder before it that is still to come.

    The same submission gives the same event, and a second file replaces the first if it is `true_since` a later time:
    that of the form, or of its latest correction. Outlook requires the method and the end, which is the day after (RFC
    5545 does not).
    """
    from icalendar import Alarm, Calendar, Event  # half of a cold start, and only receipts need it

    event = Event()
    # A stable UID: opening the file twice updates one event instead of adding a second.
    event.add("uid", f"{reference}@{urlsplit(site).hostname}")
    event.add("dtstamp", true_since)
    event.add("dtstart", ends_on)
    event.add("dtend", ends_on + timedelta(days=1))
    event.add("summary", "Peace Officer Agency Certification ends")
    event.add(
        "description", f"A certified agency is invited to go through the process again. Reference {reference}. {site}"
    )
    # The day is not shown as busy.
    event.add("transp", "TRANSPARENT")
    if before := next((each for each in REMINDED_BEFORE if ends_on - each > today), None):
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", f"Peace Officer Agency Certification ends on {promises.day_in_words(ends_on)}")
        alarm.add("trigger", -before)
        event.add_component(alarm)
    calendar = Calendar()
    calendar.add("method", METHOD)
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Peace Officer Agency Certification//renewal//EN")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
