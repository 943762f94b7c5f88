"""Nothing that anybody typed moves a cursor, forges a line, or becomes a formula in what staff read."""

import csv
import io
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer

from forms.fields import Line, Text
from forms.form import TRAP
from forms.plaque import PlaqueForm
from staff.command import app
from tests.support.announcements import announcements_of
from tests.support.samples import CONTACT, PLAQUE, TODAY

FUNCTIONS = Path(__file__).parents[2] / "functions"

MARK = "Zqmark"
"""Typed wherever something can be typed; every stored string that holds it is replaced by something hostile."""
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\u2066\u2028\x85\rReference: forged\nState: done\ufeff"
FORMULAS = ("=1+2\t=1+2;=1+2", "\uff1d1+2", "-1", "@x", "|calc", "\t=1", "'=1")
BEGINS_A_FORMULA = ("=", "+", "-", "@", "|", "\t", "\r", "\uff1d")
COMMAND: Any = typer.main.get_command(app)
VERBS = COMMAND.commands
ARGUMENTS = {
    "reference": "REFERENCE",
    "words": "REFERENCE",
    "name": PLAQUE["agency"],
    "text": MARK,
    "changes": "city=Elsewhere",
    "email": PLAQUE["email"],
    "page": "PAGE",
    "what": "",
    "reason": "spam",
}
"""What each argument gets, by its name in the parser."""
EXPORTS = [
    path + name
    for module, path in (("desk", "/desk/"), ("register", "/certified/"))
    for name in re.findall(r'\["([\w-]+\.csv)"\]', Path(FUNCTIONS, f"{module}.py").read_text("utf-8"))
]


def calls():
    """Every verb of the parser: bare, and with each of its flags."""
    for verb, declared in VERBS.items():
        given = [ARGUMENTS[each.name] for each in declared.params if each.param_type_name == "argument"]
        flags = [each.opts[0] for each in declared.params if getattr(each, "is_flag", False)]
        for flag in ("", *flags):
            yes = ["--yes"] if "--yes" in flags and flag not in ("", "--yes") else []
            yield [verb, *filter(None, [*given, flag]), *yes]


def hostile(value, text, inside=""):
    """The same item with this text for all that was typed; an e-mail address cannot hold it, and a date is one."""
    if "M" in value:
        inner = {
            name: hostile(each, text, name if name in ("answers", "before") else inside)
            for name, each in value["M"].items()
            if name not in ("email", "completed")
        }
        return {"M": value["M"] | inner}
    if "L" in value:
        return {"L": [hostile(each, text, inside) for each in value["L"]]}
    if "S" in value and value["S"].startswith("["):  # the JSON that the register shows
        return {"S": value["S"].replace(MARK, json.dumps(text)[1:-1])}
    return {"S": text if inside else value["S"].replace(MARK, text)} if "S" in value else value


@pytest.fixture
def stored(post, table, run_staff, inbox):
    """Put every kind of thing that staff can see into the tables, with a text in each string that was typed."""
    typed = {field.name: MARK for field in PlaqueForm() if isinstance(field, Text) or type(field) is Line}
    for slug, answers in (
        ("plaque", {**PLAQUE, **typed, "listed": "yes"}),
        ("plaque", {**PLAQUE, **typed, "agency": "Another", "completed": TODAY.isoformat()}),
        ("contact", {**CONTACT, "name": MARK, "organization": MARK, "message": MARK}),
        ("contact", {**CONTACT, "message": MARK, TRAP: MARK}),
    ):
        assert post(slug, answers).status == 303
    found = {(item["answers"].get("agency"), "held" in item): item["reference"] for item in table.items()}
    first, second, message, held = (
        found[each] for each in ((MARK, False), ("Another", False), (None, False), (None, True))
    )
    for call in (
        ("note", first, MARK),
        ("correct", first, f"addressee={MARK} 2"),
        ("mark", first, "--tracking", MARK),
        ("note", second, MARK),
        ("close", message, "duplicate", "--of", held),
    ):
        assert run_staff(*call, "--by", MARK)[0] == 0
    client, tables = boto3.client("dynamodb"), (table.name, os.environ["CERTIFICATIONS_TABLE"])
    items = [(name, item) for name in tables for item in client.scan(TableName=name)["Items"]]

    def put(text):
        for name, item in items:
            client.put_item(TableName=name, Item=hostile({"M": item}, text)["M"])
        return [first, second, message, held]

    return put


@pytest.fixture
def page(tmp_path):
    file = announcements_of(tmp_path) / "2027-03-second.md"
    file.write_text("---\ntitle: Second\ndate: 2027-03-01\ndescription: Now.\n---\n# Second\n\nNow.\n", "utf-8")
    return str(file)


def test_a_terminal_gets_printable_characters_only_from_every_verb(run_staff, stored, page, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")  # no progress bar, whose steering is our own
    told = set()
    for call in calls():
        references = stored(HOSTILE)
        for reference in references[::3] if "REFERENCE" in call else [""]:
            arguments = [{"REFERENCE": reference, "PAGE": page}.get(each, each) for each in call]
            with monkeypatch.context() as patch:
                patch.setattr(type(sys.stdout), "isatty", lambda _: True)
                code, out, err = run_staff(*arguments)
            assert code in (0, 1), (call, err)
            written = (out + err).replace("\r\n", "\n")  # CSV ends its lines so
            assert {c for c in written if c != "\n" and not c.isprintable()} == set(), call
            assert not [line for line in written.splitlines() if line.startswith(("State: done\ufffd", "Reference: f"))]
            told |= {call[0]} if "owned" in written else set()
    assert told > {"list", "show", "export", "find", "note", "mark", "close", "certified", "erase"}


def test_no_cell_is_a_formula_and_none_can_be_split_into_one(run_staff, stored, office):
    commands = [call for call in calls() if "--csv" in call or (call[0] == "export" and "--json" not in call)]
    for formula in FORMULAS:
        stored(formula)
        tables = {" ".join(call): run_staff(*call)[1] for call in commands}
        tables |= {path: office.get(path).text for path in EXPORTS}
        assert tables.keys() > {"export", "certified --csv", "/desk/plaques.csv", "/desk/certified.csv"}
        for name, text in tables.items():
            rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
            assert any(formula in cell for row in rows for cell in row), name
            assert not [cell for row in rows for cell in row if cell.startswith(BEGINS_A_FORMULA)], name
            quoted = io.StringIO()
            csv.writer(quoted, quoting=csv.QUOTE_ALL).writerows(rows)
            assert text.removeprefix("\ufeff") == quoted.getvalue(), name


def test_the_help_says_how_a_spreadsheet_keeps_what_looks_like_a_number_or_a_date(run_staff, post):
    post("plaque", {**PLAQUE, "state": "MA", "zip": "02134", "contact_title": "10-4"})
    _, out, _ = run_staff("export", "--form", "plaque")
    assert '"02134"' in out
    assert '"10-4"' in out
    _, told, _ = run_staff("export", "--help")
    assert "columns as text: opened directly, 02134 becomes 2134, and 10-4 a date" in " ".join(
        told.replace("│", " ").split()
    )


def test_json_for_programs_is_not_changed(run_staff, stored):
    first, *_ = stored(HOSTILE)
    assert json.loads(run_staff("show", first, "--json")[1])["answers"]["agency"] == HOSTILE
