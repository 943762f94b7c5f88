"""Declares the plaque form."""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from wtforms import Field
from wtforms.validators import ValidationError

import normalize
import promises
import rendering
from engraving import LONGEST
from forms import fields, validators
from forms.fields import Zip
from forms.form import Form
from normalize.states import STATES

PLAQUE_LINE_LIMIT = LONGEST
"""Longest agency name that fits on the plaque, in characters."""

SUMMARY_LIMIT = 15_000
"""Longest summary of the checklists, in characters: every decision with its reason."""
SUMMARY_TOO_LONG = "The checklist summary is too long to send. Uncheck its box, or go back and leave the reasons out"

IF_LISTED = {
    "yes": "You agreed to list your agency in the public register. It appears there once we have mailed the plaque. "
    "If you change your mind, write to us.",
    "no": "You did not ask us to list your agency in the public register. If you change your mind, write to us.",
}
"""Sentences of the receipt about the register."""

CLOCKS = {
    "Pacific/Kiritimati": {""},
    "Pacific/Auckland": {"AP"},
    "Pacific/Majuro": {"MH"},
    "Pacific/Kosrae": {"FM"},
    "Pacific/Guam": {"GU", "MP"},
    "Pacific/Palau": {"PW"},
    "Asia/Karachi": {"AE"},
    "UTC": {"AA"},
    "America/Puerto_Rico": {"PR", "VI"},
    "America/New_York": {
        *("AL", "CT", "DC", "DE", "FL", "GA", "IN", "KY", "MA", "MD", "ME", "MI", "NC", "NH", "NJ", "NY", "OH", "PA"),
        *("RI", "SC", "TN", "VA", "VT", "WV"),
    },
    "America/Chicago": {"AR", "IA", "IL", "KS", "LA", "MN", "MO", "MS", "ND", "NE", "OK", "SD", "TX", "WI"},
    "America/Denver": {"AZ", "CO", "ID", "MT", "NM", "NV", "OR", "UT", "WY"},
    "America/Los_Angeles": {"CA", "WA"},
    "America/Anchorage": {"AK"},
    "Pacific/Honolulu": {"HI"},
    "Pacific/Pago_Pago": {"AS"},
}
"""The clock that is furthest ahead in each state, "" for none chosen. Some towns keep the one of the next state."""
ZONE_OF = {state: zone for zone, states in CLOCKS.items() for state in states}

ENGRAVED = "\u2018\u2019\u201c\u201d\u2013\u2014"
"""Characters besides Latin letters and ASCII that the fonts of engravers have: curly quotes and dashes."""


