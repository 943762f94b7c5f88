"""Other people's browsers, other people's words, other people's networks: none is a way to switch a form off."""

import os

import pytest

import promises
import rendering
from forms.catalog import FORMS
from forms.form import TRAP, FormData, fingerprint, reference_for
from mail import limits
from settings import settings
from storage import counters, dynamodb
from tests.support.samples import CONTACT, PLAQUE, SAMPLES, TODAY
from web import rate_limit

FOREIGN = {
    "another origin": {"origin": "https://evil.example"},
    "a sandboxed frame": {"origin": "null"},
    "the same name without TLS": {"origin": "http://certification.example.org"},
    "a longer name": {"origin": "https://certification.example.org.evil.example"},
    "as the browser says": {"origin": "https://certification.example.org", "sec-fetch-site": "cross-site"},
    "a neighbor": {"sec-fetch-site": "same-site"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_form_that_another_website_sends_is_refused_in_words_and_costs_its_visitor_nothing(headers, post, table):
    answer = post("contact", CONTACT, headers)
    assert answer.status == 400
    assert "sent from another website" in answer.text
    assert CONTACT["message"] in answer.form_values()
    assert post("contact", CONTACT, {**headers, "accept": "application/json"}).status == 400
    assert table.items() == []


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "SITE"}, {"sec-fetch-site": "same-origin"}, {"origin": "null", "sec-fetch-site": "none"}]
)
def test_our_own_page_and_programs_are_let_in(headers, post, table):
    assert (
        post("contact", CONTACT, {k: v.replace("SITE", os.environ["SITE_URL"]) for k, v in headers.items()}).status
        == 303
    )
    assert len(table.items()) == 1


def test_refused_forms_count_so_that_nobody_can_keep_a_form_busy_with_them(post, monkeypatch):
    monkeypatch.setattr(rate_limit, "POINTS_PER_HOUR", 10)
    assert [post("contact", {}).status for _ in range(12)] == [422] * 10 + [429] * 2
    assert post("contact", CONTACT).status == 429


def test_a_network_over_its_limit_is_told_so_before_its_answers_are_checked(post, monkeypatch):
    monkeypatch.setattr(rate_limit, "POINTS_PER_HOUR", 0)
    assert post("contact", {**CONTACT, "email": "a" + "\u0315\u0316" * 2_500 + "@b.gov"}).status == 429


def test_the_same_words_sent_first_to_have_them_held_hold_nobody_else(post, table, inbox):
    assert post("contact", {**CONTACT, TRAP: "x"}).status == 303
    assert post("contact", CONTACT).status == 303
    assert sorted("held" in item for item in table.items()) == [False, True]
    inbox.deliver()
    assert len(inbox.receipts()) == 1
    assert {post("contact", CONTACT).status for _ in range(3)} == {303}
    assert len(table.items()) == 2


def test_a_plaque_is_as_safe_as_a_message(post, table):
    assert post("plaque", {**PLAQUE, TRAP: "x"}).status == 303
    assert post("plaque", PLAQUE, {"origin": "https://evil.example"}).status == 400
    assert [bool(item.get("held")) for item in table.items()] == [True]


def test_one_network_has_e_mail_sent_to_twenty_strangers_an_hour_and_every_plaque_its_receipt(post, inbox, table):
    for number in range(22):
        assert post("contact", {**CONTACT, "email": f"nobody{number}@nowhere.example.org"}).status == 303
    assert post("plaque", PLAQUE).status == 303
    inbox.deliver()
    mailed = [to for each in inbox.receipts() for to in each["to"]]
    assert len([to for to in mailed if to.endswith("nowhere.example.org")]) == 20
    assert PLAQUE["email"] in mailed
    assert len(inbox.to_staff()) == len(table.items()) == 23


def test_one_inbox_gets_five_e_mails_a_day_however_its_address_is_spelled(post, inbox):
    for number in range(8):
        post("plaque", {**PLAQUE, "agency": f"Agency {number}", "email": f"Bob+{number}@inbox.example.org"})
    inbox.deliver()
    assert len(inbox.receipts()) == 5


@pytest.fixture
def sender_mail_per_day(monkeypatch):
    """Set how much e-mail goes to senders in a day."""
    from settings import settings

    def set_to(number):
        monkeypatch.setenv("SENDER_MAIL_PER_DAY", str(number))
        settings.cache_clear()

    yield set_to
    monkeypatch.undo()
    settings.cache_clear()


def test_a_switch_stops_e_mail_to_senders_and_leaves_the_offices_on(post, inbox, sender_mail_per_day):
    sender_mail_per_day(0)
    post("contact", CONTACT)
    inbox.deliver()
    assert (len(inbox.to_staff()), inbox.receipts()) == (1, [])


def test_a_day_has_room_for_so_many_receipts_in_all(post, inbox, sender_mail_per_day, table):
    sender_mail_per_day(2)
    for number in range(4):
        post("contact", {**CONTACT, "email": f"pat{number}@example.gov"}, sender=f"127.0.0.{number + 1}")
    inbox.deliver()
    assert (len(inbox.to_staff()), len(inbox.receipts())) == (4, 2)
    assert sorted(item["mail"]["receipt"]["state"] for item in table.items()) == ["enough today"] * 2 + ["sent"] * 2
