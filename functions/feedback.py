"""Records what SES reports about sent e-mails: taken by SES, rejected, delayed, bounced, complained about.

Reports come through EventBridge, in any order. The tags of an e-mail identify it (see outbox.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import promises
from normalize import addresses
from office import invitations
from settings import require
from storage import bounces, outbox, submissions, subscribers
from storage.outbox import Owed
from telemetry import count, logger, publish

REPORTED_AS = {
    "Send": "sent",
    "Reject": "rejected",
    "DeliveryDelay": bounces.DELAYED,
    "Bounce": "bounced",
    "Complaint": "complained",
}
"""Event types, and the state of the e-mail, or what the digest says of it."""
NO_WISH = {"auth-failure": "failed authentication", "virus": "reported as a virus"}
"""Complaint types that do not ask us to stop. Staff are told; nothing else happens."""

require()


def handler(event: dict[str, Any], context: Any) -> None:
    logger.set_correlation_id(context.aws_request_id)
    try:
        note(event["detail"])
    finally:
        publish()


def note(report: Mapping[str, Any]) -> None:
    """Record one report. After a permanent bounce or a complaint, the address gets no more such e-mail.

    "Not spam" is ignored. The note for the digest comes last: a report that has one is not handled again, so a failure
    before it leads to a second try, which repeats the other steps without harm.
    """
    kind, message_id = report["eventType"], report["mail"]["messageId"]
    together = outbox.tagged({name: values[0] for name, values in report["mail"]["tags"].items()})
    if kind not in REPORTED_AS or not together:
        return
    is_invitation = together[0].table == "CERTIFICATIONS_TABLE"
    if kind != "Send" and is_invitation and invitations.are_elsewhere(together[0].id, report["mail"]["destination"]):
        return
    said = REPORTED_AS[kind]
    outcome = {"state": said, "at": promises.now().isoformat(), "message_id": message_id}
    if kind == "Send":
        for owed in together:
            outbox.report(owed, outcome)
        return
    if kind == "Bounce":
        type_ = report["bounce"]["bounceType"]
        outcome["why"] = f"{type_}, {report['bounce']['bounceSubType']}"
        said = bounces.said_of_bounce(outcome["why"])
        # An out-of-office reply is reported as a transient bounce, and so is an e-mail that SES gave up after delays,
        # or whose domain does not exist.
        if (type_, said) == ("Transient", bounces.GIVEN_UP) and not _has_failed(report["bounce"], message_id):
            return
    elif kind == "Complaint":
        type_ = report["complaint"].get("complaintFeedbackType") or ""
        if type_ == "not-spam":
            return
        said = NO_WISH.get(type_, said)
    if bounces.is_known(message_id, said):
        return
    if said in bounces.ENDING:
        _end(together[0], report)
    for owed in together:
        if kind == "Bounce" or said in outbox.REPORTED:
            outbox.report(owed, outcome)
        logger.info(outcome["state"], id=owed.id, slot=owed.slot)
    count(outcome["state"])
    if not _was_corrected(together[0], report["mail"]["destination"]):
        bounces.note(message_id, said, together[0], promises.now(), is_sign_up=bounces.is_sign_up(together[0]))


def _has_failed(bounce: Mapping[str, Any], message_id: str) -> bool:
    """Return whether a bounce of no known kind tells of a failure: a mail server says so, or the e-mail was delayed.

    SES has `action` from the notice of a mail server. An out-of-office reply comes without a notice.
    """
    recipients: Sequence[Mapping[str, str]] = bounce.get("bouncedRecipients", ())
    failed = any(each.get("action") == "failed" for each in recipients)
    return failed or bounces.is_known(message_id, bounces.DELAYED)


def _was_corrected(owed: Owed, sent_to: Sequence[str]) -> bool:
    """Return whether a receipt went to an address that the office has corrected since: nobody has to be called."""
    submission = submissions.get(owed.id) if owed.slot.partition("-")[0] == "receipt" else None
    if submission is None:
        return False
    former = submission.former_senders - {addresses.identity(submission.answers["email"])}
    return former.issuperset(map(addresses.identity, sent_to))


def _end(owed: Owed, report: Mapping[str, Any]) -> None:
    """End announcements or invitations to the address of the report."""
    if owed.table == "SUBSCRIBERS_TABLE":
        subscribers.unsubscribe(owed.id, promises.now())
    elif owed.table == "CERTIFICATIONS_TABLE":
        why = invitations.COMPLAINED if report["eventType"] == "Complaint" else invitations.BOUNCED
        invitations.stop(owed.id, promises.now(), why)
    elif not owed.is_to_office:
        for address in report["mail"]["destination"]:
            subscribers.unsubscribe(subscribers.subscriber_id(address), promises.now())
