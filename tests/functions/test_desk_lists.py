"""The desk's lists: find, correct, plaques, certified agencies, numbers."""

import csv
import html
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

import boto3
import pytest
import time_machine

import promises
from forms import fields
from forms.catalog import TASKS
from forms.plaque import PlaqueForm
from local.aws.lambda_runtime import invoke
from normalize import addresses
from office import agencies, erasure, numbers, workflow
from office.workflow import Step
from storage import bounces, certifications, dynamodb, outbox, submissions
from storage.outbox import Owed
from tests.support.office import OFFICE
from tests.support.samples import COMPLETED, CONTACT, HOSTILE, PLAQUE, TODAY
from web.desk import lists, worklist


def lines(answer):
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


PERMANENT = {"bounceType": "Permanent"}


# E-mail that came back


def bounced(report, reference, slot="receipt", **more):
    report("Bounce", Owed("SUBMISSIONS_TABLE", reference, slot), message_id=f"{slot} {reference}", **PERMANENT | more)


def test_an_e_mail_that_came_back_stays_on_today_with_whom_to_call_until_somebody_says_seen_to(
    office, submitted, report, clock, table
):
    contact, plaque = submitted("contact"), submitted("plaque")
    assert "came back" not in office.get().words
    bounced(report, contact)
    bounced(report, plaque)
    page = office.get()
    assert "2 e-mails came back." in page.words
    assert f"{PLAQUE['agency']} , receipt of {plaque} receipt bounced" in html.unescape(page.words)
    assert "Its address does not exist, or takes no e-mail. Call, and correct the address." in page.words
    assert 'href="tel:+15555550123;ext=4"' in page.text
    assert PLAQUE["telephone"] in page.words
    assert "takes no e-mail. Call" in office.get(f"/desk/{plaque}").words
    office.do(plaque, "note", text="Called, nobody there")
    office.do(contact, "mark")
    clock.forward(days=60)
    office.begin_session()
    submitted("contact", message="New today")
    page = office.get()
    assert page.words.index("Late 1") < page.words.index("E-mail that came back 2") < page.words.index("Waiting 1")
    mine = [form.fields for form in page.forms if form.action == "/desk/returned/seen-to"]
    first = next(fields for fields in mine if plaque in fields["report"])
    after = [office.follow(office.post("/desk/returned/seen-to", first)) for _ in range(2)][-1]
    assert "1 e-mail came back." in after.words
    assert f"{OFFICE} took care of the receipt e-mail of {plaque}." in after.words
    assert [entry["what"] for entry in table.item(plaque)["history"]] == ["noted", "taken care of"]
    assert "Receipt e-mail: bounced" in office.get(f"/desk/{plaque}").words
    assert "2 e-mails came back." in office.press(after, "/desk/returned/undo").words
    assert [entry["what"] for entry in table.item(plaque)["history"]][-1] == "put back on the list"
    gone = office.post("/desk/returned/seen-to", first | {"report": "bounced nothing"})
    assert (gone.status, "This e-mail is no longer listed" in gone.words) == (410, True)


def test_nobody_has_to_call_about_what_is_closed_until_it_is_reopened(office, submitted, report, clock, inbox):
    reference = submitted("contact")
    bounced(report, reference)
    office.do(reference, "close", reason="spam")
    assert "came back" not in office.get().words
    clock.forward(days=1)
    digest = inbox.titled("Digest of")[-1]
    assert "receipt e-mail: bounced. It is closed. There is nothing to do." in digest["text"]
    office.do(reference, "undo")
    page = office.get()
    assert "1 e-mail came back." in page.words
    assert "Its address does not exist, or takes no e-mail. Call, and correct the address." in page.words


def headings(page):
    """The sections of a page of the desk with the numbers beside them."""
    found = re.findall(r"<h2[^>]*>([^<]+) <span class=.count.>([^<]+)", page.text)
    return [(title, int(number)) for title, number in found]


def test_today_sorts_the_work_by_what_is_most_urgent(office, submitted, clock):
    assert "Everything is done" in office.get("/desk/").words
    submitted("contact", message="First")
    submitted("contact", message="Held", reply_code="cheap backlinks")
    submitted("plaque")
    page = office.get("/desk/")
    assert headings(page) == [("Waiting", 1), ("Plaques to mail", 1), ("Held as possible spam", 1)]
    assert page.text.index('name="q"') < page.text.index("<h2")
    clock.forward(hours=14)
    assert headings(office.get("/desk/"))[0] == ("Due today", 1)
    clock.forward(hours=11)
    late = office.get("/desk/")
    assert headings(late) == [("Late", 1), ("Plaques to mail", 1), ("Held as possible spam", 1)]
    assert "60 minutes late , Sat 12:00 PM" in late.words
    clock.forward(days=13)
    assert headings(office.get("/desk/")) == [("Late", 1), ("Due today", 1), ("Held as possible spam", 1)]


def test_today_and_the_digest_count_the_same(office, submitted, clock, inbox):
    submitted("contact", message="Due today")
    submitted("contact", message="Held", reply_code="cheap backlinks")
    clock.forward(hours=18, minutes=30)  # before the digest of the next morning
    submitted("contact", message="Waiting")
    for number in range(2):
        submitted("plaque", telephone=f"555 555 010{number}")
    clock.forward(minutes=40)
    told = inbox.titled("Digest of")[-1]["subject"], office.get().words
    counts = [re.findall(r"\b[1-9] (?:late|due today|waiting|to mail|held)\b", each) for each in told]
    assert counts == [["1 due today", "1 waiting", "2 to mail", "1 held"]] * 2


