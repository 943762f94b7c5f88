"""`make screenshots`: every page and state in site-shots/, with two contact sheets: on screens, and as it prints."""

import json
import re
import shutil
import subprocess
import tempfile
from html import escape
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

from tests.support.announcements import announcements_of
from tests.support.checklist_pages import CHECKLISTS, all_done, entry, keep
from tests.support.pages import PAGES
from tests.support.programs import launch_options
from tests.support.run import ROOT, LocalRun, wait_for
from tests.support.visits import FORMS, SCHEMES, receipt_address, visit
from tools.desk_shots import Desk, for_the_handbook

FOLDER = ROOT / "site-shots"
WIDTHS = [390, 768, 1280]
COMPARED = ["home", "certification", "checklist-begun", "plaque", "plaque-receipt"]
"""The pages to lay beside pictures of other sites, at one width."""


class State(NamedTuple):
    """An address, what is done there, and what that shows; the items of the record that the browser keeps."""

    address: str
    script: str = ""
    shows: str = "h1"
    record: dict[str, Any] | None = None


BEGUN = {item.id: entry() for item in CHECKLISTS[0].items[:3]} | {
    CHECKLISTS[0].items[3].id: {**entry("not-taken"), "who": "Chief Sample", "when": "2026-11-01", "why": "Too small."}
}
HALF = {item.id: entry() for checklist in CHECKLISTS[:5] for item in checklist.items} | BEGUN
OPEN = "for (const each of document.querySelectorAll('main details')) each.open = true"
SEND = "document.querySelector('.form button[type=submit]').click()"
OFFLINE = "XMLHttpRequest.prototype.send = function () { this.dispatchEvent(new Event('error')) }"
ANOTHER = {"version": 1, "agency": "Sample County", "items": {CHECKLISTS[1].items[0].id: entry("to-do")}}
COPY = f"""
const files = new DataTransfer();
files.items.add(new File([JSON.stringify({json.dumps(ANOTHER)})], "copy.json"));
const box = document.querySelector("#file");
box.files = files.files;
box.dispatchEvent(new Event("change", {{ bubbles: true }}));
"""
STATES = {
    **{page.strip("/").replace("/", "-") or "home": State(page) for page in PAGES},
    **{f"{form.slug}-errors": State(f"/{form.slug}/", SEND, ".error-summary") for form in FORMS},
    "contact-offline": State("/contact/", f"{OFFLINE}; {SEND}", ".error-summary"),
    "menu": State("/", "document.querySelector('.nav--narrow').open = true"),
    "home-begun": State("/", record=BEGUN),
    "faq-open": State("/faq/", OPEN),
    "search-found": State("/search/?q=plaque", "", ".search__results li"),
    "search-nothing": State("/search/?q=zzzzz", "", ".search__told:not(:empty)"),
    "checklist-begun": State(
        "/checklists/leader/", "document.querySelectorAll('.item button')[4].click()", record=BEGUN
    ),
    "checklist-done": State("/checklists/purpose/", record=HALF),
    "checklists-half": State("/checklists/", record=HALF),
    "checklists-done": State("/checklists/", OPEN, record=all_done()),
    "checklists-copy": State("/checklists/", COPY, "#incoming:not([hidden])", HALF),
    "plaque-summary": State("/plaque/", record=all_done()),
    "receipt-incomplete": State("/forms/contact/received"),
    "not-found": State("/nowhere/"),
    "trouble": State("/503.html"),
}
ANNOUNCEMENT = """---
title: A second certification
date: 2027-03-01
description: It begins in spring, for agencies that hold the first.
---
Police2Peace begins a second certification in spring. [Write to us](../contact.md), and we tell you when.

## Who it is for

For agencies that hold the first one.
"""
ANNOUNCED = {"announcement": State("/announcements/2027-03-second/"), "announcements-one": State("/announcements/")}


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        announcements = announcements_of(project := Path(place))
        (project / "template.yaml").symlink_to(ROOT / "template.yaml")
        run = LocalRun(project / ".local", root=project)
        browser = playwright.chromium.launch(**launch_options())

        def take(states: dict[str, State], **settings: Any) -> None:
            for name, state in states.items():
                page = browser.new_context(base_url=run.url, reduced_motion="reduce", **settings).new_page()
                show(page, state)
                for_the_handbook(page, name)
                shoot(page, name)
                page.context.close()

        desk = Desk(run, browser)
        take({name: State(address) for name, address in desk.register.items()})
        take({name: State(address) for name, address in desk.pages.items()}, storage_state=desk.storage_state)
        take(STATES | after_a_form(run))
        (announcements / "2027-03-second.md").write_text(ANNOUNCEMENT, "utf-8")
        wait_for(lambda: b"second" in urlopen(f"{run.url}/announcements/").read())
        take(ANNOUNCED)
        browser.close()
        run.stop()
    shots = sorted(FOLDER.glob("*.png"))
    (FOLDER / "index.html").write_text(contact_sheet(shots), "utf-8")
    compared = [FOLDER / f"{name}.{WIDTHS[-1]}.light.png" for name in COMPARED]
    (FOLDER / "compared.html").write_text(contact_sheet(compared, width=600), "utf-8")
    print(f"{len(shots)} pictures: {FOLDER / 'index.html'}, {FOLDER / 'compared.html'}")


def after_a_form(run: LocalRun) -> dict[str, State]:
    """Send every form, and return its receipt, and what the link of the e-mail to a subscriber leads to."""
    receipts = {f"{form.slug}-receipt": State(receipt_address(run.url, form.slug)) for form in FORMS}
    link = wait_for(lambda: re.search(r"http\S+/confirm\?token=\w\S+", json.dumps(run.messages())))
    address = link[0].partition("\\")[0]
    return receipts | {
        "announcements-confirm": State(address),
        "announcements-confirmed": State(address, SEND, "main:not(:has(form))"),
    }


def show(page: Page, state: State) -> None:
    if state.record:
        visit(page, "/checklists/")
        keep(page, state.record, "Town of Sample")
    visit(page, state.address)
    page.evaluate(f"() => {{ {state.script} }}")
    page.locator(state.shows).first.wait_for(state="attached")


def shoot(page: Page, name: str) -> None:
    for width, scheme in product(WIDTHS, SCHEMES):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=FOLDER / f"{name}.{width}.{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    paper = page.pdf(format="Letter", prefer_css_page_size=True)
    subprocess.run(["pdftoppm", "-png", "-r", "75", "-", FOLDER / f"{name}.print"], input=paper, check=True)


def contact_sheet(shots: list[Path], width: int = 300) -> str:
    pictures = [
        f'<figure><a href="{escape(shot.name)}"><img src="{escape(shot.name)}" width="{width}" loading="lazy" alt="">'
        f"</a><figcaption>{escape(shot.stem)}</figcaption></figure>"
        for shot in shots
    ]
    style = "body{font:14px system-ui;display:flex;flex-wrap:wrap;gap:16px;align-items:start}figure{margin:0}"
    return (
        f'<!doctype html><html lang="en"><title>Every page and state</title><style>{style}</style>{"".join(pictures)}'
    )


if __name__ == "__main__":
    main()
