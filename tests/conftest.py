"""What the tests share: the built site, the stand-in for AWS, forms to post, and the mail that follows."""

import gc
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
import time_machine
from playwright.sync_api import Browser, expect, sync_playwright

from local.aws import iam
from local.aws.api_gateway import Gateway, Request, event_for, invoke
from local.aws.stand_in import StandIn
from local.template import Template
from settings import settings
from tests.support import same_modules
from tests.support.answers import FORM, Answer, as_answer
from tests.support.inbox import Inbox, powers_in, ses_event
from tests.support.office import DIRECTOR, OFFICE, Office, at_desk
from tests.support.office_clock import ALWAYS_OPEN, Clock
from tests.support.programs import launch_options
from tests.support.run import LocalRun
from tests.support.samples import SAMPLES, TODAY
from tests.support.site_build import build_site
from tests.support.tables import Table, empty_tables

ROOT = Path(__file__).parents[1]
pytest_plugins = ["tests.support.iam_report", "tests.support.log_privacy", "tests.support.strict_mail"]


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site; the build also leaves the forms' pages for the functions."""
    return build_site(tmp_path_factory.mktemp("built"))


@pytest.fixture(autouse=True)
def _rights_suffice(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail where a function asked AWS for what its policies do not allow.

    A test sends functions to a table that is `gone`, or is marked `denies`, where it wants that.
    """
    asked: list[iam.Asked] = []
    iam.listeners.append(asked.append)
    yield
    iam.listeners.remove(asked.append)
    denied = {each for each in asked if each.allowed_by is None and not each.resource.endswith("gone")}
    assert request.node.get_closest_marker("denies") or not denied


def pytest_collection_finish() -> None:
    same_modules.hold()
    gc.collect()
    gc.freeze()  # the collector went through all that was imported, for a twentieth of the time of tests


@pytest.fixture(autouse=True)
def _same_modules() -> None:
    same_modules.put_back()


@pytest.fixture
def set_variable() -> Iterator[Callable[[str, str], None]]:
    """Change a variable of the environment, as if the functions had started with it."""
    with pytest.MonkeyPatch.context() as patch:

        def change(name: str, value: str) -> None:
            patch.setenv(name, value)
            settings.cache_clear()

        yield change
    settings.cache_clear()


@pytest.fixture(scope="session")
def template() -> Template:
    return Template(ROOT / "template.yaml")


@pytest.fixture(scope="session")
def stand_in(template: Template, built_site: Path) -> Iterator[StandIn]:
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
    from tests.support.log_privacy import personal

    run = LocalRun(local_data)
    yield run
    assert run.stop() == 0
    said = "".join(run.said)
    assert "Traceback" not in said
    assert personal(said) == set()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window. It asks for reduced motion unless a test says otherwise.

    Each click would wait for the page to scroll smoothly to it, for a second. On a busy machine a page may need long.
    """
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        browser = playwright.chromium.launch(**launch_options())
        patch.setattr(browser, "new_context", partial(browser.new_context, reduced_motion="reduce"))
        yield browser
        browser.close()


@pytest.fixture
def table(stand_in: StandIn, template: Template) -> Table:
    """The table of submissions, new and empty, its stream too."""
    empty_tables(template)
    return Table(os.environ["SUBMISSIONS_TABLE"])


@pytest.fixture
def log_output(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
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
        return as_answer(gateway, request)

    return post


@pytest.fixture
def get(table: Table, template: Template) -> Callable[[str], Answer]:
    """Visit an address under /forms/."""
    gateway = Gateway(template)

    def get(address: str) -> Answer:
        path, _, query = address.removeprefix(settings().site_url).partition("?")
        return as_answer(gateway, Request("GET", path, query))

    return get


@pytest.fixture
def press(table: Table, template: Template) -> Callable[..., Answer]:
    """Press the one button of a page that a link led to, or let a mail program do it."""
    gateway = Gateway(template)

    def press(link: str, body: bytes = b"", **headers: str) -> Answer:
        path, _, query = link.removeprefix(settings().site_url).partition("?")
        return as_answer(gateway, Request("POST", path, query, {"content-type": FORM, **headers}, body))

    return press


@pytest.fixture
def office(table: Table, template: Template) -> Office:
    """Somebody of the office, signed in at the desk without the e-mail that this takes."""
    office = at_desk(template)
    office.begin_session()
    return office


@pytest.fixture
def submitted(post: Any, inbox: Any, table: Table) -> Callable[..., str]:
    """Post a form, and deliver its e-mail; its reference."""

    def submitted(slug: str, **answers: str) -> str:
        before = {item["reference"] for item in table.items()}
        assert post(slug, SAMPLES[slug] | answers).status == 303
        inbox.deliver()
        [reference] = {item["reference"] for item in table.items()} - before
        return str(reference)

    return submitted


@pytest.fixture
def director(template: Template, inbox: Any) -> Office:
    """Somebody else of the office, signed in by the code from the mailbox."""
    other = at_desk(template)
    other.sign_in(inbox, DIRECTOR)
    return other


@pytest.fixture
def call(table: Table, template: Template) -> Callable[..., Any]:
    """Call a form's function with an event whose members are given."""

    def call(slug: str, members: Mapping[str, Any]) -> Any:
        event = event_for(Request("POST", f"/forms/{slug}", headers={"content-type": FORM})) | dict(members)
        return invoke(template, "FormsFunction", event)

    return call


@pytest.fixture
def inbox(table: Table, template: Template, stand_in: StandIn) -> Iterator[Inbox]:
    """An empty mailbox. At the end of every test, no e-mail to the office holds a token: it would be quoted."""
    inbox = Inbox(template, stand_in)
    inbox.empty()
    yield inbox
    assert powers_in(stand_in.sent_mail(), {OFFICE, DIRECTOR}) == []


@pytest.fixture
def clock(table: Table, template: Template, set_variable: Callable[[str, str], None]) -> Iterator[Clock]:
    """Noon at an office that never closes, for as long as the test wants."""
    for name, value in ALWAYS_OPEN.items():
        set_variable(name, value)
    noon = datetime.combine(TODAY, time(12), ZoneInfo(os.environ["TIME_ZONE"]))
    with time_machine.travel(noon, tick=False) as traveller:
        yield Clock(template, traveller)


@pytest.fixture
def report(table: Table, template: Template) -> Callable[..., None]:
    """SES reports on an e-mail that it was given: `report("Bounce", tags, bounceType="Permanent")`."""

    def report(kind: str, owed: Any, address: str = "nobody@example.gov", **more: str) -> None:
        invoke(template, "FeedbackFunction", ses_event(kind, owed, address, **more))

    return report


@pytest.fixture
def ses_error(stand_in):
    """Make SES fail with an error, or work again with None."""
    from mail import ses

    with pytest.MonkeyPatch.context() as patch:  # its own: what else a test patched stays when SES works again

        def set_error(error):
            def fail(**_):
                raise error

            patch.undo()
            if error:
                patch.setattr(ses._client(), "send_email", fail)

        yield set_error


@pytest.fixture
def run_staff(table, monkeypatch, capsys):
    """Call the command against the stand-in: `run_staff("list", "--json")` gives exit code, output and messages."""
    from staff import command
    from telemetry import logger

    monkeypatch.setattr(command, "connect", lambda *_: "")

    def staff(*arguments):
        monkeypatch.setattr(sys, "argv", ["staff", *arguments])
        capsys.readouterr()
        try:
            command.main()
            code: Any = 0
        except SystemExit as end:
            code = end.code or 0
        finally:
            logger.setLevel("INFO")  # the functions in this process go on
        said = capsys.readouterr()
        return code, said.out, said.err

    return staff