def test_today_shows_all_of_a_long_section_where_asked(office, submitted, monkeypatch):
    references = [submitted("contact", message=f"Number {number}") for number in range(3)]
    monkeypatch.setattr(worklist, "SHOWN", 2)
    page = office.get("/desk/")
    assert [reference in page.text for reference in references].count(True) == 2
    [more] = re.findall(r'href="([^"]+)">Show all 3<', page.text)
    whole = office.get(more)
    assert all(reference in whole.text for reference in references)
    assert "Show all" not in whole.text


def test_today_says_where_more_came_back_than_it_shows(office, submitted, report, monkeypatch):
    monkeypatch.setattr(worklist, "SHOWN", 1)
    for message in ("One", "Two"):
        bounced(report, submitted("contact", message=message))
    page = office.get()
    assert "More than 1 e-mail came back." in page.words
    assert page.words.count("Taken care of :") == 1


def test_seeing_to_it_that_breaks_off_halfway_is_finished_by_the_second_press(
    office, submitted, report, table, monkeypatch
):
    bounced(report, reference := submitted("contact"))
    fields = office.get().form("/desk/returned/seen-to").fields
    with monkeypatch.context() as broken:
        broken.setattr(bounces, "see_to", lambda *_: 1 / 0)
        assert office.post("/desk/returned/seen-to", fields).status == 500
    assert "1 e-mail came back." in office.get().words
    assert office.post("/desk/returned/seen-to", fields).status == 303
    assert "came back" not in office.get().words
    assert [entry["what"] for entry in table.item(reference)["history"]] == ["taken care of"]


def test_nobody_is_asked_to_call_whose_data_were_erased(office, submitted, report):
    bounced(report, reference := submitted("contact"))
    page = office.get(f"/desk/{reference}/person")
    office.press(page, "/desk/person/erase", confirm="yes", unfinished="yes")
    assert "came back" not in office.get().words


def test_what_came_back_says_what_it_means_whoever_it_was_for(office, submitted, report, table):
    reference = submitted("plaque")
    office.do(reference, "mark")
    [agency] = certifications.everybody()
    report("Complaint", Owed("SUBMISSIONS_TABLE", reference, "receipt"), message_id="1")
    invitation = Owed("CERTIFICATIONS_TABLE", agency.id, "invitation-60")
    report("Bounce", invitation, address=agency.email, message_id="2", **PERMANENT)
    report("Bounce", Owed("SUBMISSIONS_TABLE", reference, "staff"), message_id="3", address=OFFICE, **PERMANENT)
    report("Bounce", Owed("SUBSCRIBERS_TABLE", "x", "2027-01-news"), message_id="4", **PERMANENT)
    report("Bounce", Owed("SUBMISSIONS_TABLE", "NOTTHERE22", "receipt"), message_id="5", **PERMANENT)
    words = html.unescape(office.get().words)
    for said in (
        "The receiver reported it as spam, and gets no more announcements.",
        f"{PLAQUE['agency']} , invitation of {reference} invitation bounced",
        "The invitations to renew have stopped. Call the agency, and enter the right address.",
        "The office staff bounced An address of the office does not take e-mail. Tell the engineer.",
    ):
        assert said in words
    assert "2027-01-news" not in words
    assert "3 e-mails came back." in words
    # Answers are kept for a year, a certification for two.
    boto3.client("dynamodb").delete_item(TableName=table.name, Key={"reference": {"S": reference}})
    assert f"{PLAQUE['agency']} , invitation of the certification" in html.unescape(office.get().words)


# Find


def test_anything_that_a_caller_says_finds_the_submission(office, submitted):
    contact = submitted("contact", organization="O’Brien Co. Sheriff", name="José Ñandú")
    plaque = submitted("plaque")
    queries = {
        contact: [
            f"[{contact[:5].lower()}-{contact[5:]}]",
            "obrien county SHERIFF",
            "jose nandu",
            CONTACT["email"].upper(),
            "555.555.0123",
            "+1 (555) 555-0123",
            "nine officers",
        ],
        plaque: ["kapaa saint marys police", "Town of KAPA'A & St. Mary’s", "PO Box 12", "96746-0012", "555 0199"],
    }
    for reference, asked in queries.items():
        for query in asked:
            page = office.press(office.get(), "/desk/find", q=query)
            assert page.status == 200
            assert f'href="/desk/{reference}"' in page.text, query
            assert query not in page.headers.get("location", "")
    assert f'href="/desk/{plaque}"' not in office.press(office.get(), "/desk/find", q="nine officers").text
    assert f'href="/desk/{contact}"' in office.get("/desk/find?q=nine+officers").text


def test_two_telephone_numbers_are_found_each_and_together_and_not_across(office, submitted):
    reference = submitted("contact", telephone="(555) 555-0100 or 1-555-555-0147")
    for query in ("555 555 0100", "15555550147", "0147", "555-555-0147, 555-555-0100", "5555550100/5555550147"):
        assert reference in office.press(office.get(), "/desk/find", q=query).text, query
    for query in ("01001555", "555-555-0100 / 555-555-0199"):
        assert reference not in office.press(office.get(), "/desk/find", q=query).text, query