class PlaqueForm(Form):
    """A request for the plaque from an agency that completed the checklists, mailed within two weeks."""

    slug = "plaque"
    submit_label = "Request the plaque"
    title = "Plaque request"
    certifies = True
    legends: ClassVar = {
        "agency": "Your agency",
        "addressee": "Where to send the plaque",
        "contact_name": "Contact person",
    }
    register_fields = ("listed",)
    receipt_fields = ("agency", "completed", "listed")
    receipt_heading = "We have your plaque request"
    next_steps = (
        "We will have your plaque engraved and mailed to the address you gave. "
        "If we have a question, we will contact the person you named."
    )
    if_too_long = f"{SUMMARY_TOO_LONG}."
    staff_task = "Mail by"
    done_label = "mailed"
    remind_before = promises.PLAQUE_REMINDED_BEFORE
    kept_for = timedelta(days=365)
    kept_on_erasure = ("agency", "agency_state", "completed")
    once_a_day = False
    receipt_each_time = True

    agency = fields.line(
        "Agency name",
        missing="Enter your agency's name",
        limit=PLAQUE_LINE_LIMIT,
        hint="Exactly as it should read on the plaque.",
        autocomplete="organization",
        preview="As it will be engraved:",
    )
    name_confirmed = fields.checkbox(
        "The name reads exactly as it should on the plaque",
        told_as="Name checked by the sender",
        missing="Read the agency name as it will be engraved, then check the box",
    )
    agency_state = fields.choice(
        "Agency's state", STATES, missing="Choose your agency's state", empty="Choose a state", width="half"
    )
    completed = fields.date(
        "Date of completion",
        missing="Enter the date of completion",
        hint="The day your agency finished the last checklist.",
    )
    addressee = fields.line("Addressee", missing="Enter the addressee", hint="A person, an office or the agency.")
    street1 = fields.line(
        "Street address", missing="Enter the street address", hint="Street or PO box.", autocomplete="address-line1"
    )
    street2 = fields.line("Street address, line 2", autocomplete="address-line2")
    city = fields.line(
        "City", missing="Enter the city", hint="For a military address, APO, FPO or DPO.", autocomplete="address-level2"
    )
    state = fields.choice(
        "State",
        STATES,
        missing="Choose the state",
        empty="Choose a state",
        autocomplete="address-level1",
        width="half",
        follows="agency_state",
    )
    zip = fields.zip_code("ZIP code", missing="Enter the ZIP code")
    contact_name = fields.line("Contact name", missing="Enter a contact name", autocomplete="name")
    contact_title = fields.line(
        "Title",
        missing="Enter the contact's title",
        hint="Chief, sheriff, training coordinator.",
        autocomplete="organization-title",
    )
    email = fields.email(
        "E-mail", missing="Enter an e-mail address", hint="We send your receipt and any questions here."
    )
    telephone = fields.telephone("Telephone", missing="Enter a telephone number")
    summary = fields.attached_text(
        "Include this checklist summary", limit=SUMMARY_LIMIT, too_long=SUMMARY_TOO_LONG, told_as="Checklist summary"
    )
    listed = fields.checkbox(
        "List our agency in the public register",
        told_as="To be listed in the public register",
        hint="The register shows your agency's name and state and the dates of its certification. It shows nothing "
        "about people. Your agency is listed from the day we mail the plaque until "
        f"{promises.LISTED_AFTER_END.days} days after the certification ends. To change this later, write to us.",
    )
    announcements = fields.checkbox("E-mail me when a new certification is announced", told_as="Wants announcements")

    def validate_agency(self, field: Field) -> None:
        """Refuse a word for no name: a plaque would be engraved with it."""
        if fields.is_no_answer(field.data):
            raise ValidationError("Enter your agency's name")

    def validate_completed(self, field: Field) -> None:
        """Refuse a day in the future of the agency's zone, and one whose certification has ended there."""
        today = promises.now().astimezone(ZoneInfo(ZONE_OF.get(self.agency_state.data or "", "UTC"))).date()
        if field.data > today:
            raise ValidationError("The date of completion is in the future; enter the day your agency finished")
        # One day of grace, for a form that was opened on the last day.
        if promises.valid_until(field.data) < today - timedelta(days=1):
            ended = promises.day_in_words(promises.valid_until(field.data))
            raise ValidationError(
                f"This certification ended on {ended}, two years after that date; "
                "check the date, or go through the process again"
            )

    def validate_zip(self, field: Zip) -> None:
        """Ask once about a ZIP code of another state."""
        states, named = normalize.mailing.states_of(field.stored()), dict(STATES)
        if self.state.data in named and self.state.data not in states:
            place = " or ".join(named[state] for state in sorted(states))
            is_of = f"is a ZIP code of {place}, not" if place else "is no ZIP code"
            question = (
                f"{field.stored()} {is_of} of {named[self.state.data]}. Correct it, or send the form again to keep it"
            )
            validators.ask_once(self, field, question, f"{field.stored()} {self.state.data}")

    @classmethod
    def due(cls, received: datetime) -> datetime:
        """Return the end of the last day at the office."""
        return promises.end_of_day_at_office(promises.day_at_office(received) + promises.PLAQUE_MAILED_WITHIN)

    @classmethod
    def promised(cls, received: datetime, answers: Mapping[str, str]) -> list[tuple[str, str]]:
        completed = date.fromisoformat(answers["completed"])
        return [
            ("Date of completion", promises.day_in_words(completed)),
            ("Plaque mailed by", promises.day_in_words(promises.day_at_office(cls.due(received)))),
            ("If certified, valid until", promises.day_in_words(promises.valid_until(completed))),
        ]

    @classmethod
    def remarks(cls, received: datetime, answers: Mapping[str, str]) -> list[str]:
        told = answers.get("listed") and rendering.office().keeps_register
        listed = [IF_LISTED[answers["listed"]]] if told else []
        ends_on, today = cls.ends_on(answers), promises.day_at_office(received)
        if not promises.ends_soon(ends_on, today):
            return listed
        words = promises.ending_in_words(ends_on, today)
        return [
            f"A certification with this date of completion {words}. Your agency can begin the process again now.",
            *listed,
        ]

    @classmethod
    def ends_on(cls, answers: Mapping[str, str]) -> date:
        return promises.valid_until(date.fromisoformat(answers["completed"]))

    @classmethod
    def agency_key(cls, answers: Mapping[str, str]) -> str:
        return normalize.folding.agency_key(answers["agency"], answers["agency_state"])

    @classmethod
    def may_correct(cls, earlier: Mapping[str, str], later: Mapping[str, str]) -> bool:
        """Return whether two requests may be of one agency: its name, or the date with the sender or the ZIP code."""
        same_state = earlier["agency_state"] == later["agency_state"]
        if same_state and normalize.folding.is_alike(earlier["agency"], later["agency"]):
            return True
        return earlier["completed"] == later["completed"] and (
            normalize.addresses.identity(earlier["email"]) == normalize.addresses.identity(later["email"])
            or earlier["zip"][:5] == later["zip"][:5]
        )

    @classmethod
    def mailing_label(cls, answers: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the lines of the label, the name to engrave as it was typed, and what to look at in both."""
        streets, place = ("street1", "street2"), ("city", "state", "zip")
        return {
            "address": normalize.mailing.label(
                answers["addressee"],
                answers["agency"],
                [answers[name] for name in streets],
                *(answers[name] for name in place),
            ),
            "engraved": answers["agency"],
            "doubts": cls._doubts(answers),
        }

    @classmethod
    def _doubts(cls, answers: Mapping[str, str]) -> list[str]:
        """Return sentences about what an engraver or the Postal Service may not take."""
        letters = unicodedata.normalize("NFC", answers["agency"])
        lacking = dict.fromkeys(c for c in letters if c > "\u017f" and c not in ENGRAVED)
        named = ", ".join(map(normalize.cleaning.named, lacking))
        doubts = [f"An engraver's font may lack {named}."] if lacking else []
        states = normalize.mailing.states_of(answers["zip"])
        if answers["state"] not in states:
            place = f"of {' or '.join(sorted(states))}, not" if states else "not"
            doubts.append(f"The ZIP code is {place} of {answers['state']}.")
        return doubts

    @classmethod
    def who(cls, answers: Mapping[str, str]) -> str:
        return answers["agency"]

    @classmethod
    def person(cls, answers: Mapping[str, str]) -> str:
        return answers["contact_name"]

    @classmethod
    def gist(cls, answers: Mapping[str, str]) -> str:
        completed = promises.day_in_words(date.fromisoformat(answers["completed"]))
        city = normalize.mailing.city_alone(answers["city"], answers["state"], answers["zip"])
        place = f"{city}, {answers['state']}" if city else ""
        return "; ".join(filter(None, (place, f"completed {completed}")))

    @classmethod
    def staff_subject(cls, answers: Mapping[str, str]) -> str:
        return f"Plaque for {answers['agency']}"
