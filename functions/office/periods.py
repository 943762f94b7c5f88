"""Makes a certification of the submissions whose plaques were mailed: one period for each.

It follows its submissions: an undo removes its period, a correction corrects it.
"""

from collections.abc import Mapping
from typing import Any

import promises
from office.invitations import ASKED, ERASED, SENT_AGAIN, forget, without_invitations
from storage import submissions, subscribers
from storage.certification_items import also_known, change, with_clock, without_clock
from storage.certifications import Item, id_of
from storage.submissions import Submission, valid_until

CONTACT = ("email", "zip", "received_at", "readdressed")
STOPS = ("ended", "stopped")
"""Marks of the office or the agency that stop something. Like the contact, they are of the latest period."""


def follow(submission: Submission) -> None:
    """Update the certification from its submission: it exists while the submission is marked as mailed. Idempotent.

    An erased submission changes nothing.
    """
    if not submission.certification or submission.erased_at:
        return
    follows = _with_period if submission.done else _without_period
    change(submission.certification, lambda item: follows(item, submission))
    # An erasure that came after the submission was read may have found the certification as it was before.
    now = submissions.get(submission.reference)
    if now and now.erased_at:
        forget(submission.certification, submission.answers["email"], promises.now())
    # A corrected name: the new one must lead to the same certification.
    if submission.done and submission.agency and (named := id_of(submission.agency)) != submission.certification:
        also_known(named, submission.certification)


def _with_period(item: Item, submission: Submission) -> Item:
    """Return the item with the period of this submission. A later period has its own invitations and consent."""
    answers, done = submission.answers, submission.done or {}
    facts: Item = {
        "completed": answers["completed"],
        "ends_on": valid_until(submission).isoformat(),
        "listed": answers.get("listed") == "yes",
        "listed_said_at": _listed_said_at(submission),
        "name": answers["agency"],
        "state": answers["agency_state"],
        "marked_at": done["at"],
    }
    known = item.get("periods", {}).get(submission.reference, {})
    kept = {name: known[name] for name in ("asked_at", "left") if name in known}
    period = {"mail": known.get("mail", {}), "asked_at": submission.received_at.isoformat()} | kept | facts
    changed = item | {
        "id": submission.certification,
        "periods": item.get("periods", {}) | {submission.reference: period},
    }
    latest, is_current = _latest(changed["periods"]), item.get("reference") == submission.reference
    if latest != submission.reference and is_current:  # its date was corrected to one before another period's
        return _turned_to(_with_contact(changed, submission), latest)
    if latest != submission.reference:
        period["left"] = _with_contact(known.get("left", {}), submission)
        return item if period == known else changed
    changed = _with_contact(changed if is_current else _begun(changed, latest), submission)
    return item if changed == item else with_clock(changed | _shown(changed, facts))


def _without_period(item: Item, submission: Submission) -> Item:
    """Return the item without the period of this submission: the previous period becomes the latest again."""
    if submission.reference not in item.get("periods", {}):
        return item
    periods = {name: period for name, period in item["periods"].items() if name != submission.reference}
    changed = item | {"periods": periods}
    if not periods:
        # Its contact, which the office may have entered, is there for the next mark: as long as the request is kept.
        ends = submission.received_at + submission.declared.kept_for
        return without_clock(changed) | {"mail": {}, "expires_at": int(ends.timestamp())}
    if item["reference"] != submission.reference:
        return changed
    return _turned_to(changed, _latest(periods))


def _listed_said_at(submission: Submission) -> str:
    """Return when the request said whether the agency is to be listed: as it was sent, or corrected to this answer."""
    corrected = [entry["at"] for entry in submission.history if "listed" in entry.get("before", {})]
    return corrected[-1] if corrected else submission.received_at.isoformat()


def _with_contact(item: Item, submission: Submission) -> Item:
    """Return an item, or what a period left, with the contact of its request.

    An address that the office replaced stays replaced until the request has another one.
    """
    answered = submission.answers["email"]
    is_replaced = item.get("readdressed", {}).get("from") == subscribers.subscriber_id(answered)
    kept = item if is_replaced else {name: value for name, value in item.items() if name != "readdressed"}
    contact = {
        "email": item["email"] if is_replaced else answered,
        "zip": submission.answers["zip"][:5],
        "received_at": submission.received_at.isoformat(),
    }
    if contact["email"] != item.get("email", contact["email"]):
        kept = _without_reports(kept)
    return _invited_at_its_address(kept | contact)


def _without_reports(item: Item) -> Item:
    """Return the item without what SES reported of its address, which says nothing of another one.

    What the agency itself said stays.
    """
    kept = {name: value for name, value in item.items() if name != "stopped" or value["why"] == ASKED}
    return kept | ({"mail": without_invitations(item, SENT_AGAIN)} if "mail" in item else {})


def _invited_at_its_address(item: Item) -> Item:
    """Return the item without a stop for want of an address, if it has one: that of another person, or another one."""
    if not item.get("email") or item.get("stopped", {}).get("why") != ERASED:
        return item
    return {name: value for name, value in item.items() if name != "stopped"}


def _shown(item: Item, period: Mapping[str, Any]) -> dict[str, str]:
    """Return what an item says of its latest period. A name that the office replaced stays replaced."""
    renamed = item.get("renamed", {})
    name = renamed["to"] if period["name"] == renamed.get("from") else period["name"]
    return {
        "name": name,
        "agency_state": period["state"],
        "completed": period["completed"],
        "ends_on": period["ends_on"],
    }


def _latest(periods: Mapping[str, Mapping[str, str]]) -> str:
    # Two requests for one date: the one that was marked last counts.
    return max(periods, key=lambda reference: (periods[reference]["completed"], periods[reference]["marked_at"]))


def _turned_to(item: Item, latest: str) -> Item:
    """Return the item with another period as its latest, as that period has it."""
    begun = _begun(item, latest)
    return with_clock(begun | _shown(begun, begun["periods"][latest]))


def _begun(item: Item, latest: str) -> Item:
    """Return the item with `latest` as its latest period. Each period keeps its own contact, stops, and sent e-mails.

    A new period has none. An undo restores the period before as it was, but what was stopped since stays stopped.
    """
    periods, before = dict(item["periods"]), item.get("reference", "")
    contact, stops = ({name: item[name] for name in names if name in item} for names in (CONTACT, STOPS))
    if before in periods:
        periods[before] = periods[before] | {"mail": item["mail"], "left": contact | stops}
    to = periods[latest] = dict(periods[latest])
    mail, left = to.get("mail", {}), to.pop("left", {})
    # A second plaque for the same certification, such as for one that was lost, begins nothing.
    is_the_same = bool(before) and item["completed"] == to["completed"]
    if is_the_same or before not in periods:
        left |= stops
    if is_the_same and before in periods:
        to["asked_at"] = min(to["asked_at"], periods[before]["asked_at"])
    if is_the_same and "readdressed" in item:
        left |= {"readdressed": item["readdressed"], "email": item["email"]}
    kept: Item = {name: value for name, value in item.items() if name not in (*STOPS, "readdressed")}
    begun: Item = {"reference": latest, "periods": periods, "mail": item["mail"] if is_the_same else mail}
    return _invited_at_its_address({**kept, **left, **begun})