@pytest.mark.parametrize("address", ["lee@bücher.com", "lee@北京.com", "lee@straße.example.com"])
def test_an_address_in_any_spelling_finds_what_was_stored_from_it(office, submitted, address, clock):
    reference = submitted("contact", email=address)
    stored = addresses.normalized(address)
    clock.forward(minutes=1)
    submitted("contact", email=f"other@{stored.removeprefix('lee@')}", name="Lee Sample")
    office.begin_session()
    for query in (address, address.title(), f"Lee Sample <{address}>", f"mailto:{address}", stored, f"{address} nine"):
        page = office.press(office.get(), "/desk/find", q=query)
        found = re.findall('href="/desk/([A-Z0-9]{10})"', page.text)
        assert reference in (found if query.endswith("nine") else found[:1]), query


def test_a_slip_finds_what_is_written_almost_so_and_nothing_says_so(office, submitted):
    reference = submitted("plaque", agency="Springfield Police Department")
    page = office.press(office.get(), "/desk/find", q="Sprinfield")
    assert f'href="/desk/{reference}"' in page.text
    assert "These are similar" in page.words
    assert "Nothing was found" in office.press(office.get(), "/desk/find", q="Riverside").words
    for text in HOSTILE.values():
        page = office.press(office.get(), "/desk/find", q=text)
        assert page.status == 200
        assert "<script" not in page.text


def test_of_similar_words_the_most_alike_are_shown(office, submitted, monkeypatch):
    from office import search

    monkeypatch.setattr(search, "SHOWN", 1)
    near, far = (submitted("plaque", agency=f"{name} Police") for name in ("Springfield", "Springfels"))
    page = office.press(office.get(), "/desk/find", q="Sprinfield")
    assert [f'href="/desk/{each}"' in page.text for each in (near, far)] == [True, False]
    monkeypatch.setattr(search, "SHOWN", 2)
    page = office.press(office.get(), "/desk/find", q="Sprinfield")
    assert page.text.index(f'href="/desk/{near}"') < page.text.index(f'href="/desk/{far}"')


def test_a_search_says_that_there_are_more_agencies_than_it_shows(office, submitted, run_staff, monkeypatch):
    from office import search

    monkeypatch.setattr(search, "SHOWN", 2)
    for number in range(3):
        office.do(submitted("plaque", agency=f"Riverside {number}", email=f"{number}@example.gov"), "mark")
        page = office.press(office.get(), "/desk/find", q="riverside")
        _, out, told = run_staff("find", "riverside")
        assert page.text.count('href="/desk/certified/') == out.count("  certified  ") == min(number + 1, 2)
        is_more = number == 2
        assert ("2 of 3 agencies are shown. Add a word to find fewer." in page.words) is is_more
        for said in (told, run_staff("find", "riverside", "--json")[2]):
            assert ("2 of 3 agencies are shown; add a word to find fewer." in said) is is_more
            assert ("Looked at the newest" in said) is (number > 0)


@pytest.mark.parametrize("query", ["nothing like it", "Number", "Numbrr"], ids=["none", "exact", "similar"])
def test_a_search_says_how_far_it_looked(query, office, submitted, monkeypatch):
    from office import search

    for number in range(3):
        submitted("contact", message=f"Number {number}")
    assert "There may be older ones" not in office.press(office.get(), "/desk/find", q=query).words
    monkeypatch.setattr(search, "LOOKED_AT", 2)
    assert "There may be older ones" in office.press(office.get(), "/desk/find", q=query).words


def test_what_an_agency_and_a_person_sent_stands_beside_it_with_what_the_later_one_changed(office, submitted, clock):
    noon = promises.now()
    first = submitted("plaque", city="Old Town")
    question = submitted("contact", email=PLAQUE["email"])
    clock.forward(minutes=5)
    second = submitted("plaque", city="New Town")
    earlier, later = office.get(f"/desk/{first}"), office.get(f"/desk/{second}")
    assert all(f'href="/desk/{reference}"' in later.text for reference in (first, question))
    assert "Old Town → New Town" in later.words
    assert f"Received before this one, {promises.short_moment(noon, noon)}" in later.words
    assert "Old Town → New Town" in earlier.words
    assert f"Received after this one, {promises.short_moment(promises.now(), noon)}" in earlier.words


def test_of_two_requests_of_one_second_both_pages_call_the_same_one_the_first(office, submitted, clock):
    pages = [submitted("plaque", city=city) for city in ("Old Town", "New Town")]
    words = [office.get(f"/desk/{each}").words for each in pages]
    assert sorted(re.findall("Received (before|after) this one", " ".join(words))) == ["after", "before"]
    assert len({tuple(re.findall("(?:Old|New) Town → (?:Old|New) Town", each)) for each in words}) == 1


def test_nothing_is_compared_with_a_request_whose_sender_was_erased(office, submitted):
    erased, other = submitted("plaque", email="former@example.gov"), submitted("plaque")
    assert all(" → " in office.get(f"/desk/{each}").words for each in (erased, other))
    office.press(office.get(f"/desk/{erased}/person"), "/desk/person/erase", confirm="yes", unfinished="yes")
    for one, its_twin in ((erased, other), (other, erased)):
        page = office.get(f"/desk/{one}")
        assert f'href="/desk/{its_twin}"' in page.text
        assert " → " not in page.words


# Correct


