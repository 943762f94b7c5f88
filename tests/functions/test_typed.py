"""What a paste brings and nobody sees is gone, in every field of every form: what is confirmed is what is stored."""

import sys
from itertools import chain
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.catalog import FORMS
from forms.contact import ContactForm
from forms.fields import Checkbox, OneLine, Text
from forms.form import FormData
from forms.plaque import PlaqueForm
from normalize import cleaning
from tests.support.examples import examples
from tests.support.filled_forms import filled, messages
from tests.support.samples import SAMPLES

DEFAULT_IGNORABLE = [
    *(0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010)),
    *(*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0),
    *(*range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000)),
]
"""Of Unicode's DerivedCoreProperties.txt."""
FORMAT = [each for each in range(sys.maxunicode + 1) if category(chr(each)) == "Cf"]
ALL_INVISIBLE = [chr(each) for each in chain(DEFAULT_IGNORABLE, FORMAT, [0xFFFC])]
INVISIBLE = st.sampled_from(ALL_INVISIBLE)
SPACES = "\t\n\v\f\r\x1c\x85\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000"
ONE_LINE = [(form, field.name) for form in FORMS.values() for field in form() if not isinstance(field, Text | Checkbox)]
TEXTS = [(form, field.name) for form in FORMS.values() for field in form() if isinstance(field, Text)]
ANSWERS = {**SAMPLES, "announcements": {"email": "training@police.example.gov"}}
EMOJI = {
    "an officer": "👮🏽‍♀️ Détective 🚓",
    "a family": "👨‍👩‍👧‍👦",
    "a heart on fire": "❤️‍🔥",
    "a head that shakes": "🙂‍↔️",
    "a flag": "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "a key": "1️⃣",
    "Persian": "می‌خواهم",
}


def answered(form, **typed: str):
    return form(FormData({name: [value] for name, value in {**ANSWERS[form.slug], **typed}.items()}))


@pytest.mark.parametrize(("form", "field"), ONE_LINE)
@given(data=st.data())
@examples(20)
def test_an_invisible_character_anywhere_in_a_line_is_not_there(form, field, data):
    value = ANSWERS[form.slug][field] or "Suite 200"
    hidden = data.draw(st.lists(st.tuples(st.integers(0, len(value)), INVISIBLE), min_size=1, max_size=4))
    typed = value
    for place, character in sorted(hidden, reverse=True):
        typed = typed[:place] + character + typed[place:]
    clean, pasted = answered(form, **{field: value}), answered(form, **{field: typed})
    assert messages(pasted) == {}
    assert pasted.answers() == clean.answers()
    assert pasted.draw() == clean.draw()


@pytest.mark.parametrize(("form", "field"), ONE_LINE)
@given(st.text(SPACES, min_size=1, max_size=3), st.text(SPACES, max_size=3))
@examples(8)
def test_white_space_of_any_kind_is_one_space_and_none_at_the_ends(form, field, before, between):
    value = ANSWERS[form.slug][field] or "Suite 200"
    spaced = before + value.replace(" ", f" {between}") + before
    assert messages(answered(form, **{field: spaced})) == {}
    assert answered(form, **{field: spaced}).answers()[field] == answered(form, **{field: value}).answers()[field]


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("email", "\u200bjordan1@example.gov", "jordan1@example.gov"),
        ("email", "jor\u00addan@example.gov", "jordan@example.gov"),
        ("email", "\ufeffjordan@example.gov\u2060", "jordan@example.gov"),
        ("email", "jordan50@example.gov\n", "jordan50@example.gov"),
        ("email", "\tjordan@example.gov\v", "jordan@example.gov"),
        ("telephone", "\u202a(555) 555-0100\u202c", "(555) 555-0100"),
        ("telephone", "\u200e+1\t555 555 0100", "+1 555 555 0100"),
        ("agency", " Spacy  Police Department ", "Spacy Police Department"),
        ("agency", "O’Fallon Police Department", "O’Fallon Police Department"),
        ("agency", "Town\nof\u2028Sample", "Town of Sample"),
        ("agency", "\u202eTown of Sample", "Town of Sample"),
        *(("agency", f"Town{blank}of Sample", "Town of Sample") for blank in "\u2800\U00013441\U00013442\U0001d159"),
        ("agency", "👮🏽‍♀️ Police", "👮🏽‍♀️ Police"),
        ("agency_state", " HI\u200b", "HI"),
        ("completed", "\u200e10/17/2026\u00a0", "2026-10-17"),
        ("zip", "\u200b96746\u00ad", "96746"),
    ],
)
def test_what_people_paste_is_stored_as_it_reads(field, typed, stored):
    pasted = filled(PlaqueForm, **{field: typed})
    assert messages(pasted) == {}
    assert pasted.answers()[field] == stored


@pytest.mark.parametrize(("form", "field"), [(form, field) for form, field in ONE_LINE + TEXTS if field != "summary"])
@pytest.mark.parametrize(
    "nothing",
    [
        *("\u200b", "\u3164", "\u2800", "\u00ad", "\ufe0f", "\u0301", "\ufeff", "\ufffe", "\U000e0041", " \u0301\n"),
        *("\ufffc", "\U0001d159", "\U00013441", " \u2800\ufffc "),
    ],
)
def test_what_consists_of_nothing_visible_is_empty(form, field, nothing):
    empty, typed = answered(form, **{field: ""}), answered(form, **{field: nothing})
    assert messages(typed) == messages(empty)
    assert typed.answers() == empty.answers()


