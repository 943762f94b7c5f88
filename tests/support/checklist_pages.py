"""An agency at work with the checklists, in a browser of its own."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from mkdocs.commands.build import build
from mkdocs.config import load_config
from playwright.sync_api import Locator, Page

from overrides.hooks.checklist_files import Checklist, Item, read_folder

ROOT = Path(__file__).parents[2]
CHECKLISTS = read_folder(ROOT / "checklists")
KEY = "agency-certification.progress"


def named(name: str) -> Checklist:
    return next(checklist for checklist in CHECKLISTS if checklist.name == name)


def visit(page: Page, name: str = "") -> None:
    """Open the page of a checklist, or the index, and wait for its script."""
    page.goto(f"/checklists/{name}/" if name else "/checklists/")
    page.wait_for_selector("[data-progress]:not([hidden])")


def row(page: Page, item: Item) -> Locator:
    return page.locator(f"li[id={item.id}]")


def tick(page: Page, items: Iterable[Item]) -> None:
    for item in items:
        row(page, item).get_by_role("checkbox", name=item.text).click()


def open_details(page: Page, item: Item) -> Locator:
    """Open the questions about an item, whose script comes with the first of them."""
    row(page, item).locator(".item__more").click()
    questions = row(page, item).locator(".questions")
    questions.wait_for()
    return questions


def decide(page: Page, item: Item, *, who: str, when: str, why: str) -> None:
    """Note the decision that an item is skipped."""
    questions = open_details(page, item)
    questions.get_by_label("Skipped, by decision").check()
    questions.get_by_label("Who decided").fill(who)
    questions.get_by_label("Decided on").fill(when)
    questions.get_by_label("Reason").fill(why)
    questions.get_by_role("button", name="Save and close").click()


def state(page: Page, item: Item) -> str:
    words = row(page, item).locator(".item__state")
    return words.inner_text() if words.count() else ""


def so_far(page: Page) -> str:
    return page.locator(".progress__words").inner_text()


def record(page: Page) -> dict:
    """What the browser keeps."""
    return json.loads(page.evaluate(f"localStorage.getItem('{KEY}')") or "null")


def keep(page: Page, items: dict, agency: str = "") -> None:
    """Have the browser keep these entries, and show them."""
    text = json.dumps({"version": 1, "agency": agency, "items": items})
    page.evaluate(f"(text) => localStorage.setItem('{KEY}', text)", text)
    page.reload()
    page.wait_for_selector("[data-progress]:not([hidden])")


def entry(state: str = "done", on: str = "2026-11-02", at: int = 1_793_000_000_000, **rest: Any) -> dict[str, Any]:
    return {"state": state, "at": at, "edition": "2026-11", **({"on": on} if state == "done" else {}), **rest}


def all_done(on: str = "2026-11-02") -> dict:
    return {item.id: entry(on=on) for checklist in CHECKLISTS if not checklist.optional for item in checklist.items}


def printed(page: Page, path: Path, paper: str = "Letter") -> str:
    """The text of the page on paper."""
    page.pdf(path=path, format=paper)
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout


def copied(project: Path) -> Path:
    """Copy what the site is built from into a folder."""
    for name in ("docs", "overrides", "checklists", "functions/templates"):
        shutil.copytree(ROOT / name, project / name, dirs_exist_ok=True)
    shutil.copy(ROOT / "mkdocs.yml", project)
    return project


def built_with(project: Path, change: Callable[[Path], object]) -> Path:
    """The folder of the site, built in the folder `project` with other checklists: `change` gets their folder."""
    change(copied(project) / "checklists")
    build(load_config(str(project / "mkdocs.yml"), site_dir=str(project / "site"), strict=True))
    return project / "site"
