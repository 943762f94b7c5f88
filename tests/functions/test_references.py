"""A reference is found as it stands in a subject, and as people copy it: everywhere."""

import re

import boto3
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from forms.form import REFERENCE_ALPHABET, reference_in
from tests.support.examples import examples
from tests.support.samples import CONTACT, PLAQUE

WRITTEN = {
    "in brackets": "[{}]",
    "in lower case": lambda reference: reference.lower(),
    "after a number sign": "#{}",
    "before a full stop": "{}.",
    "in halves": lambda reference: f"{reference[:5]} {reference[5:]}",
    "in halves with a dash": lambda reference: f"{reference[:5]}–{reference[5:].lower()}",
    "in threes": lambda reference: f"{reference[:3]} {reference[3:6]} {reference[6:]}",
    "in uneven groups": lambda reference: f"{reference[:3]}-{reference[3:6]}-{reference[6:]}",
    "after its word, without a space": lambda reference: f"Ref{reference.lower()}",
    "beside a telephone number": "Call 555-234-5678 about {}",
    "with spaces around": "  {}\n",
    "with hidden characters": lambda reference: f"\u200e{reference[:4]}\u200b{reference[4:]}",
    "in full width": lambda reference: "".join(chr(ord(letter) + 0xFEE0) for letter in reference),
    "with digits of another script": lambda reference: reference.translate(str.maketrans("23456789", "٢٣٤٥٦٧٨٩")),
    "in the subject": "Re: Sample County Sheriff's Office: Becoming certified - by Fri 9:32 AM [{}]",
    "in a sentence": "about reference {}, please",
}
EVERYWHERE = pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)


def as_written(written, reference: str) -> str:
    return written.format(reference) if isinstance(written, str) else written(reference)


@EVERYWHERE
@given(st.text(REFERENCE_ALPHABET, min_size=10, max_size=10))
@examples(30)
def test_a_reference_is_read_however_it_is_written(written, reference):
    assert reference_in(as_written(written, reference)) == reference


@given(
    st.text(REFERENCE_ALPHABET, min_size=10, max_size=10),
    st.lists(st.sampled_from(["", "", "-", " ", "–", ".", " / "]), min_size=10, max_size=10),
    st.sampled_from(["", "Ref", "reference: ", "Re: [", "#", "about "]),
)
@examples(100)
def test_a_reference_is_read_in_any_groups(reference, between, before):
    grouped = "".join(map("".join, zip(reference.lower(), between, strict=True)))
    assert reference_in(before + grouped) == reference


@EVERYWHERE
def test_staff_find_it_by_command_and_at_the_desk(written, post, table, office, run_staff):
    post("contact", CONTACT)
    post("plaque", PLAQUE)
    of = {item["form"]: item["reference"] for item in table.items()}
    contact, plaque = of["contact"], of["plaque"]
    post("contact", CONTACT | {"message": "Once more."})
    [again] = {item["reference"] for item in table.items()} - {contact, plaque}
    typed = as_written(written, contact)
    for command in (("show", typed), ("find", typed), ("note", typed, "Called.")):
        code, told, _ = run_staff(*command)
        assert (code, contact in told) == (0, True), command
    found = office.press(office.get(), "/desk/find", q=typed).words
    assert contact in found
    assert plaque not in found
    office.do(again, "close", reason="duplicate", of=typed)
    assert table.item(again)["closed"]["of"] == contact


@pytest.mark.parametrize("words", ["sheriff sample", "K7M2P", "555 555 0100", "", "[no reference]"])
def test_other_words_are_no_reference(words):
    assert reference_in(words) == re.sub("[^A-Z0-9]", "", words.upper())


def test_a_certification_is_found_by_its_reference_once_its_request_is_gone(post, table, office):
    post("plaque", PLAQUE)
    [item] = table.items()
    office.do(item["reference"], "mark")
    boto3.client("dynamodb").delete_item(TableName=table.name, Key={"reference": {"S": item["reference"]}})
    assert PLAQUE["agency"].partition(" & ")[0] in office.press(office.get(), "/desk/find", q=item["reference"]).words


def test_the_same_message_is_one_on_one_day_at_the_office_also_across_midnight_in_utc(post, table):
    stored = []
    for moment in ("2026-11-24T18:30-05:00", "2026-11-24T23:30-05:00", "2026-11-26T09:00-05:00"):
        with time_machine.travel(moment, tick=False):
            assert post("contact", CONTACT).status == 303
        stored.append(len(table.items()))
    assert stored == [1, 1, 2]
