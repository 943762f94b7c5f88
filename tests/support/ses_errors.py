"""What SES answers when it does not take an e-mail."""

from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError


def client_error(code: str, status: int, operation: str = "SendEmail", message: str = "") -> ClientError:
    """The error of a client of AWS that was answered so."""
    said: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(said, operation)


REFUSAL = client_error("MessageRejected", 400)
FINAL = client_error("BadRequestException", 400)
OUTAGE, BUSY = (client_error("InternalFailure", status) for status in (500, 503))
SILENCE = ReadTimeoutError(endpoint_url="https://email.example.org")
