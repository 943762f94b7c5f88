"""The desk: who gets in, what can be done to a submission, and what is written down of it."""

import os
import re
import string
from dataclasses import replace
from datetime import timedelta
from html import unescape
from itertools import product
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

import promises
from local.aws.api_gateway import Gateway, Request
from office import agencies, erasure, invitations, mail_status, workflow
from storage import certifications, dynamodb, submissions
from storage.outbox import Owed
from tests.support.office import DIRECTOR, FORM, OFFICE, SITE, at_desk, code_in
from tests.support.samples import CONTACT, HOSTILE, PLAQUE, SAMPLES
from tests.support.tables import Table
from web.desk import answers, sessions

TRAPPED = {"reply_code": "cheap backlinks"}


# Who gets in


def test_without_a_session_every_page_leads_to_the_sign_in_and_back(template, table):
    for address in ("/desk/", "/desk/K7M2P9QRTX", "/desk/plaques.csv", "/desk/numbers", "/desk/find"):
        page = at_desk(template).get(address)
        assert page.status == 200
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-robots-tag"] == "noindex"
        assert page.form("/desk/sign-in").names == {"to", "email"}
        assert page.form("/desk/sign-in").fields["to"] == address


def test_a_code_from_the_mailbox_signs_a_browser_in_and_leads_back(template, inbox, clock, submitted):
    reference = submitted("contact")
    office = at_desk(template)
    page = office.sign_in(inbox, page=f"/desk/{reference}")
    assert page.status == 200
    assert "We are nine officers." in page.words
    message = inbox.messages()[-1]
    assert message["to"] == [OFFICE]
    assert "http" not in message["text"] + message["html"]
    assert "desk" in message["subject"]


def test_the_cookies_are_as_closed_as_browsers_can_make_them(template, inbox, clock):
    office = at_desk(template)
    asked = office.press(office.get(), "/desk/sign-in", email=OFFICE)
    answer = office.post("/desk/sign-in", asked.form("/desk/sign-in").fields | {"code": code_in(inbox.messages()[-1])})
    for cookie in [*asked.cookies, *answer.cookies]:
        assert cookie.startswith("__Host-")
        assert cookie.endswith("; Path=/; Secure; HttpOnly; SameSite=Lax")
    assert answer.headers["location"] == "/desk/"


def test_an_address_that_is_nobodys_gets_the_same_answer_and_no_e_mail(template, inbox, clock):
    pages = []
    for address in (OFFICE, "nobody@example.gov"):
        office = at_desk(template)
        pages.append(office.press(office.get(), "/desk/sign-in", email=address))
    assert pages[0].text == pages[1].text
    assert [message["to"] for message in inbox.messages()] == [[OFFICE]]
    refused = office.press(pages[1], "/desk/sign-in", code="000000")
    assert "That is not the code" in refused.words


def test_a_wrong_code_works_neither_once_nor_for_ever(template, inbox, clock):
    office = at_desk(template)
    page = office.press(office.get(), "/desk/sign-in", email=OFFICE)
    right = code_in(inbox.messages()[-1])
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(5):
        page = office.press(page, "/desk/sign-in", code=wrong)
        assert (page.status, "That is not the code" in page.words) == (422, True)
    page = office.press(page, "/desk/sign-in", code=right)
    assert (page.status, "too many wrong codes" in page.words) == (422, True)
    assert "__Host-desk" not in office.cookies


def test_a_code_is_sent_though_the_answer_to_its_write_is_lost_and_the_sdk_writes_again(
    template, inbox, clock, monkeypatch
):
    put = dynamodb.put

    def twice(*given, **more):
        put(*given, **more)
        put(*given, **more)

    monkeypatch.setattr(dynamodb, "put", twice)
    assert at_desk(template).sign_in(inbox).words.startswith("Today")


def test_a_code_is_good_for_ten_minutes(template, inbox, clock):
    office = at_desk(template)
    page = office.press(office.get(), "/desk/sign-in", email=OFFICE)
    clock.forward(minutes=10, seconds=1)
    [message] = [message for message in inbox.messages() if "code" in message["subject"]]
    page = office.press(page, "/desk/sign-in", code=code_in(message))
    assert (page.status, "too old" in page.words) == (422, True)


@pytest.mark.parametrize("digits", ["０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩"])
def test_a_code_is_taken_in_the_digits_of_any_keyboard(digits, template, inbox, clock):
    office = at_desk(template)
    page = office.press(office.get(), "/desk/sign-in", email=OFFICE)
    typed = code_in(inbox.messages()[-1]).translate(str.maketrans("0123456789", digits))
    assert office.press(page, "/desk/sign-in", code=f" {typed[:3]} {typed[3:]}").words.startswith("Today")


def test_a_code_is_good_in_the_browser_that_asked_only(template, inbox, clock):
    office, other = at_desk(template), at_desk(template)
    page = office.press(office.get(), "/desk/sign-in", email=OFFICE)
    code = code_in(inbox.messages()[-1])
    assert "blocks cookies" in other.press(page, "/desk/sign-in", code=code).words
    other.press(other.get(), "/desk/sign-in", email=OFFICE)
    assert "That is not the code" in other.press(page, "/desk/sign-in", code=code).words


def test_one_address_gets_five_codes_an_hour(template, inbox, clock):
    pages = []
    for address in [OFFICE] * 4 + [f" {OFFICE.upper()} "] * 2:
        office = at_desk(template)
        pages.append(office.press(office.get(), "/desk/sign-in", email=address))
    assert [page.status for page in pages] == [200] * 5 + [429]
    assert pages[-1].headers["retry-after"]
    assert len(inbox.messages()) == 5


def test_one_network_that_asks_for_codes_locks_nobody_out_of_the_desk(template, inbox, clock):
    asked = {"content-type": FORM, "origin": SITE}, urlencode({"email": OFFICE}).encode()
    gateway = Gateway(template)
    statuses = [
        gateway.answer(Request("POST", "/desk/sign-in", "", *asked, sender=(f"127.0.0.{network}", 1))).status
        for network in (9, 9, 9, 9, 9, 9, *range(10, 40))
    ]
    assert statuses == [200] * 5 + [429] + [200] * 15 + [429] * 15
    assert len(inbox.messages()) == 20


def test_a_flood_at_the_sign_in_is_stopped_by_network(template, inbox, clock):
    office = at_desk(template)
    page = office.get()
    statuses = [office.press(page, "/desk/sign-in", email=f"x{each}@example.gov").status for each in range(32)]
    assert statuses == [200] * 30 + [429] * 2
    assert inbox.messages() == []


def test_any_code_that_is_none_is_refused(template, inbox, clock):
    office = at_desk(template)
    page = office.press(office.get(), "/desk/sign-in", email=OFFICE)
    for code in ("", "x", "12345678901234567890123456789", "１２３４５６", "' OR 1"):
        assert office.press(page, "/desk/sign-in", code=code).status == 422


