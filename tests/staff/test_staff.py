"""The staff's command line: lists, details, CSV, marks, erasing; and as a command beside a local run."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import NoRegionError

import aws
import keys
import promises
from forms.form import TRAP
from local.aws.stand_in import create_table
from mail import digest
from staff import connection
from storage import certifications, dynamodb
from storage.outbox import Owed
from tests.support.inbox import link_in
from tests.support.samples import CONTACT, HOSTILE, PLAQUE, TODAY, new_address

STAFF = Path(sys.executable).with_name("staff")


def references(table):
    return {item["form"]: item["reference"] for item in table.items()}


def test_list_shows_what_is_open_by_due_date_and_what_is_held(run_staff, post, clock, table):
    post("plaque", PLAQUE)
    post("contact", CONTACT)
    post("contact", {**CONTACT, "message": "Held", TRAP: "x"})
    code, out, _ = run_staff("list", "--json")
    found = json.loads(out)
    assert code == 0
    assert [(each["form"], each["state"]) for each in found] == [
        ("contact", "open"),
        ("plaque", "open"),
        ("contact", "held"),
    ]
    assert found[0]["answers"]["message"] == CONTACT["message"]
    clock.forward(hours=21)
    assert [each["state"] for each in json.loads(run_staff("list", "--json")[1])] == ["due soon", "open", "held"]
    clock.forward(hours=4)
    _, out, _ = run_staff("list")
    assert [line.split()[1] for line in out.splitlines()[1:]] == ["late", "open", "held"]
    assert [each["form"] for each in json.loads(run_staff("list", "--form", "plaque", "--json")[1])] == ["plaque"]
    assert run_staff("list", "--done")[1] == "Nothing to list.\n"


def test_show_says_why_an_e_mail_did_not_arrive(run_staff, submitted, report):
    reference = submitted("contact")
    report("Bounce", Owed("SUBMISSIONS_TABLE", reference, "receipt"), bounceType="Permanent")
    _, out, _ = run_staff("show", reference)
    [line] = [line for line in out.splitlines() if line.startswith("E-mail, Receipt: bounced")]
    assert "(Permanent, General). Its address does not exist" in line


def test_show_says_why_one_was_closed_and_how_a_plaque_travels(run_staff, submitted):
    message, request = submitted("contact"), submitted("plaque")
    run_staff("close", message, "spam")
    run_staff("mark", request, "--tracking", "1Z999")
    assert ": closed: Spam by " in run_staff("show", message)[1]
    code, _, told = run_staff("close", request, "duplicate")
    assert (code, told.strip()) == (1, "Enter the reference of the one you keep.")
    assert ": mailed, tracking number 1Z999 by " in run_staff("show", request)[1]


def test_show_has_every_answer_and_what_became_of_the_e_mails(run_staff, post, inbox, table):
    post("plaque", PLAQUE)
    inbox.deliver()
    code, out, _ = run_staff("show", references(table)["plaque"].lower())
    assert code == 0
    for words in (PLAQUE["agency"], PLAQUE["contact_name"], "Hawaii", "E-mail, Receipt: sent", "State: open"):
        assert words in out


def test_show_names_every_e_mail_in_the_order_of_time(run_staff, submitted, clock):
    reference = submitted("plaque")
    for days in (12, 3):
        clock.forward(days=days)
    run_staff("mark", reference)
    names = re.findall("^E-mail, (.*?): ", run_staff("show", reference)[1], re.MULTILINE)
    assert {*names[:2]} == {"To the office", "Receipt"}
    assert names[2:] == ["Reminder to the office", "Late notice", "Plaque on its way"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_a_visitor_typed_steers_no_terminal(text, run_staff, post, table):
    post("contact", {**CONTACT, "organization": text, "message": f"[bold]{text}\t[/bold]"})
    for out in (run_staff("list")[1], run_staff("show", references(table)["contact"])[1]):
        assert "\x1b" not in out
    assert "[bold]" in run_staff("show", references(table)["contact"])[1]


def test_mark_and_take_back(run_staff, post, table):
    post("plaque", PLAQUE)
    reference = references(table)["plaque"]
    assert run_staff("mark", reference, "mailed", "--by", "Sam")[1] == f"{reference} is marked mailed.\n"
    assert run_staff("mark", reference, "mailed")[1] == f"{reference} was already marked mailed; nothing changed.\n"
    assert table.items()[0]["done"]["by"] == "Sam"
    assert run_staff("mark", reference, "mailed", "--undo")[1] == f"{reference} is not marked mailed any more.\n"
    assert "done" not in table.items()[0]


def test_release(run_staff, post, table):
    post("contact", {**CONTACT, TRAP: "x"})
    reference = references(table)["contact"]
    code, _, said = run_staff("mark", reference, "answered")
    assert (code, said) == (1, f"{reference} is held as possible spam. Release it first.\n")
    assert run_staff("release", reference)[1] == f"{reference} is released.\n"
    assert run_staff("release", reference)[1] == f"{reference} was not held; nothing changed.\n"


@pytest.mark.parametrize("held", [True, False])
def test_what_is_closed_is_reopened_before_it_is_marked_or_released(held, run_staff, post, table):
    post("contact", {**CONTACT, TRAP: "x"} if held else CONTACT)
    reference = references(table)["contact"]
    run_staff("close", reference, "spam")
    said = f"{reference} is closed. Reopen it first: staff close {reference} --undo\n"
    for verb in ("mark", "release"):
        assert run_staff(verb, reference) == (1, "", said)
    assert run_staff("close", reference, "--undo")[1] == f"{reference} is open again.\n"
    assert run_staff("release" if held else "mark", reference)[0] == 0


WRONG = {
    "an unknown reference": (["show", "NOTTHERE"], "Nothing has the reference NOTTHERE.\n"),
    "an unknown form": (["list", "--form", "x"], "There is no form x here; there are contact, plaque.\n"),
    "a day that is none": (["export", "--since", "yesterday"], "yesterday is not a date. Write it like 2026-11-23.\n"),
    "a page that is none": (["announce", "nowhere.md"], "nowhere.md is not an announcement"),
}


@pytest.mark.parametrize(("arguments", "words"), WRONG.values(), ids=WRONG)
def test_an_error_is_one_line_and_exit_code_1(arguments, words, run_staff):
    code, out, said = run_staff(*arguments)
    assert (code, out) == (1, "")
    assert said.startswith(words)
    assert said.count("\n") == 1


def test_same_joins_a_request_to_a_certified_agency_by_a_name_and_back(run_staff, post, table, office):
    post("plaque", PLAQUE)
    first = references(table)["plaque"]
    office.do(first, "mark")
    post("plaque", PLAQUE | {"agency": "Public Safety Bureau", "zip": "96701", "email": "new@other.example.gov"})
    [reference] = {item["reference"] for item in table.items()} - {first}
    assert run_staff("same", reference, "riverside")[::2] == (1, "No certified agency of HI is called riverside.\n")
    code, out, _ = run_staff("same", reference, *PLAQUE["agency"].split())
    assert (code, out) == (0, f"{reference} renews {PLAQUE['agency']}.\n")
    [known] = certifications.everybody()
    assert table.item(reference)["certification"] == known.id
    assert run_staff("same", reference, "--undo")[1] == f"{reference} is of an agency of its own.\n"
    assert "certification" not in table.item(reference)
    run_staff("mark", reference)
    code, out, _ = run_staff("same", reference, PLAQUE["agency"])
    assert (code, "nothing changed" in out) == (0, True)
    post("plaque", PLAQUE | {"agency": "Safety Bureau", "zip": "96701", "email": "third@other.example.gov"})
    [third] = {item["reference"] for item in table.items()} - {first, reference}
    assert run_staff("same", third)[2] == "No certified agency of HI is called so; write its name.\n"
    assert run_staff("same", third, "p")[2].startswith("More than one is called so: ")
    post("contact", CONTACT)
    assert run_staff("same", references(table)["contact"], "x")[::2] == (1, "Only a plaque request is of an agency.\n")


def test_find_finds_certified_agencies_as_the_desk_does(run_staff, submitted, office, table):
    office.do(reference := submitted("plaque"), "mark")
    boto3.client("dynamodb").delete_item(TableName=table.name, Key={"reference": {"S": reference}})
    [known] = certifications.everybody()
    for words in ("kapaa", PLAQUE["email"].upper(), reference.lower()):
        code, out, told = run_staff("find", words)
        assert (code, told) == (0, "")
        assert out == f"HI  {known.valid_until}  certified  {known.name}\n"
        found = json.loads(run_staff("find", words, "--json")[1])
        assert [found["submissions"], [each["reference"] for each in found["certifications"]]] == [[], [reference]]
    assert run_staff("find", "riverside")[1] == "Nothing to list.\n"
    assert json.loads(run_staff("find", "riverside", "--json")[1]) == {"submissions": [], "certifications": []}


def test_what_is_typed_into_a_command_is_cleaned_as_at_the_desk(run_staff, post, table):
    post("plaque", PLAQUE)
    [reference] = references(table).values()
    run_staff("note", reference, " Called.\x1b[31m\x07\r\nLeft \u200bvoicemail ")
    run_staff("mark", reference, "--tracking", "9400\u00a0 1000\n")
    item = table.item(reference)
    assert item["history"][0]["text"] == "Called.[31m\nLeft voicemail"
    assert item["done"]["tracking"] == "9400 1000"


def test_a_tracking_number_that_is_too_long_marks_nothing(run_staff, post, table):
    post("plaque", PLAQUE)
    reference = references(table)["plaque"]
    assert run_staff("mark", reference, "--tracking", "9" * 61)[::2] == (
        1,
        "A tracking number has at most 60 characters.\n",
    )
    assert "done" not in table.item(reference)


def test_the_wrong_word_for_a_mark_is_refused(run_staff, post, table):
    post("contact", CONTACT)
    reference = references(table)["contact"]
    assert run_staff("mark", reference, "mailed")[2] == f"{reference} can be marked answered, not mailed.\n"


def test_an_error_of_aws_is_one_line(run_staff, set_variable):
    set_variable("SUBMISSIONS_TABLE", "Gone")
    code, _, said = run_staff("list")
    assert code == 1
    assert said.startswith("AWS: ")
    assert said.count("\n") == 1


# CSV


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_export_has_every_answer_under_its_label(run_staff, post, table):
    post("contact", CONTACT)
    post("plaque", PLAQUE)
    code, out, said = run_staff("export", "--form", "contact")
    assert code == 0
    [row] = rows(out)
    assert row["Message"] == CONTACT["message"]
    assert row["Topic"] == "Working through the checklists"
    assert row["Telephone"] == CONTACT["telephone"]
    assert "1 submissions" in said
    both = rows(run_staff("export")[1])
    assert {row["form"] for row in both} == {"contact", "plaque"}
    assert {row["Agency name"] for row in both} == {"", PLAQUE["agency"]}


def test_a_restored_table_is_counted_as_the_table_is(run_staff, post, table, template, clock):
    post("contact", CONTACT)
    post("contact", {**CONTACT, "message": "Another"})
    create_table("Restored", template.resources("AWS::DynamoDB::Table")["Submissions"])
    for item in boto3.client("dynamodb").scan(TableName=table.name)["Items"]:
        boto3.client("dynamodb").put_item(TableName="Restored", Item=item)
    clock.forward(hours=1)
    post("plaque", PLAQUE)
    now, then = (
        json.loads(run_staff("count", "--json")[1]),
        json.loads(run_staff("count", "--table", "Restored", "--json")[1]),
    )
    boto3.client("dynamodb").delete_table(TableName="Restored")
    assert (now["contact"]["number"], now["plaque"]["number"], now["announcements"]["number"]) == (2, 1, 0)
    assert now["contact"] == then["contact"]
    assert then["plaque"] == {"number": 0, "latest": ""}
    assert now["plaque"]["latest"] > now["contact"]["latest"]
    assert run_staff("count")[1].splitlines()[0].split()[:2] == ["contact", "2"]


def test_export_is_in_order_in_the_office_s_time_and_can_leave_out_what_is_done(run_staff, post, clock, table, office):
    noon = promises.now()
    for number in range(3):
        post("contact", {**CONTACT, "message": f"Number {number}"})
        clock.forward(minutes=1)
    post("contact", {**CONTACT, "message": "Held", TRAP: "x"})
    post("announcements", {"email": "reader@example.gov"})
    [second] = [each["reference"] for each in table.items() if each["answers"].get("message") == "Number 1"]
    office.do(second, "mark")
    found = rows(run_staff("export", "--form", "contact")[1])
    assert [each["Message"] for each in found] == ["Number 0", "Number 1", "Number 2", "Held"]
    assert [each["received_at"][-5:] for each in found] == ["12:00", "12:01", "12:02", "12:03"]
    # In 24 hours, which end at another hour where the clocks change meanwhile.
    due = [promises.at_office(noon + timedelta(days=1, minutes=number)) for number in range(4)]
    assert [each["due_at"][-5:] for each in found] == [f"{each:%H:%M}" for each in due]
    still_open = rows(run_staff("export", "--open")[1])
    assert [(each["Message"], each["status"]) for each in still_open] == [
        ("Number 0", "open"),
        ("Number 2", "open"),
        ("Held", "held"),
    ]


def test_what_aws_leaves_out_of_a_batch_is_read_again(run_staff, post, monkeypatch):
    from storage import dynamodb

    for number in range(4):
        post("contact", {**CONTACT, "message": f"Number {number}"})
    client = dynamodb.client()
    read = client.batch_get_item

    def one_at_a_time(RequestItems):  # noqa: N803  # as AWS calls it
        [(table, wanted)] = RequestItems.items()
        first, *left = wanted["Keys"]
        answer = read(RequestItems={table: {"Keys": [first]}})
        return answer | {"UnprocessedKeys": {table: {"Keys": left}} if left else {}}

    monkeypatch.setattr(client, "batch_get_item", one_at_a_time)
    assert sorted(each["Message"] for each in rows(run_staff("export")[1])) == [f"Number {each}" for each in range(4)]


@pytest.mark.parametrize("agency", ["W" * 120, "警察" * 60, "👮🏽‍♀️" * 20, "ش" * 120])
def test_a_line_of_a_list_fits_into_80_columns(agency, run_staff, post, office, table, monkeypatch):
    from rich.cells import cell_len

    post("plaque", {**PLAQUE, "agency": agency})
    post("contact", {**CONTACT, "organization": agency})
    post("contact", {**CONTACT, "message": "Held", TRAP: "x"})
    office.do(references(table)["plaque"], "mark")
    for command in (("list",), ("list", "--done"), ("find", "sample")):
        for line in run_staff(*command)[1].splitlines():
            assert cell_len(line) <= 80, line


def test_the_version_is_the_project_s(run_staff):
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    assert run_staff("--version")[:2] == (0, f"{project['version']}\n")


def test_export_since_a_day(run_staff, post, clock):
    import promises

    post("contact", CONTACT)
    today = promises.now().date().isoformat()
    clock.forward(days=2)
    post("contact", CONTACT)
    assert len(rows(run_staff("export", "--since", today)[1])) == 2
    assert len(rows(run_staff("export", "--since", promises.now().date().isoformat())[1])) == 1


def test_export_since_a_day_begins_when_that_day_begins_at_the_office(run_staff, post, clock):
    import promises

    clock.forward(hours=11, minutes=59)  # a minute to midnight, and the next day in UTC
    post("contact", CONTACT)
    clock.forward(minutes=1)
    post("contact", CONTACT | {"message": "Just after midnight"})
    [row] = rows(run_staff("export", "--since", promises.day_at_office(promises.now()).isoformat())[1])
    assert row["Message"] == "Just after midnight"


@pytest.mark.parametrize(
    "start",
    [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "|x",
        "\tx",
        " =1",
        "＝1",
        "＋1",
        "＠x",
        "\u00a0=1",
        "\u3000=1",
        "﹢1",
        "⁺1",
        "'=1",
    ],
)
def test_no_cell_is_a_formula(start, run_staff, post):
    post("contact", {**CONTACT, "message": start})
    [row] = rows(run_staff("export", "--form", "contact")[1])
    assert row["Message"] == f"'{start}"


def test_export_to_a_file_for_old_spreadsheets(run_staff, post, tmp_path):
    post("contact", {**CONTACT, "name": 'Zoë, "the" 👮'})
    file = tmp_path / "out.csv"
    run_staff("export", "--bom", "-o", str(file))
    assert file.read_bytes().startswith(b'\xef\xbb\xbf"reference",')
    assert rows(file.read_text("utf-8-sig"))[0]["Name"] == 'Zoë, "the" 👮'


def test_a_file_that_cannot_be_written_is_one_line(run_staff, post, tmp_path):
    code, _, said = run_staff("export", "-o", str(tmp_path / "no" / "out.csv"))
    assert code == 1
    assert said.splitlines()[-1] == f"{tmp_path / 'no' / 'out.csv'}: No such file or directory"


def test_export_as_json_is_one_submission_a_line(run_staff, post):
    post("contact", {**CONTACT, "message": "One\ntwo"})
    post("plaque", PLAQUE)
    found = [json.loads(line) for line in run_staff("export", "--json")[1].splitlines()]
    assert {each["form"] for each in found} == {"contact", "plaque"}
    assert "One\ntwo" in [each["answers"].get("message") for each in found]


def test_mark_and_release_say_as_json_what_they_changed(run_staff, post, table):
    post("contact", {**CONTACT, TRAP: "x"})
    reference = references(table)["contact"]
    released = [json.loads(run_staff("release", reference, "--json")[1]) for _ in range(2)]
    assert [(each["state"], each["changed"]) for each in released] == [("open", True), ("open", False)]
    marked = [json.loads(run_staff("mark", reference, "answered", "--json")[1]) for _ in range(2)]
    assert [(each["state"], each["changed"]) for each in marked] == [("done", True), ("done", False)]


# Erasing


def test_erase_leaves_nothing_of_a_person_and_keeps_count_and_certification(
    run_staff, post, table, inbox, clock, press, office
):
    from tests.support.inbox import invitations

    post("contact", {**CONTACT, "email": PLAQUE["email"].upper()})
    post("plaque", {**PLAQUE, "announcements": "yes"})
    post("contact", {**CONTACT, "email": "another@example.gov"})
    inbox.deliver()
    press(link_in(inbox.titled("We have your")[0], "confirm"))
    reference = references(table)["plaque"]
    office.do(reference, "note", text=f"Called {PLAQUE['telephone']}")
    office.do(reference, "mark")
    clock.forward(minutes=11)
    code, out, _ = run_staff("erase", PLAQUE["email"], "--yes", "--json")
    said = json.loads(out)
    assert (code, len(said["submissions"]), len(said["certifications"]), said["subscriber"]) == (0, 2, 1, True)
    everything = json.dumps([item["answers"] for item in table.items() if item["reference"] in said["submissions"]])
    for name in ("addressee", "street1", "contact_name", "email", "telephone", "zip"):
        assert PLAQUE[name] not in everything
    for name in ("name", "message", "telephone"):
        assert CONTACT[name] not in everything
    assert (
        PLAQUE["agency"] in json.loads(everything)[0].values() or PLAQUE["agency"] in json.loads(everything)[1].values()
    )
    erased = [item for item in table.items() if item["reference"] in said["submissions"]]
    assert not [item for item in erased if PLAQUE["telephone"] in json.dumps(item, default=str)]
    found = office.press(office.get(), "/desk/find", q=PLAQUE["contact_name"]).text
    assert not any(item["reference"] in found for item in erased)
    assert len(table.items()) == 3
    again = json.loads(run_staff("erase", PLAQUE["email"], "--yes", "--json")[1])
    assert again == {"submissions": [], "certifications": [], "subscriber": False}
    for _ in range(40):
        clock.forward(days=20)
    assert invitations(inbox) == []


def test_what_is_erased_is_no_task_any_more(run_staff, post, table, inbox, clock, office):
    post("plaque", PLAQUE)
    inbox.deliver()
    reference = references(table)["plaque"]
    run_staff("erase", PLAQUE["email"], "--yes")
    assert (run_staff("list")[1], run_staff("list", "--held")[1]) == ("Nothing to list.\n", "Nothing to list.\n")
    out = run_staff("show", reference)[1]
    assert "State: erased" in out
    assert "What is left names no one." in out
    assert PLAQUE["agency"] in out
    assert "Telephone" not in out
    assert run_staff("mark", reference, "mailed")[2] == f"{reference} was erased: there is nothing left to do.\n"
    assert not office.get(f"/desk/{reference}").offers("mark")
    before = len(inbox.messages())
    for _ in range(3):
        clock.forward(days=7)
    subjects = [message["subject"] for message in inbox.messages()[before:]]
    assert subjects
    assert all("Agency certification" in subject or "digest" in subject.lower() for subject in subjects), subjects


def test_erase_wants_an_address_and_says_when_there_was_nothing(run_staff, table):
    assert run_staff("erase", "nobody", "--yes")[::2] == (1, "nobody is not an e-mail address.\n")
    out = run_staff("erase", "nobody@example.gov", "--yes")[1]
    assert "Submissions: none.\nCertifications: none.\n" in out


def test_erase_asks_first(run_staff, post, table, monkeypatch):
    post("contact", CONTACT)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    code, _, said = run_staff("erase", CONTACT["email"])
    assert code == 1
    assert "cannot undo this" in said
    assert table.items()[0]["answers"]["name"] == CONTACT["name"]


def test_erase_tells_an_address_of_an_undone_mark_from_one_that_is_invited(run_staff, post, table, office, monkeypatch):
    post("plaque", PLAQUE)
    reference = references(table)["plaque"]
    for verb, words in (("mark", "Invitations to renew"), ("undo", f"of request {reference}, whose mark was undone")):
        office.do(reference, verb)
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        said = run_staff("erase", PLAQUE["email"])[2]
        assert (words in said, "Invitations to renew" in said) == (True, verb == "mark")


@pytest.mark.parametrize(("typed", "asked", "erased"), [("n\n", 1, False), ("y\nn\n", 2, False), ("y\ny\n", 2, True)])
def test_erase_says_what_it_would_take_and_asks_again_where_work_is_open(
    typed, asked, erased, run_staff, post, table, office, monkeypatch
):
    import promises
    from storage import subscribers

    post("plaque", PLAQUE)
    post("contact", {**CONTACT, "email": PLAQUE["email"]})
    subscribers.subscribe(PLAQUE["email"], promises.now())
    found = references(table)
    office.do(found["contact"], "mark")
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    code, _, said = run_staff("erase", PLAQUE["email"].upper())
    assert code == (0 if erased else 1)
    assert f"{found['plaque']}  open" in said
    assert f"{found['contact']}  done" in said
    assert "Signed up for announcements." in said
    assert said.count("[y/N]") == asked
    assert ("1 not finished" in said) == (asked == 2)
    assert {"erased_at" in item for item in table.items()} == {erased}


def test_erase_says_whether_invitations_go_to_an_address_or_went_there_before_a_renewal(
    run_staff, post, table, office, monkeypatch
):
    for address, days in (("old@example.gov", 40), ("new@example.gov", 1)):
        known = {item["reference"] for item in table.items()}
        completed = (TODAY - timedelta(days=days)).isoformat()
        post("plaque", {**PLAQUE, "completed": completed, "email": address})
        [reference] = {item["reference"] for item in table.items()} - known
        office.do(reference, "mark")
    for address, words in (("old@example.gov", "before a renewal went to"), ("new@example.gov", "go to")):
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        said = run_staff("erase", address)[2]
        assert f"Invitations to renew the certification of request {reference} {words} this address." in said


# As a command


def test_the_command_works_beside_a_local_run(local_run, local_data, browser):
    from urllib.parse import urlencode
    from urllib.request import Request, urlopen

    answers = urlencode({**CONTACT, "email": new_address()}).encode()
    request = Request(f"{local_run.url}/forms/contact", answers, {"Accept": "application/json"})
    with urlopen(request) as answer:
        reference = json.load(answer)["reference"]

    def call(*arguments):
        command = [STAFF, "--data", local_data, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert reference in [each["reference"] for each in json.loads(call("list", "--json").stdout)]
    marked = call("mark", reference, "answered")
    assert (marked.returncode, marked.stderr) == (0, "")
    assert reference not in call("list").stdout
    assert json.loads(call("show", reference, "--json").stdout)["state"] == "done"


def test_the_command_says_where_nothing_runs(tmp_path):
    done = subprocess.run([STAFF, "--data", tmp_path, "list"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"No local run is going in {tmp_path}, and no stack is named")
    assert done.stderr.count("\n") == 1
    assert "list" in subprocess.run([STAFF, "list", "--help"], capture_output=True, text=True, check=True).stdout


def test_a_stack_is_looked_for_in_the_region_that_it_was_deployed_to(monkeypatch):
    asked = []

    def ask(_):
        asked.append(os.environ["AWS_DEFAULT_REGION"])
        raise NoRegionError

    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "elsewhere")  # so that it is put back
        monkeypatch.delenv(name)
    monkeypatch.setattr(boto3, "client", ask)
    with pytest.raises(connection.Refused, match="certification cannot be read"):
        connection._of_stack("certification")
    assert asked == ["us-east-1"]


@pytest.mark.parametrize("client", [keys._client, dynamodb.client, digest._queues], ids=["secrets", "tables", "queues"])
def test_the_command_waits_longer_than_a_visitor_for_every_service(client, stand_in, tmp_path, monkeypatch):
    monkeypatch.setattr(aws, "CLIENT_TIMEOUTS", aws.CLIENT_TIMEOUTS)  # so that it is put back
    (tmp_path / "run.json").write_text("{}", "utf-8")
    connection.connect("", tmp_path)
    config = client.__wrapped__().meta.config
    assert (config.connect_timeout, config.read_timeout) == (5, 60)
