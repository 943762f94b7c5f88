"""The links in e-mail to staff: mark a submission done, release one that was held.

A link shows what will happen; only its button does it. Mail scanners open links, and some press buttons: so each
action may be asked twice, and can be taken back on the same page. A link is signed for one action on one submission,
and works for some months.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import links
import promises
from forms.catalog import FORMS
from forms.form import read_form
from storage import submissions, workflow
from storage.submissions import Submission
from web.confirmations import Confirmation, answer, show
from web.responses import Event, Response, body_of

NAME_LIMIT = 60
FROM_LINK = "the link in the e-mail"
TOO_OLD = Confirmation("This link is not complete, or too old", "Please open the link in the e-mail again.")


def handler(event: dict[str, Any], _context: Any) -> Response:
    return answer(event, _carry_out)


def _carry_out(event: Event) -> Response:
    action = event["rawPath"].rpartition("/")[2]
    about = links.read(action, (event.get("queryStringParameters") or {}).get("token", ""), promises.now())
    shown = ACTIONS[action](event, about) if about else None
    return show(shown or TOO_OLD)


def _mark(event: Event, reference: str) -> Confirmation | None:
    submission = submissions.get(reference)
    if submission is None:
        return None
    if pressed := _pressed(event):
        if pressed.undo:
            workflow.unmark(submission, promises.now())
        else:
            workflow.mark(submission, pressed.name, promises.now())
        submission = submissions.get(reference) or submission
    done = FORMS[submission.form].done
    if submission.erased_at:
        return _erased(submission)
    if submission.held:
        return Confirmation(
            f"{reference} is held as possible spam", "Release it first, with the link in the e-mail about it."
        )
    if submission.done:
        text = f"Marked {done} on {_when(submission.done['at'])}, by {submission.done['by']}."
        return Confirmation(f"{reference} is marked {done}", text, f"Take it back: not {done}", undo=True)
    if submission.form == "plaque":
        text = "The agency then gets one e-mail that its plaque is on its way, and the reminders stop."
    else:
        text = "The reminders then stop."
    return Confirmation(f"Mark {reference} as {done}", text, f"Mark as {done}", asks_name=True)


def _release(event: Event, reference: str) -> Confirmation | None:
    submission = submissions.get(reference)
    if submission is None:
        return None
    if pressed := _pressed(event):
        if pressed.undo:
            workflow.hold_again(submission)
        else:
            workflow.release(submission, pressed.name, promises.now())
        submission = submissions.get(reference) or submission
    if submission.erased_at:
        return _erased(submission)
    if submission.held:
        text = f"It is held as possible spam, because of: {submission.held}. Its sender then gets the usual receipt."
        return Confirmation(f"Release {reference}", text, "Release", asks_name=True)
    if submission.released is None:
        return Confirmation(f"{reference} is not held", "There is nothing to release.")
    text = f"Released on {_when(submission.released['at'])}, by {submission.released['by']}. Answer it as any other."
    return Confirmation(f"{reference} is released", text, "Take it back: hold it again", undo=True)


def _erased(submission: Submission) -> Confirmation:
    text = f"Its sender's data were erased on {_when(submission.erased_at)}. There is nothing left to do."
    return Confirmation(f"{submission.reference} is erased", text)


ACTIONS: dict[str, Callable[[Event, str], Confirmation | None]] = {"mark": _mark, "release": _release}


@dataclass(frozen=True)
class Pressed:
    """What came with the press of a button."""

    name: str
    undo: bool


def _pressed(event: Event) -> Pressed | None:
    if event["requestContext"]["http"]["method"] != "POST":
        return None
    try:
        answers = read_form(body_of(event))
    except ValueError:
        answers = read_form(b"")
    name = " ".join("".join(answers.getlist("name")[:1]).split())[:NAME_LIMIT]
    return Pressed(name or FROM_LINK, bool(answers.getlist("undo")))


def _when(moment: str) -> str:
    return promises.moment_in_words(datetime.fromisoformat(moment))
