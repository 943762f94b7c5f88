"""Shows today's work at the desk, and the e-mail that came back."""

from http import HTTPStatus
from urllib.parse import quote

import promises
from office import workflow
from storage import bounces, submissions
from views.requests import Refused, Request, draw, step_of
from web.desk import worklist
from web.desk.sessions import Session
from web.responses import Response, see_other

REPORT_LIMIT = 200
"""Longest id of a report of e-mail that came back, in characters."""


def show(request: Request, session: Session) -> Response:
    now = request.now
    returned, more = worklist.returned(now)
    seen = bounces.get(request.fields.get("seen", "")[:REPORT_LIMIT])
    if seen and seen.seen_by:  # the index may not know it yet
        returned = [each for each in returned if each[0].id != seen.id]
    return draw(
        request,
        session,
        "Today",
        "today.html",
        place="",
        day=promises.weekday_in_words(promises.day_at_office(now)),
        work=worklist.sections(now, request.fields.get("all", "")),
        returned=returned,
        more_returned=more,
        seen=seen,
    )


def see_to(request: Request, session: Session, verb: str) -> Response:
    """Take an e-mail that came back off the list of today, or put it back; the history of what it was about says so."""
    returned = bounces.get(request.fields.get("report", "")[:REPORT_LIMIT])
    if returned is None:
        raise Refused(HTTPStatus.GONE, "This e-mail is no longer listed", "Go to Today, and start from there.")
    is_undo, found = verb == "undo", bounces.whom_to_call(returned)
    if bool(found.seen_by) == is_undo:  # otherwise somebody was faster, or it is the second press
        if submission := submissions.get(found.reference):
            workflow.attend(
                submission,
                step_of(request, session, verb),
                f"{found.what.capitalize()} e-mail: {found.said}",
                undone=is_undo,
            )
        if is_undo:
            bounces.put_back(found.id)
        else:
            bounces.see_to(found.id, session.address, request.now)
    return see_other("/desk/" if is_undo else f"/desk/?seen={quote(found.id)}")