def test_a_correction_is_a_new_version_and_label_search_certification_and_receipt_follow(
    office, submitted, table, inbox, clock
):
    reference = submitted("plaque", agency="Sprinfield Police")
    office.do(reference, "mark")
    page = office.get(f"/desk/{reference}/correct")
    action = f"/desk/{reference}/correct"
    assert ">Save the correction</button>" in page.text
    assert page.form(action).fields["agency"] == "Sprinfield Police"
    typed = {"agency": "Springfield Police", "addressee": "Chief Sample", "new-receipt": "yes"}
    page = office.press(page, action, **typed)
    assert "Springfield Police" in page.words
    assert "Agency name: Sprinfield Police → Springfield Police" in page.words
    assert "Chief Sample Springfield Police PO Box 12" in page.words
    assert office.get("/desk/certified").words.count("Springfield Police") == 1
    clock.forward(minutes=11)
    receipts = inbox.titled("We have your plaque request")
    assert len(receipts) == 2
    assert "the office corrected what you sent" in receipts[1]["text"]
    [entry] = [entry for entry in table.item(reference)["history"] if entry["what"] == "corrected"]
    assert entry["before"] == {"agency": "Sprinfield Police", "addressee": PLAQUE["addressee"]}
    assert f'href="/desk/{reference}"' in office.press(office.get(), "/desk/find", q="springfield").text
    clock.look()
    assert office.get("/desk/certified").words.count("Springfield Police") == 1


def correct(office, reference, **typed):
    action = f"/desk/{reference}/correct"
    return office.press(office.get(action), action, **typed, **{"new-receipt": "yes"})


def test_a_correction_of_a_correction_sends_one_new_receipt_if_the_first_is_not_on_its_way(
    office, submitted, inbox, clock
):
    reference = submitted("plaque")
    until = {promises.valid_until(COMPLETED - timedelta(days=days)): days for days in (1, 2)}
    for days in until.values():
        correct(office, reference, completed=(COMPLETED - timedelta(days=days)).isoformat())
    clock.look()
    _, *further = inbox.titled("We have your plaque request")
    assert [promises.day_in_words(list(until)[1]) in each["text"] for each in further] == [True]


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_correction_while_a_receipt_is_on_its_way_sends_another(is_seen, post, table):
    """The one on its way may have the answers of before. It may be claimed after the office's read too."""
    post("plaque", PLAQUE)
    reference = table.items()[0]["reference"]
    before = submissions.get(reference)
    outbox.claim(Owed("SUBMISSIONS_TABLE", reference, "receipt"), promises.now())
    seen = submissions.get(reference) if is_seen else before
    assert workflow.correct(seen, Step(OFFICE, promises.now()), {**seen.answers, "city": "New Town"}, receipt=True)
    assert table.item(reference)["mail"]["receipt-2"] == {"state": "owed"}


def test_a_correction_is_checked_by_the_forms_rules_and_keeps_what_was_typed(office, submitted, table):
    reference = submitted("plaque")
    before = table.item(reference)
    action = f"/desk/{reference}/correct"
    page = office.press(office.get(action), action, zip="9674", city="<b>New</b> Town")
    assert page.status == 422
    assert "Enter a ZIP code" in page.words
    assert page.form(action).fields["city"] == "<b>New</b> Town"
    assert office.press(office.get(action), action).status == 422
    assert table.item(reference)["answers"] == before["answers"]


def test_an_address_that_the_form_would_not_take_today_stays_while_another_answer_is_corrected(
    office, submitted, table
):
    reference = submitted("contact")
    old = {":old": {"S": "josé@example.gov"}}
    boto3.client("dynamodb").update_item(
        TableName=table.name,
        Key={"reference": {"S": reference}},
        UpdateExpression="SET answers.email = :old",
        ExpressionAttributeValues=old,
    )
    action = f"/desk/{reference}/correct"
    assert office.press(office.get(action), action, name="Jordan Example").status == 200
    answers = table.item(reference)["answers"]
    assert (answers["name"], answers["email"]) == ("Jordan Example", "josé@example.gov")


def test_of_two_corrections_at_once_the_second_sees_the_first(office, submitted, table):
    reference = submitted("contact")
    action = f"/desk/{reference}/correct"
    first, second = office.get(action), office.get(action)
    office.press(first, action, name="Jordan First")
    page = office.press(second, action, organization="Second Office")
    assert page.status == 409
    assert f"its history got this entry: corrected, by {OFFICE}, on " in page.words
    assert page.form(action).fields["organization"] == "Second Office"
    assert table.item(reference)["answers"]["name"] == "Jordan First"
    assert office.press(page, action).status == 200
    assert table.item(reference)["answers"]["organization"] == "Second Office"


# Plaques


def test_all_plaques_are_marked_at_once_and_one_that_changed_stops_no_other(office, submitted, table, inbox, clock):
    references = [submitted("plaque", telephone=f"555 555 010{number}") for number in range(3)]
    page = office.get("/desk/plaques")
    assert all(reference in page.text for reference in references)
    office.do(references[0], "close", reason="withdrawn")
    ticked = {f"mark.{reference}": "yes" for reference in references[:2]}
    page = office.press(page, "/desk/plaques/mark", **ticked, **{f"tracking.{references[1]}": "9400 1"})
    assert page.status == 409
    assert f"Changed since you opened the page: {references[0]}" in page.words
    assert table.item(references[1])["done"]["tracking"] == "9400 1"
    assert [each.reference for each in certifications.everybody()] == [references[1]]
    assert "done" not in table.item(references[2])
    assert [f'href="/desk/{reference}">' in page.text for reference in references] == [True] * 3
    assert "First check the plaques" in office.press(page, "/desk/plaques/mark").words
    clock.forward(minutes=11)
    assert len(inbox.titled("Your plaque is on its way")) == 1


