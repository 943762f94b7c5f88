"""Turns the HTML of a page into what mail programs can show: absolute links, inline styles, and a text of its own."""

import re
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

SHOWN = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "div", "span"),
    *("a", "strong", "b", "em", "i", "code", "abbr", "sub", "sup", "del", "mark", "kbd", "small", "q", "cite"),
    *("ul", "ol", "li", "dl", "dt", "dd", "img", "figure", "figcaption", "details", "summary"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
STYLES = {
    "table": "border-collapse:collapse;margin:16px 0",
    "th": "border:1px solid #8a94a6;padding:6px 10px;text-align:left",
    "td": "border:1px solid #8a94a6;padding:6px 10px",
    "img": "max-width:100%;height:auto",
    "blockquote": "margin:16px 0;padding-left:12px;border-left:3px solid #8a94a6",
    "pre": "white-space:pre-wrap;overflow-wrap:anywhere",
    "h1": "font-size:20px;line-height:1.3",
    "h2": "font-size:18px;line-height:1.3",
    "h3": "font-size:16px;line-height:1.3",
    "summary": "font-weight:600",
}
BUTTON = "display:inline-block;padding:10px 16px;border:2px solid;border-radius:4px;font-weight:600"
KEPT = {"a": ("href",), "img": ("src", "alt", "width", "height"), "ol": ("start",), "td": ("colspan", "rowspan")}
KEPT["th"] = (*KEPT["td"], "scope")
SCHEMES = ("https", "http", "mailto", "tel")
PICTURES = (".png", ".jpg", ".jpeg", ".gif")
"""Picture types that every mail program shows. Gmail and Outlook show neither SVG nor WebP."""
VOID = {"br", "hr", "img"}
BLOCKS = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "div", "ul", "ol", "li", "dl", "dt", "dd"),
    *("table", "caption", "tr", "details", "summary", "figure", "figcaption", "hr"),
}
APART = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "dl", "table", "details", "hr"}
"""Blocks that get an empty line around them in the plain text."""


class CannotBeMailed(ValueError):
    """The page contains something that an e-mail cannot show. `mark` is how it begins in the source, if known."""

    def __init__(self, what: str, mark: str) -> None:
        super().__init__(what)
        self.mark = mark


@dataclass(frozen=True)
class Letter:
    """The content of a page, for both parts of an e-mail."""

    html: str
    text: str


def as_email(html: str, address: str, without_heading: str = "") -> Letter:
    """Convert the page at an address. A first heading with the title is left out, because the e-mail has it.

    Raises CannotBeMailed.
    """
    heading = re.match(r"\s*<h1\b[^>]*>(.*?)</h1>", html, re.DOTALL)
    if heading and _words(heading[1]) == _words(escape(without_heading)):
        html = html[heading.end() :]
    reader = _Reader(address)
    reader.feed(html)
    reader.close()
    return Letter("".join(reader.html).strip(), reader.finished_text())


def _attribute(item: tuple[str, str]) -> str:
    return f'{item[0]}="{escape(item[1])}"'


def _words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", "", html).split())


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.html: list[str] = []
        self._address = address
        self._lines: list[str] = []
        self._line = ""
        self._open: list[tuple[str, str]] = []
        """Open elements, each with the text for its end, such as the address of a link."""
        self._numbers: list[int] = []
        """Number of the last item of each open list, -1 for a bulleted one."""

    def finished_text(self) -> str:
        self._end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in SHOWN:
            raise CannotBeMailed(f"an e-mail cannot show <{tag}>; leave it to a page, and link to that.", f"<{tag}")
        if tag == "ol" and not re.fullmatch("[0-9]{1,9}", given.get("start", "1")):
            raise CannotBeMailed(f"a list cannot start at {given['start']}; give a number.", given["start"])
        kept = {name: given[name] for name in KEPT.get(tag, ()) if name in given}
        style = BUTTON if tag == "a" and "button" in given.get("class", "").split() else STYLES.get(tag, "")
        at_end = ""
        if tag == "a" and "href" in kept:
            kept["href"] = at_end = self._absolute(kept["href"])
        if tag == "img":
            kept["src"] = self._picture(kept.get("src", ""))
        if tag == "details":
            kept["open"] = "open"
        attributes = {**kept, **({"style": style} if style else {})}
        self.html.append(f"<{' '.join([tag, *map(_attribute, attributes.items())])}>")
        self._begin(tag, given)
        if tag not in VOID:
            self._open.append((tag, at_end))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID or tag not in [each for each, _ in self._open]:
            return
        at_end = ""
        while self._open:
            ended, at_end = self._open.pop()
            self.html.append(f"</{ended}>")
            if ended == tag:
                break
        if at_end and not self._line.endswith(at_end.removeprefix("mailto:").removeprefix("tel:")):
            self._line += f" ({at_end})"
        if tag in ("ul", "ol"):
            self._numbers.pop()
        if tag in ("td", "th"):
            self._line += " | "
        if tag in BLOCKS:
            self._end_line()
            if tag in APART and not (tag == "p" and self._numbers):
                self._lines.append("")

    def handle_data(self, data: str) -> None:
        self.html.append(escape(data, quote=False))
        if any(tag == "pre" for tag, _ in self._open):
            *whole, self._line = (self._line + data).split("\n")
            self._lines += whole
        else:
            words = re.sub(r"\s+", " ", data)
            self._line += words.lstrip() if not self._line or self._line.endswith(" ") else words

    def _begin(self, tag: str, given: dict[str, str]) -> None:
        """Add what an element means for the plain text."""
        if tag in BLOCKS and self._line.strip(" -.0123456789"):
            self._end_line()
        if tag in APART and not (self._numbers and tag in ("p", "ul", "ol")):
            self._lines.append("")
        if tag == "br":
            self._end_line()
        elif tag == "hr":
            self._lines += ["----------", ""]
        elif tag == "img":
            self._line += f"{given.get('alt', '')} ({self._picture(given.get('src', ''))})".strip()
        elif tag in ("ul", "ol"):
            self._numbers.append(int(given.get("start", "1")) - 1 if tag == "ol" else -1)
        elif tag == "li":
            is_numbered = bool(self._numbers) and self._numbers[-1] >= 0
            if is_numbered:
                self._numbers[-1] += 1
            mark = f"{self._numbers[-1]}." if is_numbered else "-"
            self._line = f"{'  ' * max(len(self._numbers) - 1, 0)}{mark} "

    def _end_line(self) -> None:
        if self._line.strip():
            self._lines.append(self._line.rstrip(" |"))
        self._line = ""

    def _absolute(self, link: str) -> str:
        try:
            address = urljoin(self._address, link)
            parts = urlsplit(address)
        except ValueError:  # half an IPv6 address, as in http://[x
            raise CannotBeMailed(f"an e-mail cannot link to {link}.", link) from None
        is_source = parts.netloc == urlsplit(self._address).netloc and parts.path.endswith(".md")
        if parts.scheme not in SCHEMES or is_source:
            raise CannotBeMailed(f"an e-mail cannot link to {link}.", link)
        return address

    def _picture(self, source: str) -> str:
        address = self._absolute(source)
        parts = urlsplit(address)
        if parts.scheme not in ("https", "http") or not parts.path.lower().endswith(PICTURES):
            raise CannotBeMailed(
                f"mail programs do not show the picture {source}; give a PNG or JPEG file.", source.rpartition("/")[2]
            )
        return address
