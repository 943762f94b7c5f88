"""Formats submissions as a list, in full, and as JSON."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

import promises
from forms.catalog import TASKS
from forms.form import reference_in
from office import mail_status, workflow
from safe_text import for_terminal
from staff.connection import Refused
from storage import submissions
from storage.submissions import Submission

ABOUT = 42
"""Cells of the subject, so that a line fits into 80."""
STYLES = {"late": "bold red", "due soon": "yellow", "held": "magenta", "done": "green"}


def chosen(form: str, stage: str) -> list[Submission]:
    """Return the submissions in a stage (open, held, done, closed), of all forms or one, by due date."""
    forms = [form] if form else list(TASKS)
    found = [each for slug in forms for each in submissions.in_stage(slug, stage)]
    return sorted(found, key=lambda each: each.urgency)


def one(reference: str) -> Submission:
    """Find by reference. Raises Refused."""
    submission = submissions.get(reference_in(reference))
    if submission is None:
        raise Refused(f"Nothing has the reference {reference}.")
    return submission


def state(submission: Submission) -> str:
    """Return the state in words: erased, closed, held, done, late, due soon or open."""
    if submission.erased_at:
        return "erased"
    if submission.closed:
        return "closed"
    if submission.held:
        return "held"
    if submission.done:
        return "done"
    form, now = submission.declared, promises.now()
    if not form.staff_task:
        return "open"
    if now >= submission.due_at:
        return "late"
    return "due soon" if now >= submission.due_at - form.remind_before else "open"


def as_json(submission: Submission) -> dict[str, Any]:
    return {
        "reference": submission.reference,
        "form": submission.form,
        "state": state(submission),
        "received_at": submission.received_at.isoformat(),
        "due_at": submission.due_at.isoformat(),
        "about": about(submission),
        "answers": dict(submission.answers),
        "held": submission.held or None,
        "taken": dict(submission.taken) if submission.taken else None,
        "done": dict(submission.done) if submission.done else None,
        "closed": dict(submission.closed) if submission.closed else None,
        "history": [dict(entry) for entry in submission.history],
        "mail": {slot: dict(what) for slot, what in submission.mail.items()},
    }


def about(submission: Submission) -> str:
    return submission.declared.staff_subject(submission.answers) if submission.declared.staff_task else submission.form


def table(found: list[Submission]) -> Table:
    """Make a table with one line each, at most 80 cells wide. A visitor's answers are text, never markup."""
    lines = Table("Reference", "State", "When", "About", box=None, pad_edge=False, header_style="bold")
    for each in found:
        how, who = state(each), Text(for_terminal(about(each)))
        finished = each.done or each.closed
        when = datetime.fromisoformat(finished["at"]) if finished else each.due_at
        who.truncate(ABOUT, overflow="ellipsis")
        moment = promises.short_moment(when, promises.now())
        lines.add_row(each.reference, Text(how, STYLES.get(how, "")), Text(moment), who)
    return lines


def in_full(submission: Submission) -> Iterator[Text]:
    """Yield everything about one submission, line by line."""
    how = state(submission)
    yield Text(f"{submission.reference}  {for_terminal(about(submission))}", "bold")
    yield Text(f"State: {how}", STYLES.get(how, ""))
    yield Text(f"Received: {promises.moment_in_words(submission.received_at)}")
    yield Text(f"Due: {promises.moment_in_words(submission.due_at)}")
    if submission.held:
        yield Text(f"Held because of: {submission.held}")
    if submission.done:
        done = submission.declared.done_label.capitalize()
        yield Text(f"{done} {promises.stored_moment(submission.done['at'])} by {for_terminal(submission.done['by'])}")
    for entry in submission.history:
        told = f": {for_terminal(entry['text'])}" if "text" in entry else ""
        what = for_terminal(f"{entry['what']}{workflow.details(entry)} by {entry['by']}")
        yield Text(f"{promises.stored_moment(entry['at'])}: {what}{told}")
    for name, became in mail_status.in_words(submission):
        yield Text(f"E-mail, {name}: {became}")
    yield Text("")
    if submission.erased_at:
        yield Text(
            f"Its sender's data were erased {promises.stored_moment(submission.erased_at)}. What is left names no one."
        )
    form = submission.declared
    words = form.in_words_by_name(submission.answers)
    for name, label in form.labels().items():
        if submission.erased_at and name not in form.kept_on_erasure:
            continue
        yield Text(f"{label}: ", "bold").append(Text(for_terminal(words[name]) or "(not given)", "not bold"))
