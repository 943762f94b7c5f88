"""ZIP codes as people write them, and labels as the Postal Service reads them."""

import re

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.plaque import PlaqueForm
from normalize import mailing
from normalize.states import STATES
from tests.support.examples import examples
from tests.support.filled_forms import filled, messages
from tests.support.samples import PLAQUE

ZIP_CODES = {
    "75001-1234": [
        "75001 1234",
        "75001–1234",
        "750011234",
        "75001‑1234",
        "75001 - 1234",
        *("75001_1234", "75001,1234", "75001/1234", "75001+1234"),
        "75001—1234",
        "75001-1234.",
        "75001－1234",
        *("TX 75001-1234", "75001 (1234)", "75001:1234", "(75001-1234)"),
    ],
    "75001": [
        "TX 75001",
        "Texas, 75001",
        *("ZIP 75001", "75001 TX", "75001, USA", "#75001", "(75001)", "-75001", "TX 7500l"),
        "75001",
        " 75001 ",
        "75001-",
        "75001.",
        "75001 –",
        "７５００１",
        "75001\u200b",
    ],
    "02134": ["02134", "02134-", "O2134", "o2l34", "MA O2134", "٠٢١٣٤", "०२१३४"],
}


@pytest.mark.parametrize(("stored", "typed"), [(stored, each) for stored, found in ZIP_CODES.items() for each in found])
def test_every_way_to_write_a_zip_code_is_printed_in_one(stored, typed):
    state = "TX" if stored.startswith("7") else "MA"
    answered = filled(PlaqueForm, zip=typed, state=state)
    assert messages(answered) == {}
    assert answered.answers()["zip"] == stored
    assert PlaqueForm.mailing_label(answered.answers())["address"][-1] == f"Sampleville {state} {stored}"


@given(
    st.from_regex(r"[0-9]{5}", fullmatch=True),
    st.from_regex(r"[0-9]{4}", fullmatch=True),
    st.text("-–—‑ .", max_size=4),
)
@examples(100)
def test_whatever_stands_between_its_parts_a_zip_code_is_one(five, four, between):
    known = five > "00500"
    assert mailing.zip_code(f"{five}{between}{four}") == (f"{five}-{four}" if known else "")
    assert mailing.zip_code(f"{five}{between}") == (five if known else "")


@given(st.text(st.sampled_from("0123456789-– x"), max_size=12))
@examples(200)
def test_what_is_taken_as_a_zip_code_has_five_digits_or_nine(typed):
    stored = mailing.zip_code(typed)
    assert re.fullmatch("([0-9]{5}(-[0-9]{4})?)?", stored)
    assert not stored or re.sub("[^0-9]", "", typed) == stored.replace("-", "")


def test_a_zip_code_of_another_state_is_asked_about_once_and_told_to_staff(post, inbox, table):
    answers = PLAQUE | {"city": "Dover", "state": "NY", "zip": "19904"}
    asked = post("plaque", answers)
    assert asked.status == 422
    assert (
        "19904 is a ZIP code of Delaware, not of New York. Correct it, or send the form again to keep it" in asked.text
    )
    [known] = re.findall(r'name="asked" value="([0-9a-f ]+)"', asked.text)
    assert post("plaque", answers | {"state": "NJ", "asked": known}).status == 422  # another slip
    assert post("plaque", answers | {"asked": known}).status == 303
    assert [item["answers"]["zip"] for item in table.items()] == ["19904"]
    inbox.deliver()
    assert "The ZIP code is of DE, not of NY." in inbox.to_staff()[0]["text"]


def test_a_zip_code_of_no_state_is_asked_about():
    assert messages(filled(PlaqueForm, zip="69912")) == {
        "zip": ["69912 is no ZIP code of Hawaii. Correct it, or send the form again to keep it"]
    }
    assert PlaqueForm.mailing_label(PLAQUE | {"zip": "69912"})["doubts"][-1] == "The ZIP code is not of HI."


def test_a_program_is_not_asked_about_a_zip_code(post):
    answers = PLAQUE | {"state": "NY", "zip": "19904"}
    assert post("plaque", answers, {"accept": "application/json"}).status == 201


@pytest.mark.parametrize(
    ("code", "state"),
    [
        *(
            ("10001", "NY"),
            ("06390", "NY"),
            ("60601", "IL"),
            ("00901", "PR"),
            ("00801", "VI"),
            ("96910", "GU"),
            ("96950", "MP"),
        ),
        *(
            ("96799", "AS"),
            ("96960", "MH"),
            ("96940", "PW"),
            ("96941", "FM"),
            ("09012", "AE"),
            ("96201", "AP"),
            ("34002", "AA"),
        ),
        *(
            ("99501", "AK"),
            ("96813", "HI"),
            ("20001", "DC"),
            ("75502", "AR"),
            ("83414", "WY"),
            ("79901", "TX"),
            ("88510", "TX"),
        ),
    ],
)
def test_a_zip_code_of_the_state_is_not_doubted(code, state):
    assert messages(filled(PlaqueForm, zip=code, state=state)) == {}


