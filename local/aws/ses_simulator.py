"""Emulates SES's mailbox simulator: returns the events that SES would send for an e-mail.

Every address accepts e-mail, except these local parts at SES's own domain or at one that the forms accept, with or
without a label (bounce+label@): `bounce`, `suppressionlist` and `complaint`. An automatic reply (`ooto`) is no event.
"""

import base64
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Any

from local.template import ACCOUNT, REGION

DOMAINS = ("simulator.amazonses.com", "simulator.example.gov")
DETAIL_TYPES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
}
BOUNCES = {"bounce": "General", "suppressionlist": "Suppressed"}
"""Local parts, and the subtype of their bounces."""

Event = dict[str, Any]


def events_of(request: Mapping[str, Any], message_id: str, accepted: datetime) -> list[Event]:
    """Return the events of an e-mail that SES accepted: `request` is the JSON of SendEmail, with a configuration set.

    Addresses that share a fate share an event. Events have the members that AWS documents.
    """
    mail = _mail(request, message_id, _iso(accepted))
    return [
        {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": DETAIL_TYPES[kind],
            "source": "aws.ses",
            "account": ACCOUNT,
            "time": accepted.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": [f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{request['ConfigurationSetName']}"],
            "detail": {"eventType": kind, "mail": mail, kind.lower(): about},
        }
        for kind, about in _fates(mail["destination"], mail["timestamp"])
    ]


def _fates(addresses: list[str], now: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the events for the addresses, by kind."""
    yield "Send", {}
    if delivered := [each for each in addresses if _simulated(each) not in BOUNCES]:
        answer = {"smtpResponse": "250 OK", "reportingMTA": "smtp.example.org"}
        yield "Delivery", {"timestamp": now, "processingTimeMillis": 500, "recipients": delivered, **answer}
    for part, subtype in BOUNCES.items():
        why = {"action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
        if bounced := [{"emailAddress": each, **why} for each in addresses if _simulated(each) == part]:
            yield (
                "Bounce",
                {
                    "bounceType": "Permanent",
                    "bounceSubType": subtype,
                    "bouncedRecipients": bounced,
                    "timestamp": now,
                    "feedbackId": str(uuid.uuid4()),
                    "reportingMTA": "dns; smtp.example.org",
                },
            )
    if complained := [{"emailAddress": each} for each in addresses if _simulated(each) == "complaint"]:
        yield (
            "Complaint",
            {
                "complainedRecipients": complained,
                "timestamp": now,
                "feedbackId": str(uuid.uuid4()),
                "complaintSubType": None,
                "complaintFeedbackType": "abuse",
                "arrivalDate": now,
            },
        )


def _simulated(address: str) -> str:
    """Return the local part, without a label, of an address of the simulator; empty for all others."""
    name, _, domain = parseaddr(address)[1].lower().rpartition("@")
    return name.partition("+")[0] if domain in DOMAINS else ""


def _mail(request: Mapping[str, Any], message_id: str, now: str) -> dict[str, Any]:
    raw = base64.b64decode(request["Content"].get("Raw", {}).get("Data", ""))
    message = message_from_bytes(raw, _class=EmailMessage, policy=default)
    source = request.get("FromEmailAddress") or str(message.get("From", ""))
    tags = {tag["Name"]: [tag["Value"]] for tag in request.get("EmailTags", [])}
    given = request.get("Destination") or {}
    to = [address for kind in ("To", "Cc", "Bcc") for address in given.get(f"{kind}Addresses") or []]
    return {
        "timestamp": now,
        "source": source,
        "sourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{parseaddr(source)[1]}",
        "sendingAccountId": ACCOUNT,
        "messageId": message_id,
        "destination": to or [address for kind in ("To", "Cc", "Bcc") for address in _addresses(message, kind)],
        "headersTruncated": False,
        "headers": [{"name": name, "value": str(value)} for name, value in message.items()],
        "commonHeaders": {
            "from": [str(message.get("From", source))],
            "to": _addresses(message, "To"),
            "messageId": message_id,
            "subject": str(message.get("Subject", "")),
        },
        "tags": {**tags, "ses:configuration-set": [request["ConfigurationSetName"]]},
    }


def _addresses(message: EmailMessage, header: str) -> list[str]:
    return [address.addr_spec for address in message[header].addresses] if header in message else []


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
