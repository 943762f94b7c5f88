"""The environment of the functions, read once."""

import os
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple


class Settings(NamedTuple):
    """One field for each variable, under its name in lower case. Only some functions have those with a default."""

    submissions_table: str
    certifications_table: str
    subscribers_table: str
    counters_table: str
    dead_letter_queues: tuple[str, ...]
    configuration_set: str
    signing_secret_arn: str
    receipt_secret_arn: str
    identity_secret_arn: str
    sender_address: str
    staff_addresses: tuple[str, ...]
    escalation_addresses: tuple[str, ...]
    site_url: str
    time_zone: str
    invitation_days: tuple[str, ...]
    """Days before the end of a certification on which its agency is invited to renew it; 0 is the last day."""
    sender_mail_per_day: str
    """Most receipts in a day, to everybody together; 0 stops all but the office's e-mail, announcements too."""
    receipts_per_network: str = "20"
    """Most receipts by e-mail that the forms of one network cause in an hour."""
    office_days: tuple[str, ...] = ()
    """Days on which the office works, as in `Mon`: its reminders come then."""
    office_hours: str = ""
    """Its first hour, and the hour at whose beginning it closes: `8-17`."""
    office_holidays: str = ""
    """`federal`, or `none`."""
    desk_secret_arn: str = ""
    origin_secret_arn: str = ""


class MissingVariables(Exception):
    """The environment lacks variables; the message names them."""


@cache
def settings() -> Settings:
    """Read the environment; lists are separated by commas. Raises MissingVariables."""
    values: dict[str, Any] = {}
    for name, kind in Settings.__annotations__.items():
        # Empty is missing: CloudFormation passes a parameter that was left empty as empty text.
        if value := os.environ.get(name.upper()):
            listed = tuple(each.strip() for each in value.split(","))
            values[name] = value if kind is str else listed
    _refuse_without((name for name in Settings._fields if name not in Settings._field_defaults), values)
    return Settings(**values)


def require(*names: str) -> None:
    """Check the settings that every function has, and those of these names, which this function needs.

    Each handler module calls this when it is imported: a function with a wrong environment fails at its start, and not
    for the first visitor who needs what is missing. Raises MissingVariables.
    """
    _refuse_without(names, settings()._asdict())


def _refuse_without(names: Iterable[str], values: Mapping[str, Any]) -> None:
    if missing := [name.upper() for name in names if not values.get(name)]:
        raise MissingVariables(", ".join(missing))
