"""`make screenshots`: every page, the desk, and every state of the forms in site-shots/, with two contact sheets."""

import shutil
import tempfile
from collections.abc import Callable
from html import escape
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.support.pages import PAGES
from tests.support.programs import launch_options
from tests.support.run import LocalRun
from tests.support.samples import SAMPLES, new_address
from tests.support.visits import FORMS, fill_in, visit
from tools.desk_shots import Desk, for_the_handbook

FOLDER = Path(__file__).parents[1] / "site-shots"
WIDTHS = [390, 768, 1280]
SCHEMES = ["light", "dark"]
PAPER = 718
"""The width of a sheet of US letter paper between its margins, in CSS pixels."""
COMPARED = ["home", "certification", "checklist-started", "plaque", "plaque-receipt"]
"""The pages to lay beside pictures of other sites, at one width."""


def press(page: Page, form) -> None:
    page.goto(f"/{form.slug}/")
    page.get_by_role("button", name=form.submit_label).click()


def with_errors(form) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        press(page, form)
        page.wait_for_selector(".error-summary")

    return show


def receipt(form) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        page.goto(f"/{form.slug}/")
        fill_in(page, form, SAMPLES.get(form.slug, {}) | {"email": new_address()})
        page.get_by_role("button", name=form.submit_label).click()
        page.wait_for_url("**/received?receipt=*")

    return show


def open_menu(page: Page) -> None:
    page.goto("/")
    page.set_viewport_size({"width": WIDTHS[0], "height": 800})
    page.get_by_text("Menu").click()


def found(page: Page) -> None:
    page.goto("/search/?q=plaque")
    page.wait_for_selector(".search__results li")


def started(page: Page) -> None:
    visit(page, "/checklists/leader/")
    for box in page.get_by_role("checkbox").all()[:3]:
        box.check()
    page.get_by_role("button", name="Set date or skip").nth(3).click()
    page.wait_for_selector(".questions")


STATES: dict[str, Callable[[Page], None]] = {
    **{page.strip("/").replace("/", "-") or "home": lambda shown, page=page: visit(shown, page) for page in PAGES},
    "not-found": lambda page: page.goto("/nowhere/"),
    "menu": open_menu,
    "search-results": found,
    "checklist-started": started,
    **{f"{form.slug}-errors": with_errors(form) for form in FORMS},
    **{f"{form.slug}-receipt": receipt(form) for form in FORMS},
}


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        run = LocalRun(Path(data))
        browser = playwright.chromium.launch(**launch_options())
        for name, show in STATES.items():
            page = browser.new_context(base_url=run.url, reduced_motion="reduce").new_page()
            show(page)
            shoot(page, name)
            page.context.close()
        desk = Desk(run, browser)
        for name, show in desk.states().items():
            page = browser.new_context(base_url=run.url, storage_state=desk.storage_state).new_page()
            show(page)
            for_the_handbook(page, name)
            shoot(page, name)
            page.context.close()
        browser.close()
        run.stop()
    shots = sorted(FOLDER.glob("*.png"))
    (FOLDER / "index.html").write_text(contact_sheet(shots), "utf-8")
    compared = [FOLDER / f"{name}.{WIDTHS[-1]}.light.png" for name in COMPARED]
    (FOLDER / "compared.html").write_text(contact_sheet(compared, width=600), "utf-8")
    print(f"{len(shots)} pictures: {FOLDER / 'index.html'}, {FOLDER / 'compared.html'}")


def shoot(page: Page, name: str) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=FOLDER / f"{name}.{width}.{scheme}.png", full_page=True)
    page.set_viewport_size({"width": PAPER, "height": 900})
    page.emulate_media(media="print", color_scheme="light")
    page.screenshot(path=FOLDER / f"{name}.print.png", full_page=True)


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
