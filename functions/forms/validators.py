"""Validates answers beyond the kind of field. Messages tell the person what to do."""

import re
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from wtforms import Field, Form
from wtforms.validators import StopValidation, ValidationError

import normalize

Validator = Callable[[Form, Field], None]
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Control characters (Cc) but for tabs and line ends."""


@runtime_checkable
class Asks(Protocol):
    """A form that remembers what it asked about."""

    def is_to_ask(self, name: str, answer: str) -> bool:
        """Return whether to ask about this answer. No question is asked twice."""


def at_most(limit: int, advice: str = "") -> Validator:
    """Refuse more than `limit` characters, and state how many there are, or what to do instead of shortening it."""

    def check(_form: Form, field: Field) -> None:
        if len(field.data) > limit:
            said = f"{field.label.text} must be {limit:,} characters or fewer; you have {len(field.data):,}"
            raise StopValidation(advice or said)  # no later validator sees a longer text

    return check


def no_control_characters(_form: Form, field: Field) -> None:
    """Refuse control characters: no keyboard types them, and they could reach a terminal or a mail header."""
    if CONTROL.search(field.data):
        raise StopValidation(f"{field.label.text} contains hidden control characters; remove them or type it again")


def ask_once(form: Form, field: Field, question: str, answer: str) -> None:
    """Refuse an answer that is probably a typo, once. If the same answer is sent again, accept it."""
    if isinstance(form, Asks) and form.is_to_ask(field.name, answer):
        raise ValidationError(question)


def e_mail_address(form: Form, field: Field) -> None:
    """Refuse an address that our e-mail cannot reach. Ask once about a likely typo."""
    try:
        address = normalize.addresses.normalized(field.data)
    except normalize.addresses.NotMailable as refused:
        raise ValidationError(str(refused)) from None
    if domain := normalize.addresses.meant(address):
        typed = address.rpartition("@")[2]
        ask_once(form, field, f"Did you mean {domain}? Correct it, or send the form again to keep {typed}", field.data)


def telephone_number(form: Form, field: Field) -> None:
    """Accept any spelling of a telephone number, with an extension or with a word as in 1-800-FLOWERS.

    Ask once about one without its area code, which the office could not call.
    """
    digits, letters = len(re.findall(r"\d", field.data)), len(re.findall("[A-Za-z]", field.data))
    if not (7 <= digits <= 25 or (digits >= 3 and digits + letters >= 10)):
        raise ValidationError("Enter a telephone number, such as (555) 555-0100")
    if normalize.folding.lacks_area_code(field.data):
        ask_once(form, field, f"Include the area code, or send the form again to keep {field.data}", field.data)


def zip_code(_form: Form, field: Field) -> None:
    """Accept ZIP and ZIP+4."""
    if not normalize.mailing.zip_code(field.data):
        raise StopValidation("Enter a ZIP code of five digits, or nine with a hyphen")
