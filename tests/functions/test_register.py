"""The public register: who is listed, and until when, in every form, whatever a name holds; never without consent."""

import csv
import gzip
import hashlib
import io
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import count, cycle
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
import time_machine
from hypothesis import example, given
from hypothesis import strategies as st

import promises
from forms.plaque import PlaqueForm
from local.aws.api_gateway import Gateway, Request
from normalize.states import STATES
from tests.support.answers import as_answer
from tests.support.examples import examples
from tests.support.filled_forms import filled as filled_form
from tests.support.pages import Reader
from tests.support.samples import COMPLETED, HOSTILE, PLAQUE, TODAY
from tests.support.tables import empty_tables

FILES = ("/certified/agencies.json", "/certified/agencies.csv", "/certified/sitemap.xml")
SITE = "https://certification.example.org"
NAME = "Springfield Police Department"
LISTED = {"agency": NAME, "agency_state": "IL", "listed": "yes"}


@pytest.fixture
def requested(post, inbox, table):
    """Request a plaque, and deliver its e-mail; the reference."""

    def requested(**answers):
        before = {item["reference"] for item in table.items()}
        assert post("plaque", PLAQUE | answers).status == 303
        inbox.deliver()
        [reference] = {item["reference"] for item in table.items()} - before
        return reference

    return requested


@pytest.fixture
def certified(requested, office):
    """Request a plaque, and mark it as mailed; the reference."""

    def certified(**answers):
        reference = requested(**answers)
        office.do(reference, "mark")
        return reference

    return certified


@pytest.fixture
def look(table, template):
    """Visit an address of the register, and follow where it leads."""
    gateway = Gateway(template)

    def look(address="/certified/", follow=True):
        path, _, query = address.removeprefix(SITE).partition("?")
        answer = as_answer(gateway, Request("GET", path, query))
        return look(answer.headers["location"]) if follow and answer.status == 302 else answer

    return look


@pytest.fixture
def agencies(look):
    """What the register's JSON holds."""
    return lambda: json.loads(look("/certified/agencies.json").text)["agencies"]


@pytest.fixture
def change(office):
    """Press a button of the page of the only certified agency."""
    from storage import certifications

    def change(verb, **typed):
        [agency] = certifications.everybody()
        office.press(office.get(f"/desk/certified/{agency.id}"), f"/desk/certified/{agency.id}/{verb}", **typed)

    return change


@pytest.fixture
def stored(table):
    """Put an agency into the register: `stored(name, state, since, until, ended_on)`."""
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.dynamodb.models import dynamodb_backends

    from local.template import REGION
    from settings import settings
    from storage import dynamodb, register

    def stored(name, state, since, until, ended_on=None):
        number = next(numbers)
        code = hashlib.sha256(f"{number}".encode()).hexdigest()[:8]
        entry = register.Entry(code, name, state, ((since, until),), ended_on)
        items = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].get_table(settings().certifications_table)
        items.put_item(dynamodb.to_item({"id": f"{number}"} | register.attributes(entry)))

    numbers = count()
    return stored


@pytest.fixture
def filled(stored):
    """Put so many agencies into the register at once, by name and state; of those with a number in `ended`, the
    office ended the certification today."""

    def filled(named, ended=()):
        for number, (name, state) in enumerate(named):
            since, until = COMPLETED - timedelta(days=number % 300), promises.valid_until(COMPLETED)
            stored(name, state, since, until, TODAY if number in ended else None)

    return filled


def words(page):
    main = re.search("(?s)<main.*</main>", page.text)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def badge_words(look, page):
    return " ".join(" ".join(ElementTree.fromstring(look(f"{page}badge.svg").text).itertext()).split())


def all_of_it(look, page):
    """The status of everything that shows an agency, and whether the lists name it."""
    code = page.strip("/")[-8:]
    lists = ("/certified/", "/certified/il/", "/certified/?q=springfield", *FILES)
    return {
        **{address: look(address).status == 200 for address in (page, f"/certified/{code}/")},
        f"{page}badge.svg": "not in the public register" not in look(f"{page}badge.svg").text,
        **{address: code in look(address).text for address in lists},
    }


