"""Sorts the open work, and changes the state of a submission: take, note, mark, close, release, correct, and undo.

Every action is one conditional write, so that two people at once cannot both succeed, and is recorded with who and
when. A step that is repeated, by a double click or after a lost response, happens once. remind.py visits a changed
submission at once, and updates e-mail, certification and numbers from the item.
"""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import promises
from forms.catalog import TASKS
from office import periods
from storage import certification_items, certifications, dynamodb, submissions
from storage.certifications import MAILED_AFTER, NOT_ARRIVED, Certification
from storage.outbox import BUNDLED, REPORTED, is_settled
from storage.submissions import Submission, stage
from telemetry import count, logger

NOTE_LIMIT = 2_000
"""Longest note, in characters."""
TRACKING_LIMIT = 60
"""Longest tracking number, in characters."""
REASONS = {
    "spam": "Spam",
    "duplicate": "Duplicate",
    "withdrawn": "Withdrawn by the sender",
    "not-eligible": "Not eligible",
}
"""Reasons to close a submission without doing it, in words."""
OPEN = "attribute_exists(stage) AND attribute_not_exists(done) AND attribute_not_exists(closed)"
TRIES = 3
"""How often to try, if something else is written at the same moment."""


@dataclass(frozen=True)
class Step:
    """A requested action: who, when, and a token that identifies a repeated request."""

    by: str
    at: datetime
    once: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass(frozen=True)
class OpenWork:
    """The office's open work, each list with the most urgent first; nothing is in two of them."""

    late: list[Submission]
    due_today: list[Submission]
    waiting: list[Submission]
    """Messages that are due later."""
    to_mail: list[Submission]
    """Plaques that are due later."""


def open_work(now: datetime) -> OpenWork:
    """Return the open work, as Today and the digest list and count it.

    The index is eventually consistent, within about a second.
    """
    found = sorted(
        (each for form in TASKS for each in submissions.in_stage(form, "open")), key=lambda each: each.urgency
    )
    # A plaque is due at the very end of a day.
    tonight = promises.end_of_day_at_office(promises.day_at_office(now))
    later = [each for each in found if each.due_at > tonight]
    return OpenWork(
        late=[each for each in found if each.due_at <= now],
        due_today=[each for each in found if now < each.due_at <= tonight],
        waiting=[each for each in later if not each.declared.certifies],
        to_mail=[each for each in later if each.declared.certifies],
    )


def possible(submission: Submission) -> set[str]:
    """Return the actions that the current state allows."""
    if submission.erased_at:
        return set()
    verbs = {"note", "correct"}
    # Finished work can only be undone first.
    if submission.done or submission.closed:
        return verbs | {"undo"}
    if not submission.declared.staff_task:
        return verbs
    verbs |= {"take", "close"} | ({"same"} if submission.agency else set())
    if submission.taken:
        verbs.add("give-back")
    if submission.held:
        return verbs | {"release"}
    return verbs | {"mark"} | ({"undo"} if submission.released else set())


def take(submission: Submission, step: Step, holder: str = "") -> bool:
    """Take a submission; return False if someone other than `holder` has it."""
    condition = f"{OPEN} AND (attribute_not_exists(taken) OR taken.#by = :holder)"
    taken = {"at": step.at.isoformat(), "by": step.by}
    return _write(submission, step, "taken", ["taken = :taken"], condition, taken=taken, holder=holder)


def give_back(submission: Submission, step: Step) -> bool:
    """Give a submission back; return False if no one has it, or someone else by now."""
    condition = f"{OPEN} AND taken.#by = :holder"
    return _write(submission, step, "given back", [], condition, remove=["taken"], holder=step.by)


def note(submission: Submission, step: Step, text: str) -> bool:
    """Add a note for the next person; return False if the sender's data were erased."""
    return _write(submission, step, "noted", [], "attribute_exists(fingerprint)", {"text": text[:NOTE_LIMIT]})


def attend(submission: Submission, step: Step, about: str, *, undone: bool = False) -> bool:
    """Record that an e-mail that came back was taken care of; return False if the sender's data were erased."""
    word = "put back on the list" if undone else "taken care of"
    return _write(submission, step, word, [], "attribute_exists(fingerprint)", {"text": about})


