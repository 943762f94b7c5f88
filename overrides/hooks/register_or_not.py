"""Keeps the words of a page that hold with the public register, or those that hold without: `register` in mkdocs.yml.

    <!-- with register -->See [who is certified](certified.md).<!-- without register -->Ask us.<!-- end register -->

The second part may be left out. `without_register:` in the front matter takes the place of what the page says there.
"""

import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.pages import Page

CHOICE = re.compile(
    r"<!-- with register -->\n?(.*?)(?:<!-- without register -->\n?(.*?))?<!-- end register -->\n?", re.DOTALL
)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: object) -> str:
    """Choose, in the text and in the front matter."""
    has_register = config.extra["register"]
    otherwise = page.meta.pop("without_register", {})
    page.meta.update({} if has_register else otherwise)
    return CHOICE.sub(lambda found: found[1 if has_register else 2] or "", markdown)