# Who is listed


def test_an_agency_that_agreed_is_listed_once_its_plaque_is_mailed(requested, office, look, agencies, clock):
    assert "no agency is listed yet" in words(look())
    reference = requested(**LISTED)
    assert agencies() == []
    office.do(reference, "mark")
    until = promises.valid_until(COMPLETED)
    [agency] = agencies()
    assert agency == {
        "agency": NAME,
        "state": "IL",
        "certified_on": COMPLETED.isoformat(),
        "valid_until": until.isoformat(),
        "page": agency["page"],
    }
    for address in ("/certified/", "/certified/il/", "/certified/?q=springfield", agency["page"]):
        answer = look(address)
        assert (answer.status, NAME in words(answer)) == (200, True)
        assert promises.day_in_words(until) in words(answer)
    [line] = csv.DictReader(io.StringIO(look("/certified/agencies.csv").text))
    assert line == agency
    assert all(all_of_it(look, agency["page"]).values())


def test_what_the_office_withdraws_is_gone_from_all_of_it_and_comes_back(
    certified, change, agencies, look, clock, office
):
    certified(**LISTED)
    [agency] = agencies()
    assert " · in the register" in office.get("/desk/certified").words
    change("withdraw")
    assert not any(all_of_it(look, agency["page"]).values())
    assert " · not in the register" in office.get("/desk/certified").words
    change("list")
    assert all(all_of_it(look, agency["page"]).values())


def test_the_office_lists_an_agency_that_asks_for_it_later(certified, change, agencies, clock):
    certified(**LISTED | {"listed": "no"})
    assert agencies() == []
    clock.forward(minutes=1)
    change("list")
    assert [each["agency"] for each in agencies()] == [NAME]


def test_a_corrected_answer_decides(certified, office, agencies, clock):
    reference = certified(**LISTED)
    action = f"/desk/{reference}/correct"
    form = office.get(action).form(action)
    office.post(action, {name: value for name, value in form.fields.items() if name != "listed"})
    assert agencies() == []
    office.press(office.get(action), action, listed="yes")
    assert len(agencies()) == 1


def test_a_consent_that_is_taken_back_on_the_request_counts_for_more_than_an_earlier_word_to_the_office(
    certified, office, agencies, clock
):
    from storage import certifications

    reference = certified(**LISTED)
    [agency] = certifications.everybody()
    for verb in ("withdraw", "list"):
        office.press(office.get(f"/desk/certified/{agency.id}"), f"/desk/certified/{agency.id}/{verb}")
    assert len(agencies()) == 1
    action = f"/desk/{reference}/correct"
    form = office.get(action).form(action)
    office.post(action, {name: value for name, value in form.fields.items() if name != "listed"})
    assert agencies() == []
    clock.forward(minutes=1)
    office.press(office.get(f"/desk/certified/{agency.id}"), f"/desk/certified/{agency.id}/list")
    assert len(agencies()) == 1


def test_a_consent_that_is_taken_back_on_an_earlier_request_stays_so_when_the_renewal_is_undone(
    certified, change, office, agencies
):
    first = certified(**LISTED, completed=(COMPLETED - timedelta(days=690)).isoformat())
    for verb in ("withdraw", "list"):
        change(verb)
    renewal = certified(**LISTED)
    action = f"/desk/{first}/correct"
    form = office.get(action).form(action)
    office.post(action, {name: value for name, value in form.fields.items() if name != "listed"})
    assert len(agencies()) == 1
    office.do(renewal, "undo")
    assert agencies() == []


def test_a_withdrawal_counts_for_more_than_a_renewal_that_was_asked_for_before(
    requested, certified, change, agencies, office, clock
):
    certified(**LISTED, completed=(COMPLETED - timedelta(days=690)).isoformat())
    before = requested(**LISTED)
    clock.forward(minutes=1)
    change("withdraw")
    office.do(before, "mark")
    assert agencies() == []
    clock.forward(minutes=1)
    certified(**LISTED, completed=(COMPLETED + timedelta(days=1)).isoformat())
    assert len(agencies()) == 1