def test_a_phone_that_comes_back_from_the_mail_asks_for_the_code_and_a_second_press_is_no_error(template, inbox, clock):
    office = at_desk(template)
    asked = office.press(office.get(), "/desk/sign-in", email=OFFICE)
    again = office.get("/desk/sign-in")  # the browser opens the address of the last answer
    assert "Enter the code" in again.words
    fields = again.form("/desk/sign-in").fields | {"code": code_in(inbox.messages()[-1])}
    assert [office.post("/desk/sign-in", fields).status for _ in range(2)] == [303, 303]
    assert office.follow(office.press(asked, "/desk/sign-in", code="000000")).words.startswith("Today")
    assert office.get("/desk/sign-in").headers["location"] == "/desk/"


@pytest.mark.parametrize(("wrong", "seconds"), [(4, 0), (0, 599)], ids=["at the last try", "in the last second"])
def test_a_double_click_signs_in_however_late_the_code_came(wrong, seconds, template, inbox, clock):
    office = at_desk(template)
    page = office.press(office.get(), "/desk/sign-in", email=OFFICE)
    fields = page.form("/desk/sign-in").fields | {"code": code_in(inbox.messages()[-1])}
    for _ in range(wrong):
        office.press(page, "/desk/sign-in", code="x")
    cookies = dict(office.cookies)
    clock.forward(seconds=seconds)
    statuses = [office.post("/desk/sign-in", fields).status]
    clock.forward(seconds=2)
    office.cookies = cookies  # the answer to the first click is lost
    statuses.append(office.post("/desk/sign-in", fields).status)
    assert statuses == [303, 303]


@pytest.fixture
def copied_code(template, inbox, clock):
    """A browser that asked for a code, a copy of it, and the page's fields with the code."""
    office, copy = at_desk(template), at_desk(template)
    asked = office.press(office.get(), "/desk/sign-in", email=OFFICE)
    copy.cookies = dict(office.cookies)
    return office, copy, asked.form("/desk/sign-in").fields | {"code": code_in(inbox.messages()[-1])}


def test_a_code_signs_in_once(copied_code, clock):
    office, copy, fields = copied_code
    assert office.follow(office.post("/desk/sign-in", fields)).words.startswith("Today")
    clock.forward(seconds=11)
    again = copy.post("/desk/sign-in", fields)
    assert (again.status, "was used already. Ask for another one" in again.words) == (422, True)
    assert "__Host-desk" not in copy.cookies


def test_a_double_click_on_sign_in_begins_one_session_though_its_first_answer_is_lost(copied_code):
    office, copy, fields = copied_code  # the copy: the same browser, with the cookies of the first press
    for browser in (office, copy):
        assert browser.follow(browser.post("/desk/sign-in", fields)).words.startswith("Today")
    office.press(office.get(), "/desk/sign-out")
    assert "Send me a code" in copy.get().words


@pytest.mark.parametrize(
    "to",
    [
        *("//evil.example/", "https://evil.example/", "/forms/contact", "/desk/\\evil", "javascript:x"),
        *(
            "/desk/../forms/announcements/unsubscribe",
            "/desk/%2e%2e/about",
            "/desk/.%2E/about",
            "/desk/x/./../../about",
        ),
    ],
)
def test_nobody_is_led_away_after_the_sign_in(to, template, inbox, clock):
    office = at_desk(template)
    office.press(office.get(), "/desk/sign-in", email=OFFICE)
    answer = office.post("/desk/sign-in", {"code": code_in(inbox.messages()[-1]), "to": to})
    assert (answer.status, answer.headers["location"]) == (303, "/desk/")


def test_who_leaves_the_staff_list_is_out_at_the_next_request(office, set_variable):
    assert "Sign out" in office.get().text
    set_variable("STAFF_ADDRESSES", "somebody.else@certification.example.org")
    assert "Send me a code" in office.get().words


def test_a_session_ends_after_thirty_days(clock, office):
    clock.forward(days=29, hours=23)
    assert "Sign out" in office.get().text
    clock.forward(hours=2)
    assert "Send me a code" in office.get().words


def test_signing_out_ends_the_session(office):
    copied = dict(office.cookies)
    page = office.press(office.get(), "/desk/sign-out")
    assert "Send me a code" in page.words
    assert office.cookies == {}
    office.cookies = copied
    assert "Send me a code" in office.get().words


def test_signing_out_ends_the_session_in_every_spelling_of_its_cookie(office):
    """Base64 is read leniently: its last character stands for more bits than there are, and what is none is skipped."""
    [(name, cookie)] = office.cookies.items()
    spelled = [cookie[:-1] + last for last in string.ascii_letters + string.digits + "-_"]
    spelled = [each for each in [*spelled, cookie + "==", cookie + "!!"] if sessions.read({name: each}, promises.now())]
    assert len(spelled) > 1
    office.press(office.get(), "/desk/sign-out")
    for each in spelled:
        office.cookies = {name: each}
        assert "Send me a code" in office.get().words, each


def test_signing_out_ends_no_other_session_of_the_same_person(office, template):
    other = at_desk(template)
    other.begin_session(OFFICE)
    office.press(office.get(), "/desk/sign-out")
    assert "Sign out" in other.get().text


def test_a_changed_or_foreign_cookie_is_no_session(office):
    good = office.cookies["__Host-desk"]
    for bad in (good[:-1], good + "x", "x", "", good.swapcase(), "a.b.c"):
        office.cookies["__Host-desk"] = bad
        assert "Send me a code" in office.get().words


FORGED: dict[str, Any] = {
    "without a session": lambda fields: ({}, fields, {"origin": SITE}),
    "without a token": lambda fields: (None, fields | {"csrf": ""}, {"origin": SITE}),
    "with another token": lambda fields: (None, fields | {"csrf": "0" * 64}, {"origin": SITE}),
    "from another site": lambda fields: (None, fields, {"origin": "https://evil.example"}),
    "from a file": lambda fields: (None, fields, {"origin": "null"}),
    "without an origin": lambda fields: (None, fields, {"origin": ""}),
}


def actions(office, *pages):
    """Every address that a form of these pages posts to, with the form as it is drawn."""
    return {form.action: form.fields for page in pages for form in office.get(page).forms if form.method == "post"}


