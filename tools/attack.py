"""`make attack`: does what an attacker with one laptop would do, to the local run and to the built package.

One line for each attack; exit code 1 if one of them succeeds. handbook/security.md says who attacks what, and why.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).parents[1]
BUILT = ROOT / ".build" / "functions"
FORM = "application/x-www-form-urlencoded"
SECONDS = 2.0
"""A request that costs more than this on a laptop would keep a function of 512 MB busy until its timeout."""
RECEIPTS_AN_HOUR = 20
"""More e-mail than this, caused from one network in an hour, would put the sender's good name at risk."""

CONTACT = {
    "name": "Jordan Sample",
    "email": "jordan.sample@example.gov",
    "organization": "Sample County Sheriff's Office",
    "topic": "other",
    "message": "How do we begin?",
}
PLAQUE = {
    "agency": "Realtown Police Department",
    "name_confirmed": "yes",
    "agency_state": "OH",
    "addressee": "Chief of Police",
    "street1": "1 Main Street",
    "city": "Realtown",
    "state": "OH",
    "zip": "45401",
    "contact_name": "Jordan Sample",
    "contact_title": "Chief",
    "email": "chief@realtown.example.gov",
    "telephone": "(555) 555-0123",
}


class Answer(NamedTuple):
    """A response, and the seconds it took."""

    status: int
    text: str
    seconds: float


class Target:
    """The local run at an address."""

    def __init__(self, url: str, data: Path) -> None:
        self.url, self.data = url, data

    def ask(
        self,
        method: str,
        path: str,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
        sender: str = "127.0.0.1",
    ) -> Answer:
        """Send one request from an address of 127.0.0.0/8, which is the network that is limited."""
        place = urlsplit(self.url)
        connection = HTTPConnection(str(place.hostname), place.port, timeout=60, source_address=(sender, 0))
        began = time.monotonic()
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        finally:
            connection.close()
        return Answer(response.status, text, time.monotonic() - began)

    def post(self, form: str, answers: Mapping[str, str], sender: str = "127.0.0.1", **headers: str) -> Answer:
        """Send a form."""
        named = {"Content-Type": FORM} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", f"/forms/{form}", urlencode(answers), named, sender)

    def mail_to(self, address: str) -> list[dict[str, Any]]:
        """Return what was mailed to an address, once the streams have come to rest."""
        self.ask("POST", "/_clock/advance?hours=0.2", "")
        sent = json.loads(self.ask("GET", "/_mail/messages.json").text)
        return [each for each in sent if address in each["to"]]


def hidden_box(target: Target) -> None:
    """A1: 3 KB in the hidden box keep a function busy until its timeout."""
    for filled_in in ("@." * 1600 + " x", "@" * 1600 + "." * 1600 + " x", "1 " * 30_000 + "x"):
        answer = target.post("contact", CONTACT | {"reply_code": filled_in, "message": filled_in[:3]}, "127.0.1.1")
        assert answer.seconds < SECONDS, f"{answer.seconds:.1f} s"


def long_texts(target: Target) -> None:
    """A6, A23: a long text in any box costs seconds."""
    for name in PLAQUE | {"completed": "", "summary": "", "street2": ""}:
        for text in ("a" + "\u0315\u0316" * 5000 + "@b.gov", "<a " * 5000, "@." * 9000, " " * 30000):
            answer = target.post("plaque", PLAQUE | {name: text}, "127.0.1.2")
            assert answer.seconds < SECONDS, f"{name}: {answer.seconds:.1f} s"


def other_websites(target: Target) -> None:
    """A7: a page of another site sends forms by its visitors' browsers."""
    for number in range(70):
        answer = target.post("contact", CONTACT | {"message": str(number)}, "127.0.1.3", Origin="https://evil.example")
        assert answer.status not in (201, 303), "taken"
    assert target.post("contact", CONTACT | {"message": "true"}, "127.0.1.3").status == 303, "the visitor is shut out"


def nonsense(target: Target) -> None:
    """A19: refused forms are never counted."""
    answers = {target.post("contact", {}, "127.0.1.4").status for _ in range(650)}
    assert 429 in answers, "650 refused forms from one network, none limited"


