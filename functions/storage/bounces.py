"""Stores reports of e-mail that SES refused, that did not arrive, or was complained about: one item of the counters'
table for each.

Without addresses. An item: key (of the report), noted_on (index `returned`: UNATTENDED while the office has to do
something; for other reports the month, UTC), noted_at (ISO 8601), the e-mail (source, the variable that names its
table; about, the id of its item; slot), said (what SES said, in words), seen_to ({at, by}), expires_at (TTL).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from settings import settings
from storage import certifications, dynamodb, submissions
from storage.outbox import Owed
from storage.submissions import KEPT_AT_MOST, Submission

KEPT_FOR = timedelta(days=30)
"""How long a report that needs no one is kept. EventBridge repeats a report for a day, so it is recognized."""
UNATTENDED = "unattended"
"""Key, in the index `returned`, of the reports that the office has to act on, for as long as they can be."""
REFUSED = "refused"
"""SES did not take the e-mail, and would not take it again. So no report of SES follows."""
DELAYED = "delayed"
"""The receiver's server has not accepted the e-mail yet. It may still arrive, so the digest lists it, and the desk does
not."""
TURNED_DOWN = "turned down"
"""The receiver's server refused this e-mail, but not the address. The next e-mail may arrive."""
TURNS_DOWN = ("MailboxFull", "MessageTooLarge", "ContentRejected", "AttachmentRejected")
"""Subtypes of a transient bounce that mean TURNED_DOWN. SES does not retry them."""
GIVEN_UP = "given up"
"""SES gave up after delays, or was not told why the e-mail came back. The address may be right."""
BLOCKED = "blocked"
"""AWS sends its address nothing: an e-mail to it bounced or was reported as spam before. The address may be right."""
BLOCKS = ("Suppressed", "OnAccountSuppressionList")
"""Subtypes of a permanent bounce that mean BLOCKED."""
ENDING = ("bounced", BLOCKED, "complained")
"""Words for the reports after which an address gets no more such e-mail."""
OURS = {
    TURNED_DOWN: "The office's mail server refused this e-mail, so no one at the office got it. Read it at the desk.",
    DELAYED: "The office's mail server does not take e-mail at the moment. Tell the engineer.",
    GIVEN_UP: "The office's mail server did not take this e-mail. Read it at the desk, and tell the engineer.",
    "rejected": "It was mistaken for a virus, so no one at the office got it. Read it at the desk.",
    "bounced": "An address of the office does not take e-mail. Tell the engineer.",
    BLOCKED: "AWS sends an address of the office no more e-mail. Tell the engineer.",
    "complained": "Someone at the office reported it as spam, and gets no more e-mail from us. Tell the engineer.",
}
ADVICE = {
    REFUSED: "It could not be sent: its address is probably wrong. Call, and correct it.",
    TURNED_DOWN: "The mailbox is full, or its server refused what the e-mail says. Call.",
    DELAYED: "The mail server of its address does not accept it yet; we keep trying. If it is urgent, call.",
    GIVEN_UP: "The mail server of its address did not accept it. The address may be right: call.",
    "rejected": "It was mistaken for a virus, and not sent. Call, or write from your own mailbox.",
    "bounced": "Its address does not exist, or takes no e-mail. Call, and correct the address.",
    BLOCKED: "AWS did not send it: an e-mail to its address bounced or was reported as spam before. Call, and correct "
    "the address. If it is right, tell the engineer.",
    "complained": "The receiver reported it as spam, and gets no more announcements. If it needs an answer, call.",
}
ENDED = {
    "SUBSCRIBERS_TABLE": "The address was unsubscribed. There is nothing to do.",
    "CERTIFICATIONS_TABLE": "The invitations to renew have stopped. Call the agency, and enter the right address.",
}
SIGN_UP = "No one was signed up. There is nothing to do."
CLOSED = "It is closed. There is nothing to do."
ODD = "The e-mail itself was rejected. Tell the engineer."


