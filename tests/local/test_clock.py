"""The clock of the local run: schedules, and time that is moved."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from local.aws.lambda_runtime import forget, invoke
from local.clock import Clock
from local.events import Schedule
from local.run import serving
from local.server import Server
from local.template import Template
from tests.support.client import ask
from tests.support.local_project import TEMPLATE, write_project
from tests.support.run import wait_for

MORE = """
  TickFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: tick.handler
      Policies:
        - Statement:
            - Effect: Allow
              Action: ["dynamodb:Scan", "dynamodb:UpdateItem"]
              Resource: !GetAtt Items.Arn
            - Effect: Allow
              Action: ["ses:SendEmail", "ses:SendRawEmail"]
              Resource:
                - !Sub arn:aws:ses:${AWS::Region}:${AWS::AccountId}:identity/${SenderAddress}
                - !Sub arn:aws:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/${Letters}
      Events:
        Clock: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(30 minutes), Input: '{"a": 1}'}}
  HearFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: hear.handler
      Events: {All: {Type: EventBridgeRule, Properties: {Pattern: {source: [aws.ses]}}}}
  Letters: {Type: AWS::SES::ConfigurationSet}
  Bus:
    Type: AWS::SES::ConfigurationSetEventDestination
    Properties:
      ConfigurationSetName: !Ref Letters
      EventDestination: {Enabled: true, MatchingEventTypes: [SEND], EventBridgeDestination: {EventBusArn: x}}
"""

TICK = '''
import os, time
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formatdate
import boto3

times, events = [], []
failing = 0  # how many of the next calls
sleeps = False

def handler(event, context):
    """Notes when it was called, and sends one e-mail for each item that is due, at its time."""
    global failing
    now = datetime.now(UTC)
    times.append(now)
    events.append(event)
    if sleeps:
        time.sleep(0.05)
    if failing:
        failing -= 1
        raise RuntimeError("as asked, with something private")
    if "ITEMS_TABLE" not in os.environ:
        return
    table = boto3.client("dynamodb")
    for item in table.scan(TableName=os.environ["ITEMS_TABLE"])["Items"]:
        if "due" not in item or item["due"]["S"] > now.isoformat() or "reminded" in item:
            continue
        message = EmailMessage()
        message["From"], message["To"] = os.environ["SENDER_ADDRESS"], "a@example.gov"
        message["Date"] = formatdate(usegmt=True)
        message["Subject"] = f"{item['id']['S']} is due"
        content = {"Raw": {"Data": message.as_bytes()}}
        boto3.client("sesv2").send_email(
            FromEmailAddress=os.environ["SENDER_ADDRESS"], Content=content, ConfigurationSetName="Letters"
        )
        table.update_item(
            TableName=os.environ["ITEMS_TABLE"], Key={"id": item["id"]}, UpdateExpression="SET reminded = :yes",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )
'''

HEAR = """
heard = []

def handler(event, context):
    heard.append(event["detail"]["mail"]["timestamp"])
