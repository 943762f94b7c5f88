"""The outbox of an item: each of its e-mails is claimed, sent, and settled, so that no one gets one twice.

In the item, `mail` maps each slot to its state: owed (with `not_before` if it is delayed, and `rejections`, {since,
last}, if SES did not take it), claimed (with `until`), sent, rejected, bounced, complained, or the reason why nothing
was sent. Claiming a slot that does not exist creates it:
reminders start this way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from settings import settings
from storage import dynamodb

CLAIM_LASTS = timedelta(minutes=10)
"""How long a claim blocks other senders if its owner never settles it."""
BUNDLED = ("reminder", "late")
"""Slots of the e-mails that are sent several together."""
TO_STAFF = ("staff", *BUNDLED, "digest")
"""Slots of the e-mails that the office itself gets."""
KEYS = {
    "SUBMISSIONS_TABLE": "reference",
    "CERTIFICATIONS_TABLE": "id",
    "SUBSCRIBERS_TABLE": "id",
    "COUNTERS_TABLE": "key",
}
"""Key attribute of each table with an outbox, by the environment variable that names the table."""
REPORTED = {
    "sent": ("sent", "rejected", "bounced", "complained"),
    "rejected": ("rejected", "bounced", "complained"),
    "bounced": ("rejected", "bounced", "complained"),
    "complained": ("rejected", "complained"),
}
"""States that SES reports, and which of them each does not replace: reports come in any order.

Each replaces any other state, also a reason why nothing was sent: a try before may have sent it, whose response was
lost.
"""
TOGETHER = "_"
"""Separator of the ids in a tag: no id has it, and SES takes nothing but letters, digits, _ and -."""
IS_CLAIMED = "#mail.#slot.#state = :claimed"
CLAIMED = {"claimed": "claimed"}


class ClaimedByAnother(Exception):
    """Another invocation holds the claim on this e-mail and may still be sending it."""


@dataclass(frozen=True)
class Owed:
    """One e-mail: its table (a key of KEYS), the id of the item, and the slot in its `mail`."""

    table: str
    id: str
    slot: str

    @property
    def key(self) -> dict[str, str]:
        return {KEYS[self.table]: self.id}

    @property
    def is_to_office(self) -> bool:
        """Return whether the office itself gets it. The slot of an announcement has the name of its page, any name."""
        return self.table != "SUBSCRIBERS_TABLE" and self.slot in TO_STAFF


def tags(together: Sequence[Owed]) -> dict[str, str]:
    """Return the tags that SES repeats in its reports, of e-mails of one table and slot that are sent as one."""
    return {"table": together[0].table, "id": TOGETHER.join(each.id for each in together), "slot": together[0].slot}


def tagged(tags: Mapping[str, str]) -> list[Owed]:
    """Return the e-mails that the tags name, none if they are not ours."""
    if not tags.keys() >= {"table", "id", "slot"} or tags["table"] not in KEYS:
        return []
    return [Owed(tags["table"], each, tags["slot"]) for each in tags["id"].split(TOGETHER)]


def claim(owed: Owed, now: datetime, unless: Sequence[str] = ()) -> dict[str, Any] | None:
    """Take the right to send one e-mail, for `CLAIM_LASTS`; return the item as it is now.

    Its slot has the `rejections` of the tries before, which are not stored until it is given back.

    None if there is nothing to send: the e-mail is settled or must wait, the item is gone, or it has an attribute of
    `unless`. Raises ClaimedByAnother while another invocation may be sending it.
    """
    claimed = {"state": "claimed", "until": (now + CLAIM_LASTS).isoformat()}
    # Free to claim: a slot that does not exist or is owed, and one whose claim has expired.
    condition = (
        "attribute_exists(#mail) AND (attribute_not_exists(#mail.#slot) OR (#mail.#slot.#state = :owed"
        " AND (attribute_not_exists(#mail.#slot.not_before) OR #mail.#slot.not_before <= :now))"
        " OR (#mail.#slot.#state = :claimed AND #mail.#slot.#until < :now))"
    )
    condition += "".join(f" AND attribute_not_exists(#{name})" for name in unless)
    try:
        values = {"owed": "owed", **CLAIMED, "now": now.isoformat()}
        item = _set(owed, claimed, condition, values, unless, returns="ALL_OLD")
    except dynamodb.ConditionFailed as failed:
        if failed.item.get("mail", {}).get(owed.slot, {}).get("state") == "claimed":
            raise ClaimedByAnother(f"{owed.slot} e-mail") from None
        return None
    rejections = item["mail"].get(owed.slot, {}).get("rejections", {})
    return item | {"mail": item["mail"] | {owed.slot: claimed | {"rejections": rejections}}}


def give_back(owed: Owed, rejections: Mapping[str, str] | None = None) -> None:
    """Release the claim after a clear refusal, so that the next invocation can try at once."""
    _set(owed, {"state": "owed"} | ({"rejections": dict(rejections)} if rejections else {}), IS_CLAIMED, CLAIMED)


def settle(owed: Owed, outcome: Mapping[str, str]) -> None:
    """Record the outcome: `state` is sent (with `message_id` and `at`), or the reason why nothing was sent."""
    try:
        _set(owed, outcome, IS_CLAIMED, CLAIMED)
    except dynamodb.ConditionFailed as failed:
        # SES may report before its response arrives here. What it reported is newer, so it stays, and so does that the
        # item was erased meanwhile. The SDK repeats a write whose response was lost.
        stays = (*REPORTED, "erased", outcome["state"])
        if not failed.item or failed.item["mail"][owed.slot]["state"] not in stays:
            raise


def report(owed: Owed, outcome: Mapping[str, str]) -> bool:
    """Record a state of REPORTED; return False if it or a worse one is recorded already, or there is no such e-mail."""
    if outcome["state"] == "sent":
        # Nearly always that is recorded already, and a read costs a tenth of a write whose condition fails.
        item = dynamodb.get(_table(owed), owed.key)
        if not item or item.get("mail", {}).get(owed.slot, {}).get("state", "sent") in REPORTED:
            return False
    states = {f"state{number}": state for number, state in enumerate(REPORTED[outcome["state"]])}
    stays = ", ".join(f":{name}" for name in states)
    condition = f"attribute_exists(#mail.#slot) AND NOT (#mail.#slot.#state IN ({stays}))"
    try:
        _set(owed, outcome, condition, states)
    except dynamodb.ConditionFailed:
        return False
    return True


def is_settled(mail: Mapping[str, Mapping[str, str]], slot: str) -> bool:
    """Return whether the e-mail needs no sending: it is settled, or the slot does not exist."""
    return mail.get(slot, {"state": "none"})["state"] not in ("owed", "claimed")


def _set(
    owed: Owed,
    to: Mapping[str, Any],
    condition: str,
    values: Mapping[str, str],
    unless: Sequence[str] = (),
    returns: Literal["ALL_NEW", "ALL_OLD"] = "ALL_NEW",
) -> dict[str, Any]:
    names = {"#mail": "mail", "#slot": owed.slot, "#state": "state", "#until": "until"} | {
        f"#{name}": name for name in unless
    }
    change = "SET #mail.#slot = :to"
    return dynamodb.update(_table(owed), owed.key, change, condition, names, returns=returns, to=dict(to), **values)


def _table(owed: Owed) -> str:
    return str(getattr(settings(), owed.table.lower()))
