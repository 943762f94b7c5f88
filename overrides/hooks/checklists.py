"""Makes a page and JSON of each file in checklists/, and gives templates `config.extra.checklists`.

A file is front matter, an introduction if one is wanted, and one list of items to its end, each item a single line:
`- [ ] What to do. {#permanent-id}`. Anything else stops the build, and says in which file and line.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from markdown import markdown
from markupsafe import Markup
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils.meta import YAML_RE as FRONT_MATTER

INDEX = "checklists.md"

TEXT = (str, r"(?s).*\S.*", "text")
KEYS: dict[str, tuple[type, str, str]] = {  # what a value is, how it reads, and how that is said
    "title": TEXT,
    "order": (int, r"[1-9]\d*", "a whole number from 1"),
    "edition": (str, r"\d{4}-(0[1-9]|1[0-2])", 'a year and month, "2026-11"'),
    "optional": (bool, r"True|False", "true or false"),
    "purpose": TEXT,
    "led_by": TEXT,
    "builds_on": TEXT,
}

KEBAB = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
ITEM = re.compile(rf"^- \[ \] (?P<text>[^\s{{][^{{]*?)\s*{{#(?P<id>{KEBAB})}}[ \t]*$", re.MULTILINE)
MEANT_AS_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s|\s*\[.?\]")
BEGINNINGS = {  # in turn: how every item begins, and what is said of a line that does not
    r"\S": "an item inside another item: begin the line with '- [ ] '",
    r"- ": "an item outside a list: begin the line with '- [ ] '",
    r"- \[ \] [^\s{]": "an item begins with an empty box and its text: '- [ ] Do this.'",
    r"[^{]*\{#[^{}]*\}\s*$": "the item has no id at its end, or more than one: end the line with one {#an-id}",
}
NOT_KEBAB = "the id is not kebab-case: small letters, digits and single hyphens, beginning with a letter"


class Refused(PluginError):
    """A file in checklists/ breaks a rule. The message names file and line."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")


@dataclass(frozen=True)
class Item:
    """One thing to do. `text` is plain, without Markdown."""

    id: str
    text: str


@dataclass(frozen=True)
class Checklist:
    """One file, as templates and JSON have it. `url` is relative to the site, as `page.url` is."""

    name: str
    url: str
    title: str
    order: int
    edition: str
    optional: bool
    purpose: str
    led_by: str
    builds_on: str
    items: tuple[Item, ...]


def read_folder(folder: Path) -> list[Checklist]:
    """Its checklists in order. Raises Refused."""
    taken: dict[str, str] = {}
    files = sorted(folder.glob("*.md"))
    found = [parse(file.read_text("utf-8-sig"), f"{folder.name}/{file.name}", taken) for file in files]
    if not found:
        raise Refused(f"{folder.name}/", "there is no checklist in this folder")
    return sorted(found, key=lambda checklist: checklist.order)


def parse(text: str, source: str, taken: dict[str, str]) -> Checklist:
    """The checklist written in `text`, the content of the file `source`. Raises Refused.

    `taken` says where each order and id was used, by any file so far; this adds its own.
    """
    name = Path(source).stem
    if not re.fullmatch(KEBAB, name) or name == "all":
        raise Refused(f"{source}:1", "the file name must be kebab-case, and not 'all', which is all checklists as JSON")
    front = FRONT_MATTER.match(text)
    if not front:
        raise Refused(f"{source}:1", f"begin with front matter between two lines of ---: {', '.join(KEYS)}")
    facts, lines = _facts(front[1], source)
    _claim(f"order {facts['order']}", f"{source}:{lines['order']}", taken)
    items = _items(text[front.end() :], source, text.count("\n", 0, front.end()) + 1, taken)
    return Checklist(name=name, url=f"checklists/{name}/", items=items, **facts)


def with_boxes(text: str) -> str:
    """The Markdown with each item as a checkbox that its own text labels, the id on the list's entry."""
    box = r'<input type="checkbox" name="done" value="\g<id>">'
    return ITEM.sub(rf"- <label>{box} <span>\g<text></span></label>\n  {{: #\g<id> }}", text)


