"""Lists the office's open work as rows: who, about what, and by when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import promises
from forms.catalog import TASKS
from normalize.folding import dialed
from office import workflow
from storage import bounces, submissions
from storage.bounces import Returned
from storage.submissions import Submission

SHOWN = 50
"""Rows of a section before "Show all"."""
GIST = 160
"""Characters of a message that a row shows."""


@dataclass(frozen=True)
class Row:
    """One submission in a list: `due` is the urgency in words, `when` the date."""

    reference: str
    who: str
    about: str
    gist: str
    state: str
    due: str
    when: str
    taken: str


@dataclass(frozen=True)
class Section:
    """Rows under one heading; `word` follows their number, as in `3 late`."""

    name: str
    title: str
    word: str
    found: list[Submission]
    shown: list[Row]
    hint: str = ""


def row(submission: Submission, now: datetime) -> Row:
    """Make the row of a submission."""
    declared, answers = submission.declared, submission.answers
    waits = bool(declared.staff_task) and submission.state(now) in ("open", "late")
    gist = " ".join(declared.gist(answers).split())
    return Row(
        reference=submission.reference,
        who=declared.who(answers) or ("Erased" if submission.erased_at else declared.title),
        about=declared.about(answers),
        gist=f"{gist[:GIST]}…" if len(gist) > GIST else gist,
        state=submission.state(now),
        due=promises.from_now(submission.due_at, now) if waits else "",
        when=promises.short_moment(submission.due_at if waits else submission.received_at, now),
        taken=submission.taken["by"] if submission.taken else "",
    )


def rows(found: Iterable[Submission], now: datetime) -> list[Row]:
    return [row(each, now) for each in found]


def sections(now: datetime, everything: str = "") -> list[Section]:
    """Return the open work and what is held, with all rows of the section `everything`."""
    work = workflow.open_work(now)
    held = [each for form in TASKS for each in submissions.in_stage(form, "held")]
    held.sort(key=lambda each: each.received_at)
    parts = [
        ("late", "Late", "late", work.late, ""),
        ("due-today", "Due today", "due today", work.due_today, ""),
        ("waiting", "Waiting", "waiting", work.waiting, ""),
        ("plaques", "Plaques to mail", "to mail", work.to_mail, ""),
        ("held", "Held as possible spam", "held", held, "No reminders come until you release or close them."),
    ]
    return [
        Section(name, title, word, found, rows(found if name == everything else found[:SHOWN], now), hint)
        for name, title, word, found, hint in parts
        if found
    ]


def returned(now: datetime) -> tuple[list[tuple[Returned, str, str]], bool]:
    """Return the newest e-mails that came back and that no one has seen to, and whether there are more of them.

    Each comes with its time and the link to call.
    """
    found = bounces.unattended(SHOWN + 1)
    rows = [(each, promises.short_moment(each.at, now), dialed(each.telephone)) for each in found[:SHOWN]]
    return rows, len(found) > SHOWN
