"""One agency is one, however its name is spelled; a correction is seen as one, with what differs."""

import unicodedata
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.plaque import PlaqueForm
from normalize import cleaning
from normalize.folding import agency_key, folded, is_alike, is_near, plain
from storage import certifications
from tests.support.examples import examples
from tests.support.samples import PLAQUE

SPELLINGS = {
    "Charlie County Sheriff's Office": [
        "Charlie County Sheriff’s Office",
        "Charlie County Sheriff‘s Office",
        "Charlie County Sheriffʼs Office",
        "Charlie County Sheriff＇s Office",
        "Charlie County Sheriff´s Office",
        "Charlie County Sheriff`s Office",
        *("Charlie County Sheriff\ua78cs Office", "Charlie County Sheriff\u05f3s Office"),
        "CHARLIE COUNTY SHERIFF'S OFFICE",
        " Charlie  County\u00a0Sheriff's Office. ",
        "Charlie\u200b County Sher\u00adiff's Office",
        "Ｃｈａｒｌｉｅ County Sheriff's Oﬃce",
    ],
    "O'Fallon Police": [
        *(f"O{mark}{space}Fallon Police" for mark in "'’`´ʻʼʽˊˋ＇" for space in ("", " ", "\u00a0")),
    ],
    "Town of Cañon Police": ["Town of Can\u0303on Police", "TOWN OF CAÑON POLICE"],
    "Austin-Travis County Police": [
        "Austin–Travis County Police",
        "Austin — Travis County Police",
        "Austin‑Travis County Police",
        "Austin--Travis County Police",
    ],
    'Police "Sample" Unit': ["Police “Sample” Unit", "Police «Sample» Unit"],
}
APART = [
    ("York Police Department", "New York Police Department"),
    ("Constable Precinct 4", "Constable Precinct 5"),
    ("Constable (Precinct 4)", "Constable (Precinct 5)"),
    ("North Sample Police", "South Sample Police"),
    ("Town of Chatham Police", "Village of Chatham Police"),
    ("Washington Police", "Warrington Police"),
    ("Sample Police", "Sample Sheriff"),
]
ALIKE = [
    ("Sprinfield PD", "Springfield PD"),
    ("Springfield Police Department", "Springfeild Polce Department"),
    ("Spring field Police", "Springfield Police Dept."),
    ("Charlie County Sheriff", "Charlie County Sheriff's Office"),
    ("St. Mary's P.D.", "Saint Marys Police Department"),
    ("Policía de Cañón", "Policia de Canon"),
    ("Sheriff of Sample County", "Sample County Sheriff"),
    ("Sample Cnty Sheriff's Ofc.", "Sample County Sheriff's Office"),
    ("Springfield Police Department (SPD)", "Springfield Police Department"),
    ("Springfield Police Department, TX", "Springfield PD"),
    *(("Sample Twp. Police", "Sample Township Police"), ("Sample Univ. Police", "Sample University Police")),
    *(("Ft. Sample Police", "Fort Sample Police"), ("Mt. Sample Police", "Mount Sample Police")),
    *(
        (f"Springfield {word} Police", "Springfield Police")
        for word in ("a", "and", "department", "of", "office", "the")
    ),
]


@pytest.mark.parametrize(("name", "spelling"), [(name, each) for name, found in SPELLINGS.items() for each in found])
def test_every_spelling_of_a_name_is_one_agency(name, spelling):
    assert agency_key(spelling, "IL") == agency_key(name, "IL")
    assert folded(spelling) == folded(name)
    assert agency_key(name, "IL") != agency_key(name, "IN")


@pytest.mark.parametrize(("one", "other"), APART)
def test_another_agency_is_another_and_no_correction(one, other):
    assert agency_key(one, "NY") != agency_key(other, "NY")
    assert not is_alike(one, other)
    assert not is_alike(other, one)


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_a_slip_in_a_name_is_seen(one, other):
    assert is_alike(one, other)
    assert is_alike(other, one)


@pytest.mark.parametrize("place", ["Borough", "City", "County", "Town", "Township", "Village"])
def test_a_word_for_a_place_tells_agencies_apart_and_may_have_been_left_out(place):
    assert not is_alike(f"{place} of Springfield Police", "Springfield Police")
    assert is_near(f"{place} of Springfield Police", "Springfield Police")


def casefolded(text: str) -> str:
    """Return what Unicode compares compatibility caseless matches by (D146)."""
    one = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", one.casefold())


LETTERS = st.characters(exclude_categories=["Cs"])
FORMS = st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"])


@given(st.text(LETTERS, max_size=12), FORMS, FORMS)
@examples(300)
def test_what_unicode_calls_compatible_is_one_name(text, one, other):
    first, second = (unicodedata.normalize(form, text) for form in (one, other))
    for spelling in (first, second, casefolded(text), first.casefold()):
        assert plain(spelling) == plain(text)
        assert folded(spelling) == folded(text)


