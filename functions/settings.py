"""The environment of the functions, read once."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any


@dataclass(frozen=True)
class Settings:
    """One field for each variable, under its name in lower case. One with a default is not set for every function."""

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
    """Most receipts in a day, to everybody together; 0 stops all e-mail to senders."""
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
    for field in fields(Settings):
        # Empty is missing: CloudFormation passes a parameter that was left empty as empty text.
        if value := os.environ.get(field.name.upper()):
            listed = tuple(each.strip() for each in value.split(","))
            values[field.name] = value if field.type is str else listed
    needed = [field.name for field in fields(Settings) if field.default is MISSING]
    _refuse_without(needed, values)
    return Settings(**values)


def require(*own: str) -> None:
    """Check the settings that every function has, and the `own` ones of this function.

    Each handler module calls this when it is imported: a function with a wrong environment fails at its start, and not
    for the first visitor who needs what is missing. Raises MissingVariables.
    """
    # vars() of a frozen dataclass: its fields by name.
    _refuse_without(own, vars(settings()))


def _refuse_without(names: Iterable[str], values: Mapping[str, Any]) -> None:
    if missing := [name.upper() for name in names if not values.get(name)]:
        raise MissingVariables(", ".join(missing))
