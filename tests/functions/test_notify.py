"""E-mail: who gets what, once."""

import ast
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
import time_machine

from forms.catalog import FORMS, TASKS
from forms.fields import Line, Text
from office import mail_status
from storage import submissions
from storage.outbox import Owed
from storage.submissions import QUIET
from tests.support.samples import HOSTILE, SAMPLES
from tests.support.ses_errors import BUSY, OUTAGE, REFUSAL, SILENCE

ROOT = Path(__file__).parents[2]
SLUGS = sorted(SAMPLES)
ALL_HEADERS = {"From", "To", "Reply-To", "Subject", "Date", "MIME-Version", "Content-Type"}
ALL_HEADERS |= {"Auto-Submitted", "X-Auto-Response-Suppress", "References"}
ON_FORM_ONLY = {"email", "topic", "announcements", "listed", "completed", "street2", "agency_state", "state"}
"""Answers too short or too common to search an e-mail for."""


@pytest.mark.parametrize("slug", SLUGS)
def test_staff_get_every_answer_and_can_reply(slug, post, inbox):
    from forms import catalog

    post(slug, SAMPLES[slug])
    inbox.deliver()
    [message] = inbox.to_staff()
    assert message["reply_to"] == [SAMPLES[slug]["email"]]
    for label, words, is_text in catalog.FORMS[slug].told(SAMPLES[slug]):
        quoted = words.replace("\n", "\n> ")
        assert (f"> {quoted}\n" if is_text else f"{label}: {quoted}\n") in message["text"]


TOLD_AS = {
    "Checklist summary": "Include this checklist summary",
    "To be listed in the public register": "List our agency in the public register",
    "Wants announcements": "E-mail me when a new certification is announced",
}
"""What the office reads of a box, and what the sender reads."""
PLACES: dict[str, Callable[..., str]] = {
    "e-mail": lambda _, inbox, **__: inbox.to_staff()[0]["text"],
    "e-mail in HTML": lambda _, inbox, **__: inbox.to_staff()[0]["html"],
    "the desk": lambda reference, office, **__: office.get(f"/desk/{reference}").words,
    "the command": lambda reference, run_staff, **__: run_staff("show", reference)[1],
    "the export": lambda _, run_staff, **__: run_staff("export")[1],
}


@pytest.mark.parametrize("place", PLACES)
def test_the_office_reads_what_was_asked_for_and_no_request_to_itself(place, submitted, inbox, office, run_staff):
    checked = {"summary": "Step 1: done", "listed": "yes", "announcements": "yes"}
    reference = submitted("plaque", **checked)
    shown = PLACES[place](reference, inbox=inbox, office=office, run_staff=run_staff)
    asked = FORMS["plaque"]().draw()
    for told, label in TOLD_AS.items():
        assert told in shown
        assert label not in shown
        assert label in asked


@pytest.mark.parametrize("place", ["e-mail", "e-mail in HTML", "the desk"])
def test_what_was_left_empty_or_unchecked_is_not_told(place, submitted, inbox, office):
    empty = dict.fromkeys(("street2", "summary", "listed", "announcements"), "")
    shown = unescape(PLACES[place](submitted("plaque", **empty), inbox=inbox, office=office))
    told = {name: label in shown for name, label in FORMS["plaque"].labels().items()}
    assert {name for name, is_told in told.items() if not is_told} == {*empty, "name_confirmed"}


@pytest.mark.parametrize("slug", SLUGS)
def test_the_sender_gets_a_receipt_of_fixed_words(slug, post, inbox, table):
    post(slug, SAMPLES[slug])
    inbox.deliver()
    [message] = inbox.receipts()
    assert message["to"] == [SAMPLES[slug]["email"]]
    assert table.items()[0]["reference"] in message["subject"]
    everything = message["text"] + message["html"] + message["subject"]
    typed = {value for name, value in SAMPLES[slug].items() if name not in ON_FORM_ONLY}
    assert typed
    assert not [value for value in typed if value in everything]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_reaches_staff_as_typed_and_escaped(text, post, inbox):
    post("contact", {**SAMPLES["contact"], "name": text, "organization": text, "message": text})
    inbox.deliver()
    [message] = inbox.to_staff()
    assert message["text"].startswith(f"> {text}\n")
    assert "<script>" not in message["html"]
    assert message["headers"].keys() == ALL_HEADERS
    assert "\x00" not in message["subject"]
    assert message["to"] == ["office@certification.example.org"]


FORGED = "Hello.\n\nAt the desk: https://evil.example/desk/\n----------\nReference: https://evil.example"


