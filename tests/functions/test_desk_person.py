"""A person's data at the desk: seen, corrected, erased, as the privacy page promises."""

import json
import re
from datetime import timedelta
from html import unescape

import boto3
import pytest
import time_machine

import promises
from mail import ses
from office import agencies, erasure, invitations, workflow
from office.workflow import Step
from storage import certifications, dynamodb, submissions, subscribers
from storage.certifications import MAILED_AFTER
from tests.support.office import OFFICE
from tests.support.samples import COMPLETED, CONTACT, HOSTILE, PLAQUE
from tests.support.tables import Table

ADDRESS = PLAQUE["email"]
ERASE = "/desk/person/erase"


@pytest.fixture
def person(submitted, office):
    """The references of a question and a plaque of one person, who spells the address in two ways."""

    found = submitted("contact", email=f" {ADDRESS.upper()}", name="Robin Sample"), submitted("plaque")
    submitted("contact", email="another@example.gov", name="Somebody Else")
    subscribers.subscribe(ADDRESS, promises.now())
    office.do(found[1], "note", text=f"Called {PLAQUE['telephone']}")
    return found


def of(reference):
    return f"/desk/{reference}/person"


def test_one_page_shows_everything_of_a_person_and_nothing_of_another(person, office):
    contact, plaque = person
    office.do(plaque, "mark")
    page = office.get(of(contact))
    words = unescape(page.words)
    for text in ("Robin Sample", "How do we begin?", PLAQUE["street1"], PLAQUE["contact_name"], "Note of the office"):
        assert text in words
    assert f"Invitations to renew the certification of {PLAQUE['agency']}" in words
    assert "Signed up for announcements." in words
    assert "Somebody Else" not in words
    assert all(f'href="/desk/{reference}/correct"' in page.text for reference in person)
    assert ADDRESS.casefold() not in page.text.partition("</title>")[0].casefold()
    assert f'href="{of(contact)}"' in office.get(f"/desk/{contact}").text


def test_a_corrected_address_is_the_persons_from_then_on(office, submitted):
    reference = submitted("contact", email="old@example.gov")
    action = f"/desk/{reference}/correct"
    office.press(office.get(action), action, email="New@Example.gov")
    assert erasure.find("old@example.gov").submissions == []
    assert [each.reference for each in erasure.find("new@example.GOV").submissions] == [reference]


def test_an_index_that_does_not_know_a_correction_yet_shows_no_one_another_persons_answers(
    office, submitted, monkeypatch
):
    reference = submitted("contact", email="old@example.gov")
    action = f"/desk/{reference}/correct"
    office.press(office.get(action), action, email="new@example.gov")
    monkeypatch.setattr(dynamodb, "query", lambda *_, **__: [{"reference": reference}])
    person = erasure.find("old@example.gov")
    assert (person.submissions, [each.reference for each in person.former]) == ([], [reference])


@pytest.mark.parametrize("tracking", ["9400 1000 0000", ""], ids=["tracked", "not tracked"])
def test_erasing_forgets_the_number_that_a_plaque_travels_by(tracking, office, submitted, table):
    reference = submitted("plaque")
    office.do(reference, "mark", tracking=tracking)
    [person] = [erasure.find(PLAQUE["email"])]
    erasure.erase(person, OFFICE, promises.now())
    item = table.item(reference)
    assert item["done"]["by"] == OFFICE
    assert "tracking" not in str(item)
    assert "Choose a state" not in office.get(f"/desk/{reference}").words


def test_an_address_that_is_erased_while_its_e_mail_goes_out_stays_erased(office, submitted, monkeypatch, log_output):
    """What the clock read of a request is older than the erasure then."""
    import remind

    reference, send = submitted("plaque"), ses.send
    office.do(reference, "mark")

    def erased_meanwhile(message, tags):
        erasure.erase(erasure.find(ADDRESS), OFFICE, promises.now())
        return send(message, tags)

    monkeypatch.setattr(ses, "send", erased_meanwhile)
    with time_machine.travel(promises.now() + MAILED_AFTER):
        [entry] = submissions.due(promises.now())
        remind.look(entry, promises.now())
    assert '"level":"ERROR"' not in log_output.getvalue()
    [agency] = certifications.everybody()
    assert (agency.email, agency.zip, agency.why_stopped) == ("", "", invitations.ERASED)