@dataclass
class Office:
    """What the office and the agency did: two requests of one agency, the second a renewal. The last word counts."""

    consent: dict[str, bool]
    said_at: dict[str, int] = field(default_factory=lambda: {"1": 0, "2": 0})
    """When each request came to say what it says of being listed."""
    mailed: set[str] = field(default_factory=set)
    is_erased: bool = False
    withdrawn_at: int = -1
    listed_at: int = -1

    def do(self, event, now):
        verb, _, which = event.partition(" ")
        if verb == "withdraw" and self.mailed:
            self.withdrawn_at = now
        elif verb == "list" and self.mailed:
            self.listed_at, self.withdrawn_at = now, -1
        elif verb == "erase":
            self.is_erased = True
        elif not which or self.is_erased:
            return
        elif verb == "mark":
            self.mailed.add(which)
        elif verb == "undo":
            self.mailed.discard(which)
        elif self.consent[which] != (verb == "agree"):
            self.consent[which], self.said_at[which] = verb == "agree", now

    @property
    def is_listed(self):
        if not self.mailed or self.withdrawn_at >= 0:
            return False
        current = max(self.mailed)
        return self.consent[current] or self.listed_at > self.said_at[current]


EVENTS = [
    *(f"{verb} {which}" for verb in ("mark", "mark", "undo", "agree", "refuse") for which in ("1", "2")),
    *("withdraw", "list", "end", "resume", "erase"),
]


def test_no_order_of_events_lists_an_agency_without_its_consent_and_the_offices_mark(table, template, clock):
    from office import agencies, erasure, periods, workflow
    from storage import certifications, register, submissions

    number = count()

    @given(st.lists(st.sampled_from(EVENTS), min_size=2, max_size=9), st.booleans(), st.booleans())
    @example(["mark 1", "list", "undo 1", "refuse 1", "mark 1"], True, False)
    @example(["mark 1", "mark 2", "list", "refuse 1", "undo 2"], True, True)
    @example(["mark 1", "withdraw", "mark 2", "undo 1", "mark 1", "undo 2"], True, True)
    @examples(50)
    def try_order(events, first, second):
        empty_tables(template)
        named = f"Agency {next(number)}"
        email = f"{named.replace(' ', '')}@example.gov"
        consent, dates = {"1": first, "2": second}, {"1": COMPLETED - timedelta(days=600), "2": COMPLETED}
        references = {}
        for which, completed in dates.items():
            about = {"agency": named, "email": email, "listed": "yes" if consent[which] else "no"}
            form = filled_form(PlaqueForm, **about, completed=completed.isoformat())
            assert form.validate()
            references[which] = submissions.put_once(form, promises.now())[0].reference
        certification = certifications.id_of(submissions.get(references["1"]).agency)
        model = Office(consent)
        for minute, event in enumerate(events, start=1):
            verb, _, which = event.partition(" ")
            model.do(event, minute)
            now = promises.now() + timedelta(minutes=minute)
            if which:
                submission = submissions.get(references[which])
                step = workflow.Step("office@example.gov", now)
                said = {"agree": "yes", "refuse": "no"}.get(verb, "")
                answers = dict(submission.answers) | {"listed": said}
                acts = {"mark": workflow.mark, "undo": workflow.undo}
                acts[verb](submission, step) if verb in acts else workflow.correct(submission, step, answers)
                periods.follow(submissions.get(references[which]))
            elif verb == "erase":
                erasure.erase(erasure.find(email), "office@example.gov", now)
            else:
                act = {"list": agencies.relist}.get(verb) or getattr(agencies, verb)
                act(certification, "office@example.gov", now)
            today = promises.day_at_office(now)
            shown = register.find(register.code_of(certification), today)
            assert (shown is not None) == model.is_listed, (event, model)
            assert shown is None or shown.name == named

    try_order()


# Until when


