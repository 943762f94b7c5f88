"""Sends one e-mail: claim it, compose it, pass it to SES, record the outcome."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

import promises
from mail import ses
from settings import settings
from storage import bounces, outbox
from storage.outbox import Owed
from storage.submissions import LONGEST_PAUSE
from telemetry import count, log_failure, logger

REJECTED = "MessageRejected"
TRIED_FOR = timedelta(days=1)
"""How long an e-mail that SES rejects is retried: it rejects them all while an account is paused or in its sandbox."""
IN_A_ROW = 2 * LONGEST_PAUSE
"""Longest time between two rejections of one row. Where nothing was tried for longer, the day begins anew."""

Compose = Callable[[Mapping[str, Any]], EmailMessage | str]
"""Composes an e-mail from its item, or returns a string that says why there is none."""


def is_stopped() -> bool:
    """Return whether the settings stop all e-mail but the office's own."""
    return settings().sender_mail_per_day == "0"


def send_once(owed: Owed, compose: Compose, unless: Sequence[str] = ()) -> bool:
    """Claim an e-mail, send it, and settle it. Do nothing if its item has an attribute of `unless`.

    Return False if e-mail to senders is stopped: the caller has to come back, since the e-mail is still owed.

    Raises ClaimedByAnother, what `compose` raises, and botocore's errors. The claim is given back if SES was not asked,
    or clearly refused.
    """
    if not owed.is_to_office and is_stopped():
        return False
    item = outbox.claim(owed, promises.now(), unless)
    if item is None:
        return True
    try:
        message = compose(item)
    except Exception:
        outbox.give_back(owed, _rejections(owed, item))
        raise
    if isinstance(message, str):
        outbox.settle(owed, {"state": message})
        return True
    _hand_over({owed: item}, message)
    return True


def send_together(
    bundle: Iterable[Owed],
    why_not: Callable[[Mapping[str, Any]], str],
    compose: Callable[[list[Mapping[str, Any]]], EmailMessage],
    unless: Sequence[str] = (),
) -> None:
    """Claim and settle several e-mails to the office, sent as one; `why_not` says why an item is left out.

    What another invocation holds, or what cannot be claimed, is left to the next visit. Raises as send_once does.
    """
    claimed = {}
    for owed in bundle:
        try:
            item = outbox.claim(owed, promises.now(), unless)
            if item and (why := why_not(item)):
                outbox.settle(owed, {"state": why})
            elif item:
                claimed[owed] = item
        except outbox.ClaimedByAnother:
            continue
        except (BotoCoreError, ClientError) as failure:
            log_failure("not claimed", failure, id=owed.id, slot=owed.slot)
            count("not_mailed")
    if not claimed:
        return
    try:
        message = compose(list(claimed.values()))
    except Exception:
        for owed in claimed:
            outbox.give_back(owed)
        raise
    _hand_over(claimed, message)


def _hand_over(claimed: Mapping[Owed, Mapping[str, Any]], message: EmailMessage) -> None:
    """Pass a message to SES, and record for each e-mail in it what became of it."""
    try:
        message_id = ses.send(message, outbox.tags(list(claimed)))
    except ClientError as error:
        # A timeout or 5xx does not prove that SES refused the message. Keep the claim until it expires or SES reports a
        # Send event: a late e-mail is better than two.
        code, now = error.response["Error"]["Code"], promises.now()
        for owed, item in claimed.items():
            rejections = _rejections(owed, item)
            if code == REJECTED:
                rejections = _with_another(rejections, now)
            if _is_final(code, owed, rejections):
                # First: what is settled is not visited again, so the office would not be told.
                bounces.note_refused(owed, item, now)
                outbox.settle(owed, {"state": bounces.REFUSED, "why": code, "at": now.isoformat()})
            elif error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                outbox.give_back(owed, rejections)
        raise
    for owed, item in claimed.items():
        outbox.settle(owed, {"state": "sent", "message_id": message_id, "at": promises.now().isoformat()})
        logger.info("mailed", id=owed.id, slot=owed.slot)
        count("mailed", form=item.get("form", owed.slot))  # e-mails without a form count under their slot


def _rejections(owed: Owed, item: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = item["mail"][owed.slot]["rejections"]
    return found


def _with_another(before: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Return since when SES rejects an e-mail, as it did now. Days without a try, as while it is stopped, are none."""
    goes_on = bool(before) and now - datetime.fromisoformat(before["last"]) <= IN_A_ROW
    return {"since": before["since"] if goes_on else now.isoformat(), "last": now.isoformat()}


def _is_final(code: str, owed: Owed, rejections: Mapping[str, str]) -> bool:
    """Return whether SES would refuse a retry as well, as it does if it rejects the address."""
    # If SES rejects what the office gets, the fault is ours and can be fixed: it is retried for good. An announcement
    # is sent by a person, who sees what failed.
    if owed.is_to_office or owed.table == "SUBSCRIBERS_TABLE":
        return False
    if code != REJECTED:
        return code == "BadRequestException"
    first, last = (datetime.fromisoformat(rejections[name]) for name in ("since", "last"))
    return last - first > TRIED_FOR


def try_to_send(owed: Owed, compose: Compose, unless: Sequence[str] = ()) -> None:
    """Send an e-mail; log a failure instead of raising it, so that it does not hold up other e-mails."""
    try:
        send_once(owed, compose, unless)
    except Exception as failure:
        log_failure(f"{owed.slot} e-mail not sent", failure, id=owed.id)
        count("not_mailed")