@pytest.mark.parametrize("what", ["mark", "address"])
def test_an_address_that_is_erased_as_the_certification_is_written_stays_erased(what, office, submitted, monkeypatch):
    """What the desk read of a request is older than the erasure then."""
    reference, write = submitted("plaque"), dynamodb.put
    if what == "address":
        office.do(reference, "mark")

    def erased_meanwhile(table, *given, **more):
        if table == "Certifications":
            monkeypatch.setattr(dynamodb, "put", write)
            erasure.erase(erasure.find(other), OFFICE, promises.now())
        return write(table, *given, **more)

    other = ADDRESS if what == "mark" else "other@example.gov"
    monkeypatch.setattr(dynamodb, "put", erased_meanwhile)
    if what == "mark":
        office.do(reference, "mark")
    else:
        office.press(office.get(action := f"/desk/{reference}/correct"), action, email=other)
    [agency] = certifications.everybody()
    assert (agency.email, agency.zip, agency.why_stopped) == ("", "", invitations.ERASED)
    assert not erasure.find(other)


@pytest.mark.parametrize("what", ["a mark", "an undo", "a refusal", "another address"])
def test_what_was_done_just_before_an_erasure_holds_for_the_certification_too(what, office, submitted):
    """As where the desk broke off after the first of its two writes, and the clock did not look yet."""
    reference, step = submitted("plaque", listed="yes"), Step(OFFICE, promises.now())
    if what != "a mark":
        office.do(reference, "mark")
    request = submissions.get(reference)
    if what == "a mark":
        workflow.mark(request, step)
    elif what == "an undo":
        workflow.undo(request, step)
    else:
        changes = {"listed": "no"} if what == "a refusal" else {"email": "other@example.gov"}
        workflow.correct(request, step, {**request.answers, **changes})
    erasure.erase(erasure.find(ADDRESS), OFFICE, promises.now())
    found = [(each.listed, each.email) for each in certifications.everybody()]
    expected = {"a mark": [(True, "")], "an undo": [], "a refusal": [(False, "")]}
    assert found == expected.get(what, [(True, "other@example.gov")])
    assert not erasure.find(ADDRESS)


def test_a_mark_that_comes_between_an_erasure_and_its_search_leaves_no_address(office, submitted):
    reference = submitted("plaque")
    person = erasure.find(ADDRESS)
    office.do(reference, "mark")
    erasure.erase(person, OFFICE, promises.now())
    [agency] = certifications.everybody()
    assert (agency.email, agency.zip, agency.why_stopped) == ("", "", invitations.ERASED)


def test_erasing_leaves_nothing_of_the_person_and_keeps_what_names_no_one(person, office, table):
    contact, plaque = person
    office.do(plaque, "mark")
    page = office.press(office.get(of(contact)), ERASE, confirm="yes", unfinished="yes")
    assert "The sender's data were erased" in page.words
    assert "Erased" in page.words
    stored = json.dumps([table.item(reference) for reference in person], default=str)
    for typed in ("Robin Sample", "How do we begin?", PLAQUE["street1"], PLAQUE["telephone"], ADDRESS):
        assert typed not in stored
    assert [entry["by"] for entry in table.item(contact)["history"]] == [OFFICE]
    [agency] = certifications.everybody()
    assert (agency.name, agency.email, agency.stopped) == (PLAQUE["agency"], "", True)
    assert not subscribers.is_subscribed(ADDRESS)
    assert len(table.items()) == 3
    assert office.get(of(contact)).status == 409
    assert not office.get(f"/desk/{contact}").offers("note")


def test_work_that_is_not_finished_is_asked_about_by_its_own_box(person, office, table):
    contact, plaque = person
    before = table.items()
    page = office.get(of(plaque))
    named = re.search(r"2 of them are not finished: (.*?)\. No one will", page.words)[1]
    assert sorted(re.findall(r"[A-Z0-9]{4,}(?:-[A-Z0-9]+)*(?= \()", named)) == sorted(person)
    for typed in ({}, {"confirm": "yes"}, {"unfinished": "yes"}):
        answer = office.press(page, ERASE, **typed)
        assert (answer.status, "Erasing cannot be undone." in answer.words) == (422, True)
    assert table.items() == before
    for reference in person:
        office.do(reference, "mark")
    page = office.get(of(plaque))
    assert "not finished" not in page.words
    assert office.press(page, ERASE, confirm="yes").status == 200
    assert table.item(contact)["erased_at"]


