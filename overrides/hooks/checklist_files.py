"""Reads the files in checklists/: each is front matter, an introduction if one is wanted, and one list of items.

An item is a single line of plain text with a permanent id: `- [ ] What to do. {#permanent-id}`, or
`{#permanent-id changed=2027-02}` if that edition added or reworded it. A removed item moves to `removed:` in the
front matter, id and words. Anything else is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from markdown import markdown
from mkdocs.exceptions import PluginError
from mkdocs.utils.meta import YAML_RE as FRONT_MATTER

MONTH = r"\d{4}-(?:0[1-9]|1[0-2])"
TEXT = (str, r"(?s).*\S.*", "text")
KEYS: dict[str, tuple[type, str, str]] = {  # what a value is, how it reads, and how that is said
    "title": TEXT,
    "order": (int, r"[1-9]\d*", "a whole number from 1"),
    "edition": (str, MONTH, 'a year and month, "2026-11"'),
    "optional": (bool, r"True|False", "true or false"),
    "purpose": TEXT,
    "led_by": TEXT,
    "builds_on": TEXT,
}
REMOVED = "removed"
"""A key that may be missing: ids once used, each with the words it had."""
ROLES = "roles"
"""A key that may be missing: who leads and who takes part, for the picture of all checklists."""
PARTS = ("leads", "takes part")
ALSO = "also"
"""A key that may be missing: other words that the search finds it by."""
OPTIONAL = (ROLES, ALSO, REMOVED)

LONGEST = 100
"""Characters of an id and of a file's name. With a longer one, progress.js could not read an agency's record again."""
KEBAB = rf"(?![a-z0-9-]{{{LONGEST + 1}}})[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
ITEM = re.compile(rf"- \[ \] (?P<text>[^\s{{][^{{]*?)\s*{{#(?P<id>{KEBAB})(?: changed=(?P<changed>{MONTH}))?}}[ \t]*")
MEANT_AS_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s|\s*\[.?\]")
BEGINNINGS = {  # in turn: how every item begins, and what is said of a line that does not
    r"\S": "an item inside another item: begin the line with '- [ ] '",
    r"- ": "an item outside a list: begin the line with '- [ ] '",
    r"- \[ \] [^\s{]": "an item begins with an empty box and its text: '- [ ] Do this.'",
    r"[^{]*\{#[^{}]*\}\s*$": "the item has no id at its end, or more than one: end the line with one {#an-id}",
    r"[^{]*\{#\S*( changed=\S*)?\}\s*$": "after its id an item says nothing but 'changed=' and an edition",
    rf"[^{{]*\{{#\S*( changed={MONTH})?\}}\s*$": "'changed' must be a year and month, 'changed=2027-02'",
}
AT_MOST = f"of at most {LONGEST} characters"
NOT_KEBAB = f"the id is not kebab-case {AT_MOST}: small letters, digits and single hyphens, beginning with a letter"


class Refused(PluginError):
    """A file of an editor breaks a rule. The message names file and line."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")


@dataclass(frozen=True)
class Item:
    """One item. `changed` is the edition that added or reworded it, None for the first edition."""

    id: str
    text: str
    changed: str | None = None


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
    roles: dict[str, str]
    """The part of each role that has one: it leads, or it takes part."""
    items: tuple[Item, ...]
    removed: tuple[Item, ...]
    """Removed items."""


def read_folder(folder: Path) -> list[Checklist]:
    """Read the checklists of a folder, in order. Raises Refused."""
    taken: dict[str, str] = {}
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".md")
    sources = {f"{folder.name}/{file.name}": file for file in files}
    found = [parse(read(file, source), source, taken) for source, file in sources.items()]
    if not found:
        raise Refused(f"{folder.name}/", "there is no checklist in this folder")
    return sorted(found, key=lambda checklist: checklist.order)


def parse(text: str, source: str, taken: dict[str, str]) -> Checklist:
    """Parse `text`, the content of the file `source`. Raises Refused.

    `taken` maps each order and id used so far to its place; this adds its own.
    """
    name = Path(source).name.removesuffix(".md")
    if not re.fullmatch(KEBAB, name) or name in ("all", "print"):
        raise Refused(
            f"{source}:1", f"the file name must be kebab-case {AT_MOST}, and not 'all' or 'print', which have a use"
        )
    front = FRONT_MATTER.match(text)
    if not front:
        raise Refused(f"{source}:1", f"begin with front matter between two lines of ---: {', '.join(KEYS)}")
    facts, lines = _facts(front[1], source)
    _claim(f"order {facts['order']}", f"{source}:{lines['order']}", taken)
    facts.pop(ALSO, None)
    roles = _roles(facts.pop(ROLES, {}), f"{source}:{lines.get(ROLES)}")
    removed = _removed(facts.pop(REMOVED, {}), f"{source}:{lines.get(REMOVED)}", taken)
    items = _items(text[front.end() :], source, text.count("\n", 0, front.end()) + 1, taken)
    for item, line in items.items():
        if item.changed and item.changed > facts["edition"]:
            raise Refused(f"{source}:{line}", f"changed in {item.changed}, after the file's edition {facts['edition']}")
    return Checklist(name=name, url=f"checklists/{name}/", roles=roles, items=tuple(items), removed=removed, **facts)


