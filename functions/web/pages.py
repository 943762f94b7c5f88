"""The site's own pages as functions answer with them: a form redrawn in its page, or a message in its place."""

import re
from typing import Any, NamedTuple

from markupsafe import Markup, escape

import rendering
from settings import settings

_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


class Page(NamedTuple):
    """A built page of the site."""

    html: str

    @property
    def title(self) -> str:
        """Return the title as HTML. Raises ValueError if there is none."""
        found = _TITLE.search(self.html)
        if not found:
            raise ValueError("the page has no title")
        return found[1]

    def with_title(self, title: Markup | str) -> "Page":
        """Return the page with another title, which is HTML. Raises ValueError unless the page has exactly one."""
        # A function as replacement, because re.sub would interpret backslashes in a string.
        html, count = _TITLE.subn(lambda _: f"<title>{title}</title>", self.html)
        if count != 1:
            raise ValueError(f"the page has {count} titles")
        return Page(html)

    def titled(self, title: str) -> "Page":
        """Return the page with a title of its own, before the name of the site."""
        site_name = self.title.rpartition(" - ")[2]
        return self.with_title(Markup("{} - ").format(title) + Markup(site_name))

    def with_address(self, title: str, path: str, description: str) -> "Page":
        """Return the page with its title, description and address in its head."""
        values = {
            'name="description" content': description,
            'property="og:title" content': title,
            'property="og:description" content': description,
            'property="og:url" content': settings().site_url + path,
            'rel="canonical" href': settings().site_url + path,
        }
        html = self.html
        for attribute, value in values.items():
            around = re.split(f'{attribute}="[^"]*"', html)
            if len(around) != 2:
                raise ValueError(f"the page does not have {attribute} exactly once")
            html = f'{attribute}="{escape(value)}"'.join(around)
        return Page(html).titled(title)

    def with_part(self, markers: tuple[str, str], content: str) -> "Page":
        """Replace the content between two markers. Raises ValueError unless both occur exactly once."""
        before, _, rest = self.html.partition(markers[0])
        _, closed, after = rest.partition(markers[1])
        if not closed or any(self.html.count(marker) != 1 for marker in markers):
            raise ValueError(f"the page does not have {markers[0]} … {markers[1]} exactly once")
        return Page(f"{before}{markers[0]}\n{content}\n{markers[1]}{after}")


def built_page(slug: str) -> Page:
    """Read a page that the site build left for the functions: of a form, the desk or the register."""
    return Page(rendering.finished(f"{slug}.html"))


def redrawn(slug: str, form: str, summary: str) -> str:
    """Return the form's page with a summary of the errors at its top, the form redrawn, and "Error" in its title."""
    page = built_page(slug)
    whole = page.with_part(rendering.FORM, form).with_part(rendering.SUMMARY, summary)
    return whole.with_title(f"Error: {page.title}").html


def desk(title: str, template: str, **context: Any) -> str:
    """Return a page of the office: a rendered template in the frame that the site build left for the desk."""
    content = rendering.render(template, title=title, **context)
    return built_page("desk").with_part(rendering.MAIN, content).with_title(Markup("{} - Desk").format(title)).html


def register_home(**context: Any) -> str:
    """Return the first page of the register: what is listed, in the page that docs/certified.md wrote."""
    return built_page("certified").with_part(rendering.REGISTER, rendering.render("register/home.html", **context)).html


def register(
    template: str, title: str, path: str, *, structured_data: Any = None, body: str = "", **context: Any
) -> str:
    """Return another page of the register, of functions/templates/register/."""
    content = rendering.render(f"register/{template}", title=title, **context)
    description = f"{title}: the public register of the Peace Officer Agency Certification."
    page = built_page("certified").with_part(rendering.MAIN, content).with_address(title, path, description)
    if structured_data:
        page = page.with_part(rendering.HEAD, rendering.render("register/head.html", structured_data=structured_data))
    # The built page has a bare <body>; its class decides what is printed.
    return page.html.replace("<body>", f'<body class="{body}">', 1) if body else page.html


def message(slug: str, title: str, template: str, **context: Any) -> str:
    """Return the form's page with a rendered template as its whole content."""
    content = rendering.render(template, title=title, **context)
    return built_page(slug).with_part(rendering.MAIN, content).titled(title).html