@pytest.mark.parametrize("typed", [" Pat@BÜCHER.com\n", "pat@bu\u0308cher.com", "PAT@xn--bcher-kva.com"])
def test_erasing_an_address_in_another_spelling_reaches_a_certification_too(typed, office, submitted):
    reference = submitted("plaque", email="pat@bücher.com")
    office.do(reference, "mark")
    person = erasure.find(typed)
    assert (len(person.submissions), len(person.certifications)) == (1, 1)
    erasure.erase(person, OFFICE, promises.now())
    assert [each.email for each in certifications.everybody()] == [""]


def test_what_came_in_after_the_page_was_opened_is_not_erased_unseen(person, office, submitted, table):
    contact, _ = person
    page = office.get(of(contact))
    late = submitted("contact", email=ADDRESS, message="One more thing")
    answer = office.press(page, ERASE, confirm="yes", unfinished="yes")
    assert answer.status == 409
    assert "One more thing" in answer.words
    assert not [each for each in table.items() if "erased_at" in each]
    assert office.press(answer, ERASE, confirm="yes", unfinished="yes").status == 200
    assert table.item(late)["erased_at"]


def test_erasing_twice_is_erasing_once(person, office, table):
    contact, _ = person
    fields = office.get(of(contact)).form(ERASE).fields | {"confirm": "yes", "unfinished": "yes"}
    assert [office.post(ERASE, fields).status for _ in range(2)] == [303, 303]
    assert len(table.item(contact)["history"]) == 1


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_answers_are_text_on_the_page_of_a_person(text, office, submitted):
    reference = submitted("contact", **CONTACT | {"name": text, "message": text})
    page = office.get(of(reference))
    assert page.status == 200
    assert "<script" not in page.text
    assert 'onfocus="' not in page.text


def test_erasing_takes_an_address_out_of_a_period_before_too(office, submitted):
    office.do(submitted("plaque", email="before@example.gov"), "mark")
    renewal = submitted("plaque", completed=(COMPLETED + timedelta(days=30)).isoformat(), email="now@example.gov")
    office.do(renewal, "mark")
    erasure.erase(erasure.find("Before@Example.gov"), OFFICE, promises.now())
    assert erasure.find("before@example.gov").certifications == []
    assert [each.email for each in certifications.everybody()] == ["now@example.gov"]
    office.do(renewal, "undo")
    [agency] = certifications.everybody()
    assert (agency.email, agency.zip, agency.stopped) == ("", "", True)


# Without a request, or without a certification


def find(office, query):
    return office.press(office.get(), "/desk/find", q=query)


def everything(template):
    """All that the tables hold, as text."""
    return json.dumps([Table(name).items() for name in template.resources("AWS::DynamoDB::Table")], default=str)


@pytest.fixture
def left(office, submitted, table):
    """An agency's certification, and a subscription, whose request is gone after a year."""
    office.do(reference := submitted("plaque"), "mark")
    subscribers.subscribe(ADDRESS, promises.now())
    boto3.client("dynamodb").delete_item(TableName=table.name, Key={"reference": {"S": reference}})
    [agency] = certifications.everybody()
    return agency


@pytest.mark.parametrize("query", [ADDRESS, f" {ADDRESS.upper()} ", f"Chief <{ADDRESS}>", f"mailto:{ADDRESS}"])
def test_who_sent_a_request_that_is_gone_is_found_seen_and_erased_by_the_address(query, left, office, template):
    found = find(office, query)
    assert "This address is in the invitations of 1 certified agency, the announcements." in found.words
    page = office.press(found, "/desk/person")
    assert f"Invitations to renew the certification of {PLAQUE['agency']}" in unescape(page.words)
    assert f"ZIP code {left.zip}" in page.words
    assert "Signed up for announcements." in page.words
    assert f'href="/desk/certified/{left.id}"' in page.text
    done = office.press(page, ERASE, confirm="yes")
    assert (done.status, "All data of that person are erased." in done.words) == (200, True)
    assert ADDRESS.casefold() not in everything(template).casefold()
    assert [each.name for each in certifications.everybody()] == [PLAQUE["agency"]]
    again = office.post(ERASE, page.form(ERASE).fields | {"confirm": "yes"})
    assert (again.status, "All data of that person are erased." in again.words) == (200, True)
    assert "erased" not in office.get("/desk/find?erased=yes").words
    assert "Nothing was found." in find(office, query).words


