"""Collects everything about one submission for its page at the desk."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import promises
import sender_hint
from normalize.folding import dialed
from office import mail_status, workflow
from office.known_agencies import Known, known_addresses, may_renew, named, namesake, renewed_by
from storage import certifications, submissions
from storage.certifications import Certification
from storage.outbox import REPORTED
from storage.submissions import Submission
from web.desk import answers, lists, worklist

OTHERS = 10
SOUGHT = 10
"""Most certified agencies that are offered for a name."""

UNDO = {
    "done": ("Undo: not {done}", "Reminders start again."),
    "closed": ("Reopen", "It goes back to the list of open work."),
    "closed while held": ("Reopen", "It goes back to what is held as possible spam."),
    "released": ("Undo: hold again", "Reminders stop. A receipt that was sent stays sent."),
}


def gather(submission: Submission, viewer: str, now: datetime, sought: str = "") -> dict[str, Any]:
    """Return the context of the page's template; `sought` is the name by which its certification is looked for."""
    declared, verbs = submission.declared, workflow.possible(submission)
    told = declared.told(submission.answers)
    certified: Iterable[Certification] = certifications.everybody(submission.answers.get("agency_state", ""))
    if sought:
        certified = list(certified)  # read once for both; without a name, only if may_renew asks
    candidates = may_renew(submission, certified)
    renewed, earlier = renewed_by(submission), submissions.may_be_corrected_by(submission)
    other = namesake(renewed) if renewed else None
    others = _others(submission, earlier)
    undo_word, undo_hint = _undo(submission) if "undo" in verbs else ("", "")
    # A second mark sends no second e-mail, so the page must know about the first.
    news = submission.mail.get("mailed", {})
    return {
        "submission": submission,
        "shown": worklist.row(submission, now),
        "received": promises.moment_in_words(submission.received_at),
        "due": promises.moment_in_words(submission.due_at),
        "task": declared.staff_task,
        "outcome": _outcome(submission),
        "duplicate_of": (submission.closed or {}).get("of", ""),
        "verbs": verbs,
        "mine": submission.taken is not None and submission.taken["by"] == viewer,
        "tells": declared.certifies,
        "done_word": declared.done_label,
        "news_sent": news.get("state") in REPORTED,
        "undo_what": workflow.undoable(submission),
        "undo_word": undo_word,
        "undo_hint": undo_hint,
        "reasons": workflow.REASONS,
        "answers_title": declared.title,
        "long": [(label, words) for label, words, is_text in told if is_text],
        "answers": [(label, words, _link(words, submission)) for label, words, is_text in told if not is_text],
        "erased": promises.stored_moment(submission.erased_at) if submission.erased_at else "",
        "hint": _hint(submission, renewed, earlier, candidates),
        "label": None if submission.erased_at else declared.mailing_label(submission.answers),
        "certification": lists.agency(renewed, now) if renewed else None,
        "namesake": lists.agency(other, now) if other else None,
        "joined": submission.certification not in ("", certifications.id_of(submission.agency or "")),
        "candidates": lists.candidates(candidates, now) if "same" in verbs else [],
        "sought": sought,
        "sought_agencies": [lists.agency(each, now) for each in _sought(sought, submission, certified)],
        "others": [_beside(submission, each, now) for each in others],
        "twin": _twin(submission, others),
        "template_answers": [] if submission.held or submission.closed else answers.links(submission),
        "mails": list(mail_status.in_words(submission)),
        "history": _history(submission),
    }


