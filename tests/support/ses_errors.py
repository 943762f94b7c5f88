"""What SES answers when it does not take an e-mail."""

from botocore.exceptions import ClientError, ReadTimeoutError

REFUSAL = ClientError({"Error": {"Code": "MessageRejected"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "SendEmail")


OUTAGE, BUSY = (
    ClientError({"Error": {"Code": "InternalFailure"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "SendEmail")
    for status in (500, 503)
)


SILENCE = ReadTimeoutError(endpoint_url="https://email.example.org")
