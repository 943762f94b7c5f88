"""Stops the build at a page that MkDocs would read wrong, by file and line: not in UTF-8, its front matter not YAML or
with a key that nothing reads or that is there twice, with a list of which a part is missing, with a question that it
would draw as words, or with the address of another page.
"""

import os
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.utils.meta import YAML_RE

from overrides.hooks.checklist_files import Refused, front_matter, lines_of_keys, read

OF_ANY_PAGE = ("title", "description", "also", "search", "questions", "without_register", "template", "frame")
KEYS = (*OF_ANY_PAGE, "date", "lead", "doors", "timeline", "roots")
"""Keys that the front matter of a page may have."""
LISTS = {
    "doors": ("title", "text", "page", "picture"),
    "timeline": ("when", "what"),
    "roots": ("picture", "title"),
    "questions": (),
}
"""Keys with a list, and the parts of each entry; an entry of the last is an anchor."""
MEANT_AS_QUESTION = re.compile(r"\s*\?\?\?")
QUESTION = re.compile(r'\s*\?\?\? question ".+"\s*')


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Read each page. Raises Refused."""
    taken: dict[str, str] = {}
    for page in files.documentation_pages():
        source = Path(page.abs_src_path or page.src_uri)
        shown = os.path.relpath(source, Path(config.config_file_path).parent)
        text = read(source, shown)
        for number, line in enumerate(text.splitlines(), start=1):
            if MEANT_AS_QUESTION.match(line) and not QUESTION.fullmatch(line):
                raise Refused(f"{shown}:{number}", 'a question begins with its own line: ??? question "Who may apply?"')
        if front := YAML_RE.match(text):
            node, facts = front_matter(front[1], shown)
            if not shown.startswith("checklists"):  # they have keys of their own, which were looked at
                lines = lines_of_keys(node, KEYS, shown)
                for key in lines.keys() & LISTS.keys():
                    if not _is_whole(facts[key], LISTS[key]):
                        parts = f", each with {', '.join(LISTS[key])}" if LISTS[key] else " of anchors"
                        raise Refused(f"{shown}:{lines[key]}", f"{key!r} is a list{parts}")
        if page.dest_uri in taken:
            raise Refused(f"{shown}:1", f"its address, /{page.url}, is that of {taken[page.dest_uri]}: rename one")
        taken[page.dest_uri] = shown


def _is_whole(listed: Any, parts: tuple[str, ...]) -> bool:
    """Return whether every entry of a list has all its parts, and no others."""
    return isinstance(listed, list) and all(
        isinstance(each, dict) and each.keys() == set(parts) and all(each.values()) if parts else isinstance(each, str)
        for each in listed
    )
