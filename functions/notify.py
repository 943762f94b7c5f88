"""From the table's stream to e-mail: one to staff with every answer, one receipt to the sender.

Each e-mail of a submission is claimed, sent, and marked, so that a record delivered twice mails nobody twice.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from botocore.exceptions import ClientError

import actions
import announcements
import calendars
import counters
import mail
import outbox
import promises
import subscribers
from announcements import AnnouncementsForm
from contact import ContactForm
from forms import Form
from observe import count, log_failure, logger, publish
from plaque import PlaqueForm
from submissions import Submission, others_of_the_agency

FORMS: dict[str, type[Form]] = {form.slug: form for form in (ContactForm, PlaqueForm, AnnouncementsForm)}
STAFF = os.environ["STAFF_ADDRESSES"].split(",")

processor = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], context: Any) -> PartialItemFailureResponse:
    try:
        return process_partial_response(event=event, record_handler=notify, processor=processor, context=context)
    finally:
        publish()


def notify(record: DynamoDBRecord) -> None:
    """Send what is owed for a new or a released submission. Raises the first failure once both e-mails were tried."""
    if not (record.dynamodb and record.dynamodb.new_image):
        return
    item = record.dynamodb.new_image
    failures = [failure for slot in item["mail"] if (failure := _try_to_send(item["reference"], slot))]
    if failures:
        raise failures[0]


def _try_to_send(reference: str, slot: str) -> Exception | None:
    try:
        send_once(reference, slot)
    except Exception as failure:
        log_failure(f"{slot} e-mail not sent", failure)
        count("not_mailed")
        return failure
    return None


def send_once(reference: str, slot: str) -> None:
    """Claim, send, settle. What fails before SES is asked, and a clear refusal of SES, gives the claim back.

    Silence or a 5xx is not a no, so the claim stays until its time is over.
    """
    submission = outbox.claim(reference, slot, promises.now())
    if submission is None:
        return
    try:
        message = COMPOSE[slot](submission)
    except Exception:
        outbox.give_back(reference, slot)
        raise
    if isinstance(message, str):
        outbox.settle(reference, slot, {"state": message})
        return
    try:
        message_id = mail.send(message)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
            outbox.give_back(reference, slot)
        raise
    outbox.settle(reference, slot, {"state": "sent", "message_id": message_id, "at": promises.now().isoformat()})
    logger.info("mailed", reference=reference, slot=slot)
    count("mailed")


def staff_mail(submission: Submission) -> EmailMessage:
    """Every answer, labelled as on the form; a reply goes to the sender."""
    form = FORMS[submission.form]
    return mail.compose(
        "staff",
        to=STAFF,
        reply_to=mail.deliverable(submission.answers["email"]),
        about=form.staff_subject(submission.answers),
        reference=submission.reference,
        received=promises.moment_in_words(submission.received_at),
        due=promises.moment_in_words(submission.due_at),
        task=form.task,
        answers=form.in_words(submission.answers),
        others=others_of_the_agency(submission),
        held=submission.held,
        release=actions.release_link(os.environ["SITE_URL"], submission) if submission.held else None,
    )


def sender_mail(submission: Submission) -> EmailMessage | str:
    """Fixed words with the reference and the promised dates, nothing that was typed; or why the sender gets no e-mail.

    A sign-up for announcements, and a form with that box ticked, brings the link that confirms it.
    """
    if submission.held:
        return "held"
    address = mail.deliverable(submission.answers["email"])
    if address is None:
        return "undeliverable"
    form = FORMS[submission.form]
    wants = form.wants_announcements(submission.answers) and not subscribers.is_subscribed(address)
    if form is AnnouncementsForm and not wants:
        return "subscribed"
    if not _first_today(form.mail, address, submission):
        return "one a day"
    site = os.environ["SITE_URL"]
    message = mail.compose(
        form.mail,
        to=[address],
        form=form,
        reference=submission.reference,
        promised=form.promised(submission.received_at, submission.answers),
        remarks=form.remarks(submission.received_at, submission.answers),
        site=site,
        confirm=announcements.confirm_link(site, submission.reference, submission.received_at) if wants else None,
    )
    if ends_on := form.ends_on(submission.answers):
        event = calendars.renewal(submission.reference, ends_on, submission.received_at, site)
        message.add_attachment(event, maintype="text", subtype="calendar", filename="renewal.ics")
    return message


def _first_today(kind: str, address: str, submission: Submission) -> bool:
    """Whether this is the first e-mail of its kind to an address on the day of the submission."""
    key = counters.key(kind, address.casefold(), submission.received_at.date().isoformat())
    return counters.take(key, submission.reference, promises.now(), timedelta(days=3))


COMPOSE: dict[str, Callable[[Submission], EmailMessage | str]] = {"staff": staff_mail, "receipt": sender_mail}
"""What makes the e-mail of a slot; a text instead of an e-mail says why there is none."""
