"""Collects everything about one submission for its page at the desk."""

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import promises
import sender_hint
from normalize import cleaning
from normalize.folding import dialed
from office import search, workflow
from office.erasure import Person
from storage import certifications, submissions
from storage.outbox import is_settled
from storage.submissions import Submission
from web.desk import answers, lists, worklist

OTHERS = 10

MAILS = {
    "staff": "To the office",
    "receipt": "Receipt",
    "reminder": "Reminder to the office",
    "late": "Late notice",
    "mailed": "Plaque on its way",
}
UNDO = {
    "done": ("Undo: not {done}", "Reminders start again."),
    "closed": ("Reopen", "It goes back to the list of open work."),
    "released": ("Undo: hold again", "Reminders stop. A receipt that was sent stays sent."),
}


def gather(submission: Submission, viewer: str, now: datetime) -> dict[str, Any]:
    """Return the context of the page's template."""
    declared, verbs = submission.declared, workflow.possible(submission)
    told = declared.told(submission.answers)
    undo_word, undo_hint = _undo(submission) if "undo" in verbs else ("", "")
    news = submission.mail.get("mailed", {})
    return {
        "submission": submission,
        "shown": worklist.row(submission, now),
        "received": promises.moment_in_words(submission.received_at),
        "due": promises.moment_in_words(submission.due_at),
        "task": declared.staff_task,
        "outcome": _outcome(submission),
        "verbs": verbs,
        "mine": submission.taken is not None and submission.taken["by"] == viewer,
        "tells": declared.certifies,
        "done_word": declared.done_label,
        "news_sent": news.get("state") in ("sent", "bounced", "complained"),
        "undo_word": undo_word,
        "undo_hint": undo_hint,
        "reasons": workflow.REASONS,
        "answers_title": declared.title,
        "long": [(label, words) for label, words, is_text in told if is_text],
        "answers": [
            (label, words, _link(words, submission))
            for label, words, is_text in declared.told(submission.answers)
            if not is_text
        ],
        "erased": _when(submission.erased_at) if submission.erased_at else "",
        "hint": sender_hint.hint(submission.answers.get("email", "")),
        "label": None if submission.erased_at else declared.mailing_label(submission.answers),
        "certification": _certification(submission, now),
        "others": _others(submission, now),
        "template_answers": [] if submission.held or submission.closed else answers.links(submission),
        "mails": list(_mails(submission)),
        "history": list(_history(submission)),
        "note_problem": "",
    }


def version(submission: Submission) -> str:
    """Return a hash of the answers, to detect that they changed since a person saw them."""
    content = json.dumps(dict(submission.answers), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def of_person(person: Person, now: datetime) -> dict[str, Any]:
    """Return everything that is stored of a person, for its page."""
    agencies = [certifications.get(item["id"]) for item in person.certifications]
    return {
        "address": person.address,
        "seen": seen(person),
        "stored": [
            {
                "row": worklist.row(each, now),
                "received": promises.moment_in_words(each.received_at),
                "answers": [(label, words) for label, words in each.declared.in_words(each.answers) if words],
                "notes": [entry["text"] for entry in each.history if entry.get("text")],
                "is_open": each.is_open,
            }
            for each in person.submissions
        ],
        "agencies": [(each, lists.in_words(each, now)) for each in agencies if each],
        "subscriber": person.subscriber,
        "unfinished": [worklist.row(each, now) for each in person.open],
    }


def seen(person: Person) -> str:
    """Return a hash of what a person's page shows, to detect that it changed since someone saw it."""
    content = [[each.reference, version(each), len(each.history)] for each in person.submissions]
    kept = [content, [item["id"] for item in person.certifications], person.subscriber]
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:16]


def meanwhile(submission: Submission) -> str:
    """Say why nothing changed: what someone did in the meantime."""
    if not submission.history:
        return "That is not possible in its current state."
    last = submission.history[-1]
    done = f"it was {last['what']} by {last['by']}, on {_when(last['at'])}"
    return f"Before you pressed the button, {done}. See below what can be done now."


