"""Declares the plaque form."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from wtforms import Field
from wtforms.validators import ValidationError

import promises
from forms import fields, validators
from forms.folding import folded
from forms.form import Form

PLAQUE_LINE_LIMIT = 120
"""Longest agency name that fits on the plaque, in characters."""

SUMMARY_LIMIT = 15_000
"""Longest summary of the checklists, in characters: every decision with its reason."""

IF_LISTED = {
    "yes": "You agreed to list your agency in the public register. It appears there once we have mailed the plaque. "
    "If you change your mind, write to us.",
    "no": "You did not ask us to list your agency in the public register. If you change your mind, write to us.",
}
"""What the receipt says about the register."""

HOURS_AHEAD = {"AE": 3, "AP": 12, "FM": 11, "GU": 10, "MH": 12, "MP": 10, "PW": 9}
"""Hours by which the local day is ahead of UTC, at most. Elsewhere it is behind."""

STATES = [
    ("AL", "Alabama"), ("AK", "Alaska"), ("AZ", "Arizona"), ("AR", "Arkansas"), ("CA", "California"),
    ("CO", "Colorado"), ("CT", "Connecticut"), ("DE", "Delaware"), ("DC", "District of Columbia"),
    ("FL", "Florida"), ("GA", "Georgia"), ("HI", "Hawaii"), ("ID", "Idaho"), ("IL", "Illinois"),
    ("IN", "Indiana"), ("IA", "Iowa"), ("KS", "Kansas"), ("KY", "Kentucky"), ("LA", "Louisiana"),
    ("ME", "Maine"), ("MD", "Maryland"), ("MA", "Massachusetts"), ("MI", "Michigan"), ("MN", "Minnesota"),
    ("MS", "Mississippi"), ("MO", "Missouri"), ("MT", "Montana"), ("NE", "Nebraska"), ("NV", "Nevada"),
    ("NH", "New Hampshire"), ("NJ", "New Jersey"), ("NM", "New Mexico"), ("NY", "New York"),
    ("NC", "North Carolina"), ("ND", "North Dakota"), ("OH", "Ohio"), ("OK", "Oklahoma"), ("OR", "Oregon"),
    ("PA", "Pennsylvania"), ("RI", "Rhode Island"), ("SC", "South Carolina"), ("SD", "South Dakota"),
    ("TN", "Tennessee"), ("TX", "Texas"), ("UT", "Utah"), ("VT", "Vermont"), ("VA", "Virginia"),
    ("WA", "Washington"), ("WV", "West Virginia"), ("WI", "Wisconsin"), ("WY", "Wyoming"),
    ("AS", "American Samoa"), ("GU", "Guam"), ("MP", "Northern Mariana Islands"), ("PR", "Puerto Rico"),
    ("VI", "U.S. Virgin Islands"),
    ("FM", "Federated States of Micronesia"), ("MH", "Marshall Islands"), ("PW", "Palau"),
    ("AA", "Armed Forces Americas (AA)"), ("AE", "Armed Forces Europe (AE)"), ("AP", "Armed Forces Pacific (AP)"),
]  # fmt: skip
"""States, territories and military areas that mail can be sent to, with their abbreviations (USPS Publication 28)."""


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
    receipt_fields = ("agency", "completed", "listed")
    receipt_heading = "We have your plaque request"
    next_steps = (
        "We will have your plaque engraved and mailed to the address you gave. "
        "If we have a question, we will contact the person you named."
    )
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
        missing="Check the agency name as it will be engraved, and check the box",
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
        "State", STATES, missing="Choose the state", empty="Choose a state", autocomplete="address-level1", width="half"
    )
    zip = fields.line(
        "ZIP code",
        validators.zip_code,
        missing="Enter the ZIP code",
        limit=20,
        autocomplete="postal-code",
        width="short",
    )
    contact_name = fields.line("Contact name", missing="Enter a contact name", autocomplete="name")
    contact_title = fields.line(
        "Title",
        missing="Enter the contact's title",
        hint="Chief, sheriff, training coordinator.",
        autocomplete="organization-title",
    )
    email = fields.email("E-mail", missing="Enter an e-mail address", hint="Your receipt and our questions go here.")
    telephone = fields.telephone("Telephone", missing="Enter a telephone number")
    summary = fields.attached_text("Include this checklist summary", limit=SUMMARY_LIMIT)
    listed = fields.checkbox(
        "List our agency in the public register",
        hint="The register shows your agency's name and state and the dates of its certification, and nothing about "
        f"people: from the day we mail the plaque until {promises.LISTED_AFTER_END.days} days after the certification "
        "ends. To change this later, write to us.",
    )
    announcements = fields.checkbox("E-mail me when a new certification is announced")

    def validate_completed(self, field: Field) -> None:
        """Refuse a day in the future of the agency's zone, and one whose certification has ended there."""
        ahead = timedelta(hours=HOURS_AHEAD.get(self.agency_state.data, 0))
        today = (promises.now() + ahead).date()
        if field.data > today:
            raise ValidationError("The date of completion is in the future; enter the day your agency finished")
        # One day of grace, for a form that was opened on the last day.
        if promises.valid_until(field.data) < today - timedelta(days=1):
            ended = promises.day_in_words(promises.valid_until(field.data))
            raise ValidationError(
                f"This certification ended on {ended}, two years after that date; "
                "check the date, or go through the process again"
            )

    @classmethod
    def due(cls, received: datetime) -> datetime:
        return received + promises.PLAQUE_MAILED_WITHIN

    @classmethod
    def promised(cls, received: datetime, answers: Mapping[str, str]) -> list[tuple[str, str]]:
        completed = date.fromisoformat(answers["completed"])
        return [
            ("Plaque mailed by", promises.day_in_words(promises.day_at_office(cls.due(received)))),
            ("If certified, valid until", promises.day_in_words(promises.valid_until(completed))),
        ]

    @classmethod
    def remarks(cls, received: datetime, answers: Mapping[str, str]) -> list[str]:
        listed = [IF_LISTED[answers["listed"]]] if answers.get("listed") else []
        left = cls.ends_on(answers) - promises.day_at_office(received)
        if left >= promises.ENDS_SOON:
            return listed
        words = {-1: "ended yesterday", 0: "ends today", 1: "ends tomorrow"}.get(left.days, f"ends in {left.days} days")
        return [f"Your certification {words}. Your agency can begin the process again now.", *listed]

    @classmethod
    def ends_on(cls, answers: Mapping[str, str]) -> date:
        return promises.valid_until(date.fromisoformat(answers["completed"]))

    @classmethod
    def sender_key(cls, answers: Mapping[str, str]) -> str:
        return " ".join(answers["agency"].casefold().split()) + f" ({answers['agency_state']})"

    @classmethod
    def mailing_label(cls, answers: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the address lines in the order of the Postal Service, and the name to engrave.

        The agency follows the addressee, unless it is the addressee: mail for a bare `Chief` is not delivered.
        """
        named = folded(answers["agency"]) in folded(answers["addressee"])
        street = [answers["street1"], answers["street2"]]
        city = f"{answers['city']} {answers['state']} {answers['zip']}"
        lines = [answers["addressee"], *([] if named else [answers["agency"]]), *street, city]
        return {"address": [line.strip() for line in lines if line.strip()], "engraved": answers["agency"]}

    @classmethod
    def who(cls, answers: Mapping[str, str]) -> str:
        return answers["agency"]

    @classmethod
    def person(cls, answers: Mapping[str, str]) -> str:
        return answers["contact_name"]

    @classmethod
    def gist(cls, answers: Mapping[str, str]) -> str:
        completed = promises.day_in_words(date.fromisoformat(answers["completed"]))
        place = f"{answers['city']}, {answers['state']}" if answers["city"] else ""
        return "; ".join(filter(None, (place, f"completed {completed}")))

    @classmethod
    def staff_subject(cls, answers: Mapping[str, str]) -> str:
        return f"Plaque for {answers['agency']}"