def mark(submission: Submission, step: Step, tracking: str = "") -> bool:
    """Mark a submission answered or mailed; return False if it is marked, closed or held.

    The agency of a mailed plaque gets an e-mail after MAILED_AFTER, unless it got one before. Raises ValueError with a
    message if the tracking number is longer than TRACKING_LIMIT.
    """
    if len(tracking) > TRACKING_LIMIT:
        raise ValueError(f"A tracking number has at most {TRACKING_LIMIT} characters.")
    details = {"tracking": tracking} if tracking else {}
    condition = f"{OPEN} AND attribute_not_exists(held)"
    done: dict[str, Any] = {"at": step.at.isoformat(), "by": step.by, **details}
    sets = ["done = :done", "stage = :stage", "stage_at = :now"]
    values: dict[str, Any] = {"done": done}
    if submission.declared.certifies and submission.mail.get("mailed", {}).get("state") not in REPORTED:
        sets.append("mail.mailed = :owed")
        values["owed"] = {"state": "owed", "not_before": (step.at + MAILED_AFTER).isoformat()}
    if submission.agency:  # a plaque is requested: no other form has one
        sets.append("certification = :certification")
        chosen, by_name = submission.certification, submission.agency
        values["certification"] = certifications.resolved(chosen) if chosen else certifications.id_for(by_name)
        known, completed = certifications.get(values["certification"]), submission.answers["completed"]
        # A second plaque for the same certification renews nothing.
        done["renews"] = known is not None and any(since.isoformat() != completed for since, _ in known.periods)
        # A colleague may say at this moment that it is another agency, or correct its name.
        condition += " AND agency = :by_name AND completed = :completed AND "
        condition += "certification = :chosen" if chosen else "attribute_not_exists(certification)"
        values |= {"by_name": by_name, "completed": completed} | ({"chosen": chosen} if chosen else {})
    word = submission.declared.done_label
    return _write(submission, step, word, sets, condition, details, stage=_stage(submission, "done"), **values)


def settle_agency(submission: Submission, step: Step, known: Certification | None) -> bool:
    """Note that a request renews a known certification, or with None that it is of an agency of its own after all.

    What its agency said under a certification of which nothing else is left goes along: that it is not to be listed.
    Return False if it is done or closed: an earlier mark has to be undone first.
    """
    periods.follow(submission)  # a mark that was undone must be gone from the certification that it made
    about: dict[str, Any] = {}
    values: dict[str, Any] = {}
    sets = []
    if submission.answers.get("listed") == "yes" and certifications.left_withdrawn(submission.certification):
        about["before"] = {"listed": "yes"}
        sets, values = ["answers.listed = :no"], {"no": "no"}
    if known:
        about["of"] = known.name
        sets.append("certification = :certification")
        return _write(submission, step, "same agency", sets, OPEN, about, certification=known.id, **values)
    if not _write(submission, step, "another agency", sets, OPEN, about, remove=["certification"], **values):
        return False
    certification_items.stand_for_itself(submission.agency or "")
    return True


def details(entry: Mapping[str, Any]) -> str:
    """Return what an entry of the history says beside its verb: `: spam`, `, tracking number 1Z`; empty if nothing."""
    words = f": {REASONS[entry['reason']]}" if "reason" in entry else ""
    words += f", {entry['of']}" if entry.get("of") else ""
    return words + (f", tracking number {entry['tracking']}" if entry.get("tracking") else "")


def close(submission: Submission, step: Step, reason: str, duplicate_of: str = "") -> bool:
    """Close a submission without doing it, for one of REASONS; return False if it is done or closed.

    Raises ValueError with a message if a duplicate does not name another one of the same form that is kept.
    """
    if reason != "duplicate":
        return _close(submission, step, {"reason": reason})
    for _ in range(TRIES - 1):
        with suppress(dynamodb.Conflict):
            return _close_duplicate(submission, step, duplicate_of)
    return _close_duplicate(submission, step, duplicate_of)


def release(submission: Submission, step: Step) -> bool:
    """Release a held submission: the promised time starts now, and the sender gets the receipt, once.

    Return False if it is not held.
    """
    due = submission.declared.due(step.at)
    released = {"at": step.at.isoformat(), "by": step.by, "held": submission.held}
    sets = ["released = :released", "due_at = :due", "stage = :stage", "stage_at = :due"]
    values: dict[str, Any] = {"released": released, "due": due.isoformat(), "stage": _stage(submission, "open")}
    # Released, held again, released: a receipt that went out is not owed again. One that is claimed is: SES may be
    # silent, or the claim may be of before the release, and then nothing would be sent.
    if submission.mail["receipt"]["state"] not in REPORTED:
        sets.append("mail.receipt = :owed")
        values["owed"] = {"state": "owed"}
    # It may have been released before, and held again: the new promise has reminders of its own.
    reminded = [f"mail.{slot}" for slot in BUNDLED if slot in submission.mail and is_settled(submission.mail, slot)]
    condition = f"{OPEN} AND attribute_exists(held)"
    return _write(submission, step, "released", sets, condition, remove=["held", *reminded], **values)


