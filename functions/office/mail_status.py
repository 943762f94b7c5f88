"""Says in words what became of the e-mails of a submission, for the office."""

from collections.abc import Iterator, Mapping

import promises
from storage import bounces
from storage.outbox import TO_STAFF, is_settled
from storage.submissions import QUIET, Submission

NAMES = {
    "staff": "To the office",
    "receipt": "Receipt",
    "reminder": "Reminder to the office",
    "late": "Late notice",
    "mailed": "Plaque on its way",
}
NOT_SENT = {
    "enough today": "not sent: its address got enough e-mail from us that day",
    QUIET: "not sent: one network had caused enough e-mail that hour",
    "subscribed": "not sent: its address gets the announcements already",
    "held": "not sent: held as possible spam",
    "closed": "not sent: closed before",
    "taken back": "not sent: the mark was undone in time",
    "too late": "not sent: it was due already, so a late notice was sent",
    "erased": "not sent: the data were erased before",
}
"""Why an e-mail was not sent, by the state of its slot."""
OVER = "not sent: the work was finished before"
"""Why a reminder that was begun is not sent any more."""


def in_words(submission: Submission) -> Iterator[tuple[str, str]]:
    """Yield (e-mail, what became of it, when and why, and what to do about it) for each, in the order of time."""
    to_send = submission.unsent
    for slot, what in sorted(submission.mail.items(), key=lambda each: each[1].get("at", "~")):
        name = NAMES.get(slot) or f"{NAMES[slot.partition('-')[0]]} (corrected)"
        is_over = slot not in to_send and not is_settled(submission.mail, slot)
        words = OVER if is_over else NOT_SENT.get(what["state"], what["state"])
        if "not_before" in what:
            words = f"goes out on {promises.stored_moment(what['not_before'])}"
        elif slot in to_send:
            words = "not sent yet"
        if "at" in what:
            words += f", {promises.stored_moment(what['at'])}"
        if "why" in what:
            words += f" ({what['why']})"
        if to_do := advice(slot, what):
            words += f". {to_do}"
        yield name, words


def advice(slot: str, what: Mapping[str, str]) -> str:
    """Return what to do about an e-mail that came back, empty if it did not."""
    said = bounces.said_of_bounce(what["why"]) if what["state"] == "bounced" else what["state"]
    return (bounces.OURS if slot in TO_STAFF else bounces.ADVICE).get(said, "")
