"""AWS as a story has it: SES refuses or is silent, DynamoDB is throttled, and each e-mail is held to the model."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

import promises
from storage import outbox
from storage.outbox import Owed
from tests.support.ses_errors import OUTAGE, REFUSAL, SILENCE
from tests.support.story import Model

MOODS = ["works", "works", "refuses", "is broken", "is silent", "takes it and is silent"]
"""What SES does with an e-mail; working is twice as likely."""


@dataclass(frozen=True)
class Sent:
    """An e-mail that SES took: which one, to whom, when, and its source."""

    owed: Owed
    to: str
    at: datetime
    source: bytes


class Cloud:
    """`mood` is one of MOODS. `wrong` lists the e-mails that should not have been tried."""

    def __init__(self) -> None:
        self.model = Model()
        self.mood = "works"
        self.throttled = False
        self.accepted: list[Sent] = []
        self.wrong: list[str] = []

    @property
    def works(self) -> bool:
        return self.mood == "works" and not self.throttled

    def send_email(self, really_send: Callable[..., Any], request: dict[str, Any]) -> Any:
        """What a handler's call of SES comes to."""
        together = outbox.tagged({tag["Name"]: tag["Value"] for tag in request["EmailTags"]})
        now = promises.now()
        for owed in together:
            if not self.model.may_be_sent(owed):
                self.wrong.append(f"{owed.slot} e-mail of {owed.id} at {now}")
            self.model.unanswered.pop(owed, None)
        if self.mood == "refuses":
            raise REFUSAL
        if self.mood in ("works", "takes it and is silent"):
            to, *_ = request["Destination"]["ToAddresses"]  # what is late goes to the office and to its director
            self.accepted += [Sent(owed, to, now, request["Content"]["Raw"]["Data"]) for owed in together]
            answer = really_send(**request)
        if self.mood != "works":
            self.model.unanswered |= dict.fromkeys(together, now)
            raise OUTAGE if self.mood == "is broken" else SILENCE
        self.model.sent |= set(together)
        return answer

    def before_dynamodb(self, request: Any, **_: Any) -> AWSResponse | None:
        """botocore asks before it sends: an answer given here is the answer."""
        if not self.throttled:
            return None
        body = b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow down"}'
        return _Answer(request.url, 400, body)


class _Answer(AWSResponse):
    def __init__(self, url: str, status: int, body: bytes) -> None:
        super().__init__(url, status, HTTPHeaders.from_dict({"content-type": "application/x-amz-json-1.0"}), None)
        self._content = body
