"""Reads an e-mail as bytes, to the letter of RFC 5322, 2045, 2047 and 2369, and refuses what they do not allow.

Python's `email` reads back whatever it wrote, right or wrong; mail programs do not. As a plugin of the tests, it reads
every e-mail that SES was given in any of them.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from moto.ses.models import ses_backends

LONGEST = 998
LONGEST_ENCODED = 76
"""A line of quoted-printable or base64, without its line end."""
ONCE = {
    *("date", "from", "sender", "reply-to", "to", "cc", "message-id", "in-reply-to", "references", "subject"),
    *("mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id"),
    *("auto-submitted", "x-auto-response-suppress"),
    *("list-unsubscribe", "list-unsubscribe-post", "list-id", "list-post", "list-archive"),
}
"""Headers that may be there once only."""
NEEDED = {"date", "from", "to", "subject", "mime-version", "content-type", "auto-submitted"}
"""What each of our e-mails has."""

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
DOTTED = rf"{ATOM}(?:\.{ATOM})*"
ADDR_SPEC = rf"{DOTTED}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
ENCODED_WORD = r"=\?[A-Za-z0-9-]+\?(?:[Qq]\?[!->@-~]+|[Bb]\?[A-Za-z0-9+/]+={0,2})\?="
PHRASE = rf'(?:(?:{ATOM}|"[^"\\\r\n]*")(?: (?:{ATOM}|"[^"\\\r\n]*"))*)'
MAILBOX = rf"(?:{ADDR_SPEC}|{PHRASE} <{ADDR_SPEC}>)"
ADDRESSES = rf"{MAILBOX}(?:, {MAILBOX})*"
URI = r"<[a-z][a-z0-9+.-]*:[!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]+>"
PARAMETER = r'; [a-z]+=(?:[^\s()<>@,;:\\"/\[\]?=]+|"[^"\\]*")'
TOKEN = r"[A-Za-z0-9!#$&^_.+-]+"
DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}"
GRAMMAR = {
    "from": MAILBOX,
    "sender": MAILBOX,
    "to": ADDRESSES,
    "cc": ADDRESSES,
    "reply-to": ADDRESSES,
    "date": rf"{DAY} \d{{2}}:\d{{2}}:\d{{2}} [+-]\d{{4}}",
    "message-id": rf"<{DOTTED}@{DOTTED}>",
    "in-reply-to": rf"<{DOTTED}@{DOTTED}>",
    "references": rf"<{DOTTED}@{DOTTED}>(?: <{DOTTED}@{DOTTED}>)*",
    "mime-version": r"1\.0",
    "content-type": rf"{TOKEN}/{TOKEN}(?:{PARAMETER})*",
    "content-disposition": rf"(?:inline|attachment)(?:{PARAMETER})*",
    "content-transfer-encoding": r"7bit|quoted-printable|base64",
    "auto-submitted": r"auto-generated|auto-replied",
    "x-auto-response-suppress": r"All",
    "list-unsubscribe": rf"{URI}(?:, {URI})*",
    "list-unsubscribe-post": r"List-Unsubscribe=One-Click",
    "list-id": rf"(?:{PHRASE} )?<{DOTTED}>",
}
"""What the value of a header has to be, once it is unfolded."""

_have_been_read: set[str] = set()
"""Ids of SES."""


class NotStrict(AssertionError):
    """The bytes are no e-mail as the standards want it."""


@dataclass(frozen=True)
class Part:
    """One part that holds content: its media type, parameters, and the bytes behind the encoding."""

    type: str
    parameters: Mapping[str, str]
    content: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Mail:
    """`headers` by name in lower case, unfolded, still encoded; `parts` in their order."""

    headers: Mapping[str, str]
    parts: tuple[Part, ...]

    def text(self, kind: str = "text/plain") -> str:
        """The text of the one part of this type."""
        [part] = [each for each in self.parts if each.type == kind]
        return part.content.decode("utf-8").replace("\r\n", "\n")


def read(raw: bytes) -> Mail:
    """Raises NotStrict."""
    _check(not re.search(rb"(?<!\r)\n|\r(?!\n)", raw), "a line end that is not CR LF")
    _check(raw.isascii() and b"\0" not in raw, "a byte outside ASCII, or NUL")
    _check(all(len(line) <= LONGEST for line in raw.split(b"\r\n")), f"a line of more than {LONGEST} characters")
    text = raw.decode("ascii")
    headers, _ = _split(text)
    _check(not (missing := NEEDED - headers.keys()), f"no {', '.join(missing)}")
    return Mail(headers, tuple(_parts(text)))


@pytest.fixture(autouse=True)
def _e_mail_is_strict(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail where a test sent what a strict reader does not take. Tests of the local run send e-mail of their own."""
    yield
    ours = "local" not in request.path.parts[-2:]
    for backends in ses_backends.values():
        for message in [each for backend in backends.values() for each in backend.sent_messages]:
            if message.id not in _have_been_read:
                _have_been_read.add(message.id)
                if ours:
                    read(message.raw_data.encode())


