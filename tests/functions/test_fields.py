"""What each kind of field takes, refuses and says."""

import re
import sys
import unicodedata
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from email_validator import validate_email
from hypothesis import assume, given
from hypothesis import strategies as st

from forms.catalog import TASKS
from forms.contact import ContactForm
from forms.fields import Line
from forms.form import FormData
from forms.plaque import PLAQUE_LINE_LIMIT, PlaqueForm
from normalize import addresses, dates
from promises import day_in_words
from tests.support.examples import examples
from tests.support.filled_forms import filled, messages
from tests.support.samples import COMPLETED, HOSTILE, MADE_ONE_LINE, REFUSED_IN_A_LINE, SAMPLES

FORMS = list(TASKS.values())
LINES = [(form, field.name) for form in FORMS for field in form() if isinstance(field, Line) and field.name != "zip"]
REQUIRED = [(form, field.name) for form in FORMS for field in form() if field.flags.required]
WRITTEN = [(form, name) for form, name in REQUIRED if name != "name_confirmed"]
EVERY_FIELD = [(form, field.name) for form in FORMS for field in form()]


@pytest.mark.parametrize("form", FORMS)
def test_a_form_filled_in_properly_is_accepted(form):
    assert messages(filled(form)) == {}


@pytest.mark.parametrize("form", FORMS)
def test_every_sample_answer_is_stored_as_typed(form):
    assert filled(form).answers() == SAMPLES[form.slug]


@pytest.mark.parametrize(("form", "field"), WRITTEN)
@pytest.mark.parametrize("nothing", ["", "   ", "\t"])
def test_a_missing_answer_is_named_with_what_to_do(form, field, nothing):
    found = messages(filled(form, **{field: nothing}))
    assert list(found) == [field]
    assert re.match(r"(Enter|Choose) \w+", found[field][0])


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_form_names_every_required_field(form):
    assert set(messages(form(FormData()))) == {name for owner, name in REQUIRED if owner is form}


@pytest.mark.parametrize(("form", "field"), LINES)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_unusual_text_in_a_line_is_accepted_and_kept(form, field, text):
    answered = filled(form, **{field: text})
    assert messages(answered) == {}
    assert answered.answers()[field] == text


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x9b"], ids=repr)
def test_a_message_has_no_hidden_control_characters(character):
    told = "Message contains hidden control characters; remove them or type it again"
    assert messages(filled(ContactForm, message=f"How do we{character} begin?")) == {"message": [told]}
    assert messages(filled(ContactForm, message="How do we\n\tbegin?")) == {}


@pytest.mark.parametrize(("form", "field"), LINES)
@pytest.mark.parametrize("text", REFUSED_IN_A_LINE.values(), ids=REFUSED_IN_A_LINE)
def test_a_line_refuses_what_no_keyboard_makes(form, field, text):
    told = f"{form()[field].label.text} contains hidden control characters; remove them or type it again"
    assert messages(filled(form, **{field: text})) == {field: [told]}


@pytest.mark.parametrize(("form", "field"), LINES)
@pytest.mark.parametrize(("text", "stored"), MADE_ONE_LINE.values(), ids=MADE_ONE_LINE)
def test_a_line_is_one_line_whatever_it_was(form, field, text, stored):
    answered = filled(form, **{field: text})
    assert messages(answered) == {}
    assert answered.answers()[field] == stored


@pytest.mark.parametrize(("form", "field"), EVERY_FIELD)
def test_a_very_long_answer_is_refused_or_not_stored(form, field):
    answered = filled(form, **{field: "x" * 20_000})
    found = messages(answered)
    assert list(found) == [field] or answered.answers()[field] in ("yes", "no")


def test_the_message_may_have_lines_and_its_limit_counts_characters():
    assert messages(filled(ContactForm, message="é\n" * 2500)) == {}
    [text] = messages(filled(ContactForm, message="é\n" * 2500 + "!"))["message"]
    assert text == "Message must be 5,000 characters or fewer; you have 5,001"


def test_line_ends_of_a_message_are_kept_as_one_character():
    assert filled(ContactForm, message="a\r\nb\rc\nd").answers()["message"] == "a\nb\nc\nd"


def test_a_summary_that_is_too_long_says_what_to_do():
    told = "The checklist summary is too long to send. Uncheck its box, or go back and leave the reasons out"
    assert messages(filled(PlaqueForm, summary="x" * 15_001)) == {"summary": [told]}
    assert messages(filled(PlaqueForm, summary="é" * 15_000)) == {}


