"""The built site: every page, every link, nothing from elsewhere."""

import json
import re
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree

import pytest
import yaml

from forms.catalog import FORMS
from local.template import Template
from overrides.hooks.news import Announcement, feed
from promises import ANSWERED_WITHIN, PLAQUE_MAILED_WITHIN, VALID_FOR_YEARS
from tests.support.pages import ADDRESS, PAGES, Reader

ROOT = Path(__file__).parents[2]
ERROR_PAGES = sorted({page.path for page in Template(ROOT / "template.yaml").error_pages().values()})
FAILED = "/forms/plaque"
"""An address that answers with an error page: its links lead from there."""
NUMBERS = {1: "one", 2: "two", 3: "three", 24: "24", 48: "48"}


def test_the_sitemap_names_every_page(built_site):
    tree = ElementTree.parse(built_site / "sitemap.xml")
    named = {element.text for element in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")}
    assert named == {ADDRESS + page for page in PAGES}


@pytest.mark.parametrize("page", [*PAGES, *ERROR_PAGES])
def test_a_page_has_a_title_a_description_one_heading_and_a_language(page, read):
    elements = read(page).elements
    assert [tag for tag, _ in elements].count("h1") == 1
    assert [tag for tag, _ in elements].count("title") >= 1
    assert next(attributes["content"] for _, attributes in elements if attributes.get("name") == "description")
    assert ("html", "en") in {(tag, attributes.get("lang", "")) for tag, attributes in elements}


def test_titles_and_descriptions_are_different_on_every_page(built_site):
    pages = [(built_site / page.strip("/") / "index.html").read_text("utf-8") for page in PAGES]
    for pattern in (r"<title>(.*?)</title>", r'<meta name="description" content="(.*?)"'):
        found = [re.search(pattern, html, re.DOTALL)[1] for html in pages]
        assert sorted(set(found)) == sorted(found)


@pytest.mark.parametrize("page", ERROR_PAGES)
def test_the_title_of_an_error_page_is_its_heading(page, built_site):
    html = (built_site / page.strip("/")).read_text("utf-8")
    [heading] = re.findall(r"<h1>(.*?)</h1>", html)
    assert f"<title>{heading} - " in html
    assert f'property="og:title" content="{heading}"' in html


@pytest.mark.parametrize("page", [*PAGES, *ERROR_PAGES])
def test_every_internal_link_and_anchor_resolves(page, read, built_site, template: Template):
    def is_answered_by_a_function(path):
        found = [route.parameters(path) for route in template.routes()]
        return any(each is not None and each.get("form", "contact") in FORMS for each in found)

    for address in read(page).addresses():
        target = urlsplit(urljoin(ADDRESS + (FAILED if page in ERROR_PAGES else page), address))
        if target.scheme in ("mailto", "tel") or target.netloc != urlsplit(ADDRESS).netloc:
            continue
        if is_answered_by_a_function(target.path):
            continue
        file = built_site / unquote(target.path).strip("/")
        assert (file / "index.html" if target.path.endswith("/") else file).is_file(), f"{page} links to {address}"
        if target.fragment:
            assert unquote(target.fragment) in read(target.path).ids(), f"{page} links to {address}"


@pytest.mark.parametrize("page", [*PAGES, *ERROR_PAGES])
def test_no_page_loads_anything_from_elsewhere_or_carries_inline_code(page, read):
    for tag, attributes in read(page).elements:
        loads = attributes.get("src") or (attributes.get("href") if tag in ("link", "use", "image") else "") or ""
        if (tag, attributes.get("rel")) != ("link", "canonical"):
            assert urlsplit(loads).netloc == "", f"{page}: {tag} {attributes}"
        assert tag != "style"
        # The text of one with data-late is checked against the policy (test_weight.py).
        assert (
            tag != "script" or {"src", "data-late"} & attributes.keys() or attributes["type"] == "application/ld+json"
        )
        assert "style" not in attributes, f"{page}: {tag} {attributes}"
        assert not [name for name in attributes if name.startswith("on")]


@pytest.mark.parametrize("page", [*PAGES, *ERROR_PAGES])
def test_a_drawing_has_a_size_where_no_style_gives_it_one(page, read):
    drawings = [attributes for tag, attributes in read(page).elements if tag == "svg"]
    assert drawings
    assert all({"width", "height"} <= attributes.keys() for attributes in drawings)


@pytest.mark.parametrize("page", PAGES)
def test_a_drawing_has_words_beside_it_and_none_of_its_own(page, read):
    for tag, attributes in read(page).elements:
        assert tag != "svg" or attributes.get("aria-hidden") == "true"
        assert tag != "img" or attributes.get("alt")


@pytest.mark.parametrize("page", ["index", "framework"])
def test_each_picture_that_front_matter_names_is_drawn(page, built_site):
    named = re.findall(r"picture: \w+", (ROOT / f"docs/{page}.md").read_text("utf-8"))
    html = (built_site / page.replace("index", "") / "index.html").read_text("utf-8")
    drawn = re.findall(r'class="?icon"?[^>]*><path d="([^"]+)', html)
    assert len(named) == len(drawn) == len(set(drawn)) > 0


@pytest.mark.parametrize("page", [*PAGES, *ERROR_PAGES])
def test_a_page_says_on_its_first_screen_who_runs_it_and_whom_to_call(page, read):
    header = read(page).text.partition("Skip to content")[2][:700]
    assert "A program of Police2Peace" in header
    assert "(555) 555-0100" in header


def test_the_way_begins_with_asking_for_what_the_reader_has_not(built_site):
    """No one can enter the platform before the office has given access."""
    html = (built_site / "certification/index.html").read_text("utf-8")
    way, _, after = html.partition('class="way"')[2].partition("</ol>")
    first_step = way.partition("</li>")[0]
    assert re.findall('href="([^"]*)"', first_step) == ["../contact/"]
    assert re.findall('class="button" href="([^"]*)"', after)[:1] == ["../contact/"]


@pytest.mark.parametrize("page", PAGES)
def test_ids_are_unique_on_a_page(page, read):
    ids = [attributes["id"] for _, attributes in read(page).elements if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("form", FORMS.values())
def test_the_page_of_a_form_asks_what_the_form_asks(form, read):
    page = read(f"/{form.slug}/")
    asked = {attributes.get("name") for tag, attributes in page.elements if tag in ("input", "select", "textarea")}
    assert {field.name for field in form()} <= asked
    for field in form():
        assert field.label.text in page.text


def test_the_pages_state_the_promises_that_the_system_keeps(read):
    words = {page: read(page).text for page in PAGES}
    hours, weeks = int(ANSWERED_WITHIN.total_seconds() // 3600), PLAQUE_MAILED_WITHIN.days // 7
    said = {
        r"within (\S+) hours?": NUMBERS[hours],
        r"within (\S+) weeks?": NUMBERS[weeks],
        r"valid for (\S+) years?": NUMBERS[VALID_FOR_YEARS],
    }
    for pattern, number in said.items():
        found = [(page, match) for page, text in words.items() for match in re.findall(pattern, text)]
        assert len(found) >= 3, pattern
        assert {match for _, match in found} == {number}, found
    units = "(?:minute|hour|day|week|month|year)s?"
    lengths = {length for text in words.values() for length in re.findall(rf"within \w+ {units}", text)}
    edge = "within five minutes"  # until the register shows a change
    assert lengths == {f"within {NUMBERS[hours]} hours", f"within {NUMBERS[weeks]} weeks", edge}


def test_the_sources_of_the_pages_state_them_too_where_there_is_no_register():
    """What is between `without register` and its end is on no page of this build."""
    hours = int(ANSWERED_WITHIN.total_seconds() // 3600)
    sources = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))}
    found = [(name, match) for name, text in sources.items() for match in re.findall(r"within\s+(\S+)\s+hours", text)]
    assert len(found) >= 10
    assert {match for _, match in found} == {str(hours)}, found


FACTS = yaml.safe_load((ROOT / "tests/site/facts.yml").read_text("utf-8"))


@pytest.mark.parametrize("page", FACTS)
def test_a_page_states_the_facts_that_only_the_office_may_change(page, read):
    text = read(page).text.replace(" ,", ",").replace(" .", ".")
    assert [fact for fact in FACTS[page] if fact not in text] == []


def test_the_feed_names_each_announcement_and_where_to_read_it():
    """RFC 4287: an id for each entry, never of another one, and a link to what it is about."""
    listed = [Announcement(f"announcements/{day}/", f"Number {day}", date(2027, 1, day), "Now.") for day in (1, 2)]
    root = ElementTree.fromstring(feed(listed, "https://example.org/", "Site"))
    atom = "{http://www.w3.org/2005/Atom}"
    addresses = [f"https://example.org/{each.url}" for each in listed]
    assert [entry.findtext(f"{atom}id") for entry in root.iter(f"{atom}entry")] == addresses
    assert [entry.find(f"{atom}link").attrib for entry in root.iter(f"{atom}entry")] == [
        {"rel": "alternate", "href": address} for address in addresses
    ]
    assert [link.attrib for link in root.findall(f"{atom}link")] == [
        {"rel": "self", "href": "https://example.org/announcements/feed.xml"},
        {"rel": "alternate", "href": "https://example.org/announcements/"},
    ]


def test_no_page_has_a_figure_of_its_own(read):
    found = {figure for page in PAGES for figure in re.findall(r"\b\d{1,3}(?:,\d{3})+\b", read(page).text)}
    assert found == {"17,541", "11,824", "3,051", "2,666", "5,000"}  # of the Bureau of Justice Statistics; of a form


def test_the_counters_stand_with_their_source(read):
    text = read("/").text
    for figure in ("17,541", "11,824", "3,051"):
        assert figure in text
    assert "Bureau of Justice Statistics" in text
    assert "2018" in text


@pytest.mark.parametrize("form", FORMS.values())
def test_the_functions_get_the_finished_page_with_absolute_addresses(form, built_site):
    import rendering
    from web import pages

    page = pages.built_page(form.slug).html
    for address in Reader(page).addresses():
        assert urlsplit(address).scheme or address.startswith(("/", "#")), address
    assert rendering.office().email.startswith("office@")


@pytest.mark.parametrize("html", ["<a>1</a>2</a>", "<a><a>1</a>", "<a>1</a><a>2</a>", "</a>1<a>", "<a>1", "1</a>", ""])
def test_no_part_of_a_page_is_replaced_whose_markers_do_not_stand_there_exactly_once(html):
    from web.pages import Page

    with pytest.raises(ValueError, match="exactly once"):
        Page(html).with_part(("<a>", "</a>"), "new")
    assert Page("0<a>1</a>2").with_part(("<a>", "</a>"), "new").html == "0<a>\nnew\n</a>2"


def test_json_of_the_checklists_is_published(built_site):
    everything = json.loads((built_site / "checklists/all.json").read_text("utf-8"))["checklists"]
    assert {f"/checklists/{each['name']}/" for each in everything} <= set(PAGES)
    assert {each["name"] for each in everything} == {file.stem for file in (ROOT / "checklists").glob("*.md")}
    for each in everything:
        single = json.loads((built_site / f"checklists/{each['name']}.json").read_text("utf-8"))
        assert single == {"checklists": [each]}


@pytest.mark.parametrize("page", ["/", "/certification/", "/checklists/"])
def test_a_page_says_before_its_first_list_of_checklists_where_the_certification_is_taken(page, built_site):
    """This site's checklists are a working aid; whoever takes them for the certification does the work twice."""
    html = (built_site / page.strip("/") / "index.html").read_text("utf-8")
    main = html.partition("<main")[2]
    start = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", re.split('class="(?:band|way|steps)', main)[0]))
    assert re.search("take[s]? (?:it|the certification) on the (?:online )?training platform", start)
    assert "are a working aid beside it" in start
