"""What every form shares: reading what was posted, drawing the form, and recognizing the same submission again."""

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
from forms.folding import digits_of, folded
from forms.spam import TRAP
from rendering import render

REFERENCE_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
"""No 0/O and 1/I/L, which look alike, and no vowels, so that a reference is never a word."""
REFERENCE_LENGTH = 10
BITS_OF_REFERENCE = 48
WORDS_TO_FIND = 8_000
"""Characters of a submission that a search looks through."""
MAILTO_LIMIT = 1500
"""Characters that a mailto link carries; some mail programs cut off longer ones."""


ASKED = "asked"
"""The hidden box with what was asked about once."""
ASKED_LIMIT = 170
"""Characters that are read of it: ten questions."""


class FormData(dict[str, list[str]]):
    """Posted answers in the shape WTForms reads."""

    def getlist(self, name: str) -> list[str]:
        return self.get(name, [])


def read_form(body: bytes) -> FormData:
    """Parse a form-encoded body. Raises UnicodeDecodeError where it is not UTF-8, ValueError above 200 fields."""
    parsed = parse_qs(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=200)
    return FormData({name: values[:1] for name, values in parsed.items()})


@dataclass(frozen=True)
class Notice:
    """What went wrong with a form as a whole, and what to do."""

    title: str
    advice: str


class Form(wtforms.Form):
    """One public form. Its fields are declared in the order in which they are asked."""

    slug: ClassVar[str]
    """The form's name in addresses, in the table and in file names."""
    submit_label: ClassVar[str]
    """The words on the button."""
    legends: ClassVar[Mapping[str, str]] = {}
    """Headings of groups: the name of a group's first field, and the group's legend."""
    receipt_fields: ClassVar[tuple[str, ...]] = ()
    """Fields without personal data that the receipt's dates are computed from."""
    receipt_heading: ClassVar[str]
    """The receipt's heading."""
    next_steps: ClassVar[str]
    """What happens next, in one or two fixed sentences."""
    owed_emails: ClassVar[tuple[str, ...]] = ("staff", "receipt")
    """The e-mails that a submission causes."""
    receipt_email: ClassVar[str] = "receipt"
    """The e-mail to the sender, in functions/templates/email/."""
    receipt_each_time: ClassVar[bool] = False
    """True where each submission has a receipt by e-mail; otherwise an address gets one a day."""
    staff_task: ClassVar[str] = ""
    """What staff have to do before the due date, in two words; empty where there is nothing to do."""
    done_label: ClassVar[str] = ""
    """The word for a submission once that is done."""
    title: ClassVar[str]
    """What a submission is, in a word or two, for the office."""
    certifies: ClassVar[bool] = False
    """Whether it asks for a plaque: once that is mailed, its agency is told so, and is certified."""
    remind_before: ClassVar[timedelta]
    """How long before the due date staff are reminded."""
    kept_on_erasure: ClassVar[tuple[str, ...]] = ()
    """Fields that stay when somebody's data are erased."""
    kept_for: ClassVar[timedelta]
    """How long the answers are kept."""
    once_a_day: ClassVar[bool]
    """True where the same answers on another day are a new submission."""

    @classmethod
    def due(cls, received: datetime) -> datetime:
        """When staff must have dealt with a submission received at this time."""
        raise NotImplementedError

    @classmethod
    def promised(cls, received: datetime, answers: Mapping[str, str]) -> list[tuple[str, str]]:
        """The dates promised to the sender, as (label, date in words)."""
        return []

    @classmethod
    def remarks(cls, received: datetime, answers: Mapping[str, str]) -> list[str]:
        """What else the sender should know, in fixed sentences."""
        return []

    @classmethod
    def ends_on(cls, answers: Mapping[str, str]) -> date | None:
        """The last day of what the submission is about, for a calendar; None where nothing ends."""
        return None

    @classmethod
    def sender_key(cls, answers: Mapping[str, str]) -> str | None:
        """What tells that two submissions come from the same agency; None where that does not matter."""
        return None

    @classmethod
    def wants_announcements(cls, answers: Mapping[str, str]) -> bool:
        """Whether the sender asked for e-mail about new certifications."""
        return answers.get("announcements") == "yes"

    @classmethod
    def mailing_label(cls, answers: Mapping[str, str]) -> Mapping[str, Any] | None:
        """What is mailed: `address`, its lines, and `engraved`, the text; None where nothing is."""
        return None

    @classmethod
    def who(cls, answers: Mapping[str, str]) -> str:
        """Who it comes from, as the office would say."""
        return ""

    @classmethod
    def person(cls, answers: Mapping[str, str]) -> str:
        """The person to write to, as they call themselves."""
        return ""

    @classmethod
    def about(cls, answers: Mapping[str, str]) -> str:
        """What it is about, in a few words."""
        return cls.title

    @classmethod
    def gist(cls, answers: Mapping[str, str]) -> str:
        """What tells it from others at a glance."""
        return ""

    @classmethod
    def words_to_find(cls, answers: Mapping[str, str]) -> str:
        """What a search of the office looks through: the words of the answers, and the digits of telephone numbers."""
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
        """Stored answers in words, by the names of their fields."""
        fields: Any = cls()
        return {field.name: field.in_words(answers.get(field.name, "")) for field in fields}

    @classmethod
    def labels(cls) -> dict[str, str]:
        """The questions, by the names of their fields."""
        fields: Any = cls()
        return {field.name: field.label.text for field in fields}

    @classmethod
    def staff_subject(cls, answers: Mapping[str, str]) -> str:
        """Who wants what, in one line for the subject of the staff e-mail."""
        raise NotImplementedError

    def __init__(self, posted: FormData | None = None, *, may_ask: bool = True) -> None:
        """With `may_ask`, a likely slip is asked about once; a program could not answer."""
        super().__init__(posted)
        self._may_ask = may_ask
        known = "".join((posted or FormData()).getlist(ASKED))[:ASKED_LIMIT]
        self.asked = set(re.findall(r"[0-9a-f]{16}", known))
        """What was asked about: digests of answers, which the redrawn form sends along."""

    def is_to_ask(self, name: str, answer: str) -> bool:
        """Whether this answer was not asked about yet; it counts as asked from now on."""
        question = hashlib.sha256(f"{name}\n{answer}".encode()).hexdigest()[:16]
        is_new = self._may_ask and question not in self.asked
        self.asked.add(question)
        return is_new

    def forgive(self, accepted: Mapping[str, str]) -> None:
        """Take back what is said against answers that were accepted before, and are still the same."""
        fields: Any = self
        for field in fields:
            if field.stored() == accepted.get(field.name, ""):
                field.errors = []

    def answers(self) -> dict[str, str]:
        """Every answer as it is stored: the declared fields and nothing else that was posted."""
        return {field.name: field.stored() for field in self}  # type: ignore[attr-defined]

    @classmethod
    def in_words(cls, answers: Mapping[str, str]) -> list[tuple[str, str]]:
        """Stored answers as (label, words), in the order in which they were asked."""
        fields: Any = cls()
        return [(field.label.text, field.in_words(answers.get(field.name, ""))) for field in fields]

    def groups(self) -> list[tuple[str | None, list[wtforms.Field]]]:
        """The fields under their legends, for the template; a form without legends is one group."""
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
        """What is wrong, as HTML: the notice, or a link to each field with a message; empty where nothing is."""
        return render("error_summary.html", form=self, notice=notice, answers_by_mail=_quoted(self._as_text()))

    def _as_text(self) -> str:
        """The answers as they were typed, for an e-mail instead of the form."""
        text = "\n".join(f"{field.label.text}: {field.raw_data[0]}" for field in self if field.raw_data)
        return re.sub("\r\n?|\n", "\r\n", text)  # RFC 6068, 5: some programs show no other line end


