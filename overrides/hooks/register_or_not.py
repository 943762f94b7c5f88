"""Keeps the words of a page that hold with the public register, or those that hold without: `register` in mkdocs.yml.

    <!-- with register -->See [who is certified](certified.md).<!-- without register -->Ask us.<!-- end register -->

The second part may be left out. `without_register:` in the front matter takes the place of what the page says there.
"""

import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page

WORDS = r"((?:(?!<!-- \w+ register -->).)*)"
CHOICE = re.compile(
    rf"<!-- with register -->\n?{WORDS}(?:<!-- without register -->\n?{WORDS})?<!-- end register -->\n?", re.DOTALL
)
LEFT = re.compile(r"<!--\W*\w*\W*register\W*-->", re.IGNORECASE)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: object) -> str:
    """Choose, in the text and in the front matter. Raises PluginError at a marker that belongs to no others."""
    has_register = config.extra["register"]
    otherwise = page.meta.pop("without_register", {})
    page.meta.update({} if has_register else otherwise)
    chosen = CHOICE.sub(lambda found: found[1 if has_register else 2] or "", markdown)
    if left := LEFT.search(chosen):
        why = "a part begins with <!-- with register --> and ends with <!-- end register -->"
        raise PluginError(f"{page.file.src_uri}: {left[0]} stands alone: {why}")
    return chosen
