"""What ships to Lambda: that it starts, answers with nothing else at hand, and is the same at every build."""

import os
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.loaders import Loader
from urllib3 import HTTPResponse

from local.aws import cloudfront
from local.aws.api_gateway import Request, event_for
from local.template import Template
from storage.outbox import Owed
from tests.support import packaging, runtime_api
from tests.support.answers import FORM
from tests.support.inbox import ses_event
from tests.support.pages import ROOT
from tests.support.samples import CONTACT, PLAQUE, new_address
from tests.support.tables import Table
from tools import package, service_models
from tools.package import Target

LARGEST = 6_000_000
"""In bytes, zipped."""
FUNCTIONS = sorted(Template(ROOT / "template.yaml").functions)


@dataclass(frozen=True)
class Package:
    """A package that runs on this machine, and Lambda's runtime client for the same Python."""

    folder: Path
    python: str
    runtime: Path
    template: Template

    def run(self, function: str, event: Any = None) -> runtime_api.Run:
        declared = self.template.functions[function]
        path = [self.folder, self.runtime]
        return runtime_api.run(self.python, path, declared["Handler"], event, declared["Timeout"])

    def answer(self, function: str, event: Any) -> Any:
        run = self.run(function, event)
        assert run.failure is None, run.log
        return run.answer


@pytest.fixture(scope="session")
def target(template: Template) -> tuple[Target, str]:
    return packaging.runtime(template)


@pytest.fixture(scope="session")
def pages(built_site) -> Path:
    """What the site build left for the functions."""
    return Path(os.environ["PAGES_FOLDER"])


@pytest.fixture(scope="session")
def shipped(target, template, pages, tmp_path_factory) -> Path:
    """The package for Lambda."""
    folder = tmp_path_factory.mktemp("shipped")
    package.build(folder, target[0], service_models.allowed_operations(template), pages)
    return folder


@pytest.fixture(scope="session")
def packed(target, template, pages, tmp_path_factory) -> Package:
    """The same package with wheels for this machine, zipped and unpacked into an empty folder."""
    place = tmp_path_factory.mktemp("packed")
    here = Target(target[0].python, packaging.WHEELS_HERE)
    package.build(place / "built", here, service_models.allowed_operations(template), pages)
    package.pack(place / "built", place / "functions.zip")
    shutil.rmtree(place / "built")
    shutil.unpack_archive(place / "functions.zip", place / "task")
    packaging.install_runtime(place / "runtime", here)
    return Package(place / "task", target[1], place / "runtime", template)


def submission(slug: str, answers: dict[str, str]) -> Any:
    body = urlencode(answers).encode()
    return event_for(Request("POST", f"/forms/{slug}", headers={"content-type": FORM}, body=body))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_starts_from_the_package_alone_and_writes_nothing(function, packed, table):
    before = list(package.files(packed.folder))
    run = packed.run(function)
    assert run.asked, run.log
    assert list(package.files(packed.folder)) == before


@pytest.mark.parametrize(("slug", "answers"), [("contact", CONTACT), ("plaque", PLAQUE)])
def test_a_form_is_stored(slug, answers, packed, table):
    answer = packed.answer("FormsFunction", submission(slug, answers))
    assert answer["statusCode"] == 303
    [item] = table.items()
    assert item["answers"] == answers


def test_a_sign_up_is_stored(packed, table):
    answer = packed.answer("FormsFunction", submission("announcements", {"email": new_address()}))
    assert answer["statusCode"] == 303
    assert len(table.items()) == 1


def test_a_form_with_errors_comes_back_in_its_page(packed, table):
    answer = packed.answer("FormsFunction", submission("contact", CONTACT | {"email": "jordan@example"}))
    assert answer["statusCode"] == 422
    assert "Enter an e-mail address" in answer["body"]
    assert CONTACT["organization"].partition("'")[0] in answer["body"]


def test_a_receipt_and_its_calendar_are_shown(packed, table):
    receipt = packed.answer("FormsFunction", submission("plaque", PLAQUE))["headers"]["location"]
    path, _, query = receipt.partition("?")
    assert (
        "We have your plaque request" in packed.answer("FormsFunction", event_for(Request("GET", path, query)))["body"]
    )
    calendar = path.replace("received", "renewal.ics")
    assert packed.answer("FormsFunction", event_for(Request("GET", calendar, query)))["isBase64Encoded"]


