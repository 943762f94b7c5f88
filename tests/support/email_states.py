"""Every state that an e-mail of each kind can have: what its template is given."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forms.catalog import FORMS
from forms.contact import ContactForm
from forms.plaque import PlaqueForm
from mail.digest import Line
from storage.bounces import Returned
from storage.outbox import Owed

FOLDER = Path(__file__).parents[2] / "functions/templates/email"
NAMES = sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir())
SITE = "https://certification.example.org"
OFFICE = {
    "organization": "Police2Peace",
    "address": "100 Example Avenue, Exampletown, TX 00000",
    "telephone": "(555) 555-0100",
    "email": "office@example.org",
}
LABEL = {
    "address": ["Office of the Chief", "PO Box 12", "Sampleville HI 96746"],
    "engraved": "St. Mary's & Sons",
    "doubts": ["The ZIP code is of Hawaii."],
}
TEXTS = [("Message", "First <b>line</b>.\n\n  1. one & two\n2. three")]
ANSWERS = [("Telephone", "(555) 555-0123"), ("Topic", "Something else")]
LINES = [Line(f"REF{number}", f"Message from {number}", "Monday", f"{SITE}/mark?token={number}") for number in range(5)]
PAGES = [*(f"/desk/REF{number}" for number in range(4)), "/desk/certified/a1b2"]
RECEIPT, NOW = Owed("SUBMISSIONS_TABLE", "QX8J88CZK3", "receipt"), datetime(2026, 11, 26, tzinfo=UTC)
ABOUT = {
    "subject": "Sample County: Something else",
    "thread": "QX8J88CZK3",
    "reply_to": [None, "jordan@example.gov"],
    "texts": [TEXTS],
    "answers": [ANSWERS],
    "reference": "QX8J88CZK3",
    "received": "Thursday",
    "due": "Friday, November 27",
    "task": "Answer by",
    "done": "answered",
    "desk": f"{SITE}/desk/QX8J88CZK3",
}
TOLD = ABOUT | {"texts": TEXTS, "answers": ANSWERS, "about": "Plaque request from Sample"}
TO_SENDER = {"office": OFFICE, "site": SITE, "reference": "QX8J88CZK3"}
PROMISED = [("Plaque mailed by", "December 10, 2026"), ("Certification valid until", "October 17, 2028")]
CONFIRM = f"{SITE}/forms/announcements/confirm?token=abc"
REMARKS = ["A certification with this date of completion ends today. Your agency can begin the process again now."]
STATES: dict[str, dict[str, Any]] = {
    "staff": ABOUT
    | {
        "held": ["", "a link"],
        "candidates": [
            [],
            [
                {
                    "name": "Sample PD",
                    "until": "March 3, 2028",
                    "reasons": "a similar name",
                    "link": "https://desk.example/c",
                }
            ],
        ],
        "corrects": [[], [("AAAAAAAAAA", [("City", "Sampletown", ""), ("Title", "Chief", "Sheriff")])]],
        "hint": ["", "The sender writes from a government address (example.gov)."],
        "label": [None, LABEL],
        "valid": "Valid until November 20, 2028.",
    },
    "reminder": {
        "found": [[TOLD], [TOLD, TOLD | {"about": "Message from Sample County"}]],
        "late": [False, True],
        "first": "Fri 9:32 AM",
        "reply_to": [None, "jordan@example.gov"],
        "thread": ["", "QX8J88CZK3"],
    },
    "receipt": TO_SENDER
    | {
        "form": [ContactForm, PlaqueForm],
        "promised": [PROMISED],
        "remarks": [[], REMARKS],
        "calendar": [None, "renewal.ics"],
        "confirm": [None, CONFIRM],
    },
    "confirm": TO_SENDER | {"confirm": CONFIRM},
    "mailed": TO_SENDER
    | {"office": [OFFICE | {"keeps_register": kept} for kept in (True, False)]}
    | {"until": ["October 17, 2028"], "tracking": ["", "9400 1000"], "page": ["", f"{SITE}/certified/k7m2p9qx/"]},
    "renewal": TO_SENDER
    | {
        "ends": ["ends on November 20, 2028", "ended on November 20, 2028"],
        "completed": "November 20, 2026",
        "stop": f"{SITE}/stop?token=abc",
    },
    "digest": {
        "site": SITE,
        "day": "November 26, 2026",
        "received": [[("contact", 3), ("plaque", 0)]],
        "done": [[("answered", []), ("mailed", [*LINES, replace(LINES[0], by="office@example.gov")])]],
        "late": [[], LINES],
        "today": [[], LINES[:1]],
        "waiting": [LINES[:2]],
        "to_mail": [[], LINES[:1]],
        "held": [[], LINES[:1]],
        "owed": [[], LINES],
        "returned": [
            [],
            [
                Returned("1", RECEIPT, "bounced", NOW, "", each.about, "(555) 555-0123", each.reference, page)
                for each, page in zip(LINES, PAGES, strict=True)
            ],
        ],
        "dead_letters": [0, 3],
        "subscribers": 12,
        "most": [2, 5, 200],
    },
    "sign-in": {"code": "123456"},
    "announcement": {
        "office": OFFICE,
        "site": SITE,
        "title": "A second certification",
        "text": ["It begins in spring."],
        "html": ["<p>It begins in <em>spring</em>.</p>"],
        "page": f"{SITE}/announcements/second/",
        "stop": f"{SITE}/unsubscribe?token=abc",
    },
}
"""What each template is given: a value, or a list of the values that it can have."""
# A form may have a receipt of its own.
STATES = {form.receipt_email: STATES["receipt"] for form in FORMS.values()} | STATES


def states(name: str) -> Iterator[dict[str, Any]]:
    """Each combination of the values that its template can be given."""
    names, values = zip(*STATES[name].items(), strict=True)
    for chosen in itertools.product(*(each if isinstance(each, list) else [each] for each in values)):
        yield {"reply_to": OFFICE["email"]} | dict(zip(names, chosen, strict=True))