@dataclass(frozen=True)
class Returned:
    """An e-mail that came back, and whom to call about it, as far as that is known."""

    id: str
    owed: Owed
    said: str
    at: datetime
    seen_by: str
    """Who has seen to it, empty if no one has."""
    who: str = ""
    telephone: str = ""
    reference: str = ""
    page: str = ""
    """Path at the desk of what it was about."""
    is_closed: bool = False
    """Whether the office closed what it was about."""
    is_sign_up: bool = False
    """Whether it was the link to sign up for announcements: of the person, only the address is known."""

    @property
    def advice(self) -> str:
        """Return what to do about it, in a sentence or two."""
        if self.owed.is_to_office:
            return OURS.get(self.said, ODD)
        if self.is_sign_up:
            return SIGN_UP
        if self.is_closed:
            return CLOSED
        if self.said not in ADVICE:
            return ODD
        ended = ENDED if self.said in ENDING else {}
        return ended.get(self.owed.table, ADVICE[self.said])

    @property
    def title(self) -> str:
        """Return who did not get it."""
        if self.owed.is_to_office:
            return "The office"
        if self.is_sign_up:
            return "Someone who wanted to sign up"
        unknown = "Someone who had signed up" if self.owed.table == "SUBSCRIBERS_TABLE" else "Someone no longer known"
        return self.who or unknown

    @property
    def what(self) -> str:
        """Return which e-mail it was: `receipt` for a second receipt as well."""
        if self.is_sign_up:
            return "confirmation"
        return self.owed.slot.partition("-")[0] if self.owed.table != "SUBSCRIBERS_TABLE" else "announcement"


def said_of_bounce(why: str) -> str:
    """Return what to say of a bounce, by its type and subtype as in `Transient, MailboxFull`."""
    kind, _, subtype = why.partition(", ")
    if kind == "Permanent":
        return BLOCKED if subtype in BLOCKS else "bounced"
    return TURNED_DOWN if kind == "Transient" and subtype in TURNS_DOWN else GIVEN_UP


def is_known(message_id: str, said: str) -> bool:
    """Return whether a report about an e-mail, identified by SES's message id, was recorded."""
    return dynamodb.get(settings().counters_table, {"key": _key(message_id, said)}) is not None


def note_refused(owed: Owed, item: Mapping[str, Any], now: datetime) -> None:
    """Record that SES refused an e-mail of an item for good. Idempotent, until something asks for the e-mail again.

    It got no message id, so what asked for it tells one refusal from another.
    """
    is_invitation = owed.table == "CERTIFICATIONS_TABLE"
    submission = None if is_invitation else Submission.from_item(item)
    asked = submission.owed_since(owed.slot).isoformat() if submission else item["revision"]
    note(f"{owed.id} {owed.slot} {asked}", REFUSED, owed, now, is_sign_up=_is_sign_up(submission))


def note(message_id: str, said: str, owed: Owed, now: datetime, *, is_sign_up: bool) -> None:
    """Record a report. Idempotent. `is_sign_up` is as in Returned."""
    needs_no_one = owed.table == "SUBSCRIBERS_TABLE" or said == DELAYED or is_sign_up
    item = {
        "key": _key(message_id, said),
        "noted_on": _month(now) if needs_no_one else UNATTENDED,
        "noted_at": now.isoformat(),
        "source": owed.table,
        "about": owed.id,
        "slot": owed.slot,
        "said": said,
        "expires_at": int((now + (KEPT_FOR if needs_no_one else KEPT_AT_MOST)).timestamp()),
    }
    # Only if it is new: a repeated report must not come back after the office has seen to it.
    try:
        dynamodb.put(settings().counters_table, item, "attribute_not_exists(#key)", {"#key": "key"})
    except dynamodb.ConditionFailed:
        return


def since(moment: datetime, now: datetime) -> Iterator[Returned]:
    """Yield the reports since a moment, in order, without those that were seen to. The index is eventually consistent.

    Those that need no one are kept for KEPT_FOR.
    """
    days = range((now.date() - moment.date()).days + 1)  # the index has a key for each month
    months = dict.fromkeys(_month(moment + timedelta(days=day)) for day in days)
    found = [each for key in (UNATTENDED, *months) for each in _noted(key, moment.isoformat())]
    yield from sorted(found, key=lambda each: each.at)


