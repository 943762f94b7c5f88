"""Lists the certified agencies at the desk, shows one, and changes it."""

from collections.abc import Callable
from http import HTTPStatus

import promises
import rendering
from forms.plaque import PLAQUE_LINE_LIMIT
from normalize import addresses, cleaning
from normalize.states import STATE_NAMES
from office import agencies, invitations, known_agencies
from office.agencies import ChangedMeanwhile
from storage import certifications, submissions
from storage.certifications import Certification
from views.requests import Refused, Request, draw, step_of
from web.desk import lists
from web.desk.sessions import Session
from web.responses import Response, see_other

Verb = Callable[..., bool]
"""Changes a certification: its id, what was typed if anything, who, when; `once` and `seen` of the button."""


def show(request: Request, session: Session) -> Response:
    """List the agencies of a state, those that end soon, or all; a page at a time."""
    asked, ending = request.fields.get("state", ""), _number(request, "ending")
    state = asked if asked in STATE_NAMES else ""
    listed = lists.certified(request.now, state, ending, max(1, _number(request, "page")))
    return draw(request, session, "Certified agencies", "certified.html", place="certified", **listed)


def show_one(
    request: Request,
    session: Session,
    certification: str,
    status: HTTPStatus = HTTPStatus.OK,
    problem: str = "",
) -> Response:
    """Show one certification, and what can be done with it."""
    found = _found(certification)
    other = known_agencies.namesake(found)
    shown = lists.agency(found, request.now) | {
        "email": found.email,
        "not_arrived": found.not_arrived and not found.stopped,
        "stopped_by_agency": found.why_stopped == invitations.ASKED,
        "seen": str(found.revision),
        "namesake": lists.agency(other, request.now) if other else None,
        "request_is_kept": submissions.get(found.reference) is not None,
        "typed_name": request.fields.get("name", found.name) if problem else found.name,
        "typed_email": request.fields.get("email", found.email) if problem else found.email,
    }
    return draw(
        request, session, "Certification", "certification.html", status, place="certified", problem=problem, each=shown
    )


def change(request: Request, session: Session, certification: str, verb: str) -> Response:
    """Do one thing with a certification. If someone else did something in the meantime, show that first."""
    _found(certification)
    if verb in OF_REGISTER and not rendering.office().keeps_register:
        raise Refused(HTTPStatus.GONE, "There is no public register now", "Nothing was changed.")
    press = {"once": step_of(request, session, verb).once, "seen": request.fields.get("seen", "")}
    try:
        typed = TYPED[verb](request) if verb in TYPED else []
        VERBS[verb](certification, *typed, session.address, request.now, **press)
    except ValueError as problem:
        return show_one(request, session, certification, HTTPStatus.UNPROCESSABLE_ENTITY, str(problem))
    except ChangedMeanwhile:
        return show_one(request, session, certification, HTTPStatus.CONFLICT, _meanwhile(_found(certification)))
    return see_other(f"/desk/certified/{certification}")


def _found(certification: str) -> Certification:
    found = certifications.get(certification)
    if found is None:
        raise Refused(HTTPStatus.GONE, "There is no such certification", "It ended long ago, or was undone.")
    return found


def _name(request: Request) -> list[str]:
    name = cleaning.printable_line(request.fields.get("name", ""))
    if not name or len(name) > PLAQUE_LINE_LIMIT:
        raise ValueError(f"Enter the agency's name, at most {PLAQUE_LINE_LIMIT} characters.")
    return [name]


def _email(request: Request) -> list[str]:
    """Return the address. Ask once about a domain that is probably mistyped, as the forms do."""
    typed = request.fields.get("email", "")
    try:
        address = addresses.normalized(typed)
    except addresses.NotMailable as problem:
        raise ValueError(str(problem) if str(problem).endswith("?") else f"{problem}.") from None
    if (domain := addresses.meant(address)) and request.fields.get("asked") != typed:
        kept = address.rpartition("@")[2]
        raise ValueError(f"Did you mean {domain}? Correct it, or save the address again to keep {kept}.")
    return [address]


def _meanwhile(found: Certification) -> str:
    # Not every change is in the history: an agency's own stop is not, nor that an e-mail came back.
    latest = ""
    if found.history:
        last = found.history[-1]
        when = promises.stored_moment(last["at"])
        latest = f" The latest entry of its history: {last['what']} by {last['by']}, {when}."
    return f"It changed since you opened this page. Look at it, then press again.{latest}"


def _number(request: Request, name: str) -> int:
    given = request.fields.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 5 else 0


TYPED: dict[str, Callable[[Request], list[str]]] = {"rename": _name, "address": _email}
"""Read and check what is typed for an action. Each raises ValueError with a message."""
OF_REGISTER = ("withdraw", "list")
"""Actions that there are only while there is a public register."""
VERBS: dict[str, Verb] = {
    "rename": agencies.rename,
    "address": invitations.readdress,
    "invite": invitations.invite_again,
    "withdraw": agencies.withdraw,
    "list": agencies.relist,
    "end": agencies.end,
    "resume": agencies.resume,
}
