"""The kinds of field: how each is drawn, validated, stored, and shown in words.

Each is a WTForms field whose answer is stored as text. `missing` is the message for an empty answer;
without it the field is optional. Messages tell the person what to do, in plain imperative words.
"""

import datetime
import re
import unicodedata
from typing import Any

from markupsafe import Markup
from wtforms import BooleanField, DateField, EmailField, Field, SelectField, StringField, TelField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2
from wtforms.form import BaseForm
from wtforms.validators import AnyOf, DataRequired, Optional, StopValidation
from wtforms.widgets import html_params

import normalize
from forms import validators
from forms.validators import Validator, at_most, e_mail_address, no_control_characters, telephone_number
from promises import day_in_words

LINE_LIMIT = 200
"""Longest answer to a one-line question, in characters."""

FIRST_DAY = datetime.date(2000, 1, 1)
"""The first day that a date box offers."""
HALF_TYPED = datetime.date(1900, 1, 1)
"""An earlier day is a typing error: its year lacks a digit, or has a wrong one."""

YES = {"yes", "y", "on", "true", "1"}
"""Words by which browsers and programs say that a box is checked. Any other word is no consent."""
NO_ANSWER = {"", "na", "nan", "nil", "no", "none", "notapplicable", "null", "undefined"}
"""Words for an empty answer, without their punctuation and spaces."""
NO_TEXT = {*YES, *NO_ANSWER, "0", "checked", "f", "false", "n", "off", "t"}
"""Words that programs send for an empty answer, or for a box that is checked."""


