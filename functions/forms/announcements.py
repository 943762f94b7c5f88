"""The announcements sign-up form."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from forms import fields
from forms.form import Form


class AnnouncementsForm(Form):
    """A sign-up for e-mail about new certifications."""

    slug = "announcements"
    submit_label = "Sign up"
    title = "Sign-up for announcements"
    receipt_heading = "Check your e-mail"
    next_steps = (
        "If this address is not signed up yet, a message with a link is on its way to it. "
        "You are signed up once you open the link and press the button there."
    )
    once_a_day = True
    owed_emails = ("receipt",)
    receipt_email = "confirm"
    kept_for = timedelta(days=30)

    email = fields.email("E-mail", missing="Enter your e-mail address", hint="We send it a link to confirm.")

    @classmethod
    def due(cls, received: datetime) -> datetime:
        return received

    @classmethod
    def wants_announcements(cls, _answers: Mapping[str, str]) -> bool:
        return True
