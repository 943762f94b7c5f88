"""The kinds of field: how each is drawn, validated, stored, and shown in words.

Each is a WTForms field whose answer is stored as text. `missing` is the message for an empty answer;
without it the field is optional. Messages tell the person what to do, in plain imperative words.
"""

import datetime
from typing import Any

from markupsafe import Markup
from wtforms import BooleanField, DateField, EmailField, Field, SelectField, StringField, TelField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2
from wtforms.form import BaseForm
from wtforms.validators import AnyOf, DataRequired, Optional, StopValidation
from wtforms.widgets import html_params

from forms import validators
from forms.validators import Validator, at_most, e_mail_address, no_control_characters, telephone_number
from normalize import addresses, cleaning, dates, mailing
from promises import day_in_words

LINE_LIMIT = 200
"""Longest answer to a one-line question, in characters."""

FIRST_DAY = datetime.date(2000, 1, 1)
"""An earlier day was half typed."""


YES = {"yes", "y", "on", "true", "1"}
"""Words by which browsers and programs say that a box is checked. Any other word is no consent."""


class Answer(Field):
    """Mixin for WTForms fields: the answer as it was typed and cleaned, as it is stored, and in words."""

    is_checkbox = False
    """Whether it is drawn as a box to check, with its label behind it."""
    is_searched = True
    """Whether a search of the office looks through its answers."""
    clean = staticmethod(cleaning.line)
    """Removes what nobody sees, before anything is checked, shown again or stored."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.raw_data = [self.clean(value) for value in valuelist]
        super().process_formdata(self.raw_data)

    def stored(self) -> str:
        """Return the answer as it is stored."""
        return self.data or ""

    def in_words(self, stored: str) -> str:
        """Return a stored answer as e-mails and lists show it."""
        return stored


class Line(Answer, StringField):
    """One line of text."""


class Email(Answer, EmailField):
    """One e-mail address, stored normalized."""

    def stored(self) -> str:
        typed = super().stored()
        return addresses.normalized(typed) if addresses.is_mailable(typed) else typed


class Telephone(Answer, TelField):
    """A telephone number, however it is written."""


class Zip(Line):
    """A ZIP code, stored as it is printed on a label."""

    def stored(self) -> str:
        return mailing.zip_code(super().stored()) or super().stored()


class Text(Answer, TextAreaField):
    """Several lines of text; line ends are kept as `\\n`."""

    clean = staticmethod(cleaning.lines)


class AttachedText(Text):
    """Text prefilled by another page. It is submitted only if its box is checked."""

    is_checkbox = True

    is_searched = False

    def __call__(self, **html: Any) -> Markup:
        given = {"type": "checkbox", "id": self.id, "name": self.name, "value": self.data or "", "data-offered": True}
        return Markup("<input {}>").format(html_params(**given, checked=bool(self.data), **html))


class Choice(Answer, SelectField):
    """One option of a list of (value, words); the value is stored."""

    def __init__(self, label: str, validators: list[Validator], options: list[tuple[str, str]], **kwargs: Any) -> None:
        choices = [SelectChoice(value, words) for value, words in options]
        # AnyOf checks the choice instead, with a message of ours.
        super().__init__(label, validators, choices=choices, validate_choice=False, **kwargs)
        self._words = dict(options)

    def in_words(self, stored: str) -> str:
        return self._words.get(stored, stored)


class Date(Answer, DateField):
    """A date, stored as YYYY-MM-DD. Browsers send that; every way to write it that names one day is accepted too."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.raw_data = [typed for value in valuelist if (typed := self.clean(value))]
        self.data = dates.parse(self.raw_data[0]) if self.raw_data else None
        if self.raw_data and self.data is None:
            raise ValueError("Enter a real date, such as 3/27/2026")

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
) -> Field:
    """`width` is `short` or `half`; `autocomplete` is one of the HTML standard's autofill names.

    With `preview`, the answer is shown once more below its box, after these words.
    """
    html = _html(autocomplete=autocomplete, width=width) | ({"data-preview": preview} if preview else {})
    return Line(
        label, _checks(missing, at_most(limit), no_control_characters, *checks), description=hint, render_kw=html
    )


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


def attached_text(label: str, *, limit: int, too_long: str) -> Field:
    """Text of several lines that the person sees, and sends by leaving its box checked. Nobody can shorten it there."""
    return AttachedText(label, _checks("", at_most(limit, too_long), no_control_characters))


def choice(
    label: str, options: list[tuple[str, str]], *, missing: str, empty: str, autocomplete: str = "off", width: str = ""
) -> Field:
    """`empty` is the first line of the list, shown until something is chosen."""
    one_of = AnyOf([value for value, _ in options], message=missing)
    html = _html(autocomplete=autocomplete, width=width)
    return Choice(label, _checks(missing, one_of), [("", empty), *options], render_kw=html)


def date(label: str, *, missing: str, hint: str = "") -> Field:
    html = _html(width="short") | {"min": FIRST_DAY.isoformat()}
    return Date(label, [DataRequired(missing), _recent], description=hint, render_kw=html)


def _recent(_form: BaseForm, field: Field) -> None:
    """Refuse a year of less than four digits, and one before the program's time."""
    if field.data < FIRST_DAY:
        raise StopValidation("Enter the year in four digits, such as 2026")


def checkbox(label: str, *, missing: str = "", hint: str = "") -> Field:
    """A checkbox; with `missing`, one that must be checked."""
    return Checkbox(label, _checks(missing), description=hint, false_values=(False, "false", "no", ""))


def _checks(missing: str, *checks: Validator) -> list[Validator]:
    return [DataRequired(missing) if missing else Optional(), *checks]


def _html(*, autocomplete: str = "off", width: str = "") -> dict[str, str]:
    return {"autocomplete": autocomplete} | ({"class": f"width-{width}"} if width else {})