def undoable(submission: Submission) -> str:
    """Return what an undo takes back: "done", "closed" or "released"; empty if nothing."""
    return next((name for name in UNDO if getattr(submission, name)), "")


def undo(submission: Submission, step: Step, what: str = "") -> bool:
    """Undo a mark, a closing or a release. An e-mail that was sent cannot be unsent.

    `what` is as from undoable, for the state that the person saw. Return False if there is nothing to undo, or
    something else by now: of two people who undo a mark, the second must not undo the release before it.
    """
    if step.once in submission.steps:  # pressed again: it left nothing to undo
        return True
    what = what or undoable(submission)
    for _ in range(TRIES):
        if not what or undoable(submission) != what:
            return False
        undone = UNDO[what](submission, step)
        # An e-mail may have been sent since the read; then the condition failed, and the new state decides again.
        now = submissions.get(submission.reference)
        if undone or now is None or now == submission:
            return undone
        submission = now
    return False


def correct(submission: Submission, step: Step, answers: Mapping[str, str], *, receipt: bool = False) -> bool:
    """Store corrected answers, and the old ones in the history; with `receipt`, the sender gets a new receipt.

    Return False if nothing changed, or if someone else corrected the submission since it was read.
    """
    for _ in range(TRIES):
        corrected = _correct(submission, step, answers, receipt=receipt)
        # A receipt may be claimed between the read and the write; then the new state decides again.
        now = submissions.get(submission.reference)
        if corrected or now is None or now == submission or now.answers != submission.answers:
            return corrected
        submission = now
    return False


def _correct(submission: Submission, step: Step, answers: Mapping[str, str], *, receipt: bool) -> bool:
    before = {name: submission.answers.get(name, "") for name in answers}
    changed = {name: old for name, old in before.items() if old != answers[name]}
    if not changed:
        return False
    if changed.get("email"):
        # Before the write: a note that leads to nothing does no harm.
        submissions.remember_former_sender(submission.reference, changed["email"], step.at)
    found_by = submissions.indexed(submission.declared, answers)
    sets = ["answers = :answers", *(f"{name} = :{name}" for name in found_by)]
    values: dict[str, Any] = {"answers": dict(answers), "before": dict(submission.answers), **found_by}
    names, condition, remove = {}, "answers = :before", []
    receipts = {slot: what["state"] for slot, what in submission.mail.items() if slot.startswith("receipt")}
    if receipt and (unsent := next((slot for slot, state in receipts.items() if state == "owed"), "")):
        # It will have the new answers, unless it is claimed before this write: then the write fails.
        names["#unsent"] = unsent
        condition += " AND mail.#unsent.#state = :waits"
        values["waits"] = "owed"
    elif receipt:
        names["#again"] = f"receipt-{1 + len(receipts)}"
        sets.append("mail.#again = :owed")
        values["owed"] = {"state": "owed"}
    if "email" in changed:
        # What the address of before confirmed, and that SES rejected it, says nothing of this one.
        remove.append("confirmed_at")
        rejected = [slot for slot, what in submission.mail.items() if "rejections" in what]
        for number, slot in enumerate(rejected):
            names[f"#rejected{number}"] = slot
            condition += f" AND mail.#rejected{number}.#state = :waits"
            remove.append(f"mail.#rejected{number}.rejections")
            values["waits"] = "owed"
        # The agency did not get that its plaque is on its way: now it does, or with the next mark.
        if submission.mail.get("mailed", {}).get("state") in NOT_ARRIVED:
            if submission.done:
                sets.append("mail.mailed = :news")
                values["news"] = {"state": "owed"}
            else:
                remove.append("mail.mailed")
    details = {"before": changed}
    return _write(submission, step, "corrected", sets, condition, details, remove=remove, names=names, **values)


def _close_duplicate(submission: Submission, step: Step, kept: str) -> bool:
    if step.once in submission.steps:  # pressed again: the one that is kept may be closed by now
        return True
    _check_kept(submission, kept)
    closed = _close(submission, step, {"reason": "duplicate", "of": kept}, kept)
    if not closed:
        _check_kept(submission, kept)  # it may have been closed or erased since it was read
    return closed


def _check_kept(submission: Submission, reference: str) -> None:
    """Raise ValueError with a message if a submission cannot be the one that is kept in place of a duplicate."""
    if not reference:
        raise ValueError("Enter the reference of the one you keep.")
    kept = submissions.get(reference)
    if kept is None or kept.reference == submission.reference:
        raise ValueError(f"Nothing else has the reference {reference}.")
    if kept.form != submission.form:
        what = kept.declared.title.lower()
        raise ValueError(f"{reference} is a {what}. Enter the reference of one of the same kind.")
    if kept.erased_at:
        raise ValueError(f"{reference} was erased. Enter the reference of one you keep.")
    if kept.closed:
        raise ValueError(f"{reference} is closed itself. Enter the reference of one you keep.")


