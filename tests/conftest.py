"""What the tests share: the built site, the stand-in for AWS, forms to post, and the mail that follows."""

import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import boto3
import pytest
import time_machine
from boto3.dynamodb.types import TypeDeserializer
from mkdocs.commands.build import build
from mkdocs.config import load_config
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from playwright.sync_api import Browser, sync_playwright
from programs import launch_options
from run import LocalRun
from samples import TODAY

from forms.spam import TRAP
from local import rights
from local.aws import StandIn, create_table
from local.events import stream_mappings
from local.gateway import Gateway, Request, event_for, invoke
from local.mailbox import Mailbox
from local.stream import Stream
from local.template import REGION, Template

ROOT = Path(__file__).parents[1]
FORM = "application/x-www-form-urlencoded"
pytest_plugins = ["figures", "logged"]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site; the build also leaves the forms' pages for the functions."""
    folder = tmp_path_factory.mktemp("site")
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder), strict=True))
    return folder


@pytest.fixture(autouse=True)
def _rights_suffice(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail where a function asked AWS for what its policies do not allow.

    A test sends functions to a table that is `gone`, or is marked `denies`, where it wants that.
    """
    asked: list[rights.Asked] = []
    rights.listeners.append(asked.append)
    yield
    rights.listeners.remove(asked.append)
    denied = {each for each in asked if each.allowed_by is None and not each.resource.endswith("gone")}
    assert request.node.get_closest_marker("denies") or not denied


@pytest.fixture(scope="session")
def template() -> Template:
    return Template(ROOT / "template.yaml")


@pytest.fixture(scope="session")
def stand_in(template: Template, site: Path) -> Iterator[StandIn]:
    """AWS as the template declares it, in this process, and its environment."""
    cloud = StandIn(template)
    yield cloud
    cloud.close()


@pytest.fixture(scope="session")
def local_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the local run of these tests keeps its data in."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def local_run(local_data: Path) -> Iterator[LocalRun]:
    """The whole system, running in a process of its own as `make serve` starts it."""
    from logged import personal

    run = LocalRun(local_data)
    yield run
    assert run.stop() == 0
    said = "".join(run.said)
    assert "Traceback" not in said
    assert personal(said) == set()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        yield browser
        browser.close()


@dataclass(frozen=True)
class Answer:
    """What a form answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    def form_values(self) -> set[str]:
        """What stands in the boxes of the redrawn form."""
        reader = _FormValues()
        reader.feed(self.text)
        return reader.values


@dataclass(frozen=True)
class Table:
    """The table of submissions."""

    name: str

    def items(self) -> list[dict[str, Any]]:
        deserialize = TypeDeserializer().deserialize
        items = boto3.client("dynamodb").scan(TableName=self.name, ConsistentRead=True)["Items"]
        return [{name: deserialize(value) for name, value in item.items()} for item in items]


@pytest.fixture
def table(stand_in: StandIn, template: Template) -> Table:
    """The table of submissions, new and empty, its stream too."""
    make_tables(template)
    return Table(os.environ["SUBMISSIONS_TABLE"])


def make_tables(template: Template) -> None:
    """Every table new and empty, as the template declares it."""
    for name, declared in template.resources("AWS::DynamoDB::Table").items():
        boto3.client("dynamodb").delete_table(TableName=name)
        create_table(name, declared)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the functions log from here on."""
    import telemetry

    stream = io.StringIO()
    monkeypatch.setattr(telemetry.logger.registered_handler, "stream", stream)
    return stream


@pytest.fixture
def post(table: Table, template: Template) -> Callable[..., Answer]:
    """Post a form through the gateway: `post("contact", answers or body, headers)`."""
    gateway = Gateway(template)

    def post(
        slug: str,
        answers: Mapping[str, str] | bytes,
        headers: Mapping[str, str] | None = None,
        sender: str = "127.0.0.1",
    ) -> Answer:
        body = answers if isinstance(answers, bytes) else urlencode(answers).encode()
        given = {"content-type": FORM, **(headers or {})}
        request = Request("POST", f"/forms/{slug}", headers=given, body=body, sender=(sender, 50_000))
        return _as_answer(gateway, request)

    return post


@pytest.fixture
def get(table: Table, template: Template) -> Callable[[str], Answer]:
    """Visit an address under /forms/."""
    gateway = Gateway(template)

    def get(address: str) -> Answer:
        path, _, query = address.partition("?")
        return _as_answer(gateway, Request("GET", path, query))

    return get


@pytest.fixture
def press(table: Table, template: Template) -> Callable[..., Answer]:
    """Press the one button of a page that a link led to, or let a mail program do it."""
    gateway = Gateway(template)

    def press(link: str, body: bytes = b"") -> Answer:
        path, _, query = link.partition("?")
        return _as_answer(gateway, Request("POST", path, query, {"content-type": FORM}, body))

    return press


@pytest.fixture
def call(table: Table, template: Template) -> Callable[..., Any]:
    """Call a form's function with an event whose members are given."""

    def call(slug: str, members: Mapping[str, Any]) -> Any:
        event = event_for(Request("POST", f"/forms/{slug}", headers={"content-type": FORM})) | members
        return invoke(template, f"{slug.capitalize()}Function", event)

    return call


def link_in(message: Mapping[str, Any], action: str) -> str:
    """The address of an action, in an e-mail, from /forms on."""
    [link] = set(re.findall(rf"https://[^/\s]+(/forms/\S+/{action}\?token=\S+)", message["text"]))
    return str(link)


class Mail:
    """The e-mails of one test. `deliver()` plays the stream as far as it goes."""

    def __init__(self, template: Template, cloud: StandIn) -> None:
        [self.mapping] = stream_mappings(template)
        self.template = template
        self.mailbox = Mailbox(cloud.sent_mail)

    def deliver(self) -> bool:
        """Play the stream from its beginning, so that old records come again; False where one failed."""
        return Stream(self.template, self.mapping).drain()

    def messages(self) -> list[dict[str, Any]]:
        return self.mailbox.messages()

    def to_staff(self) -> list[dict[str, Any]]:
        return [message for message in self.messages() if message["to"] == [os.environ["STAFF_ADDRESSES"]]]

    def titled(self, beginning: str) -> list[dict[str, Any]]:
        """The messages whose subject begins so."""
        return [message for message in self.messages() if message["subject"].startswith(beginning)]

    def receipts(self) -> list[dict[str, Any]]:
        return [message for message in self.messages() if message not in self.to_staff()]


@pytest.fixture
def mail(table: Table, template: Template, stand_in: StandIn) -> Mail:
    """An empty mailbox."""
    ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages.clear()
    return Mail(template, stand_in)


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self, template: Template, traveller: time_machine.Traveller) -> None:
        self._template = template
        self._traveller = traveller

    def forward(self, **by: float) -> bool:
        """Move it, and let the schedule look once; False where something failed."""
        self._traveller.shift(timedelta(**by))
        return self.look()

    def look(self) -> bool:
        """The schedule calls its function."""
        try:
            invoke(self._template, "RemindFunction", {})
        except Exception:
            return False
        return True