def read(file: Path, source: str) -> str:
    """Read the file `source`. Raises Refused where it is not UTF-8, as some editors of Windows save it."""
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise Refused(f"{source}:{line}", "a letter is not written in UTF-8: save the file in that encoding") from error


def front_matter(front: str, source: str) -> tuple[yaml.Node | None, Any]:
    """Parse front matter: where each value stands, and the values. Raises Refused where it is not YAML."""
    try:
        return yaml.compose(front, yaml.SafeLoader), yaml.safe_load(front)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a day that no month has
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None) or str(error)
        line = mark.line + 2 if mark else 1
        raise Refused(f"{source}:{line}", f"the front matter is not YAML: {problem.splitlines()[0]}") from error


def lines_of_keys(node: yaml.Node | None, known: Sequence[str], source: str) -> dict[str, int]:
    """Return the line of each key of front matter. Raises Refused at one that is unknown, or there twice."""
    lines: dict[str, int] = {}
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        line = key.start_mark.line + 2  # counted from 0, and below the first ---
        if key.value not in known:
            raise Refused(f"{source}:{line}", f"unknown key {key.value!r}: there are {', '.join(known)}")
        if key.value in lines:
            raise Refused(f"{source}:{line}", f"{key.value!r} is there twice")
        lines[key.value] = line
    return lines


def introduction(text: str) -> str:
    """Return the Markdown above the items; the template draws those."""
    lines = text.split("\n")
    return "\n".join(lines[: next((at for at, line in enumerate(lines) if MEANT_AS_ITEM.match(line)), None)])


def _facts(front: str, source: str) -> tuple[dict[str, Any], dict[str, int]]:
    """Parse the front matter: the value and the line of each key."""
    node, facts = front_matter(front, source)
    lines = lines_of_keys(node, (*KEYS, *OPTIONAL), source)
    for key, (kind, pattern, meaning) in KEYS.items():
        if key not in lines:
            raise Refused(f"{source}:1", f"the front matter has no {key!r}")
        # `type`, because True is an int as well.
        if type(facts[key]) is not kind or not re.fullmatch(pattern, str(facts[key])):
            raise Refused(f"{source}:{lines[key]}", f"{key!r} must be {meaning}, not {facts[key]!r}")
    return facts, lines


def _roles(listed: Any, where: str) -> dict[str, str]:
    if not isinstance(listed, dict) or not all(
        isinstance(role, str) and part in PARTS for role, part in listed.items()
    ):
        raise Refused(where, f"'roles' must be a list of roles, each with {' or '.join(map(repr, PARTS))}")
    return listed


def _removed(listed: Any, where: str, taken: dict[str, str]) -> tuple[Item, ...]:
    """Parse the removed items. Their ids stay taken: an agency's record may contain them."""
    if not isinstance(listed, dict) or not all(isinstance(text, str) and text.strip() for text in listed.values()):
        raise Refused(where, "'removed' must be a list of ids, each with the words it had: 'an-id: Do this.'")
    for item_id in listed:
        if not re.fullmatch(KEBAB, str(item_id)):
            raise Refused(where, NOT_KEBAB)
        _claim(f"id {item_id}", where, taken)
    return tuple(Item(item_id, text) for item_id, text in listed.items())


def _items(body: str, source: str, first_line: int, taken: dict[str, str]) -> dict[Item, int]:
    """Parse the list at the end of the body: each item with its line."""
    items: dict[Item, int] = {}
    blank = True
    for number, line in enumerate(body.split("\n"), first_line):
        where = f"{source}:{number}"
        if MEANT_AS_ITEM.match(line):
            item = _item(line, where)
            if items and blank:
                raise Refused(where, "a loose list: remove the blank line above this item")
            if not items and not blank:
                raise Refused(where, "an item outside a list: leave a blank line above the first item")
            _claim(f"id {item.id}", where, taken)
            items[item] = number
        elif items and line.strip():
            raise Refused(where, "text below an item: an item is one line, and the list ends the file")
        blank = not line.strip()
    if not items:
        raise Refused(f"{source}:{first_line}", "there is no item: write '- [ ] Do this. {#an-id}'")
    return items


def _item(line: str, where: str) -> Item:
    item = ITEM.fullmatch(line)
    if not item:
        broken = (why for beginning, why in BEGINNINGS.items() if not re.match(beginning, line))
        raise Refused(where, next(broken, NOT_KEBAB))
    # The whole line is what a person presses to tick it, so a link in it would get in the way.
    if re.search("<(?!/?p>)", markdown(item["text"])):
        raise Refused(where, "an item is plain text: links and emphasis belong in the words above the list")
    return Item(**item.groupdict())


def _claim(what: str, where: str, taken: dict[str, str]) -> None:
    if what in taken:
        raise Refused(where, f"{what} is taken by {taken[what]}")
    taken[what] = where
