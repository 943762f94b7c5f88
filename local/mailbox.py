"""The mailbox of the local run: every e-mail that SES accepted, as pages and as JSON.

/_mail/ lists them, /_mail/<id>/ shows one, /_mail/<id>.eml is the raw message, /_mail/<id>.html its HTML part alone,
/_mail/messages.json all of them, oldest first. An id is the message's place in the order of sending, from 1.
"""

import email
import json
import re
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from html import escape
from typing import Any

from local.gateway import Response

MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""Content-Security-Policy of an e-mail's HTML part: its own inline styles and nothing else."""

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title>
<link rel="stylesheet" href="/_mail/mailbox.css"></head>
<body><main><h1>{title}</h1>
{content}
</main></body>
</html>
"""
STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; inline-size: 100% }
th, td { text-align: start; padding: .4rem .6rem; border-block-end: 1px solid #8886; overflow-wrap: anywhere }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #8886; padding: 1rem }
iframe { inline-size: 100%; block-size: 40rem; border: 1px solid #8886; background: #fff }
"""


class Mailbox:
    """Answers the addresses under /_mail/. `sent` gives the raw messages, oldest first."""

    def __init__(self, sent: Callable[[], list[str]]) -> None:
        self._sent = sent

    def messages(self) -> list[dict[str, Any]]:
        """Every message: id, from, to, reply_to, subject, text, html, headers
        (name: value), attachments (file names)."""
        return [_described(number, raw) for number, raw in enumerate(self._sent(), start=1)]

    def answer(self, path: str) -> Response:
        """The page or file at a path under /_mail/."""
        match path.removeprefix("/_mail/"):
            case "":
                return _page("Mailbox", _listing(self.messages()))
            case "messages.json":
                return _file(json.dumps(self.messages(), ensure_ascii=False, indent=1), "application/json")
            case "mailbox.css":
                return _file(STYLE, "text/css")
        found = re.fullmatch(r"/_mail/([1-9][0-9]*)(/|\.eml|\.html)", path)
        sent = self._sent()
        if not found or int(found[1]) > len(sent):
            return Response(404, [("content-type", "text/plain")], b"There is no such message.")
        number, raw = int(found[1]), sent[int(found[1]) - 1]
        message = _described(number, raw)
        if found[2] == ".eml":
            return _file(raw, "message/rfc822")
        if found[2] == ".html":
            return _file(message["html"], "text/html; charset=utf-8", ("content-security-policy", MAIL_POLICY))
        return _page(message["subject"], _single(message))


def _described(number: int, raw: str) -> dict[str, Any]:
    message = email.message_from_string(raw, _class=EmailMessage, policy=default)
    headers: dict[str, str] = {}
    for name, value in message.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else str(value)
    return {
        "id": str(number),
        "from": str(message["From"]),
        "to": _addresses(message, "To"),
        "reply_to": _addresses(message, "Reply-To"),
        "subject": str(message["Subject"]),
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


def _listing(messages: list[dict[str, Any]]) -> str:
    row = "<tr><td>{}</td><td><a href='/_mail/{}/'>{}</a></td><td>{}</td></tr>"
    rows = [
        row.format(escape(", ".join(each["to"])), each["id"], escape(each["subject"]), escape(each["headers"]["Date"]))
        for each in reversed(messages)
    ]
    head = "<thead><tr><th>To</th><th>Subject</th><th>Sent</th></tr></thead>"
    table = f"<table>{head}<tbody>{''.join(rows)}</tbody></table>"
    return f"<p>E-mail that the local run would have sent, newest first.</p>{table if rows else '<p>Nothing yet.</p>'}"


def _single(message: dict[str, Any]) -> str:
    headers = "".join(f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in message["headers"].items())
    source = f"/_mail/{message['id']}"
    return (
        f'<p><a href="/_mail/">All messages</a> · <a href="{source}.eml">Raw message</a></p><table>{headers}</table>'
        f"<h2>Text</h2><pre>{escape(message['text'])}</pre>"
        f'<h2>HTML</h2><iframe sandbox title="HTML part" src="{source}.html"></iframe>'
    )


def _page(title: str, content: str) -> Response:
    html = PAGE.format(title=escape(title), content=content)
    policy = "default-src 'none'; style-src 'self'; frame-src 'self'"
    return _file(html, "text/html; charset=utf-8", ("content-security-policy", policy))


def _file(content: str, content_type: str, *headers: tuple[str, str]) -> Response:
    return Response(200, [("content-type", content_type), *headers], content.encode())
