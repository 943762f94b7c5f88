"""A client of a server on this machine."""

from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPMessage
from typing import NamedTuple
from urllib.parse import urlsplit


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: HTTPMessage
    text: str


def ask(
    address: str,
    method: str,
    path: str,
    body: bytes | str | None = None,
    headers: Mapping[str, str] | None = None,
    sender: str | None = None,
) -> Answer:
    """One request, on a connection of its own from the address `sender`. Redirects are not followed.

    The connection is closed where no answer comes, too: a server that is being restarted breaks it off.
    """
    at = urlsplit(address)
    connection = HTTPConnection(at.hostname or "", at.port, timeout=60, source_address=(sender, 0) if sender else None)
    with closing(connection):
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())
