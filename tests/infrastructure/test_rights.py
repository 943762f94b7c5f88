"""Least privilege: what the policies in template.yaml allow is what the functions ask of AWS, no less and no more.

Every test fails where a function asks for more (see conftest.py). Here everything is asked for once, so that a right
which nobody uses is found.
"""

from datetime import date
from typing import Any

import pytest
from botocore.exceptions import ClientError

import promises
from local.aws import iam
from local.aws.lambda_runtime import invoke
from local.template import Template
from storage.outbox import Owed
from tests.support import iam_report
from tests.support.inbox import link_in
from tests.support.office import OFFICE, at_desk
from tests.support.samples import CONTACT, PLAQUE, TODAY, new_address
from tests.support.ses_errors import FINAL


@pytest.fixture
def each_in_its_own_process(stand_in, monkeypatch):
    """On Lambda no function has what another one fetched."""
    import keys

    monkeypatch.setattr(keys, "READ_AGAIN", 0)
    monkeypatch.setattr(keys, "identity", keys.identity.__wrapped__)


@pytest.fixture
def asked(each_in_its_own_process):
    """Everything that the functions ask for."""
    asked: list[Any] = []
    iam.listeners.append(asked.append)
    yield asked
    iam.listeners.remove(asked.append)


@pytest.fixture
def everything_done(asked, post, get, press, inbox, clock, report, table, template, ses_error):
    """Everything that visitors, staff, the stream, the clock and SES can cause."""
    import links
    from office import workflow
    from storage import submissions, subscribers

    clock.look()  # the morning's digest
    reader = new_address()
    post("announcements", {"email": reader})
    post("contact", CONTACT)
    post("plaque", PLAQUE | {"agency": "Another agency"})
    post("plaque", PLAQUE | {"agency": "Another agency", "zip": "96747"})  # may correct the one before
    inbox.deliver()
    post("contact", CONTACT | {"email": new_address()})
    ses_error(FINAL)
    inbox.deliver()
    ses_error(None)
    get(
        post("plaque", PLAQUE | {"announcements": "yes"}).headers["location"]
    )  # the stream does not bring it, so the clock does
    clock.forward(minutes=11)
    press(link_in(inbox.titled("Confirm")[0], "confirm"))
    certified = [item for item in table.items() if item["form"] == "plaque"]
    office = at_desk(template)
    office.sign_in(inbox)
    office.do(certified[0]["reference"], "mark")
    office.do(certified[2]["reference"], "close", reason="duplicate", of=certified[1]["reference"])
    office.do(certified[2]["reference"], "undo")
    office.get("/desk/certified")
    get("/certified/")
    office.get("/desk/find?q=agency")
    step = workflow.Step(OFFICE, promises.now())
    workflow.mark(submissions.get(certified[1]["reference"]), step)  # the desk broke off here, so the clock certifies
    clock.look()
    subscriber = Owed("SUBSCRIBERS_TABLE", subscribers.subscriber_id(reader), "receipt")
    for kind in ("Send", "Bounce"):
        report(kind, subscriber, address=reader, message_id="1", bounceType="Permanent")
    press(links.unsubscribe_link(reader))
    press(link_in(inbox.titled("Confirm")[0], "confirm"))  # an old link: is the address still subscribed?
    end = promises.valid_until(date.fromisoformat(PLAQUE["completed"]))
    clock.forward(days=(end - TODAY).days - 59)
    invitation = inbox.titled("Your certification ends")[0]
    press(link_in(invitation, "stop"))
    plaque, *_ = [item for item in table.items() if item["form"] == "plaque"]
    for owed in (
        Owed("SUBMISSIONS_TABLE", plaque["reference"], "receipt"),
        Owed("CERTIFICATIONS_TABLE", _certification(invitation), "invitation-60"),
        Owed("COUNTERS_TABLE", f"digest-{TODAY}", "digest"),
    ):
        for kind in ("Send", "Bounce"):
            report(kind, owed, address=PLAQUE["email"], message_id=owed.id, bounceType="Permanent")
    office.begin_session()
    page = office.get(f"/desk/{plaque['reference']}/person")
    office.press(page, "/desk/person/erase", confirm="yes", unfinished="yes")
    return asked


def _certification(invitation):
    import links

    return links.read("stop", link_in(invitation, "stop").partition("token=")[2], promises.now())


def test_every_right_is_used_and_nothing_else_is_asked_for(everything_done, template):
    granted = {(function, right) for function in template.functions for right in iam.of(template, function)}
    used = {(asked.function, asked.allowed_by) for asked in everything_done}
    assert sorted(map(str, granted - used)) == []
    assert used == granted
    iam_report.counted["Rights granted by template.yaml"] = len(granted)
    iam_report.counted["Rights granted and never used"] = len(granted - used)


