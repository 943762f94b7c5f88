"""The mailbox of the local run: every e-mail that SES accepted, as pages and as JSON.

/_mail/ lists them, /_mail/<id>/ shows one, /_mail/<id>.eml is the raw message, /_mail/<id>.html its HTML part alone,
/_mail/messages.json all of them, oldest first. An id is the message's place in the order of sending, from "1".
"""

import json
import re
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from local.aws.api_gateway import Response

PAGES = Path(__file__).with_name("pages")
PAGE_POLICY = "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; frame-ancestors 'none'"
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
"""For an e-mail's HTML part: its own inline styles and pictures, and nothing else."""

_pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True)


class Mailbox:
    """Answers the addresses under /_mail/. `sent` gives the raw messages, oldest first."""

    def __init__(self, sent: Callable[[], list[str]]) -> None:
        self._sent = sent

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages: id, from, to and reply_to (lists of addresses), subject, text, html, headers (by name),
        attachments (file names).

        A header that is there twice is joined with commas; text and html are empty where there is no such part.
        """
        return [_described(number, raw) for number, raw in enumerate(self._sent(), start=1)]

    def answer(self, path: str) -> Response:
        """Return the page or file at a path under /_mail/."""
        match path.removeprefix("/_mail/"):
            case "":
                return page("mailbox.html", messages=self.messages())
            case "messages.json":
                return as_file(json.dumps(self.messages(), ensure_ascii=False, indent=1), "application/json")
            case "mailbox.css":
                return as_file((PAGES / "mailbox.css").read_text("utf-8"), "text/css")
        sent = self._sent()
        found = re.fullmatch(r"/_mail/([1-9][0-9]{0,8})(/|\.eml|\.html)", path)
        if not found or int(found[1]) > len(sent):
            return as_file("There is no such message.", "text/plain", status=404)
        raw = sent[int(found[1]) - 1]
        if found[2] == ".eml":
            return as_file(raw, "message/rfc822")
        message = _described(int(found[1]), raw)
        if found[2] == ".html":
            return as_file(message["html"], "text/html; charset=utf-8", MAIL_POLICY)
        return page("message.html", message=message)


def page(template: str, policy: str = PAGE_POLICY, **context: Any) -> Response:
    """Return a page of the local run's own, from a template in `PAGES`."""
    html = _pages.get_template(template).render(context)
    return as_file(html, "text/html; charset=utf-8", policy)


def as_file(content: str, content_type: str, policy: str = "default-src 'none'", status: int = 200) -> Response:
    """Return something of the local run's own, which no browser may keep."""
    headers = [
        ("content-type", content_type),
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ]
    return Response(status, headers, content.encode())


@lru_cache(maxsize=1000)  # reading one takes some 10 ms, and each look at the mailbox is at all of them
def _described(number: int, raw: str) -> dict[str, Any]:
    message = message_from_bytes(raw.encode(), _class=EmailMessage, policy=default)
    headers: dict[str, str] = {}
    for name, value in message.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else str(value)
    return {
        "id": str(number),
        "from": str(message.get("From", "")),
        "to": _addresses(message, "To"),
        "reply_to": _addresses(message, "Reply-To"),
        "subject": str(message.get("Subject", "")).strip(),  # a long one may be folded before its first word
        "text": _part(message, "plain"),
        "html": _part(message, "html"),
        "headers": headers,
        "attachments": [part.get_filename() for part in message.iter_attachments()],
    }


def _addresses(message: EmailMessage, header: str) -> list[str]:
    return [address.addr_spec for address in message[header].addresses] if header in message else []


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return part.get_content().replace("\r\n", "\n") if part else ""
