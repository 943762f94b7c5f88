"""Records what SES reports about sent e-mails: taken by SES, rejected, delayed, bounced, complained about.

Reports come through EventBridge, in any order. The tags of an e-mail identify it (see outbox.py).
"""

from collections.abc import Mapping
from typing import Any

import promises
from settings import require
from storage import bounces, certifications, outbox, subscribers
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
"""Complaint types that are no request to stop: reported to staff, without further effect."""

require()


def handler(event: dict[str, Any], context: Any) -> None:
    logger.set_correlation_id(context.aws_request_id)
    try:
        note(event["detail"])
    finally:
        publish()


def note(report: Mapping[str, Any]) -> None:
    """Record one report. After a permanent bounce or a complaint, the address gets no more such e-mail.

    "Not spam" is ignored. What a second delivery may repeat comes first. The note for the digest is last: with it, the
    report was taken.
    """
    kind, owed, message_id = report["eventType"], _owed(report["mail"]["tags"]), report["mail"]["messageId"]
    if kind not in REPORTED_AS or owed is None:
        return
    type_, is_end = "", False
    outcome = {"state": REPORTED_AS[kind], "at": promises.now().isoformat(), "message_id": message_id}
    if kind == "Send":
        outbox.report(owed, outcome)
        return
    if kind == "Bounce":
        type_ = report["bounce"]["bounceType"]
        outcome["why"] = f"{type_}, {report['bounce']['bounceSubType']}"
        is_end = type_ == "Permanent"
        # An out-of-office reply is reported as a transient bounce, and so is an e-mail that SES gave up after delays.
        if type_ == "Transient" and not bounces.is_known(message_id, bounces.DELAYED):
            return
    elif kind == "Complaint":
        type_ = report["complaint"].get("complaintFeedbackType") or ""
        is_end = type_ not in NO_WISH
        if type_ == "not-spam":
            return
    said = NO_WISH.get(type_, outcome["state"])
    if bounces.is_known(message_id, said):
        return
    if is_end:
        _end(owed, report)
    if said in outbox.MAY_BECOME:
        outbox.report(owed, outcome)
    count(outcome["state"])
    logger.info(outcome["state"], id=owed.id, slot=owed.slot)
    bounces.note(message_id, said, owed, promises.now())


def _end(owed: Owed, report: Mapping[str, Any]) -> None:
    """End announcements or invitations to the address of the report."""
    if owed.table == "SUBSCRIBERS_TABLE":
        subscribers.unsubscribe(owed.id)
    elif owed.table == "CERTIFICATIONS_TABLE":
        certifications.stop(owed.id, promises.now())
    elif owed.slot not in outbox.TO_STAFF:
        for address in report["mail"]["destination"]:
            subscribers.unsubscribe(subscribers.subscriber_id(address))


def _owed(tags: Mapping[str, list[str]]) -> Owed | None:
    """Return the e-mail that the tags identify, None if it is not one of ours."""
    names = ("table", "id", "slot")
    if not all(name in tags for name in names) or tags["table"][0] not in outbox.KEYS:
        return None
    return Owed(*(tags[name][0] for name in names))
