"""Stops the build at a link, an anchor or a picture that leads nowhere, and at an anchor that two parts of a page have,
by file and line; at a page without its one heading of the first rank; at a picture without words for who does not see
it; at Markdown that is published as it was typed; at a comment that draws nothing: a marker with a typing error, or a
note that would be published; and at a file in docs/ that no page links to, such as a draft, or a page that ends in .MD.

It reads the built pages, so it sees links of templates and of HTML in Markdown, which MkDocs does not check.
"""

import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files

import rendering

ADDRESSED = ("href", "src", "data", "data-late", "poster")
NOWHERE = 'href=""'
SITE = "https://site.invalid/"
MARKERS = {*rendering.MAIN, *rendering.FORM, *rendering.HEAD, *rendering.REGISTER, *rendering.SUMMARY}
"""Functions find the parts of a page by these, the only comments that stay: those that draw something were replaced."""
UNDRAWN = re.compile(
    r"\S*(?:\*\*|\]\s?\((?:https?:|mailto:|tel:|#|[^\s)]+\.md)|\]\s?\[\w+\]|\{:?\s?[#.])\s?\S*|^\s*!!!.*"
)
"""Markdown that drew nothing: a space too many in `** so**` or in `[a link] (of a page)`, or an anchor out of place."""
AS_TYPED = {"script", "pre", "code"}

_sources: dict[str, str] = {}
"""The file that each page of the latest build was written in, by the page's address within the site."""
_files: set[str] = set()
"""The addresses of the files in docs/ that are no pages."""


def on_env(_: object, config: MkDocsConfig, files: Files) -> None:
    _sources.clear()
    _sources.update({file.dest_uri: str(file.abs_src_path or "") for file in files.documentation_pages()})
    _files.clear()
    pages = files.documentation_pages()
    _files.update(file.dest_uri for file in files if file.src_dir == config.docs_dir and file not in pages)


def on_post_build(config: MkDocsConfig) -> None:
    """Raise PluginError with a line for each mistake."""
    site = Path(config.site_dir)
    pages = {file.relative_to(site).as_posix(): Page(file.read_text("utf-8")) for file in site.rglob("*.html")}
    found = {line for address in pages for line in dead_links(address, pages, site, config)}
    found |= {line for address, page in pages.items() for line in other_mistakes(address, page, config)}
    linked = {target[0] for address, page in pages.items() for link in page.links if (target := _target(address, link))}
    found |= {f"docs/{file}: no page links to it, and anybody can read it: take it away" for file in _files - linked}
    if found:
        raise PluginError("\n".join(sorted(found)))


class Page(HTMLParser):
    """A built page: what it links to, the anchors it has, and what is wrong with it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.twice: set[str] = set()
        self.titles = 0
        self.mistakes: list[tuple[str, str]] = []
        """Words of a line of the page, and what is wrong with them."""
        self._as_typed = 0
        self._markers = set(MARKERS)
        self.feed(html)

    def handle_endtag(self, tag: str) -> None:
        self._as_typed -= tag in AS_TYPED

    def handle_data(self, data: str) -> None:
        for found in UNDRAWN.findall(data) if not self._as_typed else ():
            why = "is shown as it is typed: a space or a letter is too many or missing"
            self.mistakes.append((found.strip(), why))

    def handle_comment(self, data: str) -> None:
        comment = f"<!--{data}-->"
        if comment in self._markers:
            self._markers.remove(comment)
        else:
            why = "draws nothing, and is published: correct it or take it out"
            self.mistakes.append((comment.splitlines()[0], why))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.titles += tag == "h1"
        self._as_typed += tag in AS_TYPED
        if tag == "img" and not given.get("alt", "").strip():
            picture = given.get("src", "").rpartition("/")[2]
            self.mistakes.append((picture, "is a picture without words for who does not see it: ![Words](…)"))
        anchors = {given[name] for name in (("id", "name") if tag == "a" else ("id",)) if name in given}
        self.twice |= self.anchors & anchors
        self.anchors |= anchors
        if (tag, given.get("rel")) != ("link", "canonical"):
            self.links += [given[name] for name in ADDRESSED if name in given]


def dead_links(address: str, pages: dict[str, Page], site: Path, config: MkDocsConfig) -> Iterator[str]:
    """Yield the dead links of one page, each as `file:line: what`. An address from the root is a function's."""
    for link in pages[address].links:
        if not link:  # leads to the page that it stands on
            yield f"{_place(NOWHERE, address, config)}: {NOWHERE} is no address"
            continue
        target = _target(address, link)
        if target is None:
            continue
        shown, (path, anchor) = link.lstrip("./"), target
        if not (site / path).is_file():
            yield f"{_place(shown, address, config)}: {shown} leads nowhere"
        elif anchor and path in pages and unquote(anchor) not in pages[path].anchors:
            yield f"{_place(f'#{anchor}', address, config)}: {shown} leads to no anchor of that page"


def _target(address: str, link: str) -> tuple[str, str] | None:
    """Return the file of this site that a link leads to, and the anchor; None for an address of others."""
    target = urlsplit(urljoin(SITE + address, link))
    if link.startswith("/") or not target.geturl().startswith(SITE):
        return None
    path = unquote(target.path).lstrip("/")
    return path + ("index.html" if path.endswith("/") or not path else ""), target.fragment


def other_mistakes(address: str, page: Page, config: MkDocsConfig) -> Iterator[str]:
    """Yield what else is wrong with one page, each as `file:line: what`."""
    if page.titles != 1:
        yield f"{_file(address, config)}: the page has {page.titles} headings with one #, and needs exactly one"
    for anchor in page.twice:
        place = _place(f"#{anchor}}}", address, config)
        yield f"{place}: the anchor {anchor} is there twice: give one of them another name"
    for words, why in page.mistakes:
        yield f"{_place(words, address, config)}: {words} {why}"


def _file(address: str, config: MkDocsConfig) -> str:
    """Return the file that a page was written in; else the page's address."""
    source = _sources.get(address)
    return os.path.relpath(source, Path(config.config_file_path).parent) if source else address


def _place(link: str, address: str, config: MkDocsConfig) -> str:
    """Return the first line that holds the link: in the page's own file, or in a template; else the page's address."""
    root = Path(config.config_file_path).parent
    overrides = sorted(Path(config.theme.custom_dir or root).rglob("*.html"))
    for file in [Path(_sources.get(address) or os.devnull), *overrides]:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if link in line:
                return f"{os.path.relpath(file, root)}:{number}"
    return address