def _close(submission: Submission, step: Step, about: Mapping[str, str], kept: str = "") -> bool:
    closed = {"at": step.at.isoformat(), "by": step.by, **about}
    sets, to = ["closed = :closed", "stage = :stage", "stage_at = :now"], _stage(submission, "closed")
    return _write(submission, step, "closed", sets, OPEN, about, kept=kept, closed=closed, stage=to)


def _stage(submission: Submission, name: str) -> str:
    return stage(submission.form, name, submission.reference)


def _unmark(submission: Submission, step: Step) -> bool:
    """Undo a mark: reminders resume, and an unsent e-mail is canceled."""
    waits = submission.mail.get("mailed", {}).get("state") == "owed"
    condition = "attribute_exists(done)"
    values: dict[str, Any] = {"stage": _stage(submission, "open"), "due": submission.due_at.isoformat()}
    if waits:
        # If the e-mail is claimed before this write, the write fails: it cannot be canceled any more.
        condition += " AND mail.mailed.#state = :waits"
        values["waits"] = "owed"
    sets = ["stage = :stage", "stage_at = :due"]
    word = f"not {submission.declared.done_label}"
    remove = ["done", "mail.mailed"] if waits else ["done"]
    return _write(submission, step, word, sets, condition, remove=remove, **values)


def _reopen(submission: Submission, step: Step) -> bool:
    # One that was held when it was closed is held again; the held ones are listed by the time of receipt.
    name, at = ("held", submission.received_at) if submission.held else ("open", submission.due_at)
    sets = ["stage = :stage", "stage_at = :at"]
    values: dict[str, Any] = {"stage": _stage(submission, name), "at": at.isoformat()}
    names = {}
    # One is enough: it is composed when it is sent.
    if held_back := next((slot for slot, what in submission.mail.items() if what["state"] == "closed"), ""):
        names["#receipt"] = held_back
        sets.append("mail.#receipt = :owed")
        values["owed"] = {"state": "owed"}
    condition = "attribute_exists(closed)"
    return _write(submission, step, "reopened", sets, condition, remove=["closed"], names=names, **values)


def _hold_again(submission: Submission, step: Step) -> bool:
    released = submission.released or {}
    sets = ["held = :held", "due_at = :due", "stage = :stage", "stage_at = :received"]
    values: dict[str, Any] = {
        "held": released["held"],
        "due": submission.declared.due(submission.received_at).isoformat(),
        "stage": _stage(submission, "held"),
        "received": submission.received_at.isoformat(),
    }
    condition = f"{OPEN} AND attribute_exists(released)"
    return _write(submission, step, "held again", sets, condition, remove=["released"], **values)


UNDO = {"done": _unmark, "closed": _reopen, "released": _hold_again}
"""Each undo, by the attribute that says what there is to undo, the latest first."""


def _write(
    submission: Submission,
    step: Step,
    what: str,
    sets: list[str],
    condition: str,
    details: Mapping[str, Any] | None = None,
    *,
    remove: list[str] | None = None,
    names: Mapping[str, str] | None = None,
    kept: str = "",
    **values: Any,
) -> bool:
    """Update the item and its history in one write; return True also if this very step was written before.

    `kept` names a submission that must be neither closed nor erased at that moment.
    """
    entry = {"what": what, "at": step.at.isoformat(), "by": step.by, **(details or {})}
    written = ["history = list_append(if_not_exists(history, :nothing), :entry)", "clock = :on", "next_at = :now"]
    change = f"SET {', '.join([*sets, *written])} ADD steps :steps"
    if remove:
        change += f" REMOVE {', '.join(remove)}"
    values |= {"entry": [entry], "nothing": [], "now": step.at.isoformat()}
    values["on"] = submissions.spread(submissions.CLOCK, submission.reference)
    values |= {"steps": {step.once}, "step": step.once}
    condition = f"attribute_not_exists(erased_at) AND NOT contains(steps, :step) AND ({condition})"
    used = {"#by": "by", "#state": "state", **(names or {})}
    try:
        submissions.change(submission.reference, change, condition, used, kept=kept, **values)
    # The SDK repeats a write whose response was lost, and a person presses twice: the same step was carried out.
    except dynamodb.ConditionFailed as failed:
        return step.once in failed.item.get("steps", ())
    count(what.replace(" ", "_"))
    logger.info(what, reference=submission.reference)
    return True