def _split(text: str) -> tuple[dict[str, str], str]:
    """The headers and the body of a message or a part."""
    head, ended, body = text.partition("\r\n\r\n")
    _check(bool(ended), "headers that never end")
    headers: dict[str, str] = {}
    for field in re.split(r"\r\n(?![ \t])", head):
        name, colon, value = field.partition(":")
        _check(bool(colon) and re.fullmatch(r"[!-9;-~]+", name) is not None, f"no header: {field!r}")
        _check(all(line.strip(" \t") for line in value.split("\r\n")[1:]), f"{name} has a fold of nothing but space")
        value = re.sub(r"\r\n(?=[ \t])", "", value).strip(" \t")
        _check(value.isprintable(), f"{name} holds control characters")
        name = name.lower()
        _check(name not in ONCE or name not in headers, f"{name} is there twice")
        _check_value(name, value)
        headers[name] = value
    return headers, body


def _check_value(name: str, value: str) -> None:
    words = value.split(" ")
    if name in ("subject", "comments"):
        for word in words:
            encoded = re.fullmatch(ENCODED_WORD, word) and len(word) <= 75
            _check("=?" not in word or bool(encoded), f"{name} has a broken encoded word: {word}")
        return
    _check("=?" not in value, f"{name} is no text, and has an encoded word: {value}")
    grammar = GRAMMAR.get(name)
    _check(grammar is not None, f"{name} is not known here; say in GRAMMAR what it has to be")
    _check(re.fullmatch(grammar or "", value) is not None, f"{name} is not what it has to be: {value}")


def _parts(text: str) -> Iterator[Part]:
    headers, body = _split(text)
    kind, *rest = headers.get("content-type", "text/plain").split("; ")
    parameters = {name: value.strip('"') for name, _, value in (each.partition("=") for each in rest)}
    if kind.startswith("multipart/"):
        yield from _inner_parts(body, parameters["boundary"])
        return
    encoding = headers.get("content-transfer-encoding", "7bit")
    content = _decoded(body, encoding)
    if kind.startswith("text/"):
        _check(parameters.get("charset") == "utf-8", f"{kind} does not say that it is UTF-8")
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            raise NotStrict(f"{kind} is not in UTF-8") from None
    yield Part(kind, parameters, content, headers)


def _inner_parts(body: str, boundary: str) -> Iterator[Part]:
    _check(re.fullmatch(r"[A-Za-z0-9'()+_,./:=? -]{0,69}[A-Za-z0-9'()+_,./:=?-]", boundary) is not None, "a boundary")
    _, *pieces = re.split(rf"(?:\r\n|\A)--{re.escape(boundary)}(?=\r\n|--)", body)
    _check(len(pieces) >= 2 and pieces[-1].startswith("--"), "a multipart that does not end")
    for piece in pieces[:-1]:
        yield from _parts(piece.removeprefix("\r\n"))


def _decoded(body: str, encoding: str) -> bytes:
    lines = body.split("\r\n")
    if encoding == "7bit":
        return body.encode("ascii")
    _check(all(len(line) <= LONGEST_ENCODED for line in lines), f"a line of {encoding} is too long")
    if encoding == "base64":
        try:
            return base64.b64decode("".join(lines), validate=True)
        except binascii.Error:
            raise NotStrict("broken base64") from None
    for line in lines:
        legal = re.fullmatch(r"(?:[\t !-<>-~]|=[0-9A-F]{2})*=?", line)
        _check(legal is not None and not re.search(r"[ \t]\Z", line), f"broken quoted-printable: {line!r}")
    return binascii.a2b_qp("\r\n".join(lines))


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotStrict(otherwise)
