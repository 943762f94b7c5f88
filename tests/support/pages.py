"""The public pages, and a reader of their HTML."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).parents[2]


ADDRESS = "https://certification.example.org"


def pages_of(project: Path) -> list[str]:
    """The address of every page that a project's files make: one for each Markdown file and each checklist."""
    files = [file.relative_to(project / "docs").with_suffix("") for file in (project / "docs").rglob("*.md")]
    names = [file.as_posix() for file in files if file.name != "README"]
    names += [f"checklists/{file.stem}" for file in (project / "checklists").glob("*.md") if file.stem != "README"]
    return sorted("/" if name == "index" else f"/{name}/" for name in names)


PAGES = pages_of(ROOT)


def search_index(site: Path) -> list[dict[str, str]]:
    """Everything that the script of the search looks in."""
    found: list[dict[str, str]] = json.loads((site / "search/index.json").read_text("utf-8"))
    return found


ADDRESSED = {"href", "src", "action", "poster", "data", "data-late", "srcset"}


class Reader(HTMLParser):
    """What a page holds: its elements, in order, with their attributes, and its visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def addresses(self) -> Iterator[str]:
        """Everything the page refers to."""
        for tag, attributes in self.elements:
            for name in ADDRESSED & attributes.keys():
                if (tag, attributes.get("rel")) != ("link", "canonical"):
                    yield attributes[name]

    def ids(self) -> set[str]:
        return {attributes["id"] for _, attributes in self.elements if "id" in attributes}
