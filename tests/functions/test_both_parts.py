"""The two parts of an e-mail state the same, word for word and link for link, in every state that it can have."""

import re
from datetime import date
from html import unescape
from typing import Any

import pytest

from mail import ses
from tests.support import strict_mail
from tests.support.email_states import NAMES, STATES, states

URL = re.compile(r"https://[^\s<\"]+")


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


def test_the_subject_of_the_digest_tells_of_trouble_with_e_mail_of_any_kind(stand_in):
    for state in states("digest"):
        subject = ses.compose("digest", to=["office@example.org"], **state)["Subject"]
        is_trouble = bool(state["owed"] or state["returned"] or state["dead_letters"])
        assert subject.endswith(", trouble with e-mail") is is_trouble, state


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


@pytest.mark.parametrize("value", ["caf\u00e9", "a\x7fb", "x" * 1_000], ids=["not ASCII", "not printable", "too long"])
def test_a_header_for_programs_is_one_line_of_printable_ascii_or_nothing_is_sent(value, stand_in):
    message = ses.compose("renewal", to=["a@example.gov"], **next(states("renewal")))
    ses.with_one_click(message, value)
    with pytest.raises(ValueError, match="List-Unsubscribe is not one line of printable ASCII"):
        message.as_bytes()


def test_only_a_day_that_is_over_has_ended(table, clock, monkeypatch):
    import promises
    from mail import renewals

    item = {"id": "c", "email": "a@example.gov", "reference": "R", "completed": "2024-11-26", "ends_on": "2026-11-26"}
    for day, said in ((25, "ends on"), (26, "ends today,"), (27, "ended on")):
        now = promises.morning_at_office(date(2026, 11, day))
        monkeypatch.setattr(promises, "now", lambda now=now: now)
        message: Any = renewals.invitation(item)
        for kind in ("plain", "html"):
            assert f"certification {said} November 26, 2026" in message.get_body((kind,)).get_content()
