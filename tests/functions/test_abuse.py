"""Other people's browsers, other people's words, other people's networks: none is a way to switch a form off."""

import hashlib
import json
import os
import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

import promises
import rendering
from forms.catalog import FORMS
from forms.form import TRAP, FormData, fingerprint, reference_for
from mail import limits
from settings import settings
from storage import counters, dynamodb
from tests.support.samples import CONTACT, FOREIGN, PLAQUE, SAMPLES, TODAY
from web import rate_limit


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_form_that_another_website_sends_is_refused_in_words_and_costs_its_visitor_nothing(headers, post, table):
    answer = post("contact", CONTACT, headers)
    assert answer.status == 400
    assert "sent from another website" in answer.text
    assert "Your answers were not received; they are below. Please check them, and send the form from" in answer.text
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


UNREADABLE = {
    "too long": ({**CONTACT, "message": "x" * 70_000}, {}, 413),
    "far too long": ({**CONTACT, "message": "x" * 300_000}, {}, 413),
    "no form": (b"{}", {"content-type": "application/json"}, 415),
    "no UTF-8": (b"name=%ff", {}, 400),
}


@pytest.mark.parametrize(("body", "headers", "status"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_counts_and_is_drawn_for_nobody_over_the_limit(body, headers, status, post, monkeypatch):
    monkeypatch.setattr(rate_limit, "POINTS_PER_HOUR", 2)
    assert [post("contact", body, headers).status for _ in range(3)] == [status] * 3
    assert "xxxxxxxx" not in post("contact", body, headers).text
    assert post("contact", CONTACT).status == 429


def test_another_website_uses_up_nothing_of_its_visitors_hour_whatever_it_sends(post, monkeypatch):
    monkeypatch.setattr(rate_limit, "POINTS_PER_HOUR", 2)
    for body, headers, _ in UNREADABLE.values():
        post("contact", body, {**headers, "origin": "https://evil.example"})
    assert post("contact", CONTACT).status == 303


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


@pytest.mark.parametrize(("slug", "answers"), [("contact", CONTACT), ("announcements", {"email": CONTACT["email"]})])
def test_the_same_words_sent_first_from_a_network_that_had_enough_take_nobodys_receipt(
    slug, answers, post, inbox, set_variable, table
):
    set_variable("RECEIPTS_PER_NETWORK", "0")
    post(slug, answers, sender="127.0.0.9")
    set_variable("RECEIPTS_PER_NETWORK", "20")
    assert {post(slug, answers).status for _ in range(3)} == {303}
    inbox.deliver()
    assert len(inbox.receipts()) == 1
    assert len(table.items()) == 2


def test_a_reference_cannot_be_computed_by_who_knows_or_guesses_the_answers(post, table):
    post("contact", CONTACT)
    [item] = table.items()
    form = FORMS["contact"](FormData({name: [value] for name, value in CONTACT.items()}))
    for key in (b"", b"certification"):
        guess = fingerprint(form, datetime.fromisoformat(item["received_at"]), key)
        assert not guess.startswith(item["fingerprint"])
        assert item["reference"] != reference_for(guess)
    content = json.dumps(["contact", item["received_at"][:10], form.answers()], sort_keys=True)
    assert item["reference"] != reference_for(hashlib.sha256(content.encode()).hexdigest())


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


TEMPLATES = {folder.parent.name for folder in (rendering.HERE / "templates/email").glob("*/subject.txt")}
BY_FORMS = {form.receipt_email for form in FORMS.values()} | {"confirm"}
"""Templates that a form alone may bring to an address that nobody verified."""
SPELLINGS = ("bob+{}@gmail.com", "B.ob+{}@gmail.com", "bo.b+{}@googlemail.com")
ELSEWHERE = {"sign-in", "announcement"}
"""To a staff address, and to whoever confirmed: tests/functions/test_desk.py and tests/staff/test_announce.py."""


@pytest.fixture
def composed(monkeypatch):
    """The day, template and address of every e-mail."""
    import promises
    from mail import ses

    found: list[Any] = []
    compose = ses.compose

    def note(name, *, to, **told):
        found.extend((promises.now().date(), name, address) for address in to)
        return compose(name, to=to, **told)

    monkeypatch.setattr(ses, "compose", note)
    return found


def test_of_all_templates_forms_bring_five_e_mails_a_day_to_an_address_and_only_the_office_the_others(
    post, inbox, clock, office, table, composed
):
    ends_tomorrow = {"completed": (TODAY - timedelta(days=729)).isoformat(), "announcements": "yes"}
    for number in range(7):
        of_its_own = {
            "agency": f"Agency {number}",
            "message": f"Message {number}",
            "email": SPELLINGS[number % 3].format(number),
        }
        for slug in FORMS:
            answers = {**SAMPLES.get(slug, {}), **ends_tomorrow, **of_its_own}
            assert post(slug, answers, sender=f"127.0.{number}.1").status == 303
    inbox.deliver()
    for _ in range(4):
        clock.forward(days=1)
    to_bob = [(day, name) for day, name, address in composed if re.search("b[+]", address)]
    assert {name for _, name in to_bob} == BY_FORMS
    assert max(Counter(day for day, _ in to_bob).values()) == limits.E_MAILS_A_DAY
    office.begin_session()
    marked = [item["reference"] for item in table.items() if item["form"] == "plaque"][:2]
    for reference in marked:
        office.do(reference, "mark")
    clock.forward(minutes=11)
    clock.forward(days=1)
    names = Counter(name for _, name, address in composed if re.search("b[+]", address))
    assert {name: number for name, number in names.items() if name not in BY_FORMS} == {"mailed": 2, "renewal": 2}
    assert {name for _, name, _ in composed} | ELSEWHERE == TEMPLATES


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


PROMISES_MAIL = ("also e-mail you a receipt", "we send it an e-mail with a link")


@pytest.mark.parametrize("slug", SAMPLES | {"announcements": {}})
@pytest.mark.parametrize(("per_day", "per_network"), [(200, "20"), (0, "20"), (200, "0"), (1, "20")])
def test_no_page_says_that_mail_is_on_its_way_where_none_is_sent(
    slug, per_day, per_network, post, get, inbox, sender_mail_per_day, set_variable
):
    set_variable("RECEIPTS_PER_NETWORK", per_network)
    sender_mail_per_day(per_day)
    if per_day == 1:  # somebody else has it
        post("contact", {**CONTACT, "email": "first@example.gov"}, sender="127.0.0.9")
        inbox.deliver()
    before = len(inbox.receipts())
    page = get(post(slug, {"email": "new@example.gov", **SAMPLES.get(slug, {})}).headers["location"]).text
    inbox.deliver()
    assert any(words in page for words in PROMISES_MAIL) == (len(inbox.receipts()) > before)


def test_a_receipt_page_tells_nobody_how_much_e_mail_an_address_had(post, get, inbox):
    for number in range(6):
        post("plaque", {**PLAQUE, "agency": f"Agency {number}"})
    inbox.deliver()
    assert len(inbox.receipts()) == 5
    for number in range(6):  # the same once more, of which the last has no receipt
        page = get(post("plaque", {**PLAQUE, "agency": f"Agency {number}"}).headers["location"]).text
        assert "We limit how many e-mails one address gets in a day" in page


def test_a_day_has_room_for_so_many_receipts_in_all(post, inbox, sender_mail_per_day, table):
    sender_mail_per_day(2)
    for number in range(4):
        post("contact", {**CONTACT, "email": f"pat{number}@example.gov"}, sender=f"127.0.0.{number + 1}")
    inbox.deliver()
    assert (len(inbox.to_staff()), len(inbox.receipts())) == (4, 2)
    assert sorted(item["mail"]["receipt"]["state"] for item in table.items()) == ["enough today"] * 2 + ["sent"] * 2


def used_today():
    """Return how many e-mails of this day are counted in what all senders get together."""
    return counters.read(counters.senders_key(promises.now()))


@pytest.mark.parametrize("nth", range(1, 7))
def test_a_receipt_is_sent_once_and_counted_whichever_call_of_the_counters_was_throttled(
    nth, post, inbox, clock, monkeypatch
):
    post("contact", {**CONTACT, "announcements": "yes"})
    client, calls = dynamodb.client(), []
    for operation in ("get_item", "put_item", "update_item"):
        really = getattr(client, operation)

        def throttled_once(really=really, operation=operation, **request):
            if request["TableName"] == settings().counters_table:
                calls.append(operation)
                if len(calls) == nth:
                    error: Any = {"Error": {"Code": "ThrottlingException"}}
                    raise ClientError(error, operation)
            return really(**request)

        monkeypatch.setattr(client, operation, throttled_once)
    inbox.deliver()
    clock.forward(minutes=11)
    assert len(calls) >= nth
    assert len(inbox.receipts()) == 1
    assert used_today() == 1 + (nth == 6)  # twice only where its place could not be taken


def test_a_receipt_for_which_the_day_had_no_room_takes_no_place_of_its_address(post, inbox, sender_mail_per_day):
    sender_mail_per_day(1)
    post("contact", {**CONTACT, "email": "first@example.gov"}, sender="127.0.0.9")
    for number in range(limits.E_MAILS_A_DAY):
        post("plaque", {**PLAQUE, "agency": f"Agency {number}"})
    post("contact", CONTACT)
    inbox.deliver()
    assert len(inbox.receipts()) == 1
    sender_mail_per_day(100)
    for number in range(limits.E_MAILS_A_DAY - 1):
        post("plaque", {**PLAQUE, "agency": f"Precinct {number}"})
    post("contact", {**CONTACT, "message": "Did you get this?"})
    inbox.deliver()
    assert len(inbox.receipts()) == 1 + limits.E_MAILS_A_DAY


def test_a_receipt_of_a_correction_counts_too(submitted, office, inbox, clock):
    reference = submitted("plaque")
    assert used_today() == 1
    action = f"/desk/{reference}/correct"
    office.press(office.get(action), action, **{"city": "New Town", "new-receipt": "yes"})
    clock.look()
    assert (len(inbox.receipts()), used_today()) == (2, 2)
