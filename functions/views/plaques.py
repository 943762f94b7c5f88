"""Shows the plaques to mail, and marks several at once."""

from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus
from itertools import islice
from time import monotonic

from forms.form import reference_in
from normalize import cleaning
from office import workflow
from storage import submissions
from views.requests import Request, draw, step_of
from views.submissions import follow
from web.desk import lists, worklist
from web.desk.sessions import Session
from web.responses import Response, see_other

MARKED_AT_ONCE = 200
"""The address behind the button names each of them, and CloudFront takes no address of more than 8,192 bytes."""
MARKING_LASTS = 4
"""Seconds after which no other plaque is begun: each takes nine calls in a row, and the page has to come before the
function's time is over (`Timeout` in template.yaml)."""


def show(
    request: Request, session: Session, status: HTTPStatus = HTTPStatus.OK, problem: str = "", gone: Iterable[str] = ()
) -> Response:
    """List the plaques to mail, and links to those that were just marked: `gone` from the list, or in the address."""
    gone = gone or request.fields.get("marked", "").split(",")
    references = islice(dict.fromkeys(map(reference_in, gone)), MARKED_AT_ONCE)
    found = filter(None, map(submissions.get, references))
    left = [each for each in found if each.done or each.closed]
    return draw(
        request,
        session,
        "Plaques to mail",
        "plaques.html",
        status,
        place="plaques",
        problem=problem,
        problem_title="Not all are marked" if status == HTTPStatus.CONFLICT else "",
        told="" if problem else f"Marked as mailed: {sum(bool(each.done) for each in left)}.",
        left=worklist.rows(left, request.now),
        typed=defaultdict(str, request.typed),
        plaques=lists.plaques(request.now, without=[each.reference for each in left]),
    )


def mark(request: Request, session: Session) -> Response:
    """Mark all checked plaques. One that someone else changed in the meantime does not stop the others."""
    checked = tuple(name.removeprefix("mark.") for name in request.fields if name.startswith("mark."))
    if not checked:
        return show(request, session, HTTPStatus.UNPROCESSABLE_ENTITY, "First check the plaques that you mailed.")
    if len(checked) > MARKED_AT_ONCE:
        problem = f"Check at most {MARKED_AT_ONCE} at once. Nothing was marked."
        return show(request, session, HTTPStatus.UNPROCESSABLE_ENTITY, problem)
    tracking = {each: cleaning.printable_line(request.fields.get(f"tracking.{each}", "")) for each in checked}
    if long := [reference_in(each) for each in checked if len(tracking[each]) > workflow.TRACKING_LIMIT]:
        problem = f"A tracking number has at most {workflow.TRACKING_LIMIT} characters. Look at {', '.join(long)}."
        return show(request, session, HTTPStatus.UNPROCESSABLE_ENTITY, problem)
    if left := _unchecked(request):
        has = f"{', '.join(left)} {'has a tracking number' if len(left) == 1 else 'have tracking numbers'}"
        problem = f"Nothing was marked: {has} and no check mark. Check what you mailed, or empty the box."
        return show(request, session, HTTPStatus.UNPROCESSABLE_ENTITY, problem)
    until, missed, waiting = monotonic() + MARKING_LASTS, [], list(checked)
    while waiting and monotonic() < until:
        reference = waiting.pop(0)
        submission = submissions.get(reference_in(reference))
        # Steps are kept with each submission: what is pressed again goes on where it stopped, whatever else is checked.
        step = step_of(request, session, "mark", {"tracking": tracking[reference]})
        if submission and workflow.mark(submission, step, tracking[reference]):
            follow(submission.reference)
        else:
            missed.append(reference_in(reference))
    if missed or waiting:
        told = f"Marked as mailed: {len(checked) - len(missed) - len(waiting)}."
        told += f" Changed since you opened the page: {', '.join(missed)}." if missed else ""
        told += f" There was no time for {len(waiting)} more; they are still checked: press again." if waiting else ""
        return show(request, session, HTTPStatus.CONFLICT, told, checked)
    return see_other(f"/desk/plaques?marked={','.join(map(reference_in, checked))}")


def _unchecked(request: Request) -> list[str]:
    """Return the references of plaques that were not checked though a tracking number was typed: it would be lost."""
    typed = {name for name, value in request.typed.items() if name.startswith("tracking.") and value.strip()}
    unchecked = [each for name in typed if f"mark.{(each := name.removeprefix('tracking.'))}" not in request.fields]
    return sorted(map(reference_in, unchecked))
