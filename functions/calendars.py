"""The calendar file of a certification's last day, so that the renewal is not forgotten (iCalendar, RFC 5545)."""

from datetime import date, datetime, timedelta

TYPE = "text/calendar; charset=utf-8"


def renewal(reference: str, ends_on: date, received: datetime, site: str) -> bytes:
    """An all-day event on the last day, with a reminder 60 days before. The same submission gives the same event."""
    from icalendar import Alarm, Calendar, Event  # half of a cold start, and only receipts need it

    event = Event()
    event.add("uid", f"{reference}@{site.removeprefix('https://')}")
    event.add("dtstamp", received)
    event.add("dtstart", ends_on)
    event.add("summary", "Peace Officer Agency Certification ends")
    event.add("description", f"Your agency is invited to go through the process again. Reference {reference}. {site}")
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "Peace Officer Agency Certification ends in 60 days")
    alarm.add("trigger", timedelta(days=-60))
    event.add_component(alarm)
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Peace Officer Agency Certification//renewal//EN")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