def as_json(checklists: list[Checklist]) -> str:
    """`{"checklists": [...]}`, each with the fields of Checklist."""
    return json.dumps({"checklists": [asdict(checklist) for checklist in checklists]}, ensure_ascii=False, indent=1)


def _facts(front: str, source: str) -> tuple[dict[str, Any], dict[str, int]]:
    """What the front matter says under each key, and in which line."""
    try:
        node = yaml.compose(front, yaml.SafeLoader)
        facts = yaml.safe_load(front)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise Refused(f"{source}:{line}", f"the front matter is not YAML: {error.problem}") from error
    lines: dict[str, int] = {}
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        line = key.start_mark.line + 2  # counted from 0, and below the first ---
        if key.value not in KEYS:
            raise Refused(f"{source}:{line}", f"unknown key {key.value!r}: there are {', '.join(KEYS)}")
        if key.value in lines:
            raise Refused(f"{source}:{line}", f"{key.value!r} is there twice")
        lines[key.value] = line
    for key, (kind, pattern, meaning) in KEYS.items():
        if key not in lines:
            raise Refused(f"{source}:1", f"the front matter has no {key!r}")
        # `type`, because True is an int as well.
        if type(facts[key]) is not kind or not re.fullmatch(pattern, str(facts[key])):
            raise Refused(f"{source}:{lines[key]}", f"{key!r} must be {meaning}, not {facts[key]!r}")
    return facts, lines


def _items(body: str, source: str, first_line: int, taken: dict[str, str]) -> tuple[Item, ...]:
    """The items of the list that the body ends with."""
    items: list[Item] = []
    blank = True
    for number, line in enumerate(body.split("\n"), first_line):
        where = f"{source}:{number}"
        if MEANT_AS_ITEM.match(line):
            item = _item(line, where)
            if items and blank:
                raise Refused(where, "a loose list: remove the blank line above this item")
            if not items and not blank:
                raise Refused(where, "an item outside a list: leave a blank line above the first item")
            _claim(f"id {item['id']}", where, taken)
            items.append(Item(item["id"], Markup(markdown(item["text"])).striptags()))
        elif items and line.strip():
            raise Refused(where, "text below an item: an item is one line, and the list ends the file")
        blank = not line.strip()
    if not items:
        raise Refused(f"{source}:{first_line}", "there is no item: write '- [ ] Do this. {#an-id}'")
    return tuple(items)


def _item(line: str, where: str) -> re.Match[str]:
    if item := ITEM.match(line):
        return item
    broken = (why for beginning, why in BEGINNINGS.items() if not re.match(beginning, line))
    raise Refused(where, next(broken, NOT_KEBAB))


def _claim(what: str, where: str, taken: dict[str, str]) -> None:
    if what in taken:
        raise Refused(where, f"{what} is taken by {taken[what]}")
    taken[what] = where


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, their JSON, and their places in the navigation."""
    folder = Path(config.config_file_path).parent / "checklists"
    config.extra["checklists"] = checklists = read_folder(folder)
    pages = {f"checklists/{checklist.name}.md": checklist for checklist in checklists}
    for page, checklist in pages.items():
        files.append(File.generated(config, page, abs_src_path=str(folder / Path(page).name)))
        files.append(File.generated(config, page.replace(".md", ".json"), content=as_json([checklist])))
    files.append(File.generated(config, "checklists/all.json", content=as_json(checklists)))
    for entry in config.nav or []:
        if isinstance(entry, dict) and INDEX in entry.values():
            entry.update({title: [INDEX, *pages] for title in entry})
    return files


def on_page_markdown(text: str, page: Page, config: MkDocsConfig, **_: object) -> str | None:
    """Draw the items, and give the template its checklist."""
    for checklist in config.extra["checklists"]:
        if page.url == checklist.url:
            page.meta.update(template="checklist.html", checklist=checklist, description=checklist.purpose)
            return with_boxes(text)
    return None
