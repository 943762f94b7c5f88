"""Writes the item of a certification: conditionally, and with what the register and the clock are to see of it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import promises
from settings import settings
from storage import dynamodb, register
from storage.certifications import KEPT_AFTER_END, MAILED_AFTER, Certification, Item, id_of, invitation_times

TRIES = 5
"""How often to retry if something else is written into the item at the same time."""


def change(certification: str, becomes: Callable[[Item], Item]) -> bool:
    """Write the item as `becomes` returns it, creating it if needed; retry if another write came first.

    Return False if nothing changed and the item has no period. Raises RuntimeError after TRIES conflicts.
    """
    for _ in range(TRIES):
        item = dynamodb.get(_table(), {"id": certification}) or {}
        condition, values = "attribute_not_exists(id)", {}
        if "same_as" in item:
            # The name came to stand for another agency between a mark and this write: it gets its own after all.
            item, condition = {}, "attribute_exists(same_as)"
        elif item:
            # E-mail is claimed and settled concurrently. `mail` is compared, because claims do not raise the revision.
            condition = "revision = :seen AND mail = :mail"
            values = {"seen": item["revision"], "mail": item["mail"]}
        changed = _as_listed(becomes(dict(item)))
        if changed == item:
            return bool(item.get("periods"))
        try:
            dynamodb.put(_table(), changed | {"revision": int(item.get("revision", 0)) + 1}, condition, {}, **values)
        except dynamodb.ConditionFailed:
            continue
        return True
    raise RuntimeError(f"a certification changed {TRIES} times while it was to be changed")


def also_known(named: str, certification: str) -> None:
    """Map another name of the agency to its certification, unless that name has one of its own."""
    free = "attribute_not_exists(id) OR periods = :none"
    try:
        dynamodb.put(_table(), {"id": named, "same_as": certification}, free, {}, none={})
    except dynamodb.ConditionFailed:
        return


def stand_for_itself(agency: str) -> None:
    """Let the name of an agency stand for itself again, if it stood for another one's. Idempotent."""
    itself = {"id": id_of(agency), "periods": {}, "mail": {}, "revision": 0}
    try:
        dynamodb.put(_table(), itself, "attribute_exists(same_as)", {})
    except dynamodb.ConditionFailed:
        return


def look_again(certification: Mapping[str, Any], at: datetime | None) -> None:
    """Set the time of the next visit, None for no visit."""
    # If the item changed since it was read, its own new time stays.
    expression = "SET next_at = :at" if at else "REMOVE clock, next_at"
    values = {"seen": certification["next_at"]} | ({"at": at.isoformat()} if at else {})
    try:
        dynamodb.update(_table(), {"id": certification["id"]}, expression, "next_at = :seen", {}, **values)
    except dynamodb.ConditionFailed:
        return


def with_clock(item: Item) -> Item:
    """Return the item with its expiry, and as remind.py visits it: for its invitations, unless they are stopped."""
    ends_on = date.fromisoformat(item["ends_on"])
    forgotten = promises.morning_at_office(Certification.from_item(item).end) + KEPT_AFTER_END
    item = item | {"expires_at": int(forgotten.timestamp())}
    # Without clock and next_at the item leaves the sparse index, so remind.py never visits it.
    if "stopped" in item or "ended" in item:
        return without_clock(item)
    times = invitation_times(ends_on)
    undone_until = datetime.fromisoformat(item["periods"][item["reference"]]["marked_at"]) + MAILED_AFTER
    # What was sent before the date was corrected is no invitation of a morning that is now still to come.
    ahead = {slot for slot, at in times if at > promises.now()}
    mail = {slot: what for slot, what in item["mail"].items() if slot not in ahead or what["state"] == "claimed"}
    return item | {"clock": "on", "next_at": max(times[0][1], undone_until).isoformat(), "mail": mail}


def without_clock(item: Item) -> Item:
    """Return the item as remind.py does not visit it."""
    return {name: value for name, value in item.items() if name not in ("clock", "next_at")}


def _as_listed(item: Item) -> Item:
    """Return the item with what the public register shows of it, or without that."""
    outside = register.without_attributes(item)
    if not item.get("periods") or not (found := Certification.from_item(item)).listed:
        return outside
    return outside | register.attributes(found)


def _table() -> str:
    return settings().certifications_table
