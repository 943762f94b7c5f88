"""Every page in one round trip: what a first visit to it brings, compressed.

A fresh connection carries about 14,000 bytes before it waits for the visitor's answer.
"""

import base64
import gzip
import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hpack import Encoder

import promises
from local.template import Template
from tests.support.pages import ADDRESS, PAGES, Reader
from tests.support.samples import COMPLETED, CONTACT, PLAQUE

ROUND_TRIP = 14_000
HOME = 11_000
LIMITS = {"/": HOME}
SCRIPT = {"form": 4096, "search": 4096, "checklist": 8192, "register": 1024, "home": 512, "content": 0}
"""Bytes of script, compressed, by what a page is for. The home page names the next item; what is only read has none."""

CLOUDFRONT = {
    ":status": "200",
    "content-type": "text/html",
    "content-length": "12345",
    "date": "Mon, 23 Nov 2026 04:00:00 GMT",
    "last-modified": "Mon, 23 Nov 2026 04:00:00 GMT",
    "etag": 'W/"0123456789abcdef0123456789abcdef"',
    "server": "AmazonS3",
    "x-amz-server-side-encryption": "AES256",
    "cache-control": "max-age=31536000, immutable",
    "content-encoding": "gzip",
    "vary": "Accept-Encoding",
    "x-cache": "Hit from cloudfront",
    "via": "1.1 0123456789abcdef0123456789abcdef.cloudfront.net (CloudFront)",
    "x-amz-cf-pop": "IAD12-C1",
    "x-amz-cf-id": "0123456789abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH==",
    "age": "12345",
    "strict-transport-security": "max-age=63072000; includeSubDomains; preload",
}
"""What CloudFront and S3 put on an answer besides what the local run shows."""
CHANGING = ("content-length", "etag", "x-amz-cf-id")
"""Headers that each answer has anew; a connection sends the others again as a number."""


def compressed(content: bytes) -> int:
    return len(gzip.compress(content, 9, mtime=0))


def loaded(built_site: Path, page: str) -> list[Path]:
    """The files that a visit to a page brings before anybody does anything, the page itself first."""
    file = built_site / page.strip("/") / "index.html" if page.endswith("/") else built_site / page.strip("/")
    return [file, *assets(built_site, page, file.read_text("utf-8"))]


def assets(built_site: Path, page: str, html: str) -> list[Path]:
    """The files that a page names, also the script that comes once it is painted."""
    files = []
    for tag, attributes in Reader(html).elements:
        wanted = tag in ("script", "img") or (tag == "link" and attributes.get("rel") in ("stylesheet", "icon"))
        address = attributes.get("src") or attributes.get("data-late") or attributes.get("href")
        if wanted and address:
            target = urlsplit(urljoin(ADDRESS + page, address))
            assert target.netloc == urlsplit(ADDRESS).netloc, f"{page} loads {address}"
            files.append(built_site / target.path.strip("/"))
    return list(dict.fromkeys(files))


IMPORTED = re.compile(r'(?<!import\()["\']\./([\w.-]+\.js)["\']')


def with_imports(script: Path) -> list[Path]:
    """A script and those that it cannot run without; what it imports later, somebody asked for."""
    names = IMPORTED.findall(script.read_text("utf-8"))
    return [script, *(each for name in names for each in with_imports(script.parent / name))]


def weight(files: list[Path], headers: list[tuple[str, str]]) -> int:
    """Bytes of all answers, headers as HTTP/2 sends them."""
    encoder = Encoder()
    total = 0
    for number, file in enumerate(files):
        anew = {name: CLOUDFRONT[name].replace("0", str(number)) for name in CHANGING}
        answer = [*(CLOUDFRONT | anew).items(), *((name.lower(), value) for name, value in headers)]
        total += len(encoder.encode(answer)) + compressed(file.read_bytes())
    return total


def kind(page: str, read: str) -> str:
    """What a page is for, as far as script is concerned."""
    if page in ("/", "/search/"):
        return page.strip("/") or "home"
    if page.startswith("/checklists/"):
        return "checklist"
    if page == "/certified/":
        return "register"
    return "form" if '<form class="form"' in read else "content"


@pytest.mark.parametrize("page", [*PAGES, "/404.html"])
def test_a_page_comes_in_one_round_trip(page, built_site, template: Template):
    files = loaded(built_site, page)
    total = weight(files, template.response_headers())
    assert total <= LIMITS.get(page, ROUND_TRIP), [(file.name, compressed(file.read_bytes())) for file in files]


@pytest.mark.parametrize("page", [*PAGES, "/404.html"])
def test_a_page_loads_script_only_where_somebody_does_something(page, built_site):
    html, *others = loaded(built_site, page)
    scripts = {each for file in others if file.suffix == ".js" for each in with_imports(file)}
    assert sum(compressed(script.read_bytes()) for script in scripts) <= SCRIPT[kind(page, html.read_text("utf-8"))]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_no_script_that_comes_before_it_is_painted(page, built_site):
    html = loaded(built_site, page)[0].read_text("utf-8")
    named = [attributes for tag, attributes in Reader(html).elements if tag == "script"]
    assert [attributes for attributes in named if "src" in attributes] == []
    assert len([attributes for attributes in named if "data-late" in attributes]) == (kind(page, html) != "content")