def test_the_page_and_the_badge_follow_the_dates_and_nobody_does_anything(certified, agencies, look, clock):
    certified(**LISTED)
    page = agencies()[0]["page"]
    until = promises.valid_until(COMPLETED)
    since, last, left = promises.day_in_words(COMPLETED), promises.day_in_words(until), (until - TODAY).days
    said = f"Certified until {last}"
    for days, status in (
        (0, said),
        (left - 61, said),
        *((left - days, f"{said}: ends in {days} days") for days in (60, 59)),
        (left - 1, f"{said}: ends tomorrow"),
        (left, f"{said}: ends today"),
        (left + 1, f"Ended on {last}"),
        (left + 60, f"Ended on {last}"),
    ):
        clock.forward(days=days - (promises.day_at_office(promises.now()) - TODAY).days)
        assert status in words(look(page))
        assert badge_words(look, page).startswith(f"{NAME}: Peace Officer Certified Agency. {status}")
        assert ("#12294d" in look(f"{page}badge.svg").text) == (days <= left)
        assert ('class="certificate' in look(page).text) == (days <= left)
        assert (f"Certified on {since} Valid until {last}" in words(look(page))) == (days <= left)  # on the certificate
        assert ("status--ended" in look(page).text) == (days > left)
        quoted = (
            f'"{NAME} {"is" if days <= left else "was"} a Peace Officer Certified Agency (from {since} until {last})'
        )
        assert quoted in words(look(page))
        assert all(all_of_it(look, page).values())
    clock.forward(days=1)
    assert not any(all_of_it(look, page).values())


def test_a_day_is_one_of_the_office(certified, agencies, look, clock):
    """The last day is whole at the office: late in its evening it is tomorrow in UTC."""
    certified(**LISTED)
    page = agencies()[0]["page"]
    until = promises.valid_until(COMPLETED)
    noon_of_last_day = (until - TODAY).days
    clock.forward(days=noon_of_last_day, hours=10)
    assert "ends today" in words(look(page))
    clock.forward(hours=2)
    assert "Ended on" in words(look(page))


MIDNIGHTS = [
    datetime(2026, 11, 27, 5, tzinfo=UTC),  # at the office, in winter
    datetime(2027, 7, 2, 4, tzinfo=UTC),  # in summer
    datetime(2026, 11, 1, 4, tzinfo=UTC),  # before a day of 25 hours
    datetime(2027, 3, 15, 4, tzinfo=UTC),  # after a day of 23 hours
]


@pytest.mark.parametrize("midnight", MIDNIGHTS, ids=str)
@pytest.mark.parametrize("early", [False, True], ids=["at its end", "ended by the office"])
def test_at_every_hour_page_badge_and_files_agree_whether_it_holds(early, midnight, stored, look):
    """Whoever reads the files by their rule, until when, learns what the page says: on the day of an early end too."""
    ends = midnight.date()
    last = ends - timedelta(days=1)
    stored(NAME, "IL", ends - timedelta(days=700), *((ends + timedelta(days=30), ends) if early else (last,)))
    for hour in range(-13, 14):
        with time_machine.travel(midnight + timedelta(hours=hour), tick=False):
            today = promises.day_at_office(promises.now())
            [record] = json.loads(look("/certified/agencies.json").text)["agencies"]
            [line] = csv.DictReader(io.StringIO(look("/certified/agencies.csv").text))
            page, badge = look(record["page"]), look(f"{record['page']}badge.svg").text
        holds = hour < 0
        assert line == record
        assert (today.isoformat() <= record["valid_until"]) == holds
        assert record["valid_until"] == last.isoformat()
        assert ("Certified until" in words(page).partition("How to")[0]) == holds
        assert (f"Ended on {promises.day_in_words(ends if early else last)}" in words(page)) != holds
        assert ("CertificationActive" in page.text) == ('class="certificate' in page.text) == holds
        assert ("#12294d" in badge) == holds
        drawn = re.findall(r"<text[^>]*>([^<]*)</text>", badge)[1:]
        said = ("Certified until", last) if holds else ("Ended on", ends if early else last)
        assert drawn == [said[0], promises.day_in_words(said[1])]