def test_states_are_called_as_a_kept_package_calls_them():
    """It lists states and territories by the names of ISO 3166-2; military areas and other countries it has not."""
    named = {code: name for name, code in holidays.country_holidays("US").subdivisions_aliases.items()}
    ours = {code: name for code, name in STATES if code in named}
    del named["UM"]  # islands without a post office
    assert ours == named | {"VI": "U.S. Virgin Islands"}
    assert all(name.strip() for _, name in STATES)


def test_every_state_has_zip_codes_and_every_prefix_is_of_a_state_that_is_offered():
    states = {state for number in range(1000) for state in mailing.states_of(f"{number:03}")}
    assert states == {state for state, _ in STATES}


LABELS = {
    "a suite": (("123 Main St", "Suite 200"), ["Suite 200", "123 Main St"]),
    "an urbanization": (("123 Calle 1", "Urb Las Gladiolas"), ["Urb Las Gladiolas", "123 Calle 1"]),
    "a private mailbox": (("123 Main St", "PMB 234"), ["PMB 234", "123 Main St"]),
    "a number": (("123 Main St", "# 4"), ["# 4", "123 Main St"]),
    "a floor": (("123 Main St", "5th Floor"), ["5th Floor", "123 Main St"]),
    "anything else": (("Main Street", "Records Division"), ["Records Division", "Main Street"]),
    "a suite that stands first": (("Suite 200", "123 Main St"), ["Suite 200", "123 Main St"]),
    "a floor that stands first": (("2nd Floor", "123 Main St"), ["2nd Floor", "123 Main St"]),
    "an urbanization that stands first": (("Urb Las Gladiolas", "123 Calle 1"), ["Urb Las Gladiolas", "123 Calle 1"]),
    "the building that stands first": (
        ("Public Safety Building", "123 Main St"),
        ["Public Safety Building", "123 Main St"],
    ),
    "the agency where the street belongs": (("Town of Sample", "123 Main St"), ["Town of Sample", "123 Main St"]),
    "a box": (("PO Box 12", ""), ["PO Box 12"]),
    "two that are named": (("Courthouse", "Main Street"), ["Courthouse", "Main Street"]),
    "two that are named, the other way": (("Main Street", "Courthouse Square"), ["Courthouse Square", "Main Street"]),
    "a crossing": (("Courthouse", "Main & 5th"), ["Courthouse", "Main & 5th"]),
    "a crossing that stands first": (("Main and Fifth", "Courthouse"), ["Courthouse", "Main and Fifth"]),
    "a road with a number": (("County Road 12", "Sheriff's Annex"), ["Sheriff's Annex", "County Road 12"]),
    "a precinct": (("123 Main St", "42nd Precinct"), ["42nd Precinct", "123 Main St"]),
    "a numbered street": (("42nd Precinct", "230 E 21st St"), ["42nd Precinct", "230 E 21st St"]),
    "a street and a box": (("123 Main St", "PO Box 12"), ["123 Main St", "PO Box 12"]),
    **{
        f"a unit as {unit}": (("123 Main St", unit), [unit, "123 Main St"])
        for unit in ("5", "200", "12B", "B-12", "2 Floor", "2 fl", "2 Fl., Room 5", "2/F", "12 - B")
    },
    "a unit that stands first": (("12B", "123 Main St"), ["12B", "123 Main St"]),
    "a highway and a room": (("12 FL-50", "Room 5"), ["Room 5", "12 FL-50"]),
    "a military unit": (("Unit 2050 Box 4190", "Attn: CID"), ["Attn: CID", "Unit 2050 Box 4190"]),
}


