"""Parses the requests of the desk, and draws its pages: what all of them have in common."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

import promises
from forms.form import SUBJECT_LIMIT, read_form
from forms.plaque import PLAQUE_LINE_LIMIT
from normalize import addresses
from office import search, workflow
from office.workflow import Step
from settings import settings
from web import pages
from web.desk import sessions
from web.desk.sessions import Session
from web.responses import Event, Response, body_of, no_store

BODY_LIMIT = 128 * 1024
"""Largest body that is accepted, in bytes: a corrected form, form-encoded."""
MOST_FIELDS = 2000
"""The page of plaques sends a field for each of them, checked or not."""
TYPED_LIMITS = {
    "code": sessions.CODE_LIMIT,
    "email": addresses.LIMIT,
    "name": PLAQUE_LINE_LIMIT,
    "note": workflow.NOTE_LIMIT,
    "query": search.QUERY_LIMIT,
    "reference": SUBJECT_LIMIT,
    "tracking": workflow.TRACKING_LIMIT,
}
"""Most characters that the boxes of the desk take, by what is typed into them."""
OURS = ("csrf", "once", "to", "from", "seen", "report", "asked")
"""Hidden fields, which no one typed."""


@dataclass(frozen=True)
class Request:
    """A parsed request: the path below /desk/, and the fields of a form or a query."""

    method: str
    path: str
    fields: Mapping[str, str]
    cookies: Mapping[str, str]
    origin: str
    now: datetime = field(default_factory=promises.now)

    @property
    def parts(self) -> list[str]:
        return [segment for segment in self.path.removeprefix("/desk/").split("/") if segment]

    @property
    def typed(self) -> dict[str, str]:
        """Return the fields that a person typed: none of a GET, since anyone may have written its address."""
        fields = self.fields if self.method == "POST" else {}
        return {name: value for name, value in fields.items() if name not in OURS and value}


class Refused(Exception):
    """A request that is rejected: the status, the problem, and the advice."""

    def __init__(self, status: HTTPStatus, title: str, advice: str) -> None:
        super().__init__(title)
        self.status, self.title, self.advice = status, title, advice


def bare(event: Event) -> Request:
    """Make a request from the path alone, for error pages: nothing else is known to be readable."""
    asked = event["requestContext"]["http"]["method"]
    method = "GET" if asked == "HEAD" else asked  # the API leaves the body out
    return Request(method, event["rawPath"], {}, sessions.cookies_of(event), event["headers"].get("origin", ""))


def read(event: Event) -> Request:
    """Parse a request. Raises Refused if the body is not a form in UTF-8 of at most BODY_LIMIT bytes."""
    known = bare(event)
    if known.method != "POST":
        return Request(known.method, known.path, event.get("queryStringParameters") or {}, known.cookies, known.origin)
    try:
        content = body_of(event)
        if len(content) > BODY_LIMIT:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "That is too long", "Shorten it and send it again.")
        fields = {name: values[0] for name, values in read_form(content, MOST_FIELDS).items()}
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "We could not read what was sent", "Send it again.") from None
    return Request(known.method, known.path, fields, known.cookies, known.origin)


def check_origin(request: Request) -> None:
    """Raise Refused unless the Origin header names this site: browsers send it with every form."""
    if request.origin != settings().site_url:
        advice = f"Open the desk at {settings().site_url}/desk/ and press the button there. Nothing was changed."
        raise Refused(HTTPStatus.BAD_REQUEST, "This form does not come from the desk", advice)


def step_of(request: Request, session: Session, verb: str, typed: Mapping[str, str] | None = None) -> Step:
    """Return the step that a button asks for. Its page has a token, so that a second press is the same step.

    With something else typed it is another step: on the whole page, or in the part of it that is given as `typed`.
    """
    words = sorted((request.typed if typed is None else typed).items())
    token = request.fields.get("once") or secrets.token_hex(8)
    return Step(session.address, request.now, f"{verb} {token} {hashlib.sha256(repr(words).encode()).hexdigest()[:16]}")


def say(request: Request, session: Session | None, status: HTTPStatus, title: str, text: str) -> Response:
    """Show a problem, with the typed text and a button to send it again."""
    # Also where a session ended meanwhile. What another site sent is not shown.
    kept = request.typed if request.origin == settings().site_url else {}
    # Sent again, it must still be the same step, and still notice what someone else did in the meantime.
    hidden = {name: request.fields[name] for name in ("from", "seen", "report") if name in request.fields}
    return draw(request, session, title, "said.html", status, text=text, kept=kept, hidden=hidden, action=request.path)


def draw(
    request: Request,
    session: Session | None,
    title: str,
    template: str,
    status: HTTPStatus = HTTPStatus.OK,
    place: str | None = None,
    **context: Any,
) -> Response:
    """Return a page of the desk. After a refusal its buttons keep the token: what is sent again is the same step."""
    once = request.fields.get("once", "") if status != HTTPStatus.OK else ""
    told = {"problem": "", "problem_title": "", "limits": TYPED_LIMITS, "once": once or secrets.token_hex(8)} | context
    return no_store(status, pages.desk(title, f"desk/{template}", session=session, place=place, **told))