def test_one_that_the_office_ends_on_its_first_day_was_certified_on_that_day(stored, look, clock):
    stored(NAME, "IL", TODAY, promises.valid_until(TODAY), TODAY)
    for days, state in ((0, "Certified until"), (1, "Ended on")):
        clock.forward(days=days)
        [record] = json.loads(look("/certified/agencies.json").text)["agencies"]
        [line] = csv.DictReader(io.StringIO(look("/certified/agencies.csv").text))
        assert line == record
        assert record["certified_on"] == record["valid_until"] == TODAY.isoformat()
        page = look(record["page"])
        assert f"{state} {promises.day_in_words(TODAY)}" in words(page)
        assert f'"expires":"{TODAY.isoformat()}"' in page.text.replace('": "', '":"')


def test_a_certification_that_the_office_ends_says_so_from_that_day(certified, change, agencies, look, clock):
    certified(**LISTED)
    page = agencies()[0]["page"]
    change("end")
    assert f"Ended on {promises.day_in_words(TODAY)}" in words(look(page))
    change("resume")
    assert "Certified until" in words(look(page))
    change("end")
    clock.forward(days=61)
    assert not any(all_of_it(look, page).values())


def test_an_agency_that_renews_keeps_its_page_and_shows_both_periods(certified, agencies, look, clock):
    earlier = COMPLETED - timedelta(days=690)
    certified(**LISTED, completed=earlier.isoformat())
    [before] = agencies()
    certified(**LISTED)
    [after] = agencies()
    assert (after["page"], after["certified_on"]) == (before["page"], COMPLETED.isoformat())
    both = [
        promises.day_in_words(day) for first in (COMPLETED, earlier) for day in (first, promises.valid_until(first))
    ]
    assert "Certified from {} until {} Before that from {} until {}".format(*both) in words(look(after["page"]))


def test_a_period_that_the_office_ended_is_not_told_to_have_gone_on_after_a_renewal(
    certified, change, agencies, look, clock
):
    earlier = COMPLETED - timedelta(days=300)
    certified(**LISTED, completed=earlier.isoformat())
    change("end")
    clock.forward(days=3)
    certified(**LISTED, completed=TODAY.isoformat())
    [found] = agencies()
    told = [promises.day_in_words(day) for day in (earlier, TODAY - timedelta(days=1))]
    assert "Before that from {} until {}".format(*told) in words(look(found["page"]))
    assert found["valid_until"] == promises.valid_until(TODAY).isoformat()


# Addresses


def test_a_renamed_agency_keeps_its_code_and_every_older_address_leads_to_it(certified, change, agencies, look, clock):
    certified(**LISTED)
    old = agencies()[0]["page"]
    assert re.fullmatch(rf"{SITE}/certified/il/springfield-police-department-[0-9a-z]{{8}}/", old)
    change("rename", name="Springfield O’Hara Peace Officers")
    new = agencies()[0]["page"]
    assert new == old.replace("police-department", "ohara-peace-officers")
    code = old.strip("/")[-8:]
    for address in (old, old.rstrip("/"), new.replace("/il/", "/IL/"), f"/certified/{code}/"):
        answer = look(address, follow=False)
        assert (answer.status, SITE + answer.headers["location"]) == (302, new)
    for address in (old, new, f"/certified/{code}/", f"/certified/il/{code}/"):
        assert badge_words(look, address).startswith("Springfield O’Hara Peace Officers")
    assert f'rel="canonical" href="{new}"' in look(new).text


@pytest.mark.parametrize("address", ["/certified/IL/", "/certified/il", "/certified/Il"])
def test_a_state_has_one_address(address, look):
    answer = look(address, follow=False)
    assert (answer.status, answer.headers["location"]) == (302, "/certified/il/")


@pytest.mark.parametrize(
    "address",
    [
        "xx/",
        "k7m2p9qx/",
        "il/springfield-k7m2p9qx/",
        "badge.svg",
        "il/x/y/",
        "il//",
        "//",
        "é" * 8,
        "agencies.xml",
        "x" * 2000,
        "il/" + "x" * 2000 + "/",
        "%00",
        "../",
        "agencies.json/x",
    ],
)
def test_what_is_not_there_is_the_sites_page_that_offers_the_search(address, look, template, built_site):
    answer = look(f"/certified/{address}")
    assert answer.status == 404
    assert answer.headers["cache-control"] == "no-store"
    page = (built_site / template.error_pages()[404].path.strip("/")).read_text("utf-8")
    assert '<form class="seek" action="/certified/" role="search">' in page


