"""Changes a certified agency as the office decides: its name, whether it is listed, whether its certification ends."""

from collections.abc import Callable
from datetime import datetime

from normalize.folding import agency_key
from storage import certification_items
from storage.certification_items import also_known, with_clock
from storage.certifications import Certification, Item, get, id_of


class ChangedMeanwhile(Exception):
    """Someone else changed the certification since its page was opened."""


def rename(certification: str, name: str, by: str, now: datetime, **press: str) -> bool:
    """Rename an agency; return False if there is no such certification. `press` is as for change_by_office."""

    def renamed(item: Item) -> Item:
        if item["name"] == name:
            return item
        return item | {"name": name, "renamed": {"from": item["periods"][item["reference"]]["name"], "to": name}}

    done = change_by_office(certification, renamed, "renamed", by, now, **press)
    # Only now: a change that was refused leaves no other name behind.
    if done and (found := get(certification)) and (named := id_of(agency_key(name, found.state))) != certification:
        also_known(named, certification)
    return done


def withdraw(certification: str, by: str, now: datetime, **press: str) -> bool:
    """Remove an agency from the register; it stays certified."""

    def withdrawn(item: Item) -> Item:
        # A renewal that was asked for since has a consent of its own, which ends with a withdrawal of its own.
        return (
            item if Certification.from_item(item).withdrawn else item | {"withdrawn": {"at": now.isoformat(), "by": by}}
        )

    return change_by_office(certification, withdrawn, "removed from the register", by, now, **press)


def relist(certification: str, by: str, now: datetime, **press: str) -> bool:
    """List an agency in the register, because it asked the office to."""

    def relisted(item: Item) -> Item:
        changed = item | {"relisted": {"at": now.isoformat(), "by": by}}
        changed.pop("withdrawn", None)
        return changed

    return change_by_office(certification, relisted, "added to the register", by, now, **press)


def end(certification: str, by: str, now: datetime, **press: str) -> bool:
    """End a certification early, which stops its invitations."""

    def ended(item: Item) -> Item:
        return item if "ended" in item else with_clock(item | {"ended": {"at": now.isoformat(), "by": by}})

    return change_by_office(certification, ended, "certification ended", by, now, **press)


def resume(certification: str, by: str, now: datetime, **press: str) -> bool:
    """Undo an early end."""

    def resumed(item: Item) -> Item:
        if "ended" not in item:
            return item
        return with_clock({name: value for name, value in item.items() if name != "ended"})

    return change_by_office(certification, resumed, "end undone", by, now, **press)


def change_by_office(
    certification: str,
    change: Callable[[Item], Item],
    what: str,
    by: str,
    now: datetime,
    *,
    once: str = "",
    seen: str = "",
) -> bool:
    """Change an item, and write into its history what was done; return False if there is no such certification.

    `once` is the token of the button, so that a second press does nothing; `seen` is the revision that the person saw.
    Raises ChangedMeanwhile if there is a newer one.
    """

    def changed(item: Item) -> Item:
        if not item.get("periods"):
            return item
        history = item.get("history", [])
        if once and any(entry.get("once") == once for entry in history):
            return item
        if seen and seen != str(item["revision"]):
            raise ChangedMeanwhile
        new = change(item)
        if new == item:
            return item
        entry = {"what": what, "at": now.isoformat(), "by": by} | ({"once": once} if once else {})
        before = {"before": item["name"]} if new["name"] != item["name"] else {}
        return new | {"history": [*history, entry | before]}

    return certification_items.change(certification, changed)
