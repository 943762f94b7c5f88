"""Shows one submission at the desk, and carries out what can be done with it."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from http import HTTPStatus

from forms.form import reference_in
from forms.plaque import PLAQUE_LINE_LIMIT
from normalize import cleaning
from office import numbers, periods, workflow
from office.workflow import Step
from storage import certifications, submissions
from storage.submissions import Submission
from telemetry import log_failure
from views.requests import Refused, Request, draw, step_of
from web.desk import casefile
from web.desk.sessions import Session
from web.responses import Response, see_other


def show(
    request: Request,
    session: Session,
    reference: str,
    status: HTTPStatus = HTTPStatus.OK,
    problem: str = "",
    sought: str = "",
) -> Response:
    """Show one submission; `sought` is the name by which its certification is looked for. Raises Refused."""
    submission = found(reference)
    facts = casefile.gather(submission, session.address, request.now, sought)
    title = submission.reference
    typed = defaultdict(str, request.typed)
    return draw(request, session, title, "submission.html", status, place=None, problem=problem, typed=typed, **facts)


def choose(request: Request, session: Session, reference: str) -> Response:
    """Look for the certified agency that a request renews, by any name, and offer what was found."""
    sought = request.fields.get("q", "")[:PLAQUE_LINE_LIMIT].strip()
    return show(request, session, reference, sought=sought)


def found(reference: str) -> Submission:
    """Return a submission by its reference, as people copy it. Raises Refused if there is none."""
    submission = submissions.get(reference_in(reference))
    if submission is None:
        advice = "Check the reference, or search for the agency or the person. Answers are deleted after a year."
        raise Refused(HTTPStatus.GONE, "No message or request has this reference", advice)
    return submission


def carry_out(request: Request, session: Session, reference: str, verb: "Verb") -> Response:
    """Perform an action and show the result. If it is impossible by now, show what happened in the meantime."""
    submission = found(reference)
    step = step_of(request, session, request.parts[-1])
    try:
        done = verb(submission, step, request.fields)
    except ValueError as problem:
        return show(request, session, reference, HTTPStatus.UNPROCESSABLE_ENTITY, str(problem))
    if done:
        follow(submission.reference)
        return see_other(f"/desk/{submission.reference}")
    return show(request, session, reference, HTTPStatus.CONFLICT, casefile.meanwhile(found(reference)))


def follow(reference: str) -> None:
    """Update the certification and the numbers at once. If that fails, remind.py does it within minutes: the step is
    stored."""
    try:
        if submission := submissions.get(reference):
            periods.follow(submission)
            numbers.settle(submission)
    except Exception as error:
        log_failure("step not followed", error, reference=reference)


Verb = Callable[[Submission, Step, Mapping[str, str]], bool]
"""Performs one action; returns False if the state does not allow it. Raises ValueError with a message for bad input."""


def _take(submission: Submission, step: Step, fields: Mapping[str, str]) -> bool:
    return workflow.take(submission, step, fields.get("from", ""))


def _give_back(submission: Submission, step: Step, _fields: Mapping[str, str]) -> bool:
    return workflow.give_back(submission, step)


def _note(submission: Submission, step: Step, fields: Mapping[str, str]) -> bool:
    text = cleaning.printable(fields.get("text", ""))
    if not text:
        raise ValueError("Write the note first.")
    if len(text) > workflow.NOTE_LIMIT:
        raise ValueError(f"A note has at most {workflow.NOTE_LIMIT:,} characters; this one has {len(text):,}.")
    return workflow.note(submission, step, text)


def _mark(submission: Submission, step: Step, fields: Mapping[str, str]) -> bool:
    tracking = cleaning.printable_line(fields.get("tracking", ""))
    return workflow.mark(submission, step, tracking)


def _close(submission: Submission, step: Step, fields: Mapping[str, str]) -> bool:
    reason = fields.get("reason", "")
    if reason not in workflow.REASONS:
        raise ValueError("Choose why it is closed.")
    return workflow.close(submission, step, reason, reference_in(fields.get("of", "")))


def _release(submission: Submission, step: Step, _fields: Mapping[str, str]) -> bool:
    return workflow.release(submission, step)


def _settle_agency(submission: Submission, step: Step, fields: Mapping[str, str]) -> bool:
    if not submission.agency:
        raise ValueError("Only a plaque request belongs to an agency.")
    chosen = fields.get("certification", "")
    known = certifications.get(chosen)
    if chosen and (known is None or known.state != submission.answers["agency_state"]):
        raise ValueError("That certification ended long ago, or was undone. Look at the list again.")
    return workflow.settle_agency(submission, step, known)


def _undo(submission: Submission, step: Step, fields: Mapping[str, str]) -> bool:
    return workflow.undo(submission, step, fields.get("seen", ""))


VERBS: dict[str, Verb] = {
    "take": _take,
    "give-back": _give_back,
    "note": _note,
    "mark": _mark,
    "close": _close,
    "release": _release,
    "same": _settle_agency,
    "undo": _undo,
}
