"""Attacks of a sender on the office's mail, terminal and spreadsheet, and traces of an erased person."""

import csv
import hashlib
import io
import json
import tempfile
from datetime import date, timedelta
from pathlib import Path

from itsdangerous import URLSafeSerializer

from forms.contact import ContactForm
from forms.form import FormData, reference_for
from local.template import Template
from tests.support.announcements import announcements_of
from tests.support.inbox import TOKEN
from tests.support.office import OFFICE
from tests.support.samples import ONE_CLICK
from tools.attack.target import CONTACT, PLAQUE, ROOT, Target

ANNOUNCEMENT = "---\ntitle: News\ndate: 2027-03-01\ndescription: Now.\n---\n# News\n\nNow.\n"


def staff_mail(target: Target) -> None:
    """Take power over a submission out of an e-mail to staff."""
    settings = Template(ROOT / "template.yaml").parameters
    staff = {each for name in ("StaffAddresses", "EscalationAddresses") for each in settings[name].split(",")}
    told = [each for each in target.mail() if staff & {*each["to"]}]
    assert len(told) > 20, f"only {len(told)} e-mails to staff"
    powerful = [each for each in told if TOKEN.search(each["text"] + each["html"])]
    assert not powerful, f"{len(powerful)} e-mails to staff with a token"


def links_to_the_desk(target: Target) -> None:
    """Have a plaque marked by a link that somebody of the office opens."""
    asked = {
        "agency": "Other Police Department",
        "email": "n@x.example.com",
        "completed": (date.today() - timedelta(days=2)).isoformat(),
    }
    target.post("plaque", PLAQUE | asked, "127.0.1.17")
    reference = target.reference("n@x.example.com")
    office = target.office()
    assert f"mark.{reference}" in office.get("/desk/plaques").text
    for address in ("plaques", reference, f"{reference}/correct"):
        page = office.get(f"/desk/{address}?mark.{reference}=yes&tracking=forged&reason=spam&new-receipt=yes")
        assert "forged" not in page.text
        assert all(f"mark.{reference}" not in form.fields for form in page.forms), "checked by a link"


def forged_lines(target: Target) -> None:
    """Forge lines that read as ours in a message, and put a link where a name is asked."""
    forged = "Hello.\n\nAt the desk: https://evil.example/desk/\nOpen it at the desk:\nhttps://evil.example/"
    named = {"message": forged, "organization": "bit.ly/x", "email": "forger@x.example.com"}
    target.post("contact", CONTACT | named, "127.0.1.12")
    [told] = [each["text"] for each in target.mail_to(OFFICE) if "forger@x.example.com" in each["reply_to"]]
    lines = [line for line in told.splitlines() if "evil.example" in line]
    assert lines, "the message is not there"
    assert all(line.startswith("> ") for line in lines), "lines of a message look like ours"
    target.post("contact", CONTACT | named | {"message": "See https://evil.example/"}, "127.0.1.12")
    assert "possible spam" in target.mail_to(OFFICE)[-1]["text"], "a link as a name is no sign of spam"


def printed(target: Target) -> None:
    """Move a cursor in staff's terminal, or put a formula into their spreadsheet."""
    for number, text in enumerate(("=1+2", "Hello;=1+2", "+1", "\uff1d1+2", "x\t=1", "@x", "\x9b31m\u202eA")):
        answers = {"name": text, "message": f"{text} {number}", "organization": text}
        target.post("contact", CONTACT | answers | {"email": f"formula{number}@x.example.com"}, f"127.0.4.{number + 1}")
    written = target.staff("export")
    cells = [cell for row in csv.reader(io.StringIO(written)) for cell in row]
    assert any("=1+2" in cell for cell in cells), "nothing was exported"
    formulas = [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\uff1d"))]
    assert not formulas, f"{len(formulas)} cells are formulas"
    shown = target.staff("list") + target.staff("find", "Hello")
    assert all(c == "\n" or c.isprintable() for c in written.replace("\r\n", "\n").replace("\t", "") + shown)


def references(target: Target) -> None:
    """Compute a reference from guessed answers; learn of somebody's sign-up by a second one."""
    asked = CONTACT | {"email": "guessed@x.example.com", "telephone": ""}
    headers = {"Accept": "application/json"}
    reference = json.loads(target.post("contact", asked, "127.0.1.13", **headers).text)["reference"]
    form = ContactForm(FormData({name: [value] for name, value in asked.items()}))
    for day in (date.today(), None):
        content = json.dumps(["contact", day and day.isoformat(), form.answers()], sort_keys=True)
        assert reference != reference_for(hashlib.sha256(content.encode()).hexdigest()), "the hash has no key"
    told = []
    for sender in ("127.0.1.13", "127.0.1.14"):
        answer = target.post("announcements", {"email": "guessed@x.example.com"}, sender)
        told.append(URLSafeSerializer("").loads_unsafe(answer.location.partition("receipt=")[2])[1][0][1])
        target.forward(hours=0.5)
    assert told[0] != told[1], "the time of somebody's sign-up is told to the next"


def used_links(target: Target) -> None:
    """Subscribe an address again, after it unsubscribed, by the link that confirmed it."""
    target.post("announcements", {"email": "subscriber@x.example.com"}, "127.0.1.15")
    confirm = target.link("subscriber@x.example.com", "confirm")
    with tempfile.TemporaryDirectory() as folder:
        page = announcements_of(Path(folder)) / "2027-03-news.md"
        page.write_text(ANNOUNCEMENT, "utf-8")
        target.ask("POST", confirm)
        target.staff("announce", str(page), "--to", "subscriber@x.example.com")
        target.ask("POST", target.link("subscriber@x.example.com", "unsubscribe"), ONE_CLICK)
        before = len(target.mail_to("subscriber@x.example.com"))
        target.ask("POST", confirm)
        target.staff("announce", str(page), "--yes")
        assert len(target.mail_to("subscriber@x.example.com")) == before, "subscribed again"


def erased(target: Target) -> None:
    """Read what was erased."""
    who = {"email": "erased@x.example.com", "name": "Zora Erased", "organization": "Zora's"}
    target.post("contact", CONTACT | who, "127.0.1.16")
    target.post("plaque", PLAQUE | {"contact_name": "Zora Erased", "email": "erased@x.example.com"}, "127.0.1.16")
    target.mail()
    assert "Zora" in target.staff("export")
    target.staff("erase", "erased@x.example.com", "--yes")
    left = target.staff("export") + target.staff("export", "--json") + target.staff("find", "Zora")
    assert "Zora" not in left, "a name is left"
    assert "erased@x" not in left, "an address is left"
    runbook = Path("handbook/runbook.md").read_text("utf-8")
    assert "delete-suppressed-destination" in runbook, "nobody is told of SES's own list"
    assert "up to 14 days" in Path("docs/privacy.md").read_text("utf-8"), "nobody is told of reports that wait"