def test_an_agency_name_fits_the_plaque():
    assert messages(filled(PlaqueForm, agency="x" * PLAQUE_LINE_LIMIT)) == {}
    assert "agency" in messages(filled(PlaqueForm, agency="x" * (PLAQUE_LINE_LIMIT + 1)))


@pytest.mark.parametrize(
    "address", ["a@example.gov", "o'sample+x@sub.example.us", "chief@bücher.example", " a@example.gov "]
)
def test_an_e_mail_address_is_accepted(address):
    assert messages(filled(ContactForm, email=address)) == {}


NAMES = st.lists(st.text("azAZ09_+-", min_size=1, max_size=12), min_size=1, max_size=3).map(".".join)
LABELS = st.lists(st.text("azAZ09", min_size=1, max_size=6), min_size=1, max_size=3).map("-".join)
DOMAINS = st.lists(LABELS, min_size=1, max_size=3).map(".".join)


@given(st.builds("{}@{}.{}".format, NAMES, DOMAINS, st.sampled_from(["com", "edu", "gov", "MIL", "net", "org", "us"])))
@examples(100)
def test_the_library_accepts_what_it_is_not_asked_about(address):
    assume(len(address) <= 64)
    assert addresses.ORDINARY.fullmatch(address)
    assert validate_email(address, check_deliverability=False).ascii_email == addresses.normalized(address)


@pytest.mark.parametrize(
    "address",
    [
        "jordan",
        "a@",
        "@example.gov",
        "a b@example.gov",
        "a@example.gov; b@example.gov",
        "x@example.gov <a@example.gov>",
        "a@example",
        "a@b@example.gov",
        "jordan@example",
        "=?utf-8?q?v=40example.com=2C?=@example.gov",
    ],
)
def test_what_is_not_an_e_mail_address_is_refused(address):
    assert messages(filled(ContactForm, email=address)) == {
        "email": ["Enter an e-mail address in the form name@example.gov"]
    }


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *(("jordan@gmial", "jordan@gmail.com"), ("a@aol", "a@aol.com"), ("jordan@gmail.", "jordan@gmail.com")),
        *(("jordan@gmail", "jordan@gmail.com"), ("Jordan@Yahoo", "Jordan@yahoo.com"), ("a@gmailcom", "a@gmail.com")),
        *((f"a@{name}", f"a@{name}.com") for name in ("hotmail", "icloud", "msn", "outlook")),
        *((f"jordan{wrong}example.gov", "jordan@example.gov") for wrong in ("@@", " @ ", " at ", "(at)", " [at] ")),
        *((f"jordan@example{wrong}gov", "jordan@example.gov") for wrong in (",", "..", ". ", " ,")),
    ],
)
def test_an_address_that_was_nearly_right_is_told_with_its_refusal(typed, meant):
    told = f"Enter an e-mail address in the form name@example.gov. Did you mean {meant}?"
    assert messages(filled(ContactForm, email=typed)) == {"email": [told]}
    assert messages(filled(ContactForm, email=meant)) == {}


DIGITS = [each for each in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(each) == "Nd"]


@given(st.data())
@examples(100)
def test_the_digits_of_every_script_are_digits(data):
    """In a ZIP code, a telephone number and a date."""
    zeros = [each for each in DIGITS if unicodedata.decimal(each) == 0]
    first = data.draw(st.sampled_from(zeros))
    script = str.maketrans({str(number): chr(ord(first) + number) for number in range(10)})
    typed = {"zip": "96746-0012", "telephone": "(555) 555-0199", "completed": COMPLETED.isoformat()}
    foreign = filled(PlaqueForm, **{name: text.translate(script) for name, text in typed.items()})
    assert messages(foreign) == {}
    assert {name: foreign.answers()[name] for name in typed} == typed


NATIONAL = st.from_regex("[2-9][0-9]{9}", fullmatch=True)


@given(NATIONAL, st.data())
@examples(100)
def test_letters_that_look_like_digits_are_digits_among_digits(number, data):
    looks = {"0": "oO", "1": "liI"}
    written = f"({number[:3]}) {number[3:6]}-{number[6:]}"
    typed = "".join(data.draw(st.sampled_from(each + looks.get(each, ""))) for each in written)
    assume(all(re.search("[0-9]", word) for word in re.findall(r"\w+", typed)))
    assert filled(PlaqueForm, telephone=typed).answers()["telephone"] == written


