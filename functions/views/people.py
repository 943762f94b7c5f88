"""Shows a person at the desk: an e-mail address with everything that is stored of it, to see, correct and erase.

The address is sent in the body of a POST, so that it stands in no address bar and no log.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

import promises
from forms.form import reference_in
from normalize import addresses
from office import erasure
from office.erasure import Person
from storage import certifications
from storage.submissions import Submission
from views.requests import Refused, Request, draw
from web.desk import casefile, lists, worklist
from web.desk.sessions import Session
from web.responses import Response, see_other


def of_submission(request: Request, session: Session, submission: Submission) -> Response:
    """Show the sender of a submission."""
    if submission.erased_at:
        raise Refused(HTTPStatus.CONFLICT, "Its data were erased", "No data of the sender is stored any more.")
    return _show(request, session, erasure.find(submission.answers["email"]), submission.reference)


def of_address(request: Request, session: Session) -> Response:
    """Show the person whose address was sent."""
    return _show(request, session, _asked(request), _back(request))


def erase(request: Request, session: Session) -> Response:
    """Erase a person's data, if both boxes of the page that shows them are checked: one is about unfinished work."""
    person, back = _asked(request), _back(request)
    if not person:  # pressed again
        return _erased(request, session, back)
    if request.fields.get("seen", "") != _seen(person):
        problem = "Something was added or changed since you opened this page. Look at it again."
        return _show(request, session, person, back, HTTPStatus.CONFLICT, problem)
    if "confirm" not in request.fields or (person.open and "unfinished" not in request.fields):
        problem = "Check the boxes first. Erasing cannot be undone."
        return _show(request, session, person, back, HTTPStatus.UNPROCESSABLE_ENTITY, problem)
    erasure.erase(person, session.address, request.now)
    return _erased(request, session, back)


def _erased(request: Request, session: Session, back: str) -> Response:
    """Lead back to the page of the request, or say that the data are erased: as the answer, never at an address."""
    if back:
        return see_other(f"/desk/{back}")
    return draw(request, session, "Find", "find.html", place="find", erased=True, **lists.found("", request.now))


def _asked(request: Request) -> Person:
    address = request.fields.get("email", "").strip()
    if "@" not in address or len(address) > addresses.LIMIT:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "That is not an e-mail address", "Search for it on Find.")
    return erasure.find(address)


def _back(request: Request) -> str:
    """Return the reference of the page that led here, empty if it was none."""
    return reference_in(request.fields.get("back", ""))


def _show(
    request: Request,
    session: Session,
    person: Person,
    back: str,
    status: HTTPStatus = HTTPStatus.OK,
    problem: str = "",
) -> Response:
    told = _in_words(person, request.now) | {"problem": problem, "back": back}
    return draw(request, session, "One person's data", "person.html", status, **told)


def _in_words(person: Person, now: datetime) -> dict[str, Any]:
    """Return everything that is stored of a person, for its page."""
    agencies = [found for item in person.certified if (found := certifications.get(item["id"]))]
    gone = addresses.identity(person.address)
    return {
        "address": person.address,
        "seen": _seen(person),
        "stored": [
            {
                "row": worklist.row(each, now),
                "received": promises.moment_in_words(each.received_at),
                "answers": [(label, words) for label, words in each.declared.in_words(each.answers) if words],
                "before": _corrected(each, each.history),
                "notes": _notes(each.history),
            }
            for each in person.submissions
        ],
        "former": [
            (worklist.row(each, now), _still_said(each, erasure.with_address(each, person.address)))
            for each in person.former
        ],
        "agencies": [
            (each, lists.in_words(each, now), addresses.identity(each.email) == gone, each.zip) for each in agencies
        ],
        "undone": [item["name"] for item in person.undone],
        "subscriber": person.subscriber,
        "unfinished": [worklist.row(each, now) for each in person.open],
    }


def _corrected(submission: Submission, history: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return what answers were before these entries of the history corrected them, under their labels."""
    labels, before = submission.declared.labels(), [entry.get("before", {}) for entry in history]
    return [(labels.get(name, name), old) for each in before for name, old in each.items() if old]


def _still_said(submission: Submission, history: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return what entries of the history say of a person whose address was corrected since: answers, then notes."""
    return [*_corrected(submission, history), *(("Note of the office", text) for text in _notes(history))]


def _notes(history: Iterable[Mapping[str, Any]]) -> list[str]:
    return [entry["text"] for entry in history if entry.get("text")]


def _seen(person: Person) -> str:
    """Return a hash of what a person's page shows, to detect that it changed since someone saw it."""
    # Every change of a submission adds to its history, so its length stands for all of it.
    content = [[each.reference, casefile.version(each), len(each.history)] for each in person.submissions]
    others = [each.reference for each in person.former]
    kept = [content, [item["id"] for item in person.certifications], person.subscriber, others]
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:16]
