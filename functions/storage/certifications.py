"""Stores the certified agencies: who, from when until when, and whether the public may see it.

A certification exists because the office marked a plaque as mailed, and follows that submission: an undo removes it,
a correction corrects it. An item: id (keyed hash of the agency's first name and state), periods (by reference of the
submission: completed, ends_on, listed, name, state, marked_at, mail), and of the latest period: name, agency_state,
completed, ends_on, reference, received_at, email, mail (see outbox.py), clock and next_at (index `clock`), expires_at
(TTL). What the office did with it: withdrawn and relisted ({at, by}), ended ({at, by}), history. If someone stopped
the invitations: stopped. While it is listed: register, code and entry (see register.py). An agency that was renamed
has a second item: id (of the new name), same_as (the first id).
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import keys
import promises
from normalize.folding import agency_key
from settings import settings
from storage import dynamodb, register
from storage.register import Entry
from storage.submissions import Submission, valid_until

KEPT_AFTER_END = timedelta(days=90)
"""How long an agency's item is kept after its certification ended."""
INVITATION = "invitation-"
"""Prefix of the slots of invitations, before the number of days: `invitation-60`."""
TRIES = 5
Item = dict[str, Any]


@dataclass(frozen=True)
class Certification(Entry):
    """One certified agency, for the office: more than the register shows."""

    id: str
    reference: str
    """Reference of the submission whose plaque was mailed last."""
    email: str
    consented: bool
    """Whether the agency agreed to be listed, on the form or by telling the office."""
    withdrawn: bool
    invited: str
    """The outcome of the latest invitation to renew, in words; empty before there is one."""
    stopped: bool

    @property
    def listed(self) -> bool:
        """Return whether the public register may show it."""
        return self.consented and not self.withdrawn

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Certification":
        periods = [(period["completed"], period["ends_on"]) for period in item["periods"].values()]
        latest = item["periods"][item["reference"]]
        invited = sorted(int(slot.removeprefix(INVITATION)) for slot in item["mail"] if slot.startswith(INVITATION))
        return cls(
            id=item["id"],
            code=register.code_of(item["id"]),
            name=item["name"],
            state=item["agency_state"],
            reference=item["reference"],
            email=item["email"],
            periods=tuple((date.fromisoformat(since), date.fromisoformat(until)) for since, until in sorted(periods)),
            consented=latest["listed"] or "relisted" in item,
            withdrawn="withdrawn" in item,
            ended_on=promises.day_at_office(datetime.fromisoformat(item["ended"]["at"])) if "ended" in item else None,
            invited=_invited(invited[0], item["mail"][f"{INVITATION}{invited[0]}"]["state"]) if invited else "",
            stopped="stopped" in item,
        )


def follow(submission: Submission) -> None:
    """Update the certification from its submission: it exists while the submission is marked as mailed. Idempotent.

    An erased submission changes nothing.
    """
    if not submission.certification or submission.erased_at:
        return
    change = _with_period if submission.done else _without_period
    _change(submission.certification, lambda item: change(item, submission))
    # A corrected name: the new one must lead to the same certification.
    if submission.done and submission.agency and (named := id_of(submission.agency)) != submission.certification:
        _also_known(named, submission.certification)


def get(certification: str) -> Certification | None:
    """Return a certification, None if there is none."""
    item = dynamodb.get(_table(), {"id": certification})
    return Certification.from_item(item) if item and item.get("periods") else None


def everybody() -> Iterator[Certification]:
    """Yield every certification, ended ones included, in no particular order. Scans the table."""
    return (Certification.from_item(item) for item in dynamodb.scan(_table()) if item.get("periods"))


def rename(certification: str, name: str, by: str, now: datetime) -> bool:
    """Rename an agency; return False if there is no such certification."""

    def renamed(item: Item) -> Item:
        agency = agency_key(name, item["agency_state"])
        if id_of(agency) != certification:
            _also_known(id_of(agency), certification)
        return _noted(item | {"name": name}, "renamed", by, now, before=item["name"])

    return _of_the_office(certification, renamed)


def withdraw(certification: str, by: str, now: datetime) -> bool:
    """Remove an agency from the register; it stays certified."""
    return _of_the_office(
        certification,
        lambda item: (
            item
            if "withdrawn" in item
            else _noted(item | {"withdrawn": {"at": now.isoformat(), "by": by}}, "withdrawn", by, now)
        ),
    )