class Answer(Field):
    """Mixin for WTForms fields: the answer as it was typed and cleaned, as it is stored, and in words."""

    is_checkbox = False
    """Whether it is drawn as a box to check, with its label behind it."""
    is_searched = True
    """Whether a search of the office looks through its answers."""

    def __init__(self, label: str, validators: list[Validator], *, told_as: str = "", **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.told_as = told_as or label
        """Label for the office, where the question would read like an order to it."""

    @staticmethod
    def clean(text: str) -> str:
        """Remove what nobody sees, before anything is checked, shown again or stored."""
        return normalize.cleaning.line(text)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.raw_data = [self.clean(value) for value in valuelist]
        super().process_formdata(self.raw_data)

    def stored(self) -> str:
        """Return the answer as it is stored."""
        return self.data or ""

    def in_words(self, stored: str) -> str:
        """Return a stored answer as e-mails and lists show it."""
        return stored


class OneLine(Answer):
    """Mixin of one line that somebody types. A word for no answer, such as `N/A`, is none where none is needed."""

    def process_formdata(self, valuelist: list[str]) -> None:
        needed = self.flags.required
        super().process_formdata([each for each in valuelist if needed or not is_no_answer(self.clean(each))])


class Line(OneLine, StringField):
    """One line of text."""


class Email(Answer, EmailField):
    """One e-mail address, stored normalized."""

    def stored(self) -> str:
        typed = super().stored()
        try:
            return normalize.addresses.normalized(typed)
        except normalize.addresses.NotMailable:
            return typed


class Telephone(OneLine, TelField):
    """A telephone number, however it is written; its digits are stored as digits."""

    @staticmethod
    def clean(text: str) -> str:
        return normalize.folding.numerals(normalize.cleaning.line(text))


class Zip(Line):
    """A ZIP code, stored as it is printed on a label."""

    def stored(self) -> str:
        return normalize.mailing.zip_code(super().stored()) or super().stored()


class Text(Answer, TextAreaField):
    """Several lines of text; line ends are kept as `\\n`."""

    @staticmethod
    def clean(text: str) -> str:
        return normalize.cleaning.lines(text)


class AttachedText(Text):
    """Text prefilled by another page. It is submitted only if its box is checked."""

    is_checkbox = True

    is_searched = False

    @staticmethod
    def clean(text: str) -> str:
        """Clean the text. Return "" if it only says no, or is what programs send for a box that is checked."""
        cleaned = normalize.cleaning.lines(text)
        return "" if re.sub(r"[\W_]+", "", cleaned).casefold() in NO_TEXT else cleaned

    def __call__(self, **html: Any) -> Markup:
        given = {"type": "checkbox", "id": self.id, "name": self.name, "value": self.data or "", "data-offered": True}
        return Markup("<input {}>").format(html_params(**given, checked=bool(self.data), **html))


class Choice(Answer, SelectField):
    """One option of a list; its value is stored."""

    def in_words(self, stored: str) -> str:
        if not stored:
            return ""  # not the words of an empty box: "Choose a state"
        choices: Any = self.choices  # whose kinds are many
        return next((each.label for each in choices if each.value == stored), stored)


class Date(Answer, DateField):
    """A date, stored as YYYY-MM-DD. Browsers send that; every way to write it that names one day is accepted too."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.raw_data = [typed for value in valuelist if (typed := self.clean(value))]
        self.data = normalize.dates.parse(self.raw_data[0]) if self.raw_data else None
        if self.raw_data and self.data is None:
            raise ValueError(normalize.dates.question(self.raw_data[0]))

    def pre_validate(self, _form: BaseForm) -> None:
        if self.process_errors:
            raise StopValidation

    def __call__(self, **html: Any) -> Markup:
        """Draw a date box, or a text box if the answer is not a date."""
        # A date box shows nothing for an invalid value: the person would lose what they typed.
        typed = (self.raw_data or [""])[0]
        shown_as = {"type": "text", "min": False} if typed and typed != self.stored() else {}
        return super().__call__(**shown_as, **html)

    def stored(self) -> str:
        return self.data.isoformat() if self.data else ""

    def in_words(self, stored: str) -> str:
        return day_in_words(datetime.date.fromisoformat(stored)) if stored else ""


class Checkbox(Answer, BooleanField):
    """A checkbox, stored as `yes` or `no`."""

    is_checkbox = True

    is_searched = False

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        self.data = any(word.casefold() in YES for word in self.raw_data or ())

    def _value(self) -> str:
        return "yes"

    def stored(self) -> str:
        return "yes" if self.data else "no"

    def in_words(self, stored: str) -> str:
        return "Yes" if stored == "yes" else "No"


def line(
    label: str,
    *checks: Validator,
    missing: str = "",
    limit: int = LINE_LIMIT,
    hint: str = "",
    autocomplete: str = "off",
    width: str = "",
    preview: str = "",
    told_as: str = "",
) -> Field:
    """Declare a line of text. `width` is `short` or `half`; `autocomplete` is one of the HTML standard's names.

    With `preview`, the answer is shown once more below its box, after these words. The office reads `told_as`.
    """
    html = _html(autocomplete=autocomplete, width=width) | ({"data-preview": preview} if preview else {})
    checked = _checks(missing, at_most(limit), no_control_characters, *checks)
    return Line(label, checked, description=hint, render_kw=html, told_as=told_as)


def email(label: str, *, missing: str, hint: str = "") -> Field:
    checks = _checks(missing, at_most(LINE_LIMIT), no_control_characters, e_mail_address)
    return Email(label, checks, description=hint, render_kw=_html(autocomplete="email"))


def telephone(label: str, *, missing: str = "", hint: str = "") -> Field:
    checks = _checks(missing, at_most(60), no_control_characters, telephone_number)
    return Telephone(label, checks, description=hint, render_kw=_html(autocomplete="tel", width="half"))


def zip_code(label: str, *, missing: str) -> Field:
    checks = _checks(missing, at_most(LINE_LIMIT), no_control_characters, validators.zip_code)
    return Zip(label, checks, render_kw=_html(autocomplete="postal-code", width="short"))


def text(label: str, *, missing: str = "", limit: int, hint: str = "") -> Field:
    checks = _checks(missing, at_most(limit), no_control_characters)
    return Text(label, checks, description=hint, render_kw={"rows": "8"})


def attached_text(label: str, *, limit: int, too_long: str, told_as: str) -> Field:
    """Declare text that another page fills in: the person sees it, cannot edit it, and sends it by checking its box."""
    return AttachedText(label, _checks("", at_most(limit, too_long), no_control_characters), told_as=told_as)


def choice(
    label: str,
    options: list[tuple[str, str]],
    *,
    missing: str,
    empty: str,
    autocomplete: str = "off",
    width: str = "",
    follows: str = "",
) -> Field:
    """Declare a list to choose from. `empty` is its first line, shown until something is chosen.

    With `follows`, script chooses as in the list of that name.
    """
    one_of = AnyOf([value for value, _ in options], message=missing)
    html = _html(autocomplete=autocomplete, width=width) | ({"data-follows": follows} if follows else {})
    choices = [SelectChoice(value, words) for value, words in [("", empty), *options]]
    # AnyOf checks the choice instead, with a message of ours.
    return Choice(label, _checks(missing, one_of), choices=choices, validate_choice=False, render_kw=html)


def date(label: str, *, missing: str, hint: str = "") -> Field:
    html = _html(width="short") | {"min": FIRST_DAY.isoformat()}
    return Date(label, [DataRequired(missing), _not_half_typed], description=hint, render_kw=html)


def is_no_answer(text: str) -> bool:
    """Return whether a text only says that there is none; an emoji says something."""
    if len(text) > len("- not applicable -"):
        return False
    letters = (c for c in unicodedata.normalize("NFKC", text).casefold() if unicodedata.category(c)[0] not in "PZ")
    return "".join(letters) in NO_ANSWER


def _not_half_typed(_form: BaseForm, field: Field) -> None:
    """Refuse a day before HALF_TYPED: its year lacks a digit, or has a wrong one."""
    if field.data < HALF_TYPED:
        raise StopValidation("Check the year, and enter it in four digits, such as 2026")


def checkbox(label: str, *, told_as: str, missing: str = "", hint: str = "") -> Field:
    """Declare a checkbox; with `missing`, one that must be checked. The office reads `told_as`."""
    no = (False, "false", "no", "")
    return Checkbox(label, _checks(missing), description=hint, false_values=no, told_as=told_as)


def _checks(missing: str, *checks: Validator) -> list[Validator]:
    return [DataRequired(missing) if missing else Optional(), *checks]


def _html(*, autocomplete: str = "off", width: str = "") -> dict[str, str]:
    return {"autocomplete": autocomplete} | ({"class": f"width-{width}"} if width else {})