# Searching and lists


@pytest.fixture
def reads_once(table, monkeypatch):
    """Have the stand-in answer a question of the register once: it is slow with thousands, and nothing is written."""
    from storage import dynamodb

    client: Any = dynamodb.client()
    answers: dict[str, Any] = {}
    ask = client._make_api_call

    def once(operation, asked):
        key = json.dumps([operation, asked], sort_keys=True)
        answers[key] = answers.get(key) or ask(operation, asked)
        return answers[key]

    monkeypatch.setattr(client, "_make_api_call", once)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ofallon pd", 1),
        ("O’FALLON", 1),
        ("kapaa", 1),
        ("police", 3),
        ("police illinois", 2),
        ("IL", 2),
        ("st marys", 1),
        ("dept", 2),
        (" ", None),
        ("شرطة", 1),
        ("<script>", 0),
        ("(", 0),
        ("👮", 0),
        ("x" * 5000, 0),
        ("ice", 0),
    ],
)
def test_the_search_finds_names_however_they_are_spelled(query, found, filled, look, clock):
    named = ["O’Fallon Police Department", "St. Mary’s Police Dept."]
    filled([*((name, "IL") for name in named), ("Kapaʻa Police", "HI"), ("شرطة المدينة", "MI")])
    answer = look(f"/certified/?q={quote(query)}")
    assert answer.status == 200
    assert "<script>" not in answer.text.partition("<main")[2]
    if found is None:
        assert 'class="map"' in answer.text
        return
    assert answer.headers["x-robots-tag"] == "noindex"
    assert f"{found} agenc" in words(answer) if found else "No agency found" in words(answer)
    assert ("All of Illinois (2 certified)" in words(answer)) == (query == "IL")


@pytest.mark.parametrize("address", ["/certified/?q=millbrook", "/certified/?q=Ohio", "/certified/oh/"])
def test_an_empty_register_says_so_wherever_one_looks(address, look, filled, clock):
    """Otherwise people try other spellings."""
    empty = words(look(address))
    assert "no agency is listed yet" in empty
    assert "Try one word" not in empty
    filled([(NAME, "IL")])
    assert "no agency is listed yet" not in words(look(address))


def test_whoever_looked_for_a_state_is_not_told_to_look_for_its_state(look, filled, clock):
    filled([(NAME, "IL")])
    assert "Try one word of its name, or its state." in words(look("/certified/?q=millbrook"))
    assert "Try one word of its name." in words(look("/certified/?q=Ohio"))


def test_a_state_is_found_by_its_name_and_its_letters(filled, look, clock):
    filled([(NAME, "IL")])
    for query in ("il", "Illinois", "illi"):
        assert 'href="/certified/il/"' in look(f"/certified/?q={query}").text
    filled(
        [
            ("Springfield Police", "MO"),
            ("Springfield Police", "CO"),
            ("Springfield County Sheriff", "MT"),
            ("Mt. Vernon", "IL"),
        ]
    )
    for query, found in (
        ("Springfield, MO", "Police Missouri"),
        ("springfield co.", "Police Colorado"),
        ("MT", "Montana"),
    ):
        assert f"{found}, since" in words(look(f"/certified/?q={quote(query)}")), query
    for query, state in (("CO", "Colorado"), ("MT", "Montana"), ("MO", "Missouri"), ("ME", "Maine")):
        assert f"All of {state}" in words(look(f"/certified/?q={query}")), query
    assert "No agency in Wyoming is in the register" in words(look("/certified/wy/"))
    assert 'href="/ask/"' in look("/certified/wy/").text


