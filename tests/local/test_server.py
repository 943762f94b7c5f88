"""The web server of the local run, on a small project: what it answers, and how it starts, changes and ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
import pytest
from playwright.sync_api import expect

from local import http_handler
from local.run import serving
from tests.support.client import ask
from tests.support.local_project import write_project
from tests.support.run import wait_for

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return write_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def server(project):
    with serving(root=project) as server:
        yield server


def test_pages_files_and_forms_are_served(server):
    assert "Welcome" in ask(server.url, "GET", "/")[2]
    status, headers, text = ask(server.url, "GET", "/data.json")
    assert (status, headers["content-type"], text) == (200, "application/json", "{}\n")
    assert ask(server.url, "GET", "/forms/echo")[0] == 200
    assert "Nothing yet" in ask(server.url, "GET", "/_mail/")[2]


@pytest.mark.parametrize(
    "path", ["/", "/data.json", "/contact", "/nothing/", "/forms/echo", "/forms/nothing", "/_livereload.js"]
)
def test_every_answer_has_the_headers_of_the_template_once(path, server):
    headers = ask(server.url, "GET", path)[1]
    assert headers.get_all("Content-Security-Policy") == [POLICY]
    assert headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert headers.get_all("Permissions-Policy") == ["camera=()"]
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize(
    ("path", "address"),
    [("/contact", "/contact/"), ("/contact?a=b", "/contact/?a=b"), ("//example.net/x", "/example.net/x/")],
)
def test_an_address_without_its_last_slash_is_sent_on(path, address, server):
    status, headers, _ = ask(server.url, "GET", path)
    assert (status, headers["Location"]) == (301, address)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing/"),
        ("GET", "/nothing.png"),
        ("GET", "/%90."),
        ("GET", "/contact%ff"),
        ("POST", "/"),
        ("GET", "/forms/nothing"),
        ("PUT", "/forms/echo"),
    ],
)
def test_what_is_not_there_is_the_sites_own_page(method, path, server):
    status, _, text = ask(server.url, method, path)
    assert (status, "Nothing here" in text) == (404, True)


def test_nothing_outside_the_site_can_be_read(server):
    for path in ("/../template.yaml", "/%2e%2e/template.yaml", "/..%2ftemplate.yaml", "/docs/../../template.yaml"):
        assert ask(server.url, "GET", path)[0] == 404


def test_a_head_request_has_the_headers_and_no_content(server):
    for path in ("/", "/data.json", "/forms/nothing", "/_mail/"):
        got, asked = ask(server.url, "GET", path), ask(server.url, "HEAD", path)
        assert asked[0] == got[0]
        assert asked[1].get("content-length") == got[1].get("content-length")
        assert asked[2] == ""


def test_a_form_reaches_the_function_with_the_address_it_came_from(server):
    for sender in ("127.0.0.1", "127.0.0.2"):
        headers = {**FORM, "Accept": "text/html", "CloudFront-Viewer-Address": "192.0.2.1:1", "X-Own": "1"}
        event = json.loads(ask(server.url, "POST", "/forms/echo?a=1", b"x=%C3%A9", headers, sender)[2])["event"]
        assert event["queryStringParameters"] == {"a": "1"}
        assert re.fullmatch(rf"{sender}:\d+", event["headers"]["cloudfront-viewer-address"])
        assert event["headers"]["accept"] == "text/html"
        assert event["headers"]["content-type"] == FORM["Content-Type"]
        assert "x-own" not in event["headers"]


def test_a_request_without_a_type_has_none(server):
    event = json.loads(ask(server.url, "POST", "/forms/echo", b"x")[2])["event"]
    assert "content-type" not in event["headers"]


def test_a_body_over_10_megabytes_is_answered_and_read_to_its_end(server):
    status, _, text = ask(server.url, "POST", "/forms/echo", b"x" * (40 << 20), FORM)
    assert (status, json.loads(text)) == (413, {"message": "Request Entity Too Large"})


@pytest.mark.parametrize(
    ("headers", "status"), [({"Content-Length": "x"}, 400), ({"Transfer-Encoding": "chunked"}, 411)]
)
def test_a_body_without_a_length_is_refused(headers, status, server):
    assert ask(server.url, "POST", "/forms/echo", None, {**FORM, **headers})[0] == status


def test_what_a_client_did_not_send_to_its_end_reaches_no_function(server):
    with socket.create_connection((urlsplit(server.url).hostname, urlsplit(server.url).port)) as connection:
        connection.sendall(b"POST /forms/echo HTTP/1.1\r\nContent-Length: 100\r\n\r\nname=Jor")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100).startswith(b"HTTP/1.0 400 Bad Request\r\n")


DROPS = {
    "nothing": (b"", b""),
    "headers": (b"GET / HTTP/1.1\r\n", b"X: y\r\n"),
    "a body": (b"POST /forms/echo HTTP/1.1\r\nContent-Length: 5000\r\n\r\n", b"x"),
}


@pytest.mark.parametrize(("begin", "drop"), DROPS.values(), ids=DROPS)
def test_a_client_that_sends_its_request_drop_by_drop_is_cut_off(begin, drop, server, monkeypatch):
    monkeypatch.setattr(http_handler, "PATIENCE", 0.3)
    monkeypatch.setattr(http_handler.Handler, "timeout", 0.3)
    began, place = time.monotonic(), urlsplit(server.url)
    with socket.create_connection((place.hostname, place.port)) as connection, suppress(ConnectionError):
        connection.settimeout(0.05)
        connection.sendall(begin)
        while time.monotonic() - began < 20:
            connection.sendall(drop)
            with suppress(TimeoutError):
                if not connection.recv(1000):
                    break
        else:
            pytest.fail("it still listens")
    assert ask(server.url, "GET", "/")[0] == 200


NO_REQUESTS = {
    "a version before headers": (b"GET /forms/echo\r\n", 400),
    "a version that is not spoken": (b"GET / HTTP/2.0\r\n\r\n", 400),
    "three words too many": (b"GET / a b HTTP/1.1\r\n\r\n", 400),
    "an endless address": (b"GET /".ljust(65_537, b"x"), 414),
    "an endless header": (b"GET / HTTP/1.1\r\n" + b"X: ".ljust(65_537, b"x"), 431),
    "an endless length": (b"POST /forms/echo HTTP/1.1\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n", 400),
}


@pytest.mark.parametrize(("said", "status"), NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_what_is_no_request_is_refused_with_the_headers_of_the_template(said, status, server):
    with socket.create_connection((urlsplit(server.url).hostname, urlsplit(server.url).port)) as connection:
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        answer = HTTPResponse(connection)
        answer.begin()
        assert answer.status == status
        assert answer.headers.get_all("Content-Security-Policy") == [POLICY]
        assert json.loads(answer.read())["message"]


def test_a_crash_of_a_function_is_an_answer(server, caplog):
    assert ask(server.url, "GET", "/forms/echo?answer=crash")[::2] == (500, '{"message": "Internal Server Error"}')
    assert "RuntimeError" in caplog.text


def test_one_line_is_logged_for_a_form_and_none_of_what_it_holds(server, caplog):
    caplog.set_level("INFO", "local")
    ask(server.url, "POST", "/forms/echo?receipt=canary", b"name=canary", FORM)
    ask(server.url, "GET", "/?canary")
    assert [record.getMessage() for record in caplog.records] == ["POST /forms/echo 200"]


def test_without_watching_pages_are_as_built(server):
    assert "<script" not in ask(server.url, "GET", "/")[2]


def test_nothing_is_left_running_afterwards(tmp_path):
    threads, environment = set(threading.enumerate()), dict(os.environ)
    with serving(tmp_path / "data", root=write_project(tmp_path)) as server:
        ask(server.url, "POST", "/forms/keep", b"id=a", FORM)
        assert boto3.client("dynamodb").scan(TableName="Items")["Count"] == 1
    assert [
        thread.name for thread in set(threading.enumerate()) - threads if not thread.name.startswith("Thread-")
    ] == []
    assert dict(os.environ) == environment
    assert not Path(server.root).exists()
    with pytest.raises(ConnectionRefusedError):
        ask(server.url, "GET", "/")


class Run:
    """`python -m local` on a project, until it is stopped; `out` and `err` are what it printed."""

    def __init__(self, project, data, port=0):
        command = [sys.executable, "-m", "local", "--port", str(port), "--data", str(data)]
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, cwd=project, env=environment, **pipes)
        self.out = self.process.stdout.readline() + self.process.stdout.readline()
        self.address = self.out.partition("\n")[0].removeprefix("Serving on ")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.end()

    def end(self):
        """Wait for its end, and give the exit code."""
        out, self.err = self.process.communicate(timeout=60)
        self.out += out
        return self.process.returncode

    def messages(self):
        return json.loads(ask(self.address, "GET", "/_mail/messages.json")[2])


@contextmanager
def run(project, data, port=0):
    running = Run(project, data, port)
    try:
        yield running
    finally:
        if running.process.returncode is None:
            running.stop()


def test_the_command_says_where_it_is_and_ends_quietly(tmp_path):
    project, data = write_project(tmp_path / "project"), tmp_path / "data"
    with run(project, data) as running:
        assert ask(running.address, "GET", "/")[0] == 200
        assert ask(running.address, "POST", "/forms/keep?canary", b"id=kept&note=canary", FORM)[0] == 201
        with run(project, data) as other:
            assert other.end() == 1
            told = r".*aws\.jsonl is in use by another local run; choose another folder: make serve DATA=.*\n"
            assert re.fullmatch(told, other.err)
        assert running.stop(signal.SIGINT) == 0
        assert running.out == f"Serving on {running.address}\nE-mail goes to {running.address}_mail/\n"
        assert running.err == "POST /forms/keep 201\n"
    assert (data / "functions.log").read_text("utf-8") == "kept\n"


def test_a_form_becomes_one_e_mail(server):
    before = len(server.mailbox.messages())
    assert [ask(server.url, "POST", "/forms/keep", b"id=told", FORM)[0] for _ in range(3)] == [201, 200, 200]
    [stream] = server.streams
    assert stream.drain()
    [message] = server.mailbox.messages()[before:]
    assert message["subject"] == "About told"


def test_what_changes_is_served_at_once_and_the_browser_reloads(tmp_path, browser):
    project = write_project(tmp_path / "project")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]  # the same after a restart, unlike port 0
    with run(project, tmp_path / "data", port) as running, browser.new_context() as context:
        page, said = context.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.goto(running.address)
        page.wait_for_selector("text=Welcome")

        (project / "docs" / "index.md").write_text("# Changed\n", "utf-8")
        page.wait_for_selector("text=Changed")

        echo = project / "functions" / "echo.py"
        assert '"word": "first"' in ask(running.address, "GET", "/forms/echo")[2]
        echo.write_text(echo.read_text("utf-8").replace('"first"', '"second"'), "utf-8")
        wait_for(lambda: '"word": "second"' in ask(running.address, "GET", "/forms/echo")[2])

        template = project / "template.yaml"
        template.write_text(template.read_text("utf-8").replace("camera=()", "camera=(self)"), "utf-8")
        wait_for(lambda: permissions(running) == "camera=(self)")
        (project / "docs" / "index.md").write_text("# After the restart\n", "utf-8")
        page.wait_for_selector("text=After the restart")

        template.write_text("nonsense", "utf-8")
        page.wait_for_selector("text=The site could not be built")
        assert ask(running.address, "GET", "/forms/echo")[0] == 200
        assert [text for text in said if "Security Policy" in text] == []
        assert running.stop() == 0


def test_why_the_site_could_not_be_built_is_shown_in_its_place_until_it_can(tmp_path, browser):
    project = write_project(tmp_path / "project")
    home = project / "docs" / "index.md"
    with run(project, tmp_path / "data") as running, browser.new_context() as context:
        page, said = context.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.goto(running.address)
        page.wait_for_selector("text=Welcome")
        home.write_text("---\ntemplate: gone.html\n---\n# Broken\n", "utf-8")
        page.wait_for_selector("text=The site could not be built")
        assert "gone.html" in page.locator("pre").inner_text()
        assert ask(running.address, "GET", "/data.json")[0] == 200
        home.write_text("# Mended\n", "utf-8")
        page.wait_for_selector("text=Mended")
        assert [text for text in said if "Security Policy" in text] == []


def permissions(running):
    try:
        return ask(running.address, "GET", "/data.json")[1]["permissions-policy"]
    except OSError:
        return None


def test_a_message_is_shown_in_a_frame_of_its_own_without_breaking_the_policy(server, browser):
    ask(server.url, "POST", "/forms/keep", urlencode({"id": "shown"}).encode(), FORM)
    wait_for(server.mailbox.messages)
    with browser.new_context() as context:
        page, said = context.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{server.url}_mail/")
        page.get_by_role("link", name="About").first.click()
        expect(page.frame_locator("iframe").get_by_text("It is here")).to_be_visible()
    assert said == []
