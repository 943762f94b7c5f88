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
        "If this address is not signed up yet, we send it an e-mail with a link, at most once a day. "
        "You are signed up once you open the link and press the button there."
    )
    if_not_mailed = "We cannot send the e-mail with the link right now. Please sign up again tomorrow."
    once_a_day = True
    owed_emails = ("receipt",)
    receipt_email = "confirm"
    kept_for = timedelta(days=30)

    email = fields.email(
        "E-mail", missing="Enter your e-mail address", hint="We send a link to this address. Open it to confirm."
    )

    @classmethod
    def due(cls, received: datetime) -> datetime:
        return received

    @classmethod
    def wants_announcements(cls, _answers: Mapping[str, str]) -> bool:
        return True
