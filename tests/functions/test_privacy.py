"""What somebody typed is in no address, title or cookie, and in no page that a cache may keep; the register knows only
the agency's name. Every field of every form has words of its own, and goes through every page that shows them."""

import json
import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from local.aws.api_gateway import Gateway
from storage import certifications
from tests.support.inbox import link_in
from tests.support.log_privacy import ADDRESS, OURS
from tests.support.samples import CONTACT, PLAQUE

AGENCY = "Canary Agency"
TYPED = {
    "contact": CONTACT
    | {
        "name": "Canary One",
        "organization": "Canary Two",
        "message": "Canary three",
        "email": "canary.4@x.example.gov",
    },
    "plaque": PLAQUE
    | dict.fromkeys(("addressee", "city", "contact_name", "contact_title", "street1", "summary"), "Canary other")
    | {
        "agency": AGENCY,
        "email": "canary.5@x.example.gov",
        "zip": "96746-7919",
        "telephone": "(555) 555-7919",
        "listed": "yes",
    },
}
CANARY = re.compile(r"canary(?!.agency)|7919", re.IGNORECASE)
ADDRESSES = re.compile(r'\b(?:href|src|action)="([^"]*)"')
TO_A_PERSON = ("mailto:", "tel:")
"""What the desk offers the office to click on: it stays in its browser and its programs."""


@pytest.fixture
def answers(monkeypatch):
    """Every answer of the gateway, with the path that was asked for."""
    found, answer = [], Gateway.answer

    def noting(self, request):
        response = answer(self, request)
        found.append((request.path, dict(response.headers), response.body.decode("utf-8", "replace")))
        return response

    monkeypatch.setattr(Gateway, "answer", noting)
    return found


def test_what_was_typed_is_in_no_address_title_cookie_or_cache(
    answers, post, get, press, inbox, office, submitted, clock
):
    for slug, typed in TYPED.items():
        post(slug, typed | {"email": "Canary wrong"})
        post(slug, typed | {"message": "Canary " * 10_000})
    message, plaque = submitted("contact", **TYPED["contact"]), submitted("plaque", **TYPED["plaque"])
    for slug, typed in TYPED.items():
        get(post(slug, typed).headers["location"])
    press(link_in(inbox.titled("We have your message")[0], "confirm"))
    office.get("/desk/")
    found = office.get("/desk/find")
    office.post("/desk/find", found.form("/desk/find").fields | {"q": "canary.5@x.example.gov"})
    for reference in (message, plaque):
        office.do(reference, "note", text="Canary note")
        for page in ("", "/correct", "/person"):
            office.get(f"/desk/{reference}{page}")
        office.do(reference, "mark")
    [known] = certifications.everybody()
    one = office.get(f"/desk/certified/{known.id}")
    person = office.press(one, "/desk/person")
    office.press(person, "/desk/person/erase")
    for page in ("plaques", "plaques/labels", "plaques.csv", "certified", "certified.csv", "numbers"):
        office.get(f"/desk/{page}")
    [agency] = json.loads(get("/certified/agencies.json").text)["agencies"]
    for address in ("/certified/", "/certified/hi/", "/certified/?q=agency", "/certified/agencies.csv", agency["page"]):
        get(address)
    assert len([body for _, _, body in answers if CANARY.search(body)]) > 15
    for path, headers, body in answers:
        told = [headers.get("location", ""), headers.get("set-cookie", ""), *re.findall("<title>(.*?)</title>", body)]
        told += [each for each in ADDRESSES.findall(body) if not each.startswith(TO_A_PERSON)]
        assert [each for each in told if CANARY.search(unquote_plus(unescape(each)))] == [], path
        if CANARY.search(body):
            assert headers["cache-control"] in ("no-store", "private, no-cache"), path
        if path.startswith("/certified/"):
            assert not CANARY.search(body), path
        if path.startswith("/desk/"):
            assert headers["cache-control"] == "no-store", path
            assert not body or headers["x-robots-tag"] == "noindex", path


def test_what_is_kept_of_a_certification_names_nobody_but_the_agency_and_whom_to_invite(submitted, office, table):
    office.do(submitted("plaque", **TYPED["plaque"]), "mark")
    [kept] = certifications.everybody()
    said = {name: value for name, value in vars(kept).items() if CANARY.search(str(value))}
    assert said.keys() <= {"email"}


def test_nothing_that_ships_has_an_address_of_a_person():
    found = {}
    for file in Path("functions").rglob("*"):
        if file.is_file() and file.suffix != ".pyc":
            found |= dict.fromkeys(ADDRESS.findall(file.read_text("utf-8")), file)
    assert {
        address for address in found if not address.rstrip(".").endswith((*OURS, "example.gov", "example.com"))
    } == set()
