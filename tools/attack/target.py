"""The local run, as an attacker, a person and the office reach it."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from local.aws.api_gateway import Request, Response
from tests.support.office import FORM, OFFICE, Office

ROOT = Path(__file__).parents[2]
STAFF = Path(sys.executable).with_name("staff")
SECONDS = 2.0
"""Of processor time. A request that costs more on a laptop would keep a function of 512 MB busy until its timeout."""

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
    """A response."""

    status: int
    text: str
    headers: list[tuple[str, str]]

    @property
    def location(self) -> str:
        return next((value for name, value in self.headers if name.lower() == "location"), "")


class Target:
    """The local run at an address."""

    def __init__(self, url: str, data: Path, printed: Path, process: int = 0) -> None:
        self.url, self.data, self.printed, self.process = url, data, printed, process

    def ask(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        sender: str = "127.0.0.1",
        patience: float = 60,
    ) -> Answer:
        """Send one request from an address of 127.0.0.0/8, which is the network that is limited.

        Raises TimeoutError where nothing comes for `patience` seconds.
        """
        place = urlsplit(self.url)
        connection = HTTPConnection(str(place.hostname), place.port, timeout=patience, source_address=(sender, 0))
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        finally:
            connection.close()
        return Answer(response.status, text, response.getheaders())

    def post(self, form: str, answers: Mapping[str, str], sender: str = "127.0.0.1", **headers: str) -> Answer:
        """Send a form."""
        named = {"Content-Type": FORM} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", f"/forms/{form}", urlencode(answers), named, sender)

    def must_be_cheap(self, form: str, answers: Mapping[str, str], sender: str, **headers: str) -> None:
        """Send a form, and compare what the run spent on it: other work of the machine counts for nothing."""
        before = self._spent()
        self.post(form, answers, sender, **headers)
        spent = self._spent() - before
        assert spent < SECONDS, f"{spent:.1f} s"

    def _spent(self) -> float:
        """Return the processor time of the run, in seconds."""
        times = Path(f"/proc/{self.process}/stat").read_text("ascii").rpartition(") ")[2].split()
        return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")

    def forward(self, **by: float) -> None:
        """Move the clock, and wait until all that fell due is done."""
        hours = by.get("days", 0) * 24 + by.get("hours", 0)
        self.ask("POST", f"/_clock/advance?hours={hours}", "", patience=600)  # it may be weeks of work

    def mail(self) -> list[dict[str, Any]]:
        """Return what was mailed, the oldest first, once the streams have come to rest."""
        self.forward(hours=0.2)
        return self.messages()

    def messages(self) -> list[dict[str, Any]]:
        """Return what was mailed so far, the oldest first."""
        found: list[dict[str, Any]] = json.loads(self.ask("GET", "/_mail/messages.json").text)
        return found

    def mail_to(self, address: str) -> list[dict[str, Any]]:
        """Return what was mailed to an address."""
        return [each for each in self.mail() if address in each["to"]]

    def link(self, address: str, action: str) -> str:
        """Return the newest link of an action in the e-mail to an address, from /forms on."""
        found = [re.findall(rf"(/forms/\S+/{action}\?token=[\w.-]+)", each["text"]) for each in self.mail_to(address)]
        return next(links[-1] for links in reversed(found) if links)

    def reference(self, sender: str) -> str:
        """Return the reference in the newest e-mail to the office whose answer goes to this sender."""
        told = [each["subject"] for each in self.mail_to(OFFICE) if sender in each["reply_to"]]
        [reference] = re.findall(r"\[([A-Z0-9]{10})\]", told[-1])
        return str(reference)

    def staff(self, *arguments: str) -> str:
        """Call the office's command, and return what it printed."""
        command = [str(STAFF), f"--data={self.data}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def office(self) -> Office:
        """Sign in at the desk by the code from the mailbox."""
        office = Office(self, Request, self.url)
        office.sign_in(self)  # reads `messages` at once: codes last ten minutes
        return office

    def answer(self, request: Request) -> Response:
        """Send a request of `Office`."""
        address = request.path + (f"?{request.query}" if request.query else "")
        got = self.ask(request.method, address, request.body, request.headers)
        return Response(got.status, [(name.lower(), value) for name, value in got.headers], got.text.encode())


@contextmanager
def local_run() -> Iterator[Target]:
    """Start the local run, in a process of its own, with a folder that is empty at first."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        command = [sys.executable, "-m", "local", "--port", "0", "--data", str(data)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        with Path(folder, "printed").open("w+") as printed:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=printed, stderr=subprocess.STDOUT)
            try:
                yield Target(_address(Path(folder, "printed"), process), data, Path(folder, "printed"), process.pid)
            finally:
                process.terminate()
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:  # busy with weeks on the clock; its folder goes away all the same
                    process.kill()
                    process.wait()


def _address(printed: Path, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        for line in printed.read_text("utf-8").splitlines():
            if line.startswith("Serving on "):
                return line.removeprefix("Serving on ").rstrip("/")
        time.sleep(0.1)
    raise RuntimeError(printed.read_text("utf-8"))