@pytest.mark.parametrize(
    "number",
    ["555-555-0100", "+1 (555) 555 0100", "5555550100 x22", "555.555.0100 ext 7", "1-800-FLOWERS", "800 FLOWERS"],
)
def test_a_telephone_number_is_accepted_as_it_is_written(number):
    assert filled(PlaqueForm, telephone=number).answers()["telephone"] == number
    assert messages(filled(PlaqueForm, telephone=number)) == {}


LOCAL = [
    "555-0142 x12",
    "5550142",
    "555 0142",
    "555.0142 ext. 7",
    "Office: 555-0142",
    "1-555-0142",
    "555-0142 or 555-0143",
    "+1 555 0142",
]


@pytest.mark.parametrize("number", [*LOCAL, "５５５－０１４２", "555–0142 #4"])
def test_a_telephone_number_without_its_area_code_is_asked_about_once(number):
    asked = filled(PlaqueForm, telephone=number)
    kept = asked.answers()["telephone"]
    assert messages(asked) == {"telephone": [f"Include the area code, or send the form again to keep {kept}"]}
    assert messages(filled(PlaqueForm, telephone=number, asked=" ".join(asked.asked))) == {}


@pytest.mark.parametrize(
    "number", ["555-0142 or (555) 555-0143", "+44 20 7946 0958", "+298 123456", "555/555-0142", "call 1-800-555-COPS"]
)
def test_a_telephone_number_that_can_be_called_is_not_asked_about(number):
    assert messages(filled(PlaqueForm, telephone=number)) == {}


@pytest.mark.parametrize("number", ["call me", "555", "12 34", "12 POLICEDEPT"])
def test_too_few_digits_are_not_a_telephone_number(number):
    told = "Enter a telephone number, such as (555) 555-0100"
    assert messages(filled(PlaqueForm, telephone=number)) == {"telephone": [told]}


@pytest.mark.parametrize(
    "code", ["9674", "96746-00", "ABCDE", "96746-0012-1", "123456", "1234567890", "00000", "X 96746"]
)
def test_what_is_not_a_zip_code_is_refused(code):
    told = "Enter a ZIP code of five digits, or nine with a hyphen"
    assert messages(filled(PlaqueForm, zip=code)) == {"zip": [told]}


@pytest.mark.parametrize("way", ["%Y-%m-%d", "%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%B %d, %Y", "%b %d %Y"])
def test_a_date_is_understood_as_americans_write_it(way):
    answered = filled(PlaqueForm, completed=COMPLETED.strftime(way))
    assert messages(answered) == {}
    assert answered.answers()["completed"] == COMPLETED.isoformat()