def stand_in(target: Target) -> None:
    """A9: a web page reads or empties the stand-in for AWS."""
    cloud = Target(json.loads((target.data / "run.json").read_text("utf-8"))["AWS_ENDPOINT_URL"], target.data)
    for headers in ({}, {"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        for method, path in (("GET", "/moto-api/data.json"), ("POST", "/moto-api/reset"), ("POST", "/")):
            assert cloud.ask(method, path, "", headers).status == 403, f"{method} {path}"


def rebinding(target: Target) -> None:
    """A20: a name that leads to this machine reads the mailbox; an address writes into the terminal."""
    assert target.ask("GET", "/_mail/messages.json", None, {"Host": "evil.example"}).status == 421
    target.ask("GET", "/forms/%1b%5d0;owned%07%0aforged")


def private_files(target: Target) -> None:
    """A9: others on this machine read what was sent."""
    readable = [file.name for file in target.data.iterdir() if file.stat().st_mode & 0o077]
    assert not readable, ", ".join(readable)


def invitations(target: Target) -> None:
    """A2: requests in the names of many agencies fill one stranger's inbox."""
    two_years_ago = time.strftime("%Y-%m-%d", time.localtime(time.time() - 729 * 86400))
    for number in range(12):
        claim = {"agency": f"Nowhere {number} Police Department", "email": "victim@victim.example.com"}
        target.post("plaque", PLAQUE | claim | {"completed": two_years_ago}, f"127.0.2.{number + 1}")
    target.ask("POST", "/_clock/advance?hours=60", "")
    told = [each for each in target.mail_to("victim@victim.example.com") if "end" in each["subject"].lower()]
    assert not told, f"{len(told)} invitations"


def receipts(target: Target) -> None:
    """A4: one network has e-mail sent to any number of addresses."""
    for number in range(60):
        target.post("contact", CONTACT | {"email": f"nobody{number}@nowhere.example.com"}, "127.0.1.5")
    target.ask("POST", "/_clock/advance?hours=0.2", "")
    sent = json.loads(target.ask("GET", "/_mail/messages.json").text)
    strangers = [each for each in sent if any(to.endswith("@nowhere.example.com") for to in each["to"])]
    assert len(strangers) <= RECEIPTS_AN_HOUR, f"{len(strangers)} e-mails to strangers from one network"


def one_inbox(target: Target) -> None:
    """A8: folding of addresses: one inbox gets a receipt for each spelling."""
    for number in range(12):
        spelled = f"Bob+{number}@inbox.example.com" if number % 2 else f"bOb+{number}@INBOX.example.com"
        target.post("contact", CONTACT | {"email": spelled, "message": str(number)}, f"127.0.3.{number + 1}")
    target.ask("POST", "/_clock/advance?hours=0.2", "")
    sent = json.loads(target.ask("GET", "/_mail/messages.json").text)
    got = [each for each in sent if any("inbox.example.com" in to.lower() for to in each["to"])]
    assert len(got) <= 5, f"{len(got)} e-mails to one inbox in a day"


def held_words(target: Target) -> None:
    """A18: the same words, sent first with the hidden box filled in, hold the real message."""
    words = CONTACT | {"message": "We would like to begin in spring.", "email": "real@agency.example.gov"}
    target.post("contact", words | {"reply_code": "buy now"}, "127.0.1.6")
    target.post("contact", words, "127.0.1.7")
    assert target.mail_to("real@agency.example.gov"), "the real message has no receipt"


def official_words(target: Target) -> None:
    """A13: a receipt certifies whatever was typed."""
    notice = "NOTICE: accredited by the Department of Everything"
    today = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 2 * 86400))
    target.post("plaque", PLAQUE | {"agency": notice, "completed": today, "email": "a13@x.example.com"}, "127.0.1.8")
    for message in target.mail_to("a13@x.example.com"):
        assert notice not in message["text"] + message["html"], "the words of a stranger in an official e-mail"
        assert "Certification valid until" not in message["text"], "certified by a mere request"


def staff_mail(target: Target) -> None:
    """A10, A15: an e-mail to staff holds power over a submission."""
    sent = json.loads(target.ask("GET", "/_mail/messages.json").text)
    powerful = [
        each["subject"] for each in sent if "token=" in each["text"] + each["html"] and "staff" in str(each["to"])
    ]
    assert not powerful, f"{len(powerful)} e-mails to staff with a token"


ATTACKS: list[Callable[[Target], None]] = [
    hidden_box,
    long_texts,
    other_websites,
    nonsense,
    stand_in,
    rebinding,
    private_files,
    invitations,
    receipts,
    one_inbox,
    held_words,
    official_words,
    staff_mail,
]


def built_package() -> None:
    """A1, A6 once more, on what ships: the validators and the patterns of the built package."""
    program = """
import sys, time
from forms import spam
from forms.catalog import FORMS
from forms.form import FormData
began = time.process_time()
spam.is_trapped({"message": "x"}, "@." * 1600 + " x")
for form in FORMS.values():
    for field in form():
        for text in ("a" + "\\u0315\\u0316" * 30000 + "@b.gov", "<a " * 20000, "@." * 30000):
            form(FormData({field.name: [text]})).validate()
spent = time.process_time() - began
sys.exit(f"{spent:.1f} s" if spent > 5 else 0)
"""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(BUILT)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.strip().rpartition("\n")[2]


@contextmanager
def local_run() -> Iterator[Target]:
    """The local run, in a process of its own, with a folder that is empty at first."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        command = [sys.executable, "-m", "local", "--port", "0", "--data", str(data)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        with Path(folder, "printed").open("w+") as printed:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=printed, stderr=subprocess.STDOUT)
            try:
                yield Target(_address(Path(folder, "printed"), process), data)
            finally:
                process.terminate()
                process.wait(30)
            text = Path(folder, "printed").read_text("utf-8")
            assert all(c == "\n" or c.isprintable() for c in text), "escape sequences in the terminal"


def _address(printed: Path, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        for line in printed.read_text("utf-8").splitlines():
            if line.startswith("Serving on "):
                return line.removeprefix("Serving on ").rstrip("/")
        time.sleep(0.1)
    raise RuntimeError(printed.read_text("utf-8"))


def main() -> int:
    argparse.ArgumentParser(prog="make attack", description=__doc__).parse_args()
    succeeded = 0
    with local_run() as target:
        for attack in ATTACKS:
            succeeded += _report(str(attack.__doc__), partial(attack, target))
    if BUILT.is_dir():
        succeeded += _report(str(built_package.__doc__), built_package)
    print(f"{succeeded} of {len(ATTACKS) + BUILT.is_dir()} attacks succeeded")
    return int(succeeded > 0)


def _report(what: str, attack: Callable[[], None]) -> bool:
    """Carry out an attack, print what came of it, and tell whether it succeeded."""
    began = time.monotonic()
    try:
        attack()
        outcome = ""
    except AssertionError as success:
        outcome = str(success) or "yes"
    print(
        f"{'SUCCEEDED' if outcome else 'held':10}{time.monotonic() - began:6.1f} s  {what} {outcome}".rstrip(),
        flush=True,
    )
    return bool(outcome)


if __name__ == "__main__":
    sys.exit(main())
