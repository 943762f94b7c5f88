"""Composes e-mail from `templates/email/<name>/` and sends it through Amazon SES."""

import random
import time
from collections.abc import Mapping, Sequence
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

import promises
from rendering import render
from settings import settings

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import SendEmailRequestTypeDef

FROM_NAME = "Peace Officer Agency Certification"
TRIES = 3
PAUSE = (1, 2)
"""Seconds, at least and at most, between two tries of an e-mail that came when SES had too many in its second."""
ENCODED_WORD = 75
"""Longest encoded word, in characters (RFC 2047, section 2)."""
LONGEST_LINE = 998
"""Longest line in characters, without the line end (RFC 5322, section 2.1.1)."""


class _AsItIs(UnstructuredHeader, BaseHeader):
    """A header for programs, on one line. Python would fold a long word into RFC 2047 encoded words, which programs do
    not decode in a link or an address."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header as one line. Raises ValueError if it is too long, or not printable ASCII."""
        line = f"{self.name}: {self}"
        if not (line.isascii() and line.isprintable() and len(line) <= LONGEST_LINE):
            raise ValueError(f"{line.partition(':')[0]} is not one line of printable ASCII")
        return line + policy.linesep


class _Subject(UnstructuredHeader, BaseHeader):
    """A text header, folded by Python's older algorithm: the newer one makes encoded words longer than RFC 2047
    allows, and folds before the first word."""

    def fold(self, *, policy: Policy) -> str:
        charset = "us-ascii" if self.isascii() else "utf-8"
        folded = Header(str(self), charset, ENCODED_WORD, header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {folded}{policy.linesep}"


_HEADERS = HeaderRegistry(default_class=_AsItIs)
_HEADERS.map_to_type("subject", _Subject)
_HEADERS.map_to_type("message-id", _AsItIs)
POLICY = SMTP.clone(header_factory=_HEADERS, max_line_length=76)
"""Python folds addresses, dates and types; every other header is sent as it is.

The length also applies to lines of quoted-printable, as RFC 2045 requires.
"""


def compose(name: str, *, to: Sequence[str], reply_to: str | None, thread: str = "", **context: Any) -> EmailMessage:
    """Compose an e-mail from its subject.txt, body.txt and body.html, marked as automatic (RFC 3834, Exchange).

    Without `reply_to`, a reply goes to the sender address, which may have no mailbox.
    """
    message, told = EmailMessage(policy=POLICY), {"reply_to": reply_to, **context}
    message["From"] = Address(FROM_NAME, addr_spec=settings().sender_address)
    message["To"] = ", ".join(to)
    if reply_to:
        message["Reply-To"] = reply_to
    message["Subject"] = _header_text(render(f"email/{name}/subject.txt", **told))
    if thread:  # SES gives each message an id of its own, but keeps this: mail programs put one conversation together
        message["References"] = f"<{thread}@{settings().sender_address.partition('@')[2]}>"
    message["Date"] = promises.now()
    # Keeps out-of-office replies away (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(str(render(f"email/{name}/body.txt", **told)), cte="quoted-printable")
    message.add_alternative(str(render(f"email/{name}/body.html", **told)), subtype="html", cte="quoted-printable")
    return message


def with_one_click(message: EmailMessage, link: str) -> EmailMessage:
    """Add the headers for one-click unsubscribing (RFC 8058): the mail program posts to the link."""
    message["List-Unsubscribe"] = f"<{link}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


def send(message: EmailMessage, tags: Mapping[str, str]) -> str:
    """Send an e-mail and return its message id. Raises botocore's ClientError if SES refuses.

    SES repeats the tags in its reports, see feedback.py.
    """
    request: SendEmailRequestTypeDef = {
        "FromEmailAddress": str(message["From"]),
        "Destination": {"ToAddresses": [address.addr_spec for address in message["To"].addresses]},
        "Content": {"Raw": {"Data": message.as_bytes()}},
        "ConfigurationSetName": settings().configuration_set,
        "EmailTags": [{"Name": name, "Value": value} for name, value in tags.items()],
    }
    for _ in range(TRIES - 1):
        try:
            return _client().send_email(**request)["MessageId"]
        except _client().exceptions.TooManyRequestsException:
            time.sleep(random.uniform(*PAUSE))  # noqa: S311  # so that two functions do not come back together
    return _client().send_email(**request)["MessageId"]


def _header_text(text: str) -> str:
    """Return the text as one line without encoded words."""
    # Python decodes an encoded word (RFC 2047) in a visitor's answer, even to line ends, which would start new headers.
    return " ".join(text.split()).replace("=?", "= ?")


@cache
def _client() -> "SESV2Client":
    # No retries: SES has no idempotency key, so a retry after a lost response would send the e-mail twice.
    patience = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 1})
    return boto3.client("sesv2", config=patience)
