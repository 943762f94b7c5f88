"""The two parts of an e-mail state the same, word for word and link for link, in every state that it can have."""

import itertools
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path

import pytest

from forms.contact import ContactForm
from forms.plaque import PlaqueForm
from mail import ses
from mail.digest import Line
from storage.bounces import Returned
from storage.outbox import Owed
from tests.support import strict_mail

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
REMARKS = ["Your certification ends today. Your agency can begin the process again now."]
STATES = {
    "staff": ABOUT
    | {
        "held": ["", "a link"],
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
    | {"promised": [PROMISED], "tracking": ["", "9400 1000"], "page": ["", f"{SITE}/certified/k7m2p9qx/"]},
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
        "held": [[], LINES[:1]],
        "owed": [[], LINES],
        "returned": [
            [],
            [Returned(RECEIPT, "bounced", NOW, each.about, "(555) 555-0123", each.reference) for each in LINES],
        ],
        "dead_letters": 0,
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
URL = re.compile(r"https://[^\s<\"]+")


def states(name):
    names, values = zip(*STATES[name].items(), strict=True)
    for chosen in itertools.product(*(each if isinstance(each, list) else [each] for each in values)):
        yield dict(zip(names, chosen, strict=True))


def words(text):
    return re.findall(r"\w+", URL.sub(" ", text))


def shown(html):
    """The text of the body."""
    return unescape(re.sub(r"<[^>]*>", " ", html.partition("<body")[2].partition(">")[2]))


def test_every_template_is_tried():
    assert sorted(STATES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_both_parts_state_the_same(name, stand_in):
    for state in states(name):
        raw = ses.compose(name, to=["someone@example.gov"], **state).as_bytes()
        mail = strict_mail.read(raw)
        text, html = mail.text(), mail.text("text/html")
        assert words(text) == words(shown(html)), state
        assert set(URL.findall(text)) == set(map(unescape, re.findall(r'href="(https:[^"]*)"', html))), state


def test_lines_of_a_message_are_elements_because_outlook_knows_no_white_space(stand_in):
    mail = strict_mail.read(ses.compose("staff", to=["a@example.gov"], **next(states("staff"))).as_bytes())
    wanted = "First &lt;b&gt;line&lt;/b&gt;.<br><br>  1. one &amp; two<br>2. three</p>"
    assert wanted in mail.text("text/html")


@pytest.mark.parametrize("name", NAMES)
def test_programs_are_told_that_no_answer_is_wanted_and_that_dark_is_fine(name, stand_in):
    mail = strict_mail.read(ses.compose(name, to=["a@example.gov"], **next(states(name))).as_bytes())
    assert mail.headers["auto-submitted"] == "auto-generated"
    assert mail.headers["x-auto-response-suppress"] == "All"
    assert '<meta name="color-scheme" content="light dark">' in mail.text("text/html")


def test_only_a_day_that_is_over_has_ended(table, clock, monkeypatch):
    import promises
    from mail import renewals

    item = {"id": "c", "email": "a@example.gov", "reference": "R", "completed": "2024-11-26", "ends_on": "2026-11-26"}
    for day, said in ((25, "ends on"), (26, "ends today,"), (27, "ended on")):
        now = promises.morning_at_office(date(2026, 11, day))
        monkeypatch.setattr(promises, "now", lambda now=now: now)
        message = renewals.invitation(item)
        for kind in ("plain", "html"):
            assert f"certification {said} November 26, 2026" in message.get_body((kind,)).get_content()
