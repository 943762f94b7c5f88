"""Sends what time makes due: unsent e-mail, reminders, late notices, invitations to renew, and the daily digest.

A schedule invokes it every few minutes. The `next_at` of an item is the time of its next visit. Every e-mail is claimed
before it is sent, so extra or concurrent invocations send nothing twice.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

import promises
from mail import digest, reminders, renewals
from mail.delivery import try_to_send
from mail.messages import composer
from office import numbers, periods
from settings import require
from storage import certifications, dynamodb, submissions
from storage.outbox import BUNDLED, ClaimedByAnother, Owed
from storage.submissions import LONGEST_PAUSE, SWEPT_AFTER, Submission
from telemetry import count, log_failure, logger, publish

LONGEST_LOOK = timedelta(seconds=60)
"""Longest time at one item, if SES answers none of its e-mails. With less time left, no item is begun."""

Item = TypeVar("Item")

require("office_days", "office_hours", "office_holidays")


class Unfinished(Exception):
    """Some work of this invocation failed; the log has the details."""


def handler(_event: dict[str, Any], context: Any) -> None:
    """Send everything that time made due. Raises Unfinished after everything was tried, so that the alarm sees it.

    The digest and the invitations come first: a backlog of submissions, however long, does not keep them waiting. What
    there is no time for is left to the next call, and counted. No failure is raised itself: Lambda would log its text,
    and SES repeats addresses in its refusals.
    """
    logger.set_correlation_id(context.aws_request_id)
    now = promises.now()

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > LONGEST_LOOK.total_seconds() * 1000)

    due, found = cache(lambda: submissions.due(now)), list[Submission | None]()
    try:
        failures = [
            *_try_each(lambda: [now], lambda _, now: digest.send_if_due(now), now, has_time),
            *_try_each(lambda: certifications.due(now), renewals.look, now, has_time),
            *_try_each(due, lambda entry, _: found.append(_read(entry)), now, has_time),
            *_try_each(lambda: list(reminders.bundles(filter(None, found), now)), _remind, now, has_time),
            *_try_each(due, look, now, has_time),
        ]
        count("looked")
    finally:
        publish()
    if failures:
        raise Unfinished(f"{len(failures)} failed")


def _read(entry: Mapping[str, Any]) -> Submission | None:
    return submissions.get(entry["reference"])


def _remind(bundle: Sequence[Owed], _now: datetime) -> None:
    try:
        reminders.send(bundle)
    except Exception as failure:
        log_failure(f"{bundle[0].slot} e-mail not sent", failure, ids=[owed.id for owed in bundle])
        count("not_mailed")


def look(entry: Mapping[str, Any], now: datetime) -> None:
    """Send the e-mails of a submission that are due, and set the time of its next visit."""
    submission = submissions.get(entry["reference"])
    if submission is None:
        return
    tried = slots_to_try(submission, now)
    for slot in tried:
        count("owed", form=submission.form)
        try_to_send(Owed("SUBMISSIONS_TABLE", submission.reference, slot), composer(slot))
    # Sending takes seconds, in which the office may undo a mark or erase the data: what follows goes by what is true.
    after = submissions.get(submission.reference) if tried else submission
    if after is None:
        return
    periods.follow(after)
    numbers.settle(after)
    submissions.look_again(after.reference, entry["next_at"], next_look(after, now))


def slots_to_try(submission: Submission, now: datetime) -> list[str]:
    """Return the slots of unsent e-mails, but for reminders, which are bundled."""
    return [slot for slot in submission.unsent if slot not in BUNDLED and submission.owed_since(slot) <= now]


def next_look(submission: Submission, now: datetime) -> datetime | None:
    """Return the time of the next visit; None if nothing is due until someone changes the submission."""
    times = [at for slot, at in reminders.times(submission, now) if slot not in submission.mail]
    owed = [submission.owed_since(slot) for slot in submission.unsent]
    times += [at for at in owed if at > now]
    if any(at <= now for at in owed):
        # Back off: the pause grows with the age of the submission, within bounds.
        times.append(now + min(max(SWEPT_AFTER, (now - submission.received_at) / 2), LONGEST_PAUSE))
    return max(min(times), now) if times else None


def _try_each(
    find: Callable[[], Sequence[Item]],
    what: Callable[[Item, datetime], None],
    now: datetime,
    has_time: Callable[[], bool],
) -> list[Exception]:
    """Return what failed. An item that fails does not hold up the others; it is tried again with the next call.

    Neither does it hold up what comes next if the items cannot be found.
    """
    failures: list[Exception] = []
    try:
        items = find()
    except Exception as failure:
        return [_failed(failure)]
    for number, item in enumerate(items):
        if not has_time():
            logger.warning("out of time", left=len(items) - number)
            count("left", len(items) - number)
            break
        try:
            what(item, now)
        except (ClaimedByAnother, dynamodb.Conflict):
            pass  # another invocation is at it; its next visit stays due, and a later call tries again
        except Exception as failure:
            failures.append(_failed(failure))
    return failures


def _failed(failure: Exception) -> Exception:
    log_failure("clock failed", failure)
    count("clock_failed")
    return failure
