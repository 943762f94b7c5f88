"""Sends one e-mail: claim it, compose it, pass it to SES, record the outcome."""

from collections.abc import Callable, Mapping
from email.message import EmailMessage
from typing import Any

from botocore.exceptions import ClientError

import promises
from mail import ses
from storage import outbox
from storage.outbox import Owed
from telemetry import count, log_failure, logger

Compose = Callable[[Mapping[str, Any]], EmailMessage | str]
"""Composes an e-mail from its item, or returns a string that says why there is none."""


def send_once(owed: Owed, compose: Compose, unless: str = "") -> None:
    """Claim, send and settle an e-mail, unless its item has the attribute `unless`.

    Raises ClaimedByAnother, what `compose` raises, and botocore's errors. The claim is given back if SES was not asked,
    or clearly refused.
    """
    item = outbox.claim(owed, promises.now(), unless)
    if item is None:
        return
    try:
        message = compose(item)
    except Exception:
        outbox.give_back(owed)
        raise
    if isinstance(message, str):
        outbox.settle(owed, {"state": message})
        return
    try:
        message_id = ses.send(message, owed.tags)
    except ClientError as error:
        # A timeout or 5xx does not prove that SES refused the message. Keep the claim until it expires or SES reports a
        # Send event: a late e-mail is better than two.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
            outbox.give_back(owed)
        raise
    outbox.settle(owed, {"state": "sent", "message_id": message_id, "at": promises.now().isoformat()})
    logger.info("mailed", id=owed.id, slot=owed.slot)
    count("mailed", form=item.get("form", owed.slot))  # e-mails without a form count under their slot


def try_to_send(owed: Owed, compose: Compose, unless: str = "") -> None:
    """Send an e-mail; log a failure instead of raising it, so that it does not hold up other e-mails."""
    try:
        send_once(owed, compose, unless)
    except Exception as failure:
        log_failure(f"{owed.slot} e-mail not sent", failure, id=owed.id)
        count("not_mailed")
