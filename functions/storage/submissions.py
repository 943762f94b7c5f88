"""Stores submissions: writes each form once, finds them, and updates them on a condition.

An item: reference (key), form, fingerprint, received_at and due_at (ISO 8601, UTC), answers (field: text, cleaned),
sender (keyed id of the address, index `senders`), agency and completed (index `agencies`, plaque requests only), mail
(see outbox.py), expires_at (TTL).
The office's work: stage and stage_at (index `work`, see workflow.py), held (reasons, only while it may be spam), done
({at, by, tracking}), closed ({at, by, reason, of}), released ({at, by, held}), taken ({at, by}). history: what was done
with it, the oldest first ({what, at, by, …}); steps: the tokens of those changes. certification: the id of the
certification that its mark made or renewed, or that the office chose. counted: what it added to the numbers of its
month (see numbers.py). shelf and find: its month, and its words (index `found`, see search.py). When the clock looks at
it: clock and next_at (index `clock`). When its sender's data were erased on request: erased_at. When its sender
confirmed a sign-up: confirmed_at.
"""

import heapq
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import count, islice
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple
from zlib import crc32

import keys
import promises
from forms.catalog import FORMS
from forms.form import Form, fingerprint, reference_for
from normalize import addresses
from settings import settings
from storage import counters, dynamodb, subscribers
from storage.dynamodb import ConditionFailed

SWEPT_AFTER = timedelta(minutes=10)
"""Time after which remind.py sends the e-mails that the stream did not."""
LONGEST_PAUSE = timedelta(hours=1)
"""Longest time between two attempts to send an e-mail."""
KEPT_AT_MOST = max(form.kept_for for form in FORMS.values())
ONE_DAY = timedelta(days=1)
CORRECTED_WITHIN = timedelta(days=90)
"""How long after a plaque was mailed a new request may be its correction."""
CLOCK = "on"
"""Name of the clock's keys (see spread)."""
SPREAD = 4
"""Keys of an index over which each stage, and what the clock looks at, is spread: DynamoDB takes 1,000 write units a
second at one key, whatever the table may take."""
DUE_AT_ONCE = 2_000
"""Most submissions that one call of remind.py takes: it reads them all before it sends anything, in its time."""
COMPARED_AT_MOST = 300
"""Requests of each stage that a new one is compared with, from the newest."""
QUIET = "enough from one network"
"""State of a receipt held back because its network caused enough e-mail in that hour. A release owes it again."""
FINGERPRINT_LENGTH = 32
"""Hexadecimal digits that are stored of a fingerprint: 128 bits, which no two submissions share by chance."""