def relist(certification: str, by: str, now: datetime) -> bool:
    """List an agency in the register, because it asked the office to."""

    def relisted(item: Item) -> Item:
        changed = item | {"relisted": {"at": now.isoformat(), "by": by}}
        changed.pop("withdrawn", None)
        return _noted(changed, "listed", by, now)

    return _of_the_office(certification, relisted)


def end(certification: str, by: str, now: datetime) -> bool:
    """End a certification early, which stops its invitations."""

    def ended(item: Item) -> Item:
        if "ended" in item:
            return item
        changed = item | {"ended": {"at": now.isoformat(), "by": by}}
        return _noted(_without_clock(changed), "ended", by, now)

    return _of_the_office(certification, ended)


def resume(certification: str, by: str, now: datetime) -> bool:
    """Undo an early end."""

    def resumed(item: Item) -> Item:
        if "ended" not in item:
            return item
        changed = {name: value for name, value in item.items() if name != "ended"}
        return _noted(_with_clock(changed), "not ended", by, now)

    return _of_the_office(certification, resumed)


def due(now: datetime) -> list[Item]:
    """Return the certifications that remind.py must visit."""
    return list(dynamodb.query(_table(), "clock", "clock = :on AND next_at <= :now", on="on", now=now.isoformat()))


def stop(certification: str, now: datetime) -> None:
    """Stop the invitations of an agency. Idempotent; an unknown agency is ignored."""
    change = "SET stopped = :now ADD revision :one REMOVE clock, next_at"
    try:
        condition = "attribute_exists(id)"
        dynamodb.update(_table(), {"id": certification}, change, condition, {}, now=now.isoformat(), one=1)
    except dynamodb.ConditionFailed:
        return


def look_again(certification: Mapping[str, Any], at: datetime | None) -> None:
    """Set the time of the next visit, None for no visit."""
    # If the item changed since it was read, its own new time stays.
    change = "SET next_at = :at" if at else "REMOVE clock, next_at"
    values = {"seen": certification["next_at"]} | ({"at": at.isoformat()} if at else {})
    try:
        dynamodb.update(_table(), {"id": certification["id"]}, change, "next_at = :seen", {}, **values)
    except dynamodb.ConditionFailed:
        return


def id_of(agency: str) -> str:
    """Return the id of an agency in keys and links, 32 hexadecimal digits."""
    return hmac.new(keys.identity(), agency.encode(), hashlib.sha256).hexdigest()[:32]


def id_for(agency: str) -> str:
    """Return the id of an agency's certification, existing or not. A renamed agency keeps its id."""
    item = dynamodb.get(_table(), {"id": id_of(agency)}) or {}
    known: str = item.get("same_as", id_of(agency))
    return known


def invitation_times(ends_on: date) -> list[tuple[str, datetime]]:
    """Return the slots of the invitations to renew, and the mornings on which they are sent, the earliest first."""
    days = sorted((int(number) for number in settings().invitation_days), reverse=True)
    return [(f"{INVITATION}{each}", promises.morning_at_office(ends_on - timedelta(days=each))) for each in days]


def _invited(days: int, state: str) -> str:
    return f"{state}, {f'{days} days before the end' if days else 'on the last day'}"


def _with_period(item: Item, submission: Submission) -> Item:
    """Return the item with the period of this submission. A later period has its own invitations and consent."""
    answers, done = submission.answers, submission.done or {}
    facts = {
        "completed": answers["completed"],
        "ends_on": valid_until(submission).isoformat(),
        "listed": answers.get("listed") == "yes",
        "name": answers["agency"],
        "state": answers["agency_state"],
        "marked_at": done["at"],
    }
    known = item.get("periods", {}).get(submission.reference, {})
    mail = known.get("mail", {})
    periods = item.get("periods", {}) | {submission.reference: facts | {"mail": mail}}
    latest = _latest(periods)
    as_before = {name: value for name, value in known.items() if name != "mail"} == facts
    if as_before and (latest != submission.reference or item["email"] == answers["email"]):
        return item
    changed = item | {"id": submission.certification, "periods": periods}
    if latest != submission.reference:
        return changed
    if item.get("reference") != latest:
        changed = _begun(changed, latest)
    return _with_clock(
        changed
        | {
            "name": facts["name"],
            "agency_state": facts["state"],
            "completed": facts["completed"],
            "ends_on": facts["ends_on"],
            "received_at": submission.received_at.isoformat(),
            "email": answers["email"],
        }
    )