def test_a_link_that_is_not_complete_is_answered(packed, table):
    answer = packed.answer("SubscriptionsFunction", event_for(Request("GET", "/forms/invitations/stop", "token=x")))
    assert answer["statusCode"] == 200
    assert "<title>" in answer["body"]


@pytest.mark.parametrize("is_known", [True, False])
def test_who_knows_the_secret_is_let_in(is_known, packed, stand_in, template):
    [sent] = cloudfront.origin_headers(template).items()
    headers = dict([sent]) if is_known else {sent[0]: "guessed"}
    assert packed.answer("AuthorizerFunction", {"headers": headers}) == {"isAuthorized": is_known}


def test_a_new_submission_is_mailed(packed, table, inbox):
    packed.answer("FormsFunction", submission("plaque", PLAQUE))
    assert packed.answer("NotifyFunction", inserted(table)) == {"batchItemFailures": []}
    [receipt] = inbox.receipts()
    assert receipt["to"] == [PLAQUE["email"]]
    assert len(inbox.to_staff()) == 1


def test_the_clock_mails_what_the_stream_did_not_bring(packed, table, inbox, stand_in):
    packed.answer("FormsFunction", submission("contact", CONTACT))
    [item] = table.items()
    boto3.client("dynamodb").update_item(
        TableName=table.name,
        Key={"reference": {"S": item["reference"]}},
        UpdateExpression="SET next_at = received_at",
    )
    assert packed.answer("RemindFunction", SCHEDULED) is None
    subjects = [message["subject"] for message in inbox.messages()]
    assert any(subject.endswith(f"[{item['reference']}]") for subject in subjects)
    assert any(subject.startswith("We have your message") for subject in subjects)


def test_a_bounce_that_ses_reports_is_noted(packed, table, inbox):
    packed.answer("FormsFunction", submission("contact", CONTACT))
    packed.answer("NotifyFunction", inserted(table))
    [item] = table.items()
    owed = Owed("SUBMISSIONS_TABLE", item["reference"], "receipt")
    assert packed.answer("FeedbackFunction", ses_event("Bounce", owed, bounceType="Permanent")) is None
    assert table.items()[0]["mail"]["receipt"]["state"] == "bounced"


SCHEDULED: dict[str, Any] = {}
"""What EventBridge Scheduler hands over where the template gives no Input."""


def inserted(table: Table) -> Any:
    """The stream's event for what stands in the table."""
    items = boto3.client("dynamodb").scan(TableName=table.name)["Items"]
    change = {"SequenceNumber": "1", "StreamViewType": "NEW_AND_OLD_IMAGES"}
    record = {"eventID": "1", "eventName": "INSERT", "eventSource": "aws:dynamodb"}
    return {"Records": [record | {"dynamodb": {"NewImage": item, **change}} for item in items]}


def test_a_build_is_the_same_every_time_and_the_one_that_runs_here_but_for_compiled_files(packed, shipped, tmp_path):
    """Two builds, for Lambda and for here: all that is written down in their archives, the times too, is the same."""
    package.pack(shipped, tmp_path / "one.zip")
    there, here = held(tmp_path / "one.zip"), held(packed.folder.parent / "functions.zip")
    compiled = {name for name, *_ in {*here, *there} if name.endswith(".so")}
    assert {Path(name).parent.as_posix() for name in compiled} == {"markupsafe"}
    assert [each for each in here if each[0] not in compiled] == [each for each in there if each[0] not in compiled]
    assert (tmp_path / "one.zip").stat().st_size < LARGEST


def held(archive: Path) -> list[tuple[Any, ...]]:
    """The files of an archive in its order: what it says of each, and a checksum of the content."""
    with zipfile.ZipFile(archive) as opened:
        said = opened.infolist()
    return [(each.filename, each.date_time, each.external_attr, each.compress_size, each.CRC) for each in said]


