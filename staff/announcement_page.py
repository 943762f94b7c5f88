"""Reads a page of docs/announcements/ as the site draws it, for the e-mail to the subscribers."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import ConfigurationError, PluginError
from mkdocs.structure.files import File, Files, get_files
from mkdocs.structure.pages import Page
from mkdocs.utils.meta import YAML_RE as FRONT_MATTER

from staff.connection import Refused
from staff.page_as_email import CannotBeMailed, as_email

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
FOLDER = "announcements"


@dataclass(frozen=True)
class Announcement:
    """One page: its name in URLs, its title, its content for both parts of an e-mail, and who sends it."""

    slug: str
    title: str
    html: str
    text: str
    office: dict[str, str]


def read(path: Path, site: str) -> Announcement:
    """Draw the page with the settings and hooks of its mkdocs.yml, with links to `site`.

    Raises Refused, with file and line, if the site cannot be built or an e-mail cannot show the page.
    """
    config = _config_of(path)
    text = _text(path)
    _check_front_matter(path, text)
    page, content = _drawn(path, text, config)
    title = str(page.meta["title"])
    try:
        letter = as_email(content, f"{site}/{page.url}", without_heading=title)
    except CannotBeMailed as refused:
        raise Refused(f"{path}:{_line_of(text, refused.mark)}: {refused}") from None
    office = config.extra["office"] | {"organization": config.extra["organization"]}
    return Announcement(path.stem, title, letter.html, letter.text, office)


def _config_of(path: Path) -> MkDocsConfig:
    """Load the settings of the page's site."""
    folder = path.resolve().parent
    settings = folder.parent.parent / "mkdocs.yml"
    if folder.name == FOLDER and settings.is_file() and path.is_file() and path.suffix == ".md":
        config = load_config(str(settings))
        if Path(config.docs_dir).resolve() == folder.parent and SLUG.fullmatch(path.stem):
            return config
    raise Refused(f"{path} is not an announcement: give a file such as docs/{FOLDER}/2027-03-renewal.md.")


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refused(f"{path}:{line}: this is not UTF-8; save the file in that encoding.") from None


def _check_front_matter(path: Path, text: str) -> None:
    front = FRONT_MATTER.match(text)
    try:
        yaml.safe_load(front[1] if front else "")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise Refused(
            f"{path}:{line}: {error.problem}; put a text that holds a colon or a bracket in quotation marks."
        ) from None


def _drawn(path: Path, text: str, config: MkDocsConfig) -> tuple[Page, str]:
    """Build the page, and return it with its HTML content."""
    hooks = config.plugins
    with _warnings() as warnings:
        try:
            files = hooks.on_files(get_files(config), config=config)
            file = files.src_uris[f"{FOLDER}/{path.name}"]
            page = _rendered(file, files, config)
            for linked in page.links_to_anchors or {}:
                _rendered(linked, files, config)
            page.validate_anchor_links(files=files, log_level=logging.WARNING)
            content = hooks.on_page_content(page.content or "", page=page, config=config, files=files)
        except (PluginError, ConfigurationError) as error:
            raise Refused(f"docs/{error}" if str(error).startswith(FOLDER) else str(error)) from None
    for warning in warnings:
        named = re.findall(r"'([^']*)'", warning)
        if f"{FOLDER}/{path.name}" in named:
            target = next((each for each in named if each != f"{FOLDER}/{path.name}" and each in text), "")
            raise Refused(f"{path}:{_line_of(text, target)}: {warning}")
    return page, content


def _rendered(file: File, files: Files, config: MkDocsConfig) -> Page:
    page = Page(None, file, config)
    page.read_source(config)
    page.markdown = config.plugins.on_page_markdown(page.markdown or "", page=page, config=config, files=files)
    page.render(config, files)
    return page


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """Collect the warnings of MkDocs."""
    found: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    logger, handler = logging.getLogger("mkdocs"), Keep(logging.WARNING)
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield found
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate


def _line_of(text: str, mark: str) -> int:
    """Return the first line that contains the text, 1 if the source has it in another form."""
    return text[: max(text.find(mark), 0)].count("\n") + 1
