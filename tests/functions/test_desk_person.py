"""A person's data at the desk: seen, corrected, erased, as the privacy page promises."""

import json
from html import unescape

import pytest

from storage import certifications, subscribers
from tests.support.office import OFFICE
from tests.support.samples import CONTACT, HOSTILE, PLAQUE

ADDRESS = PLAQUE["email"]


@pytest.fixture
def person(submitted, office):
    """The references of a question and a plaque of one person, who spells the address in two ways."""
    import promises

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


def test_erasing_leaves_nothing_of_the_person_and_keeps_what_names_no_one(person, office, table):
    contact, plaque = person
    office.do(plaque, "mark")
    action = f"/desk/{contact}/erase"
    page = office.press(office.get(of(contact)), action, confirm="yes", unfinished="yes")
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
    assert "2 of them are not finished" in page.words
    for typed in ({}, {"confirm": "yes"}, {"unfinished": "yes"}):
        answer = office.press(page, f"/desk/{plaque}/erase", **typed)
        assert (answer.status, "Erasing cannot be undone." in answer.words) == (422, True)
    assert table.items() == before
    for reference in person:
        office.do(reference, "mark")
    page = office.get(of(plaque))
    assert "not finished" not in page.words
    assert office.press(page, f"/desk/{plaque}/erase", confirm="yes").status == 200
    assert table.item(contact)["erased_at"]


def test_what_came_in_after_the_page_was_opened_is_not_erased_unseen(person, office, submitted, table):
    contact, _ = person
    page = office.get(of(contact))
    late = submitted("contact", email=ADDRESS, message="One more thing")
    answer = office.press(page, f"/desk/{contact}/erase", confirm="yes", unfinished="yes")
    assert answer.status == 409
    assert "One more thing" in answer.words
    assert not [each for each in table.items() if "erased_at" in each]
    assert office.press(answer, f"/desk/{contact}/erase", confirm="yes", unfinished="yes").status == 200
    assert table.item(late)["erased_at"]


def test_erasing_twice_is_erasing_once(person, office, table):
    contact, _ = person
    fields = office.get(of(contact)).form(f"/desk/{contact}/erase").fields | {"confirm": "yes", "unfinished": "yes"}
    assert [office.post(f"/desk/{contact}/erase", fields).status for _ in range(2)] == [303, 303]
    assert len(table.item(contact)["history"]) == 1


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_answers_are_text_on_the_page_of_a_person(text, office, submitted):
    reference = submitted("contact", **CONTACT | {"name": text, "message": text})
    page = office.get(of(reference))
    assert page.status == 200
    assert "<script" not in page.text
    assert 'onfocus="' not in page.text