class Submission(NamedTuple):
    """One stored submission."""

    reference: str
    form: str
    received_at: datetime
    due_at: datetime
    answers: Mapping[str, str]
    mail: Mapping[str, Mapping[str, str]]
    agency: str | None = None
    held: str = ""
    taken: Mapping[str, str] | None = None
    done: Mapping[str, str] | None = None
    closed: Mapping[str, str] | None = None
    released: Mapping[str, str] | None = None
    history: tuple[Mapping[str, Any], ...] = ()
    certification: str = ""
    counted: Mapping[str, int] = MappingProxyType({})
    erased_at: str = ""
    confirmed_at: str = ""
    steps: frozenset[str] = frozenset()
    """Tokens of the actions that were carried out (see workflow.py)."""

    @property
    def declared(self) -> type[Form]:
        """Return the form's class."""
        return FORMS[self.form]

    @property
    def promised_from(self) -> datetime:
        """Start of the promised time: the receipt, or the release of a held submission."""
        return datetime.fromisoformat(self.released["at"]) if self.released else self.received_at

    @property
    def urgency(self) -> tuple[datetime, datetime, str]:
        """Return what open work is sorted by: the due time; of one day's plaques, those first that came first."""
        return self.due_at, self.received_at, self.reference

    @property
    def is_open(self) -> bool:
        """Return whether the office has still to do something, held submissions included."""
        return bool(self.declared.staff_task) and not (self.done or self.closed or self.erased_at)

    @property
    def waits(self) -> bool:
        """Return whether the office is reminded of it: it is open, and not held."""
        return self.is_open and not self.held

    @property
    def former_senders(self) -> set[str]:
        """Return the e-mail addresses that were corrected, as keys of persons."""
        before = (entry.get("before", {}).get("email") for entry in self.history)
        return {addresses.identity(address) for address in before if address}

    @property
    def is_quiet(self) -> bool:
        """Return whether its network had caused enough e-mail, so that it has no receipt."""
        return self.mail.get("receipt", {}).get("state") == QUIET

    @property
    def unsent(self) -> list[str]:
        """Return the slots of the e-mails still to be sent: reminders only while it waits for the office."""
        from storage.outbox import BUNDLED, is_settled  # an accepted form needs none

        return [slot for slot in self.mail if not is_settled(self.mail, slot) and (self.waits or slot not in BUNDLED)]

    @property
    def corrected_at(self) -> datetime | None:
        """Return when the answers were corrected last, None if they never were."""
        at = next((entry["at"] for entry in reversed(self.history) if entry["what"] == "corrected"), "")
        return datetime.fromisoformat(at) if at else None

    def owed_since(self, slot: str) -> datetime:
        """Return from when an e-mail may be sent: the end of its delay, or the time of what asked for it.

        That is the form itself, a release, a mark, or for a receipt after a correction the latest correction.
        """
        if delayed := self.mail.get(slot, {}).get("not_before"):
            return datetime.fromisoformat(delayed)
        if slot.startswith("receipt-"):
            return self.corrected_at or self.received_at
        asked = {"receipt": self.released, "mailed": self.done}.get(slot)
        return datetime.fromisoformat(asked["at"]) if asked else self.received_at

    def state(self, now: datetime) -> str:
        """Return erased, closed, held, late, open, or the form's word for done."""
        if self.erased_at:
            return "erased"
        if self.closed:
            return "closed"
        if self.held:
            return "held"
        if self.done:
            return self.declared.done_label
        return "late" if self.declared.staff_task and self.due_at <= now else "open"

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Submission":
        """Make a submission from an item of the table or of a stream record."""
        return cls(
            reference=item["reference"],
            form=item["form"],
            received_at=datetime.fromisoformat(item["received_at"]),
            due_at=datetime.fromisoformat(item["due_at"]),
            answers=item["answers"],
            mail=item.get("mail", {}),
            agency=item.get("agency"),
            held=item.get("held", ""),
            taken=item.get("taken"),
            done=item.get("done"),
            closed=item.get("closed"),
            released=item.get("released"),
            history=tuple(item.get("history", ())),
            certification=item.get("certification", ""),
            counted={name: int(number) for name, number in item.get("counted", {}).items()},
            erased_at=item.get("erased_at", ""),
            confirmed_at=item.get("confirmed_at", ""),
            steps=frozenset(item.get("steps", ())),
        )


def put_once(form: Form, received: datetime, held: str = "", *, quiet: bool = False) -> tuple[Submission, bool]:
    """Store a valid form, unless the same submission exists. Return the stored one, and whether it is new.

    `held` is why staff should review it first, in words.
    """
    content = fingerprint(form, received, keys.identity())
    kept = content[:FINGERPRINT_LENGTH]
    # One is free: each that is taken stands for the same form before, which was put aside or is past its due date.
    references = (reference_for(content, attempt) for attempt in count())
    while True:
        item = _item(form, received, next(references), held, quiet=quiet) | {"fingerprint": kept}
        try:
            dynamodb.put(_table(), item, "attribute_not_exists(#reference)", {"#reference": "reference"})
        except ConditionFailed as failed:
            # If the SDK retries after a lost response, the write finds its own item. That counts as success.
            there = Submission.from_item(failed.item)
            # An attacker may have sent the same words first, to have them held, or from a network that had enough mail.
            if (there.held and not held) or (there.is_quiet and not quiet):
                continue
            # Nobody at the office would look at what they closed. A bot sends its spam again and again.
            if there.closed and not (held and there.closed["reason"] == "spam"):
                continue
            # After its due date the same form is a new submission: the plaque may have been lost in the mail.
            if failed.item["fingerprint"] == kept and received < max(there.due_at, there.received_at + ONE_DAY):
                return there, False
        else:
            return Submission.from_item(item), True