@pytest.fixture
def every_page(office, submitted, report):
    """Every kind of page with forms, of submissions in every state."""
    done, closed, held = submitted("plaque"), submitted("contact"), submitted("contact", message="Held", **TRAPPED)
    taken, plaque = submitted("contact", message="Taken"), submitted("plaque", agency="Another agency")
    office.do(done, "mark")
    office.do(closed, "close", reason="spam")
    office.do(taken, "take")
    [agency] = certifications.everybody()
    agencies.end(agency.id, OFFICE, promises.now())
    agencies.relist(agency.id, OFFICE, promises.now() + timedelta(minutes=1))
    office.do(ended := submitted("plaque", agency="A third agency"), "mark")
    [other] = [each for each in certifications.everybody() if each.id != agency.id]
    invitations.stop(other.id, promises.now(), invitations.BOUNCED)
    report("Bounce", Owed("SUBMISSIONS_TABLE", taken, "receipt"), message_id="1", bounceType="Permanent")
    pages = [
        f"/desk/{each}{more}"
        for each in (done, ended, closed, held, taken, plaque)
        for more in ("", "/correct", "/person")
    ]
    return ["/desk/", "/desk/plaques", *(f"/desk/certified/{each}" for each in (agency.id, other.id)), *pages]


@pytest.fixture
def every_action(office, every_page):
    return actions(office, *every_page)


def test_every_page_has_a_title_and_a_heading_that_say_what_it_is(office, every_page):
    titles = {
        address: re.findall("<title>(.*?)</title>", office.get(address).text) for address in (*every_page, *LISTS)
    }
    assert [address for address, found in titles.items() if len(found) != 1 or not re.match(r"\w", found[0])] == []
    headings = {address: re.findall("(?s)<h1[^>]*>(.*?)</h1>", office.get(address).text) for address in titles}
    assert [address for address, found in headings.items() if len(found) != 1 or not found[0].strip()] == []


def test_what_names_or_explains_a_part_of_a_page_is_on_that_page(office, every_page):
    for address in (*every_page, *LISTS):
        text = office.get(address).text
        ids = re.findall(r'\sid="([^"]+)"', text)
        named = re.findall(r'\s(?:for="|aria-labelledby="|aria-describedby="|href="#)([^"]+)"', text)
        assert named, address
        assert {each for found in named for each in found.split()} - {*ids} == set(), address
        assert len(ids) == len(set(ids)), address
        parts = [each for each in re.findall("<section[^>]*>", text) if 'class="receipt"' not in each]
        assert [each for each in parts if "aria-labelledby" not in each] == [], address


def test_a_link_that_somebody_sent_fills_in_no_form_of_the_desk(office, every_page):
    for address in every_page:
        drawn = office.get(address).forms
        names = {name for form in drawn for name in form.names}
        linked = office.get(f"{address}?{urlencode(dict.fromkeys(names, 'yes'))}").forms
        for form in (*drawn, *linked):
            form.fields.pop("once", None)
        assert [form.fields for form in linked] == [form.fields for form in drawn], address


def test_what_no_one_typed_is_in_no_box_where_the_session_ended(office, every_action):
    office.cookies = {}
    for action, fields in every_action.items():
        answer = office.post(action, fields | {"asked": "x", "to": "/desk/"})
        shown = set(re.findall('id="kept-([^"]+)"', answer.text))
        assert all(re.findall('<label for="kept-[^"]+">([^<]*)</label>', answer.text)), action
        assert (answer.status, "You are not signed in" in answer.words) == (400, True), action
        assert shown & {"csrf", "once", "to", "from", "seen", "report", "asked"} == set(), action


LISTS = ("/desk/find", "/desk/numbers", "/desk/plaques/labels", "/desk/certified")
OTHERS = ("certified", "correct", "erase", "find", "person", "seen-to", "sign-out")


def test_a_post_that_no_page_of_the_desk_made_is_refused_at_every_address_and_changes_nothing(
    office, every_action, table, stand_in
):
    from views.certified import VERBS as OF_CERTIFICATIONS
    from views.submissions import VERBS

    verbs = {action.rpartition("/")[2] for action in every_action}
    assert verbs == {*VERBS, *OF_CERTIFICATIONS, *OTHERS}
    tables = ["SUBMISSIONS_TABLE", "CERTIFICATIONS_TABLE", "SUBSCRIBERS_TABLE", "COUNTERS_TABLE"]
    before = [Table(os.environ[name]).items() for name in tables]
    mine = dict(office.cookies)
    typed = {"text": "x", "reason": "spam", "name": "x", "confirm": "yes", "unfinished": "yes"}
    for (how, forged), (action, fields) in product(FORGED.items(), every_action.items()):
        cookies, posted, headers = forged(fields | typed)
        office.cookies = dict(mine if cookies is None else cookies)
        answer = office.post(action, posted, **headers)
        assert answer.status == 400, (how, action)
        assert answer.cookies == [], (how, action)
        assert headers["origin"] == SITE or "Send again" not in answer.text, (how, action)
    assert [Table(os.environ[name]).items() for name in tables] == before


def test_who_has_a_staff_e_mail_can_do_nothing_with_it(template, submitted, inbox, table, clock):
    reference = submitted("plaque")
    before = table.item(reference)
    [message] = inbox.to_staff()
    links = set(re.findall(r"https://certification\.example\.org(/\S+)", message["text"] + message["html"]))
    assert {re.split('["<]', link)[0] for link in links} == {f"/desk/{reference}"}
    stranger = at_desk(template)
    assert "Send me a code" in stranger.get(f"/desk/{reference}").words
    for verb in ("mark", "close", "release", "take"):
        fields = {"csrf": "0" * 64, "once": "1", "reason": "spam"}
        assert stranger.post(f"/desk/{reference}/{verb}", fields).status == 400
        assert stranger.post(f"/forms/actions/{verb}", fields).status == 404
    assert table.item(reference) == before


def test_the_preview_of_a_plaque_request_begins_with_place_and_date(submitted, inbox):
    submitted("plaque")
    [message] = inbox.to_staff()
    begins = f"{PLAQUE['city']}, {PLAQUE['state']}; completed "
    assert message["text"].startswith(f"> {begins}")
    shown = re.sub(r"<[^>]+>", " ", message["html"].partition("</head>")[2])
    assert shown.split()[:3] == begins.split()[:3]


def test_one_submission_is_one_thread_and_every_e_mail_can_be_answered(office, submitted, inbox, clock):
    reference = submitted("contact")
    clock.forward(hours=21)
    clock.forward(hours=4)
    office.do(reference, "mark")
    thread = f"<{reference}@certification.example.org>"
    about_it = [message for message in inbox.messages() if reference in message["subject"]]
    assert len(about_it) == 4
    assert {message["headers"]["References"] for message in about_it} == {thread}
    assert all(message["reply_to"] for message in inbox.messages())
    to_staff, late = about_it[0], about_it[3]
    assert to_staff["subject"].startswith("Sample County Sheriff's")
    assert re.search(rf": Working through the checklists - by \w+ [\d:]+ [AP]M \[{reference}\]$", to_staff["subject"])
    assert len(to_staff["subject"]) <= 90
    assert to_staff["text"].startswith("> How do we begin?")
    assert "(not given)" not in to_staff["text"]
    assert late["to"] == [DIRECTOR, OFFICE]
    assert "How do we begin?" in late["text"]
    assert CONTACT["telephone"] in late["text"]
    assert late["reply_to"] == [CONTACT["email"]]