@pytest.mark.parametrize("text", EMOJI.values(), ids=EMOJI)
def test_joiners_that_change_what_is_seen_stay(text):
    assert filled(ContactForm, message=text).answers()["message"] == text
    assert filled(ContactForm, name=text).answers()["name"] == text


FLAGS = [
    f"🏴{''.join(chr(0xE0000 + ord(c)) for c in region)}\U000e007f" for region in ("gbeng", "gbsct", "gbwls", "ustx")
]


@pytest.mark.parametrize("flag", FLAGS, ids=ascii)
def test_the_flag_of_a_region_stays(flag):
    assert cleaning.line(f"{flag} Police") == f"{flag} Police"


@pytest.mark.parametrize(
    "hidden", ["ignore all rules\x7f", "gbeng", "gb\x7f", "gbenglan\x7f", "gb eng\x7f", "GBENG\x7f", "\x7f"]
)
def test_no_text_hides_behind_a_flag(hidden):
    tags = "".join(chr(0xE0000 + ord(c)) for c in hidden)
    assert cleaning.lines(f"🏴{tags} Police") == "🏴 Police"


TYPED = st.one_of(
    INVISIBLE,
    st.sampled_from([*"a👮🏽♀🏴\U000e0067\U000e007f1\u20e3یب \n", *FLAGS]),
    st.characters(),
)


@given(st.lists(TYPED, max_size=20).map("".join))
@examples(300)
def test_what_is_clean_stays_as_it_is(text):
    for clean in (cleaning.line, cleaning.lines):
        assert clean(clean(text)) == clean(text)


@given(st.text(INVISIBLE, max_size=20))
@examples(100)
def test_nothing_but_invisible_characters_is_nothing(text):
    assert cleaning.line(text) == cleaning.lines(text) == ""


def test_no_invisible_character_is_left_out():
    assert [ascii(each) for each in ALL_INVISIBLE if cleaning.line(f"a{each}b") != "ab"] == []


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_a_message_has_one_kind_of_line_end(ending):
    pasted = filled(ContactForm, message=f"\u200bHow do we begin?{ending}\tWe are\u00ad nine.")
    assert pasted.answers()["message"] == "How do we begin?\n\tWe are nine."


@pytest.mark.parametrize(
    "word",
    [
        "0",
        "off",
        "No",
        "null",
        "None",
        "False",
        "FALSE",
        "n",
        "undefined",
        "nil",
        " no ",
        "\u200b",
        "",
        "-",
        "N/A",
        "NO.",
    ],
)
def test_a_word_for_no_is_no(word):
    refused = filled(PlaqueForm, name_confirmed=word, announcements=word, listed=word, summary=word)
    assert list(messages(refused)) == ["name_confirmed"]
    assert [refused.answers()[name] for name in ("announcements", "listed", "summary")] == ["no", "no", ""]
    assert 'name="name_confirmed" required type="checkbox" value="yes"' in refused.draw()


@pytest.mark.parametrize("word", ["yes", "Yes", "on", "true", "1", "y", " YES\u200b"])
def test_a_word_for_yes_is_yes(word):
    answers = filled(PlaqueForm, announcements=word, summary=word).answers()
    assert (answers["announcements"], answers["summary"]) == ("yes", "")


OPTIONAL = [(form, field.name) for form in FORMS.values() for field in form() if isinstance(field, OneLine)]
OPTIONAL = [(form, name) for form, name in OPTIONAL if not form()[name].flags.required]


@pytest.mark.parametrize(("form", "field"), OPTIONAL)
@pytest.mark.parametrize(
    "word", ["N/A", "none", "-", "No", "n/a.", "nil", "None.", "N / A", "—", "Ｎ／Ａ", "not applicable"]
)
def test_a_word_for_no_answer_is_none_where_none_is_needed(form, field, word):
    typed = answered(form, **{field: word})
    assert messages(typed) == {}
    assert typed.answers()[field] == ""


@pytest.mark.parametrize("word", ["No. 5", "Norwood", "Nan Sample", "N", "👮", "NA-12"])
def test_what_only_begins_like_a_word_for_no_answer_is_kept(word):
    assert filled(PlaqueForm, street2=word).answers()["street2"] == word


def test_a_word_for_no_answer_is_kept_where_an_answer_is_needed():
    assert filled(PlaqueForm, contact_title="None").answers()["contact_title"] == "None"
    assert filled(ContactForm, message="No").answers()["message"] == "No"


@pytest.mark.parametrize("word", ["N/A", "-", "none", "…", "NULL", "n. a."])
def test_a_word_for_no_answer_is_the_name_of_no_agency(word):
    assert messages(filled(PlaqueForm, agency=word)) == {"agency": ["Enter your agency's name"]}


def test_a_summary_that_only_begins_like_a_word_for_no_is_kept():
    for text in ("No step is left.", "--------\n98 of 100 items done", "0 of 11"):
        assert filled(PlaqueForm, summary=text).answers()["summary"] == text
