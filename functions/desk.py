"""Handles the office's pages under /desk/: sign-in, open work, and one submission with its actions.

Rendered on the server, complete without script. A GET changes nothing; a POST needs a session, this site's own Origin,
and the token of a page of that session. Typed text is never lost: a page that cannot do what was asked gives it back.
"""

import re
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import promises
import rendering
from forms.form import Form, FormData, read_form, reference_in
from forms.plaque import PLAQUE_LINE_LIMIT
from mail import messages, ses
from office import agencies, erasure, periods, workflow
from office.workflow import Step
from settings import require, settings
from storage import certifications, submissions
from storage.submissions import Submission
from telemetry import count, log_failure, logger, publish
from web import pages, rate_limit
from web.desk import casefile, lists, sessions, worklist
from web.desk.sessions import Denied, Session
from web.responses import Event, Response, body_of, csv_file, no_store, see_other

BODY_LIMIT = 128 * 1024
"""Largest body that is accepted, in bytes: a corrected form, form-encoded."""
OURS = ("csrf", "once", "to", "from", "seen")
"""Hidden fields, which no one typed."""
SPOILED = {
    Denied.NO_COOKIE: "This browser asked for no code, or it takes no cookies. Allow cookies for this site, and ask "
    "for a code in the browser that you sign in with.",
    Denied.TOO_OLD: "This code is too old, or was asked for in another browser. Ask for another one.",
    Denied.TOO_MANY: "That code was wrong too often. Ask for another one.",
    Denied.WRONG: "That is not the code. Look at the newest e-mail, and type its six digits.",
}

require("desk_secret_arn")


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
        return [part for part in self.path.removeprefix("/desk/").split("/") if part]

    @property
    def typed(self) -> dict[str, str]:
        """Return the fields that a person typed."""
        return {name: value for name, value in self.fields.items() if name not in OURS and value}


class Refused(Exception):
    """A request that is rejected: the status, the problem, and the advice."""

    def __init__(self, status: HTTPStatus, title: str, advice: str) -> None:
        super().__init__(title)
        self.status, self.title, self.advice = status, title, advice


