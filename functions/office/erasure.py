"""Finds a person's data everywhere, and erases them. What names no person is kept: counts, and who is certified."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from normalize import addresses
from office import invitations, periods
from settings import settings
from storage import certifications, dynamodb, submissions, subscribers
from storage.outbox import is_settled
from storage.submissions import Submission

WRITTEN = ("text", "tracking")
"""Parts of an entry of the history that the office wrote: a note, the number by which a plaque traveled."""
TRIES = 3
"""How often to retry if something else is written into a submission at the same time."""


@dataclass(frozen=True)
class Person:
    """One person: an e-mail address in any spelling, with all that is stored of it."""

    address: str
    submissions: list[Submission]
    """The newest first; without those that were erased."""
    certifications: list[dict[str, Any]]
    """Items of the agencies that the address wrote for: its invitations, or those of a period before.

    One without a period is left of a mark that was undone.
    """
    subscriber: bool
    former: list[Submission]
    """Submissions that were corrected to another address; their history still has this one."""

    @property
    def certified(self) -> list[dict[str, Any]]:
        """Return the items of the agencies that are or were certified."""
        return [each for each in self.certifications if each["periods"]]

    @property
    def undone(self) -> list[dict[str, Any]]:
        """Return the items of the agencies whose only mark was undone."""
        return [each for each in self.certifications if not each["periods"]]

    @property
    def open(self) -> list[Submission]:
        """Return the submissions that the office has not finished."""
        return [each for each in self.submissions if each.is_open]

    def __bool__(self) -> bool:
        return bool(self.submissions or self.certifications or self.subscriber or self.former)


def find(address: str) -> Person:
    """Return everything that belongs to an e-mail address. Reads all of the certifications, of which there are few."""
    wanted = addresses.identity(address)
    certified = [
        item for item in _certifications() if wanted in map(addresses.identity, certifications.addresses_of(item))
    ]
    sent = submissions.of_sender(address)
    references = {each.reference for each in sent}
    former = [each for each in submissions.of_former_sender(address) if each.reference not in references]
    return Person(address, sent, certified, subscribers.is_subscribed(address), former)


def erase(person: Person, by: str, now: datetime) -> None:
    """Erase everything of a person. Idempotent."""
    certified = {item["id"] for item in person.certifications}
    for submission in (*person.submissions, *person.former):
        certified.add(_write(submission, lambda each: _erase_submission(each, person.address, by, now)).certification)
    for certification in certified - {""}:
        invitations.forget(certification, person.address, now)
    subscribers.remove(subscribers.subscriber_id(person.address))


def _write(submission: Submission, change: Callable[[Submission], bool]) -> Submission:
    """Change a submission; read it again if something else was written into it meanwhile. Return what was changed."""
    for _ in range(TRIES):
        # First: its certification follows no erased one, and what was done last may not have reached it.
        periods.follow(submission)
        if change(submission):
            return submission
        now = submissions.get(submission.reference)
        if now is None:
            return submission
        submission = now
    raise RuntimeError(f"what is stored changed {TRIES} times while it was to be erased")


def _erase_submission(submission: Submission, address: str, by: str, now: datetime) -> bool:
    """Erase the answers of a submission, except those that name no person; return False if it changed meanwhile.

    Unsent e-mails and reminders are canceled: there is no one left to answer.
    """
    if submission.erased_at:
        return True
    if addresses.identity(submission.answers["email"]) != addresses.identity(address):
        return _erase_from_history(submission, address)  # it was corrected, perhaps only meanwhile
    form = submission.declared
    answers = {name: value if name in form.kept_on_erasure else "" for name, value in submission.answers.items()}
    # A done submission keeps its stage: the digest still lists it. Any other leaves the lists and goes on the clock,
    # so that remind.py counts it as received.
    # A carrier's number of a parcel leads to its address, so that it goes as well.
    of_open = ", clock = :on, next_at = :now REMOVE sender, stage, stage_at, held"
    gone = " REMOVE sender, done.tracking" if submission.done else of_open
    owed = [slot for slot in submission.mail if not is_settled(submission.mail, slot)]
    # Notes and corrected answers stand in the history too: only what was done, when and by whom stays.
    history = [{name: entry[name] for name in ("what", "at", "by")} for entry in submission.history]
    return submissions.update(
        submission.reference,
        "SET answers = :answers, mail = :mail, erased_at = :now, fingerprint = :none, find = :find, history = :history"
        + gone,
        "attribute_exists(fingerprint) AND mail = :seen_mail AND "
        + ("history = :seen" if history else "attribute_not_exists(history)"),
        answers=answers,
        find=form.words_to_find(answers),
        history=[*history, {"what": "erased", "at": now.isoformat(), "by": by}],
        mail={**submission.mail, **{slot: {"state": "erased"} for slot in owed}},
        seen_mail=dict(submission.mail),
        now=now.isoformat(),
        none="erased",
        **({"seen": list(submission.history)} if history else {}),
        **({} if submission.done else {"on": submissions.spread(submissions.CLOCK, submission.reference)}),
    )


def _erase_from_history(submission: Submission, address: str) -> bool:
    """Erase a former address from the history, with all answers replaced before it or together with it, and
    what the office wrote until then.

    The present answers belong to another address and stay. Return False if the submission changed meanwhile.
    """
    if addresses.identity(address) not in submission.former_senders:
        return True
    count, kept = len(with_address(submission, address)), submission.declared.kept_on_erasure
    history = [
        _without_answers(entry, kept) if number < count else dict(entry)
        for number, entry in enumerate(submission.history)
    ]
    seen, change = list(submission.history), "SET history = :history"
    return submissions.update(submission.reference, change, "history = :seen", history=history, seen=seen)


def with_address(submission: Submission, address: str) -> list[Mapping[str, Any]]:
    """Return the entries of the history up to the one that replaced this address."""
    gone, history = addresses.identity(address), list(submission.history)
    while history and addresses.identity(history[-1].get("before", {}).get("email", "")) != gone:
        history.pop()
    return history


def _without_answers(entry: Mapping[str, Any], kept: Sequence[str]) -> dict[str, Any]:
    left = {name: value for name, value in entry.items() if name not in WRITTEN}
    if "before" in entry:
        left["before"] = {name: old if name in kept else "" for name, old in entry["before"].items()}
    return left


def _certifications() -> Iterator[dict[str, Any]]:
    wanted: dict[str, Any] = {"ProjectionExpression": "id, email, periods, #reference, #name"}
    wanted["ExpressionAttributeNames"] = {"#reference": "reference", "#name": "name"}
    return dynamodb.scan(settings().certifications_table, ConsistentRead=True, **wanted)