@pytest.mark.parametrize(
    "written",
    [
        *("Nov. 1, 2026", "01 NOV 2026", "November 1st, 2026", "2026/11/01", "11/1/26", "1 Nov 2026", "1-Nov-26"),
        *("2026-Nov-01", "2026 November 1", "20261101", "November 1. 2026", "11\u204401\u20442026"),
        *(
            "Nov 1 2026",
            "Sunday, November 1, 2026",
            "the 1st of November 2026",
            "11–01–2026",
            "11 01 2026",
            "2026.11.1",
        ),
        *(
            "Nov 1 ’26",
            "1NOV2026",
            "\u200eNov.\u00a01, 2026.",
            "11012026",
            "Sun 11/1/2026",
            "11\\1\\2026",
            "1/Nov/2026",
        ),
        *("2026-11-01T00:00:00Z", "11/1/2026 12:00 AM", "2026-11-01 09:30:00-05:00", "1st day of November 2026"),
        *("“11/1/2026”", "'11/1/2026'", "Date: 11/1/2026", "completed on Nov 1, 2026", "11.1.26"),
        *("(11/1/2026)", "Nov 1, 2026 (Sun)", "11/1/2026 3pm", "on Sunday, November 1, 2026"),
    ],
)
def test_a_date_that_names_one_day_is_understood(written):
    with time_machine.travel(datetime(2026, 11, 26, 15, tzinfo=UTC), tick=False):
        answered = filled(PlaqueForm, completed=written)
        assert messages(answered) == {}
    assert answered.answers()["completed"] == "2026-11-01"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        *(("13/11/2026", "2026-11-13"), ("20/11/2026", "2026-11-20"), ("31.12.2025", "2025-12-31")),
        *(("20112026", "2026-11-20"), ("12/11/2026", "2026-12-11"), ("11/20/99", "1999-11-20")),
        *(("11/20/46", "2046-11-20"), ("11/20/47", "1947-11-20"), ("Nov 20, 00", "2000-11-20")),
        *(("25-12-40", "2040-12-25"), ("20-11-20", "2020-11-20"), ("11-12-26", "2026-11-12")),
        *(
            (f"Fri Nov 20 2026 00:00:00 {zone}", "2026-11-20")
            for zone in ("GMT-0500 (Eastern Standard Time)", "GMT+1000 (Chamorro Standard Time)", "UTC", "AKST", "CDT")
        ),
        *(("11/20/2026 3:00 PM EST", "2026-11-20"), ("Fri, 20 Nov 2026 15:00:00 GMT", "2026-11-20")),
        *(("11/20/2026 3 p.m. PT", "2026-11-20"), ("2026-11-20 (Friday)", "2026-11-20")),
    ],
)
def test_the_one_day_that_can_be_meant_is_meant(written, day):
    with time_machine.travel(datetime(2026, 11, 26, 15, tzinfo=UTC), tick=False):
        assert dates.parse(written) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "written",
    [
        *("25-12-24", "26-11-01", "20-11-26", "26-11-1"),
        *("Mon 11/20/2026", "Sunday, November 20, 2026", "2026-11-20 (Thu)", "Thu Nov 20 2026 00:00:00 GMT-0500 (EST)"),
    ],
)
def test_what_names_two_days_is_asked_for(written):
    with time_machine.travel(datetime(2026, 11, 26, 15, tzinfo=UTC), tick=False):
        assert dates.parse(written) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("20/11/26", "Friday, November 20, 2026 or Thursday, November 26, 2020"),
        ("26/11/01", "Monday, November 26, 2001 or Sunday, November 1, 2026"),
        ("26.11.01", "Monday, November 26, 2001 or Sunday, November 1, 2026"),
        ("110326", "Tuesday, November 3, 2026"),
        ("112026", "Friday, November 20, 2026"),
        ("311225", "Wednesday, December 31, 2025"),
        ("Mon 11/20/2026", "Friday, November 20, 2026"),
        ("2026-20-11", "Friday, November 20, 2026"),
    ],
)
def test_what_names_no_day_surely_is_asked_about_with_the_days_that_it_may_name(written, meant):
    with time_machine.travel(datetime(2026, 11, 26, 15, tzinfo=UTC), tick=False):
        answered = filled(PlaqueForm, completed=written)
        assert messages(answered) == {"completed": [f"Did you mean {meant}? Enter the date in words, as here"]}
        assert f'value="{written}"' in answered.draw()
        for each in meant.split(" or "):
            assert dates.parse(each) is not None, "what it suggests is taken"


@given(st.dates(date(2020, 1, 1), date(2029, 12, 31)))
@examples(200)
def test_a_day_with_its_short_year_first_is_that_day_or_asked_about(day):
    found = {dates.parse(day.strftime(f"%y{sign}%m{sign}%d")) for sign in "-/. "}
    assert found in ({None}, {day})


@pytest.mark.parametrize(
    "written",
    [
        *("11/1/2O26", "11/O1/2026", "ll/l/2026", "Nov l, 2026", "2O26-11-Ol", "II/01/2026", "N0v 1, 2026"),
        *("١١/١/٢٠٢٦", "２０２６－１１－０１", "۲۰۲۶-۱۱-۰۱", "Nov १, २०२६"),
    ],
)
def test_a_date_is_read_with_digits_of_any_script_and_letters_that_look_like_digits(written):
    assert dates.parse(written) == date(2026, 11, 1)


@pytest.mark.parametrize("written", ["11/20/99", "11/20/1999", "Nov. 20, 1999"])
def test_a_day_of_another_century_is_told_by_its_year(written):
    [told] = messages(filled(PlaqueForm, completed=written))["completed"]
    assert told.startswith("This certification ended on November 20, 2001, two years after that date")


@pytest.mark.parametrize("typed", ["0026-11-20", "1826-11-20", "0202-11-20"])
def test_a_year_that_was_half_typed_or_mistyped_is_asked_for(typed):
    assert messages(filled(PlaqueForm, completed=typed)) == {
        "completed": ["Check the year, and enter it in four digits, such as 2026"]
    }