def handler(event: dict[str, Any], _context: Any) -> Response:
    """Respond to a request. Failures become error pages; metrics are published."""
    logger.set_correlation_id(event["requestContext"]["requestId"])
    request, session = _bare(event), None
    try:
        request = _read(event)
        session = sessions.read(request.cookies, request.now)
        if request.method == "POST":
            _check_origin(request)
        if request.parts == ["sign-in"] and request.method == "POST":
            return _sign_in(event, request)
        if session is None:
            return _ask_who(request)
        return _answer(request, session)
    except Refused as refused:
        count("refused")
        return _say(request, session, refused.status, refused.title, refused.advice)
    except Exception as error:
        count("failed")
        log_failure("failed", error)
        advice = "Nothing was lost: look whether it was done, and try again in a few minutes."
        return _say(request, session, HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here", advice)
    finally:
        publish()


def _answer(request: Request, session: Session) -> Response:
    """Respond to someone who is signed in."""
    if request.method == "POST" and not sessions.is_genuine(session, request.fields.get("csrf", "")):
        raise Refused(HTTPStatus.BAD_REQUEST, "This page is from another session", "Press the button again.")
    match request.method, request.parts:
        case "GET", []:
            return _today(request, session)
        case "POST", ["sign-out"]:
            return see_other("/desk/") | {"cookies": [sessions.set_cookie(sessions.SESSION_COOKIE, "", timedelta())]}
        case "GET" | "POST", ["find"]:
            found = lists.found(request.fields.get("q", "")[:200], request.now)
            return _page(request, session, "Find", "find.html", place="find", **found)
        case "GET", ["plaques"]:
            return _plaques(request, session)
        case "GET", ["plaques", "labels"]:
            return _page(request, session, "Labels", "labels.html", place="plaques", sheets=lists.sheets())
        case "GET", ["plaques.csv"]:
            return csv_file(lists.plaques_csv(), "plaques.csv")
        case "POST", ["plaques", "mark"]:
            return _mark_plaques(request, session)
        case "GET", ["certified"]:
            return _certified(request, session)
        case "GET", ["certified.csv"]:
            return csv_file(lists.certified_csv(request.now), "certified.csv")
        case "POST", ["certified", certification, verb] if verb in OF_CERTIFICATIONS:
            return _change_certification(request, session, certification, verb)
        case "GET", ["numbers"]:
            return _page(request, session, "Numbers", "numbers.html", place="numbers", **lists.board(request.now))
        case "GET" | "POST", [reference, "correct"]:
            return _correct(request, session, _found(reference))
        case "GET", [reference, "person"]:
            return _person(request, session, _found(reference))
        case "POST", [reference, "erase"]:
            return _erase(request, session, _found(reference))
        case "GET", [reference]:
            return _one(request, session, reference)
        case "POST", [reference, verb] if verb in VERBS:
            return _carry_out(request, session, reference, VERBS[verb])
    raise Refused(HTTPStatus.GONE, "There is no such page", "Begin at the list of today.")


# ---------------------------------------------------------------- signing in


def _ask_who(request: Request) -> Response:
    if request.method == "POST":
        raise Refused(HTTPStatus.BAD_REQUEST, "You are not signed in", "Sign in first. Nothing was changed.")
    return _ask_address(request, _own(request.path))


def _ask_address(
    request: Request, to: str, status: HTTPStatus = HTTPStatus.OK, problem: str = "", email: str = ""
) -> Response:
    page = _page(request, None, "Sign in", "sign_in.html", status, to=to, email=email, asked=False, problem=problem)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        page["headers"]["retry-after"] = "3600"
    return page


def _ask_code(request: Request, to: str, status: HTTPStatus = HTTPStatus.OK, problem: str = "") -> Response:
    return _page(request, None, "Enter the code", "sign_in.html", status, to=to, asked=True, problem=problem)


def _sign_in(event: Event, request: Request) -> Response:
    """Handle the sign-in form: send a code to the address, or check the code.

    The response is the same for staff addresses and for others.
    """
    network, to = rate_limit.network_of(event), _own(request.fields.get("to", ""))
    if sessions.is_flooding(network, request.now):
        count("limited")
        problem = "Too many tries from your network. Please try again in an hour."
        return _ask_address(request, to, HTTPStatus.TOO_MANY_REQUESTS, problem)
    return _take_code(request, to, network) if "code" in request.fields else _send_code(request, to, network)


def _send_code(request: Request, to: str, network: str) -> Response:
    address = request.fields.get("email", "").strip()[:200]
    if "@" not in address:
        problem = "Enter your e-mail address, as in name@example.gov."
        return _ask_address(request, to, HTTPStatus.UNPROCESSABLE_ENTITY, problem, address)
    sessions.count_try(network, request.now)
    if sessions.had_enough(address, request.now):
        problem = "This address asked for five codes within an hour. Use the newest one, or try again in an hour."
        return _ask_address(request, to, HTTPStatus.TOO_MANY_REQUESTS, problem, address)
    asked = sessions.ask(address, request.now)
    if asked.code and (listed := sessions.known(address)):
        ses.send(messages.sign_in(listed, asked.code), {"kind": "sign-in"})
    cookie = sessions.set_cookie(sessions.BROWSER_COOKIE, asked.browser, sessions.CODE_LASTS)
    return _ask_code(request, to) | {"cookies": [cookie]}


def _take_code(request: Request, to: str, network: str) -> Response:
    found = sessions.check(request.cookies.get(sessions.BROWSER_COOKIE, ""), request.fields["code"][:20], request.now)
    if isinstance(found, Denied):
        sessions.count_try(network, request.now)
        return _ask_code(request, to, HTTPStatus.UNPROCESSABLE_ENTITY, SPOILED[found])
    count("signed_in")
    cookie = sessions.begin(found, request.now)
    return see_other(to) | {
        "cookies": [
            sessions.set_cookie(sessions.SESSION_COOKIE, cookie, sessions.SESSION_LASTS),
            sessions.set_cookie(sessions.BROWSER_COOKIE, "", timedelta()),
        ]
    }


def _own(address: str) -> str:
    """Return the path if it is one of the desk, `/desk/` otherwise, so that the sign-in cannot redirect elsewhere."""
    return address if re.fullmatch(r"/desk/[A-Za-z0-9/.?=_+%-]{0,300}", address) and "//" not in address else "/desk/"


# ---------------------------------------------------------------- pages


def _today(request: Request, session: Session) -> Response:
    now = request.now
    return _page(
        request,
        session,
        "Today",
        "today.html",
        place="",
        day=promises.weekday_in_words(promises.day_at_office(now)),
        work=worklist.sections(now, request.fields.get("all", "")),
        returned=worklist.returned(now),
    )


def _one(
    request: Request, session: Session, reference: str, status: HTTPStatus = HTTPStatus.OK, problem: str = ""
) -> Response:
    submission = _found(reference)
    facts = casefile.gather(submission, session.address, request.now)
    title = submission.reference
    typed = defaultdict(str, request.typed if problem else {})
    return _page(request, session, title, "submission.html", status, place=None, problem=problem, typed=typed, **facts)


def _found(reference: str) -> Submission:
    submission = submissions.get(reference_in(reference))
    if submission is None:
        advice = "Look at the reference, or search for the agency or the person. Answers are kept for a year."
        raise Refused(HTTPStatus.GONE, "Nothing has this reference", advice)
    return submission


def _plaques(request: Request, session: Session, status: HTTPStatus = HTTPStatus.OK, problem: str = "") -> Response:
    marked = request.fields.get("marked", "")
    return _page(
        request,
        session,
        "Plaques to mail",
        "plaques.html",
        status,
        place="plaques",
        problem=problem,
        problem_title="Not all are marked" if status == HTTPStatus.CONFLICT else "",
        told=f"Marked as mailed: {int(marked)}." if marked.isascii() and marked.isdecimal() else "",
        typed=defaultdict(str, request.typed),
        plaques=lists.plaques(request.now),
    )


def _certified(
    request: Request, session: Session, status: HTTPStatus = HTTPStatus.OK, problem: str = "", opened: str = ""
) -> Response:
    state, ending = request.fields.get("state", "")[:2], request.fields.get("ending", "")
    return _page(
        request,
        session,
        "Certified agencies",
        "certified.html",
        status,
        place="certified",
        problem=problem,
        opened=opened,
        typed_name=request.fields.get("name", ""),
        **lists.certified(request.now, state, int(ending) if ending.isdecimal() and len(ending) < 5 else 0),
    )


# ---------------------------------------------------------------- what can be done


def _carry_out(request: Request, session: Session, reference: str, verb: "Verb") -> Response:
    """Perform an action and show the result. If it is impossible by now, show what happened in the meantime."""
    submission = _found(reference)
    name = request.parts[-1]
    step = Step(session.address, request.now, f"{name} {request.fields.get('once') or secrets.token_hex(8)}")
    try:
        # Pressed again after an answer that was lost: what it did may have left nothing for it to do.
        done = step.once in submission.steps or verb(submission, step, request.fields)
    except ValueError as problem:
        return _one(request, session, reference, HTTPStatus.UNPROCESSABLE_ENTITY, str(problem))
    if done:
        _follow(submission.reference)
        return see_other(f"/desk/{submission.reference}")
    return _one(request, session, reference, HTTPStatus.CONFLICT, casefile.meanwhile(_found(reference)))


def _follow(reference: str) -> None:
    """Update the certification at once. If that fails, remind.py does it within minutes, because the mark is stored."""
    try:
        if submission := submissions.get(reference):
            periods.follow(submission)
    except Exception as error:
        log_failure("certification not followed", error, reference=reference)


Verb = Callable[[Submission, Step, Mapping[str, str]], bool]
"""Performs one action; returns False if the state does not allow it. Raises ValueError with a message for bad input."""


def _take(submission: Submission, step: Step, fields: Mapping[str, str]) -> bool:
    return workflow.take(submission, step, fields.get("from", ""))


def _give_back(submission: Submission, step: Step, _fields: Mapping[str, str]) -> bool:
    return workflow.give_back(submission, step)


def _note(submission: Submission, step: Step, fields: Mapping[str, str]) -> bool:
    text = casefile.plain(fields.get("text", ""))
    if not text:
        raise ValueError("Write the note first.")
    if len(text) > workflow.NOTE_LIMIT:
        raise ValueError(f"A note has at most {workflow.NOTE_LIMIT:,} characters; this one has {len(text):,}.")
    return workflow.note(submission, step, text)


def _mark(submission: Submission, step: Step, fields: Mapping[str, str]) -> bool:
    tracking = " ".join(casefile.plain(fields.get("tracking", "")).split())
    if len(tracking) > workflow.TRACKING_LIMIT:
        raise ValueError(f"A tracking number has at most {workflow.TRACKING_LIMIT} characters.")
    return workflow.mark(submission, step, tracking)


def _close(submission: Submission, step: Step, fields: Mapping[str, str]) -> bool:
    reason, other = fields.get("reason", ""), reference_in(fields.get("of", ""))
    if reason not in workflow.REASONS:
        raise ValueError("Choose why it is closed.")
    if reason == "duplicate" and other and (other == submission.reference or submissions.get(other) is None):
        raise ValueError(f"Nothing else has the reference {other}. Check it, or leave it empty.")
    return workflow.close(submission, step, reason, other if reason == "duplicate" else "")


def _release(submission: Submission, step: Step, _fields: Mapping[str, str]) -> bool:
    return workflow.release(submission, step)


def _undo(submission: Submission, step: Step, _fields: Mapping[str, str]) -> bool:
    return workflow.undo(submission, step)


def _mark_plaques(request: Request, session: Session) -> Response:
    """Mark all checked plaques. One that someone else changed in the meantime does not stop the others."""
    ticked = tuple(name.removeprefix("mark.") for name in request.fields if name.startswith("mark."))
    if not ticked:
        return _plaques(request, session, HTTPStatus.UNPROCESSABLE_ENTITY, "First check the plaques that you mailed.")
    once, missed = request.fields.get("once") or secrets.token_hex(8), []
    for reference in ticked:
        submission = submissions.get(reference_in(reference))
        tracking = " ".join(casefile.plain(request.fields.get(f"tracking.{reference}", "")).split())
        step = Step(session.address, request.now, f"mark {once}")
        if submission and workflow.mark(submission, step, tracking[: workflow.TRACKING_LIMIT]):
            _follow(submission.reference)
        else:
            missed.append(reference_in(reference))
    if missed:
        told = f"Marked as mailed: {len(ticked) - len(missed)}. Changed meanwhile by someone else: {', '.join(missed)}."
        return _plaques(request, session, HTTPStatus.CONFLICT, told)
    return see_other(f"/desk/plaques?marked={len(ticked)}")


OF_CERTIFICATIONS: dict[str, Callable[[str, str, datetime], bool]] = {
    "rename": lambda *_: False,  # has a name with it
    "withdraw": agencies.withdraw,
    "list": agencies.relist,
    "end": agencies.end,
    "resume": agencies.resume,
}


def _change_certification(request: Request, session: Session, certification: str, verb: str) -> Response:
    """Rename, end or withdraw a certification, or undo that."""
    found = certifications.get(certification)
    if found is None:
        raise Refused(HTTPStatus.GONE, "There is no such certification", "It ended long ago, or was undone.")
    if verb == "rename":
        name = " ".join(casefile.plain(request.fields.get("name", "")).split())
        if not name or len(name) > PLAQUE_LINE_LIMIT:
            problem = f"Enter the agency's name, at most {PLAQUE_LINE_LIMIT} characters."
            return _certified(request, session, HTTPStatus.UNPROCESSABLE_ENTITY, problem, certification)
        agencies.rename(certification, name, session.address, request.now)
    else:
        OF_CERTIFICATIONS[verb](certification, session.address, request.now)
    return see_other(f"/desk/certified?state={found.state}#{certification}")


def _correct(request: Request, session: Session, submission: Submission) -> Response:
    """Show the form with today's answers, validated by its own rules. An unchanged answer is never an error."""
    form_class = submission.declared
    if submission.erased_at:
        raise Refused(HTTPStatus.CONFLICT, "Its data were erased", "There is nothing left to correct.")
    if request.method == "GET":
        stored = form_class(FormData({name: [value] for name, value in submission.answers.items()}))
        return _correction(request, session, submission, stored)
    form = form_class(FormData({name: [value] for name, value in request.fields.items()}))
    form.validate()
    form.forgive(submission.answers)
    if form.errors:
        return _correction(request, session, submission, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    answers, again = form.answers(), request.fields.get("new-receipt") == "yes"
    step = Step(session.address, request.now, f"correct {request.fields.get('once') or secrets.token_hex(8)}")
    if step.once in submission.steps:
        return see_other(f"/desk/{submission.reference}")
    if answers == dict(submission.answers):
        notice = "Nothing is different", "Change an answer, or go back."
        return _correction(request, session, submission, form, HTTPStatus.UNPROCESSABLE_ENTITY, notice)
    seen = request.fields.get("seen", casefile.version(submission))
    if seen == casefile.version(submission) and workflow.correct(submission, step, answers, receipt=again):
        _follow(submission.reference)
        return see_other(f"/desk/{submission.reference}")
    notice = (
        "Someone corrected it before you",
        f"{casefile.meanwhile(submission)} Your answers are below: send them again to put them in place of those.",
    )
    return _correction(request, session, submission, form, HTTPStatus.CONFLICT, notice)


def _correction(
    request: Request,
    session: Session,
    submission: Submission,
    form: Form,
    status: HTTPStatus = HTTPStatus.OK,
    notice: tuple[str, str] | None = None,
) -> Response:
    inside = rendering.render(
        "desk/_correct_fields.html",
        session=session,
        once=secrets.token_hex(8),
        seen=casefile.version(submission),
        again=request.fields.get("new-receipt") == "yes",
    )
    drawn = form.draw(
        action=f"/desk/{submission.reference}/correct",
        inside=inside,
        button="Save the correction",
    )
    problem_title, problem = notice or ("", "")
    return _page(
        request,
        session,
        f"Correct the {form.title.lower()}",
        "correct.html",
        status,
        reference=submission.reference,
        form=drawn,
        problem=problem,
        problem_title=problem_title,
        summary="" if notice else form.draw_summary(),
    )


def _person(
    request: Request, session: Session, submission: Submission, status: HTTPStatus = HTTPStatus.OK, problem: str = ""
) -> Response:
    """Show everything that is stored of the sender of a submission, whose address stands in no address bar."""
    if submission.erased_at:
        raise Refused(HTTPStatus.CONFLICT, "Its data were erased", "Nothing is stored of the sender.")
    person = erasure.find(submission.answers["email"])
    shown = casefile.of_person(person, request.now)
    reference = submission.reference
    return _page(
        request, session, "One person's data", "person.html", status, problem=problem, reference=reference, **shown
    )


def _erase(request: Request, session: Session, submission: Submission) -> Response:
    """Erase a person's data, once the page with all of them was confirmed, open work by a check mark of its own."""
    if submission.erased_at:
        return see_other(f"/desk/{submission.reference}")
    person = erasure.find(submission.answers["email"])
    seen = request.fields.get("seen", "")
    if seen != casefile.seen(person):
        problem = "Something was added or changed since you opened this page. Look at it again."
        return _person(request, session, submission, HTTPStatus.CONFLICT, problem)
    if "confirm" not in request.fields or (person.open and "unfinished" not in request.fields):
        problem = "Check the boxes first. Erasing cannot be undone."
        return _person(request, session, submission, HTTPStatus.UNPROCESSABLE_ENTITY, problem)
    erasure.erase(person, session.address, request.now)
    return see_other(f"/desk/{submission.reference}")


VERBS: dict[str, Verb] = {
    "take": _take,
    "give-back": _give_back,
    "note": _note,
    "mark": _mark,
    "close": _close,
    "release": _release,
    "undo": _undo,
}


# ---------------------------------------------------------------- requests and answers


def _bare(event: Event) -> Request:
    """Make a request from the path alone, for error pages: nothing else is known to be readable."""
    http = event["requestContext"]["http"]
    return Request(http["method"], event["rawPath"], {}, sessions.cookies_of(event), event["headers"].get("origin", ""))


def _read(event: Event) -> Request:
    """Parse a request. Raises Refused if the body is not a form in UTF-8 of at most BODY_LIMIT bytes."""
    bare = _bare(event)
    if bare.method != "POST":
        return Request(bare.method, bare.path, event.get("queryStringParameters") or {}, bare.cookies, bare.origin)
    try:
        content = body_of(event)
        if len(content) > BODY_LIMIT:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "That is too long", "Shorten it and send it again.")
        fields = {name: values[0] for name, values in read_form(content).items()}
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "We could not read what was sent", "Send it again.") from None
    return Request(bare.method, bare.path, fields, bare.cookies, bare.origin)


