"""The fuzz targets: each takes any bytes, and raises if a promise is broken. Each runs in its own process."""

import base64
import csv
import io
import logging
import re
import unicodedata
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from unittest.mock import patch

import feedback
import keys
import links
import rendering
from forms.catalog import FORMS
from forms.form import fingerprint, read_form, reference_for
from forms.spam import reasons_to_hold
from local.aws.ses_simulator import events_of
from mail import ses
from office import invitations
from overrides.hooks.checklist_files import Refused, introduction, parse
from safe_text import for_spreadsheet
from staff import export
from storage import bounces, outbox, submissions, subscribers
from storage.outbox import Owed
from storage.submissions import Submission
from tools.fuzz import SETTINGS, progress

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = datetime(2036, 1, 1, tzinfo=UTC)
SECRET = "x" * 32

logging.disable()
keys.signing = lambda _: SECRET  # there is no AWS here, not even a stand-in
keys.accepted = lambda _: [SECRET]
keys.identity = SECRET.encode
rendering.office = lambda: rendering.Office("", "", "", "", "", keeps_register=True)  # there is no built site either


def form(data: bytes) -> None:
    """Check that any body is refused as unreadable, or can be checked, drawn, and stored the same way again."""
    try:
        answers = read_form(data)
    except ValueError:
        return
    for form_class in FORMS.values():
        filled = form_class(answers)
        valid = filled.validate()
        assert "<script" not in filled.draw().lower()
        reasons_to_hold(filled.answers(), trapped=False)
        if not valid:
            assert all(texts and all(texts) for texts in filled.errors.values())
            continue
        stored = filled.answers()
        assert all(isinstance(answer, str) for answer in stored.values())
        assert reference_for(fingerprint(filled, NOW, SECRET.encode())) == reference_for(
            fingerprint(form_class(answers), NOW, SECRET.encode())
        )
        assert all(isinstance(words, str) for _, words in form_class.in_words(stored))
        form_class.promised(NOW, stored), form_class.remarks(NOW, stored), form_class.ends_on(stored)
        form_class.agency_key(stored), form_class.mailing_label(stored)


SIGNED = {
    purpose: links.sign(purpose, content, LATER)
    for purpose, content in {"mark": "K7M2P9QRTX", "receipt/plaque": ["K7M2P9QRTX", "x" * 40, {}]}.items()
}


def token(data: bytes) -> None:
    """Check that a token says nothing if it was not signed for this purpose, and otherwise what was signed."""
    text = data.decode("utf-8", "replace")
    for purpose, signed in SIGNED.items():
        if (content := links.read(purpose, text, NOW)) is not None:
            assert text.startswith(signed.rpartition(".")[0])
            assert content == links.read(purpose, signed, NOW)
        assert links.read(purpose, text, LATER.replace(year=2037)) is None


def checklist(data: bytes) -> None:
    """Check that a file in checklists/ is read, or refused by its name and line."""
    try:
        text = data.decode("utf-8")
        read = parse(text, "checklists/tried.md", {})
    except UnicodeDecodeError:
        return
    except Refused as refused:
        if not re.match(r"checklists/tried\.md:\d+: \S", str(refused)):
            raise
        return
    introduction(text)
    ids = [item.id for item in (*read.items, *read.removed)]
    assert ids
    assert len(ids) == len(set(ids))


def cells(data: bytes) -> None:
    """Check that no cell of the staff's CSV is a formula, and each is what was typed but for one `'`."""
    typed = (data.decode("utf-8", "ignore").replace("\r\n", "\n").split("\x00") + [""] * 3)[:3]
    answers = dict(zip(("name", "organization", "message"), typed, strict=True))
    submission = Submission("K7M2P9QRTX", "contact", NOW, NOW, answers, {})
    file = io.StringIO(newline="")
    assert export.write(iter([submission]), "contact", file) == 1
    _, row = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert not [cell for cell in row if is_formula(cell)]
    read = row[len(export.FIRST) :]
    columns = [name for name, _ in export.columns("contact")]
    for name, text in answers.items():
        cell = read[columns.index(name)]
        marked = cell.startswith("'") and for_spreadsheet(cell) != cell
        assert text == (cell[1:] if marked else cell)


def is_formula(cell: str) -> bool:
    """Return whether a spreadsheet may read a cell as a formula: by its first visible character, in any width."""
    seen = [c for c in cell if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf")]
    return bool(seen) and unicodedata.normalize("NFKC", seen[0])[:1] in tuple("=+-@|")


def report(data: bytes) -> None:
    """Check that a report of SES is recorded for the items of its tags, and ends e-mail only to its own addresses.

    The first lines are addresses (with commas), table, id, slot and subject; the rest is the text.
    """
    lines = data.decode("utf-8", "replace").split("\n", 5)
    to, table, id_, slot, subject, text = lines + [""] * (6 - len(lines))
    to = [address for address in to.split(",") if address]
    message = EmailMessage(policy=SMTP)
    message["To"] = "office@example.org"
    message["Subject"] = ses._header_text(subject)
    message.set_content(text, cte="quoted-printable")
    tags = {"table": table, "id": id_, "slot": slot}
    request = {
        "FromEmailAddress": SETTINGS["SENDER_ADDRESS"],
        "Destination": {"ToAddresses": to},
        "Content": {"Raw": {"Data": base64.b64encode(message.as_bytes())}},
        "ConfigurationSetName": SETTINGS["CONFIGURATION_SET"],
        "EmailTags": [{"Name": name, "Value": value} for name, value in tags.items()],
    }
    with (
        patch.object(outbox, "report", return_value=True) as noted,
        patch.object(feedback, "count"),
        patch.object(bounces, "is_known", return_value=False),
        patch.object(bounces, "is_sign_up", return_value=False),
        patch.object(bounces, "note"),
        patch.object(submissions, "get", return_value=None),
        patch.object(subscribers, "unsubscribe") as ended,
        patch.object(invitations, "are_elsewhere", return_value=False),
        patch.object(invitations, "stop") as stopped,
    ):
        for event in events_of(request, "message", NOW):
            feedback.note(event["detail"])
    together = [Owed(table, each, slot) for each in id_.split("_")]
    assert all(call.args[0] in together for call in noted.call_args_list)
    assert bool(noted.called) == (table in outbox.KEYS)
    if table == "SUBMISSIONS_TABLE":
        assert ended.call_count <= len(to) * 3
        assert not stopped.called


TARGETS = {
    "form": form,
    "token": token,
    "checklist": checklist,
    "progress": progress.text,
    "link": progress.link,
    "cells": cells,
    "report": report,
}
