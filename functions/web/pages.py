"""The site's own pages as functions answer with them: a form redrawn in its page, or a message in its place."""

import re
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

import rendering

_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A built page of the site."""

    html: str

    @property
    def title(self) -> str:
        found = _TITLE.search(self.html)
        if not found:
            raise ValueError("the page has no title")
        return found[1]

    def with_title(self, title: Markup | str) -> "Page":
        # A function as replacement, because re.sub would interpret backslashes in a string.
        html, count = _TITLE.subn(lambda _: f"<title>{title}</title>", self.html)
        if count != 1:
            raise ValueError(f"the page has {count} titles")
        return Page(html)

    def with_part(self, markers: tuple[str, str], content: str) -> "Page":
        """Replace the content between two markers. Raises ValueError unless both occur exactly once."""
        before, found, rest = self.html.partition(markers[0])
        _, closed, after = rest.partition(markers[1])
        if not (found and closed) or markers[0] in after:
            raise ValueError(f"the page does not have {markers[0]} … {markers[1]} exactly once")
        return Page(f"{before}{markers[0]}\n{content}\n{markers[1]}{after}")


def built_page(slug: str) -> Page:
    """Read the built page of a form."""
    return Page(rendering.finished(f"{slug}.html"))


def redrawn(slug: str, form: str, summary: str) -> str:
    """The form's page with what is wrong at its top, the form in its place, and a title that says there is an error."""
    page = built_page(slug)
    whole = page.with_part(rendering.FORM, form).with_part(rendering.SUMMARY, summary)
    return whole.with_title(f"Error: {page.title}").html


def desk(title: str, template: str, **context: Any) -> str:
    """A page of the office: a rendered template in the frame that the site build left for the desk."""
    content = rendering.render(template, title=title, **context)
    return built_page("desk").with_part(rendering.MAIN, content).with_title(Markup("{} - Desk").format(title)).html


def message(slug: str, title: str, template: str, **context: Any) -> str:
    """Return the form's page with a rendered template as its whole content."""
    page = built_page(slug)
    content = rendering.render(template, title=title, **context)
    site_name = page.title.rpartition(" - ")[2]
    return page.with_part(rendering.MAIN, content).with_title(Markup("{} - ").format(title) + Markup(site_name)).html