def _check_origin(request: Request) -> None:
    """Raise Refused if the Origin header names another site."""
    if request.origin != settings().site_url:
        advice = f"Open the desk at {settings().site_url}/desk/ and press the button there. Nothing was changed."
        raise Refused(HTTPStatus.BAD_REQUEST, "This form does not come from the desk", advice)


def _say(request: Request, session: Session | None, status: HTTPStatus, title: str, text: str) -> Response:
    """Show a problem, with the typed text and a button to send it again."""
    kept = request.typed if session and request.method == "POST" else {}
    # So that sending it again is still the same step, and still notices what somebody else did meanwhile.
    hidden = {name: request.fields[name] for name in ("from", "seen") if name in request.fields}
    return _page(request, session, title, "said.html", status, text=text, kept=kept, hidden=hidden, action=request.path)


def _page(
    request: Request,
    session: Session | None,
    title: str,
    template: str,
    status: HTTPStatus = HTTPStatus.OK,
    place: str | None = None,
    **context: Any,
) -> Response:
    once = request.fields.get("once", "") if status != HTTPStatus.OK else ""
    told = {"problem": "", "problem_title": "", "once": once or secrets.token_hex(8)} | context
    return no_store(status, pages.desk(title, f"desk/{template}", session=session, place=place, **told))
