"""What browsers, search engines and crawlers read: HTML by the Nu checker, structured data by schema.org's types,
robots.txt by Python's reader, drawings by another renderer."""

import base64
import json
import re
from pathlib import Path
from urllib.robotparser import RobotFileParser

import pytest

from forms.catalog import FORMS
from mail import ses
from tests.support import judges
from tests.support.email_states import NAMES, states
from tests.support.inbox import link_in
from tests.support.pages import ADDRESS, PAGES
from tests.support.samples import HOSTILE, PLAQUE

HELD = {"reply_code": "cheap backlinks"}
AGENCY = "St. Mary's & Kapaʻa <Police>"


@pytest.fixture
def listed(submitted, office, get):
    """The page of an agency in the register, whose request is `reference`."""

    def listed(**answers):
        reference = submitted("plaque", agency=AGENCY, listed="yes", **answers)
        office.do(reference, "mark")
        [agency] = json.loads(get("/certified/agencies.json").text)["agencies"]
        return reference, agency["page"]

    return listed


@pytest.fixture
def pages(post, get, inbox, office, submitted, listed, clock):
    """What the functions answer with: each state of a page, by its name."""
    hostile = HOSTILE["attribute"]
    found = {f"{slug} empty": post(slug, {}).text for slug in FORMS}
    found |= {f"{slug} wrong": post(slug, dict.fromkeys(form().data, hostile)).text for slug, form in FORMS.items()}
    found["too long"] = post("contact", {"message": "x" * 70_000}).text
    found["receipt"] = get(post("plaque", PLAQUE | {"agency": AGENCY, "listed": "yes"}).headers["location"]).text
    found["no receipt"] = get("/forms/contact/received").text
    inbox.deliver()
    first = submitted("contact", announcements="yes", email="one@example.gov", message=f"{hostile}\n<b>")
    found["confirm"] = get(link_in(inbox.titled("We have your message")[-1], "confirm")).text
    found["confirm nothing"] = get("/forms/announcements/confirm").text
    plaque, agency = listed(email="two@example.gov", contact_name=hostile)
    submitted("contact", message="cheap backlinks https://example.com https://example.org", **HELD)
    clock.forward(days=2)
    office.begin_session()
    desk = ["", first, f"{first}/correct", f"{plaque}/correct", f"{first}/person", "find", "plaques", "plaques/labels"]
    found |= {f"desk {each}": office.get(f"/desk/{each}").text for each in desk}
    found["desk found"] = office.post(
        "/desk/find", office.get("/desk/find").form("/desk/find").fields | {"q": "one"}
    ).text
    found |= {f"desk {each}": office.get(f"/desk/{each}").text for each in (plaque, "certified", "numbers")}
    office.cookies.clear()
    found["desk sign-in"] = office.get("/desk/").text
    addresses = ("/certified/", "/certified/hi/", "/certified/?q=mary", "/certified/?q=nobody", agency)
    return found | {f"register {each}": get(each).text for each in addresses}


def test_the_nu_checker_finds_nothing_in_any_page_state_or_e_mail(built_site, pages, tmp_path):
    pages |= {
        f"e-mail {name}": ses.compose(name, to=["a@example.gov"], **state).get_body(("html",)).get_content()
        for name in NAMES
        for state in [next(states(name)), list(states(name))[-1]]
    }
    pages |= {f"site {file.parent.name}": file.read_text("utf-8") for file in built_site.rglob("*.html")}
    for name, html in pages.items():
        assert "</html>" in html, name
        (tmp_path / f"{re.sub('[^a-z0-9-]+', '_', name.casefold())}.html").write_text(html, "utf-8")
    assert judges.nu(tmp_path) == []


def test_schema_org_knows_every_word_of_the_structured_data(built_site, listed, get, tmp_path):
    pages = [(built_site / page.strip("/") / "index.html").read_text("utf-8") for page in PAGES]
    found = {
        f"said_{number}": said
        for number, said in enumerate(
            json.loads(said)
            for html in [*pages, get(listed()[1]).text]
            for said in re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
        )
    }
    assert len(found) == 3
    assert judges.typed(tmp_path, {name: (said["@type"], said) for name, said in found.items()}) == ""


def test_readers_of_robots_txt_that_take_the_first_match_are_kept_from_the_forms_too(built_site):
    robots = RobotFileParser()
    robots.parse((built_site / "robots.txt").read_text("utf-8").splitlines())
    assert [robots.can_fetch("*", ADDRESS + path) for path in ("/", "/contact/", "/certified/")] == [True] * 3
    assert not robots.can_fetch("*", f"{ADDRESS}/forms/contact")
    assert len(robots.site_maps()) == 2


DIFFERENCE = """async ([one, two]) => {
  const pixels = async (png) => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const canvas = new OffscreenCanvas(120, 60), context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0, 120, 60);
    return context.getImageData(0, 0, 120, 60).data;
  };
  const [a, b] = [await pixels(one), await pixels(two)];
  return a.reduce((sum, each, index) => sum + Math.abs(each - b[index]), 0) / a.length;
}"""
"""How far two pictures are apart, of 255, once both are small: each has its own fonts, and text a pixel elsewhere."""


def test_another_renderer_draws_the_same_pictures_as_chromium(built_site, listed, get, browser, tmp_path):
    drawings = {file.name: file.read_text("utf-8") for file in (built_site / "assets").glob("*.svg")}
    drawings["badge.svg"] = get(f"{listed()[1]}badge.svg").text
    assert len(drawings) == 3
    for name, drawing in drawings.items():
        (tmp_path / name).write_text(drawing, "utf-8")
    page = browser.new_page()
    for drawn in judges.read("drawing", *(tmp_path / name for name in drawings)):
        page.set_viewport_size({"width": drawn["width"], "height": drawn["height"]})
        page.goto(f"file://{drawn['file'].removesuffix('.png')}")
        chromium = page.screenshot(omit_background=True)
        page.goto("about:blank")
        pictures = [base64.b64encode(each).decode() for each in (Path(drawn["file"]).read_bytes(), chromium)]
        assert page.evaluate(DIFFERENCE, pictures) < 8, drawn["file"]
    page.close()
