"""The site in Firefox and in WebKit, Safari's engine: every page, a form to its receipt, a checklist from hand to hand,
an agency in the register.

Not to be had there: paper, touch, forced colors in WebKit, and pages without script. Chromium has those in other tests.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.checklist_pages import CHECKLISTS, KEY, all_done, named
from tests.support.engines import ENGINES, Engine, started
from tests.support.pages import PAGES
from tests.support.run import LocalRun, wait_for
from tests.support.samples import CONTACT, PLAQUE, new_address

LEADER = named("leader")
SHOWN = "document.querySelector('[data-progress]') && !document.querySelector('[data-progress]').hidden"


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with started(request.param) as engine:
        yield engine


@pytest.fixture(scope="module", params=ENGINES)
def fresh_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """One that has kept no page yet: WebKitGTK breaks off where it has kept those of many tests."""
    with started(request.param) as engine:
        yield engine


@pytest.fixture(scope="module")
def pages(built_site: Path) -> Iterator[str]:
    """The address of the built site alone: pages of the local run ask for news, which keeps them from the cache."""
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(built_site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def answer(engine: Engine, answers: Mapping[str, str]) -> None:
    """Give the form these answers, and send it."""
    engine.run(
        "for (const [name, value] of Object.entries(given[0])) {"
        " const box = document.querySelector(`main form [name=${name}]`);"
        " if (box.type === 'checkbox') box.checked = value === 'yes'; else box.value = value }"
        " setTimeout(() => document.querySelector('main form [type=submit]').click(), 10)",
        dict(answers),
    )


def click(engine: Engine, selector: str, number: int = 0) -> None:
    engine.run("document.querySelectorAll(given[0])[given[1]].click()", selector, number)


def leave_and_come_back(engine: Engine, elsewhere: str, meanwhile: str = "") -> None:
    """Follow a link and go back to the page that the browser kept, as long as it takes to settle.

    `meanwhile` is a script for the other page, once that is as its own script leaves it.

    It is left once nothing has come for a while: no browser keeps a page that still loads something.
    """
    here = engine.run(
        "const come = () => performance.getEntriesByType('resource').length;"
        " for (let before = -1; before !== come(); ) {"
        " before = come(); await new Promise((resolve) => setTimeout(resolve, 500)) }"
        " window.wasHere = true; setTimeout(() => (location.href = given[0]), 10);"
        " return location.href",
        elsewhere,
    )
    engine.wait_until(f"location.href !== '{here}' && document.readyState === 'complete'")
    if meanwhile:
        engine.wait_until(SHOWN)
        engine.run(meanwhile)
    engine.run("setTimeout(() => history.back(), 10)")
    engine.wait_until("window.wasHere")
    engine.run("await new Promise((resolve) => setTimeout(resolve, 300))")


def test_every_page_opens_and_fits(engine: Engine, pages: str):
    for page in PAGES:
        engine.open(pages + page)
        heading, width, wide = engine.run(
            "return [document.querySelector('h1').offsetHeight, innerWidth, document.documentElement.scrollWidth]"
        )
        assert heading > 20, page
        assert wide <= width, page
    engine.open(f"{pages}/search/?q=plaque")
    engine.wait_until("document.querySelectorAll('.search__results a').length > 1")


def test_a_form_with_mistakes_leads_to_its_receipt(engine: Engine, local_run: LocalRun):
    engine.open(f"{local_run.url}/contact/")
    click(engine, "main [type=submit]")
    engine.wait_until("document.activeElement.className === 'error-summary'")
    assert engine.run("return document.title").startswith("Error: ")
    click(engine, ".error-summary a")
    engine.wait_until("document.activeElement.name === 'name'")
    address = new_address()
    for name in ("name", "message"):
        engine.type(f"[name={name}]", CONTACT[name].partition("\n")[0])
    engine.type("[name=email]", address)
    engine.run("document.querySelector('[name=topic]').value = given[0]", CONTACT["topic"])
    click(engine, "main [type=submit]")
    engine.wait_until("location.pathname.endsWith('/received') && document.querySelector('.receipt__reference')")
    reference = engine.run("return document.querySelector('.receipt__reference strong').textContent")
    wait_for(lambda: any(reference in message["subject"] for message in local_run.messages()))


def test_coming_back_to_a_form_shows_what_was_typed(engine: Engine, pages: str):
    engine.open(f"{pages}/plaque/")
    given = {"completed": "2026-10-17", "addressee": "Office of the Chief", "agency_state": "TX"}
    engine.run(
        "for (const [name, value] of Object.entries(given[0])) {"
        " const box = document.querySelector(`[name=${name}]`);"
        " box.value = value; box.dispatchEvent(new Event('input', { bubbles: true })) }",
        given,
    )
    leave_and_come_back(engine, f"{pages}/faq/")
    kept = "return Object.fromEntries(given[0].map((name) => [name, document.querySelector(`[name=${name}]`).value]))"
    assert engine.run(kept, list(given)) == given


def test_coming_back_to_a_checklist_shows_the_record_of_now_and_what_was_typed(engine: Engine, pages: str):
    address, name = f"{pages}/checklists/leader/", "Chief Sample"
    engine.open(address)
    engine.run("localStorage.clear()")
    engine.open(address)
    engine.wait_until(SHOWN)
    click(engine, ".item [type=checkbox]")
    click(engine, ".item__more", 1)
    engine.wait_until("document.querySelector('.questions')")
    click(engine, ".questions [value=not-taken]")
    for box in (".questions [name=who]", ".plan [name=owner]"):
        engine.run(
            "const box = document.querySelector(given[0]); box.value = given[1];"
            " box.dispatchEvent(new Event('input', { bubbles: true }))",
            box,
            name,
        )
    shown = (
        "[document.querySelector('.item [type=checkbox]').checked,"
        " ...['.questions [name=who]', '.plan [name=owner]'].map((box) => document.querySelector(box).value)]"
    )
    for _ in range(3):  # whether the browser or a timer of the page comes first differs from time to time
        leave_and_come_back(engine, f"{pages}/faq/")
        assert engine.run(f"return {shown}") == [True, name, name]
    engine.run("localStorage.clear()")


LAST = CHECKLISTS[-1].items[-1]
LINE = "document.querySelector('#not-there-yet').textContent"
ALL_BUT_THE_LAST = all_done()
del ALL_BUT_THE_LAST[LAST.id]


@pytest.mark.parametrize(
    ("page", "items", "elsewhere", "box", "shows"),
    [
        ("/", {}, "leader", LEADER.items[0].id, "document.querySelector('.menu__on').textContent === 'Continue'"),
        ("/checklists/print/", {}, "leader", LEADER.items[0].id, "document.querySelector('.item input').checked"),
        ("/plaque/", {}, "leader", LEADER.items[0].id, f"{LINE}.includes('Continue with item 1.2')"),
        (
            "/plaque/",
            ALL_BUT_THE_LAST,
            CHECKLISTS[-1].name,
            LAST.id,
            f"document.querySelector('[name=completed]').value && {LINE}.includes('Read how')",
        ),
    ],
    ids=["the button", "the page of all", "the plaque form", "the plaque form, complete"],
)
def test_coming_back_shows_what_was_ticked_meanwhile(
    page, items, elsewhere, box, shows, fresh_engine: Engine, pages: str
):
    engine = fresh_engine
    engine.open(pages + page)
    engine.run("localStorage.clear(); sessionStorage.clear()")
    if items:
        kept = json.dumps({"version": 1, "agency": "", "items": items})
        engine.run(f"localStorage['{KEY}'] = given[0]", kept)
    engine.open(pages + page)
    assert not engine.run(f"return Boolean({shows})")
    leave_and_come_back(engine, f"{pages}/checklists/{elsewhere}/", f"document.querySelector('#{box} input').click()")
    engine.wait_until(shows)
    engine.run("localStorage.clear(); sessionStorage.clear()")


def test_coming_back_to_the_search_shows_what_was_sought_and_found(engine: Engine, pages: str):
    engine.open(f"{pages}/search/")
    engine.type("main #q", "plaque")
    found = "document.querySelectorAll('.search__results a').length"
    engine.wait_until(f"{found} > 1")
    leave_and_come_back(engine, f"{pages}/faq/")
    assert engine.run(f"return [document.querySelector('main #q').value, {found} > 1]") == ["plaque", True]


def test_a_checklist_is_checked_left_reopened_and_handed_over(engine: Engine, pages: str):
    engine.open(f"{pages}/checklists/leader/")
    engine.wait_until(SHOWN)
    for number in (0, 1, 3):
        click(engine, ".item [type=checkbox]", number)
    leave_and_come_back(engine, f"{pages}/checklists/{CHECKLISTS[1].name}/")
    checked = "[...document.querySelectorAll('.item [type=checkbox]')].map((box) => Number(box.checked)).join('')"
    expected = "1101".ljust(len(LEADER.items), "0")
    engine.wait_until(f"{checked} === '{expected}'")
    engine.run("window.print = () => {}")
    click(engine, "[data-print=blank]")
    assert engine.run("return document.documentElement.className") == "blank"
    assert engine.run(f"return {checked}") == expected
    click(engine, ".item__more", 1)
    engine.wait_until("document.querySelector('.questions')")
    click(engine, ".questions [value=not-taken]")
    engine.open(f"{pages}/checklists/")
    engine.wait_until("!document.querySelector('#keep').hidden")
    click(engine, "[data-does=makeLink]")
    engine.wait_until("document.querySelector('#link').value")
    link, record = engine.run(f"return [document.querySelector('#link').value, localStorage['{KEY}']]")
    engine.run("localStorage.clear()")
    engine.open(f"{pages}/faq/")
    engine.open(link)
    engine.wait_until("!document.querySelector('#incoming').hidden")
    click(engine, "[data-take]")
    assert engine.run(f"return JSON.parse(localStorage['{KEY}'])") == engine.run("return JSON.parse(given[0])", record)


def test_the_badge_of_an_agency_that_left_the_register_is_drawn_on_its_website(engine: Engine, local_run: LocalRun):
    engine.open(f"{local_run.url}/about/")
    drawn = "const badge = new Image(); badge.src = given[0]; await badge.decode(); return badge.naturalWidth"
    assert engine.run(drawn, f"{local_run.url}/certified/k7m2p9qx/badge.svg") == 280


def test_an_agency_that_agreed_is_found_in_the_register_with_its_badge(
    engine: Engine, local_run: LocalRun, local_data: Path
):
    """The office marks its plaque by command: its desk asks for cookies that WebKit keeps on https alone."""
    name = f"Sampleville Police {new_address()[:6]}"
    engine.open(f"{local_run.url}/plaque/")
    answer(engine, PLAQUE | {"agency": name, "agency_state": "VT", "listed": "yes", "email": new_address()})
    engine.wait_until("location.pathname.endsWith('/received') && document.querySelector('.receipt__reference')")
    reference = engine.run("return document.querySelector('.receipt__reference strong').textContent")
    staff: list[str | Path] = [Path(sys.executable).with_name("staff"), "--data", local_data]
    subprocess.run([*staff, "mark", reference], check=True, capture_output=True)
    engine.open(f"{local_run.url}/certified/")
    answer(engine, {"q": name.lower()})
    engine.wait_until("location.search && document.querySelector('.agencies a') && document.readyState === 'complete'")
    engine.open(engine.run("return document.querySelector('.agencies a').href"))
    engine.wait_until("document.querySelector('.status') && document.readyState === 'complete'")
    heading, status, badge = engine.run(
        "return [document.querySelector('h1').textContent, document.querySelector('.status').textContent,"
        " document.querySelector('.badge').naturalWidth]"
    )
    assert heading == name
    assert status.startswith("Certified until")
    assert badge == 280
    engine.wait_until("!document.querySelector('[data-copy]').hidden")
    click(engine, "[data-copy]")
    engine.wait_until("document.querySelector('[data-copy] ~ [role=status]').textContent")