# What can be done


def test_the_address_of_a_button_that_is_opened_leads_to_the_page_of_the_button(office, every_action):
    for action in every_action:
        answer = office.get(action)
        if answer.status != 303:  # a page of its own: find, correct
            assert answer.status == 200, action
            continue
        page = office.follow(answer)
        assert (page.status, "There is no such page" in page.words) == (200, False), action


@pytest.mark.parametrize("typed", ["x\rset-cookie: a=b", "Überall", 'x"', "a b"])
def test_an_address_that_leads_on_puts_nothing_of_its_own_into_a_header(typed, office, table):
    office.begin_session()
    for path in (f"certified/{typed}/rename", f"{typed}/note"):
        location = office.get(f"/desk/{path}").headers["location"]
        assert re.fullmatch("/desk/[A-Za-z0-9/%.-]*", location), location


@pytest.mark.parametrize(("form", "task"), [("contact", "Answer by"), ("plaque", "Mail by")])
def test_its_page_says_when_it_came_and_by_when_it_is_to_be_done(form, task, office, submitted, table):
    reference = submitted(form)
    came, due = (promises.stored_moment(table.item(reference)[name]) for name in ("received_at", "due_at"))
    assert f"Received {came} {task} {due} (" in office.get(f"/desk/{reference}").words


def test_a_message_is_taken_noted_answered_and_that_is_undone(office, submitted, table, director):
    reference = submitted("contact")
    assert f"taken by {OFFICE}" not in office.get().words
    page = office.do(reference, "take")
    assert f"Taken by {OFFICE}" in page.words
    assert f"taken by {OFFICE}" in office.get().words
    plaque = submitted("plaque")
    office.do(plaque, "take")
    assert f"{plaque} · taken by {OFFICE}" in office.get("/desk/plaques").words
    assert "Take it from" in director.get(f"/desk/{reference}").words
    page = office.do(reference, "note", text="Called,\nleft <b>voicemail</b>")
    assert "left &lt;b&gt;voicemail&lt;/b&gt;" in page.text
    page = office.do(reference, "mark")
    assert "Answered" in page.words
    assert not page.offers("mark")
    assert not page.offers("close")
    assert reference not in office.get().text
    page = office.do(reference, "undo")
    assert page.offers("mark")
    assert reference in office.get().text
    history = table.item(reference)["history"]
    assert [entry["what"] for entry in history] == ["taken", "noted", "answered", "not answered"]
    assert {entry["by"] for entry in history} == {OFFICE}


def test_where_something_can_be_undone_the_page_says_what_that_does(office, submitted, clock):
    answered, closed = submitted("contact", message="One"), submitted("contact", message="Two")
    released, plaque = submitted("contact", **TRAPPED), submitted("plaque")
    held = submitted("contact", **TRAPPED, message="Three")
    office.do(held, "close", reason="spam")
    office.do(answered, "mark")
    office.do(closed, "close", reason="spam")
    office.do(released, "release")
    office.do(plaque, "mark")
    at = promises.moment_in_words(promises.now() + timedelta(minutes=10))
    words = {
        answered: "Reminders start again. Undo: not answered",
        closed: "It goes back to the list of open work. Reopen",
        held: "It goes back to what is held as possible spam. Reopen",
        released: "Reminders stop. A receipt that was sent stays sent. Undo: hold again",
        plaque: f"We e-mail the agency on {at}. If you undo before that, we do not. Undo: not mailed",
    }
    for reference, said in words.items():
        assert said in office.get(f"/desk/{reference}").words, said
    clock.forward(minutes=11)
    assert (
        "The agency already got the e-mail that its plaque is on its way. "
        "Undoing the mark cannot call that e-mail back. Undo: not mailed" in office.get(f"/desk/{plaque}").words
    )


def test_a_note_without_a_word_is_not_written_down(office, submitted, table):
    reference = submitted("contact")
    for text in ("", " \n", "\u200b"):
        page = office.do(reference, "note", text=text)
        assert (page.status, "Write the note first." in page.words) == (422, True)
    assert "history" not in table.item(reference)


def test_what_is_sent_again_after_an_error_is_the_same_step(office, submitted):
    """It may have been done though the answer was lost: it must not be done twice."""
    action = f"/desk/{submitted('contact')}/note"
    posted = office.get(action.removesuffix("/note")).form(action).fields
    refused = office.post(action, posted | {"text": ""})
    session = office.cookies
    office.cookies = {}
    signed_out = office.post(action, posted | {"text": "Called."})
    office.cookies = session
    failed = office.post(action, posted | {"text": "Called.", "csrf": "x"})
    assert [refused.status, signed_out.status, failed.status] == [422, 400, 400]
    assert refused.form(action).fields["once"] == failed.form(action).fields["once"] == posted["once"]
    assert signed_out.form(action).fields["once"] == posted["once"]


def test_a_page_says_on_which_day_an_e_mail_that_waits_goes_out(office, submitted, clock):
    page = office.do(submitted("plaque"), "mark")
    at = promises.moment_in_words(promises.now() + timedelta(minutes=10))
    assert f"Plaque on its way goes out on {at}" in page.words


def test_e_mails_are_told_in_the_order_of_time_and_what_is_unsent_last(submitted):
    sent = {"state": "sent"}
    mail = {
        "mailed": {"state": "owed"},
        "late": sent | {"at": "2026-11-25T17:00:00+00:00"},
        "receipt": sent | {"at": "2026-11-24T17:00:00+00:00"},
        "staff": sent | {"at": "2026-11-23T17:00:00+00:00"},
    }
    found = submissions.get(submitted("plaque"))._replace(mail=mail)
    in_order = [mail_status.NAMES[slot] for slot in ("staff", "receipt", "late", "mailed")]
    assert [name for name, _ in mail_status.in_words(found)] == in_order


def test_what_is_given_back_is_nobodys(office, submitted, table):
    reference = submitted("contact")
    office.do(reference, "take")
    page = office.do(reference, "give-back")
    assert "I will take it" in page.text
    assert "taken" not in table.item(reference)


def test_two_people_at_once_the_second_sees_what_the_first_did(office, director, submitted, table):
    reference = submitted("contact")
    seen = director.get(f"/desk/{reference}")
    office.do(reference, "mark")
    page = director.press(seen, f"/desk/{reference}/close", reason="spam")
    assert page.status == 409
    assert f"Before you pressed the button, its history got this entry: answered, by {OFFICE}, on " in page.words
    assert table.item(reference)["stage"].rpartition(" ")[0] == "contact done"
    assert len(table.item(reference)["history"]) == 1


def test_what_a_colleague_took_over_meanwhile_is_not_given_back(office, director, submitted, table):
    reference = submitted("contact")
    mine = office.do(reference, "take")
    director.do(reference, "take")
    page = office.press(mine, f"/desk/{reference}/give-back")
    assert (page.status, f"this entry: taken, by {DIRECTOR}, on " in page.words) == (409, True)
    assert table.item(reference)["taken"]["by"] == DIRECTOR