def version(submission: Submission) -> str:
    """Return a hash of the answers, to detect that they changed since a person saw them."""
    content = json.dumps(dict(submission.answers), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def meanwhile(submission: Submission) -> str:
    """Say why nothing changed: what someone did in the meantime."""
    if not submission.history:
        return "That is not possible in its current state."
    last = submission.history[-1]
    entry = f"{last['what']}, by {last['by']}, on {promises.stored_moment(last['at'])}"
    return f"Before you pressed the button, its history got this entry: {entry}. See below what can be done now."


def _hint(
    submission: Submission, renewed: Certification | None, earlier: Sequence[Submission], candidates: Sequence[Known]
) -> str:
    """Say what the sender's address suggests; for an open request also whether the agency is known by another one."""
    address = submission.answers.get("email", "")
    if not submission.is_open:
        return sender_hint.hint(address)
    known = known_addresses(submission, renewed, earlier, candidates)
    return " ".join(filter(None, (sender_hint.hint(address), sender_hint.stranger(address, known))))


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
        return workflow.REASONS[submission.closed["reason"]]
    if submission.done:
        tracking = submission.done.get("tracking")
        return submission.declared.done_label.capitalize() + (f", tracking number {tracking}" if tracking else "")
    return ""


def _undo(submission: Submission) -> tuple[str, str]:
    kind = workflow.undoable(submission)
    if kind == "closed" and submission.held:
        kind = "closed while held"
    word, hint = UNDO[kind]
    news = submission.mail.get("mailed", {})
    # The e-mail waits some minutes after a mark; in that time an undo still stops it.
    if kind == "done" and "not_before" in news:
        at = promises.stored_moment(news["not_before"])
        hint = f"We e-mail the agency on {at}. If you undo before that, we do not."
    elif kind == "done" and news.get("state") == "sent":
        hint = (
            "The agency already got the e-mail that its plaque is on its way. "
            "Undoing the mark cannot call that e-mail back."
        )
    return word.format(done=submission.declared.done_label), hint


def _sought(query: str, submission: Submission, certified: Iterable[Certification]) -> list[Certification]:
    """Return the certified agencies that the office looks for, of those of the same state, at most SOUGHT."""
    return named(query, certified)[:SOUGHT] if query and submission.agency else []


def _others(submission: Submission, earlier: Iterable[Submission]) -> list[Submission]:
    """Return the newest other submissions of the agency or person, at most OTHERS."""
    found = {each.reference: each for each in submissions.of_agency(submission.agency or "")}
    found |= {each.reference: each for each in earlier}
    if address := submission.answers.get("email", ""):
        found |= {each.reference: each for each in submissions.of_sender(address, OTHERS + 1)}
    # of_agency and of_sender find the submission itself as well.
    found.pop(submission.reference, None)
    return sorted(found.values(), key=lambda each: each.received_at, reverse=True)[:OTHERS]


def _beside(submission: Submission, other: Submission, now: datetime) -> dict[str, Any]:
    """Return the row of another submission, whether it came before, and what the later of the two changed."""
    # The references, so that both pages say the same of two requests of one second.
    earlier, later = sorted((other, submission), key=lambda each: (each.received_at, each.reference))
    return {
        "row": worklist.row(other, now),
        "came": "after" if later is other else "before",
        "received": promises.short_moment(other.received_at, now),
        "differs": _differences(earlier, later),
    }


def _twin(submission: Submission, others: Sequence[Submission]) -> str:
    """Return the reference to propose where it is closed as a duplicate: of the only other one; empty if unclear."""
    kept = [each.reference for each in others if each.form == submission.form and not (each.closed or each.erased_at)]
    return kept[0] if len(kept) == 1 and len(others) < OTHERS else ""  # where OTHERS are full, there may be more


def _differences(earlier: Submission, later: Submission) -> list[tuple[str, str, str]]:
    """Return (question, earlier answer, later answer) for each difference between two requests."""
    if earlier.form != later.form or not later.agency or earlier.erased_at or later.erased_at:
        return []
    return later.declared.differences(earlier.answers, later.answers)


def _history(submission: Submission) -> list[dict[str, Any]]:
    labels, lines, answers = submission.declared.labels(), [], dict(submission.answers)
    for entry in reversed(submission.history):
        before = entry.get("before", {})
        lines.append(
            {
                "what": entry["what"],
                "about": workflow.details(entry),
                "when": promises.stored_moment(entry["at"]),
                "by": entry["by"],
                "text": entry.get("text", ""),
                "changes": [(labels.get(name, name), old, answers.get(name, "")) for name, old in before.items()],
            }
        )
        # Each entry has what it replaced: going back, the answers become those of then.
        answers |= before
    return lines[::-1]
