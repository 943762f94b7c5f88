"""Declares the contact form."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import promises
from forms import fields
from forms.form import Form

TOPICS = [
    ("certification", "Becoming certified"),
    ("checklists", "Working through the checklists"),
    ("plaque", "A plaque or a renewal"),
    ("training", "Training and other certifications"),
    ("website", "A problem with this site"),
    ("other", "Something else"),
]


class ContactForm(Form):
    """A question from anyone, answered within 24 hours."""

    slug = "contact"
    submit_label = "Send message"
    title = "Message"
    receipt_heading = "We have your message"
    next_steps = "A person at the office reads every message, and replies to the e-mail address you gave."
    staff_task = "Answer by"
    done_label = "answered"
    remind_before = promises.ANSWER_REMINDED_BEFORE
    kept_for = timedelta(days=365)
    kept_on_erasure = ("topic",)
    once_a_day = True

    name = fields.line("Your name", missing="Enter your name", autocomplete="name", told_as="Name")
    email = fields.email("E-mail", missing="Enter your e-mail address", hint="We will reply to this address.")
    telephone = fields.telephone("Telephone", hint="Give it if you would like us to call.")
    organization = fields.line("Agency or organization", autocomplete="organization")
    topic = fields.choice("Topic", TOPICS, missing="Choose a topic", empty="Choose a topic")
    message = fields.text("Message", missing="Enter your message", limit=5000, hint="Up to 5,000 characters.")
    announcements = fields.checkbox("E-mail me when a new certification is announced", told_as="Wants announcements")

    @classmethod
    def due(cls, received: datetime) -> datetime:
        return received + promises.ANSWERED_WITHIN

    @classmethod
    def promised(cls, received: datetime, answers: Mapping[str, str]) -> list[tuple[str, str]]:
        return [("We respond by", promises.moment_in_words(cls.due(received)))]

    @classmethod
    def who(cls, answers: Mapping[str, str]) -> str:
        return answers["organization"] or answers["name"]

    @classmethod
    def person(cls, answers: Mapping[str, str]) -> str:
        return answers["name"]

    @classmethod
    def about(cls, answers: Mapping[str, str]) -> str:
        return dict(TOPICS).get(answers["topic"], cls.title)

    @classmethod
    def gist(cls, answers: Mapping[str, str]) -> str:
        return answers["message"]

    @classmethod
    def staff_subject(cls, answers: Mapping[str, str]) -> str:
        return f"Message from {answers['organization'] or answers['name']}"
