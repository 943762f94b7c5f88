"""From the table's stream to e-mail: one to staff with every answer, one receipt to the sender.

Each e-mail of a submission is claimed, sent, and marked, so that a record delivered twice mails nobody twice.
"""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from mail.delivery import try_to_send
from mail.messages import composer
from storage.outbox import Owed
from telemetry import logger, publish

processor = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], context: Any) -> PartialItemFailureResponse:
    logger.set_correlation_id(context.aws_request_id)
    try:
        return process_partial_response(event=event, record_handler=notify, processor=processor, context=context)
    finally:
        publish()


def notify(record: DynamoDBRecord) -> None:
    """Send what a submission owes: a new one, one released, one marked.

    Every slot of the record is tried: what was settled since stays as it is. What does not go out now is the clock's:
    a record that is tried again would hold up everybody behind it.
    """
    if not (record.dynamodb and record.dynamodb.new_image):
        return
    item = record.dynamodb.new_image
    for slot in item["mail"]:
        try_to_send(Owed("SUBMISSIONS_TABLE", item["reference"], slot), composer(slot))
