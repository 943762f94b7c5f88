"""Provides questions of the FAQ to other pages, and structured data (schema.org).

A page that names anchors of the FAQ under `questions:` in its front matter gets those as `page.meta.excerpt`.
"""

from collections.abc import Mapping
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files

from overrides.hooks.sections import Section, questions

FAQ = "faq.md"
ORGANIZATION = "about.md"


def on_env(_: Any, config: MkDocsConfig, files: Files) -> None:
    pages = {file.src_uri: file.page for file in files.documentation_pages() if file.page}
    asked = {each.url.partition("#")[2]: each for each in questions(pages[FAQ].content or "", pages[FAQ].url)}
    for page in pages.values():
        for anchor in page.meta.get("questions", ()):
            if anchor not in asked:
                raise PluginError(f"{page.file.src_uri}: {FAQ} has no question with the anchor {anchor!r}")
        page.meta["excerpt"] = [asked[anchor] for anchor in page.meta.get("questions", ())]
    pages[FAQ].meta["structured_data"] = faq_page(list(asked.values()))
    pages[ORGANIZATION].meta["structured_data"] = organization(config.extra)


def faq_page(asked: list[Section]) -> dict[str, Any]:
    """Return all questions and answers as https://schema.org/FAQPage."""
    answers = [
        {"@type": "Question", "name": each.title, "acceptedAnswer": {"@type": "Answer", "text": each.text}}
        for each in asked
    ]
    return {"@context": "https://schema.org", "@type": "FAQPage", "mainEntity": answers}


def organization(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the organization and its office as https://schema.org/NGO."""
    contact = {name: settings["office"][name] for name in ("telephone", "email")}
    return {
        "@context": "https://schema.org",
        "@type": "NGO",
        "name": settings["organization"],
        "address": settings["office"]["address"],
        "nonprofitStatus": "https://schema.org/Nonprofit501c3",
        "contactPoint": {"@type": "ContactPoint", **contact},
        "sameAs": [each["url"] for each in settings["social"]],
    }
