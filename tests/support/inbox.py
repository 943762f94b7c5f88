"""E-mail that a test sent: the mailbox, links in messages, and what SES reports of them."""

import os
import re
from collections.abc import Mapping
from email import message_from_bytes, policy
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from local.aws.dynamodb_stream import Stream
from local.aws.stand_in import StandIn
from local.events import stream_mappings
from local.mailbox import Mailbox
from local.template import REGION, Template
from storage import outbox


def link_in(message: Mapping[str, Any], action: str) -> str:
    """The address of an action, in an e-mail, from /forms on."""
    [link] = set(re.findall(rf"https://[^/\s]+(/forms/\S+/{action}\?token=\S+)", message["text"]))
    return str(link)


class Inbox:
    """The e-mails of one test. `deliver()` plays the stream as far as it goes."""

    def __init__(self, template: Template, cloud: StandIn) -> None:
        [self.mapping] = stream_mappings(template)
        self.template = template
        self.mailbox = Mailbox(cloud.sent_mail)

    def empty(self) -> None:
        ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages.clear()

    def deliver(self) -> bool:
        """Play the stream from its beginning, so that old records come again; False where one failed."""
        return Stream(self.template, self.mapping).drain()

    def messages(self) -> list[dict[str, Any]]:
        return self.mailbox.messages()

    def to_staff(self) -> list[dict[str, Any]]:
        return [message for message in self.messages() if message["to"] == [os.environ["STAFF_ADDRESSES"]]]

    def titled(self, beginning: str) -> list[dict[str, Any]]:
        """The messages whose subject begins so."""
        return [message for message in self.messages() if message["subject"].startswith(beginning)]

    def receipts(self) -> list[dict[str, Any]]:
        to_staff = self.to_staff()
        return [message for message in self.messages() if message not in to_staff]


TOKEN = re.compile(r"token=|receipt=|[\w-]{20,}\.[\w-]{27}\b")
"""What a link with power in it looks like: a parameter, or what itsdangerous signs."""


def powers_in(sent: list[str], readers: set[str]) -> list[str]:
    """Return what looks like a token anywhere in the e-mails to these readers: headers and every part, decoded."""
    found = []
    for raw in sent:
        message = message_from_bytes(raw.encode(), policy=policy.default)
        if not {address.addr_spec for address in message["To"].addresses} & readers:
            continue
        parts: list[Any] = [part.get_payload(decode=True) or b"" for part in message.walk()]
        text = "\n".join([str(message.items()), *(part.decode("utf-8", "replace") for part in parts)])
        found += TOKEN.findall(text)
    return found


def ses_event(
    kind: str, owed: Any, address: str = "nobody@example.gov", message_id: str = "x", **more: str
) -> dict[str, Any]:
    """What EventBridge hands over when SES reports on an e-mail, or on several that were sent as one."""
    together = owed if isinstance(owed, list) else [owed]
    tags = {name: [value] for name, value in outbox.tags(together).items()}
    mail = {"messageId": message_id, "destination": [address], "tags": tags}
    detail = {"eventType": kind, "mail": mail, kind.lower(): {"bounceSubType": "General", **more}}
    return {"source": "aws.ses", "detail": detail}


def invitations(inbox: Inbox) -> list[dict[str, Any]]:
    """The e-mails that invite an agency to renew, the oldest first."""
    return inbox.titled("Your certification end")
