"""Lists the announcements, the pages in docs/announcements/, newest first, and publishes them as an Atom feed.

Each says in its front matter `title`, `date` (YYYY-MM-DD) and `description`.
"""

import re
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils.meta import get_data

FOLDER = "announcements/"
FEED = "announcements/feed.xml"
ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True)
class Announcement:
    """One page; `url` is relative to the site."""

    url: str
    title: str
    date: date
    description: str


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Give templates `config.extra.announcements`, and add the feed."""
    pages = [file for file in files.documentation_pages() if file.src_uri.startswith(FOLDER)]
    listed = sorted((read(file) for file in pages), key=lambda each: (each.date, each.url), reverse=True)
    config.extra["announcements"] = listed
    files.append(File.generated(config, FEED, content=feed(listed, config.site_url or "", config.site_name)))
    return files


def on_page_markdown(text: str, page: Page, **_: object) -> str | None:
    """Have the template of announcements draw the heading and the date: in the text, the heading would be a second one.

    Raises PluginError where it is another one.
    """
    if not page.file.src_uri.startswith(FOLDER):
        return None
    page.meta.setdefault("template", "announcement.html")
    heading = re.match(r"\s*#(?!#)(.*)", text)
    if heading is None:
        return None
    if heading[1].strip() != page.meta["title"].strip():
        why = f"is not the title, {page.meta['title']!r}, which is drawn above the text: leave the heading out"
        raise PluginError(f"{page.file.src_uri}: the heading, {heading[1].strip()!r}, {why}")
    return text[heading.end() :]


def read(file: File) -> Announcement:
    """Read an announcement. Raises PluginError if its front matter lacks something."""
    _, facts = get_data(file.content_string)
    are_texts = all(isinstance(facts.get(key), str) for key in ("title", "description"))
    # `type`, because a time of day is a date as well.
    if not are_texts or type(facts.get("date")) is not date:
        raise PluginError(f"{file.src_uri}:1: an announcement begins with title, date (YYYY-MM-DD) and description")
    return Announcement(file.url, facts["title"], facts["date"], facts["description"])


def feed(listed: list[Announcement], site: str, name: str) -> str:
    """Make the Atom feed (RFC 4287). `site` ends with a slash."""
    root = ElementTree.Element("feed", xmlns=ATOM)
    _add(root, "title", f"{name}: announcements")
    _add(root, "id", f"{site}{FOLDER}")
    ElementTree.SubElement(root, "link", rel="self", href=f"{site}{FEED}")
    ElementTree.SubElement(root, "link", rel="alternate", href=f"{site}{FOLDER}")
    _add(root, "updated", _moment(max((each.date for each in listed), default=date(2026, 1, 1))))
    _add(ElementTree.SubElement(root, "author"), "name", name)
    for each in listed:
        entry = ElementTree.SubElement(root, "entry")
        _add(entry, "title", each.title)
        _add(entry, "id", f"{site}{each.url}")
        ElementTree.SubElement(entry, "link", rel="alternate", href=f"{site}{each.url}")
        _add(entry, "updated", _moment(each.date))
        _add(entry, "summary", each.description)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _add(parent: ElementTree.Element, tag: str, text: str) -> None:
    ElementTree.SubElement(parent, tag).text = text


def _moment(day: date) -> str:
    return f"{day.isoformat()}T12:00:00Z"