FUNCTION = """
Resources:
  Notes: {Type: "AWS::DynamoDB::Table", Properties: {}}
  Writer:
    Type: AWS::Serverless::Function
    Properties:
      Handler: writer.handler
      CodeUri: functions
      Policies: %s
"""
WRITER = """
import boto3

def handler(event, context):
    getattr(boto3.client(event["service"]), event["operation"])(**event["request"])
"""
READ = '[{Statement: [{Effect: Allow, Action: "dynamodb:GetItem", Resource: !GetAtt Notes.Arn}]}]'
GET = {"TableName": "Notes", "Key": {"id": {"S": "x"}}}


@pytest.fixture
def writer(tmp_path, stand_in, monkeypatch):
    """Let a function with these policies call AWS; returns what becomes of it."""

    def writer(policies, service, operation, request):
        (tmp_path / "functions").mkdir(exist_ok=True)
        (tmp_path / "functions" / "writer.py").write_text(WRITER)
        (tmp_path / "template.yaml").write_text(FUNCTION % policies)
        monkeypatch.syspath_prepend(str(tmp_path / "functions"))
        template = Template(tmp_path / "template.yaml")
        with pytest.raises((ClientError, ValueError)) as error:
            invoke(template, "Writer", {"service": service, "operation": operation, "request": request})
        return error.value

    yield writer
    monkeypatch.delitem(__import__("sys").modules, "writer", raising=False)


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("delete_item", GET),
        ("get_item", GET | {"TableName": "Others"}),
        ("query", {"TableName": "Notes", "IndexName": "by_day", "KeyConditionExpression": "id = :id"}),
    ],
)
@pytest.mark.denies
def test_what_no_policy_allows_is_denied_as_iam_does(operation, request_, writer):
    error = writer(READ, "dynamodb", operation, request_)
    assert error.response["Error"]["Code"] == "AccessDeniedException"
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert "is not authorized to perform: dynamodb:" in str(error)


def test_what_a_policy_allows_reaches_the_service(writer):
    assert writer(READ, "dynamodb", "get_item", GET).response["Error"]["Code"] == "ResourceNotFoundException"


SEND = """[{Statement: [{Effect: Allow, Action: [%s], Resource: ["arn:aws:ses:us-east-1:123456789012:identity/*",
  "arn:aws:ses:us-east-1:123456789012:configuration-set/Sent"],
  Condition: {StringEquals: {"ses:FromAddress": "forms@example.org"}}}]}]"""
MESSAGE = {
    "FromEmailAddress": '"Forms" <forms@example.org>',
    "Content": {"Raw": {"Data": "Subject: x"}},
    "ConfigurationSetName": "Sent",
}


@pytest.mark.denies
@pytest.mark.parametrize(
    ("actions", "changed", "missing"),
    [
        ("ses:SendEmail", {}, "ses:SendRawEmail"),
        ("ses:SendRawEmail", {}, "ses:SendEmail"),
        ("ses:SendEmail, ses:SendRawEmail", {"FromEmailAddress": "other@example.org"}, "identity/other@example.org"),
        ("ses:SendEmail, ses:SendRawEmail", {"ConfigurationSetName": "Other"}, "configuration-set/Other"),
    ],
)
def test_a_raw_e_mail_needs_both_rights_its_sender_and_its_configuration_set(actions, changed, missing, writer):
    error = writer(SEND % actions, "sesv2", "send_email", MESSAGE | changed)
    assert error.response["Error"]["Code"] == "AccessDeniedException"
    assert missing in str(error)


@pytest.mark.parametrize(
    "policies",
    [
        '[{Statement: [{Effect: Allow, Action: "dynamodb:*", Resource: !GetAtt Notes.Arn}]}]',
        '[{Statement: [{Effect: Allow, Action: "dynamodb:GetItem", Resource: "*"}]}]',
        '[{Statement: [{Effect: Allow, Action: "ses:SendEmail", Resource: "arn:aws:ses:::identity/*"}]}]',
        '[{Statement: [{Effect: Deny, Action: "dynamodb:GetItem", Resource: !GetAtt Notes.Arn}]}]',
        '[{Statement: [{Effect: Allow, NotAction: "dynamodb:GetItem", Resource: !GetAtt Notes.Arn}]}]',
        "[AmazonDynamoDBFullAccess]",
        "[{DynamoDBCrudPolicy: {TableName: !Ref Notes}}]",
    ],
)
def test_a_policy_that_is_too_wide_or_not_played_here_is_refused(policies, writer):
    assert isinstance(writer(policies, "dynamodb", "get_item", GET), ValueError)


def test_a_call_whose_rights_are_not_known_is_refused(writer):
    assert "does not know what rights" in str(writer(READ, "dynamodb", "list_tables", {}))


def test_calls_outside_of_functions_are_nobodys(stand_in, asked):
    import boto3

    boto3.client("dynamodb").list_tables()
    assert asked == []
