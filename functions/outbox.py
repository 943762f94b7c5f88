"""The e-mails of a submission: each is claimed, sent, and settled, so that nobody gets one twice.

In the submission's item, `mail` holds for each slot its state: owed, claimed (until when), sent, or why there is none.
"""

import os
from datetime import datetime, timedelta
from typing import Any

import dynamodb
from submissions import Submission

CLAIM_LASTS = timedelta(minutes=10)
"""How long a sender that went silent keeps others from sending the same e-mail."""


class ClaimedByAnother(Exception):
    """Another sender holds the claim on this e-mail and may still be sending it."""


def claim(reference: str, slot: str, now: datetime) -> Submission | None:
    """Take the right to send one e-mail, for `CLAIM_LASTS`; return the submission as it is now.

    None where there is nothing to send: that is settled, or the submission is gone.
    Raises ClaimedByAnother while somebody else may be sending it.
    """
    claimed = {"state": "claimed", "until": (now + CLAIM_LASTS).isoformat()}
    condition = "#mail.#slot.#state = :owed OR (#mail.#slot.#state = :claimed AND #mail.#slot.#until < :now)"
    try:
        item = _set(reference, slot, claimed, condition, owed="owed", claimed="claimed", now=now.isoformat())
    except dynamodb.ConditionFailed as failed:
        if failed.item and failed.item["mail"][slot]["state"] == "claimed":
            raise ClaimedByAnother(f"{slot} e-mail of {reference}") from None
        return None
    return Submission.from_item(item)


def give_back(reference: str, slot: str) -> None:
    """After a clear refusal: the e-mail is owed again, and anyone may try at once."""
    _set(reference, slot, {"state": "owed"}, "#mail.#slot.#state = :claimed", claimed="claimed")


def settle(reference: str, slot: str, outcome: dict[str, str]) -> None:
    """Note how an e-mail ended: `state` is sent (with `message_id` and `at`), or says why none is."""
    _set(reference, slot, outcome, "#mail.#slot.#state = :claimed", claimed="claimed")


def _set(reference: str, slot: str, to: dict[str, str], condition: str, **values: str) -> dict[str, Any]:
    names = {"#mail": "mail", "#slot": slot, "#state": "state", "#until": "until"}
    key, table = {"reference": reference}, os.environ["SUBMISSIONS_TABLE"]
    return dynamodb.update(table, key, "SET #mail.#slot = :to", condition, names, to=to, **values)
