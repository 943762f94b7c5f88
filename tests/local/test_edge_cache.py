"""What CloudFront keeps: the register for five minutes, in a failure for a day; and of errors, nothing for others."""

import re
from http import HTTPStatus
from xml.etree import ElementTree

import pytest

from local.aws.api_gateway import Gateway, Request, Response
from local.edge_cache import EdgeCache
from local.template import Template
from tests.support.samples import PLAQUE

RECEIPT = "/forms/contact/received"


class Edge:
    """An edge of a template's distribution, whose origin answers with the next of `statuses`, and then with 200."""

    def __init__(self, template, *statuses):
        self.now = 0.0
        self.asked = 0
        self._statuses = iter(statuses)
        self._cache = EdgeCache(template, self._origin, lambda: self.now)

    def _origin(self, request):
        self.asked += 1
        headers = [("cache-control", "private, no-cache")]
        return Response(next(self._statuses, 200), headers, request.query.encode())

    def status(self, query="", method="GET", path=RECEIPT):
        return self._cache.answer(Request(method, path, query)).status


@pytest.fixture
def silent(tmp_path):
    """A distribution that says nothing of errors."""
    file = tmp_path / "template.yaml"
    config = "DistributionConfig: {Enabled: true}"
    file.write_text(f"Resources:\n  Front: {{Type: AWS::CloudFront::Distribution, Properties: {{{config}}}}}\n")
    return Template(file)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failure_is_shown_to_the_visitor_who_met_it_and_to_nobody_else(template, status):
    edge = Edge(template, status)
    assert edge.status("receipt=one") == status
    assert edge.status("receipt=two") == HTTPStatus.OK


def test_without_a_word_of_it_an_error_stands_for_ten_seconds_whatever_is_asked_of_that_path(silent):
    edge = Edge(silent, 500)
    assert [edge.status("receipt=one"), edge.status("receipt=two"), edge.status(method="HEAD")] == [500] * 3
    assert edge.status(path="/forms/plaque/received") == HTTPStatus.OK
    edge.now = 9.9
    assert edge.status("receipt=three") == 500
    edge.now = 10
    assert edge.status("receipt=three") == HTTPStatus.OK


def test_what_is_posted_always_reaches_the_form(silent):
    edge = Edge(silent, 500, 500)
    assert [edge.status(), edge.status(method="POST"), edge.status(method="POST")] == [500, 500, HTTPStatus.OK]
    assert edge.asked == 3


@pytest.mark.parametrize("status", [400, 422, 429, 200])
def test_answers_that_are_no_errors_of_the_server_are_not_kept(silent, status):
    edge = Edge(silent, status)
    assert [edge.status(), edge.status()] == [status, HTTPStatus.OK]


@pytest.mark.parametrize(("said", "asked"), [("no-store", 2), ("public, max-age=0", 1)])
def test_a_page_that_is_not_there_is_kept_unless_it_says_otherwise(template, said, asked):
    count = []

    def origin(request):
        count.append(request)
        return Response(404, [("cache-control", said)], b"")

    edge = EdgeCache(template, origin, lambda: 0)
    assert [edge.answer(Request("GET", "/certified/k7m2p9qx/")).status for _ in "ab"] == [404, 404]
    assert len(count) == asked


NAME = "Springfield Police Department"


@pytest.fixture
def edge(template, table):
    """The edge in front of the functions, by the clock of the test: `edge(address)`."""
    cache = EdgeCache(template, Gateway(template).answer)

    def edge(address):
        path, _, query = address.partition("?")
        return cache.answer(Request("GET", path, query))

    return edge


@pytest.fixture
def addresses(edge, post, inbox, office, clock):
    """Every address that shows an agency, which was just certified and listed; each was visited once."""
    post("plaque", PLAQUE | {"agency": NAME, "agency_state": "IL", "listed": "yes"})
    inbox.deliver()
    [reference] = re.findall(r'href="/desk/([0-9A-Z]{10})"', office.get("/desk/").text)
    office.do(reference, "mark")
    lists = [f"/certified/{each}" for each in ("", "il/", "?q=springfield", "agencies.json", "agencies.csv")]
    page = re.search(r"/certified/il/springfield[^\"]*", edge("/certified/agencies.json").body.decode())[0]
    found = [*lists, page, f"{page}badge.svg"]
    assert all(shows(edge, address) for address in found)
    return found


def shows(edge, address):
    response = edge(address)
    return response.status == HTTPStatus.OK and NAME in response.body.decode()


def test_a_withdrawn_agency_is_gone_from_every_address_within_five_minutes(edge, addresses, office, clock):
    [page] = re.findall(r'"(/desk/certified/[0-9a-f]{32})"', office.get("/desk/certified").text)
    office.press(office.get(page), f"{page}/withdraw")
    clock.forward(minutes=4, seconds=59)
    assert all(shows(edge, address) for address in addresses), "an edge that asks each time is no cache"
    clock.forward(seconds=1)
    assert [address for address in addresses if shows(edge, address)] == []


def test_the_badge_of_an_agency_that_left_is_a_picture_that_says_so_and_names_nobody(edge, addresses, office, clock):
    """On the agency's own website, a broken picture would leave the words beside it: that it is certified."""
    badge = addresses[-1]
    [page] = re.findall(r'"(/desk/certified/[0-9a-f]{32})"', office.get("/desk/certified").text)
    office.press(office.get(page), f"{page}/withdraw")
    clock.forward(minutes=5)
    gone = edge(badge)
    drawing = ElementTree.fromstring(gone.body.decode())
    told = "Peace Officer Agency Certification This agency is not in the public register"
    assert " ".join(each.text for each in drawing.iter("{http://www.w3.org/2000/svg}text")) == told
    assert "springfield" not in gone.body.decode().casefold()
    assert "#12294d" not in gone.body.decode()
    assert gone.status == 200, "CloudFront puts a page in place of a 404, and Firefox draws no error"
    headers = dict(gone.headers)
    assert (headers["content-type"], headers["cross-origin-resource-policy"]) == ("image/svg+xml", "cross-origin")
    never = edge("/certified/k7m2p9qx/badge.svg")
    assert (never.status, never.body) == (gone.status, gone.body), "nobody learns which agencies left"


@pytest.mark.denies
def test_in_a_failure_the_register_is_shown_for_a_day(edge, addresses, set_variable, clock):
    set_variable("CERTIFICATIONS_TABLE", "gone")
    clock.forward(hours=24, minutes=4)
    assert all(shows(edge, address) for address in addresses)
    clock.forward(minutes=2)
    assert {edge(address).status for address in addresses} == {500}


@pytest.mark.denies
def test_only_page_and_words_to_find_tell_addresses_apart(edge, addresses, set_variable):
    set_variable("CERTIFICATIONS_TABLE", "gone")
    assert shows(edge, "/certified/?from=somewhere")
    assert edge("/certified/?q=police").status == 500


@pytest.mark.denies
def test_without_keeping_what_is_fresh_a_change_is_there_at_once(template, set_variable, table):
    edge = EdgeCache(template, Gateway(template).answer, keeps_fresh=False)
    asked = Request("GET", "/certified/")
    assert edge.answer(asked).status == 200
    set_variable("CERTIFICATIONS_TABLE", "gone")
    assert edge.answer(asked).status == 200
    assert edge.answer(Request("GET", "/certified/il/")).status == 500