def test_nothing_typed_begins_a_line_of_ours_in_the_text_of_an_e_mail(post, inbox, clock):
    labels = {label for form in TASKS.values() for label in form.labels().values()}
    for slug in SLUGS:
        typed = {field.name: FORGED for field in TASKS[slug]() if isinstance(field, Text) or type(field) is Line}
        assert post(slug, {**SAMPLES[slug], **typed}).status == 303
    inbox.deliver()
    clock.forward(days=14)
    quoted = re.findall(r'style="([^"]*)">Hello[.]<br><br>', "".join(each["html"] for each in inbox.to_staff()))
    assert len(quoted) >= 2
    assert all("border-left" in each for each in quoted)
    texts = [each["text"] for each in inbox.to_staff()]
    forged = [line for text in texts for line in text.splitlines() if "evil.example" in line]
    assert len(forged) > 15
    for line in forged:
        assert line.startswith(("> ", "  ", "- ", "Plaque for ", "Message from ")) or line.partition(": ")[0] in labels


@pytest.fixture
def in_lists(submitted, report, clock, inbox):
    """What subjects and lists of the office's e-mails show of senders' names: mail programs look for links there."""

    def in_lists(organizations):
        for organization in organizations:
            reference = submitted("contact", organization=organization)
            bounced = Owed("SUBMISSIONS_TABLE", reference, "receipt")
            report("Bounce", bounced, message_id=reference, bounceType="Permanent")
        clock.forward(hours=25)
        [late], [digest] = inbox.titled("Late"), inbox.titled("Digest")
        headings = re.findall("<h1.*?</h1>|\nMessage from .*\n", late["html"] + late["text"])
        assert len(headings) == 2 * len(organizations)
        subjects = [each["subject"] for each in inbox.to_staff()]
        shown = "\n".join([*subjects, *headings, digest["text"], digest["html"]])
        return unescape(shown).replace(os.environ["SITE_URL"], "")

    return in_lists


def test_no_name_is_made_a_link_where_the_offices_e_mails_list_it(in_lists):
    names = [
        "forms.certification-office.example.com/mark?REF - action needed",
        "bit.ly/x See:evil.museum/x evil.com/?x evil.example:8443/x evil。museum/x x@evil.museum/x",
        "https://evil.example sampleville.gov,evil.museum/x evil.com#x EVIL.Com/Login",
        "t.me/+AbCdEf youtube.com/@evil evil.com/~user evil.com/%61bc evil.co.uk/-x evil.com/!#x",
        "example.xn--p1ai/page evil.Zip/page evil.Museum/x www.evil.museum evil.com:8443 ftp://evil",
    ]
    shown = in_lists(names)
    assert not re.findall(r"\w+://\S+|www\.|[\w.-]+\.[\w-]{2,24}(?::[0-9]|[/?#]+[^\s/?#<])", shown)
    readable = shown.replace("[.]", ".").replace("[:]", ":")
    for name in names:
        assert readable.count(f"Message from {name.replace('。', '.')}") >= 4


def test_other_names_are_listed_as_they_were_typed(in_lists):
    names = [
        "Police2Peace.org",
        "Dept. of Public Safety, P.D./S.O. of Sample, Lt.Adm/Records, No.7 / No.8",
        "St.Louis Police, Police/Fire/EMS, P.O.Box/12, City of Springfield, U.S.",
        "J.Smith/K.Jones, Sgt.Smith/Records, 24/7 Police, Records: 8443",
        "pat.com@example.org",
    ]
    shown = in_lists(names)
    for name in names:
        assert shown.count(f"Message from {name}") >= 4


def test_a_long_agency_name_shortens_the_subject_only(post, inbox):
    post("contact", {**SAMPLES["contact"], "organization": "Long " * 39 + "Long"})
    inbox.deliver()
    [message] = inbox.to_staff()
    assert len(message["subject"]) < 200
    assert "Long " * 39 in message["text"]


@pytest.mark.parametrize(
    ("typed", "mailed"),
    [
        ("chief@bücher.example", "chief@xn--bcher-kva.example"),
        ("sean.o’brien@example.gov", "sean.o'brien@example.gov"),
        (" Jordan@EXAMPLE.gov ", "Jordan@example.gov"),
    ],
)
def test_staff_can_answer_the_address_that_the_receipt_went_to(typed, mailed, post, inbox):
    post("contact", {**SAMPLES["contact"], "email": typed})
    inbox.deliver()
    assert inbox.receipts()[0]["to"] == inbox.to_staff()[0]["reply_to"] == [mailed]
    assert f"E-mail: {mailed}\n" in inbox.to_staff()[0]["text"]