@pytest.mark.parametrize(("streets", "lines"), LABELS.values(), ids=LABELS)
def test_what_is_within_a_building_stands_above_the_street(streets, lines):
    answers = PLAQUE | {"agency": "Sample Police", "street1": streets[0], "street2": streets[1]}
    address = PlaqueForm.mailing_label(answers)["address"]
    assert address == ["ATTN Office of the Chief", "Sample Police", *lines, "Sampleville HI 96746-0012"]


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"addressee": "Sample Police"}, ["Sample Police", "PO Box 12"]),
        ({"addressee": "Chief, SAMPLE POLICE"}, ["Chief, SAMPLE POLICE", "PO Box 12"]),
        (
            {"addressee": "Chief", "street1": "Sample Police", "street2": "1 Elm St"},
            ["ATTN Chief", "Sample Police", "1 Elm St"],
        ),
        ({"addressee": "Chief of the Sample Police"}, ["Chief of the Sample Police", "PO Box 12"]),
        ({"addressee": "Sample Police - Records"}, ["Sample Police - Records", "PO Box 12"]),
        ({"addressee": "New Sample Police"}, ["ATTN New Sample Police", "Sample Police", "PO Box 12"]),
        ({"addressee": "Sample Police Union"}, ["ATTN Sample Police Union", "Sample Police", "PO Box 12"]),
        ({"addressee": "Attn: Chief"}, ["ATTN Chief", "Sample Police", "PO Box 12"]),
        *(
            ({"addressee": f"{mark} Chief"}, ["ATTN Chief", "Sample Police", "PO Box 12"])
            for mark in ("Attn-", "ATTN -", "Attention \u2013", "attn.:", "Attn,")
        ),
        *(
            ({"addressee": f"{mark} Doe"}, [f"{mark} Doe", "Sample Police", "PO Box 12"])
            for mark in ("c/o", "C / O", "C/O", "\u2105")
        ),
    ],
)
def test_the_agency_stands_once_on_the_label_below_whom_it_is_for(changes, lines):
    address = PlaqueForm.mailing_label(PLAQUE | {"agency": "Sample Police"} | changes)["address"]
    assert address[:-1] == lines


@given(
    st.fixed_dictionaries({name: st.text(max_size=20) for name in ("addressee", "street1", "street2", "city", "zip")})
)
@examples(200)
def test_no_label_has_an_empty_line_or_two_spaces_and_none_loses_a_word(changes):
    answers = PLAQUE | changes
    address = PlaqueForm.mailing_label(answers)["address"]
    assert all(line and line == " ".join(line.split()) for line in address)
    for name in ("addressee", "street1", "street2"):
        assert set(answers[name].split()) <= set(" ".join(address).split())


@pytest.mark.parametrize(
    ("city", "state", "last"),
    [
        ("St. Louis, MO", "MO", "St. Louis MO 63101"),
        ("St. Louis MO 63101", "MO", "St. Louis MO 63101"),
        ("St. Louis, Missouri", "MO", "St. Louis MO 63101"),
        ("Washington, D.C.", "DC", "Washington DC 63101"),
        ("New York", "NY", "New York NY 63101"),
        ("Kansas City", "KS", "Kansas City KS 63101"),
        ("St. Louis, MO 63101, USA", "MO", "St. Louis MO 63101"),
        ("Mo", "MO", "Mo MO 63101"),
        *(
            (f"Miami{state}", "FL", "Miami FL 63101")
            for state in (", Fla.", ", Fla", " Fla.", " Florida", ", Fla. 63101")
        ),
        *((f"Washington{state}", "DC", "Washington DC 63101") for state in (" District of Columbia", ", D. C.", " DC")),
        *((f"Houston, {state}", "TX", "Houston TX 63101") for state in ("Tex.", "Tex", "T.X.", "Texas")),
        *((f"Beckley {state}", "WV", "Beckley WV 63101") for state in ("W.Va.", "W. Va.", "West Virginia")),
        *(
            (f"Sampleville, {short}", state, f"Sampleville {state} 63101")
            for short, state in (
                *(("Fla.", "FL"), ("N. Dak.", "ND"), ("N.Dak", "ND"), ("N. Mex.", "NM"), ("Penna.", "PA")),
                *(("S. Dak.", "SD"), ("W. Va.", "WV"), ("Dist. of Columbia", "DC")),
            )
        ),
        ("New York New York", "NY", "New York NY 63101"),
        *((f"City of New York{stop}", "NY", "City of New York NY 63101") for stop in ("", ".", ", N.Y.")),
        ("Oklahoma City", "OK", "Oklahoma City OK 63101"),
        ("Fort Mon", "MT", "Fort Mon MT 63101"),
        ("Indiana", "PA", "Indiana PA 63101"),
    ],
)
def test_the_state_stands_once_in_the_last_line(city, state, last):
    answers = PLAQUE | {"city": city, "state": state, "zip": "63101"}
    assert PlaqueForm.mailing_label(answers)["address"][-1] == last
    assert f"{state}; completed" in PlaqueForm.gist(answers)
    assert f"{state}, {state}" not in PlaqueForm.gist(answers)


@pytest.mark.parametrize("city", ["Sampleville ", "Sampleville,", " Sampleville , "])
def test_the_last_line_has_one_space_between_its_parts(city):
    assert PlaqueForm.mailing_label(PLAQUE | {"city": city})["address"][-1] == "Sampleville HI 96746-0012"