@pytest.mark.parametrize("words", ["officers' training", "precinct 'a' of"])
def test_an_apostrophe_at_the_end_of_a_word_joins_no_two_words(words):
    assert folded(words) == words.replace("'", "")


DASHES = [chr(each) for each in range(0x10000) if unicodedata.category(chr(each)) == "Pd"]


@given(st.sampled_from(DASHES), st.sampled_from(["", " ", "\u00a0"]))
@examples(60)
def test_any_dash_is_a_dash(dash, space):
    assert plain(f"Austin{space}{dash}{space}Travis") == "austin-travis"


@given(st.text(LETTERS, max_size=20))
@examples(200)
def test_what_is_engraved_is_the_name_as_typed(text):
    typed = cleaning.line(text) or "Sample"
    assert PlaqueForm.mailing_label(PLAQUE | {"agency": typed})["engraved"] == typed


@pytest.mark.parametrize(
    ("name", "pointed_out"),
    [
        ("O’Fallon – “Sample” Police, Cañon No. 7 & Łódź", []),
        ("Town of Kapaʻa", ['"ʻ" (modifier letter turned comma)']),
        ("日本 Police 👮", ['"日" (cjk unified ideograph-65e5)', '"本"', '"👮" (police officer)']),
        ("Tоwn of Sample", ['"о" (cyrillic small letter o)']),
        ("Can\u0303on", []),
    ],
)
def test_staff_are_told_what_an_engraver_may_lack(name, pointed_out):
    doubts = PlaqueForm.mailing_label(PLAQUE | {"agency": name})["doubts"]
    assert all(each in doubts[0] for each in pointed_out)
    assert len(doubts) == bool(pointed_out)


OF_ANOTHER = {"agency": "Other Police", "email": "other@example.gov", "zip": "96801", "street1": "1 Other St"}
FIRST = PLAQUE | {"agency": "Sprinfield PD", "email": "chief@example.gov", "zip": "96746-0012"}
LATER = {
    "the name, by the same sender": {"agency": "Springfield PD", "email": "Chief@EXAMPLE.gov", "zip": "96801"},
    "the name, at the same ZIP code": {"agency": "Sampletown PD", "email": "other@example.gov", "zip": "96746"},
    "the name, in another spelling": OF_ANOTHER | {"agency": "SPRINFIELD P.D."},
    "a slip in the name, and the date": OF_ANOTHER | {"agency": "Springfield PD", "completed": "2026-09-09"},
    "the address": {"street1": "60 Sample Road", "zip": "96801"},
    "the contact": {"contact_name": "Jordan Sample", "email": "jordan@example.gov"},
}
NO_CORRECTION = {
    "another agency": OF_ANOTHER,
    "another agency of this sender, on another day": OF_ANOTHER
    | {"email": "chief@example.gov", "completed": "2026-09-09"},
    "one of the same name elsewhere": OF_ANOTHER | {"agency": "Sprinfield PD", "agency_state": "GU"},
}


@pytest.mark.parametrize("changes", LATER.values(), ids=LATER)
def test_a_correction_is_told_to_staff_line_by_line(changes, post, inbox, table, office, clock):
    post("plaque", FIRST)
    [first] = table.items()
    inbox.deliver()
    clock.forward(seconds=1)  # of one second, the first by reference would be the earlier one
    post("plaque", FIRST | changes)
    inbox.deliver()
    [second] = [item for item in table.items() if item["reference"] != first["reference"]]
    told, *_ = [message for message in inbox.to_staff() if second["reference"] in message["subject"]]
    for text in (told["text"], told["html"].replace("<br>", "\n")):
        assert f"This may correct an earlier request, {first['reference']}:" in text
    labels = PlaqueForm.labels()
    before, now = (PlaqueForm.in_words_by_name(each["answers"]) for each in (first, second))
    desk = unescape(office.get(f"/desk/{second['reference']}").words)
    for name in changes:
        line = f"{labels[name]}: {before[name]} → {now[name]}"
        assert f"\n{line}\n" in told["text"]
        assert line in desk


@pytest.mark.parametrize("changes", NO_CORRECTION.values(), ids=NO_CORRECTION)
def test_another_agency_is_not_called_a_correction(changes, post, inbox):
    post("plaque", FIRST)
    inbox.deliver()
    post("plaque", FIRST | changes)
    inbox.deliver()
    assert not [message for message in inbox.to_staff() if "may correct" in message["text"]]


def test_an_agency_in_two_spellings_has_one_certification(post, table):
    from storage import submissions

    for name, telephone in (
        ("Sample County Sheriff's Office", "555 555 0100"),
        ("Sample County Sheriff’s Office", "555 555 0101"),
    ):
        post("plaque", PLAQUE | {"agency": name, "telephone": telephone})
    agencies = {item["agency"] for item in table.items()}
    assert len(table.items()) == 2
    assert len({certifications.id_of(agency) for agency in agencies}) == 1
    assert len(submissions.of_agency(agencies.pop())) == 2
