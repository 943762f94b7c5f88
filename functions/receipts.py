"""Receipts: a signed address that shows a sender the reference and the promised dates, without a look at the table."""

import os
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import boto3
from itsdangerous import BadSignature, URLSafeSerializer

from forms import Form
from submissions import Submission


@dataclass(frozen=True)
class Receipt:
    """What a receipt's address carries: no personal data."""

    reference: str
    received_at: datetime
    answers: dict[str, str]


def prepare() -> None:
    """Fetch the signing secret, so that no receipt fails after its submission was stored."""
    _secret()


def sign(form: type[Form], submission: Submission) -> str:
    """The value of `receipt=` in the address of a receipt page."""
    kept = {name: submission.answers[name] for name in form.kept_in_receipt}
    return _serializer(form.slug).dumps([submission.reference, submission.received_at.isoformat(), kept])


def read(form: type[Form], signed: str) -> Receipt | None:
    """The receipt behind a signed value, None where the signature does not hold."""
    try:
        reference, received_at, answers = _serializer(form.slug).loads(signed)
    except BadSignature:
        return None
    return Receipt(reference, datetime.fromisoformat(received_at), answers)


@cache
def _serializer(slug: str) -> URLSafeSerializer:
    return URLSafeSerializer(_secret(), salt=f"receipt/{slug}")


@cache
def _secret() -> str:
    secrets = boto3.client("secretsmanager")
    return secrets.get_secret_value(SecretId=os.environ["SIGNING_SECRET_ARN"])["SecretString"]