def test_the_map_is_one_list_that_tells_each_state_and_its_number(filled, look, clock):
    filled([(NAME, "IL"), ("Town of Sample", "IL"), ("Kapaʻa Police", "HI")])
    drawing = re.search(r"(?s)<svg class=\"map\".*?</svg>", look().text)[0]
    tiles = re.findall(r'<g role="listitem"><a href="/certified/(..)/" aria-label="(.*?)"', drawing)
    assert 'role="list"' in drawing
    told = {"IL": "IL 2 certified, Illinois", "HI": "HI 1 certified, Hawaii"}
    for code, name in STATES:
        assert (code.lower(), told.get(code, f"{code} none, {name.partition(' (')[0]}")) in tiles
    assert len(tiles) == len(STATES)
    places = re.findall(r"translate\((\d+) (\d+)\)", drawing)
    assert len(set(places)) == len(STATES)


def test_a_certification_that_ended_is_counted_apart_everywhere(filled, look, clock):
    from web.agencies import LISTED_AT_ONCE

    filled([(NAME, "IL"), ("Town of Sample", "IL"), ("Kapaʻa Police", "HI")], ended={1, 2})
    first = look()
    assert "3 agencies in the register: 1 certified, 2 ended." in words(first)
    tiles = dict(re.findall(r'href="/certified/(..)/" aria-label="(.*?)"', first.text))
    assert (tiles["il"], tiles["hi"]) == ("IL 1 certified, 1 ended, Illinois", "HI 0 certified, 1 ended, Hawaii")
    some = re.findall(
        r'href="/certified/(..)/"[^>]* class="some".*?<text[^>]*>(..)</text> <text[^>]*>(\d+)<', first.text
    )
    assert some == [("il", "IL", "1")], "a tile shows what holds"
    assert "2 agencies: 1 certified, 1 ended." in words(look("/certified/il/"))
    assert "1 agency: 0 certified, 1 ended." in words(look("/certified/hi/"))
    assert "All of Hawaii (0 certified, 1 ended)" in words(look("/certified/?q=hawaii"))
    filled([(f"Police No. {number}", "OH") for number in range(LISTED_AT_ONCE + 1)], ended={0})
    assert f"Ohio {LISTED_AT_ONCE} certified, 1 ended" in words(look())


ROUND_TRIP = 14_000


def test_five_thousand_agencies_stay_light_and_come_page_by_page(filled, look, reads_once, clock, built_site):
    named = [
        (f"{word} Police Department of Sample No. {number}", STATES[number % 3 and number % 50][0])
        for number, word in zip(range(5000), cycle(["Springfield", "O’Fallon", "Río Grande", "Kapaʻa"]))
    ]
    filled(named)
    state, number = max(Counter(state for _, state in named).items(), key=lambda each: each[1])
    first, of_state = look(), look(f"/certified/{state.lower()}/")
    assets = sum(
        len(gzip.compress((built_site / name.strip("/")).read_bytes(), 9))
        for name in set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', of_state.text))
    )
    for page in (first, of_state):
        assert len(gzip.compress(page.text.encode(), 9)) + assets <= ROUND_TRIP
    assert "5,000 agencies in the register" in words(first)
    seen, page = set(), f"/certified/{state.lower()}/"
    while page:
        answer = look(page)
        seen |= set(re.findall(r'<li><a href="(/certified/[^"]+)"', answer.text))
        following = re.search(r'rel="next" href="([^"]+)"', answer.text)
        page = following and following[1]
    assert len(seen) == number > 1000
    assert len(json.loads(look("/certified/agencies.json").text)["agencies"]) == 5000
    found = words(look("/certified/?q=springfield"))
    assert "1,250 agencies found" in found
    assert "1,150 agencies more. To see fewer, add a word of the name, or the state." in found
    for page in ("0", "-1", "999", "9" * 40, "x", "²"):
        assert look(f"/certified/{state.lower()}/?page={quote(page)}").status == 200


# Hostile names, open files, faults


