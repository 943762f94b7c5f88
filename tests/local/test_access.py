"""Web pages that a developer has open can reach 127.0.0.1: they get nothing from the local run."""

import json
import os
import stat
from http.client import HTTPConnection
from urllib.parse import urlsplit

import boto3
import pytest

from local.run import serving
from tests.support.client import ask
from tests.support.local_project import write_project

FROM_A_PAGE = {
    "unsigned": {},
    "from another origin": {"Origin": "http://evil.example"},
    "from a browser": {"Sec-Fetch-Site": "cross-site"},
    "by another name": {"Host": "evil.example"},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A small project, served in this process."""
    with serving(root=write_project(tmp_path_factory.mktemp("project"))) as server:
        yield server


def status(url: str, method: str = "GET", headers: dict[str, str] | None = None) -> int:
    """The status of a request whose headers replace Python's own."""
    place = urlsplit(url)
    connection = HTTPConnection(str(place.hostname), place.port, timeout=10)
    try:
        connection.request(method, place.path or "/", headers=headers or {})
        return connection.getresponse().status
    finally:
        connection.close()


def signed() -> dict[str, str]:
    """A header as clients of this run send it, with the key that they have."""
    scope = f"{os.environ['AWS_ACCESS_KEY_ID']}/20260101/us-east-1/dynamodb/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, x"}


@pytest.mark.parametrize("headers", FROM_A_PAGE.values(), ids=FROM_A_PAGE)
@pytest.mark.parametrize("path", ["/", "/moto-api/data.json"])
def test_the_stand_in_for_aws_answers_no_web_page(stand_in, path, headers):
    sent = headers if headers == {} else headers | signed()
    assert status(stand_in.endpoint + path, headers=sent) == 403


def test_the_stand_in_for_aws_cannot_be_emptied_by_a_web_page(stand_in):
    assert status(f"{stand_in.endpoint}/moto-api/reset", "POST", {"Origin": "http://evil.example"}) == 403
    assert boto3.client("dynamodb").list_tables()["TableNames"]


def test_a_guessed_key_opens_nothing(stand_in):
    guess = {name: value.replace(os.environ["AWS_ACCESS_KEY_ID"], "local") for name, value in signed().items()}
    assert status(stand_in.endpoint, "POST", guess) == 403


@pytest.mark.parametrize("path", ["/", "/_mail/messages.json", "/_clock/", "/forms/echo"])
def test_a_name_that_leads_here_opens_nothing(server, path):
    port = urlsplit(server.url).port
    for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", "127.0.0.1:1"):
        assert status(server.url.rstrip("/") + path, headers={"Host": host}) == 421
    for host in (f"localhost:{port}", f"LOCALHOST:{port}", f"127.0.0.1:{port}"):
        assert status(server.url.rstrip("/") + path, headers={"Host": host}) == 200


def test_no_address_forges_a_line_or_moves_the_cursor_in_the_terminal(server, caplog):
    caplog.set_level("INFO", "local")
    ask(server.url, "GET", "/forms/%1b%5d0;owned%07%0aGET /forms/x 200%c2%9b%e2%80%ae".replace(" ", "%20"))
    [record] = caplog.records
    assert record.getMessage().isascii()
    assert record.getMessage().isprintable()


def test_what_people_sent_is_kept_for_this_user_alone(local_run, local_data):
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in local_data.iterdir() if file.is_file()}
    assert {"aws.jsonl", "functions.log", "run.json"} <= modes.keys()
    assert {name for name, mode in modes.items() if mode & 0o077} == set()


def test_another_process_needs_the_key_that_the_runs_own_file_holds(local_run, local_data):
    settings = json.loads((local_data / "run.json").read_text("utf-8"))
    assert status(f"{settings['AWS_ENDPOINT_URL']}/moto-api/data.json") == 403
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    keys = {name.lower(): settings[name] for name in names}
    client = boto3.client("dynamodb", endpoint_url=settings["AWS_ENDPOINT_URL"], region_name="us-east-1", **keys)
    assert client.list_tables()["TableNames"]
