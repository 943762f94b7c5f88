"""The clock of the local run, for people and programs: a page with buttons, and what they send.

GET /_clock/ says what time it is; POST /_clock/advance with hours=N moves it forward, with at_once=yes in one step of
any length, and POST /_clock/reset back to the real time. A browser is sent on to the page, a program gets JSON.
"""

import json
import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qs

from local.aws.api_gateway import Request, Response
from local.clock import Clock
from local.mailbox import PAGE_POLICY, as_file, page

LONGEST_MOVE = 30_000
"""Hours, more than three years."""
NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
BUTTONS = [(1, "1 hour"), (4, "4 hours"), (24, "1 day"), (14 * 24, "2 weeks"), (731 * 24, "2 years")]
"""Hours and words; two years are as long as those with a February 29."""


class ClockPages:
    """Answers the addresses under /_clock/. `origins` are the local run's own, as in an Origin header."""

    def __init__(self, clock: Clock, origins: Collection[str]) -> None:
        self._clock = clock
        self._origins = origins

    def answer(self, request: Request) -> Response:
        """Return the page, or what a button did; a move is answered once all that fell due on the way is done."""
        match request.path, request.method:
            case "/_clock/", "GET" | "HEAD":
                now, moved = datetime.now(UTC), bool(self._clock.ahead)
                return page("clock.html", f"{PAGE_POLICY}; form-action 'self'", now=now, moved=moved, buttons=BUTTONS)
            case "/_clock/advance" | "/_clock/reset", "POST":
                return self._move(request)
            case "/_clock/" | "/_clock/advance" | "/_clock/reset", _:
                return _told(HTTPStatus.METHOD_NOT_ALLOWED, "The clock is read by GET /_clock/ and moved by POST.")
        return _told(HTTPStatus.NOT_FOUND, "There is no such page.")

    def _move(self, request: Request) -> Response:
        if request.headers.get("origin", "") not in ("", *self._origins):
            return _told(HTTPStatus.FORBIDDEN, "Only the local run's own page may move its clock.")
        hours: float = 0
        if request.path == "/_clock/reset":
            self._clock.reset()
        else:
            hours = _hours(request)
            if not 0 < hours <= LONGEST_MOVE:
                words = f"Say how far: hours=24, one number above 0 and at most {LONGEST_MOVE}."
                return _told(HTTPStatus.BAD_REQUEST, words)
            self._clock.advance(timedelta(hours=hours), at_once=_values(request, "at_once") == ["yes"])
        if "text/html" in request.headers.get("accept", ""):
            return Response(HTTPStatus.SEE_OTHER, [("location", "/_clock/"), ("cache-control", "no-store")], b"")
        moved = int(hours) if hours == int(hours) else hours
        answer = {"now": datetime.now(UTC).isoformat(timespec="seconds"), "moved_hours": moved}
        return as_file(json.dumps(answer), "application/json")


def _hours(request: Request) -> float:
    """Parse the hours of a form or query; 0 if there are none."""
    match _values(request, "hours"):
        case [hours] if NUMBER.fullmatch(hours):
            return float(hours)
    return 0


def _values(request: Request, name: str) -> list[str]:
    """Return what a form or query says under this name."""
    fields = (request.query, request.body.decode("utf-8", "replace"))
    return [value for each in fields for value in parse_qs(each).get(name, [])]


def _told(status: HTTPStatus, words: str) -> Response:
    return as_file(f"{words}\n", "text/plain; charset=utf-8", status=status)