@pytest.mark.parametrize("name", [*HOSTILE.values(), "]]>&amp;\ufffe", "'; alert(1) //", "A" * 120], ids=repr)
def test_a_name_breaks_neither_page_nor_drawing_nor_data(name, filled, look, agencies, clock):
    filled([(name, "IL")])
    page = agencies()[0]["page"]
    assert agencies()[0]["agency"] == name
    answer = look(page)
    main = answer.text.partition("<main")[2]
    reader = Reader(answer.text)
    assert "script" not in {tag for tag, _ in Reader(main).elements}
    assert not [each for _, each in reader.elements if any(key.startswith("on") for key in each)]
    assert re.sub(r"\s+", " ", name).strip() in words(answer)
    [data] = re.findall(r'(?s)<script type="application/ld\+json">(.*?)</script>', answer.text)
    assert json.loads(data)["about"]["name"] == name
    badge = ElementTree.fromstring(look(f"{page}badge.svg").text)
    assert {each.tag.partition("}")[2] for each in badge.iter()} == {"svg", "title", "rect", "g", "path", "text"}
    [line] = csv.DictReader(io.StringIO(look("/certified/agencies.csv").text))
    assert line["agency"].removeprefix("'") == name.removeprefix("'")
    assert not line["agency"].startswith(("=", "+", "-", "@"))
    assert ElementTree.fromstring(look("/certified/sitemap.xml").text)[0][0].text == page
    assert ".." not in page
    assert re.fullmatch(r"/certified/il/[a-z0-9-]+/", page.removeprefix(SITE))


def test_the_structured_data_tells_the_dates_and_whether_it_holds(certified, agencies, look, clock):
    certified(**LISTED)
    page = agencies()[0]["page"]

    def told():
        return json.loads(re.search(r"ld\+json\">(.*?)</script>", look(page).text)[1])

    assert told()["@type"] == "Certification"
    assert told()["certificationStatus"] == "https://schema.org/CertificationActive"
    assert (told()["validFrom"], told()["url"]) == (COMPLETED.isoformat(), page)
    clock.forward(days=(promises.valid_until(COMPLETED) - TODAY).days + 1)
    assert told()["certificationStatus"] == "https://schema.org/CertificationInactive"


def test_everything_is_kept_five_minutes_and_a_day_where_we_fail_and_files_are_open(certified, agencies, look, clock):
    certified(**LISTED)
    page = agencies()[0]["page"]
    files = [*FILES, f"{page}badge.svg"]
    for address in ("/certified/", "/certified/il/", "/certified/?q=x", page, *files):
        headers = look(address).headers
        assert headers["cache-control"] == "public, max-age=0, s-maxage=300, stale-if-error=86400"
        assert headers.get("access-control-allow-origin") == ("*" if address in files else None)
        assert headers.get("cross-origin-resource-policy") == ("cross-origin" if address in files else None)


@pytest.mark.denies
def test_a_failure_is_a_500_which_the_edge_answers_with_its_last_copy(look, set_variable, log_output):
    set_variable("CERTIFICATIONS_TABLE", "gone")
    for address in ("/certified/", "/certified/il/", "/certified/k7m2p9qx/", *FILES):
        answer = look(address)
        assert (answer.status, answer.headers["cache-control"]) == (500, "no-store")
        assert "We cannot show the register right now" in words(answer)
    assert '"level":"ERROR"' in log_output.getvalue()


def test_the_function_behind_it_may_read_what_everyone_may_see_and_nothing_else(template, filled, table):
    from local.aws import iam

    rights = iam.of(template, "RegisterFunction")
    assert len(rights) == 1
    [index] = [
        each
        for each in template.resources("AWS::DynamoDB::Table")["Certifications"]["GlobalSecondaryIndexes"]
        if each["IndexName"] == "register"
    ]
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["entry"]}


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_the_e_mail_that_the_plaque_is_on_its_way_names_page_badge_certificate_and_a_press_note(
    answer, certified, agencies, look, inbox, clock
):
    certified(**LISTED | {"listed": answer})
    clock.forward(minutes=11)
    [message] = inbox.titled("Your plaque is on its way")
    if answer == "no":
        assert "Your agency is not in the public register" in message["text"]
        assert "/certified/" not in message["text"]
        return
    [address] = set(re.findall(rf"{SITE}/certified/\S+", message["text"]))
    assert NAME in words(look(address))
    assert look(address, follow=False).headers["location"] == agencies()[0]["page"].removeprefix(SITE)
    for word in ("certificate", "badge", "press note", "[Name of your agency] is a Peace Officer Certified Agency"):
        assert word in message["text"]