def test_when_there_is_no_time_for_all_plaques_the_page_says_how_many_are_marked_and_the_next_press_goes_on(
    office, submitted, table, monkeypatch
):
    from views import plaques

    references = [submitted("plaque", telephone=f"555 555 010{number}") for number in range(5)]
    seconds = count(step=plaques.MARKING_LASTS / 2.5)
    monkeypatch.setattr(plaques, "monotonic", lambda: next(seconds))
    page, told = office.get("/desk/plaques"), []
    ticked, tracked = (
        {f"{name}.{each}": value for each in references} for name, value in (("mark", "yes"), ("tracking", "9400 1"))
    )
    page = office.press(page, "/desk/plaques/mark", **ticked, **tracked)
    while page.status == 409:
        told.append(re.search(r"Marked as mailed: \d+. There was no time for \d+ more", page.words)[0])
        page = office.press(page, "/desk/plaques/mark")
    assert told == [f"Marked as mailed: 2. There was no time for {left} more" for left in (3, 1)]
    assert "Marked as mailed: 1." in page.words
    assert [(item["done"]["tracking"], len(item["history"])) for item in table.items()] == [("9400 1", 1)] * 5


def test_a_tracking_number_that_is_typed_after_the_mark_is_not_taken_for_stored(office, submitted, table):
    """The browser's Back shows the page as it was before the mark."""
    first, second = (submitted("plaque", telephone=f"555 555 010{number}") for number in range(2))
    action, typed = "/desk/plaques/mark", {f"mark.{first}": "yes", f"tracking.{first}": "9400 1"}
    before = office.get("/desk/plaques")
    assert [office.press(before, action, **typed).status for _ in range(2)] == [200] * 2
    page = office.press(before, action, **typed | {f"tracking.{first}": "9400 2", f"mark.{second}": "yes"})
    assert f"Marked as mailed: 1. Changed since you opened the page: {first}." in page.words
    assert (table.item(first)["done"]["tracking"], "done" in table.item(second)) == ("9400 1", True)


def test_a_tracking_number_of_a_plaque_that_is_not_checked_is_not_lost(office, submitted, table):
    first, second = (submitted("plaque", telephone=f"555 555 010{number}") for number in range(2))
    action, typed = "/desk/plaques/mark", {f"tracking.{first}": "9400 1", f"tracking.{second}": "9400 2"}
    page = office.press(office.get("/desk/plaques"), action, **typed | {f"mark.{first}": "yes"})
    assert page.status == 422
    assert f"Nothing was marked: {second} has a tracking number and no check mark." in page.words
    assert typed.items() <= page.form(action).fields.items()
    assert not any("done" in item for item in table.items())
    assert office.press(page, action, **{f"mark.{second}": "yes"}).status == 200
    assert {item["done"]["tracking"] for item in table.items()} == {"9400 1", "9400 2"}


def test_plaques_that_were_just_marked_are_a_click_away_until_the_mark_is_undone(office, submitted):
    references = [submitted("plaque", telephone=f"555 555 010{number}") for number in range(2)]
    ticked = {f"mark.{reference}": "yes" for reference in references}
    answer = office.post("/desk/plaques/mark", office.get("/desk/plaques").form("/desk/plaques/mark").fields | ticked)
    page = office.follow(answer)
    assert "Marked as mailed: 2." in page.words
    assert all(f'href="/desk/{reference}">' in page.text for reference in references)
    office.do(references[0], "undo")
    again = office.follow(answer)
    assert "Marked as mailed: 1." in again.words
    office.do(references[1], "undo")
    assert "Marked as mailed" not in office.follow(answer).words
    assert "Marked as mailed" not in office.get(f"/desk/plaques?marked={submitted('contact')},,{'x' * 3000}").words


def test_what_was_just_finished_is_off_the_list_though_the_index_does_not_know_yet(
    office, submitted, report, monkeypatch
):
    marked, waits = submitted("plaque"), submitted("plaque", telephone="555 555 0101")
    bounced(report, marked)
    before = lists.open_plaques(), worklist.returned(promises.now())
    monkeypatch.setattr(lists, "open_plaques", lambda: before[0])
    monkeypatch.setattr(worklist, "returned", lambda _: before[1])
    page = office.press(office.get("/desk/plaques"), "/desk/plaques/mark", **{f"mark.{marked}": "yes"})
    assert {f"mark.{waits}"} == {name for name in page.form("/desk/plaques/mark").names if name.startswith("mark.")}
    page = office.press(office.get(), "/desk/returned/seen-to")
    assert (page.offers("undo"), page.offers("seen-to")) == (True, False)


def test_some_plaques_are_marked_while_many_wait_and_not_all_of_them_at_once(office, submitted, table):
    reference, action = submitted("plaque"), "/desk/plaques/mark"
    fields = office.get("/desk/plaques").form(action).fields | {f"mark.{reference}": "yes"}
    fields |= {f"tracking.{number:010}": "" for number in range(900)}
    refused = office.post(action, fields | {f"mark.{number:010}": "yes" for number in range(200)})
    assert (refused.status, "Check at most 200 at once" in refused.text) == (422, True)
    assert "done" not in table.item(reference)
    assert office.post(action, fields).status == 303
    assert "done" in table.item(reference)


