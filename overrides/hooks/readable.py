"""Stops the build at a page that MkDocs would read wrong, by file and line: not in UTF-8, its front matter not YAML, or
with the address of another page.
"""

import os
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.utils.meta import YAML_RE

from overrides.hooks.checklist_files import Refused, front_matter, read


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Read each page. Raises Refused."""
    taken: dict[str, str] = {}
    for page in files.documentation_pages():
        source = Path(page.abs_src_path or page.src_uri)
        shown = os.path.relpath(source, Path(config.config_file_path).parent)
        if front := YAML_RE.match(read(source, shown)):
            front_matter(front[1], shown)
        if page.dest_uri in taken:
            raise Refused(f"{shown}:1", f"its address, /{page.url}, is that of {taken[page.dest_uri]}: rename one")
        taken[page.dest_uri] = shown
