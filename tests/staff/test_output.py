"""Nothing that anybody typed moves a cursor, forges a line, or becomes a formula in what staff read."""

import csv
import io
import json
import sys

import boto3
import pytest

from forms.spam import signs
from tests.support.samples import CONTACT, PLAQUE

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\u2066\u2028\x85\rReference: forged\nState: done\ufeff"
COMMANDS = [
    ("list",),
    ("list", "--held"),
    ("list", "--done"),
    ("list", "--json"),
    ("show", "REFERENCE"),
    ("show", "REFERENCE", "--json"),
    ("export",),
    ("export", "--json"),
    ("mark", "REFERENCE", "mailed"),
    ("mark", "REFERENCE", "mailed", "--undo", "--json"),
]


def hostile(value):
    """The same item with hostile text in every string that a person typed."""
    return {name: {"S": HOSTILE} if name not in ("completed",) else typed for name, typed in value.items()}


@pytest.fixture
def stored(post, table):
    """A plaque request with hostile text in every answer, and as the name of who mailed it."""
    post("plaque", PLAQUE)
    [item] = boto3.client("dynamodb").scan(TableName=table.name)["Items"]
    item["answers"] = {"M": hostile(item["answers"]["M"])}
    item["done"] = {"M": {"at": item["received_at"], "by": {"S": HOSTILE}}}
    boto3.client("dynamodb").put_item(TableName=table.name, Item=item)
    return item["reference"]["S"]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_terminal_gets_printable_characters_only(command, run_staff, stored, monkeypatch):
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)
    code, out, _ = run_staff(*(stored if each == "REFERENCE" else each for each in command))
    assert code == 0
    written = out.replace("\r\n", "\n")  # CSV ends its lines so
    assert {c for c in written if c != "\n" and not c.isprintable()} == set()
    assert not [line for line in out.splitlines() if line.startswith(("State: done\ufffd", "Reference: forged"))]


def test_no_cell_is_a_formula_and_none_can_be_split_into_one(run_staff, post):
    for number, begin in enumerate(["=1+2", "Hello;=1+2", "+1", "\uff1d1+2", "-1", "@x", "|calc"]):
        post("contact", {**CONTACT, "name": begin, "message": f"{begin} {number}\t=1+2"})
    _, out, _ = run_staff("export")
    rows = list(csv.reader(io.StringIO(out)))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "|", "\t", "\uff1d"))]
    quoted = io.StringIO()
    csv.writer(quoted, quoting=csv.QUOTE_ALL).writerows(rows)
    assert out == quoted.getvalue()


def test_a_name_that_a_mail_program_would_link_is_a_sign_of_spam():
    typed = {**CONTACT, "organization": "forms.certification-office.example.com/mark?REF - action needed"}
    assert "a link in an answer of one line" in dict(map(reversed, signs(typed, trapped=False)))
    for organization in ("St. Mary's Co. Sheriff", "City of Springfield, U.S.", "pat@example.org"):
        assert signs({**CONTACT, "organization": organization}, trapped=False) == []


def test_json_for_programs_is_not_changed(run_staff, stored):
    assert json.loads(run_staff("show", stored, "--json")[1])["answers"]["agency"] == HOSTILE