def unattended(most: int) -> list[Returned]:
    """Return the newest e-mails that came back and need somebody, with whom to call.

    A report leaves the list when it is seen to, or when no one is known any more who could be called about it. It is
    left out while what it was about is closed.
    """
    newest = map(whom_to_call, reversed(list(_noted(UNATTENDED, "0"))))
    needed = (each for each in newest if each.owed.is_to_office or (each.page and not each.is_closed))
    return list(islice(needed, most))


def get(report: str) -> Returned | None:
    """Return a report that the office has to see to, or has seen to; None if there is none."""
    item = dynamodb.get(settings().counters_table, {"key": report}) if report else None
    return _returned(item) if item and "noted_at" in item else None


def see_to(report: str, by: str, now: datetime) -> None:
    """Take a report off the list. Idempotent."""
    change, seen = "SET seen_to = :seen REMOVE noted_on", {"at": now.isoformat(), "by": by}
    _change(report, change, "noted_on = :unattended", seen=seen, unattended=UNATTENDED)


def put_back(report: str) -> None:
    """Put a report that was seen to on the list again. Idempotent."""
    change = "SET noted_on = :unattended REMOVE seen_to"
    _change(report, change, "attribute_exists(seen_to)", unattended=UNATTENDED)


def whom_to_call(returned: Returned) -> Returned:
    """Add who the e-mail was for, the telephone number, and the desk's page; nothing if that is no longer known."""
    if returned.owed.is_to_office:
        return returned
    if returned.owed.table == "CERTIFICATIONS_TABLE":
        return _agency(returned)
    submission = _about(returned.owed)
    if _is_sign_up(submission):
        return replace(returned, is_sign_up=True)
    if submission is None or submission.erased_at:
        return returned
    return _with(returned, submission)


def is_sign_up(owed: Owed) -> bool:
    """Return whether an e-mail is the link to sign up for announcements."""
    return _is_sign_up(_about(owed))


def _is_sign_up(submission: Submission | None) -> bool:
    return submission is not None and not submission.declared.staff_task


def _about(owed: Owed) -> Submission | None:
    return submissions.get(owed.id) if owed.table == "SUBMISSIONS_TABLE" else None


def _agency(returned: Returned) -> Returned:
    """Add the agency that was invited: the plaque request with its telephone number may be gone."""
    certification = certifications.get(certifications.resolved(returned.owed.id))
    if certification is None:
        return returned
    request = submissions.get(certification.reference)
    known = _with(returned, request) if request and not request.erased_at else returned
    # Where the address of the invitations can be changed.
    return replace(known, who=certification.name, page=f"/desk/certified/{certification.id}")


def _with(returned: Returned, submission: Submission) -> Returned:
    answers = submission.answers
    return replace(
        returned,
        who=submission.declared.who(answers),
        telephone=answers.get("telephone", ""),
        reference=submission.reference,
        page=f"/desk/{submission.reference}",
        is_closed=submission.closed is not None,
    )


def _noted(key: str, since: str) -> Iterator[Returned]:
    condition = "noted_on = :key AND noted_at >= :since"
    return map(_returned, dynamodb.query(settings().counters_table, "returned", condition, key=key, since=since))


def _returned(item: dict[str, Any]) -> Returned:
    owed = Owed(item["source"], item["about"], item["slot"])
    seen_by = item.get("seen_to", {}).get("by", "")
    return Returned(item["key"], owed, item["said"], datetime.fromisoformat(item["noted_at"]), seen_by)


def _change(report: str, change: str, condition: str, **values: Any) -> None:
    try:
        dynamodb.update(settings().counters_table, {"key": report}, change, condition, {}, **values)
    except dynamodb.ConditionFailed:
        return


def _key(message_id: str, said: str) -> str:
    return f"{said} {message_id}"


def _month(moment: datetime) -> str:
    return f"{moment:%Y-%m}"