def _quoted(text: str) -> str:
    """Text for a mailto link, as much as fits; no character is cut in two."""
    begun = re.sub("%.?$", "", quote(text)[:MAILTO_LIMIT])
    return quote(unquote(begun, errors="ignore").removesuffix("\r"))


def fingerprint(form: Form, received: datetime, key: bytes) -> str:
    """Return what makes a submission the same one: form, answers, and the office's day of a message, in hexadecimal.

    Keyed (HMAC-SHA-256): without the key nobody can tell from a fingerprint, or from the reference made of it, who
    sent the answers, not even by trying all of a public list of addresses.
    """
    day = promises.day_at_office(received).isoformat() if form.once_a_day else None
    content = json.dumps([form.slug, day, form.answers()], sort_keys=True)
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()


def reference_in(text: str) -> str:
    """A reference however somebody wrote it: `[k7m2p-9qrtx]` is K7M2P9QRTX."""
    return "".join(character for character in text.upper() if character.isascii() and character.isalnum())[:40]


def reference_for(fingerprint: str, attempt: int = 0) -> str:
    """The reference that people quote: digits of the fingerprint, other ones at each attempt."""
    number = int(fingerprint, 16) >> (BITS_OF_REFERENCE * attempt)
    characters = []
    for _ in range(REFERENCE_LENGTH):
        number, index = divmod(number, len(REFERENCE_ALPHABET))
        characters.append(REFERENCE_ALPHABET[index])
    return "".join(characters)