@pytest.mark.parametrize("is_kept", [True, False])
def test_what_an_undone_mark_left_is_kept_no_longer_than_its_request_and_erased_with_its_address(
    is_kept, office, submitted, table, template
):
    office.do(reference := submitted("plaque"), "mark")
    office.do(reference, "undo")
    [item] = Table("Certifications").items()
    assert item["expires_at"] == table.item(reference)["expires_at"]
    if not is_kept:
        boto3.client("dynamodb").delete_item(TableName=table.name, Key={"reference": {"S": reference}})
    found = find(office, ADDRESS)
    assert "1 certification whose mark was undone" in found.words
    assert "invitations" not in found.words
    page = office.press(found, "/desk/person")
    assert "Nothing is stored" not in page.words
    assert f"The certification of {PLAQUE['agency']}, whose mark was undone, has this address" in unescape(page.words)
    office.press(page, ERASE, confirm="yes", **({"unfinished": "yes"} if is_kept else {}))
    assert ADDRESS.casefold() not in everything(template).casefold()


@pytest.mark.parametrize(
    "query", [PLAQUE["agency"], "kapaa saint marys", "Town of Kapaʻa", ADDRESS[:7], "Town of Kapxaa"]
)
def test_an_agency_whose_request_is_gone_is_found_by_any_spelling_and_leads_to_its_person(query, left, office):
    found = find(office, query)
    assert f'href="/desk/certified/{left.id}"' in found.text
    agency = office.get(f"/desk/certified/{left.id}")
    assert f"{left.reference} , deleted after a year" in agency.words
    assert f'href="/desk/{left.reference}"' not in agency.text
    assert ADDRESS in office.press(agency, "/desk/person").words


def test_an_agency_is_found_by_the_names_that_it_had(left, office):
    agencies.rename(left.id, "Public Safety Bureau", OFFICE, promises.now())
    for query in (PLAQUE["agency"], "public safety"):
        assert f'href="/desk/certified/{left.id}"' in find(office, query).text


def test_who_only_signed_up_is_found_and_erased(office, template, table):
    subscribers.subscribe("reader@example.gov", promises.now())
    page = office.press(find(office, "Reader@example.gov"), "/desk/person")
    assert "the person then signs up with the right address" in page.words
    office.press(page, ERASE, confirm="yes")
    assert "reader@example.gov" not in everything(template)


def test_an_address_of_which_nothing_is_stored_has_no_person_and_nothing_to_erase(office, table):
    found = find(office, "nobody@example.gov")
    assert "Nothing was found." in found.words
    token = found.form("/desk/find").fields
    page = office.post("/desk/person", token | {"email": "x@example.gov"})
    assert "Nothing is stored about this address." in page.words
    for wrong in ("", "x", "x" * 500 + "@example.gov"):
        assert office.post("/desk/person", token | {"email": wrong}).status == 422


def test_the_button_that_opens_a_person_leads_to_find_where_its_address_is_opened(office):
    for address in ("/desk/person", ERASE):
        assert "Find" in office.follow(office.get(address)).words


# An address that was corrected


@pytest.fixture
def corrected(office, submitted):
    reference = submitted("contact", email="Old@example.gov")
    action = f"/desk/{reference}/correct"
    office.press(office.get(action), action, email="new@example.gov")
    return reference


def test_an_address_that_was_corrected_is_on_the_page_of_the_person_and_erased_with_it(corrected, office, template):
    page = office.get(of(corrected))
    assert "before it was corrected Old@example.gov" in page.words
    office.press(page, ERASE, confirm="yes", unfinished="yes")
    assert "old@example.gov" not in everything(template).casefold()


def test_an_address_that_was_corrected_is_found_by_itself_and_taken_out_of_the_history(corrected, office, table):
    found = find(office, "OLD@example.gov")
    assert "This address is in the history of 1 message or request, where it was corrected." in found.words
    page = office.press(found, "/desk/person")
    assert f'href="/desk/{corrected}"' in page.text
    assert "not finished" not in page.words
    before = table.item(corrected)
    office.press(page, ERASE, confirm="yes")
    after = table.item(corrected)
    assert "old@example.gov" not in json.dumps(after, default=str).casefold()
    assert after["answers"] == before["answers"]
    assert [entry["what"] for entry in after["history"]] == ["corrected"]
    assert not find(office, "old@example.gov").offers("person")
    assert office.get(f"/desk/{corrected}").status == 200


