"""The web server of the local run: MkDocs' own live server, with forms and mailbox beside the pages.

It answers as CloudFront would: the template's response headers on everything, /contact sent on to /contact/.
"""

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from mkdocs.livereload import LiveReloadServer

from local.gateway import BODY_LIMIT, Gateway, Request, Response
from local.mailbox import Mailbox
from local.stream import Stream

RELOAD_SCRIPT = "/_livereload.js"
RELOAD_SOURCE = Path(__file__).with_name("reload.js")

log = logging.getLogger("local")
Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class Server(LiveReloadServer):
    """Pages from the folder `root`, /forms/* from the gateway, /_mail/* from the mailbox."""

    request_queue_size = 128  # connections that wait; with Python's 5, a burst of visitors is turned away

    def __init__(
        self,
        *,
        port: int,
        root: str,
        build: Callable[[], None],
        gateway: Gateway,
        mailbox: Mailbox,
        headers: list[tuple[str, str]],
    ) -> None:
        super().__init__(builder=build, host="127.0.0.1", port=port, root=root)
        self.gateway, self.mailbox, self.headers = gateway, mailbox, headers
        self.streams: list[Stream] = []
        self.error_handler = self._error_page
        self.set_app(self.answer)

    def answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        if path.startswith("/forms/"):
            response = self.gateway.answer(_request(environ, path))
            log.info("%s %s %s", environ["REQUEST_METHOD"], path, response.status)
            return self._send(response, start_response)
        if path.startswith("/_mail/"):
            return self._send(self.mailbox.answer(path), start_response)
        if path == RELOAD_SCRIPT:
            script = Response(200, [("content-type", "text/javascript")], RELOAD_SOURCE.read_bytes())
            return self._send(script, start_response)

        def with_headers(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, headers + self.headers, *rest)

        return self.serve_request(environ, with_headers)

    def server_activate(self) -> None:
        """Say where the site is, once connections are accepted."""
        super().server_activate()
        log.info("Serving on %s", self.url)
        log.info("E-mail is at %s_mail/", self.url)

    def _error_page(self, code: int) -> bytes | None:
        return Path(self.root, "404.html").read_bytes() if code == HTTPStatus.NOT_FOUND else None

    def _send(self, response: Response, start_response: StartResponse) -> Iterable[bytes]:
        own = {name.lower() for name, _ in response.headers}
        headers = response.headers + [(name, value) for name, value in self.headers if name.lower() not in own]
        headers.append(("content-length", str(len(response.body))))
        status = HTTPStatus(response.status)
        start_response(f"{status.value} {status.phrase}", headers)
        return [response.body]

    def _inject_js_into_html(self, content: bytes, epoch: int) -> bytes:
        """MkDocs' reload script from an address of its own: the site's policy forbids it inline."""
        script = f'<script src="{RELOAD_SCRIPT}?{epoch}"></script>'.encode()
        return content.replace(b"</body>", script + b"</body>")


def _request(environ: Environ, path: str) -> Request:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or (name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value)
    }
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return Request(
        method=environ["REQUEST_METHOD"],
        path=path,
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=environ["wsgi.input"].read(min(length, BODY_LIMIT + 1)),
        sender=(environ["REMOTE_ADDR"], 0),
    )
