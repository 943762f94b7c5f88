"""One e-mail on its way: claimed, put together, handed to SES, settled."""

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
"""Puts an e-mail together from the item that owes it; a text instead says why there is none."""


def send_once(owed: Owed, compose: Compose, unless: str = "") -> None:
    """Claim, send, settle. What fails before SES is asked, and a clear refusal of SES, gives the claim back.

    Silence or a 5xx is not a no, so the claim stays until its time is over, or until SES reports that it was sent.
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
        if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
            outbox.give_back(owed)
        raise
    outbox.settle(owed, {"state": "sent", "message_id": message_id, "at": promises.now().isoformat()})
    logger.info("mailed", id=owed.id, slot=owed.slot)
    count("mailed", form=item.get("form", owed.slot))  # what no form caused counts under its own name


def try_to_send(owed: Owed, compose: Compose, unless: str = "") -> None:
    """Send, or log what went wrong: one e-mail that fails must not hold up others."""
    try:
        send_once(owed, compose, unless)
    except Exception as failure:
        log_failure(f"{owed.slot} e-mail not sent", failure, id=owed.id)
        count("not_mailed")
