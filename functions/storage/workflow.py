"""What staff do with submissions: mark them done, release what was held, and take either back.

Everything here may be asked twice: the second time changes nothing. The table's stream shows a change to the
notifier, which sends what is owed, and the clock looks again at once, in case the stream does not.
"""

from datetime import datetime
from typing import Any

from storage import submissions
from storage.outbox import WORSE
from storage.submissions import Submission, stage
from telemetry import count, logger

LOOK_AGAIN = "clock = :on, next_at = :now"


def mark(submission: Submission, by: str, now: datetime) -> bool:
    """Mark it answered or mailed; False where it is already, or is held.

    A plaque that was mailed owes its agency the news, unless that went out before.
    """
    change = f"SET done = :done, stage = :stage, stage_at = :now, {LOOK_AGAIN}"
    values: dict[str, Any] = {"done": {"at": now.isoformat(), "by": by}, "stage": stage(submission.form, "done")}
    if submission.form == "plaque" and submission.mail.get("mailed", {}).get("state") not in WORSE:
        change += ", mail.mailed = :owed"
        values["owed"] = {"state": "owed"}
    condition = "attribute_exists(stage) AND attribute_not_exists(done) AND attribute_not_exists(held)"
    marked = _update(submission, change, condition, now, **values)
    return _note(marked, "marked", submission)


def unmark(submission: Submission, now: datetime) -> bool:
    """It is not done after all, so the clock runs again; False where it was not marked."""
    change = f"REMOVE done SET stage = :stage, stage_at = :due, {LOOK_AGAIN}"
    values = {"stage": stage(submission.form, "open"), "due": submission.due_at.isoformat()}
    condition = "attribute_exists(done) AND attribute_not_exists(erased_at)"
    return _note(_update(submission, change, condition, now, **values), "unmarked", submission)


def release(submission: Submission, by: str, now: datetime) -> bool:
    """Hold it no longer, and owe its sender the receipt unless that went out before; False where it was not held."""
    change = f"REMOVE held SET released = :released, {LOOK_AGAIN}"
    values: dict[str, Any] = {"released": {"at": now.isoformat(), "by": by, "held": submission.held}}
    if submission.mail["receipt"]["state"] not in WORSE:
        change += ", mail.receipt = :owed"
        values["owed"] = {"state": "owed"}
    if submission.due_at > submission.received_at:
        change += ", stage = :stage, stage_at = :due"
        values |= {"stage": stage(submission.form, "open"), "due": submission.due_at.isoformat()}
    return _note(_update(submission, change, "attribute_exists(held)", now, **values), "released", submission)


def hold_again(submission: Submission) -> bool:
    """Take a release back, as far as that goes: a receipt that went out stays out. False where it was not released."""
    if not submission.released:
        return False
    change = "REMOVE released SET held = :held, stage = :stage, stage_at = :received"
    values = {
        "held": submission.released["held"],
        "stage": stage(submission.form, "held"),
        "received": submission.received_at.isoformat(),
    }
    condition = "attribute_exists(released) AND attribute_not_exists(done) AND attribute_not_exists(erased_at)"
    return _note(submissions.update(submission.reference, change, condition, **values), "held again", submission)


def _update(submission: Submission, change: str, condition: str, now: datetime, **values: object) -> bool:
    return submissions.update(submission.reference, change, condition, on="on", now=now.isoformat(), **values)


def _note(changed: bool, what: str, submission: Submission) -> bool:
    if changed:
        count(what.replace(" ", "_"))
        logger.info(what, reference=submission.reference)
    return changed
