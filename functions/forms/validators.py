"""Validates answers beyond the kind of field. Messages tell the person what to do."""

import re
import unicodedata
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from wtforms import Field, Form
from wtforms.validators import StopValidation, ValidationError

from forms import addresses

Validator = Callable[[Form, Field], None]


@runtime_checkable
class Asks(Protocol):
    """A form that remembers what it asked about."""

    def is_to_ask(self, name: str, answer: str) -> bool:
        """Whether this answer was not asked about yet."""


_BIDI_OVERRIDES = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_BREAKS = set("\u2028\u2029")


def at_most(limit: int) -> Validator:
    """Refuse more than `limit` characters, and state how many there are. No later validator sees a longer text."""

    def check(_form: Form, field: Field) -> None:
        if len(field.data) > limit:
            said = f"{field.label.text} must be {limit:,} characters or fewer; you have {len(field.data):,}"
            raise StopValidation(said)

    return check


def one_line(_form: Form, field: Field) -> None:
    """Refuse line breaks, control characters and direction overrides."""
    # The answer may become part of a mail header, where a line break would start another header.
    if any(unicodedata.category(c) == "Cc" or c in _BIDI_OVERRIDES or c in _LINE_BREAKS for c in field.data):
        raise StopValidation(f"{field.label.text} must be one line without hidden characters; type it again")


def no_control_characters(_form: Form, field: Field) -> None:
    if any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in field.data):
        raise StopValidation(f"{field.label.text} contains hidden control characters; remove them or type it again")


def ask_once(form: Form, field: Field, question: str) -> None:
    """Refuse an answer that is likely to be a slip, and take the same answer when it comes again."""
    if isinstance(form, Asks) and form.is_to_ask(field.name, field.data):
        raise ValidationError(question)


def e_mail_address(form: Form, field: Field) -> None:
    """Refuse an address that our e-mail cannot reach. Ask about a likely slip."""
    try:
        address = addresses.normalized(field.data)
    except addresses.NotMailable as refused:
        raise ValidationError(str(refused)) from None
    if domain := addresses.meant(address):
        typed = address.rpartition("@")[2]
        ask_once(form, field, f"Did you mean {domain}? Correct it, or send the form again to keep {typed}")


def same_address(address: str) -> str:
    """Return one way to write an address, so that two ways of writing it compare as one."""
    from email_validator import EmailNotValidError, validate_email

    written = address.strip()
    try:
        return (validate_email(written, check_deliverability=False).ascii_email or written).casefold()
    except EmailNotValidError:
        return written.casefold()


def telephone_number(_form: Form, field: Field) -> None:
    """Accept any spelling of a telephone number, with an extension or with a word as in 1-800-FLOWERS."""
    digits, letters = len(re.findall(r"\d", field.data)), len(re.findall("[A-Za-z]", field.data))
    if not (7 <= digits <= 25 or (digits >= 3 and digits + letters >= 10)):
        raise ValidationError("Enter a telephone number with area code, such as (555) 555-0100")


def zip_code(_form: Form, field: Field) -> None:
    """Accept ZIP and ZIP+4."""
    if not re.fullmatch(r"[0-9]{5}(-?[0-9]{4})?", field.data.strip()):
        raise ValidationError("Enter a ZIP code of five digits, or nine with a hyphen")