@pytest.mark.parametrize(("verb", "typed"), [("mark", {}), ("close", {"reason": "withdrawn"})])
def test_of_two_people_who_undo_one_thing_the_second_undoes_no_other(verb, typed, office, director, submitted, table):
    reference = submitted("contact", **TRAPPED)
    office.do(reference, "release")
    seen = office.do(reference, verb, **typed)
    director.do(reference, "undo")
    page = office.press(seen, f"/desk/{reference}/undo")
    assert (page.status, "Undo: hold again" in page.words) == (409, True)
    assert table.item(reference)["stage"].rpartition(" ")[0] == "contact open"


def test_the_same_press_twice_is_done_once(office, submitted, table, inbox):
    reference = submitted("plaque")
    page = office.get(f"/desk/{reference}")
    for number, (verb, typed) in enumerate(
        (
            ("note", {"text": "x"}),
            ("mark", {"tracking": "9400"}),
            ("undo", {}),
            ("correct", PLAQUE | {"contact_name": "Alex Q. Sample"}),
            ("close", {"reason": "withdrawn"}),
            ("undo", {}),
        )
    ):
        fields = page.form(f"/desk/{reference}/note").fields | typed | {"once": str(number)}
        assert [office.post(f"/desk/{reference}/{verb}", fields).status for _ in range(2)] == [303, 303]
    said = [entry["what"] for entry in table.item(reference)["history"]]
    assert said == ["noted", "mailed", "not mailed", "corrected", "closed", "reopened"]


def test_what_is_typed_into_a_page_that_was_used_before_is_not_taken_for_the_same_press(office, submitted, table):
    """The browser's Back shows the page as it was, and so may a page whose answer was lost."""
    reference = submitted("plaque")
    page, at = office.get(f"/desk/{reference}"), f"/desk/{reference}"
    note = page.form(f"{at}/note").fields
    assert [office.post(f"{at}/note", note | {"text": text}).status for text in ("Once", "Once", "Later")] == [303] * 3
    assert [entry["text"] for entry in table.item(reference)["history"]] == ["Once", "Later"]
    form = office.get(f"{at}/correct").form(f"{at}/correct").fields
    said = [office.post(f"{at}/correct", form | {"addressee": text}).status for text in ("Once", "Once", "Later")]
    assert said == [303, 303, 409]


def test_a_correction_of_nothing_is_told_and_no_history(office, submitted, table):
    action = f"/desk/{submitted('plaque')}/correct"
    answer = office.press(office.get(action), action)
    assert (answer.status, "Nothing is different Change an answer, or go back." in answer.words) == (422, True)
    assert [item.get("history") for item in table.items()] == [None]


def test_a_mailed_plaque_is_told_ten_minutes_later_with_its_tracking_number(office, submitted, inbox, clock):
    reference = submitted("plaque")
    page = office.do(reference, "mark", tracking=" 9400 1000 ")
    assert "tracking number 9400 1000" in page.words
    inbox.deliver()
    clock.forward(minutes=9)
    assert inbox.titled("Your plaque is on its way") == []
    clock.forward(minutes=2)
    [news] = inbox.titled("Your plaque is on its way")
    assert news["to"] == [PLAQUE["email"]]
    assert "9400 1000" in news["text"]
    assert "9400 1000" in news["html"]
    page = office.do(reference, "undo")
    assert "cannot call that e-mail back" not in page.words
    assert "will not get another" in page.words
    office.do(reference, "mark")
    clock.forward(minutes=11)
    clock.forward(minutes=11)
    assert len(inbox.titled("Your plaque is on its way")) == 1


@pytest.mark.parametrize("kind", ["Reject", "Bounce", "Complaint"])
def test_the_page_of_a_plaque_promises_no_second_e_mail_whatever_became_of_the_first(
    kind, office, submitted, inbox, clock, report
):
    reference = submitted("plaque")
    office.do(reference, "mark")
    clock.forward(minutes=11)
    report(kind, Owed("SUBMISSIONS_TABLE", reference, "mailed"), bounceType="Permanent", bounceSubType="General")
    page = office.do(reference, "undo")
    assert "We e-mailed the agency before that its plaque is on its way. It will not get another e-mail." in page.words
    assert "we e-mail each agency that did not get this e-mail before" in office.get("/desk/plaques").words
    office.do(reference, "mark")
    clock.forward(minutes=11)
    assert len(inbox.titled("Your plaque is on its way")) == 1


@pytest.mark.parametrize("is_undone", [False, True])
@pytest.mark.parametrize(("field", "answer"), [("email", "right@example.gov"), ("telephone", "555-555-0188")])
def test_the_news_that_came_back_goes_to_the_corrected_address(
    field, answer, is_undone, office, submitted, inbox, clock, report
):
    reference = submitted("plaque")
    office.do(reference, "mark")
    clock.forward(minutes=11)
    report("Bounce", Owed("SUBMISSIONS_TABLE", reference, "mailed"), address=PLAQUE["email"], bounceType="Permanent")
    if is_undone:
        office.do(reference, "undo")
    office.press(office.get(action := f"/desk/{reference}/correct"), action, **{field: answer})
    if is_undone:
        office.do(reference, "mark")
    clock.forward(minutes=11)
    clock.forward(minutes=11)
    got = [each["to"] for each in inbox.titled("Your plaque is on its way")]
    assert got == [[PLAQUE["email"]], *([[answer]] if field == "email" else [])]


def test_undone_in_time_no_e_mail_goes_out(office, submitted, inbox, clock):
    reference = submitted("plaque")
    office.do(reference, "mark")
    clock.forward(minutes=9)
    office.do(reference, "undo")
    clock.forward(minutes=30)
    assert inbox.titled("Your plaque is on its way") == []
    office.do(reference, "mark")
    clock.forward(minutes=5)
    assert inbox.titled("Your plaque is on its way") == []
    clock.forward(minutes=6)
    assert len(inbox.titled("Your plaque is on its way")) == 1