def get(reference: str) -> Submission | None:
    """Return a submission, None if there is none."""
    if not reference:  # DynamoDB refuses an empty key
        return None
    item = dynamodb.get(_table(), {"reference": reference})
    return Submission.from_item(item) if item else None


def update(reference: str, change: str, condition: str, **values: Any) -> bool:
    """Update an item if the condition holds; return whether it held. The condition must require an existing item."""
    try:
        dynamodb.update(_table(), {"reference": reference}, change, condition, {}, **values)
    except ConditionFailed:
        return False
    return True


def change(
    reference: str, change: str, condition: str, names: Mapping[str, str], *, kept: str = "", **values: Any
) -> None:
    """Update an item if the condition holds, and if the submission `kept`, where one is named, is not closed or erased.

    Raises ConditionFailed with the existing item, empty if it is for `kept`; with `kept` also dynamodb.Conflict.
    """
    key = {"reference": reference}
    if not kept:
        dynamodb.update(_table(), key, change, condition, names, **values)
        return
    stays = "attribute_exists(received_at) AND attribute_not_exists(closed) AND attribute_not_exists(erased_at)"
    other = {"reference": kept}
    dynamodb.update_beside(_table(), key, change, condition, names, other=other, other_condition=stays, **values)


def indexed(form: type[Form], answers: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of the search indexes, derived from the answers."""
    agency = form.agency_key(answers)
    by_agency = {"agency": agency, "completed": answers["completed"]} if agency else {}
    by_sender = {"sender": subscribers.subscriber_id(answers["email"])}
    return by_agency | by_sender | {"find": form.words_to_find(answers)}


def confirm(reference: str, now: datetime) -> None:
    """Record that the sign-up was confirmed, so that its link works once."""
    update(reference, "SET confirmed_at = :now", "attribute_exists(received_at)", now=now.isoformat())


def spread(name: str, reference: str) -> str:
    """Return one of the SPREAD keys that stand for a name, as in `contact open 3`: always the same for a reference."""
    return f"{name} {crc32(reference.encode()) % SPREAD}"


def _gathered(
    index: str, name: str, by: str, condition: str, *, backward: bool = False, **values: str
) -> Iterator[dict[str, Any]]:
    """Yield the items of an index under all SPREAD keys of a name, merged by the sort key `by`.

    `condition` is the whole key condition; its `:name` stands for the partition key.
    """
    keys_of_name = [f"{name} {number}" for number in range(SPREAD)]
    found = [
        dynamodb.query(_table(), index, condition, backward=backward, name=each, **values) for each in keys_of_name
    ]
    return heapq.merge(*found, key=itemgetter(by), reverse=backward)


def due(now: datetime, at_most: int = DUE_AT_ONCE) -> list[dict[str, Any]]:
    """Return the items that remind.py must visit, as {reference, next_at}, those first that have waited longest."""
    condition = "clock = :name AND next_at <= :now"
    return list(islice(_gathered("clock", CLOCK, "next_at", condition, now=now.isoformat()), at_most))


def look_again(reference: str, seen: str, at: datetime | None) -> bool:
    """Set the time of the next visit, None for no visit; return False if it changed since `seen`."""
    change = "SET next_at = :at" if at else "REMOVE clock, next_at"
    return update(reference, change, "next_at = :seen", seen=seen, **({"at": at.isoformat()} if at else {}))


def stage(form: str, name: str, reference: str) -> str:
    """Return the value of `stage`, as in `contact open 3`; names are open, held, done and closed."""
    return spread(f"{form} {name}", reference)


def in_stage(
    form: str, name: str, since: str = "", until: str = "~", *, backward: bool = False
) -> Iterator[Submission]:
    """Yield the submissions of a form in a stage, by `stage_at`, between two times in ISO 8601.

    They lack mail, history and steps, which the index does not hold. It is eventually consistent, within about a
    second. `~` sorts after every time.
    """
    condition = "stage = :name AND stage_at BETWEEN :since AND :until"
    within = {"since": since or "0", "until": until}
    found = _gathered("work", f"{form} {name}", "stage_at", condition, backward=backward, **within)
    return map(Submission.from_item, found)


def of_agency(agency: str) -> list[Submission]:
    """Return all requests of an agency that are kept."""
    if not agency:
        return []
    found = [item["reference"] for item in dynamodb.query(_table(), "agencies", "agency = :agency", agency=agency)]
    return [submission for reference in found if (submission := get(reference))]


def of_sender(address: str, most: int | None = None) -> list[Submission]:
    """Return the submissions from an e-mail address in any spelling, the newest first, at most `most`.

    Without those that were erased. The index is eventually consistent: one of the last second may be missing.
    """
    sender, person = subscribers.subscriber_id(address), addresses.identity(address)
    found = [item["reference"] for item in dynamodb.query(_table(), "senders", "sender = :sender", sender=sender)]
    # The index may not know yet that one was erased, or corrected to the address of someone else.
    newest = filter(None, map(get, found[::-1][:most]))
    return [each for each in newest if addresses.identity(each.answers["email"]) == person]


def remember_former_sender(reference: str, address: str, now: datetime) -> None:
    """Note that an address is about to be corrected in a submission, so that it is found there. Idempotent."""
    counters.add_reference(_former_sender(address), reference, now, KEPT_AT_MOST)


def of_former_sender(address: str) -> list[Submission]:
    """Return the submissions in whose history an e-mail address stands, in any spelling: it was corrected there."""
    found = map(get, counters.references(_former_sender(address)))
    return [each for each in found if each and addresses.identity(address) in each.former_senders]


def _former_sender(address: str) -> str:
    return counters.key("former sender", subscribers.subscriber_id(address), "")


def shelf(day: date) -> str:
    """Return the month of receipt, the partition key of the index `found`."""
    return f"{day:%Y-%m}"


def may_be_corrected_by(submission: Submission) -> list[Submission]:
    """Return the earlier requests that this one may correct, the newest first, as the form decides.

    The index is eventually consistent, so one of two that arrive together may be missing.
    """
    form = submission.declared
    if not submission.agency:
        return []
    since = (submission.received_at - CORRECTED_WITHIN).isoformat()
    begins = {"open": "", "held": "", "done": since}
    stages = [in_stage(form.slug, name, begin, backward=True) for name, begin in begins.items()]
    # Bounded: a flood of requests must not make each e-mail cost more. A correction rather follows a new request.
    near = [each for found in stages for each in islice(found, COMPARED_AT_MOST)]
    return sorted(
        (
            each
            for each in near
            if each.reference != submission.reference
            and not each.erased_at
            and each.received_at <= submission.received_at
            and form.may_correct(each.answers, submission.answers)
        ),
        key=lambda each: each.received_at,
        reverse=True,
    )


def valid_until(submission: Submission) -> date:
    """Return the last day of the certification that the plaque is for."""
    return promises.valid_until(date.fromisoformat(submission.answers["completed"]))


def _item(form: Form, received: datetime, reference: str, held: str, *, quiet: bool) -> dict[str, Any]:
    due, answers = form.due(received), form.answers()
    item = {
        "reference": reference,
        "form": form.slug,
        "received_at": received.isoformat(),
        "due_at": due.isoformat(),
        "answers": answers,
        "mail": {slot: {"state": QUIET if quiet and slot == "receipt" else "owed"} for slot in form.owed_emails},
        "clock": spread(CLOCK, reference),
        "next_at": (received + SWEPT_AFTER).isoformat(),
        "expires_at": int((received + form.kept_for).timestamp()),
    }
    if form.staff_task and held:
        item |= {"stage": stage(form.slug, "held", reference), "stage_at": received.isoformat()}
    elif form.staff_task:
        item |= {"stage": stage(form.slug, "open", reference), "stage_at": due.isoformat()}
    if held:
        item["held"] = held
    return item | indexed(type(form), answers) | {"shelf": shelf(received.date())}


def _table() -> str:
    return settings().submissions_table
