"""The local run calls functions with the events that AWS publishes: the same members, of the same types."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from local.aws.api_gateway import Request, event_for
from local.aws.dynamodb_stream import Stream
from local.aws.ses_simulator import DOMAINS, events_of
from local.events import schedules, stream_mappings
from tests.support.samples import CONTACT

PUBLISHED = yaml.safe_load(Path(__file__).with_name("aws_events.yml").read_text("utf-8"))
REQUEST = {
    "FromEmailAddress": "forms@certification.example.org",
    "Destination": {"ToAddresses": [f"{name}@{DOMAINS[0]}" for name in ("success", "bounce", "complaint")]},
    "Content": {"Raw": {"Data": "RnJvbTogYUBleGFtcGxlLm9yZw0KDQo="}},
    "ConfigurationSetName": "set",
    "EmailTags": [{"Name": "slot", "Value": "receipt"}],
}


def unlike(event, members, path="event"):
    """Yield where an event has a member that is not published, or of another type."""
    match members:
        case dict() if isinstance(event, dict):
            yield from (f"{path}.{name}" for name in event.keys() - members.keys())
            for name in event.keys() & members.keys():
                yield from unlike(event[name], members[name], f"{path}.{name}")
        case [each] if isinstance(event, list):
            for number, one in enumerate(event):
                yield from unlike(one, each, f"{path}[{number}]")
        case "map" if isinstance(event, dict):
            return
        case _ if members != (None if event is None else type(event).__name__):
            yield f"{path} is {type(event).__name__}, not {members}"


@pytest.fixture
def streamed(template, post, monkeypatch):
    """What the stream hands over of a new submission."""
    handed = []
    monkeypatch.setattr("local.aws.dynamodb_stream.invoke", lambda *given: handed.append(given[-1]))
    stream = Stream(template, *stream_mappings(template))
    post("contact", CONTACT)
    stream.drain()
    return handed


def test_a_request_is_an_event_of_the_http_api(template):
    route = next(route for route in template.routes() if route.path == "/forms/{form}/received")
    request = Request("GET", "/forms/contact/received", "receipt=x", {"cookie": "a=b"}, b"body")
    assert list(unlike(event_for(request, None, None, route), PUBLISHED["HTTP API"]["members"])) == []


def test_a_new_item_is_an_event_of_the_stream(streamed):
    assert streamed
    assert [each for event in streamed for each in unlike(event, PUBLISHED["stream"]["members"])] == []


def test_what_ses_says_of_an_e_mail_is_an_event_of_the_bus():
    events = events_of(REQUEST, "id", datetime.now(UTC))
    assert {event["detail"]["eventType"] for event in events} == {"Send", "Delivery", "Bounce", "Complaint"}
    assert [each for event in events for each in unlike(event, PUBLISHED["report of SES"]["members"])] == []


def test_the_schedule_gives_no_input_so_it_calls_with_its_own_event_which_is_not_read(template, clock, office):
    from local.aws.lambda_runtime import invoke

    [schedule] = schedules(template)
    assert schedule.event == {}
    own = {name: [] if kind == ["str"] else "{}" for name, kind in PUBLISHED["schedule"]["members"].items()}
    assert invoke(template, schedule.function, own) is None


def test_a_member_that_aws_does_not_send_is_noticed():
    assert list(unlike({"version": 2, "new": 1}, PUBLISHED["HTTP API"]["members"])) == [
        "event.new",
        "event.version is int, not str",
    ]