def test_an_address_that_names_too_many_plaques_reads_no_more_than_are_marked_at_once(office, monkeypatch):
    asked = []
    monkeypatch.setattr(submissions, "get", asked.append)
    assert office.get(f"/desk/plaques?marked={','.join(f'{number:010}' for number in range(300))}").status == 200
    assert len(asked) == 200


def test_the_address_after_marking_holds_references_only(office, submitted):
    reference = submitted("plaque")
    fields = office.get("/desk/plaques").form("/desk/plaques/mark").fields
    answer = office.post("/desk/plaques/mark", fields | {f"mark.chief@example.gov\r\n[{reference}]": "yes"})
    assert answer.headers["location"] == f"/desk/plaques?marked={reference}"
    assert "Marked as mailed: 1." in office.get(f"/desk/plaques?marked={reference},{reference}").words


def test_plaques_of_one_day_stand_everywhere_in_the_order_in_which_they_came(office, submitted, clock, inbox):
    came = []
    for number in range(6):
        came.append(submitted("plaque", telephone=f"555 555 010{number}", addressee=f"Chief {number}"))
        clock.forward(minutes=1)
    clock.forward(days=1)
    pages = [office.get("/desk/plaques").text, office.get().text, inbox.titled("Digest of")[-1]["text"]]
    assert [line["Reference"] for line in lines(office.get("/desk/plaques.csv"))] == came
    assert re.findall("Chief [0-9]", office.get("/desk/plaques/labels").words) == [f"Chief {each}" for each in range(6)]
    clock.forward(days=11)
    [reminder] = inbox.titled("Due soon")
    for text in (*pages, reminder["text"]):
        assert list(dict.fromkeys(re.findall("|".join(came), text))) == came


def test_a_tracking_number_that_is_too_long_marks_nothing_and_is_shown_again(office, submitted, table):
    good, long = (submitted("plaque", telephone=f"555 555 010{number}") for number in range(2))
    tracking = {f"tracking.{good}": "9400 1", f"tracking.{long}": "9" * 61}
    ticked = {f"mark.{reference}": "yes" for reference in (good, long)}
    page = office.press(office.get("/desk/plaques"), "/desk/plaques/mark", **ticked, **tracking)
    assert (page.status, f"at most 60 characters. Look at {long}." in page.words) == (422, True)
    assert tracking.items() | ticked.items() <= page.form("/desk/plaques/mark").fields.items()
    assert not [item for item in table.items() if "done" in item]
    assert office.press(page, "/desk/plaques/mark", **{f"tracking.{long}": "9" * 60}).status == 200
    assert {item["done"]["tracking"] for item in table.items()} == {"9400 1", "9" * 60}


def test_two_requests_that_may_be_of_one_agency_point_at_each_other_before_two_plaques_are_mailed(office, submitted):
    first = submitted("plaque", agency="Sprinfield Police", email="a@example.gov")
    second = submitted("plaque", agency="Springfield Police", email="b@example.gov")
    other = {"zip": "96701", "completed": (COMPLETED - timedelta(days=200)).isoformat()}
    submitted("plaque", agency="Riverside Police", email="c@example.gov", **other)
    page = office.get("/desk/plaques")
    assert page.words.count("May be from the same agency as") == 2
    assert all(page.text.count(f'href="/desk/{each}"') == 2 for each in (first, second))


