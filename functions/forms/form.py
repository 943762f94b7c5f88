"""The base class of all forms: parsing, drawing, and recognizing a repeated submission."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qs, quote, unquote

import wtforms
from markupsafe import Markup

import normalize
import promises
from forms.fields import AttachedText, Checkbox, Telephone, Text
from rendering import render

REFERENCE_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
"""Without 0/O and 1/I/L, which look alike, and without vowels, so that a reference never spells a word."""
REFERENCE_LENGTH = 10
IN_GROUPS = (
    rf"(?<![A-Z0-9])(?:REFERENCE|REF)?"
    rf"([{REFERENCE_ALPHABET}](?:[^A-Z0-9]{{0,3}}[{REFERENCE_ALPHABET}]){{9}})(?![A-Z0-9])"
)
"""A reference as people divide it, in capitals."""
SUBJECT_LIMIT = 400
"""Characters of a text in which a reference is looked for."""
WORDS_TO_FIND = 8_000
"""Characters of a submission that can be searched."""
MAILTO_LIMIT = 1500
"""Characters of a mailto link; some mail programs truncate longer ones."""
TRAP = "reply_code"
"""Name of a hidden field. People and browsers leave it empty; some password managers fill it in."""
ASKED = "asked"
"""Name of the hidden box that remembers which likely typos the person was asked about."""
ASKED_LIMIT = 170
"""Characters of that box that are read: enough for ten questions."""
MOST_FIELDS = 200
"""More than any public form has; it bounds the cost of a hostile body."""


class FormData(dict[str, list[str]]):
    """Posted answers in the interface that WTForms expects."""

    def getlist(self, name: str) -> list[str]:
        return self.get(name, [])


def read_form(body: bytes, most: int = MOST_FIELDS) -> FormData:
    """Parse a form-encoded body. Raises UnicodeDecodeError if it is not UTF-8, ValueError if over `most` fields."""
    parsed = parse_qs(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=most)
    # A repeated field counts once: no field of ours has several values.
    return FormData({name: values[:1] for name, values in parsed.items()})


class Notice(NamedTuple):
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
    """Fields without personal data that the URL of the receipt contains, for its dates, sentences and heading."""
    receipt_heading: ClassVar[str]
    """Heading of the receipt."""
    next_steps: ClassVar[str]
    """One or two fixed sentences about what happens next."""
    if_not_mailed: ClassVar[str] = ""
    """Replaces `next_steps` if the sender gets no e-mail. Only for a form whose `next_steps` promise one."""
    owed_emails: ClassVar[tuple[str, ...]] = ("staff", "receipt")
    """The e-mails that a submission causes."""
    receipt_email: ClassVar[str] = "receipt"
    """Name of the e-mail to the sender, in functions/templates/email/."""
    receipt_each_time: ClassVar[bool] = False
    """Whether every submission gets a receipt by e-mail. If not, an address gets one receipt a day."""
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
    register_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that visitors are asked for only while there is a public register."""
    kept_for: ClassVar[timedelta]
    """Time for which the answers are kept."""
    once_a_day: ClassVar[bool]
    """Whether the same answers on another day are a new submission."""

    @classmethod
    @cache
    def declared_fields(cls) -> list[Any]:
        """Return the fields without answers, made once: they tell what is asked, and how an answer reads."""
        return list(cls())

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
    def agency_key(cls, answers: Mapping[str, str]) -> str | None:
        """Return the key of the agency, equal for two submissions of one agency; None if the form has none."""
        return None

    @classmethod
    def may_correct(cls, earlier: Mapping[str, str], later: Mapping[str, str]) -> bool:
        """Return whether the later answers may be those of the same sender, corrected."""
        return False

    @classmethod
    def differences(cls, earlier: Mapping[str, str], later: Mapping[str, str]) -> list[tuple[str, str, str]]:
        """Return (label, earlier words, later words) of each answer that differs; attached texts are left out."""
        before, now = cls.in_words_by_name(earlier), cls.in_words_by_name(later)
        return [
            (field.told_as, before[field.name], now[field.name])
            for field in cls.declared_fields()
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
        """Return the words that distinguish a submission from others in a list."""
        return ""

    @classmethod
    def words_to_find(cls, answers: Mapping[str, str]) -> str:
        """Return the searchable text: the words of the answers, and the digits of telephone numbers."""
        fields = cls.declared_fields()
        texts = [answers.get(field.name, "") for field in fields if field.is_searched]
        telephones = [answers.get(field.name, "") for field in fields if isinstance(field, Telephone)]
        numbers = [f"#{number}" for text in telephones for number in normalize.folding.numbers_in(text)]
        return f" {' '.join([normalize.folding.folded(' '.join(texts))[:WORDS_TO_FIND], *numbers])} "

    @classmethod
    def told(cls, answers: Mapping[str, str]) -> list[tuple[str, str, bool]]:
        """Return stored answers as (label, words, whether it is a message).

        An empty answer, an unchecked box, and a box that everyone must check are left out.
        """
        words = zip(cls.declared_fields(), cls.in_words(answers), strict=True)
        return [
            (label, answer, isinstance(field, Text) and not isinstance(field, AttachedText))
            for field, (label, answer) in words
            if answer and not (isinstance(field, Checkbox) and (answer == "No" or field.flags.required))
        ]

    @classmethod
    def in_words_by_name(cls, answers: Mapping[str, str]) -> dict[str, str]:
        """Return stored answers in words, by field name."""
        return {field.name: field.in_words(answers.get(field.name, "")) for field in cls.declared_fields()}

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the labels that the office reads, by field name."""
        return {field.name: field.told_as for field in cls.declared_fields()}

    @classmethod
    def staff_subject(cls, answers: Mapping[str, str]) -> str:
        """Return one line for the subject of the staff e-mail: who asks for what."""
        raise NotImplementedError

    def __init__(self, posted: FormData | None = None, *, may_ask: bool = True) -> None:
        """Read the posted answers, if any. `may_ask`: ask once about a likely typo, unless a program posted it."""
        super().__init__(posted)
        self._may_ask = may_ask
        # Typed by anyone: only digests are read, and only so many.
        known = "".join((posted or FormData()).getlist(ASKED))[:ASKED_LIMIT]
        self.asked = set(re.findall(r"[0-9a-f]{16}", known))
        """Digests of the answers that were asked about. The redrawn form returns them in a hidden box."""

    def is_to_ask(self, name: str, answer: str) -> bool:
        """Return whether to ask about this answer, and remember that it was asked about."""
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
        """Return stored answers as (label for the office, words), in the order of the form."""
        return [(field.told_as, field.in_words(answers.get(field.name, ""))) for field in cls.declared_fields()]

    def groups(self) -> list[tuple[str | None, list[wtforms.Field]]]:
        """Return the fields by legend, for the template. A form without legends is one group."""
        groups: list[tuple[str | None, list[wtforms.Field]]] = []
        for field in self:
            if not groups or field.name in self.legends:
                groups.append((self.legends.get(field.name), []))
            groups[-1][1].append(field)
        return groups

    def draw(
        self, *, with_register: bool = True, action: str = "", inside: Markup | str = "", button: str = ""
    ) -> Markup:
        """Render the form as HTML, with its messages, and with every answer in its box.

        The office corrects answers in the same form: it goes to another `action`, with more fields `inside`.
        """
        return render(
            "form.html",
            form=self,
            left_out=() if with_register else self.register_fields,
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
    """Return a hash that is equal for repeated submissions: of form, answers, and, for a message, the office's day.

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
    written = normalize.folding.plain(text[:SUBJECT_LIMIT]).upper()
    places = [
        written,
        *re.findall(r"\[([^][]{10,40})\]", written),
        *re.findall(rf"(?<![A-Z0-9])[{REFERENCE_ALPHABET}]{{10}}(?![A-Z0-9])", written),
        *(found[1] for found in re.finditer(IN_GROUPS, written)),
    ]
    letters = ["".join(c for c in place if c.isascii() and c.isalnum()) for place in places]
    found = sorted(filter(is_reference, letters), key=str.isdecimal)  # digits alone are rather a telephone number
    return found[0] if found else letters[0][:40]


def is_reference(text: str) -> bool:
    return len(text) == REFERENCE_LENGTH and set(text) <= set(REFERENCE_ALPHABET)


def reference_for(fingerprint: str, attempt: int = 0) -> str:
    """Derive a reference from the fingerprint; each further attempt gives another one."""
    # Derived, not random: a form that is sent twice gets the same reference without a lookup.
    number = int(hashlib.sha256(f"{fingerprint} {attempt}".encode()).hexdigest() if attempt else fingerprint, 16)
    characters = []
    for _ in range(REFERENCE_LENGTH):
        number, index = divmod(number, len(REFERENCE_ALPHABET))
        characters.append(REFERENCE_ALPHABET[index])
    return "".join(characters)
