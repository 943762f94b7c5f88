"""From the table's stream to e-mail: one to staff with every answer, one receipt to the sender.

Each e-mail of a submission is claimed, sent, and marked, so that a record delivered twice mails nobody twice.
"""

import os
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from botocore.exceptions import ClientError

import calendars
import mail
import promises
from contact import ContactForm
from forms import Form
from observe import count, logger, publish
from plaque import PlaqueForm
from submissions import (
    MAIL_SLOTS,
    Submission,
    claim_mail,
    give_claim_back,
    others_of_the_agency,
    settle_mail,
)

FORMS: dict[str, type[Form]] = {form.slug: form for form in (ContactForm, PlaqueForm)}
STAFF = os.environ["STAFF_ADDRESSES"].split(",")

processor = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], context: Any) -> PartialItemFailureResponse:
    try:
        return process_partial_response(event=event, record_handler=notify, processor=processor, context=context)
    finally:
        publish()


def notify(record: DynamoDBRecord) -> None:
    """Send what is owed for a new submission. Raises the first failure once both e-mails were tried."""
    if not (record.dynamodb and record.dynamodb.new_image):
        return
    submission = Submission.from_item(record.dynamodb.new_image)
    failures = [failure for slot in MAIL_SLOTS if (failure := _try_to_send(submission, slot))]
    if failures:
        raise failures[0]


def _try_to_send(submission: Submission, slot: str) -> Exception | None:
    try:
        send_once(submission, slot)
    except Exception as failure:
        logger.error("not mailed", reference=submission.reference, slot=slot, error=type(failure).__name__)
        count("not_mailed")
        return failure
    return None


def send_once(submission: Submission, slot: str) -> None:
    """Claim, send, mark. A clear refusal gives the claim back; silence or a 5xx is not a no, so the claim stays."""
    message = COMPOSE[slot](submission)
    if not claim_mail(submission.reference, slot, promises.now()):
        return
    if message is None:
        settle_mail(submission.reference, slot, {"state": "undeliverable"})
        return
    try:
        message_id = mail.send(message)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
            give_claim_back(submission.reference, slot)
        raise
    outcome = {"state": "sent", "message_id": message_id, "at": promises.now().isoformat()}
    settle_mail(submission.reference, slot, outcome)
    logger.info("mailed", reference=submission.reference, slot=slot)
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
    )


def receipt_mail(submission: Submission) -> EmailMessage | None:
    """Fixed words with the reference and the promised dates, nothing that was typed; None where SES cannot send it."""
    address = mail.deliverable(submission.answers["email"])
    if address is None:
        return None
    form = FORMS[submission.form]
    site = os.environ["SITE_URL"]
    message = mail.compose(
        "receipt",
        to=[address],
        form=form,
        reference=submission.reference,
        promised=form.promised(submission.received_at, submission.answers),
        remarks=form.remarks(submission.received_at, submission.answers),
        site=site,
    )
    if ends_on := form.ends_on(submission.answers):
        event = calendars.renewal(submission.reference, ends_on, submission.received_at, site)
        message.add_attachment(event, maintype="text", subtype="calendar", filename="renewal.ics")
    return message


COMPOSE: dict[str, Callable[[Submission], EmailMessage | None]] = {"staff": staff_mail, "receipt": receipt_mail}
