"""The base class of all forms: parsing, drawing, and recognizing a repeated submission."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, unquote

import wtforms
from markupsafe import Markup

import promises
from forms.fields import AttachedText, Checkbox, Telephone, Text
from forms.spam import TRAP
from normalize.folding import digits_of, folded, plain
from rendering import render

REFERENCE_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
"""Without 0/O and 1/I/L, which look alike, and without vowels, so that a reference never spells a word."""
REFERENCE_LENGTH = 10
BITS_OF_REFERENCE = 48
SUBJECT_LIMIT = 400
"""Characters of a text in which a reference is looked for."""
WORDS_TO_FIND = 8_000
"""Characters of a submission that can be searched."""
MAILTO_LIMIT = 1500
"""Characters of a mailto link; some mail programs truncate longer ones."""


ASKED = "asked"
"""The hidden box with what was asked about once."""
ASKED_LIMIT = 170
"""Characters that are read of it: ten questions."""


class FormData(dict[str, list[str]]):
    """Posted answers in the interface that WTForms expects."""

    def getlist(self, name: str) -> list[str]:
        return self.get(name, [])


def read_form(body: bytes) -> FormData:
    """Parse a form-encoded body. Raises UnicodeDecodeError if it is not UTF-8, ValueError if it has over 200 fields."""
    # 200 is more than any form has, and bounds the cost of a hostile body.
    parsed = parse_qs(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=200)
    # A repeated field counts once: no field of ours has several values.
    return FormData({name: values[:1] for name, values in parsed.items()})


@dataclass(frozen=True)
class Notice:
    """An error about the form as a whole: what happened, and what to do."""

    title: str
    advice: str


class Form(wtforms.Form):
    """One public form. Its fields are declared in the order in which they are asked."""

    slug: ClassVar[str]
    """Name of the form in URLs, in the table and in file names."""
    submit_label: ClassVar[str]
    """Label of the submit button."""
    legends: ClassVar[Mapping[str, str]] = {}
    """Legend of each group, by the name of its first field."""
    receipt_fields: ClassVar[tuple[str, ...]] = ()
    """Fields without personal data from which the dates on the receipt are computed."""
    receipt_heading: ClassVar[str]
    """Heading of the receipt."""
    next_steps: ClassVar[str]
    """One or two fixed sentences about what happens next."""
    owed_emails: ClassVar[tuple[str, ...]] = ("staff", "receipt")
    """The e-mails that a submission causes."""
    receipt_email: ClassVar[str] = "receipt"
    """Name of the e-mail to the sender, in functions/templates/email/."""
    receipt_each_time: ClassVar[bool] = False
    """True where each submission has a receipt by e-mail; otherwise an address gets one a day."""
    staff_task: ClassVar[str] = ""
    """The office's task before the due date, in two words; empty if there is none."""
    done_label: ClassVar[str] = ""
    """Word for a submission once the task is done."""
    title: ClassVar[str]
    """One or two words for a submission, for the office."""
    certifies: ClassVar[bool] = False
    """Whether the form requests a plaque, which certifies the agency once it is mailed."""
    remind_before: ClassVar[timedelta]
    """Time before the due date at which staff are reminded."""
    if_too_long: ClassVar[str] = (
        "Please shorten the longest answer and send the form again, or send us a long document by e-mail."
    )
    """Advice to someone whose form is too large to be read."""
    kept_on_erasure: ClassVar[tuple[str, ...]] = ()
    """Fields that are kept when a person's data are erased."""
    kept_for: ClassVar[timedelta]
    """Time for which the answers are kept."""
    once_a_day: ClassVar[bool]
    """Whether the same answers on another day are a new submission."""

    @classmethod
    def due(cls, received: datetime) -> datetime:
        """Return the time by which the office must have done its task."""
        raise NotImplementedError

    @classmethod
    def promised(cls, received: datetime, answers: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return the dates promised to the sender, as (label, date in words)."""
        return []

    @classmethod
    def remarks(cls, received: datetime, answers: Mapping[str, str]) -> list[str]:
        """Return further fixed sentences for the receipt."""
        return []

    @classmethod
    def ends_on(cls, answers: Mapping[str, str]) -> date | None:
        """Return the last day of the certification, None if the form has none."""
        return None

    @classmethod
    def sender_key(cls, answers: Mapping[str, str]) -> str | None:
        """Return the key of the agency, equal for two submissions of one agency; None if the form has none."""
        return None

    @classmethod
    def may_correct(cls, earlier: Mapping[str, str], later: Mapping[str, str]) -> bool:
        """Return whether the later answers may be those of the same sender, corrected."""
        return False

    @classmethod
    def differences(cls, earlier: Mapping[str, str], later: Mapping[str, str]) -> list[tuple[str, str, str]]:
        """Return (label, earlier words, later words) of each answer that differs; attached texts are left out."""
        fields: Any = cls()
        before, now = cls.in_words_by_name(earlier), cls.in_words_by_name(later)
        return [
            (field.label.text, before[field.name], now[field.name])
            for field in fields
            if before[field.name] != now[field.name] and not isinstance(field, AttachedText)
        ]

    @classmethod
    def wants_announcements(cls, answers: Mapping[str, str]) -> bool:
        """Return whether the sender asked for e-mail about new certifications."""
        return answers.get("announcements") == "yes"

    @classmethod
    def mailing_label(cls, answers: Mapping[str, str]) -> Mapping[str, Any] | None:
        """Return the lines of the `address` label and the `engraved` text, None if nothing is mailed."""
        return None

    @classmethod
    def who(cls, answers: Mapping[str, str]) -> str:
        """Return the name of the sender, for the office: the agency or the person."""
        return ""

    @classmethod
    def person(cls, answers: Mapping[str, str]) -> str:
        """Return the name of the person to write to."""
        return ""

    @classmethod
    def about(cls, answers: Mapping[str, str]) -> str:
        """Return the subject in a few words."""
        return cls.title

    @classmethod
    def gist(cls, answers: Mapping[str, str]) -> str:
        """Return the words that tell it from others at a glance."""
        return ""

    @classmethod
    def words_to_find(cls, answers: Mapping[str, str]) -> str:
        """Return the searchable text: the words of the answers, and the digits of telephone numbers."""
        fields: Any = cls()
        texts = [answers.get(field.name, "") for field in fields if field.is_searched]
        numbers = [f"#{digits_of(answers.get(field.name, ''))}" for field in fields if isinstance(field, Telephone)]
        return f" {' '.join([folded(' '.join(texts))[:WORDS_TO_FIND], *numbers])} "

    @classmethod
    def told(cls, answers: Mapping[str, str]) -> list[tuple[str, str, bool]]:
        """Stored answers as (label, words, whether it is a message), without those that say nothing.

        What is empty, or a box that was left empty or had to be ticked, is left out.
        """
        fields: Any = cls()
        words = zip(fields, cls.in_words(answers), strict=True)
        return [
            (label, answer, isinstance(field, Text) and not isinstance(field, AttachedText))
            for field, (label, answer) in words
            if answer and not (isinstance(field, Checkbox) and (answer == "No" or field.flags.required))
        ]

    @classmethod
    def in_words_by_name(cls, answers: Mapping[str, str]) -> dict[str, str]:
        """Return stored answers in words, by field name."""
        fields: Any = cls()
        return {field.name: field.in_words(answers.get(field.name, "")) for field in fields}

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the questions, by field name."""
        fields: Any = cls()
        return {field.name: field.label.text for field in fields}

    @classmethod
    def staff_subject(cls, answers: Mapping[str, str]) -> str:
        """Return one line for the subject of the staff e-mail: who asks for what."""
        raise NotImplementedError

    def __init__(self, posted: FormData | None = None, *, may_ask: bool = True) -> None:
        """With `may_ask`, a likely slip is asked about once; a program could not answer."""
        super().__init__(posted)
        self._may_ask = may_ask
        known = "".join((posted or FormData()).getlist(ASKED))[:ASKED_LIMIT]
        self.asked = set(re.findall(r"[0-9a-f]{16}", known))
        """Answers that a question was asked about, as digests, which the redrawn form returns."""

    def is_to_ask(self, name: str, answer: str) -> bool:
        """Whether this answer was not asked about yet; it counts as asked from now on."""
        question = hashlib.sha256(f"{name}\n{answer}".encode()).hexdigest()[:16]
        is_new = self._may_ask and question not in self.asked
        self.asked.add(question)
        return is_new

    def forgive(self, accepted: Mapping[str, str]) -> None:
        """Drop the errors of answers that were accepted before and have not changed."""
        fields: Any = self
        for field in fields:
            if field.stored() == accepted.get(field.name, ""):
                field.errors = []

    def answers(self) -> dict[str, str]:
        """Return the answers of the declared fields as they are stored; other posted fields are dropped."""
        return {field.name: field.stored() for field in self}  # type: ignore[attr-defined]

    @classmethod
    def in_words(cls, answers: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return stored answers as (label, words), in the order of the form."""
        fields: Any = cls()
        return [(field.label.text, field.in_words(answers.get(field.name, ""))) for field in fields]

    def groups(self) -> list[tuple[str | None, list[wtforms.Field]]]:
        """Return the fields by legend, for the template. A form without legends is one group."""
        groups: list[tuple[str | None, list[wtforms.Field]]] = []
        for field in self:
            if not groups or field.name in self.legends:
                groups.append((self.legends.get(field.name), []))
            groups[-1][1].append(field)
        return groups

    def draw(self, *, action: str = "", inside: Markup | str = "", button: str = "") -> Markup:
        """The form as HTML, with its messages, and with every answer in its box.

        The office corrects answers in the same form: it goes to another `action`, with more fields `inside`.
        """
        return render(
            "form.html",
            form=self,
            trap="" if action else TRAP,
            asked_box=ASKED,
            action=action or f"/forms/{self.slug}",
            inside=inside,
            button=button or self.submit_label,
        )

    def draw_summary(self, notice: Notice | None = None) -> Markup:
        """Render the errors as HTML: the notice, or a link to each field with a message; empty if there are none."""
        return render("error_summary.html", form=self, notice=notice, answers_by_mail=_quoted(self._as_text()))

    def _as_text(self) -> str:
        """Return the answers as typed, for an e-mail that replaces the form."""
        text = "\n".join(f"{field.label.text}: {field.raw_data[0]}" for field in self if field.raw_data)
        return re.sub("\r\n?|\n", "\r\n", text)  # RFC 6068, 5: some programs show no other line end


def _quoted(text: str) -> str:
    """Percent-encode text for a mailto link, truncated to MAILTO_LIMIT."""
    # The cut may fall inside an escape or inside a character of several bytes: drop what is incomplete.
    begun = re.sub("%.?$", "", quote(text)[:MAILTO_LIMIT])
    return quote(unquote(begun, errors="ignore").removesuffix("\r"))


def fingerprint(form: Form, received: datetime, key: bytes) -> str:
    """Return what makes a submission the same one: form, answers, and the office's day of a message, in hexadecimal.

    Keyed (HMAC-SHA-256): without the key no one can tell from a fingerprint, or from the reference made of it, who
    sent the answers, not even by trying all of a public list of addresses.
    """
    day = promises.day_at_office(received).isoformat() if form.once_a_day else None
    content = json.dumps([form.slug, day, form.answers()], sort_keys=True)
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()


def reference_in(text: str) -> str:
    """Return the reference in a text, as people copy it: in lower case, in halves, in brackets, with its subject.

    `Re: Sample PD - by Fri [k7m2p-9qrtx]` gives K7M2P9QRTX. Without one, all letters and digits of the text.
    """
    written = plain(text[:SUBJECT_LIMIT]).upper()
    parts = [
        written,
        *re.findall(r"\[([^][]{10,20})\]", written),
        *re.findall(r"\b[A-Z0-9]{5}[ -]?[A-Z0-9]{5}\b", written),
    ]
    letters = ["".join(c for c in part if c.isascii() and c.isalnum()) for part in parts]
    return next((each for each in letters if is_reference(each)), letters[0][:40])


def is_reference(text: str) -> bool:
    return len(text) == REFERENCE_LENGTH and set(text) <= set(REFERENCE_ALPHABET)


def reference_for(fingerprint: str, attempt: int = 0) -> str:
    """Derive the reference from the fingerprint; each attempt uses other bits of it."""
    # Derived, not random: a form that is sent twice gets the same reference without a lookup.
    # 48 bits are enough for ten digits in base 27.
    number = int(fingerprint, 16) >> (BITS_OF_REFERENCE * attempt)
    characters = []
    for _ in range(REFERENCE_LENGTH):
        number, index = divmod(number, len(REFERENCE_ALPHABET))
        characters.append(REFERENCE_ALPHABET[index])
    return "".join(characters)
