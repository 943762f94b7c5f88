"""Requests as anybody may send them, right or not, for Hypothesis; and what comes back over the connection."""

import errno
import re
import socket
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from forms import catalog
from local.template import Template
from tests.support.answers import FORM
from tests.support.pages import ROOT
from tests.support.samples import SAMPLES, new_address

SENDER = "127.0.0.9"
"""A network of its own: other tests have their limit for themselves."""
GONE = {errno.ECONNRESET, errno.ENOTCONN, errno.EPIPE}
FORMS = tuple(f"/forms/{slug}" for slug in catalog.FORMS)
ROUTES = {
    (route.method, route.path.replace("{form}", slug)): route.function
    for route in Template(ROOT / "template.yaml").routes()
    for slug in catalog.FORMS
}


def one_of(*values):
    return st.sampled_from(values)


VALID = urlencode(SAMPLES["contact"] | {"email": new_address()}).encode()
LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=30)
TOKENS = st.text("abcXYZ0189-_.~!$%\xe9", max_size=20)
METHODS = one_of("GET", "POST", "POST", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "G\xe9T")
PATHS = st.one_of(
    one_of(*FORMS),
    one_of(*(path for _, path in ROUTES)),
    st.builds(
        "{}{}".format, one_of(*FORMS, "/contact", "/", "/_mail/"), st.one_of(TOKENS, one_of("/", "//", "/.", ";"))
    ),
    one_of("/", "//", "*", "", "/..", "/%", "/%ff", "/%00", "/contact", "/a\xff", "http://example.org/forms/contact"),
    one_of("/forms/%63ontact", "/forms//contact", "/./forms/contact", "/FORMS/CONTACT", "/forms/contact%00"),
    one_of("/{70000}", "/_mail/1/", "/_mail/%ff", "/_mail/0.eml", "/_clock/", "/assets/", "/404.html"),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n \t"), max_size=20).map(lambda text: f"/{text}"),
)
QUERIES = st.one_of(
    st.just(""),
    st.builds("{}={}".format, one_of("receipt", "token", "a", "receipt=x&receipt"), TOKENS),
    one_of("token=%ff", "receipt=%00", "&&&", "=", "token", "a=%", "{9000}", "token=%F0%9F%91%AE", "token=.."),
)
TYPES = one_of(
    FORM,
    f"{FORM}; charset=utf-16",
    f"  {FORM.upper()} ;x",
    "multipart/form-data; boundary=b",
    "text/plain",
    "application/json",
    "application/x-www-form-urlencoded,text/plain",
    "\xff",
    "",
)
HEADERS = st.lists(
    st.one_of(
        st.tuples(one_of("Accept"), one_of("application/json", "text/html", "*/*", "\xff", "application/json;q=0")),
        st.tuples(one_of("Cookie"), one_of("a=b; c", ";;;", "=", "\xff=\x01", 'a="', "{5000}")),
        st.tuples(one_of("Content-Encoding", "Accept-Encoding"), one_of("gzip", "br", "\xff")),
        st.tuples(one_of("Transfer-Encoding"), one_of("chunked", "gzip, chunked", "identity")),
        st.tuples(one_of("Content-Length", "content-type"), one_of("0", "7", "text/plain")),
        st.tuples(one_of("Expect"), one_of("100-continue", "200-ok")),
        st.tuples(one_of("Connection", "Upgrade"), one_of("close", "keep-alive", "upgrade", "h2c", "websocket")),
        st.tuples(one_of("Host", "Origin", "Referer", "X-Forwarded-For", "CloudFront-Viewer-Address"), LATIN),
        st.tuples(one_of("Range", "If-None-Match", "If-Modified-Since"), one_of("bytes=0-1", "*", "x", "\x00")),
        st.tuples(st.text("abc-XYZ\xe9 :\x00", min_size=1, max_size=8), LATIN),
        st.tuples(st.just("X-Long"), one_of("{70000}", "{20000}")),
    ),
    max_size=4,
)
LENGTHS = st.one_of(
    st.none(),
    st.none(),
    st.none(),
    one_of("0", "1", "-1", "+5", "5 5", "5, 5", "x", "", "99999999999", "\xb2", "9{5000}"),
)
BODIES = st.one_of(
    st.just(VALID),
    st.binary(max_size=100),
    st.builds(
        lambda pairs: "&".join(f"{quote(name, safe='%')}={quote(value, safe='%&+')}" for name, value in pairs).encode(),
        st.lists(st.tuples(one_of(*SAMPLES["contact"], *SAMPLES["plaque"], "reply_code", ""), st.text(max_size=20))),
    ),
    one_of(VALID + b"&name=other&name=third", VALID + b"&x=%ff", b"name=%00&email=%F0%9F", b"&a=b" * 300, b"&;=%"),
    one_of(
        b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nJordan\r\n--b--\r\n', b"{}", b"\xff\xfe" + VALID
    ),
    one_of(b"name={70000}", b"name={300000}", VALID + b"&message={60000}", b"message={11000000}"),
)
REQUESTS = st.tuples(
    METHODS,
    PATHS,
    QUERIES,
    one_of(" HTTP/1.1", " HTTP/1.1", " HTTP/1.1", " HTTP/1.0", "", " HTTP/2.0", " HTTP/9", " HTTP/1.1 x"),
    HEADERS,
    st.one_of(st.none(), TYPES),
    LENGTHS,
    BODIES,
)
"""What `request` makes one of."""


@dataclass(frozen=True)
class Reply:
    """What came back on the wire."""

    status: int
    headers: Message
    body: bytes


def send(port: int, raw: bytes) -> Reply | None:
    """What the server says to these bytes, after which the client says no more.

    None where the connection was reset: what the server had not read may take its answer along.
    """
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(SENDER, 0)) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(1 << 16):
                said += chunk
        except OSError as error:
            if error.errno in GONE:
                return None
            raise
    head, _, body = re.sub(rb"\AHTTP/1\.\d 100 Continue\r\n\r\n", b"", said).partition(b"\r\n\r\n")
    line, _, headers = head.partition(b"\r\n")
    assert line.startswith(b"HTTP/1."), said[:200]
    return Reply(int(line.split()[1]), message_from_bytes(headers), body)


def at_length(text: bytes) -> bytes:
    """`{70000}` stands for so many letters: what failed can then be read."""
    return re.sub(rb"\{(\d+)\}", lambda found: b"0" * int(found[1]), text)


def request(method, path, query, version, headers, content_type, length, body) -> bytes:
    """An HTTP request as somebody may write it, right or not."""
    body = at_length(body)
    target = f"{path}?{query}" if query else path
    lines = [f"{method} {target}{version}", *(f"{name}: {value}" for name, value in headers)]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return at_length("\r\n".join([*lines, "", ""]).encode("latin-1")) + body
