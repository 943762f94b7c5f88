"""Every e-mail with hostile answers: as typed in the text, escaped in the HTML, and readable on a phone."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from forms.catalog import FORMS
from tests.support import strict_mail
from tests.support.samples import COMPLETED, CONTACT, HOSTILE, PLAQUE

FOLDER = Path(__file__).parents[2] / "functions/templates/email"
NAMES = sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir())
TAGS = re.compile(
    r"<(?!/?(?:!doctype|html|head|meta|title|body|div|h1|h2|p|br|style|strong|a|dl|dt|dd|pre|ul|li|em|bdi)\b)", re.I
)


@pytest.fixture
def written(post, table, clock):
    """Every e-mail there is, of a contact and a plaque form with this text wherever it is allowed."""

    def written(text):
        import promises
        import rendering
        from mail import digest, messages
        from staff import announce
        from staff.announcement_page import Announcement

        hostile = dict.fromkeys(("organization", "message", "name"), text)
        post("contact", {**CONTACT, **hostile, "email": "x@example.gov", "reply_code": "x"})
        street = dict.fromkeys(("agency", "addressee", "street1", "city", "contact_name", "contact_title"), text)
        post("plaque", {**PLAQUE, **street, "announcements": "yes"})
        post("announcements", {"email": "new@example.gov"})
        items = {f"{item['form']}{' held' if 'held' in item else ''}": item for item in table.items()}
        plaque, held = items["plaque"], items["contact held"]
        contact = {name: value for name, value in held.items() if name != "held"}  # some texts are held by themselves
        done = plaque | {"done": {"at": plaque["received_at"], "by": text}}
        clock.forward(minutes=11)
        from mail import reminders, renewals

        certified = {"id": "c", "reference": "B" * 10, "email": PLAQUE["email"], "name": text}
        certified |= {"completed": PLAQUE["completed"], "ends_on": promises.valid_until(COMPLETED).isoformat()}
        office = rendering.office()._asdict()
        announcement = Announcement("x", f"News {text}", "<p>Text</p>", "Text", office)
        receipts: dict[str, list[Any]] = defaultdict(list)
        for item in (contact | {"reference": "C" * 10}, plaque | {"reference": "B" * 10}, items["announcements"]):
            receipts[FORMS[item["form"]].receipt_email].append(messages.COMPOSE["receipt"](item))
        return receipts | {
            "staff": [messages.staff_mail(each) for each in (plaque, contact, held)],
            "reminder": [
                reminders.compose(of, slot) for of, slot in (([plaque], "reminder"), ([contact, plaque], "late"))
            ],
            "sign-in": [messages.sign_in("office@example.org", "123456")],
            "mailed": [messages.mailed_mail(done)],
            "renewal": [renewals.invitation(certified)],
            "digest": [digest.compose(promises.now())],
            "announcement": [announce.compose(announcement, "someone@example.gov")],
        }

    return written


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_answers_are_text_in_every_e_mail(text, written):
    messages = written(text)
    assert sorted(messages) == NAMES
    for name, found in messages.items():
        for message in found:
            if isinstance(message, str):
                assert message == "enough today"
                continue
            strict_mail.read(message.as_bytes())
            assert message["Auto-Submitted"] == "auto-generated"
            assert "Bcc" not in message
            assert "\n" not in message["Subject"]
            html = message.get_body(("html",)).get_content()
            if name != "announcement":  # whose Markdown is the office's own
                assert not TAGS.findall(html), name
            if name in ("mailed", "renewal", *(form.receipt_email for form in FORMS.values())):
                assert text not in message.get_body(("plain",)).get_content()
            if name == "staff":
                assert text in message.get_body(("plain",)).get_content().replace("\r\n", "\n")


@pytest.mark.parametrize("number", [0, 199, 201, 1_000, 20_000])
def test_a_digest_of_any_length_is_shown_whole_by_gmail_and_says_how_many_it_left_out(number, table, monkeypatch):
    import promises
    from mail import digest

    lines = [
        digest.Line(
            f"{each:010}", f"Plaque for {'W' * 60} & sons", "Thursday, December 10, 2026", "https://x.example/d"
        )
        for each in range(number)
    ]
    found = digest.gather(promises.now()) | {"late": lines, "waiting": lines, "held": lines, "owed": lines}
    monkeypatch.setattr(digest, "gather", lambda _: found)
    html = digest.compose(promises.now()).get_body(("html",))
    assert len(html.as_bytes()) < 102_000
    text = html.get_content()
    left_out = sum(int(each.replace(",", "")) for each in re.findall(r"and ([\d,]+) more", text))
    listed = text.count("Plaque for ")
    assert listed + left_out == 4 * number
    assert listed <= 4 * 200
    assert f"Late: {number:,}" in text


def test_every_e_mail_can_be_read_on_a_phone(written, browser):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    for name, found in written("W" * 100).items():
        for message in found:
            if isinstance(message, str):
                continue
            page.set_content(message.get_body(("html",)).get_content())
            assert page.screenshot()
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    page.close()