def test_the_engraver_gets_a_csv_that_no_spreadsheet_takes_for_formulas(office, submitted):
    submitted("plaque", agency="=1+2", addressee="+Chief")
    answer = office.get("/desk/plaques.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    [line] = lines(answer)
    assert list(line) == [
        *("Reference", "Mail by", "Valid until", "Agency name", "Agency's state", "Date of completion", "Addressee"),
        *("Street address", "Street address, line 2", "City", "State", "ZIP code", "Contact name", "Title"),
        *("E-mail", "Telephone"),
    ]
    assert (line["Agency name"], line["Addressee"], line["ZIP code"]) == ("'=1+2", "'+Chief", PLAQUE["zip"])


def test_the_engravers_csv_has_the_same_columns_without_a_plaque_to_mail(office, submitted):
    without = office.get("/desk/plaques.csv").text
    submitted("plaque")
    assert without == office.get("/desk/plaques.csv").text.partition("\r\n")[0] + "\r\n"


def test_a_second_form_that_certifies_adds_its_columns_to_the_engravers_csv(office, submitted, monkeypatch):
    reference = submitted("plaque")

    class Second(PlaqueForm):
        slug = "second"
        county = fields.line("County")

    monkeypatch.setitem(TASKS, Second.slug, Second)
    [line] = lines(office.get("/desk/plaques.csv"))
    assert (line["Reference"], line["ZIP code"], line["County"]) == (reference, PLAQUE["zip"], "")


@pytest.mark.parametrize(("days_left", "is_soon"), [(59, True), (60, True), (61, False)])
def test_a_plaque_whose_certification_ends_soon_says_so_in_the_list(days_left, is_soon, office, submitted, clock):
    clock.forward(days=(promises.valid_until(COMPLETED) - TODAY).days - days_left)
    office.begin_session()
    submitted("plaque")
    assert ("(ends soon)" in office.get("/desk/plaques").words) is is_soon


def test_thousands_of_agencies_are_counted_with_a_comma(office, submitted, monkeypatch):
    office.do(submitted("plaque", agency="Riverside"), "mark")
    [agency] = certifications.everybody()
    certified = [replace(agency, id=f"{number}") for number in range(1234)]
    month = numbers.Month(TODAY.replace(day=1), {"received contact": 4321})
    monkeypatch.setattr(numbers, "months", lambda now, number: [month] * number)
    monkeypatch.setattr(certifications, "everybody", lambda state="": iter([*certified, replace(agency, state="NY")]))
    monkeypatch.setattr(certifications, "count", lambda day: (1234, 1000))
    assert "of 1,235 agencies are shown." in office.press(office.get(), "/desk/find", q="riverside").words
    page = office.get("/desk/certified").words
    assert "1,235 certified, 0 ended." in page
    assert "HI (1,234)" in page
    board = office.get("/desk/numbers").words
    assert "Certified today: 1,234 , of them in the register: 1,000 ." in board
    assert f"{TODAY:%b %Y} 4,321 0 0 " in board
    assert "4321" not in board
    with time_machine.travel(datetime.combine(agency.valid_until - timedelta(days=9), time(12), UTC)):
        office.begin_session()
        assert "Ending within 90 days (1,235)" in office.get("/desk/certified").words


def test_labels_fill_sheets_of_ten(office, submitted):
    for number in range(11):
        submitted("plaque", telephone=f"555 555 01{number:02}", addressee=f"Chief {number}")
    page = office.get("/desk/plaques/labels")
    assert page.text.count('class="sheet"') == 2
    assert page.text.count("sheet__label") == 11


# Certified


def test_an_agency_is_renamed_listed_withdrawn_ended_and_each_can_be_taken_back(office, submitted, clock):
    reference = submitted("plaque")
    office.do(reference, "mark")
    clock.forward(minutes=1)
    [agency] = certifications.everybody()
    page = f"/desk/certified/{agency.id}"

    def change(verb, **typed):
        office.press(office.get(page), f"{page}/{verb}", **typed)
        return certifications.get(agency.id)

    assert change("list").listed
    assert not change("withdraw").listed
    assert change("list").listed
    assert change("end").ended_on is not None
    assert change("resume").ended_on is None
    assert change("rename", name="Town of Kapaʻa PD").name == "Town of Kapaʻa PD"
    said = html.unescape(office.get(page).words)
    assert said.count(f"by {OFFICE}") == 6
    # In the words of the buttons.
    buttons = ("Added to the register", "Removed from the register", "Certification ended", "End undone")
    assert [said.count(f"{each}, ") for each in buttons] == [2, 1, 1, 1]
    assert f"Renamed from {PLAQUE['agency']}, " in said
    [line] = lines(office.get("/desk/certified.csv"))
    assert (line["Agency"], line["Status"], line["In the register"]) == ("Town of Kapaʻa PD", "certified", "yes")
    assert office.get("/desk/certified?ending=90").words.count("Town of Kapaʻa PD") == 0
    with time_machine.travel(promises.now() + timedelta(days=731 + 61)):
        office.begin_session()
        shown = office.get(page)
    assert "the register no longer shows it" in shown.words
    assert not shown.offers("withdraw")
    assert not shown.offers("list")
    renewal = submitted("plaque", agency="Town of Kapaʻa PD", completed=(COMPLETED + timedelta(days=30)).isoformat())
    office.do(renewal, "mark")
    [renewed] = certifications.everybody()
    assert (renewed.id, len(renewed.periods)) == (agency.id, 2)


def test_the_agencies_of_one_state_are_listed_alone_where_asked(office, submitted):
    named = {"HI": "Kapaa Police", "IL": "Springfield Police"}
    for state, name in named.items():
        office.do(submitted("plaque", agency=name, agency_state=state), "mark")
    for asked, shown in (("HI", ["HI"]), ("IL", ["IL"]), ("TX", []), ("XX", ["HI", "IL"]), ("", ["HI", "IL"])):
        page = office.get(f"/desk/certified?state={asked}")
        assert [state for state, name in named.items() if f"{name} {state} " in page.words] == shown, asked
        assert "Ending within 90 days (0)" in page.words
        link = f'href="/desk/certified?state={asked}" aria-current="page"'
        assert (link in page.text) == (asked in named), asked


def test_the_csv_of_the_certified_tells_of_each_under_its_headings(office, submitted):
    office.do(reference := submitted("plaque", listed="yes"), "mark")
    expected = {
        "Agency": PLAQUE["agency"],
        "State": "HI",
        "Certified on": COMPLETED.isoformat(),
        "Valid until": promises.valid_until(COMPLETED).isoformat(),
        "Status": "certified",
        "In the register": "yes",
        "Renewed": "no",
        "Invited": "",
        "Reference": reference,
    }
    assert lines(office.get("/desk/certified.csv")) == [expected]
    later = COMPLETED + timedelta(days=30)
    office.do(renewal := submitted("plaque", completed=later.isoformat()), "mark")
    [agency] = certifications.everybody()
    agencies.end(agency.id, OFFICE, promises.now())
    expected |= {"Certified on": later.isoformat(), "Renewed": "yes", "Reference": renewal}
    [line] = lines(office.get("/desk/certified.csv"))
    ended = {name: line[name] for name in ("Status", "In the register", "Valid until")}
    assert (ended["Status"], ended["In the register"]) == ("ended", "no")
    assert line == expected | ended


# Numbers


def test_each_number_of_the_board_stands_under_its_heading(office, submitted, clock):
    reasons = ("spam", "duplicate", "withdrawn", "not-eligible")
    answered, late, *closed = (submitted("contact", message=each) for each in ("In time", "Late", *reasons))
    mailed = submitted("plaque")
    renewal = submitted("plaque", completed=(COMPLETED + timedelta(days=30)).isoformat())
    for reference, reason in zip(closed, reasons, strict=True):
        office.do(reference, "close", reason=reason, **({"of": answered} if reason == "duplicate" else {}))
    clock.forward(hours=2)
    office.do(answered, "mark")
    office.do(mailed, "mark")
    clock.forward(days=15)
    office.do(late, "mark")
    office.do(renewal, "mark")
    page, shown = office.get("/desk/numbers").text, {}
    assert re.findall('<span class="chart__key[^>]*>([^<]+)</span>', page) == ["messages", "plaque requests"]
    for table in re.findall("(?s)<table.*?</table>", page):
        [row] = re.findall(rf'(?s)<th scope="row">{TODAY:%b %Y}</th>(.*?)</tr>', table)
        headings = re.findall('<th scope="col">([^<]+)</th>', table)
        shown |= dict(zip(headings[1:], re.findall("<td>([^<]*)</td>", row), strict=True))
    assert shown == {
        "Received": "6",
        "Answered in time": "1",
        "Answered late": "1",
        "Median hours": "182",
        "Requested": "2",
        "Mailed in time": "1",
        "Mailed late": "1",
        "Certified": "1",
        "Renewed": "1",
        "Spam": "1",
        "Duplicate": "1",
        "Withdrawn by the sender": "1",
        "Not eligible": "1",
    }


def test_numbers_follow_what_happens_and_what_is_undone_however_often_the_clock_looks(
    office, submitted, template, table, clock
):
    answered, spam = submitted("contact"), submitted("contact", message="Buy")
    plaque = submitted("plaque")
    clock.forward(hours=2)
    office.do(answered, "mark")
    office.do(spam, "close", reason="spam")
    office.do(plaque, "mark")
    for _ in range(3):
        invoke(template, "RemindFunction", {})

    def this_month():
        return numbers.months(promises.now(), 1)[0]

    month = this_month()
    assert (month.received, month.count("in time contact"), month.median_hours) == (3, 1, 2)
    assert month.count("closed spam") == month.count("certified first") == 1
    for reference in (answered, spam, plaque):
        office.do(reference, "undo")
    clock.look()
    month = this_month()
    assert month.received == 3
    assert {name for name, number in month.counts.items() if number} == {"received contact", "received plaque"}
    page = office.get("/desk/numbers")
    assert "<svg" in page.text
    assert "Messages Month Received Answered in time" in page.words
    office.do(spam, "close", reason="spam")
    erasure.erase(erasure.find(CONTACT["email"]), OFFICE, promises.now())
    clock.look()
    assert this_month().received == 3
    assert this_month().count("closed spam") == 1
    assert "clock" not in table.item(answered)


def test_the_numbers_are_of_this_month_and_the_eleven_before(office, clock):
    rows = re.findall('<th scope="row">([^<]*)', office.get("/desk/numbers").text)
    year, month = TODAY.year, TODAY.month
    months = [date(year - (number >= month), (month - number - 1) % 12 + 1, 1) for number in range(12)]
    assert rows[:12] == [f"{first:%b %Y}" for first in months]


@pytest.mark.parametrize(
    ("why", "is_ordinary"),
    [("TransactionConflict", True), ("ThrottlingError", False), ("ProvisionedThroughputExceeded", False)],
)
def test_a_count_that_dynamodb_has_no_time_for_is_made_at_a_later_look(
    why, is_ordinary, office, submitted, clock, monkeypatch
):
    """It cancels a transaction for that, too, and the SDK tries none again. That two count at once alarms no one."""
    from office import numbers

    answered, client = submitted("contact"), dynamodb.client()
    error: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": "None"}, {"Code": why}],
    }

    def cancel(**_):
        raise client.exceptions.TransactionCanceledException(error, "TransactWriteItems")

    with monkeypatch.context() as patch:
        patch.setattr(client, "transact_write_items", cancel)
        office.do(answered, "mark")
        assert clock.forward(minutes=6) == is_ordinary
    before = submissions.get(answered)
    clock.forward(minutes=6)
    numbers.settle(before)  # as another invocation does that read it at the same time
    assert numbers.months(promises.now(), 1)[0].count("in time contact") == 1


def test_a_submission_that_expired_meanwhile_is_neither_counted_nor_left_half(submitted, office, table):
    from office import numbers

    office.do(reference := submitted("contact"), "mark")
    read = submissions.get(reference)._replace(counted={})
    boto3.client("dynamodb").delete_item(TableName=table.name, Key={"reference": {"S": reference}})
    before = numbers.months(promises.now(), 1)[0].counts
    numbers.settle(read)
    assert (table.items(), numbers.months(promises.now(), 1)[0].counts) == ([], before)


def test_what_is_finished_while_the_digest_is_made_is_received_once(office, submitted, monkeypatch):
    from mail import digest

    office.do(reference := submitted("contact"), "take")
    open_work = workflow.open_work

    def answered_then(now):
        work = open_work(now)
        office.do(reference, "mark")
        return work

    monkeypatch.setattr(workflow, "open_work", answered_then)
    assert dict(digest.gather(promises.now())["received"]) == {"contact": 1, "plaque": 0}