def test_staff_are_told_which_request_another_one_may_correct(post, inbox, table):
    post("plaque", SAMPLES["plaque"])
    [first] = table.items()
    inbox.deliver()
    post("plaque", {**SAMPLES["plaque"], "agency": SAMPLES["plaque"]["agency"].upper() + " ", "zip": "96747"})
    other = {"agency": "Another agency", "email": "other@example.gov", "zip": "96801"}
    post("plaque", SAMPLES["plaque"] | other)
    inbox.deliver()
    [told] = [
        each["text"] for each in inbox.to_staff() if f"an earlier request, {first['reference']}:\n" in each["text"]
    ]
    assert "\nZIP code: 96746-0012 → 96747\n" in told


@pytest.mark.parametrize("is_mailed", [False, True])
def test_of_many_requests_the_newest_are_compared_with_one_that_may_correct_them(
    is_mailed, office, submitted, inbox, clock, monkeypatch
):
    monkeypatch.setattr(submissions, "COMPARED_AT_MOST", 2)
    for name in ("First", "Second", "Third"):
        reference = submitted("plaque", agency=f"{name} Police", email=f"{name}@example.gov", zip="96801")
        if is_mailed:
            office.do(reference, "mark")
        clock.forward(days=1)
    submitted("plaque", agency="Third Police", email="Third@example.gov", zip="96802")
    assert f"an earlier request, {reference}:\n" in inbox.to_staff()[-1]["text"]


@time_machine.travel(datetime(2026, 11, 24, 17, tzinfo=UTC), tick=False)
@pytest.mark.parametrize(
    ("days_left", "warned"),
    [
        *((700, ""), (61, ""), (60, "The certification ends in 60 days:"), (59, "The certification ends in 59 days:")),
        *((1, "ends tomorrow:"), (0, "ends today:"), (-1, "The certification ended yesterday:")),
    ],
)
def test_staff_are_told_until_when_a_plaque_holds_and_warned_before_they_engrave_it(days_left, warned, post, inbox):
    import promises

    today = promises.day_at_office(promises.now())
    ends = today + timedelta(days=days_left)
    post("plaque", {**SAMPLES["plaque"], "completed": ends.replace(year=ends.year - 2).isoformat()})
    inbox.deliver()
    [message] = inbox.to_staff()
    assert f"Valid until {promises.day_in_words(ends)}." in message["text"]
    assert ("before you have the plaque engraved" in message["text"], warned in message["html"]) == (bool(warned), True)


def test_the_receipt_of_a_plaque_brings_the_renewal_for_the_calendar(post, inbox):
    post("plaque", SAMPLES["plaque"])
    post("contact", SAMPLES["contact"])
    inbox.deliver()
    attached = [message["attachments"] for message in inbox.receipts()]
    assert attached == [["renewal.ics"], []]


@pytest.mark.parametrize(
    "address",
    [
        *("a.b!#$%&'*+/=^?`{|}~@example.gov", "%s@example.gov", "-x@example.gov"),
        f"{'a' * 64}@{'b' * 60}.{'c' * 60}.gov",
    ],
)
def test_an_unusual_address_stays_one_address(address, post, inbox):
    post("contact", {**SAMPLES["contact"], "email": address})
    assert inbox.deliver()
    assert inbox.to_staff()[0]["reply_to"] == inbox.receipts()[0]["to"] == [address]


def test_everyone_on_the_offices_lists_is_a_receiver(post, inbox, clock, set_variable, monkeypatch):
    from mail import ses

    set_variable("STAFF_ADDRESSES", "one@example.gov, two@example.gov")
    set_variable("ESCALATION_ADDRESSES", "three@example.gov, four@example.gov")
    told, send = [], ses._client().send_email

    def noting(**asked):
        told.append({to.partition("@")[0] for to in asked["Destination"]["ToAddresses"]})
        return send(**asked)

    monkeypatch.setattr(ses._client(), "send_email", noting)
    post("contact", SAMPLES["contact"] | {"email": "sender@example.gov"})
    inbox.deliver()
    clock.forward(hours=25)
    assert {"sender"} in told
    assert {"one", "two"} in told
    assert {"one", "two", "three", "four"} in told


def test_mail_says_that_it_is_automatic(post, inbox):
    post("contact", SAMPLES["contact"])
    inbox.deliver()
    assert [message["headers"]["Auto-Submitted"] for message in inbox.messages()] == ["auto-generated"] * 2


def test_a_record_delivered_twice_mails_nobody_twice(post, inbox):
    post("contact", SAMPLES["contact"])
    assert inbox.deliver()
    assert inbox.deliver()
    assert len(inbox.messages()) == 2


