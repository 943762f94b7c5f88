"""The web server of the local run: MkDocs' own live server, with forms, mailbox and clock beside the pages.

It answers as CloudFront would: the template's response headers on everything, /contact sent on to /contact/, the
site's own page for an error.
"""

import logging
import socket
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.client import responses as reasons
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mkdocs.exceptions import Abort
from mkdocs.livereload import LiveReloadServer

from local.aws.api_gateway import Gateway, Response
from local.aws.cloudfront import sent_on
from local.aws.dynamodb_stream import Stream
from local.clock import Clock
from local.clock_pages import ClockPages
from local.edge_cache import EdgeCache
from local.http_handler import Environ, Handler, ask, refusal
from local.mailbox import PAGES, Mailbox, page
from local.template import Template

RELOAD_SCRIPT = "/_livereload.js"
RELOAD_POLL = "/livereload/"
"""MkDocs' own."""

TROUBLE_POLICY = "default-src 'self'; img-src data:"
"""Of the page that shows why the site could not be built: it waits for the next build, with a script."""

log = logging.getLogger("local")
StartResponse = Callable[..., Any]


class Server(LiveReloadServer):
    """Pages from the folder `root`, /forms/* from the gateway, /_mail/* from the mailbox, /_clock/* from the clock.

    `listener` is a socket that listens already; `serve()` answers what has queued there. With `edge_cache`, the
    register comes from a cache for as long as at CloudFront, which hides what was changed a minute ago.
    """

    streams: tuple[Stream, ...] = ()

    def __init__(
        self,
        listener: socket.socket,
        root: Path,
        build: Callable[[], None],
        template: Template,
        mailbox: Mailbox,
        clock: Clock,
        *,
        edge_cache: bool = False,
    ) -> None:
        host, port = listener.getsockname()
        super().__init__(builder=self._build_or_tell, host=host, port=port, root=str(root))
        self._build = build
        self._trouble = ""
        self.socket.close()
        self.socket = listener
        self.RequestHandlerClass = Handler
        self.set_app(self.answer)
        self.server_name, self.server_port = host, port
        self.setup_environ()
        self.mailbox = mailbox
        self.clock = clock
        self._hosts = {f"{name}:{port}" for name in (host, "localhost")} | (
            {host, "localhost"} if port == 80 else set()
        )
        self._clock_pages = ClockPages(clock, [f"http://{name}" for name in self._hosts])
        self._forms = EdgeCache(template, Gateway(template).answer, keeps_fresh=edge_cache)
        self._template = template
        self._headers = template.response_headers()
        self._error_pages = template.error_pages()
        self.error_handler = lambda status: self._error(status).body

    def _build_or_tell(self) -> None:
        """Build the site; where that fails, show why in place of its pages until a change mends it."""
        try:
            self._build()
        except Exception as error:
            # MkDocs aborts with words of its own; what a hook or a page said is what it was handling then.
            told = error.__context__ if isinstance(error, Abort) and error.__context__ else error
            self._trouble = str(told) or type(told).__name__
            log.exception("The site could not be built") if told is error else log.error(self._trouble)
        else:
            self._trouble = ""

    def server_bind(self) -> None:
        """Do nothing: the listener is bound already."""

    def server_activate(self) -> None:
        """Do nothing: the listener listens already."""

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  # the names are socketserver's
        """Log it only: a browser that goes away before it has its answer is no error."""
        log.debug("a connection broke off", exc_info=True)

    def close(self) -> None:
        """Stop serving, and wait for it."""
        self.shutdown()
        for thread in (self.serve_thread, self.observer):
            if thread.ident:
                thread.join()

    def answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request of WSGI."""
        if environ.get("HTTP_HOST", "").lower() not in {"", *self._hosts}:
            # A page of another site can give its own name this machine's address, and would read mail and forms.
            return _send(self.with_headers(refusal(HTTPStatus.MISDIRECTED_REQUEST)), environ, start_response)
        try:
            path: str = environ["PATH_INFO"].encode("latin-1").decode("utf-8")
        except UnicodeDecodeError:  # no file is named so; MkDocs would leave out what it cannot read
            return _send(self.with_headers(self._error(HTTPStatus.NOT_FOUND)), environ, start_response)
        if path.startswith("/_mail/"):
            return _send(self.mailbox.answer(path), environ, start_response)
        if path.startswith("/_clock/"):
            return _send(ask(self._clock_pages.answer, environ, path), environ, start_response)
        response = self._respond(environ, path)
        if response:
            return _send(self.with_headers(response), environ, start_response)

        def with_headers(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, headers + self._headers, *rest)

        if self._trouble and path.endswith(("/", ".html")):
            shown = page("trouble.html", TROUBLE_POLICY, message=self._trouble)
            body = self._inject_js_into_html(shown.body, int(self._visible_epoch))
            return _send(Response(HTTPStatus.INTERNAL_SERVER_ERROR, shown.headers, body), environ, start_response)
        content = self.serve_request(environ, with_headers)
        return content if environ["REQUEST_METHOD"] == "GET" else _nothing_of(content)

    def _respond(self, environ: Environ, path: str) -> Response | None:
        """Return the answer of everything but the files of the site."""
        method: str = environ["REQUEST_METHOD"]
        if self._template.forwarding(path):
            response = ask(self._forms.answer, environ, path)
            # Quoted again: a picture on any web page may ask for an address with escape sequences in it.
            log.info("%s %s %s", method, quote(path), response.status)
            return self._error(response.status) if response.status in self._error_pages else response
        if path == RELOAD_SCRIPT:
            return Response(200, [("content-type", "text/javascript")], (PAGES / "livereload.js").read_bytes())
        if method not in ("GET", "HEAD"):
            return self._error(HTTPStatus.FORBIDDEN)
        if path.endswith(("/.", "/..")):  # a bucket has no folders to go up in
            return self._error(HTTPStatus.NOT_FOUND)
        if (address := sent_on(path, environ.get("QUERY_STRING", ""))) and not path.startswith(RELOAD_POLL):
            return Response(HTTPStatus.MOVED_PERMANENTLY, [("Location", address)], b"")
        return None

    def _error(self, status: int) -> Response:
        """Return the site's page for an error, where it has one."""
        page = self._error_pages.get(status)
        file = Path(self.root, page.path.lstrip("/")) if page else None
        if page and file and file.is_file():
            return Response(page.status, [("content-type", "text/html")], file.read_bytes())
        return Response(status, [("content-type", "text/plain")], reasons[status].encode())

    def with_headers(self, response: Response) -> Response:
        """Add the template's headers, which override what a function set if their policy says so."""
        headers = self._template.response_headers([name.lower() for name, _ in response.headers])
        ours = {name.lower() for name, _ in headers}
        kept = [(name, value) for name, value in response.headers if name.lower() not in ours]
        return Response(response.status, kept + headers, response.body)

    def _inject_js_into_html(self, content: bytes, epoch: int) -> bytes:
        """Add the script as a file: MkDocs puts it inline, which the site's policy forbids."""
        before, end, after = content.rpartition(b"</body>")
        return b'%b<script src="%b" data-epoch="%d"></script>%b%b' % (before, RELOAD_SCRIPT.encode(), epoch, end, after)


def _send(response: Response, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    phrase = reasons.get(response.status, "Unknown")
    start_response(f"{response.status:d} {phrase}", [*response.headers, ("content-length", str(len(response.body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]


def _nothing_of(content: Iterable[bytes]) -> Iterable[bytes]:
    """Drop the body for a HEAD request."""
    if hasattr(content, "close"):
        content.close()
    return []
