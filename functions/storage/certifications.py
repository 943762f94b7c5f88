"""The certified agencies: who, from when until when, and whether the public may see it.

A certification exists because the office marked a plaque as mailed (see office/periods.py); what the office changes of
it is in office/agencies.py. An item: id (keyed hash of the agency's first name and state), periods (by reference of the
submission: completed, ends_on, asked_at, listed and since when its request says so (listed_said_at), name, state,
marked_at, mail; of an earlier one also `left`: contact and stops when the next began), and of the latest period: name,
agency_state, completed, ends_on, reference, received_at, email, zip (five digits), mail (see outbox.py), clock and
next_at (index `clock`), expires_at (TTL). What the office did with it: withdrawn and relisted ({at, by}), ended ({at,
by}), renamed ({from, to}), readdressed ({from: keyed id of the address that the request has}), history. Why there are
no invitations: stopped ({at, why}, see office/invitations.py).
While it is listed: register, code and entry (see register.py). An agency with more than one name has further items: id
(of the other name), same_as (the first id).
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any

import keys
import promises
from settings import settings
from storage import dynamodb, register
from storage.register import Entry

KEPT_AFTER_END = timedelta(days=90)
"""How long an agency's item is kept after its certification ended, by itself or by the office."""
MAILED_AFTER = timedelta(minutes=10)
"""Delay of what a mark sends to the agency, so that the mark can be undone in time: that the plaque is on its way, and
an invitation to renew that was due before."""
INVITATION = "invitation-"
"""Prefix of the slots of invitations, before the number of days: `invitation-60`."""
NOT_ARRIVED = ("refused", "rejected", "bounced")
"""States of an e-mail that SES did not send, or that came back."""
NAMES_IN_A_ROW = 5
"""How many names may lead on to another before the last one stands for itself."""
ID = re.compile("[0-9a-f]{32}")
Item = dict[str, Any]


@dataclass(frozen=True)
class Certification(Entry):
    """One certified agency, for the office: more than the register shows."""

    id: str
    reference: str
    """Reference of the submission whose plaque was mailed last."""
    email: str
    zip: str
    """Five digits of the address that the latest plaque went to; empty once a person's data were erased."""
    consented: bool
    """Whether the agency agreed to be listed, on the form or by telling the office."""
    withdrawn: bool
    history: tuple[Mapping[str, str], ...]
    """The office's actions on it, the oldest first: what, at, by, and for a new name the one before."""
    invited: str
    """The outcome of the latest invitation to renew, in words; empty before there is one."""
    not_arrived: bool
    """Whether the latest invitation did not arrive, which alone stops none."""
    why_stopped: str
    """Why there are no invitations (see office/invitations.py), empty if there are."""
    names: tuple[str, ...]
    """Every name that it has or had."""
    revision: int = field(compare=False)
    """Changes with every change that is not about e-mail."""

    @property
    def stopped(self) -> bool:
        return bool(self.why_stopped)

    @property
    def listed(self) -> bool:
        """Return whether the public register may show it."""
        return self.consented and not self.withdrawn

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Certification":
        latest = item["periods"][item["reference"]]
        days, state = latest_invitation(item)
        return cls(
            id=item["id"],
            code=register.code_of(item["id"]),
            name=item["name"],
            state=item["agency_state"],
            reference=item["reference"],
            email=item["email"],
            zip=item.get("zip", ""),
            periods=tuple(sorted(_periods(item).items())),
            # The last word counts, of the agency on its request or to the office: nothing depends on what was
            # marked and undone meanwhile.
            consented=latest["listed"] or _at(item, "relisted") > latest["listed_said_at"],
            withdrawn=_at(item, "withdrawn") >= latest["asked_at"],
            ended_on=_ended_on(item),
            invited=_invited(days, state) if state else "",
            not_arrived=state in NOT_ARRIVED,
            why_stopped=item.get("stopped", {}).get("why", ""),
            history=tuple(item.get("history", ())),
            names=tuple(dict.fromkeys([item["name"], *_earlier_names(item)])),
            revision=int(item.get("revision", 0)),
        )


def get(certification: str) -> Certification | None:
    """Return a certification, None if there is none. The id may be anything that was sent."""
    item = dynamodb.get(_table(), {"id": certification}) if ID.fullmatch(certification) else None
    return Certification.from_item(item) if item and item.get("periods") else None


def left_withdrawn(certification: str) -> bool:
    """Return whether an agency was removed from the register, and all its marks were undone since."""
    item = dynamodb.get(_table(), {"id": certification}) if certification else None
    return item is not None and "withdrawn" in item and not item["periods"]


def of_agency(agency: str) -> Certification | None:
    """Return the certification that an agency's name leads to, None if there is none."""
    return get(id_for(agency)) if agency else None