def plain(text: str) -> str:
    """Clean typed text: what nobody sees, control characters and blanks at its ends are removed."""
    return "".join(
        c for c in cleaning.lines(text) if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")
    ).strip()


def _link(words: str, submission: Submission) -> str:
    """Return the link of an e-mail address or a telephone number."""
    if words == submission.answers.get("email"):
        subject = quote(f"Re: {submission.reference}")
        return f"mailto:{quote(words.strip(), safe='@+')}?subject={subject}"
    if words == submission.answers.get("telephone"):
        return f"tel:{dialed(words)}"
    return ""


def _outcome(submission: Submission) -> str:
    if submission.closed:
        of = submission.closed.get("of", "")
        return workflow.REASONS[submission.closed["reason"]] + (f": {of}" if of else "")
    if submission.done:
        tracking = submission.done.get("tracking")
        return submission.declared.done_label.capitalize() + (f", tracking number {tracking}" if tracking else "")
    return ""


def _when(moment: str) -> str:
    return promises.moment_in_words(datetime.fromisoformat(moment))


def _undo(submission: Submission) -> tuple[str, str]:
    kind = "done" if submission.done else "closed" if submission.closed else "released"
    word, hint = UNDO[kind]
    news = submission.mail.get("mailed", {})
    if kind == "done" and "not_before" in news:
        at = _when(news["not_before"])
        hint = f"We e-mail the agency at {at}. If you undo before that, we do not."
    elif kind == "done" and news.get("state") == "sent":
        hint = "The agency already got the e-mail that its plaque is on its way. You cannot undo that."
    return word.format(done=submission.declared.done_label), hint


def _certification(submission: Submission, now: datetime) -> dict[str, Any] | None:
    """Return the certification of the agency, from any of its requests."""
    if not submission.agency:
        return None
    found = certifications.get(submission.certification or certifications.id_for(submission.agency))
    return lists.agency(found, now) if found else None


def _others(submission: Submission, now: datetime) -> list[dict[str, Any]]:
    """Return the other submissions of the agency or person, the newest first, and how each differs from this one."""
    found = {each.reference: each for each in submissions.of_agency(submission.agency or "")}
    found |= {each.reference: each for each in earlier}
    if address := submission.answers.get("email", ""):
        found |= {each.reference: each for each in submissions.of_sender(address, OTHERS + 1)}
    # Each of the three finds the submission itself as well.
    found.pop(submission.reference, None)
    newest = sorted(found.values(), key=lambda each: each.received_at, reverse=True)
    return [{"row": worklist.row(each, now), "differs": _differences(each, submission)} for each in newest[:OTHERS]]


def _differences(earlier: Submission, later: Submission) -> list[tuple[str, str, str]]:
    """Return (question, one answer, other answer) for each difference between two requests."""
    if earlier.form != later.form or not later.agency or earlier.erased_at:
        return []
    return later.declared.differences(earlier.answers, later.answers)


def _mails(submission: Submission) -> Iterator[tuple[str, str]]:
    for slot, what in sorted(submission.mail.items(), key=lambda each: each[1].get("at", "~")):
        name = MAILS.get(slot) or f"{MAILS[slot.partition('-')[0]]} (corrected)"
        words = what["state"]
        if "not_before" in what:
            words = f"goes out at {_when(what['not_before'])}"
        elif not is_settled(submission.mail, slot):
            words = "not sent yet"
        if "at" in what:
            words += f", {_when(what['at'])}"
        if "why" in what:
            words += f" ({what['why']})"
        yield name, words


def _history(submission: Submission) -> Iterator[Mapping[str, Any]]:
    labels = submission.declared.labels()
    for entry in submission.history:
        about = f": {workflow.REASONS[entry['reason']]}" if "reason" in entry else ""
        about += f", {entry['of']}" if entry.get("of") else ""
        about += f", tracking number {entry['tracking']}" if entry.get("tracking") else ""
        yield {
            "what": entry["what"],
            "about": about,
            "when": _when(entry["at"]),
            "by": entry["by"],
            "text": entry.get("text", ""),
            "changes": [(labels.get(name, name), old, "") for name, old in entry.get("before", {}).items()],
        }
