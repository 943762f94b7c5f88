"""Spam is held, not lost; people are not held."""

import os
import re
from datetime import timedelta

import pytest

import promises
from forms import fields, spam
from forms.catalog import FORMS
from forms.contact import ContactForm
from forms.form import TRAP
from storage import dynamodb
from tests.support.samples import CONTACT, PLAQUE
from tests.support.tables import Table
from web import rate_limit

PEOPLE = {
    "short": "Hi",
    "plain": "How do we begin? We are nine officers and a dispatcher.",
    "a link": "Our policy is at https://police.example.gov/policy.pdf - does it fit step 6?",
    "three links": "See http://a.example.gov http://b.example.gov www.c.example.gov",
    "four links": "See http://a.example http://b.example http://c.example http://d.example",
    "capitals": "CALL ME BACK PLEASE. CHIEF.",
    "another language": "Necesitamos ayuda con la lista de verificación número tres.",
    "money": "What does the training cost? Is there a grant?",
}
BOTS = {
    "markup": ('Great site! <a href="http://example.com">click</a>', "markup for a link, a link"),
    "forum markup": ("[url=http://example.com]click[/url]", "markup for a link, a link"),
    "seller": (
        "We offer SEO services, see https://example.com",
        "a link, words of people who sell to websites",
    ),
    "many links": (
        "http://a.example http://b.example http://c.example http://d.example buy followers",
        "more than three links, words of people who sell to websites",
    ),
}


@pytest.mark.parametrize("message", PEOPLE.values(), ids=PEOPLE)
def test_a_person_is_not_held(message):
    assert spam.reasons_to_hold({**CONTACT, "message": message}, trapped=False) == ""


def test_a_plaque_request_is_not_held():
    assert spam.reasons_to_hold(PLAQUE, trapped=False) == ""


@pytest.mark.parametrize(("message", "reasons"), BOTS.values(), ids=BOTS)
def test_a_bot_is_held_for_reasons_that_can_be_read(message, reasons):
    assert spam.reasons_to_hold({**CONTACT, "message": message}, trapped=False) == reasons


def test_who_fills_in_the_hidden_box_is_held_and_sees_the_same_receipt(post, get, table, inbox):
    answer = post("contact", {**CONTACT, TRAP: "x"})
    assert answer.status == 303
    assert "We have your message" in get(answer.headers["location"]).text
    [item] = table.items()
    assert item["held"] == "the hidden box was filled in"
    assert TRAP not in item["answers"]
    inbox.deliver()
    [message] = inbox.to_staff()
    assert "spam" not in message["subject"]
    assert "Held as possible spam" in message["text"]
    assert " - by " not in message["subject"]
    assert "Answer by" not in message["text"] + message["html"]
    assert "the hidden box was filled in" in message["text"]
    assert inbox.receipts() == []


@pytest.mark.parametrize(("slug", "answers"), [("contact", CONTACT), ("plaque", PLAQUE)])
def test_the_page_after_sending_is_true_of_what_is_held_and_tells_no_one_that_it_is(
    slug, answers, post, get, table, clock
):
    pages = []
    for trap in ({}, {TRAP: "x"}):
        known = {item["reference"] for item in table.items()}
        page = get(post(slug, answers | trap | {"telephone": f"555 555 010{len(known)}"}).headers["location"]).text
        [reference] = {item["reference"] for item in table.items()} - known
        pages.append(re.sub(r"receipt=[^\"&]+", "", page.replace(reference, "")))
    assert pages[0] == pages[1]
    assert "the receipt and the promised time wait until someone at the office has looked at it" in pages[0]
    # The first thing after a success is no doubt: it stands last, under a heading of its own.
    assert "spam" not in pages[0].partition("<h2>If no receipt comes</h2>")[0].partition("<main")[2]
    assert "spam" in pages[0].partition("<h2>If no receipt comes</h2>")[2]


def test_staff_release_what_was_held_with_one_button_and_the_sender_gets_the_receipt(post, office, inbox, table):
    post("contact", {**CONTACT, TRAP: "x"})
    inbox.deliver()
    [link] = set(re.findall(r"https://certification[.]example[.]org/desk/(\S+)", inbox.to_staff()[0]["text"]))
    assert "held" in table.items()[0]
    office.do(link, "release")
    for _ in range(2):
        inbox.deliver()
    assert "held" not in table.items()[0]
    assert len(inbox.to_staff()) == len(inbox.receipts()) == 1


def test_a_network_that_sends_too_much_is_told_to_wait_and_loses_nothing(post, table, monkeypatch):
    monkeypatch.setattr(rate_limit, "POINTS_PER_HOUR", 30)
    for number in range(3):
        assert post("contact", {**CONTACT, "message": f"Number {number}"}).status == 303
    answer = post("contact", {**CONTACT, "message": "Number 4"})
    assert answer.status == 429
    assert answer.headers["retry-after"] == "3600"
    assert "Too many forms from your network" in answer.text
    assert "Your answers were not received; they are still below. Please send them again in an hour." in answer.text
    assert "Number 4" in answer.form_values()
    assert "(555) 555-0100" in answer.text
    assert len(table.items()) == 3
    assert post("contact", {**CONTACT, "message": "Number 4"}, sender="127.0.0.2").status == 303