def everybody(state: str = "") -> Iterator[Certification]:
    """Yield every certification, of one state or all, ended ones included, in no particular order. Scans the table."""
    asked: dict[str, Any] = {}
    if state:  # DynamoDB leaves out the others: to make thousands of them takes longer than to read them
        of_state = dynamodb.to_item({":state": state})
        asked = {"FilterExpression": "agency_state = :state", "ExpressionAttributeValues": of_state}
    return (Certification.from_item(item) for item in dynamodb.scan(_table(), **asked) if item.get("periods"))


def count(day: date) -> tuple[int, int]:
    """Return how many agencies are certified on a day, and how many of them are listed. Reads two attributes of each.

    A scan, because an agency's last day comes without anything that could be counted.
    """
    asked: dict[str, Any] = {
        "ProjectionExpression": "id, register",
        # What the office ended holds on no later day, but for one that was ended on its first day (register.last_day).
        "FilterExpression": "ends_on >= :day AND (attribute_not_exists(ended) OR completed >= :day)"
        " AND size(periods) > :none",
        "ExpressionAttributeValues": dynamodb.to_item({":day": day.isoformat(), ":none": 0}),
    }
    found = ["register" in item for item in dynamodb.scan(_table(), **asked)]
    return len(found), sum(found)


def due(now: datetime) -> list[Item]:
    """Return the certifications that remind.py must visit, as {id, next_at}. The index is eventually consistent."""
    return list(dynamodb.query(_table(), "clock", "clock = :on AND next_at <= :now", on="on", now=now.isoformat()))


def addresses_of(item: Mapping[str, Any]) -> list[str]:
    """Return the e-mail addresses that an item holds: of its latest period, and of the periods before."""
    before = [period["left"]["email"] for period in item.get("periods", {}).values() if "left" in period]
    return [address for address in (item.get("email", ""), *before) if address]


def id_of(agency: str) -> str:
    """Return the id of an agency in keys and links, 32 hexadecimal digits."""
    return hmac.new(keys.identity(), agency.encode(), hashlib.sha256).hexdigest()[:32]


def id_for(agency: str) -> str:
    """Return the id of an agency's certification, existing or not. A renamed agency keeps its id.

    So does one whose state was corrected: its id was made of the wrong state, where an agency of that name may be, too.
    """
    found, item = _led_to(id_of(agency))
    if not item.get("periods") or agency.endswith(f"({item['agency_state']})"):
        return found
    return resolved(id_of(f"{agency} itself"))


def resolved(certification: str) -> str:
    """Return the id of the certification that another id leads to, or the id itself."""
    return _led_to(certification)[0]


def _led_to(certification: str) -> tuple[str, Item]:
    """Return the id of the certification that an id leads to, and its item, empty if there is none."""
    item = dynamodb.get(_table(), {"id": certification}) or {}
    # An agency whose only mark was undone can come to stand for another one, so a name may lead on from there.
    for _ in range(NAMES_IN_A_ROW):
        if "same_as" not in item:
            break
        certification = item["same_as"]
        item = dynamodb.get(_table(), {"id": certification}) or {}
    return certification, item


def invitation_times(ends_on: date) -> list[tuple[str, datetime]]:
    """Return the slots of the invitations to renew, and the mornings on which they are sent, the earliest first."""
    days = sorted((int(number) for number in settings().invitation_days), reverse=True)
    return [(f"{INVITATION}{each}", promises.morning_at_office(ends_on - timedelta(days=each))) for each in days]


def latest_invitation(item: Mapping[str, Any]) -> tuple[int, str]:
    """Return how many days before the end the latest invitation was due, and its state, empty if there is none."""
    states = {
        int(slot.removeprefix(INVITATION)): what["state"]
        for slot, what in item["mail"].items()
        if slot.startswith(INVITATION)
    }
    return min(states.items(), default=(0, ""))


def _periods(item: Mapping[str, Any]) -> dict[date, date]:
    """Return the last day of each period by its first. Of two plaques for one date, the second one counts."""
    found = {}
    for period in sorted(item["periods"].values(), key=itemgetter("marked_at")):
        since, until = date.fromisoformat(period["completed"]), date.fromisoformat(period["ends_on"])
        found[since] = register.last_day(since, until, _ended_on(period.get("left", {})))
    return found


def _ended_on(item: Mapping[str, Any]) -> date | None:
    """Return the day on which the office ended a certification early, None if it did not."""
    return promises.day_at_office(datetime.fromisoformat(item["ended"]["at"])) if "ended" in item else None


def _at(item: Mapping[str, Any], name: str) -> str:
    """Return when the office did something; empty, which is before every time, if it did not."""
    return str(item[name]["at"]) if name in item else ""


def _invited(days: int, state: str) -> str:
    words = "not sent yet" if state in ("owed", "claimed") else state
    return f"{words}, {f'{days} days before the end' if days else 'on the last day'}"


def _earlier_names(item: Mapping[str, Any]) -> list[str]:
    renamed = [entry["before"] for entry in item.get("history", ()) if "before" in entry]
    return [*(period["name"] for period in item["periods"].values()), *renamed]


def _table() -> str:
    return settings().certifications_table
