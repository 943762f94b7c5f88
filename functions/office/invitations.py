"""Says whom an agency's invitations to renew go to, and whether there are any.

While there are none, the item of the certification has `stopped` ({at, why}); `why` is one of the words below.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from normalize import addresses
from office.agencies import change_by_office
from settings import settings
from storage import dynamodb, subscribers
from storage.certification_items import change, with_clock, without_clock
from storage.certifications import INVITATION, NAMES_IN_A_ROW, NOT_ARRIVED, latest_invitation, resolved

ASKED = "asked"
"""The agency pressed the link in an invitation."""
BOUNCED = "bounced"
COMPLAINED = "complained"
ERASED = "erased"
"""The address was erased, and there is no other."""
IN_WORDS = {
    ASKED: "wants no invitations",
    BOUNCED: "no invitations: the e-mail came back",
    COMPLAINED: "no invitations: one was reported as spam",
    ERASED: "no invitations: no address",
}
SENT_AGAIN = ("complained", *NOT_ARRIVED)
"""States of an invitation that is sent again once a stop is undone: it was not delivered, or led to the stop."""


def stop(certification: str, now: datetime, why: str = ASKED) -> None:
    """Stop the invitations of an agency, also by an id that leads to another one since. Idempotent.

    An unknown agency is ignored.
    """
    values: dict[str, Any] = {"stopped": {"at": now.isoformat(), "why": why}, "one": 1}
    # The item of another name has no periods. What the agency said itself stays, and so does that there is no address.
    condition = (
        "attribute_exists(periods) AND (attribute_not_exists(stopped) OR stopped.why IN (:bounced, :complained))"
    )
    values |= {"bounced": BOUNCED, "complained": COMPLAINED}
    change = "SET stopped = :stopped ADD revision :one REMOVE clock, next_at"
    for _ in range(NAMES_IN_A_ROW):
        try:
            dynamodb.update(_table(), {"id": certification}, change, condition, {}, **values)
        except dynamodb.ConditionFailed as failed:
            # From the failed write: who presses the link has no right to read.
            if certification := failed.item.get("same_as", ""):
                continue
        return


def are_elsewhere(certification: str, sent_to: Sequence[str]) -> bool:
    """Return whether the invitations go to none of these addresses any more, as the office changed it or joined two."""
    email = (dynamodb.get(_table(), {"id": resolved(certification)}) or {}).get("email", "")
    return bool(email) and addresses.identity(email) not in map(addresses.identity, sent_to)


def readdress(certification: str, address: str, by: str, now: datetime, **press: str) -> bool:
    """Send the invitations to another address, the newest that is due at once. `press` is as for change_by_office.

    What stopped them stays only if the agency itself said so. The history keeps no address.
    Raises NotMailable.
    """
    email = addresses.normalized(address)

    def readdressed(item: dict[str, Any]) -> dict[str, Any]:
        if item.get("email") == email:
            return item
        changed = item | {"email": email, "mail": without_invitations(item)}
        if item.get("email"):
            answered = {"from": subscribers.subscriber_id(item["email"])}
            changed["readdressed"] = item.get("readdressed", answered)
        if item.get("stopped", {}).get("why") != ASKED:
            changed.pop("stopped", None)
        return with_clock(changed)

    return change_by_office(certification, readdressed, "new address for invitations", by, now, **press)


def invite_again(certification: str, by: str, now: datetime, **press: str) -> bool:
    """Undo a stop; an invitation that did not arrive is sent again.

    Nothing changes where there is no address.
    """

    def invited(item: dict[str, Any]) -> dict[str, Any]:
        _, state = latest_invitation(item)
        if not ("stopped" in item or state in NOT_ARRIVED) or not item.get("email"):
            return item
        changed = {name: value for name, value in item.items() if name != "stopped"}
        return with_clock(changed | {"mail": without_invitations(item, SENT_AGAIN)})

    return change_by_office(certification, invited, "invited again", by, now, **press)


def forget(certification: str, address: str, now: datetime) -> None:
    """Erase an e-mail address from a certification, in any spelling, also from one whose mark was undone.

    The agency stays certified, and a wish of its own for no invitations stays, too. Idempotent.
    """
    gone = addresses.identity(address)

    def without(holder: dict[str, Any]) -> dict[str, Any]:
        if addresses.identity(holder.get("email", "")) != gone:
            return holder
        asked = holder.get("stopped", {}).get("why") == ASKED
        stopped = holder["stopped"] if asked else {"at": now.isoformat(), "why": ERASED}
        # Without an address, no invitation may be tried, so it leaves the clock as well.
        return without_clock({**holder, "email": "", "zip": "", "stopped": stopped})

    def forgotten(item: dict[str, Any]) -> dict[str, Any]:
        if not item:
            return item
        periods = {
            reference: period | {"left": without(period["left"])} if "left" in period else period
            for reference, period in item["periods"].items()
        }
        return without(item | {"periods": periods})

    change(certification, forgotten)


def without_invitations(item: dict[str, Any], states: Sequence[str] = ()) -> dict[str, Any]:
    """Return the mail of an item without its invitations, or without those in these states.

    One that is being sent stays: its sender still settles it.
    """
    return {
        slot: what
        for slot, what in item["mail"].items()
        if not slot.startswith(INVITATION) or what["state"] == "claimed" or (states and what["state"] not in states)
    }


def _table() -> str:
    return settings().certifications_table