def test_forms_and_content_pages_are_told_apart(built_site):
    kinds = {page: kind(page, loaded(built_site, page)[0].read_text("utf-8")) for page in PAGES}
    assert {page for page in PAGES if kinds[page] == "form"} == {"/contact/", "/plaque/", "/announcements/"}
    assert [*kinds.values()].count("content") == 7


@pytest.mark.parametrize("page", [*PAGES, "/404.html"])
def test_a_page_holds_no_code_that_the_policy_refuses(page, built_site, template: Template):
    policy = dict(template.response_headers())["Content-Security-Policy"]
    assert "unsafe" not in policy
    html = loaded(built_site, page)[0].read_text("utf-8")
    for tag, attributes, content in re.findall(r"<(script|style)\b([^>]*)>(.*?)</\1>", html, re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        is_data = tag == "script" and 'type="application/ld+json"' in attributes
        assert "src=" in attributes or is_data or f"'sha256-{digest}'" in policy, f"{page}: {content[:60]}"
    for _, attributes in Reader(html).elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]


TOWNS = ["Springfield", "Franklin", "Clinton", "Georgetown", "Salem", "Madison", "Greenville", "Bristol", "Dover"]
ASKED = [
    "How do we begin, and who should lead it where there is no training officer?",
    "Our council wants to see the checklists before it decides. May we print them?",
    "We finished the first three. Does the order matter for the next one, with elections in between?",
    "The chief retired last week. Who signs the commitment now?",
    "May two towns that share one department ask for one plaque each?",
]
FIFTY = [(TOWNS[number % 9], ASKED[number % 5], f"{number:02}") for number in range(50)]


@pytest.fixture
def fifty(post, table, office):
    """Fifty open messages and fifty plaques to mail, of many towns; the references of one of each."""
    for town, question, number in FIFTY:
        who = {"email": f"chief.{number}@{town.lower()}.example.gov", "telephone": f"(555) 555-01{number}"}
        message = who | {"name": f"Jordan {town} {number}", "organization": f"{town} {number} Police"}
        post("contact", CONTACT | message | {"message": question}, sender=f"127.0.1.{number}")
        plaque = who | {"agency": f"City of {town} {number} Police Department", "street1": f"{number} Main Street"}
        post("plaque", PLAQUE | plaque | {"city": town}, sender=f"127.0.1.{number}")
    return {item["form"]: item["reference"] for item in table.items()}


def test_a_page_of_the_desk_comes_in_one_round_trip_with_fifty_open_rows(
    fifty, office, built_site, template: Template, tmp_path
):
    office.do(fifty["contact"], "take")
    contact, plaque = fifty["contact"], fifty["plaque"]
    ones = [contact, plaque, f"{plaque}/correct", f"{plaque}/person"]
    weights = {}
    for address in ["", "plaques", "plaques/labels", "find?q=police", "certified", "numbers", *ones]:
        page = office.get(f"/desk/{address}")
        assert page.status == 200
        file = tmp_path / "page.html"
        file.write_text(page.text, "utf-8")
        weights[address] = weight([file, *assets(built_site, "/desk/", page.text)], template.response_headers())
    assert {address: total for address, total in weights.items() if total > ROUND_TRIP} == {}
    assert weights[""] > weights["numbers"]


@pytest.fixture
def certified(table):
    """So many agencies of one state, certified and each with its own name and days."""
    from settings import settings
    from storage import certifications, dynamodb

    for number in range(250):
        town, _, letters = FIFTY[number % 50]
        completed = (COMPLETED - timedelta(days=number)).isoformat()
        ends_on = promises.valid_until(COMPLETED - timedelta(days=number)).isoformat()
        period = {"completed": completed, "ends_on": ends_on, "listed": bool(number % 3)}
        period |= {"name": f"City of {town} {number} Police Department", "state": "IL", "marked_at": completed}
        period |= {"asked_at": completed, "listed_said_at": completed}
        item: dict[str, Any] = {"id": certifications.id_of(f"{number}"), "reference": "QX8J88CZK3"}
        item |= {"periods": {"QX8J88CZK3": period}}
        item |= {"name": period["name"], "agency_state": "IL", "completed": completed, "ends_on": ends_on}
        item |= {"email": f"chief.{letters}@example.gov", "zip": "62701", "mail": {"invitation-180": {"state": "sent"}}}
        dynamodb.put(settings().certifications_table, item, "attribute_not_exists(id)", {})


def test_a_page_of_the_certified_agencies_comes_in_one_round_trip(
    certified, office, built_site, template: Template, tmp_path
):
    weights = {}
    for address in ("", "?state=IL", "?state=IL&page=3", "?ending=900&page=2"):
        page = office.get(f"/desk/certified{address}")
        file = tmp_path / "page.html"
        file.write_text(page.text, "utf-8")
        weights[address] = weight([file, *assets(built_site, "/desk/", page.text)], template.response_headers())
        assert page.text.count('href="/desk/certified/') == (50 if "page=3" in address else 100)
    assert {address: total for address, total in weights.items() if total > ROUND_TRIP} == {}
