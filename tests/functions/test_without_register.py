"""With `register: false` in mkdocs.yml: no page, form or e-mail speaks of the register, and its own page says so."""

import os
import re

import pytest

import rendering
from local.aws.api_gateway import Gateway, Request
from tests.support.answers import as_answer
from tests.support.samples import PLAQUE
from tests.support.site_build import build_site

NAME = "Springfield Police Department"
LISTED = PLAQUE | {"agency": NAME, "listed": "yes"}
SPEAKS_OF_IT = re.compile(
    r"public register|the register|list our agency|agencies\.json|badge\.svg|badge for", re.IGNORECASE
)
LINK = re.compile(r'href="[^"]*(?<!desk/)certified/["?#]')


def switch_to(folder):
    os.environ["PAGES_FOLDER"] = str(folder)
    rendering.finished.cache_clear()
    rendering.office.cache_clear()


@pytest.fixture
def without_register(built_site, tmp_path):
    """The site that is built without a register; a call turns the register on again."""
    on = os.environ["PAGES_FOLDER"]
    yield build_site(tmp_path, register=False), lambda: switch_to(on)
    switch_to(on)


@pytest.fixture
def look(table, template):
    """Visit an address."""
    gateway = Gateway(template)

    def look(address):
        path, _, query = address.partition("?")
        return as_answer(gateway, Request("GET", path, query))

    return look


def test_no_page_speaks_of_a_register_but_its_own_which_says_that_there_is_none(without_register):
    site, _ = without_register
    pages = {str(page.relative_to(site)): page.read_text("utf-8") for page in site.rglob("*.html")}
    assert [name for name, html in pages.items() if SPEAKS_OF_IT.search(html)] == []
    assert [name for name, html in pages.items() if LINK.search(html.partition("<body")[2])] == ["search/index.html"]
    assert "There is no public list of certified agencies" in (site / "certified/index.html").read_text("utf-8")
    assert "/certified/" not in (site / "robots.txt").read_text("utf-8")


def test_no_form_and_no_e_mail_speaks_of_it_and_what_was_agreed_is_kept(
    without_register, post, office, inbox, look, clock
):
    _, turn_on = without_register
    redrawn = post("plaque", LISTED | {"zip": ""})
    assert redrawn.status == 422
    assert 'name="listed"' not in redrawn.text
    receipt = look(post("plaque", LISTED).headers["location"])
    assert not SPEAKS_OF_IT.search(re.search("(?s)<main.*</main>", receipt.text)[0])
    inbox.deliver()
    [row] = re.findall(r'href="/desk/([0-9A-Z]{10})"', office.get("/desk/").text)
    office.do(row, "mark")
    clock.forward(minutes=11)
    for title in ("We have your plaque request", "Your plaque is on its way"):
        [message] = inbox.titled(title)
        assert not SPEAKS_OF_IT.search(message["text"] + message["html"])
    [agency] = re.findall(r'"(/desk/certified/[0-9a-f]{32})"', office.get("/desk/certified").text)
    for page in ("/desk/certified", agency):
        assert not SPEAKS_OF_IT.search(re.search("(?s)<main.*</main>", office.get(page).text)[0])

    hidden = office.get(agency).form(f"{agency}/rename").fields  # as a page has them from before it was turned off
    assert [office.post(f"{agency}/{verb}", hidden).status for verb in ("withdraw", "list")] == [410] * 2

    page = look("/certified/")
    assert (page.status, "There is no public list" in page.text) == (200, True)
    below = ("agencies.json", "agencies.csv", "sitemap.xml", "il/", "k7m2p9qx/", "k7m2p9qx/badge.svg")
    assert [look(f"/certified/{each}").status for each in below] == [404] * len(below)
    assert NAME not in look("/certified/?q=springfield").text

    turn_on()
    assert NAME in look("/certified/agencies.json").text
