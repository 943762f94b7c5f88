"""What machines read: canonical addresses, robots.txt, the card beside a shared link, structured data."""

import json
import re
import struct
from typing import Any

import pytest
from mkdocs.exceptions import PluginError

from overrides.hooks.sections import questions
from tests.support.pages import ADDRESS, PAGES


def source(built_site, page: str) -> str:
    return (built_site / page.strip("/") / "index.html").read_text("utf-8")


def structured(built_site, page: str) -> dict:
    [found] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', source(built_site, page), re.DOTALL)
    return json.loads(found)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_which_address_is_its_own_and_has_a_card(page, built_site):
    html = source(built_site, page)
    assert re.findall(r'<link rel="canonical" href="([^"]*)"', html) == [ADDRESS + page]
    assert re.findall(r'<meta property="og:url" content="([^"]*)"', html) == [ADDRESS + page]
    [card] = re.findall(r'<meta property="og:image" content="([^"]*)"', html)
    picture = (built_site / card.removeprefix(ADDRESS).lstrip("/")).read_bytes()
    assert struct.unpack(">II", picture[16:24]) == (1200, 630)
    assert len(picture) < 60_000


def test_a_phone_finds_an_icon_for_its_home_screen_that_no_page_has_browsers_fetch(built_site):
    icon = (built_site / "apple-touch-icon.png").read_bytes()
    assert struct.unpack(">II", icon[16:24]) == (180, 180)
    assert icon[25] == 2, "no part is transparent"
    assert len(icon) < 6_000
    assert not [page for page in PAGES if "touch-icon" in source(built_site, page)]


def test_robots_are_kept_from_the_forms_only_and_told_of_the_sitemap(built_site):
    lines = (built_site / "robots.txt").read_text("utf-8").split("\n")
    assert [line for line in lines if line.startswith("Disallow")] == ["Disallow: /forms/"]
    assert f"Sitemap: {ADDRESS}/sitemap.xml" in lines


def test_only_two_pages_carry_structured_data(built_site):
    assert {page for page in PAGES if "ld+json" in source(built_site, page)} == {"/faq/", "/about/"}


def test_the_structured_questions_are_those_of_the_page(built_site):
    said = structured(built_site, "/faq/")
    asked = questions(source(built_site, "/faq/"), "faq/")
    assert said["@type"] == "FAQPage"
    assert len(asked) > 20
    assert [(each["name"], each["acceptedAnswer"]["text"]) for each in said["mainEntity"]] == [
        (each.title, each.text) for each in asked
    ]


def test_the_structured_organization_is_that_of_the_settings(built_site):
    said = structured(built_site, "/about/")
    assert (said["@type"], said["name"]) == ("NGO", "Police2Peace")
    assert said["nonprofitStatus"].endswith("501c3")


def test_the_home_page_draws_its_questions_from_the_faq(built_site):
    html = source(built_site, "/")
    drawn = re.findall(r'<h3><a href="faq/#([\w-]+)">(.*?)</a></h3><p>(.*?)</p>', html)
    asked = {each.url.partition("#")[2]: each for each in questions(source(built_site, "/faq/"), "faq/")}
    assert len(drawn) == 4
    for anchor, title, answer in drawn:
        assert (title, answer.replace("&#39;", "'").replace("&#34;", '"')) == (asked[anchor].title, asked[anchor].text)


def test_a_question_that_is_not_in_the_faq_stops_the_build(built_site):
    from types import SimpleNamespace

    from overrides.hooks.questions import on_env

    faq = SimpleNamespace(meta={}, content="", url="faq/", file=SimpleNamespace(src_uri="faq.md"))
    home = SimpleNamespace(meta={"questions": ["gone"]}, file=SimpleNamespace(src_uri="index.md"))
    files = [SimpleNamespace(src_uri=page.file.src_uri, page=page) for page in (faq, home)]
    config: Any = SimpleNamespace(extra={})
    site: Any = SimpleNamespace(documentation_pages=lambda: files)
    with pytest.raises(PluginError, match=r"index\.md: faq\.md has no question with the anchor 'gone'"):
        on_env(None, config, site)