@pytest.mark.parametrize("slug", ["contact", "plaque"])
def test_what_is_closed_is_not_reminded_of_and_nobody_is_mailed(slug, office, submitted, inbox, clock, table):
    reasons = {"duplicate": "Duplicate", "spam": "Spam", "withdrawn": "Withdrawn", "not-eligible": "Not eligible"}
    closed = {reason: submitted(slug, telephone=f"555 555 01{each}0") for each, reason in enumerate(reasons)}
    before = len(inbox.messages())
    for reason, reference in closed.items():
        of = (
            {"of": f"Re: Sample Police: Checklists - by Sat [{closed['spam'].lower()}]"}
            if reason == "duplicate"
            else {}
        )
        page = office.do(reference, "close", reason=reason, **of)
        assert reasons[reason] in page.words
        assert closed["spam"] in page.words or reason not in ("spam", "duplicate")
        assert table.item(reference)["closed"].get("of") == (closed["spam"] if reason == "duplicate" else None)
    clock.forward(days=20)
    subjects = [message["subject"] for message in inbox.messages()[before:]]
    assert [subject for subject in subjects if "igest" not in subject] == []
    office.do(closed["spam"], "undo")
    assert table.item(closed["spam"])["stage"].rpartition(" ")[0] == f"{slug} open"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Choose why"),
        ({"reason": "other"}, "Choose why"),
        ({"reason": "duplicate"}, "Enter the reference of the one you keep."),
        ({"reason": "duplicate", "of": "NOTTHERE22"}, "Nothing else has the reference NOTTHERE22"),
    ],
)
def test_a_close_without_a_good_reason_is_refused_in_words(typed, words, office, submitted, table):
    reference = submitted("contact")
    page = office.do(reference, "close", **typed)
    assert (page.status, words in page.words) == (422, True)
    assert "closed" not in table.item(reference)


@pytest.mark.parametrize("slug", ["contact", "plaque"])
@pytest.mark.parametrize("reason", ["spam", "withdrawn"])
def test_the_same_form_sent_again_after_it_was_closed_reaches_the_office(slug, reason, office, submitted, post, table):
    closed = submitted(slug)
    office.do(closed, "close", reason=reason)
    again = submitted(slug)
    assert again != closed
    assert again in office.get().text
    post(slug, SAMPLES[slug])
    assert len(table.items()) == 2


def test_spam_that_comes_again_after_it_was_closed_is_the_same(office, submitted, post, table):
    office.do(submitted("contact", **TRAPPED), "close", reason="spam")
    post("contact", CONTACT | TRAPPED)
    assert len(table.items()) == 1
    submitted("contact")  # the same words, from a person
    assert len(table.items()) == 2


def test_a_duplicate_is_offered_its_twin_and_leads_to_it(office, submitted, table):
    submitted("contact", email=PLAQUE["email"])
    first, second = submitted("plaque", city="Old Town"), submitted("plaque", city="New Town")
    assert office.get(f"/desk/{first}").form(f"/desk/{first}/close").fields["of"] == second
    page = office.do(first, "close", reason="duplicate")
    assert table.item(first)["closed"]["of"] == second
    assert f'Duplicate: <a href="/desk/{second}">' in page.text
    assert office.get(f"/desk/{second}").form(f"/desk/{second}/close").fields["of"] == ""
    office.do(first, "undo")
    third = submitted("plaque", city="Third Town")  # no one knows of which of two
    assert office.get(f"/desk/{third}").form(f"/desk/{third}/close").fields["of"] == ""


def test_no_twin_is_offered_where_not_all_others_were_looked_at(office, submitted, clock, monkeypatch):
    from web.desk import casefile

    monkeypatch.setattr(casefile, "OTHERS", 2)
    for slug, changes in (("plaque", {"city": "Old Town"}), ("plaque", {}), ("contact", {"email": PLAQUE["email"]})):
        submitted(slug, **changes)
        clock.forward(minutes=1)
    reference = submitted("plaque", city="New Town")
    assert office.get(f"/desk/{reference}").form(f"/desk/{reference}/close").fields["of"] == ""


def test_one_form_is_no_duplicate_of_another(office, submitted, run_staff, table):
    plaque, message = submitted("plaque"), submitted("contact")
    for one, other, what in ((plaque, message, "message"), (message, plaque, "plaque request")):
        words = f"{other} is a {what}. Enter the reference of one of the same kind."
        page = office.do(one, "close", reason="duplicate", of=other)
        assert (page.status, words in page.words) == (422, True)
        assert run_staff("close", one, "duplicate", "--of", other)[::2] == (1, f"{words}\n")
        assert "closed" not in table.item(one)


def test_two_are_not_closed_as_duplicates_of_each_other(office, submitted, table):
    first, second = submitted("plaque", city="Old Town"), submitted("plaque", city="New Town")
    office.do(first, "close", reason="duplicate", of=second)
    page = office.do(second, "close", reason="duplicate", of=first)
    assert (page.status, f"{first} is closed itself" in page.words) == (422, True)
    assert "closed" not in table.item(second)


def test_none_is_closed_as_the_duplicate_of_one_that_was_erased(office, submitted, run_staff, table):
    kept, duplicate = submitted("contact", email="erased@example.gov"), submitted("contact")
    erasure.erase(erasure.find("erased@example.gov"), OFFICE, promises.now())
    page = office.do(duplicate, "close", reason="duplicate", of=kept)
    words = f"{kept} was erased. Enter the reference of one you keep."
    assert (page.status, words in page.words) == (422, True)
    assert run_staff("close", duplicate, "duplicate", "--of", kept)[::2] == (1, f"{words}\n")
    assert "closed" not in table.item(duplicate)


@pytest.fixture
def just_before(monkeypatch):
    """Do something of someone else between the reads and the write of the next step."""

    def just_before(what):
        write = submissions.change

        def change(*args, **kwargs):
            monkeypatch.setattr(submissions, "change", write)
            what()
            write(*args, **kwargs)

        monkeypatch.setattr(submissions, "change", change)

    return just_before


def close(reference, reason, of=""):
    assert workflow.close(submissions.get(reference), workflow.Step(DIRECTOR, promises.now()), reason, of)


@pytest.mark.parametrize("meanwhile", ["duplicate", "spam", "erased"])
def test_the_one_that_is_kept_must_be_there_at_the_moment_of_closing(meanwhile, office, submitted, table, just_before):
    closing, kept = submitted("contact"), submitted("contact", email="kept@example.gov")
    if meanwhile == "erased":
        just_before(lambda: erasure.erase(erasure.find("kept@example.gov"), DIRECTOR, promises.now()))
    else:
        just_before(lambda: close(kept, meanwhile, closing))
    page = office.do(closing, "close", reason="duplicate", of=kept)
    words = f"{kept} was erased" if meanwhile == "erased" else f"{kept} is closed itself"
    assert (page.status, words in page.words) == (422, True)
    assert "closed" not in table.item(closing)


def test_who_closes_a_duplicate_that_someone_else_closed_meanwhile_reads_so(office, submitted, table, just_before):
    closing, kept = submitted("contact"), submitted("contact", telephone="555 555 0199")
    just_before(lambda: close(closing, "spam"))
    page = office.press(office.get(f"/desk/{closing}"), f"/desk/{closing}/close", reason="duplicate", of=kept)
    assert (page.status, f"closed, by {DIRECTOR}" in page.words) == (409, True)
    assert table.item(closing)["closed"]["reason"] == "spam"