def test_what_is_counted_of_a_network_is_kept_for_an_hour_at_least(post):
    post("contact", CONTACT)
    [counted] = Table(os.environ["COUNTERS_TABLE"]).items()
    end = promises.now() + timedelta(hours=1)
    assert end.timestamp() <= counted["expires_at"] <= (end + timedelta(days=1)).timestamp()


def test_after_an_hour_a_network_may_send_again(post, clock, monkeypatch):
    monkeypatch.setattr(rate_limit, "POINTS_PER_HOUR", 10)
    other = {**CONTACT, "message": "Number 2"}
    assert (post("contact", CONTACT).status, post("contact", other).status) == (303, 429)
    clock.forward(hours=1)
    assert post("contact", other).status == 303


def test_the_same_form_again_counts_a_tenth(post, monkeypatch):
    monkeypatch.setattr(rate_limit, "POINTS_PER_HOUR", 20)
    assert {post("contact", CONTACT).status for _ in range(5)} == {303}


def test_where_the_counters_fail_everybody_is_let_in(post, table, set_variable):
    set_variable("COUNTERS_TABLE", "gone")
    assert post("contact", CONTACT).status == 303
    assert len(table.items()) == 1


def test_where_aws_leaves_the_counters_unread_everybody_is_let_in(post, table, monkeypatch, log_output):
    def throttled(RequestItems):  # noqa: N803  # as AWS calls it
        return {"Responses": {}, "UnprocessedKeys": RequestItems}

    monkeypatch.setattr(dynamodb.client(), "batch_get_item", throttled)
    assert post("contact", CONTACT).status == 303
    assert len(table.items()) == 1
    assert "rate not read" in log_output.getvalue()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1:40000", "192.0.2.1:50000", True),
        ("192.0.2.1:40000", "192.0.2.2:40000", False),
        ("2001:db8:1:2:3::4:40000", "2001:db8:1:2:9::9:50000", True),
        ("2001:db8:1:2:3::4:40000", "2001:db8:1:3:3::4:40000", True),
        ("2001:db8:1:2:3::4:40000", "2001:db8:2:2:3::4:40000", False),
        ("2001:db8:1:2:3::4:40000", "[2001:db8:1:2:3::4]:40000", True),
        ("2001:db8::1:2:40000", "2001:db8::2:3:50000", True),
    ],
)
def test_a_network_is_an_address_or_half_of_a_long_one(one, other, same, table):
    keys = [rate_limit._key({"headers": {"cloudfront-viewer-address": address}}) for address in (one, other)]
    assert (keys[0] == keys[1]) == same


def test_a_sign_up_is_never_held_because_nobody_could_release_it(post, inbox, table):
    post("announcements", {"email": "someone@example.gov", TRAP: "x"})
    inbox.deliver()
    assert "held" not in table.items()[0]
    assert len(inbox.titled("Confirm")) == 1


def test_a_link_in_the_summary_of_the_checklists_is_no_sign(table):
    answers = {**PLAQUE, "summary": "Not taken. Decided by the chief: see https://town.example.gov/order"}
    assert spam.reasons_to_hold(answers, trapped=False) == ""


@pytest.mark.parametrize(
    "organization",
    [
        "forms.certification-office.example.com/mark?REF - action needed",
        *("bit.ly/x", "evil.xyz/mark", "evil.xyz", "See:evil.museum/x", "(evil.com)", '"evil.com".', "evil.com/a@b"),
        *("sampleville.gov,evil.museum/x", "https://sampleville.gov@evil.museum", "x@evil.museum/x", "evil。museum/x"),
        *("evil.example:8443/x", "a.com.evil.museum/x", "пример.рф/x"),
        *("evil.co", "evil.me", "evil.ru", "Evil.Co", "see evil.me!", "evil.co/x", "EVIL.MUSEUM/X", "Evil.museum/x"),
        *("evil.de/@x", "evil.de/+x", "evil.de/%61", "Evil.Museum/x", "example.xn--p1ai/x", "evil.zip", "evil.de:8443"),
    ],
)
def test_a_name_that_a_mail_program_would_link_is_a_sign_of_spam(organization):
    found = spam.signs({**CONTACT, "organization": organization}, trapped=False)
    assert "a link in an answer of one line" in [reason for _, reason in found]


def test_a_link_in_a_new_field_of_several_lines_counts_as_one_in_a_message(monkeypatch):
    class LongerForm(ContactForm):
        background = fields.text("Background", limit=5000)

    monkeypatch.setitem(FORMS, "contact", LongerForm)
    link = "Our policy:\nhttps://example.com/policy"
    of_one_line, of_several = ({**CONTACT, name: link} for name in ("organization", "background"))
    assert spam.signs(of_one_line, trapped=False) == [(2, "a link in an answer of one line")]
    assert spam.signs(of_several, trapped=False) == [(1, "a link")]


@pytest.mark.parametrize(
    "organization",
    [
        *("St. Mary's Co. Sheriff", "City of Springfield, U.S.", "pat@example.org", "pat.com@example.org"),
        *("St.Louis Police", "P.D./S.O. of Sample", "Dept. of Public Safety", "Police/Fire/EMS", "No.7 / No.8"),
        *(
            "P.O.Box/12",
            "p.o.box/12",
            "P.O.BOX/12",
            "Lt.Col/Admin",
            "Lt.Adm/Records",
            "Sample Co. / Me.",
            "pat@evil.co",
        ),
    ],
)
def test_a_name_that_none_would_link_is_none(organization):
    assert spam.signs({**CONTACT, "organization": organization}, trapped=False) == []
