"""Plays what SES reports: events on EventBridge's default bus, for the functions whose rules match.

Every e-mail is sent and delivered, but for those to SES's mailbox simulator: bounce@, suppressionlist@ and complaint@
its domain, or the same at simulator.example.gov, which the forms take too.
"""

import json
import logging
import threading
import uuid
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3

from local.events import Rule, reported_by_ses, rules
from local.patterns import compiled
from local.runtime import invoke
from local.template import ACCOUNT, REGION, Template

SIMULATORS = ("simulator.amazonses.com", "simulator.example.gov")
DETAIL_TYPES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
}
LOOK_EVERY = 0.2
"""Seconds between two looks at what was sent."""

log = logging.getLogger("local.reports")


class Reports:
    """`note()` an e-mail, then `drain()`, or `start()` for that to happen by itself."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._rules = [(rule, compiled(rule.pattern)) for rule in rules(template)]
        self._published = reported_by_ses(template)
        self._waiting: deque[dict[str, Any]] = deque()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.ident:
            self._thread.join()

    def note(self, request: Mapping[str, Any], message_id: str) -> None:
        """An e-mail that SES accepted: the JSON of the SendEmail request, and the id it got."""
        wanted = self._published.get(request.get("ConfigurationSetName", ""))
        if not wanted:
            return
        for kind in _kinds(request["Destination"]["ToAddresses"]):
            if kind.upper() in wanted:
                self._waiting.append(_event(kind, request, message_id))

    def drain(self) -> None:
        """Call the functions for everything that waits."""
        with self._lock:
            while self._waiting:
                event = self._waiting.popleft()
                for rule, matches in self._rules:
                    if matches(event):
                        self._call(rule, event)

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY):
            self.drain()

    def _call(self, rule: Rule, event: Mapping[str, Any]) -> None:
        for _ in range(1 + min(rule.retries, 2)):  # nobody waits here for a day of tries
            try:
                invoke(self._template, rule.function, event)
            except Exception:
                log.exception("%s failed", rule.function)
            else:
                return
        if rule.queue:
            queue = boto3.client("sqs")
            url = queue.get_queue_url(QueueName=rule.queue)["QueueUrl"]
            queue.send_message(QueueUrl=url, MessageBody=json.dumps(event))


def _kinds(addresses: list[str]) -> list[str]:
    """What becomes of an e-mail to these addresses."""
    simulated = {
        name.partition("+")[0] for name, _, domain in (a.partition("@") for a in addresses) if domain in SIMULATORS
    }
    if simulated & {"bounce", "suppressionlist"}:
        return ["Send", "Bounce"]
    return ["Send", "Delivery", "Complaint"] if "complaint" in simulated else ["Send", "Delivery"]


def _event(kind: str, request: Mapping[str, Any], message_id: str) -> dict[str, Any]:
    """As SES publishes it, with what our functions may look at."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    addresses = request["Destination"]["ToAddresses"]
    tags = {tag["Name"]: [tag["Value"]] for tag in request.get("EmailTags", [])}
    named = [{"emailAddress": address} for address in addresses]
    more = {
        "Bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": named, "timestamp": now},
        "Complaint": {"complainedRecipients": named, "complaintFeedbackType": "abuse", "timestamp": now},
    }
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": DETAIL_TYPES[kind],
        "source": "aws.ses",
        "account": ACCOUNT,
        "time": now,
        "region": REGION,
        "resources": [f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{request['ConfigurationSetName']}"],
        "detail": {
            "eventType": kind,
            "mail": {
                "timestamp": now,
                "source": request.get("FromEmailAddress", ""),
                "messageId": message_id,
                "destination": addresses,
                "tags": tags | {"ses:configuration-set": [request["ConfigurationSetName"]]},
            },
            kind.lower(): more.get(kind, {}),
        },
    }
