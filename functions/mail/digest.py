"""Sends the daily digest to the office, even if there is nothing to report: its absence is an alarm."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import boto3

import aws
import links
import promises
import rendering
from forms.catalog import TASKS
from mail import ses
from mail.delivery import send_once
from office import workflow
from safe_text import unlinked
from settings import settings
from storage import bounces, dynamodb, submissions, subscribers
from storage.bounces import Returned
from storage.outbox import Owed, is_settled
from storage.submissions import LONGEST_PAUSE, SWEPT_AFTER, Submission, in_stage
from telemetry import count

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

DAY = timedelta(days=1)
HELD_LISTED_FOR = timedelta(days=14)
KEPT_FOR = timedelta(days=7)
LISTED = 200
"""Most lines of one list in the digest."""
SHOWN = 100_000
"""Largest digest in bytes: Gmail clips e-mail above 102 KB, and with it the last lists."""


@dataclass(frozen=True)
class Line:
    """One submission as a list in the digest shows it."""

    reference: str
    about: str
    when: str
    link: str = ""
    by: str = ""
    """Who marked it as done."""


def send_if_due(now: datetime) -> None:
    """Send today's digest, once, after the office's morning has begun."""
    day = promises.day_at_office(now)
    if now < promises.morning_at_office(day):
        return
    key = f"digest-{day}"
    item = {"key": key, "mail": {}, "expires_at": int((now + KEPT_FOR).timestamp())}
    try:
        dynamodb.put(settings().counters_table, item, "attribute_not_exists(#key)", {"#key": "key"})
    except dynamodb.ConditionFailed as there:
        # A slot that does not exist counts as settled: an earlier call may have stored the item and ended there.
        if is_settled(there.item["mail"], "digest") and "digest" in there.item["mail"]:
            return
    send_once(Owed("COUNTERS_TABLE", key, "digest"), lambda _: compose(now))
    count("digest")  # an alarm goes off if this metric is missing


def compose(now: datetime) -> EmailMessage:
    """Compose the digest, with lists short enough for mail programs; each states how many more there are."""
    facts = gather(now) | {"day": promises.day_in_words(promises.day_at_office(now))}
    to, reply_to, most = settings().staff_addresses, rendering.office().email, LISTED
    while True:
        message = ses.compose("digest", to=to, reply_to=reply_to, most=most, **facts)
        if most == 1 or len(bytes(message.get_body(("html",)) or b"")) < SHOWN:
            return message
        most //= 2


def gather(now: datetime) -> dict[str, Any]:
    """Collect the numbers since yesterday's digest, and the lists of what is waiting now."""
    # From yesterday's morning, not from 24 hours ago: what came just after the last digest must be in this one.
    today = promises.day_at_office(now)
    since = promises.morning_at_office(today - DAY)
    work = workflow.open_work(now)
    open_now = [*work.late, *work.due_today, *work.waiting, *work.to_mail]
    done = {slug: list(in_stage(slug, "done", since=since.isoformat())) for slug in TASKS}
    held = {slug: list(in_stage(slug, "held", since=_held_since(today).isoformat())) for slug in TASKS}
    closed = {slug: list(in_stage(slug, "closed", since=since.isoformat())) for slug in TASKS}
    everything = [*open_now, *(each for lists in (done, held, closed) for found in lists.values() for each in found)]
    # Once each: what is finished between two of these queries is found by both.
    by_reference = {each.reference: each for each in everything}
    return {
        "received": _per_form([each for each in by_reference.values() if each.received_at >= since]),
        "done": [(form.done_label, _lines(done[slug])) for slug, form in TASKS.items()],
        "late": _lines(work.late),
        "today": _lines(work.due_today),
        "waiting": _lines(work.waiting),
        "to_mail": _lines(work.to_mail),
        "held": _lines([each for found in held.values() for each in found]),
        "owed": _lines([each for each in _looked_at_soon(now) if _owes_mail(each, now)]),
        "returned": [_with_whom_to_call(each) for each in bounces.since(since, now)],
        "dead_letters": _dead_letters(),
        "subscribers": sum(1 for _ in subscribers.everybody()),
    }


def _held_since(day: date) -> datetime:
    """Return from when on the digest of a day lists what is held: by the morning, since none is sent on the minute."""
    return promises.morning_at_office(day - HELD_LISTED_FOR)


def _with_whom_to_call(returned: Returned) -> Returned:
    known = bounces.whom_to_call(returned)
    return replace(known, who=unlinked(known.who))


def _per_form(found: list[Submission]) -> list[tuple[str, int]]:
    return [(slug, sum(each.form == slug for each in found)) for slug in TASKS]


def _lines(found: list[Submission]) -> list[Line]:
    return [
        Line(
            each.reference,
            unlinked(each.declared.staff_subject(each.answers)),
            _when(each),
            links.desk_link(each.reference),
            each.done["by"] if each.done else "",
        )
        for each in sorted(found, key=lambda each: each.urgency)
    ]


def _when(submission: Submission) -> str:
    """Return the due time in words; of a held submission, when it came, and whether this is its last time listed."""
    if submission.held:
        is_last = submission.received_at < _held_since(promises.day_at_office(promises.now()) + DAY)
        last = ", listed here for the last time" if is_last else ""
        return f"received {promises.moment_in_words(submission.received_at)}{last}"
    taken = f", taken by {submission.taken['by']}" if submission.taken else ""
    return f"due {promises.moment_in_words(submission.due_at)}{taken}"


def _looked_at_soon(now: datetime) -> list[Submission]:
    """Return the office's work that the clock looks at within the hour: all that owes e-mail, which no index holds."""
    found = (submissions.get(entry["reference"]) for entry in submissions.due(now + LONGEST_PAUSE))
    return [each for each in found if each is not None and each.form in TASKS]


def _owes_mail(submission: Submission, now: datetime) -> bool:
    """Return whether an e-mail of the submission has waited for longer than it may."""
    return any(now - submission.owed_since(slot) > SWEPT_AFTER for slot in submission.unsent)


def _dead_letters() -> int:
    """Return the number of messages in all dead-letter queues."""
    name: Final = "ApproximateNumberOfMessages"
    ask, urls = _queues().get_queue_attributes, settings().dead_letter_queues
    return sum(int(ask(QueueUrl=url, AttributeNames=[name])["Attributes"][name]) for url in urls)


@cache
def _queues() -> "SQSClient":
    return boto3.client("sqs", config=aws.CLIENT_TIMEOUTS)
