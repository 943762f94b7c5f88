"""Attacks from one laptop: forms that cost too much, that go too far, or that cause e-mail to strangers."""

from datetime import date, timedelta

from playwright.sync_api import sync_playwright

import promises
from tests.support.programs import launch_options
from tools.attack.target import CONTACT, PLAQUE, Target

RECEIPTS_AN_HOUR = 20
"""More e-mail than this, caused from one network in an hour, would put the sender's good name at risk."""
FORMS_AN_HOUR = 60
"""Every plaque request has its receipt: handbook/security.md says why so many are accepted."""


def hidden_box(target: Target) -> None:
    """Keep a function busy until its timeout with 3 KB in the hidden box."""
    for filled_in in ("@." * 1600 + " x", "@" * 1600 + "." * 1600 + " x", "1 " * 30_000 + "x"):
        target.must_be_cheap("contact", CONTACT | {"reply_code": filled_in, "message": filled_in[:3]}, "127.0.1.1")


def long_texts(target: Target) -> None:
    """Keep a function busy for seconds with a long text in any box."""
    for name in PLAQUE | {"completed": "", "summary": "", "street2": ""}:
        for text in ("a" + "\u0315\u0316" * 5000 + "@b.gov", "<a " * 5000, "@." * 9000, " " * 30000):
            target.must_be_cheap("plaque", PLAQUE | {name: text}, "127.0.1.2")


def redrawn_pages(target: Target) -> None:
    """Have refused forms drawn again, with all that was sent in them."""
    full = {**CONTACT, **dict.fromkeys(("name", "organization", "telephone"), "'\"<&" * 1_500)}
    for answers, headers in (
        (CONTACT | {"message": "\"<&'" * 60_000}, {}),  # 413, as far as answers are given back at all
        (full | {"message": "<" * 20_000}, {}),
        (full, {"Origin": "https://evil.example"}),
    ):
        target.must_be_cheap("contact", answers, "127.0.1.9", **headers)
    assert {target.post("contact", CONTACT | {"message": "x" * 70_000}, "127.0.1.10").status for _ in range(610)} == {
        413
    }
    assert target.post("contact", CONTACT, "127.0.1.10").status == 429, "forms that are too long are not counted"


def other_websites(target: Target) -> None:
    """Send forms from a page of another site, by its visitors' browsers."""
    for number in range(70):
        answer = target.post("contact", CONTACT | {"message": str(number)}, "127.0.1.3", Origin="https://evil.example")
        assert answer.status not in (201, 303), "taken"
    assert target.post("contact", CONTACT | {"message": "true"}, "127.0.1.3").status == 303, "the visitor is shut out"


def nonsense(target: Target) -> None:
    """Send refused forms without end."""
    answers = {target.post("contact", {}, "127.0.1.4").status for _ in range(650)}
    assert 429 in answers, "650 refused forms from one network, none limited"


def links_that_fill_in(target: Target) -> None:
    """Fill in what the person does not see, or another address, by the part of a link behind #."""
    behind = "reply_code=cheap+backlinks&email=mallory@evil.example&agency=Town+of+Sample"
    with sync_playwright() as playwright, playwright.chromium.launch(**launch_options()) as browser:
        for form in ("contact", "plaque"):
            page = browser.new_page()
            page.goto(f"{target.url}/{form}/#{behind}")
            page.wait_for_function("document.readyState === 'complete'")
            page.locator("[name=contact_name], [name=name]").first.fill("Jordan Sample")
            page.reload()
            filled_in = page.locator("[name=reply_code], [name=email]").evaluate_all("all => all.map(e => e.value)")
            assert filled_in == ["", ""], f"{form}: {filled_in}"
            page.close()


def receipts(target: Target) -> None:
    """Have e-mail sent from one network to any number of addresses."""
    for number in range(60):
        target.post("contact", CONTACT | {"email": f"nobody{number}@nowhere.example.com"}, "127.0.1.5")
    strangers = [each for each in target.mail() if any(to.endswith("@nowhere.example.com") for to in each["to"])]
    assert len(strangers) <= RECEIPTS_AN_HOUR, f"{len(strangers)} e-mails to strangers from one network"
    taken, day = 0, (date.today() - timedelta(days=2)).isoformat()
    for number in range(FORMS_AN_HOUR + 10):
        stranger = {"agency": f"Nowhere Police {number}", "email": f"nobody{number}@plaque.example.com"}
        taken += target.post("plaque", PLAQUE | stranger | {"completed": day}, "127.0.1.12").status == 303
    strangers = [each for each in target.mail() if any(to.endswith("@plaque.example.com") for to in each["to"])]
    assert len(strangers) <= FORMS_AN_HOUR, f"{len(strangers)} receipts of plaques from one network"
    assert len(strangers) == taken, f"{taken} plaques, {len(strangers)} receipts"


def one_inbox(target: Target) -> None:
    """Fill one inbox with a receipt for each spelling of its address."""
    for number in range(12):
        spelled = f"Bob+{number}@inbox.example.com" if number % 2 else f"bOb+{number}@INBOX.example.com"
        target.post("contact", CONTACT | {"email": spelled, "message": str(number)}, f"127.0.3.{number + 1}")
    got = [each for each in target.mail() if any("inbox.example.com" in to.lower() for to in each["to"])]
    assert len(got) <= 5, f"{len(got)} e-mails to one inbox in a day"


def refused_for_good(target: Target) -> None:
    """Have an address that no mail server takes accepted, and tried for ever."""
    for address in ("a" * 65 + "@example.gov", "jos\u00e9@example.gov", "a@" + "b" * 64 + ".gov"):
        assert target.post("contact", CONTACT | {"email": address}, "127.0.1.11").status == 422, address


def held_words(target: Target) -> None:
    """Hold the real message by sending its words first, with the hidden box filled in."""
    words = CONTACT | {"message": "We would like to begin in spring.", "email": "real@agency.example.gov"}
    target.post("contact", words | {"reply_code": "buy now"}, "127.0.1.6")
    target.post("contact", words, "127.0.1.7")
    assert target.mail_to("real@agency.example.gov"), "the real message has no receipt"


def official_words(target: Target) -> None:
    """Have a receipt certify whatever was typed."""
    notice = "NOTICE: accredited by the Department of Everything"
    completed = date.today() - timedelta(days=2)
    last_day = promises.day_in_words(promises.valid_until(completed))
    answers = {"agency": notice, "completed": completed.isoformat(), "email": "notice@x.example.com"}
    target.post("plaque", PLAQUE | answers, "127.0.1.8")
    for message in target.mail_to("notice@x.example.com"):
        assert notice not in message["text"] + message["html"], "the words of a stranger in an official e-mail"
        told = [line for line in message["text"].splitlines() if last_day in line]
        assert all("If certified" in line for line in told), "certified by a mere request"