@given(st.dates(date.today() - timedelta(days=79 * 365), date.today() + timedelta(days=20 * 365)))
@examples(300)
def test_every_way_to_write_any_day_is_that_day(day):
    ways = [
        "%m%d%Y",
        "%a %m/%d/%Y",
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y-%m-%d",
        "%m/%d/%y",
        "%m/%d/%Y",
        "%B %d, %Y",
        "%b. %d, %Y",
        "%d %b %Y",
        "%d-%b-%y",
        "%A, %B %d, %Y",
        "%Y/%m/%d",
    ]
    assert {dates.parse(day.strftime(way)) for way in ways} == {day}


@given(st.text(st.sampled_from("0123456789/-. ,'novemberjanst"), max_size=20))
@examples(300)
def test_no_text_is_a_date_by_chance(text):
    day = dates.parse(text)
    assert day is None or str(day.year % 100).zfill(2) in text


def test_the_engraved_name_is_shown_again_and_has_to_be_confirmed():
    answered = filled(PlaqueForm, agency="Town of <b>", name_confirmed="")
    assert messages(answered) == {"name_confirmed": ["Read the agency name as it will be engraved, then check the box"]}
    assert '<div class="plaque__name" dir="auto" translate="no"><span>Town of &lt;b&gt;</span></div>' in answered.draw()


@pytest.mark.parametrize(
    "written",
    ["2026-02-30", "15/31/2026", "soon", "0000-00-00", "2026", "992026", "Nov 2026", "30/2/2026", "Nov 31, 2026"],
)
def test_what_is_not_a_date_is_refused_and_stays_in_its_box(written):
    answered = filled(PlaqueForm, completed=written)
    assert messages(answered) == {"completed": ["Enter a real date, such as 3/27/2026"]}
    assert f'value="{written}"' in answered.draw()
    assert 'type="text"' in answered["completed"]()


@pytest.mark.parametrize(
    ("form", "field", "told"),
    [
        (ContactForm, "topic", "Choose a topic"),
        (PlaqueForm, "state", "Choose the state"),
        (PlaqueForm, "agency_state", "Choose your agency's state"),
    ],
)
def test_a_choice_that_is_not_offered_is_refused(form, field, told):
    assert messages(filled(form, **{field: "Atlantis"})) == {field: [told]}


@pytest.mark.parametrize("form", FORMS)
def test_unknown_fields_are_never_stored(form):
    assert filled(form, status="done", reference="X", __proto__="x").answers() == SAMPLES[form.slug]


@pytest.mark.parametrize("form", FORMS)
def test_answers_in_words_use_the_labels_for_the_office(form):
    words = dict(form.in_words(SAMPLES[form.slug]))
    assert list(form.labels().values()) == list(words)
    assert words["Wants announcements"] in ("Yes", "No")


def test_answers_in_words_are_words_and_not_codes():
    words = dict(PlaqueForm.in_words(SAMPLES["plaque"]))
    assert words["State"] == "Hawaii"
    assert words["Date of completion"] == day_in_words(COMPLETED)


@pytest.mark.parametrize("form", FORMS)
def test_every_field_says_what_a_browser_may_fill_in(form):
    assert all(
        field.render_kw is None or "autocomplete" in field.render_kw or field.name == "message" for field in form()
    )


def test_an_empty_date_is_missing_and_not_wrong():
    assert messages(filled(PlaqueForm, completed=" ")) == {"completed": ["Enter the date of completion"]}


