"""Sends the e-mails of a submission as soon as a record of the table's stream says that it is new, or was released.

Each e-mail is claimed before it is sent, so a record that is delivered twice sends nothing twice.
"""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from mail.delivery import try_to_send
from mail.messages import composer
from settings import require
from storage.outbox import BUNDLED, Owed
from telemetry import logger, publish

processor = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)

require()


def handler(event: dict[str, Any], context: Any) -> PartialItemFailureResponse:
    logger.set_correlation_id(context.aws_request_id)
    try:
        return process_partial_response(event=event, record_handler=notify, processor=processor, context=context)
    finally:
        publish()


def notify(record: DynamoDBRecord) -> None:
    """Try every e-mail of the submission in a record; remind.py sends the bundled ones."""
    # Failures are logged, not raised: a record that is retried would block all records behind it. The schedule
    # (remind.py) sends what is missing. Slots that are settled already cannot be claimed again.
    if not (record.dynamodb and record.dynamodb.new_image):
        return
    item = record.dynamodb.new_image
    for slot in item["mail"]:
        if slot in BUNDLED:
            continue
        try_to_send(Owed("SUBMISSIONS_TABLE", item["reference"], slot), composer(slot))