def _without_period(item: Item, submission: Submission) -> Item:
    """Return the item without the period of this submission: the previous period becomes the latest again."""
    if submission.reference not in item.get("periods", {}):
        return item
    periods = {name: period for name, period in item["periods"].items() if name != submission.reference}
    changed = item | {"periods": periods}
    if not periods:
        return _without_clock(changed) | {"mail": {}}
    if item["reference"] != submission.reference:
        return changed
    latest = _latest(periods)
    period = periods[latest]
    facts = {"name": period["name"], "agency_state": period["state"]}
    facts |= {"completed": period["completed"], "ends_on": period["ends_on"]}
    return _with_clock(_begun(changed, latest) | facts)


def _latest(periods: Mapping[str, Mapping[str, str]]) -> str:
    # Two requests for one date: the one that was marked last counts.
    return max(periods, key=lambda reference: (periods[reference]["completed"], periods[reference]["marked_at"]))


def _begun(item: Item, latest: str) -> Item:
    """Return the item in another period. Each period keeps the state of its own e-mail, so that none is sent twice."""
    periods, before = dict(item["periods"]), item.get("reference", "")
    if before in periods:
        periods[before] = periods[before] | {"mail": item["mail"]}
    # A new period starts afresh: what the office or the agency stopped belonged to the old one.
    gone = ("withdrawn", "relisted", "ended", "stopped") if before in periods else ()
    kept = {name: value for name, value in item.items() if name not in gone}
    return kept | {"reference": latest, "periods": periods, "mail": periods[latest].get("mail", {})}


def _with_clock(item: Item) -> Item:
    ends_on = date.fromisoformat(item["ends_on"])
    forgotten = promises.morning_at_office(ends_on) + KEPT_AFTER_END
    item = item | {"expires_at": int(forgotten.timestamp())}
    # Without clock and next_at the item leaves the sparse index, so remind.py never visits it.
    if "stopped" in item or "ended" in item:
        return _without_clock(item)
    return item | {"clock": "on", "next_at": invitation_times(ends_on)[0][1].isoformat()}


def _without_clock(item: Item) -> Item:
    return {name: value for name, value in item.items() if name not in ("clock", "next_at")}


def _noted(item: Item, what: str, by: str, now: datetime, **details: str) -> Item:
    return item | {"history": [*item.get("history", []), {"what": what, "at": now.isoformat(), "by": by, **details}]}


def _as_listed(item: Item) -> Item:
    """Return the item with what the public register shows of it, or without that."""
    outside = register.without_attributes(item)
    if not item.get("periods") or not (found := Certification.from_item(item)).listed:
        return outside
    return outside | register.attributes(found)


def _of_the_office(certification: str, change: Callable[[Item], Item]) -> bool:
    return _change(certification, lambda item: change(item) if item.get("periods") else item)


def _change(certification: str, change: Callable[[Item], Item]) -> bool:
    """Write the changed item, and retry if another write came first; return False if there is no item.

    E-mail is claimed and settled concurrently, so the write is conditional on the state that was read.
    """
    for _ in range(TRIES):
        item = dynamodb.get(_table(), {"id": certification}) or {}
        changed = _as_listed(change(dict(item)))
        if changed == item:
            return bool(item.get("periods"))
        condition, values = "attribute_not_exists(id)", {}
        if item:
            # Optimistic lock. `mail` is compared as well, because claims do not raise the revision.
            condition = "revision = :seen AND mail = :mail"
            values = {"seen": item["revision"], "mail": item["mail"]}
        try:
            dynamodb.put(_table(), changed | {"revision": int(item.get("revision", 0)) + 1}, condition, {}, **values)
        except dynamodb.ConditionFailed:
            continue
        return True
    raise RuntimeError(f"a certification changed {TRIES} times while it was to be changed")


def _also_known(named: str, certification: str) -> None:
    """Map another name of the agency to its certification, unless that name has one of its own."""
    try:
        dynamodb.put(_table(), {"id": named, "same_as": certification}, "attribute_not_exists(id)", {})
    except dynamodb.ConditionFailed:
        return


def _table() -> str:
    return settings().certifications_table
