"""Answers that a real person could give, and text that tries to break things."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from forms.catalog import TASKS

# The day of the sample agency. To the office and to most other agencies it is the same day, or already the next.
TODAY = datetime.now(ZoneInfo("Pacific/Honolulu")).date()
COMPLETED = TODAY - timedelta(days=40)

WRITTEN = {
    "contact": {
        "name": "Jordan Sample",
        "email": "jordan.sample@example.gov",
        "telephone": "(555) 555-0123 ext. 4",
        "organization": "Sample County Sheriff's Office",
        "topic": "checklists",
        "message": "How do we begin?\nWe are nine officers.",
        "announcements": "yes",
    },
    "plaque": {
        "agency": "Town of Kapaʻa & St. Mary's Police No. 7",
        "name_confirmed": "yes",
        "agency_state": "HI",
        "completed": COMPLETED.isoformat(),
        "addressee": "Office of the Chief",
        "street1": "PO Box 12",
        "street2": "",
        "city": "Sampleville",
        "state": "HI",
        "zip": "96746-0012",
        "contact_name": "Alex Peña-O'Sample",
        "contact_title": "Training coordinator",
        "email": "training@police.example.gov",
        "telephone": "555.555.0199",
        "summary": "98 of 100 items done, 2 skipped by decision.\n1. Sample: 9 of 11",
        "listed": "no",
        "announcements": "no",
    },
}
"""Answers that somebody could have typed. Questions that are not here get one of their kind."""


def new_address() -> str:
    """An e-mail address that nobody used in these tests: a sender gets one receipt a day."""
    return f"{uuid4().hex[:12]}@example.gov"


def sample_answer(field: Any) -> str:
    """An answer that a field of this kind takes."""
    match field.type:
        case "Choice":
            return next(str(value) for value, *_ in field.iter_choices() if value)
        case "Date":
            return COMPLETED.isoformat()
        case "Email":
            return "sample@example.gov"
        case "AttachedText":
            return ""
        case "Telephone":
            return "(555) 555-0147"
        case "Checkbox":
            return "yes"
        case _:
            return f"Sample for {field.name}"


SAMPLES = {
    slug: {field.name: WRITTEN.get(slug, {}).get(field.name, sample_answer(field)) for field in form()}
    for slug, form in TASKS.items()
}
"""Every form that gives the office a task, filled in properly, by its slug."""
CONTACT, PLAQUE = SAMPLES["contact"], SAMPLES["plaque"]

HOSTILE = {
    "markup": "<script>alert(1)</script>",
    "attribute": '" autofocus onfocus="alert(1)',
    "template": "{{ 7 * 7 }} {% raw %} ${7*7}",
    "formula": '=HYPERLINK("http://example.com","click")',
    "emoji": "👮🏽‍♀️ Détective 🚓",
    "right-to-left": "شرطة المدينة",
    "combining": "Z̴a̴l̴g̴o̴",
    "nulls and quotes": "Robert'); DROP TABLE--",
    "marker": "<!-- /form --><!-- main -->",
    "encoded word": "=?utf-8?q?x=0D=0ABcc:_victim@example.com?=",
    "encoded word in base64": "=?utf-8?b?DQpCY2M6IHZAZXhhbXBsZS5jb20=?=",
    "backslash": r"\1 \g<0> %s %(x)s",
}
"""Text that is allowed anywhere and must come out as it went in."""

REFUSED_IN_A_LINE = {
    "null": "Jordan\x00Sample",
    "escape": "Jordan\x1b[31m",
    "bell": "Jordan\x07",
}
"""Text that a one-line field refuses."""

MADE_ONE_LINE = {
    "newline": ("Jordan\nBcc: victim@example.com", "Jordan Bcc: victim@example.com"),
    "carriage return": ("Jordan\r\nSubject: other", "Jordan Subject: other"),
    "line separator": ("Jordan\u2028Sample", "Jordan Sample"),
    "next line": ("Jordan\x85Sample", "Jordan Sample"),
    "direction override": ("Jordan\u202egov.elpmaxe", "Jordangov.elpmaxe"),
    "spaces": ("  two  spaces  ", "two spaces"),
}
"""Text that a one-line field takes as one line, and how it is stored."""

FOREIGN = {
    "another origin": {"origin": "https://evil.example"},
    "a sandboxed frame": {"origin": "null"},
    "the same name without TLS": {"origin": "http://certification.example.org"},
    "a longer name": {"origin": "https://certification.example.org.evil.example"},
    "as the browser says": {"origin": "https://certification.example.org", "sec-fetch-site": "cross-site"},
    "a neighbor": {"sec-fetch-site": "same-site"},
}
"""The headers that a browser sends with a POST from a page of another site."""

ONE_CLICK = b"List-Unsubscribe=One-Click"
"""What a mail program posts to unsubscribe (RFC 8058)."""
