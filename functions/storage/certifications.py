"""The table of certified agencies: who is certified until when, and the invitations to renew.

One item for each agency: id (salted hash of its name and state), name, agency_state, completed and ends_on
(YYYY-MM-DD), reference and received_at of the plaque request, email, mail (see outbox.py), clock and next_at (index
`clock`), expires_at (TTL), stopped (when somebody wanted no more invitations). A newer request of the same agency
takes the place of the older one, and with it the older one's clock ends.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import keys
import promises
from storage import dynamodb
from storage.submissions import Submission, valid_until

KEPT_AFTER_END = timedelta(days=90)
"""How long an agency's item stays after its certification ended."""


def keep(submission: Submission) -> None:
    """Note the certification that a plaque was requested for; asked again, nothing changes.

    A later date of completion begins anew. A later request for the same date corrects the address alone, so that
    nobody is invited twice.
    """
    ends_on = valid_until(submission)
    facts = {
        "name": submission.answers["agency"],
        "agency_state": submission.answers["agency_state"],
        "completed": submission.answers["completed"],
        "ends_on": ends_on.isoformat(),
        "reference": submission.reference,
        "received_at": submission.received_at.isoformat(),
        "email": submission.answers["email"],
    }
    certification = id_of(submission.agency or "")
    begun = {
        "id": certification,
        "mail": {},
        "clock": "on",
        "next_at": invitation_times(ends_on)[0].isoformat(),
        "expires_at": int((promises.morning_at_office(ends_on) + KEPT_AFTER_END).timestamp()),
    }
    try:
        condition = "attribute_not_exists(id) OR completed < :completed"
        dynamodb.put(_table(), facts | begun, condition, {}, completed=facts["completed"])
    except dynamodb.ConditionFailed as failed:
        if failed.item["completed"] == facts["completed"] and failed.item["received_at"] < facts["received_at"]:
            _correct(certification, facts)


def due(now: datetime) -> list[dict[str, Any]]:
    """The certifications that the clock has to look at."""
    return list(dynamodb.query(_table(), "clock", "clock = :on AND next_at <= :now", on="on", now=now.isoformat()))


def stop(certification: str, now: datetime) -> None:
    """No more invitations for this agency, whether there were any or not."""
    change, values = "SET stopped = :now REMOVE clock, next_at", {"now": now.isoformat()}
    try:
        dynamodb.update(_table(), {"id": certification}, change, "attribute_exists(id)", {}, **values)
    except dynamodb.ConditionFailed:
        return


def id_of(agency: str) -> str:
    """What stands for an agency in keys and links: 32 hexadecimal digits."""
    return hmac.new(keys.identity(), agency.encode(), hashlib.sha256).hexdigest()[:32]


def invitation_times(ends_on: date) -> tuple[datetime, datetime]:
    """The mornings of the two invitations."""
    before = ends_on - promises.RENEWAL_INVITED_BEFORE
    return promises.morning_at_office(before), promises.morning_at_office(ends_on)


def look_again(certification: Mapping[str, Any], at: datetime | None) -> None:
    """Unless it changed meanwhile: then the clock looks at what it is now."""
    change = "SET next_at = :at" if at else "REMOVE clock, next_at"
    values = {"seen": certification["next_at"]} | ({"at": at.isoformat()} if at else {})
    try:
        dynamodb.update(_table(), {"id": certification["id"]}, change, "next_at = :seen", {}, **values)
    except dynamodb.ConditionFailed:
        return


def _correct(certification: str, facts: Mapping[str, str]) -> None:
    change = "SET email = :email, #reference = :reference, received_at = :received_at"
    values = {name: facts[name] for name in ("email", "reference", "received_at", "completed")}
    names = {"#reference": "reference"}
    try:
        dynamodb.update(_table(), {"id": certification}, change, "completed = :completed", names, **values)
    except dynamodb.ConditionFailed:  # meanwhile a newer one
        return


def _table() -> str:
    return os.environ["CERTIFICATIONS_TABLE"]