def test_who_was_the_contact_before_is_gone_from_the_history_with_the_address(office, submitted, table):
    """Name and telephone were corrected with the address, and the telephone once before."""
    reference = submitted("plaque", email="old@example.gov")
    action = f"/desk/{reference}/correct"
    old = {"telephone": PLAQUE["telephone"], "contact_name": PLAQUE["contact_name"]}
    for changed in ({"telephone": "555-555-0111"}, {"contact_name": "Robin Newchief", "email": "new@example.gov"}):
        office.press(office.get(action), action, **changed)
    office.press(office.get(action), action, contact_name="Robin New", telephone="555-555-0122")
    page = office.press(find(office, "old@example.gov"), "/desk/person")
    for answer in old.values():
        assert answer in unescape(page.words)
    assert "Robin Newchief" not in page.words
    office.press(page, ERASE, confirm="yes")
    stored = json.dumps(table.item(reference), default=str, ensure_ascii=False)
    for answer in (*old.values(), "old@example.gov"):
        assert answer not in stored
    for answer in ("Robin Newchief", "Robin New", "new@example.gov", PLAQUE["agency"]):
        assert answer in stored


def test_notes_and_tracking_numbers_of_the_contact_before_are_gone_with_the_address(office, submitted, table):
    reference = submitted("plaque", email="old@example.gov")
    office.do(reference, "note", text="Pat is away until Monday.")
    office.do(reference, "mark", tracking="9400 1")
    office.do(reference, "undo")
    office.press(office.get(action := f"/desk/{reference}/correct"), action, email="new@example.gov")
    office.do(reference, "note", text="Robin called.")
    page = office.press(find(office, "old@example.gov"), "/desk/person")
    assert "Pat is away until Monday." in page.words
    assert "Robin called." not in page.words
    office.press(page, ERASE, confirm="yes")
    history = table.item(reference)["history"]
    assert [entry["what"] for entry in history] == ["noted", "mailed", "not mailed", "corrected", "noted"]
    assert "Pat" not in json.dumps(history)
    assert "9400 1" not in json.dumps(history)
    assert history[-1]["text"] == "Robin called."


def test_what_is_corrected_back_to_the_address_meanwhile_is_erased_with_it(corrected, office, template):
    person = erasure.find("old@example.gov")
    action = f"/desk/{corrected}/correct"
    office.press(office.get(action), action, email="old@example.gov")
    erasure.erase(person, OFFICE, promises.now())
    assert "old@example.gov" not in everything(template).casefold()


def test_what_is_written_into_the_history_meanwhile_stays(corrected, office, table):
    page = office.press(find(office, "old@example.gov"), "/desk/person")
    person = erasure.find("old@example.gov")
    office.do(corrected, "note", text="Called")
    erasure.erase(person, OFFICE, promises.now())
    assert [entry["what"] for entry in table.item(corrected)["history"]] == ["corrected", "noted"]
    assert "old@example.gov" not in json.dumps(table.item(corrected), default=str).casefold()
    assert page.status == 200


def test_what_was_corrected_to_another_address_while_it_was_erased_keeps_the_other_persons_answers(
    office, submitted, table
):
    reference = submitted("contact", email="old@example.gov")
    person, action = erasure.find("old@example.gov"), f"/desk/{reference}/correct"
    office.press(office.get(action), action, email="new@example.gov")
    erasure.erase(person, OFFICE, promises.now())
    item = table.item(reference)
    assert item["answers"]["email"] == "new@example.gov"
    assert "old@example.gov" not in json.dumps(item, default=str)


@pytest.mark.parametrize("verb", ["note", "mark"])
def test_what_is_done_while_a_submission_is_erased_stays_in_its_history(verb, office, submitted, table):
    reference = submitted("contact", email="old@example.gov")
    office.do(reference, "note", text="Called first")
    person = erasure.find("old@example.gov")
    office.do(reference, verb, **({"text": "Called again"} if verb == "note" else {}))
    done = [entry["what"] for entry in table.item(reference)["history"]]
    erasure.erase(person, OFFICE, promises.now())
    item = table.item(reference)
    assert [entry["what"] for entry in item["history"]] == [*done, "erased"]
    assert "stage" in item if verb == "mark" else "stage" not in item
    assert not re.search("old@|Called", json.dumps(item, default=str))


def test_an_erasure_that_never_finds_the_history_as_it_was_fails_and_is_said_to(submitted, monkeypatch):
    submitted("contact", email="old@example.gov")
    person = erasure.find("old@example.gov")
    monkeypatch.setattr(submissions, "update", lambda *_, **__: False)
    with pytest.raises(RuntimeError, match="changed"):
        erasure.erase(person, OFFICE, promises.now())
