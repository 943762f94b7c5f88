"""Stores reports of e-mail that did not arrive, or was complained about: one item of the counters' table for each.

Without addresses. An item: key (of the report), noted_on (month, UTC; index `returned`), noted_at (ISO 8601), the
e-mail (source, the variable that names its table; about, the id of its item; slot), said (what SES reported, in words),
expires_at (TTL).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from settings import settings
from storage import certifications, dynamodb, submissions
from storage.outbox import TO_STAFF, Owed
from storage.submissions import Submission

KEPT_FOR = timedelta(days=30)
"""How long the office sees a report, and a repeated one is recognized; EventBridge retries for a day."""
DELAYED = "delayed"
"""Said of an e-mail that the receiver's server does not accept yet. It may still arrive, so the desk does not list it;
the digest does."""
OURS = {
    DELAYED: "The office's mail server does not take e-mail at the moment. Tell the engineer.",
    "rejected": "Its text was taken for a virus, so no one at the office got it. Read it at the desk.",
    "bounced": "An address of the office does not take e-mail. Tell the engineer.",
}
ADVICE = {
    DELAYED: "The mail server of its address does not accept it yet; we keep trying. If it is urgent, call.",
    "rejected": "It was taken for a virus, and not sent. Call, or write from your own mailbox.",
    "bounced": "Its address does not exist, or takes no e-mail. Call, and correct the address.",
    "complained": "The receiver reported it as spam, and gets no more announcements. Call, if you have to answer.",
}
ENDED = {
    "SUBSCRIBERS_TABLE": "The address was unsubscribed. There is nothing to do.",
    "CERTIFICATIONS_TABLE": "The invitations to renew have stopped. Call the agency.",
}
ODD = "The e-mail itself was rejected. Tell the engineer."


@dataclass(frozen=True)
class Returned:
    """An e-mail that came back, and whom to call about it, as far as that is known."""

    owed: Owed
    said: str
    at: datetime
    who: str = ""
    telephone: str = ""
    reference: str = ""

    @property
    def advice(self) -> str:
        """Return what to do about it, in a sentence or two."""
        if self.owed.slot in TO_STAFF:
            return OURS.get(self.said, OURS["bounced"])
        if self.said not in ADVICE:
            return ODD
        ended = ENDED if self.said in ("bounced", "complained") else {}
        return ended.get(self.owed.table, ADVICE[self.said])

    @property
    def title(self) -> str:
        """Return who did not get it."""
        return self.who or ("The office" if self.owed.slot in TO_STAFF else "Someone who had signed up")

    @property
    def what(self) -> str:
        """Return which e-mail it was: `receipt` for a second receipt as well."""
        return self.owed.slot.partition("-")[0] if self.owed.table != "SUBSCRIBERS_TABLE" else "announcement"


def is_known(message_id: str, said: str) -> bool:
    """Return whether a report about an e-mail, identified by SES's message id, was recorded."""
    return dynamodb.get(settings().counters_table, {"key": _key(message_id, said)}) is not None


def note(message_id: str, said: str, owed: Owed, now: datetime) -> None:
    """Record a report. Idempotent."""
    item = {
        "key": _key(message_id, said),
        "noted_on": _month(now),
        "noted_at": now.isoformat(),
        "source": owed.table,
        "about": owed.id,
        "slot": owed.slot,
        "said": said,
        "expires_at": int((now + KEPT_FOR).timestamp()),
    }
    # Only if it is new: a repeated report must not become newer than what the office did about the first.
    try:
        dynamodb.put(settings().counters_table, item, "attribute_not_exists(#key)", {"#key": "key"})
    except dynamodb.ConditionFailed:
        return


def since(moment: datetime, now: datetime) -> Iterator[Returned]:
    """Yield the reports since a moment at most KEPT_FOR ago, in order. The index is eventually consistent."""
    condition, table = "noted_on = :month AND noted_at >= :since", settings().counters_table
    days = range((now.date() - moment.date()).days + 1)  # the index has a key for each month
    for month in dict.fromkeys(_month(moment + timedelta(days=day)) for day in days):
        for item in dynamodb.query(table, "returned", condition, month=month, since=moment.isoformat()):
            owed = Owed(item["source"], item["about"], item["slot"])
            yield Returned(owed, item["said"], datetime.fromisoformat(item["noted_at"]))


def whom_to_call(returned: Returned) -> Returned:
    """Add who the e-mail was for, and the telephone number."""
    return _with(returned, _submission(returned.owed))


def unattended(now: datetime) -> list[Returned]:
    """Return the e-mails that came back and need somebody, the newest first.

    Whoever does something to the submission afterward, even writing a note, has attended to it.
    """
    found = []
    for returned in since(now - KEPT_FOR, now):
        submission = _submission(returned.owed)
        is_on_its_own = returned.owed.table == "SUBSCRIBERS_TABLE" or returned.said == DELAYED
        if not (is_on_its_own or (submission and _is_attended(submission, returned))):
            found.append(_with(returned, submission))
    return found[::-1]


def _is_attended(submission: Submission, returned: Returned) -> bool:
    last = max((entry["at"] for entry in submission.history), default="")
    return bool(submission.erased_at) or last > returned.at.isoformat()


def _submission(owed: Owed) -> Submission | None:
    """Return the submission that an e-mail was about, for an invitation the plaque request."""
    if owed.table == "SUBMISSIONS_TABLE":
        return submissions.get(owed.id)
    if owed.table == "CERTIFICATIONS_TABLE" and (certification := certifications.get(owed.id)):
        return submissions.get(certification.reference)
    return None


def _with(returned: Returned, submission: Submission | None) -> Returned:
    if submission is None or returned.owed.slot in TO_STAFF:
        return returned
    answers = submission.answers
    return replace(
        returned,
        who=submission.declared.who(answers),
        telephone=answers.get("telephone", ""),
        reference=submission.reference,
    )


def _key(message_id: str, said: str) -> str:
    return f"{said} {message_id}"


def _month(moment: datetime) -> str:
    return f"{moment:%Y-%m}"