def test_a_refused_e_mail_is_owed_again_and_goes_out_with_the_next_try(post, inbox, ses_error, table):
    post("contact", SAMPLES["contact"])
    ses_error(REFUSAL)
    inbox.deliver()
    assert {slot: what["state"] for slot, what in table.items()[0]["mail"].items()} == {
        "staff": "owed",
        "receipt": "owed",
    }
    ses_error(None)
    inbox.deliver()
    assert len(inbox.messages()) == 2


@pytest.mark.parametrize("trouble", [SILENCE, OUTAGE, BUSY], ids=["silence", "500", "503"])
def test_where_ses_may_have_sent_nobody_sends_again_for_ten_minutes(trouble, post, inbox, ses_error, monkeypatch):
    import promises

    post("contact", SAMPLES["contact"])
    ses_error(trouble)
    inbox.deliver()
    ses_error(None)
    inbox.deliver()
    assert inbox.messages() == []
    later = promises.now() + timedelta(minutes=11)
    monkeypatch.setattr(promises, "now", lambda: later)
    inbox.deliver()
    assert len(inbox.messages()) == 2


def test_an_e_mail_that_cannot_be_sent_holds_up_nobody(post, inbox, monkeypatch):
    from mail import messages

    post("contact", SAMPLES["contact"])
    post("plaque", SAMPLES["plaque"])
    receipt = messages.COMPOSE["receipt"]
    monkeypatch.setitem(messages.COMPOSE, "receipt", lambda item: receipt(item) if item["form"] == "plaque" else 1 / 0)
    assert inbox.deliver()
    assert len(inbox.to_staff()) == 2
    assert len(inbox.receipts()) == 1


def test_notifiers_at_work_at_once_send_one_e_mail_each(post, inbox):
    post("contact", SAMPLES["contact"])
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: inbox.deliver(), range(8)))
    assert len(inbox.messages()) == 2


def test_who_wants_announcements_gets_the_link_though_the_days_receipt_is_out(post, inbox):
    told = []
    for number, wants in enumerate(("no", "yes", "yes", "no")):
        before = len(inbox.receipts())
        post("contact", {**SAMPLES["contact"], "message": f"{number}", "announcements": wants})
        inbox.deliver()
        told.append([message["subject"][:15] for message in inbox.receipts()[before:]])
    assert told == [["We have your me"], ["Confirm that yo"], [], []]


def test_a_question_in_the_morning_costs_a_plaque_neither_its_receipt_nor_its_calendar(post, inbox):
    for slug in ("contact", "plaque"):
        post(slug, {**SAMPLES[slug], "email": "chief@example.gov"})
        inbox.deliver()
    plaque, question = sorted(inbox.receipts(), key=lambda each: "plaque" not in each["subject"])
    assert "renewal.ics" in plaque["text"]
    assert "We have your message" in question["subject"]


def test_a_receipt_says_how_to_reach_the_office_and_a_reply_goes_there(post, inbox):
    post("contact", SAMPLES["contact"])
    inbox.deliver()
    [message] = inbox.receipts()
    assert message["reply_to"] == ["office@example.org"]
    assert "(555) 555-0100, office@example.org" in message["text"]


def test_a_plaque_may_be_asked_for_again_once_it_should_have_come(post, inbox, clock, table):
    post("plaque", SAMPLES["plaque"])
    post("plaque", SAMPLES["plaque"])
    clock.forward(days=13)
    post("plaque", SAMPLES["plaque"])
    assert len(table.items()) == 1
    clock.forward(days=2)
    post("plaque", SAMPLES["plaque"])
    post("plaque", SAMPLES["plaque"])
    assert len(table.items()) == 2
    inbox.deliver()
    assert len([message for message in inbox.to_staff() if "Plaque request" in message["subject"]]) >= 2


def reasons_not_to_send():
    """What the functions that compose an e-mail return in its place, as it is written in them."""
    for path in sorted((ROOT / "functions/mail").glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(function, ast.FunctionDef) or function.returns is None:
                continue
            if function.name != "_why_not" and ast.unparse(function.returns) != "EmailMessage | str":
                continue
            answers = [each.value for each in ast.walk(function) if isinstance(each, ast.Return)]
            texts = [each for value in answers if not isinstance(value, ast.Call) for each in ast.walk(value)]
            yield from (each.value for each in texts if isinstance(each, ast.Constant) and each.value)


def test_every_reason_not_to_send_has_words_for_the_office():
    found = set(reasons_not_to_send())
    assert {"enough today", "taken back", "too late"} <= found
    # Invitations to renew belong to a certification, whose page tells of them in its own words.
    assert found - {"stopped", "reminder"} | {QUIET, "erased"} == mail_status.NOT_SENT.keys()
