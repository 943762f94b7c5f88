"""Parses incoming HTTP requests, and rejects malformed ones as CloudFront does."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http import HTTPStatus
from threading import Timer
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler

from local.aws.api_gateway import BODY_LIMIT, Request, Response
from local.mailbox import as_file

LONGEST_LENGTH = 18
"""Most digits of a Content-Length that is accepted."""

PATIENCE = 30.0
"""Seconds for the headers of a request, and again for its body."""

Environ = dict[str, Any]


class Handler(WSGIRequestHandler):
    """One connection. Its server has `with_headers()`, which puts the site's headers on an answer.

    A client that is silent, or sends its request drop by drop, is cut off: each one holds a thread.
    """

    timeout = PATIENCE

    def setup(self) -> None:
        super().setup()
        self._too_slow = Timer(PATIENCE, self._cut_off)
        self._too_slow.daemon = True
        self._too_slow.start()

    def _cut_off(self) -> None:
        with suppress(OSError):  # it went away by itself
            self.connection.shutdown(socket.SHUT_RDWR)

    def finish(self) -> None:
        self._too_slow.cancel()
        super().finish()

    def get_environ(self) -> Environ:
        environ = super().get_environ()
        # Where a request names no type, Python's server makes one up.
        return {**environ, "REMOTE_PORT": self.client_address[1], "CONTENT_TYPE": self.headers.get("content-type", "")}

    def parse_request(self) -> bool:
        """Refuse HTTP/0.9: it has no headers, so its answers could not have the site's."""
        complete = super().parse_request()
        self._too_slow.cancel()
        if complete:
            if self.request_version != "HTTP/0.9":
                return True
            self.send_error(HTTPStatus.BAD_REQUEST)
        return False

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer as the site does: Python's server would send a page of its own, at times without a status line."""
        status = HTTPStatus.BAD_REQUEST if code >= HTTPStatus.INTERNAL_SERVER_ERROR else HTTPStatus(code)
        response = self.server.with_headers(refusal(status))  # type: ignore[attr-defined]
        fields = [*response.headers, ("content-length", str(len(response.body))), ("connection", "close")]
        lines = [f"HTTP/1.0 {status:d} {status.phrase}", *(f"{name}: {value}" for name, value in fields), "", ""]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + response.body)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Log nothing: requests for pages are not worth a line each, and an address may hold a receipt."""


def ask(whom: Callable[[Request], Response], environ: Environ, path: str) -> Response:
    """Read a request and pass it to a handler. An incomplete body is dropped."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal() and len(length) <= LONGEST_LENGTH):
        return refusal(HTTPStatus.BAD_REQUEST)
    if "HTTP_TRANSFER_ENCODING" in environ:
        return refusal(HTTPStatus.LENGTH_REQUIRED)
    wanted = min(int(length), BODY_LIMIT + 1)
    body = b"".join(_read(environ["wsgi.input"], wanted))
    if len(body) < wanted:
        return refusal(HTTPStatus.BAD_REQUEST)
    for _ in _read(environ["wsgi.input"], int(length) - len(body)):
        pass  # a connection closed with unread bytes is reset, and the sender would not see the answer
    return whom(
        Request(
            method=environ["REQUEST_METHOD"],
            path=path,
            query=environ.get("QUERY_STRING", ""),
            headers=_headers(environ),
            body=body,
            sender=(environ["REMOTE_ADDR"], environ["REMOTE_PORT"]),
        )
    )


def refusal(status: HTTPStatus) -> Response:
    """Return a response that contains only the phrase of its status."""
    return as_file(json.dumps({"message": status.phrase}), "application/json", status=status)


def _headers(environ: Environ) -> dict[str, str]:
    return {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or (name in ("CONTENT_LENGTH", "CONTENT_TYPE") and value)
    }


def _read(stream: Any, length: int) -> Iterator[bytes]:
    """Yield what comes, up to this length, as long as we are patient."""
    end = time.monotonic() + PATIENCE
    with suppress(TimeoutError):
        while length > 0 and time.monotonic() < end and (chunk := stream.read1(min(length, 1 << 16))):
            yield chunk
            length -= len(chunk)