@pytest.mark.parametrize(
    ("typed", "dialed"),
    [
        ("(555) 555-0123 ext. 4", "+15555550123;ext=4"),
        ("555.555.0123 x12", "+15555550123;ext=12"),
        ("+1 555 555 0123, extension 007", "+15555550123;ext=007"),
        ("555-555-0123 #9", "+15555550123;ext=9"),
        ("1-800-FLOWERS", "+18003569377"),
        ("1-800-CONTACTS", "+18002668228"),
        (" 555 555 0123 ", "+15555550123"),
        ("ask for 911", "911"),
        *(
            (word + "555-555-0100", "+15555550100")
            for word in ("cell ", "tel:+1", "Office: ", "Chief, direct ", "(c) ")
        ),
        *(
            (f"(555) 555-0100{between}(555) 555-0101", "+15555550100")
            for between in (" or ", " / ", "/", ", ", " ", "; fax ")
        ),
        ("555-555-0100 x4 or 555-555-0101 x5", "+15555550100;ext=4"),
        ("555-555-0100 cell", "+15555550100"),
        ("tel:+15555550100;ext=12", "+15555550100;ext=12"),
        ("５５５－５５５－０１００", "+15555550100"),
        ("٥٥٥ ٥٥٥ ٠١٠٠", "+15555550100"),
        ("call 1-800-555-COPS", "+18005552677"),
        ("800 FLOWERS ext 2", "+18003569377;ext=2"),
        ("+44 20 7946 0958", "+442079460958"),
        ("011 52 555 555 0100", "011525555550100"),
        ("Unit 812 cell-555-555-0100", "+15555550100"),
        ("Badge 855 Lieutenant 555-555-0100", "+15555550100"),
        ("call me", ""),
        ("", ""),
        *((each, "+15555550100") for each in ("555-555-O1OO", "555·555·0100", "555_555_0100", "555 • 555 • 0100")),
    ],
)
def test_a_telephone_dials_what_was_typed_and_the_extension_apart(typed, dialed):
    from normalize import folding

    assert folding.dialed(typed) == dialed


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        *(
            (f"(555) 555-0100{between}555 555 0101", ["5555550100", "5555550101"])
            for between in (" or ", "/", " ", ", ")
        ),
        ("1-555-555-0100 1-555-555-0101", ["5555550100", "5555550101"]),
        ("5555550100\n5555550101", ["5555550100", "5555550101"]),
        ("(555) 555-0123 ext. 4", ["5555550123", "4"]),
        ("+44 20 7946 0958", ["442079460958"]),
        *((f"{one}800-FLOWERS", ["8003569377"]) for one in ("", "1-", "+1 ", "call 1 ")),
        ("1-800-CONTACTS or (555) 555-0123", ["8002668228", "5555550123"]),
        ("800 FLOWERS ext 2", ["8003569377", "2"]),
        *(("0100", ["0100"]), ("555-01", ["55501"]), ("call me", [])),
        ("886 Main-5555550100", ["886", "5555550100"]),
        ("888 Main-555 555 0100", ["888", "5555550100"]),
        ("Unit 812 cell-555-555-0100", ["812", "5555550100"]),
        ("Dept 850 tel555-555-0100", ["850", "5555550100"]),
        ("800-flowers-555-555-0100", ["8003569377", "5555550100"]),
        ("845 reports due", ["845"]),
        ("Suite 800 Building, 555-555-0100", ["800", "5555550100"]),
        ("Badge 855 Lieutenant 555-555-0100", ["855", "5555550100"]),
        *((f"office: {word}", ["8002255911"]) for word in ("800-CALL-911", "1 800 CALL911")),
        *((f"{one}FLOWERS", ["8003569377"]) for one in ("call 800", "call 800-", "fax: 800 ", "or 1 800 ")),
        *((f"1-800-{word}", ["8003569377"]) for word in ("FLO-WERS", "3-LOWERS", "FLO9ERS", "356-WERS")),
    ],
)
def test_two_telephone_numbers_stay_two(text, numbers):
    from normalize import folding

    assert folding.numbers_in(text) == numbers


@given(
    st.lists(st.from_regex("[2-9][0-9]{9}", fullmatch=True), min_size=1, max_size=4),
    st.sampled_from([" ", "/", " or "]),
)
@examples(100)
def test_any_telephone_numbers_in_one_answer_are_found_each_by_itself(numbers, between):
    from normalize import folding

    written = between.join(f"({number[:3]}) {number[3:6]}-{number[6:]}" for number in numbers)
    assert folding.numbers_in(written) == numbers
    words = ContactForm.words_to_find({"telephone": written}).split()
    assert words[-len(numbers) :] == [f"#{number}" for number in numbers]


@pytest.mark.parametrize("form", FORMS)
def test_each_box_that_is_wrong_is_described_by_its_message(form, post):
    page = post(form.slug, {}).text
    wrong = re.findall(r'id="(\w+)-error"', page)
    assert len(wrong) == sum(bool(field.flags.required) for field in form())
    for name in wrong:
        [box] = re.findall(rf'<(?:input|select|textarea)[^>]* id="{name}"[^>]*>', page)
        assert re.search(rf'aria-describedby="[^"]*\b{name}-error\b', box), name
        assert 'aria-invalid="true"' in box
