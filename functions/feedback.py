"""What SES reports of the e-mails it was given: sent, bounced, complained about. Through EventBridge, in any order.

An e-mail carries tags that say which one it was (see outbox.py), so what came back of it is noted there.
"""

from collections.abc import Mapping
from typing import Any

import promises
from settings import require
from storage import bounces, certifications, outbox, subscribers
from storage.outbox import Owed
from telemetry import count, logger, publish

REPORTED_AS = {"Send": "sent", "Bounce": "bounced", "Complaint": "complained"}

require()


def handler(event: dict[str, Any], context: Any) -> None:
    logger.set_correlation_id(context.aws_request_id)
    try:
        note(event["detail"])
    finally:
        publish()


def note(report: Mapping[str, Any]) -> None:
    """Note one report. An address that no longer exists, or somebody who complains, gets no more such e-mail.

    A passing trouble, such as a full mailbox or an out-of-office answer, is nothing to note.
    """
    kind = report["eventType"]
    if kind not in REPORTED_AS or (kind == "Bounce" and report["bounce"]["bounceType"] == "Transient"):
        return
    owed = _owed(report["mail"]["tags"])
    if owed is None:
        return
    outcome = {"state": REPORTED_AS[kind], "at": promises.now().isoformat(), "message_id": report["mail"]["messageId"]}
    if kind == "Bounce":
        outcome["why"] = f"{report['bounce']['bounceType']}, {report['bounce']['bounceSubType']}"
    news = outbox.report(owed, outcome)
    if kind == "Send" or not news:
        return
    bounces.note(f"{owed.slot} e-mail of {owed.id}: {outcome['state']}", promises.now())
    count(outcome["state"])
    logger.info(outcome["state"], id=owed.id, slot=owed.slot)
    _end(owed, report)


def _end(owed: Owed, report: Mapping[str, Any]) -> None:
    """No more announcements or invitations to an address that does not take them."""
    if owed.table == "SUBSCRIBERS_TABLE":
        subscribers.unsubscribe(owed.id)
    elif owed.table == "CERTIFICATIONS_TABLE":
        certifications.stop(owed.id, promises.now())
    elif owed.slot not in ("staff", "reminder", "late"):
        for address in report["mail"]["destination"]:
            subscribers.unsubscribe(subscribers.subscriber_id(address))


def _owed(tags: Mapping[str, list[str]]) -> Owed | None:
    """The e-mail that the tags name, None where it is not one of ours."""
    names = ("table", "id", "slot")
    if not all(name in tags for name in names) or tags["table"][0] not in outbox.KEYS:
        return None
    return Owed(*(tags[name][0] for name in names))