"""

LAST = timedelta(minutes=5)
"""Longer than any test takes on its way, on a busy machine too, and shorter than any move of the clock here."""


def written(folder):
    project = write_project(folder)
    (project / "template.yaml").write_text(TEMPLATE + MORE, "utf-8")
    (project / "functions" / "tick.py").write_text(TICK, "utf-8")
    (project / "functions" / "hear.py").write_text(HEAR, "utf-8")
    return project


@pytest.fixture
def template(tmp_path, monkeypatch):
    monkeypatch.delenv("ITEMS_TABLE", raising=False)
    template = Template(written(tmp_path / "project") / "template.yaml")
    yield template
    forget(template)


@pytest.fixture
def tick(template):
    """The module of the function that a schedule calls, not called yet."""
    invoke(template, "TickFunction", {})
    import tick

    tick.times.clear()
    tick.events.clear()
    return tick


@pytest.fixture
def start(template):
    """Makes clocks; each is stopped in the end, the last one first."""
    made = []

    def start(data=None, settle=lambda: None):
        made.append(Clock(template, settle, data))
        return made[-1]

    yield start
    for clock in reversed(made):
        clock.close()


def in_hours(times, start):
    return [round((each - start) / timedelta(hours=1), 2) for each in times]


@pytest.mark.parametrize(
    ("hours", "fired"),
    [
        (1, [0.5, 1]),
        (0.25, [0.25]),
        (1.75, [0.5, 1, 1.5, 1.75]),
        (2, [0.5, 1, 1.5, 2]),
        (3.5, [1, 2, 3, 3.5]),
        (200, list(range(1, 201))),
        (201, [*range(12, 201, 12), 201]),
        (17_544, list(range(12, 17_545, 12))),
    ],
)
def test_schedules_fire_on_the_way_the_rarer_the_longer_it_is(hours, fired, start, tick):
    before = datetime.now(UTC)
    start().advance(timedelta(hours=hours))
    assert in_hours(tick.times, before) == pytest.approx(fired, abs=LAST / timedelta(hours=1))
    assert tick.events == [{"a": 1}] * len(fired)
    assert timedelta(0) <= datetime.now(UTC) - before - timedelta(hours=hours) < LAST


def test_a_move_at_once_fires_each_schedule_once_at_its_end(start, tick):
    before = datetime.now(UTC)
    start().advance(timedelta(days=731), at_once=True)
    assert in_hours(tick.times, before) == pytest.approx([731 * 24], abs=LAST / timedelta(hours=1))


def test_what_follows_is_settled_before_the_first_step_and_after_each(start, tick):
    seen = []
    start(settle=lambda: seen.append(len(tick.times))).advance(timedelta(hours=1))
    assert seen == [0, 1, 2]


def test_without_schedules_time_moves_in_one_step(start, monkeypatch):
    monkeypatch.setattr("local.clock.schedules", lambda _: [])
    settled = []
    before = datetime.now(UTC)
    start(settle=lambda: settled.append(1)).advance(timedelta(days=365))
    assert len(settled) == 2
    assert datetime.now(UTC) - before >= timedelta(days=365)


def test_time_goes_on_from_where_it_was_moved_to_and_comes_back(start, tick):
    clock, before = start(), datetime.now(UTC)
    clock.advance(timedelta(hours=1))
    clock.advance(timedelta(hours=1))
    assert clock.ahead == timedelta(hours=2)
    moved = time.time()
    time.sleep(0.05)
    assert 0.05 <= time.time() - moved < LAST.total_seconds()
    clock.reset()
    assert clock.ahead == timedelta(0)
    assert datetime.now(UTC) - before < LAST
    clock.advance(timedelta(hours=1))
    assert datetime.now(UTC) - before > timedelta(hours=1)
    clock.close()
    assert datetime.now(UTC) - before < LAST


def test_what_waits_for_seconds_and_the_time_zone_do_not_notice(start, tick):
    environment, zone, waited = dict(os.environ), time.tzname, []

    def wait():
        started = time.perf_counter()
        threading.Event().wait(0.4)
        waited.append(time.perf_counter() - started)

    thread = threading.Thread(target=wait)
    at_first = time.monotonic()
    thread.start()
    start().advance(timedelta(days=731))
    thread.join()
    assert 0.4 <= waited[0] < LAST.total_seconds()
    assert time.monotonic() - at_first < LAST.total_seconds()
    assert (dict(os.environ), time.tzname) == (environment, zone)


def test_a_restart_goes_on_at_the_moved_time(start, tick, tmp_path):
    before = datetime.now(UTC)
    first = start(tmp_path)
    first.advance(timedelta(hours=1.5))
    first.close()
    assert datetime.now(UTC) - before < LAST
    second = start(tmp_path)
    assert second.ahead == timedelta(hours=1.5)
    assert timedelta(hours=1.5) <= datetime.now(UTC) - before < timedelta(hours=1.5) + LAST
    second.reset()
    second.close()
    assert list(tmp_path.glob("clock*")) == []
    assert start(tmp_path).ahead == timedelta(0)


def test_without_a_folder_the_moved_time_is_forgotten(start, tick):
    first = start()
    first.advance(timedelta(hours=1))
    first.close()
    assert start().ahead == timedelta(0)


@pytest.mark.parametrize("content", ["", "nonsense", "[]", "{}", '{"seconds_ahead": "x"}', '{"seconds_ahead": 1e99}'])
def test_what_it_remembers_is_read_or_refused_by_name(content, start, tmp_path):
    (tmp_path / "clock.json").write_text(content)
    with pytest.raises(ValueError, match=r"clock\.json cannot be read; delete it"):
        start(tmp_path)


def test_two_moves_at_once_wait_for_each_other(start, tick):
    clock, before = start(), datetime.now(UTC)
    moves = [threading.Thread(target=clock.advance, args=[timedelta(hours=1)]) for _ in range(4)]
    for move in moves:
        move.start()
    for move in moves:
        move.join()
    assert clock.ahead == timedelta(hours=4)
    assert in_hours(tick.times, before) == pytest.approx(
        [0.5 * step for step in range(1, 9)], abs=LAST / timedelta(hours=1)
    )


def test_stopping_ends_a_move_on_its_way(start, tick):
    clock, before = start(), datetime.now(UTC)
    tick.sleeps = True
    move = threading.Thread(target=clock.advance, args=[timedelta(days=3650)])
    move.start()
    wait_for(lambda: len(tick.times) > 2)
    clock.close()
    move.join(60)
    assert not move.is_alive()
    assert datetime.now(UTC) - before < LAST


def often(monkeypatch):
    every = timedelta(seconds=0.3)
    monkeypatch.setattr("local.clock.schedules", lambda _: [Schedule("TickFunction", every, {"b": 2})])


def test_a_schedule_fires_by_itself_first_after_one_period(start, tick, monkeypatch):
    often(monkeypatch)
    clock, begun = start(), time.monotonic()
    clock.start()
    wait_for(lambda: len(tick.times) >= 1)
    assert time.monotonic() - begun >= 0.3
    wait_for(lambda: len(tick.times) >= 3)
    assert time.monotonic() - begun >= 0.9
    clock.stop()
    fired = len(tick.times)
    time.sleep(0.5)
    assert len(tick.times) == fired
    assert tick.events[0] == {"b": 2}


def test_a_failure_is_one_line_and_the_schedule_goes_on(start, tick, monkeypatch, caplog):
    often(monkeypatch)
    clock = start()
    tick.failing = 2
    clock.start()
    wait_for(lambda: len(tick.times) >= 3)
    clock.stop()
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    for line in said:
        assert re.fullmatch(r"TickFunction failed at its time: RuntimeError at tick\.py:\d+", line)
    assert len(said) == 2
    assert "Traceback" not in caplog.text


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return written(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def running(project):
    with serving(root=project) as server:
        yield server


@pytest.fixture
def server(running):
    """The running server, in the real time."""
    yield running
    running.clock.reset()


def test_what_is_still_on_its_way_at_the_end_is_in_the_moved_time(project, monkeypatch):
    before, seen, close = datetime.now(UTC), [], Server.close

    def close_late(server):
        seen.append(datetime.now(UTC))
        close(server)

    monkeypatch.setattr(Server, "close", close_late)
    with serving(root=project) as server:
        server.clock.advance(timedelta(days=1), at_once=True)
    assert len(seen) > 1  # the last of them with everything else stopped
    assert min(seen) - before > timedelta(days=1)
    assert datetime.now(UTC) - before < LAST


def test_a_run_that_ends_as_soon_as_it_began_ends_in_order(project, monkeypatch):
    monkeypatch.setattr(Server, "server_activate", lambda _server: time.sleep(0.3))  # the last before its thread
    with serving(root=project) as server:
        pass
    assert not server.serve_thread.is_alive()


def advance(server, hours, **headers):
    return ask(server.url, "POST", "/_clock/advance", f"hours={hours}", headers)


def test_what_falls_due_on_the_way_has_happened_when_the_answer_comes(server):
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)  # as exact as a Date header
    item = {"id": {"S": "plaque"}, "due": {"S": due.isoformat()}}
    before = len(server.mailbox.messages())
    boto3.client("dynamodb").put_item(TableName="Items", Item=item)

    status, headers, text = advance(server, 24)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(text)["moved_hours"] == 24
    new = [message["subject"] for message in server.mailbox.messages()[before:]]
    assert new == ["About plaque"]

    advance(server, "49.5")
    [message] = server.mailbox.messages()[before + 1 :]
    sent = parsedate_to_datetime(message["headers"]["Date"])
    assert message["subject"] == "plaque is due"
    assert timedelta(0) <= sent - due < timedelta(hours=1)
    import hear

    [reported] = hear.heard
    assert abs(datetime.fromisoformat(reported) - sent) < LAST
    advance(server, 240)
    assert len(server.mailbox.messages()) == before + 2


def test_aws_lives_in_the_moved_time_too(server):
    answer = json.loads(advance(server, 1_000)[2])
    now = datetime.fromisoformat(answer["now"])
    assert answer["now"].endswith("+00:00")
    assert abs(datetime.now(UTC) - now) < LAST
    boto3.client("dynamodb").create_table(
        TableName="New",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    created = boto3.client("dynamodb").describe_table(TableName="New")["Table"]["CreationDateTime"]
    boto3.client("dynamodb").delete_table(TableName="New")
    assert abs(created - now) < LAST
    event = json.loads(ask(server.url, "GET", "/forms/echo")[2])["event"]
    assert abs(event["requestContext"]["timeEpoch"] / 1000 - now.timestamp()) < LAST.total_seconds()


def test_the_stream_is_played_in_the_background_after_a_move(server):
    advance(server, 1_000)
    before = len(server.mailbox.messages())
    assert ask(server.url, "POST", "/forms/keep", "id=after")[0] == 201
    wait_for(lambda: len(server.mailbox.messages()) == before + 1)


def test_a_browser_is_sent_to_the_page_and_a_program_gets_json(server):
    status, headers, _ = advance(server, 1, Accept="text/html,application/xhtml+xml")
    assert (status, headers["location"]) == (303, "/_clock/")
    status, headers, _ = ask(server.url, "POST", "/_clock/reset", headers={"Accept": "text/html"})
    assert (status, headers["location"]) == (303, "/_clock/")
    assert server.clock.ahead == timedelta(0)
    status, _, text = ask(server.url, "POST", "/_clock/reset")
    assert (status, json.loads(text)["moved_hours"]) == (200, 0)


@pytest.mark.parametrize(("hours", "moved"), [("1", 1), ("1.0", 1), (".5", 0.5), ("0.25", 0.25), ("00012", 12)])
def test_hours_come_in_the_query_or_in_a_form(hours, moved, server):
    assert json.loads(advance(server, hours)[2])["moved_hours"] == moved
    assert json.loads(ask(server.url, "POST", f"/_clock/advance?hours={hours}")[2])["moved_hours"] == moved
    assert server.clock.ahead == timedelta(hours=2 * moved)


def test_a_move_at_once_can_be_asked_for(server, monkeypatch):
    moves = []
    monkeypatch.setattr(server.clock, "advance", lambda by, at_once: moves.append((by, at_once)))
    for body in ("hours=1", "hours=1&at_once=yes", "hours=1&at_once=no"):
        assert ask(server.url, "POST", "/_clock/advance", body)[0] == 200
    assert moves == [(timedelta(hours=1), at_once) for at_once in (False, True, False)]


@pytest.mark.parametrize(
    "body",
    [
        *("", "hours=", "hours=0", "hours=0.0", "hours=-1", "hours=%2B1", "hours=x", "hours=nan", "hours=inf"),
        *("hours=1e3", "hours=30000.1", "hours=99999999999999999999", "hours=1&hours=2", "hours=1%202"),
        *("hours=%D9%A1", "hours=.", "days=1", "%FF"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(body, server):
    for path, content in (("/_clock/advance", body), (f"/_clock/advance?{body}", None)):
        status, _, text = ask(server.url, "POST", path, content)
        assert (status, text) == (400, "Say how far: hours=24, one number above 0 and at most 30000.\n")
    assert server.clock.ahead == timedelta(0)


def test_a_body_without_a_length_is_refused(server):
    assert ask(server.url, "POST", "/_clock/advance?hours=1", None, {"Transfer-Encoding": "chunked"})[0] == 411
    assert ask(server.url, "POST", "/_clock/advance?hours=1", None, {"Content-Length": "x"})[0] == 400


@pytest.mark.parametrize("path", ["/_clock/advance?hours=1", "/_clock/reset"])
def test_nothing_but_a_post_from_the_local_run_itself_moves_time(path, server):
    server.clock.advance(timedelta(hours=1))
    port = urlsplit(server.url).port
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert ask(server.url, method, path)[0] == 405
    neighbors = [f"http://127.0.0.1:{port + 1}", f"https://127.0.0.1:{port}", "http://127.0.0.1"]
    for origin in ("null", "https://example.org", *neighbors):
        status, _, text = ask(server.url, "POST", path, headers={"Origin": origin})
        assert (status, text) == (403, "Only the local run's own page may move its clock.\n")
    assert server.clock.ahead == timedelta(hours=1)
    for host in ("127.0.0.1", "localhost"):
        assert ask(server.url, "POST", path, headers={"Origin": f"http://{host}:{port}"})[0] == 200


@pytest.mark.parametrize("path", ["/_clock/nothing", "/_clock/advance/", "/_clock//"])
def test_what_is_not_there_is_not_found(path, server):
    assert ask(server.url, "GET", path)[0] == 404


def test_the_page_says_what_time_it_is_and_moves_it_without_breaking_the_policy(server, browser):
    with browser.new_context() as context:
        page, said = context.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{server.url}_mail/")
        page.get_by_role("link", name="clock").click()
        page.wait_for_selector("text=the real time.")
        assert page.get_by_role("button", name="Back").count() == 0
        assert [page.get_by_role("button", name=name).count() for name in ("1 hour", "4 hours", "2 weeks")] == [1, 1, 1]
        page.get_by_role("button", name="1 day forward").click()
        page.wait_for_selector("text=moved forward")
        shown = datetime.fromisoformat(page.locator("time").get_attribute("datetime"))
        assert abs(shown - datetime.now(UTC)) < LAST
        assert server.clock.ahead == timedelta(days=1)
        page.get_by_role("button", name="Back to the real time").click()
        page.wait_for_selector("text=the real time.")
        assert page.get_by_role("link", name="mailbox").get_attribute("href") == "/_mail/"
        assert page.get_by_role("link", name="the site").get_attribute("href") == "/"
    assert server.clock.ahead == timedelta(0)
    assert said == []


def test_the_page_has_the_headers_of_the_mailbox(server):
    clock, mail = (ask(server.url, "GET", path)[1] for path in ("/_clock/", "/_mail/"))
    assert clock["content-security-policy"] == f"{mail['content-security-policy']}; form-action 'self'"
    for name in ("content-type", "x-content-type-options", "cache-control"):
        assert clock[name] == mail[name]
    assert ask(server.url, "GET", "/_clock")[1]["location"] == "/_clock/"
    assert ask(server.url, "HEAD", "/_clock/")[::2] == (200, "")


class Run:
    """`python -m local` on a project and a folder of data, until it is stopped."""

    def __init__(self, project, data):
        command = [sys.executable, "-m", "local", "--port", "0", "--data", str(data)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, cwd=project, env=environment, **pipes)
        self.url = self.process.stdout.readline().strip().removeprefix("Serving on ")

    def messages(self):
        return json.loads(ask(self.url, "GET", "/_mail/messages.json")[2])

    def stop(self):
        """End it, and give its exit code and what it had to say."""
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said


def test_reloading_the_journal_and_a_restart_go_on_in_the_moved_time(tmp_path, browser):
    project, data = written(tmp_path / "project"), tmp_path / "data"
    first = Run(project, data)
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(first.url)
        page.wait_for_selector("text=Welcome")
        assert advance(first, 1_000)[0] == 200
        assert ask(first.url, "POST", "/forms/keep", "id=kept")[0] == 201
        wait_for(first.messages)
        (project / "docs" / "index.md").write_text("# Weeks later\n", "utf-8")
        page.wait_for_selector("text=Weeks later")
    sent = first.messages()
    code, said = first.stop()
    assert (code, "Traceback" in said) == (0, False)
    second = Run(project, data)
    now = json.loads(advance(second, 1)[2])["now"]
    assert datetime.fromisoformat(now) - datetime.now(UTC) >= timedelta(hours=1_001) - LAST
    assert second.messages() == sent
    assert ask(second.url, "POST", "/forms/keep", "id=kept")[0] == 200
    code, said = second.stop()
    assert (code, "Traceback" in said) == (0, False)