def test_a_double_click_that_closes_a_duplicate_is_no_surprise(office, submitted, table, just_before):
    closing, kept = submitted("contact"), submitted("contact", telephone="555 555 0199")
    action = f"/desk/{closing}/close"
    fields = office.get(f"/desk/{closing}").form(action).fields | {"reason": "duplicate", "of": kept}
    just_before(lambda: office.post(action, fields))
    assert office.post(action, fields).status == 303
    assert [entry["what"] for entry in table.item(closing)["history"]] == ["closed"]


@pytest.mark.parametrize(("conflicts", "status"), [(2, 200), (3, 500)])
def test_a_duplicate_is_closed_although_dynamodb_is_at_the_kept_one(
    conflicts, status, office, submitted, table, monkeypatch
):
    """It cancels a transaction while another write to one of its items is under way, and the SDK tries none again."""
    closing, kept = submitted("contact"), submitted("contact", telephone="555 555 0199")
    client = dynamodb.client()
    write, left = client.transact_write_items, [*range(conflicts)]
    reasons: Any = {"CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}]}

    def conflict(**parameters):
        if not left:
            return write(**parameters)
        left.pop()
        error: Any = {"Error": {"Code": "TransactionCanceledException"}, **reasons}
        raise client.exceptions.TransactionCanceledException(error, "TransactWriteItems")

    monkeypatch.setattr(client, "transact_write_items", conflict)
    page, action = office.get(f"/desk/{closing}"), f"/desk/{closing}/close"
    assert office.press(page, action, reason="duplicate", of=kept).status == status
    assert ("closed" in table.item(closing)) == (status == 200)


def test_a_release_begins_the_promised_time_anew_and_the_receipt_says_so(office, submitted, inbox, clock, table):
    reference = submitted("contact", **TRAPPED)
    assert not office.get(f"/desk/{reference}").offers("mark")
    clock.forward(hours=70)
    page = office.do(reference, "release")
    assert page.offers("mark")
    inbox.deliver()
    clock.look()
    [receipt] = inbox.titled("We have your message")
    due = promises.moment_in_words(promises.now() + timedelta(hours=24))
    assert due in receipt["text"]
    assert "the promised time counts from then" in receipt["text"]
    assert inbox.titled("Late") == []
    clock.forward(hours=25)
    assert len(inbox.titled("Late")) == 1
    office.do(reference, "undo")
    assert table.item(reference)["stage"].rpartition(" ")[0] == "contact held"
    assert "Release" in office.get(f"/desk/{reference}").text


def test_a_held_one_can_be_closed_and_is_held_again_when_that_is_undone(office, submitted, table):
    reference = submitted("contact", **TRAPPED)
    assert "Held as possible spam 1 No reminders come until you release or close them." in office.get().words
    office.do(reference, "close", reason="spam")
    assert reference not in office.get().text
    office.do(reference, "undo")
    assert table.item(reference)["stage"].rpartition(" ")[0] == "contact held"


def test_template_answers_open_the_mail_program_with_receiver_subject_thread_and_text(office, submitted):
    name = "Jordan&bcc=evil@example.com"
    reference = submitted("contact", name=name, email="jordan+desk@example.gov")
    found = re.findall(r'href="(mailto:[^"]+&amp;[^"]+)"', office.get(f"/desk/{reference}").text)
    links = [urlsplit(unescape(each)) for each in found]
    assert len(links) == len(answers.everything()) >= 5
    for link in links:
        filled = dict(parse_qsl(link.query, strict_parsing=True))
        assert (link.path, set(filled)) == ("jordan%2Bdesk@example.gov", {"subject", "body", "In-Reply-To"})
        assert filled["subject"].endswith(f" [{reference}]")
        assert filled["In-Reply-To"] == f"<{reference}@certification.example.org>"
        assert filled["body"].startswith(f"{name},\r\n\r\n")
        assert not {"{", "}"} & set(filled["body"])
    office.do(reference, "close", reason="spam")
    assert "Answer with a template" not in office.get(f"/desk/{reference}").words


def test_hostile_answers_and_notes_are_text_on_every_page(office, post, inbox, table):
    for text in HOSTILE.values():
        post("contact", {**CONTACT, "name": text, "organization": text, "message": text})
        post("plaque", {**PLAQUE, "agency": text, "addressee": text, "contact_name": text})
    stored = [found["reference"] for found in table.items()]
    assert len(stored) > len(HOSTILE)
    for reference, text in zip(stored, HOSTILE.values(), strict=False):
        office.do(reference, "note", text=f"note {text}")
    for address in ["/desk/", *(f"/desk/{reference}" for reference in stored)]:
        page = office.get(address)
        assert page.status == 200
        assert "<script" not in page.text
        assert 'onfocus="' not in page.text


def test_a_reference_that_is_none_is_a_plain_page(office):
    for reference in ("NOTTHERE22", "x", "%00", "..%2f", "<script>", "a" * 300, "---", "%F0%9F%91%AE"):
        page = office.get(f"/desk/{reference}")
        assert page.status == 410
        assert "No message or request has this reference" in page.words
        assert "<script>" not in page.text


def test_what_the_desk_does_not_do_it_says_with_what_to_do(office, submitted):
    erased, reference = submitted("contact", email="erased@example.gov"), submitted("contact")
    erasure.erase(erasure.find("erased@example.gov"), OFFICE, promises.now())
    note, token = f"/desk/{reference}/note", office.get(f"/desk/{reference}").form(f"/desk/{reference}/note").fields
    told = [
        (office.get("/desk/x/y/z"), 410, "There is no such page Go to Today, and start from there."),
        (
            office.get("/desk/NOTTHERE22"),
            410,
            "No message or request has this reference Check the reference, or search for the agency or the person. "
            "Answers are deleted after a year.",
        ),
        (
            office.get("/desk/certified/x"),
            410,
            "There is no such certification It ended long ago, or was undone.",
        ),
        (
            office.get(f"/desk/{erased}/person"),
            409,
            "Its data were erased No data of the sender is stored any more.",
        ),
        (office.get(f"/desk/{erased}/correct"), 409, "Its data were erased There is nothing left to correct."),
        (
            office.post("/desk/person", token | {"email": "x"}),
            422,
            "That is not an e-mail address Search for it on Find.",
        ),
        (
            office.post(note, token, origin="https://evil.example"),
            400,
            f"This form does not come from the desk Open the desk at {SITE}/desk/ and press the button there. "
            "Nothing was changed.",
        ),
        (
            office.post(note, token | {"csrf": "x"}),
            400,
            "This page is from another session Press the button again.",
        ),
        (
            office.post(note, token | {"text": "x" * 140_000}),
            413,
            "That is too long Shorten it and send it again.",
        ),
        (
            office.post(note, token | {"text": b"\xff"}),
            400,
            "We could not read what was sent Send it again.",
        ),
    ]
    for page, status, words in told:
        assert (page.status, unescape(page.words).startswith(words)) == (status, True), words


@pytest.mark.parametrize(
    ("path", "place"),
    [
        *(("", "Today"), ("find", "Find"), ("plaques", "Plaques"), ("plaques/labels", "Plaques")),
        *(("certified", "Certified"), ("numbers", "Numbers")),
    ],
)
def test_the_menu_of_the_desk_shows_where_one_is(path, place, office):
    assert re.findall('aria-current="page">([^<]+)<', office.get(f"/desk/{path}").text) == [place]


TYPED = {
    "note": ("", {"text": "Called the <chief>,\nleft a message"}),
    "mark": ("", {"tracking": "9400 <1>"}),
    "close": ("", {"reason": "duplicate", "of": "K7M2P9QRTX"}),
    "correct": ("/correct", {"agency": "Town of <b>Sample</b>", "city": "New Town", "new-receipt": "yes"}),
}


@pytest.mark.denies
@pytest.mark.parametrize(("verb", "page", "typed"), [(verb, *given) for verb, given in TYPED.items()], ids=TYPED)
def test_what_was_typed_is_still_there_where_a_table_cannot_be_reached(
    verb, page, typed, office, submitted, table, set_variable
):
    reference = submitted("plaque")
    action = f"/desk/{reference}/{verb}"
    shown = office.get(f"/desk/{reference}{page}")
    before = table.item(reference)
    set_variable("SUBMISSIONS_TABLE", "gone")
    answer = office.press(shown, action, **typed)
    assert (answer.status, "Something went wrong here" in answer.words) == (500, True)
    kept = answer.form(action).fields
    assert {name: kept[name] for name in typed} == typed
    assert kept.get("seen") == shown.form(action).fields.get("seen")
    assert "<b>" not in answer.text
    set_variable("SUBMISSIONS_TABLE", "Submissions")
    assert table.item(reference) == before
    if verb != "close":
        assert office.press(answer, action).status == 200
        assert len(table.item(reference)["history"]) == 1


def test_what_was_typed_is_still_there_where_the_session_ended_meanwhile(office, submitted, table, clock):
    reference = submitted("contact")
    action = f"/desk/{reference}/note"
    page = office.get(f"/desk/{reference}")
    clock.forward(days=31)
    answer = office.press(page, action, text="Called <the> chief")
    assert (answer.status, "You are not signed in" in answer.words) == (400, True)
    assert answer.form(action).fields["text"] == "Called <the> chief"
    assert "history" not in table.item(reference)
    office.begin_session()  # in another tab
    again = office.press(answer, action)
    assert again.form(action).fields["text"] == "Called <the> chief"
    assert office.press(again, action).status == 200
    assert [entry["text"] for entry in table.item(reference)["history"]] == ["Called <the> chief"]


# Certification follows the mark


@pytest.fixture
def certified(table):
    return lambda: list(certifications.everybody())


def test_an_agency_is_certified_once_its_plaque_is_marked_mailed_and_undo_takes_it_back(
    office, submitted, certified, clock
):
    reference = submitted("plaque")
    clock.forward(minutes=11)
    assert certified() == []
    office.do(reference, "mark")
    [agency] = certified()
    assert (agency.name, agency.state, agency.reference) == (PLAQUE["agency"], "HI", reference)
    assert (agency.valid_until - agency.certified_on).days in (730, 731)
    assert not agency.listed
    clock.look()
    assert certified() == [agency]
    office.do(reference, "undo")
    assert certified() == []
    clock.look()
    assert certified() == []
    office.do(reference, "mark")
    assert len(certified()) == 1


def test_a_later_claim_of_another_sender_changes_nothing(office, submitted, certified, clock):
    reference = submitted("plaque")
    office.do(reference, "mark")
    before = certified()
    submitted("plaque", email="mallory@evil.example.com")
    submitted("plaque", completed=(before[0].certified_on + timedelta(days=30)).isoformat(), email="m@evil.example.com")
    clock.forward(minutes=11)
    assert certified() == before


def test_a_renewal_adds_a_period_and_its_undo_brings_back_the_one_before(office, submitted, certified):
    office.do(submitted("plaque"), "mark")
    [before] = certified()
    renewal = submitted(
        "plaque", completed=(before.certified_on + timedelta(days=30)).isoformat(), email="new@example.gov"
    )
    office.do(renewal, "mark")
    [after] = certified()
    assert (after.id, after.email, len(after.periods)) == (before.id, "new@example.gov", 2)
    assert after.certified_on == before.certified_on + timedelta(days=30)
    office.do(renewal, "undo")
    [back] = certified()
    assert replace(back, history=()) == replace(before, history=())


STOPPED = {
    "withdrawn": lambda each, now: agencies.withdraw(each, OFFICE, now),
    "ended": lambda each, now: agencies.end(each, OFFICE, now),
    "stopped": invitations.stop,
}


@pytest.mark.parametrize("days", [0, 30], ids=["the same date", "a later date"])
@pytest.mark.parametrize("stop", STOPPED.values(), ids=STOPPED)
def test_an_undo_brings_back_nothing_that_was_stopped(stop, days, office, submitted, certified, clock):
    office.do(submitted("plaque", listed="yes"), "mark")
    stop(certified()[0].id, promises.now())
    [before] = certified()
    clock.forward(minutes=1)
    completed = (before.certified_on + timedelta(days=days)).isoformat()
    claim = submitted("plaque", completed=completed, email="mallory@evil.example.com", listed="yes")
    office.do(claim, "mark")
    [marked] = certified()
    assert (marked.listed, marked.ended_on, marked.stopped) == (
        (True, None, False) if days else (before.listed, before.ended_on, before.stopped)
    )
    office.do(claim, "undo")
    assert certified() == [before]


def test_a_second_plaque_for_one_certification_begins_no_period(office, submitted, certified, table, clock):
    office.do(submitted("plaque"), "mark")
    [before] = certified()
    clock.forward(minutes=11)
    again = submitted("plaque", addressee="Deputy Chief")
    office.do(again, "mark")
    [after] = certified()
    assert (after.periods, after.reference) == (before.periods, again)
    assert table.item(again)["done"]["renews"] is False


def test_a_name_that_the_office_replaced_stays_until_the_request_has_another(office, submitted, certified):
    reference = submitted("plaque")
    office.do(reference, "mark")
    agencies.rename(certified()[0].id, "Sample City Peace Officers", OFFICE, promises.now())
    action = f"/desk/{reference}/correct"
    office.press(office.get(action), action, zip="96802")
    assert certified()[0].name == "Sample City Peace Officers"
    office.press(office.get(action), action, agency="Sample City Police Bureau")
    assert certified()[0].name == "Sample City Police Bureau"


def test_an_address_that_is_too_long_is_said_to_be_none_and_not_cut(table, template):
    office = at_desk(template)
    typed = f"{'x' * 400}@example.org"
    page = office.press(office.get(), "/desk/sign-in", email=typed)
    assert "Enter your e-mail address" in page.words
    assert page.form("/desk/sign-in").fields["email"] == typed