def test_only_what_functions_need_is_shipped(shipped):
    names = {path.name for path in shipped.iterdir()}
    assert {"submit.py", "notify.py", "forms", "templates", "pages", "boto3", "__pycache__"} <= names
    assert not names & {"requirements.txt", "tests", "local", "moto", "pytest", "bin"}
    sources = set(shipped.rglob("*.py"))
    assert all(list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")) for path in sources)


def test_the_time_zones_are_where_python_is_told_to_look(shipped, template):
    """On Lambda, where the package is /var/task. Elsewhere the path is not there, and the package tzdata is asked."""
    environment = template.environment()
    place = Path(environment["PYTHONTZPATH"]).relative_to("/var/task")
    assert (shipped / place / environment["TIME_ZONE"]).read_bytes().startswith(b"TZif")


def test_a_policy_with_a_wildcard_is_refused(tmp_path):
    (tmp_path / "template.yaml").write_text(
        "Resources: {F: {Type: 'AWS::Serverless::Function', Properties: "
        "{Policies: [{Statement: [{Effect: Allow, Action: 'dynamodb:*', Resource: '*'}]}]}}}"
    )
    with pytest.raises(ValueError, match="name each operation"):
        service_models.allowed_operations(Template(tmp_path / "template.yaml"))


@pytest.fixture(scope="session")
def clients(shipped) -> tuple[botocore.session.Session, botocore.session.Session]:
    """What makes clients from the whole of the SDK's data, and from what is shipped of it."""
    return session_with(Path(Loader.BUILTIN_DATA_PATH)), session_with(shipped / "botocore" / "data")


def session_with(data: Path) -> botocore.session.Session:
    session, loader = botocore.session.Session(), Loader([str(data)], include_default_search_paths=False)
    loader.BUILTIN_DATA_PATH = str(data)  # endpoints.json from elsewhere would overrule each service's own rules
    session.register_component("data_loader", loader)
    session.set_credentials("key", "secret")
    return session


@pytest.mark.parametrize("settings", [{}, {"use_fips_endpoint": True}, {"use_dualstack_endpoint": True}], ids=str)
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1"])
def test_reduced_service_models_make_the_same_requests(region, settings, clients, template, monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
        monkeypatch.delenv(name)
    config = Config(region_name=region, **settings)
    full, reduced = ([*sent(session, template, config)] for session in clients)
    assert reduced == full
    assert all(region in url for _, url, *_ in full)


def sent(session: botocore.session.Session, template: Template, config: Config) -> Iterator[tuple[Any, ...]]:
    """The request for every operation that functions may call, without what differs from one moment to the next."""
    for service, operations in service_models.allowed_operations(template).items():
        client: Any = session.create_client(service, config=config)
        requests: list[Any] = []
        client.meta.events.register("before-send.*.*", partial(keep, requests))
        for operation in sorted(operations):
            shape = client.meta.service_model.operation_model(operation).input_shape
            client._make_api_call(operation, sample(shape))
            request = requests.pop()
            headers = {name: value for name, value in request.headers.items() if name.lower() not in PASSING}
            scope = request.headers["Authorization"].decode().partition("Credential=")[2].split("/")[2:4]
            yield request.method, request.url, request.body, headers, scope


def keep(requests: list[Any], request: Any, **_: Any) -> AWSResponse:
    requests.append(request)
    return AWSResponse(request.url, 200, HTTPHeaders(), HTTPResponse(BytesIO(b"{}"), preload_content=False))


PASSING = {"x-amz-date", "authorization", "amz-sdk-invocation-id"}
"""Headers that differ from one moment to the next."""


def sample(shape: Any) -> Any:
    """A value for everything that a shape requires, and for what the SDK would otherwise fill in at random."""
    match shape.type_name:
        case "structure":
            random = [name for name, member in shape.members.items() if member.metadata.get("idempotencyToken")]
            return {name: sample(shape.members[name]) for name in [*shape.required_members, *random]}
        case "list":
            return [sample(shape.member)]
        case "map":
            return {"key": sample(shape.value)}
        case "string":
            return next(iter(shape.enum), "text-text")
    raise ValueError(f"no sample for {shape}")