@pytest.fixture
def clock(table: Table, template: Template) -> Iterator[Clock]:
    """Noon at the office, for as long as the test wants."""
    noon = datetime.combine(TODAY, time(12), ZoneInfo(os.environ["TIME_ZONE"]))
    with time_machine.travel(noon, tick=False) as traveller:
        yield Clock(template, traveller)


def ses_event(kind: str, owed: Any, address: str = "nobody@example.gov", **more: str) -> dict[str, Any]:
    """What EventBridge hands over when SES reports on an e-mail."""
    tags = {name: [value] for name, value in owed.tags.items()}
    mail = {"messageId": "x", "destination": [address], "tags": tags}
    detail = {"eventType": kind, "mail": mail, kind.lower(): {"bounceSubType": "General", **more}}
    return {"source": "aws.ses", "detail": detail}


@pytest.fixture
def report(table: Table, template: Template) -> Callable[..., None]:
    """SES reports on an e-mail that it was given: `report("Bounce", tags, bounceType="Permanent")`."""

    def report(kind: str, owed: Any, address: str = "nobody@example.gov", **more: str) -> None:
        invoke(template, "FeedbackFunction", ses_event(kind, owed, address, **more))

    return report


@pytest.fixture
def ses(monkeypatch, stand_in):
    """Make SES fail with an error, or work again with None."""
    from mail import ses

    def set_error(error):
        def fail(**_):
            raise error

        if error:
            monkeypatch.setattr(ses._client(), "send_email", fail)
        else:
            monkeypatch.undo()

    return set_error


@pytest.fixture
def staff(table, monkeypatch, capsys):
    """Call the command against the stand-in: `staff("list", "--json")` gives exit code, output and messages."""
    from staff import command
    from telemetry import logger

    monkeypatch.setattr(command, "connect", lambda *_: "")

    def staff(*arguments):
        monkeypatch.setattr(sys, "argv", ["staff", *arguments])
        capsys.readouterr()
        try:
            command.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        finally:
            logger.setLevel("INFO")  # the functions in this process go on
        said = capsys.readouterr()
        return code, said.out, said.err

    return staff


def _as_answer(gateway: Gateway, request: Request) -> Answer:
    response = gateway.answer(request)
    return Answer(response.status, dict(response.headers), response.body.decode())


class _FormValues(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: set[str] = set()
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        box = tag == "input" and given.get("type") != "checkbox" and given.get("name") != TRAP
        chosen = tag == "option" and "selected" in given
        ticked = given.get("type") == "checkbox" and "checked" in given
        if box or chosen or ticked:
            self.values.add(given.get("value") or "")
        if tag == "textarea":
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text is not None:
            # HTML drops one line end after the start tag.
            self.values.add("".join(self._text).replace("\r\n", "\n").removeprefix("\n"))
            self._text = None
