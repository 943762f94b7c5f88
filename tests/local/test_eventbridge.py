"""What SES reports of e-mail in the local run, and which functions hear of it."""

import json
import re
from typing import Any

import boto3
import pytest

from local.aws.eventbridge import Reports
from local.aws.lambda_runtime import forget, invoke
from local.aws.stand_in import StandIn
from local.template import Template
from tests.support.local_project import TEMPLATE, write_project
from tests.support.run import wait_for

MORE = """
  HearFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: hear.handler
      Events:
        All:
          Type: EventBridgeRule
          Properties:
            Pattern: {source: [aws.ses]}
            DeadLetterConfig: {Arn: !GetAtt NotTold.Arn}
  MindFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: mind.handler
      Events:
        Complaints:
          Type: EventBridgeRule
          Properties:
            Pattern: {source: [aws.ses], detail: {eventType: [Complaint], mail: {tags: {kind: [receipt]}}}}
            RetryPolicy: {MaximumRetryAttempts: 0}
  Letters: {Type: AWS::SES::ConfigurationSet}
  Bus:
    Type: AWS::SES::ConfigurationSetEventDestination
    Properties:
      ConfigurationSetName: !Ref Letters
      EventDestination:
        Enabled: true
        MatchingEventTypes: [SEND, DELIVERY, BOUNCE, COMPLAINT]
        EventBridgeDestination: {EventBusArn: !Sub "arn:aws:events:us-east-1:${AWS::AccountId}:event-bus/default"}
  Bad: {Type: AWS::SES::ConfigurationSet, Properties: {Name: bad-news}}
  BadBus:
    Type: AWS::SES::ConfigurationSetEventDestination
    Properties:
      ConfigurationSetName: !Ref Bad
      EventDestination:
        Enabled: true
        MatchingEventTypes: [BOUNCE]
        EventBridgeDestination: {EventBusArn: !Sub "arn:aws:events:us-east-1:${AWS::AccountId}:event-bus/default"}
  Silent: {Type: AWS::SES::ConfigurationSet}
"""

HEAR = '''
calls = []
fails = 0

def handler(event, context):
    """Notes the event; the first `fails` calls fail."""
    global fails
    calls.append(event)
    if fails:
        fails -= 1
        raise RuntimeError("as asked")
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = write_project(tmp_path_factory.mktemp("project"))
    (project / "template.yaml").write_text(TEMPLATE + MORE, "utf-8")
    for name in ("hear", "mind"):
        (project / "functions" / f"{name}.py").write_text(HEAR, "utf-8")
    return project


@pytest.fixture(scope="module")
def cloud(project):
    template = Template(project / "template.yaml")
    cloud = StandIn(template, account="600000000002")
    yield cloud
    cloud.close()
    forget(template)


@pytest.fixture
def reports(project, cloud):
    reports = Reports(Template(project / "template.yaml"))
    cloud.on_mail(reports.note)
    return reports


@pytest.fixture
def functions(project, cloud):
    """The modules of the functions, which have heard of nothing yet."""
    template = Template(project / "template.yaml")
    for function in ("HearFunction", "MindFunction"):
        invoke(template, function, {})
    import hear
    import mind

    for module in (hear, mind):
        module.calls.clear()
        module.fails = 0
    return hear, mind


def send(*to, configuration_set="Letters", **more):
    headers = b"From: The Office <forms@example.org>\r\nTo: x@example.gov\r\nCc: y@example.gov\r\nSubject: Hello\r\n"
    named: Any = {"ConfigurationSetName": configuration_set} if configuration_set else {}
    content: Any = {"Raw": {"Data": headers + b"\r\nText"}}
    given: Any = {"Destination": {"ToAddresses": list(to)}} if to else {}
    return boto3.client("sesv2").send_email(Content=content, **given, **named, **more)["MessageId"]


def heard(module):
    return [event["detail"]["eventType"] for event in module.calls]


def letters():
    queue = boto3.client("sqs")
    url = queue.get_queue_url(QueueName="NotTold")["QueueUrl"]
    messages = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


@pytest.mark.parametrize(
    ("address", "kinds", "subtype"),
    [
        ("anyone@example.gov", ["Send", "Delivery"], None),
        ("bounce@example.gov", ["Send", "Delivery"], None),
        ("success@simulator.amazonses.com", ["Send", "Delivery"], None),
        ("ooto@simulator.amazonses.com", ["Send", "Delivery"], None),
        ("bounce@simulator.amazonses.com", ["Send", "Bounce"], "General"),
        ("Bounce+K7M2@Simulator.amazonses.com", ["Send", "Bounce"], "General"),
        ("An Agency <bounce@simulator.example.gov>", ["Send", "Bounce"], "General"),
        ("suppressionlist@simulator.example.gov", ["Send", "Bounce"], "Suppressed"),
        ("complaint@simulator.example.gov", ["Send", "Delivery", "Complaint"], None),
        ("complaint+a@simulator.amazonses.com", ["Send", "Delivery", "Complaint"], None),
    ],
)
def test_the_address_decides_what_becomes_of_an_e_mail(address, kinds, subtype, reports, functions):
    send(address)
    reports.drain()
    assert heard(functions[0]) == kinds
    bounces = [event["detail"]["bounce"] for event in functions[0].calls if "bounce" in event["detail"]]
    assert [(each["bounceType"], each["bounceSubType"]) for each in bounces] == (
        [("Permanent", subtype)] if subtype else []
    )


def test_an_event_has_the_shape_that_aws_documents(reports, functions):
    tags = [{"Name": "kind", "Value": "receipt"}]
    message_id = send("bounce@simulator.example.gov", FromEmailAddress="forms@example.org", EmailTags=tags)
    reports.drain()
    sent, bounced = functions[0].calls
    assert sent["detail"]["send"] == {}
    assert (sent["detail-type"], sent["detail"]["eventType"]) == ("Email Sent", "Send")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bounced.pop("time"))
    assert bounced.pop("id") != sent["id"]
    detail = bounced.pop("detail")
    assert bounced == {
        "version": "0",
        "detail-type": "Email Bounced",
        "source": "aws.ses",
        "account": "123456789012",
        "region": "us-east-1",
        "resources": ["arn:aws:ses:us-east-1:123456789012:configuration-set/Letters"],
    }
    moment = detail["mail"].pop("timestamp")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment)
    assert detail["bounce"].pop("feedbackId")
    assert detail == {
        "eventType": "Bounce",
        "mail": {
            "source": "forms@example.org",
            "sourceArn": "arn:aws:ses:us-east-1:123456789012:identity/forms@example.org",
            "sendingAccountId": "123456789012",
            "messageId": message_id,
            "destination": ["bounce@simulator.example.gov"],
            "headersTruncated": False,
            "headers": [
                {"name": "From", "value": "The Office <forms@example.org>"},
                {"name": "To", "value": "x@example.gov"},
                {"name": "Cc", "value": "y@example.gov"},
                {"name": "Subject", "value": "Hello"},
            ],
            "commonHeaders": {
                "from": ["The Office <forms@example.org>"],
                "to": ["x@example.gov"],
                "messageId": message_id,
                "subject": "Hello",
            },
            "tags": {"kind": ["receipt"], "ses:configuration-set": ["Letters"]},
        },
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {
                    "emailAddress": "bounce@simulator.example.gov",
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }
            ],
            "timestamp": moment,
            "reportingMTA": "dns; smtp.example.org",
        },
    }


def test_addresses_of_one_e_mail_have_fates_of_their_own(reports, functions):
    send("a@example.gov", "bounce@simulator.example.gov", "complaint@simulator.example.gov")
    reports.drain()
    assert heard(functions[0]) == ["Send", "Delivery", "Bounce", "Complaint"]
    _, delivered, bounced, complained = (event["detail"] for event in functions[0].calls)
    assert delivered["delivery"]["recipients"] == ["a@example.gov", "complaint@simulator.example.gov"]
    assert [each["emailAddress"] for each in bounced["bounce"]["bouncedRecipients"]] == ["bounce@simulator.example.gov"]
    [who] = complained["complaint"]["complainedRecipients"]
    assert who == {"emailAddress": "complaint@simulator.example.gov"}
    assert len(delivered["mail"]["destination"]) == 3


def test_without_a_destination_the_headers_say_whom_an_e_mail_is_for(reports, functions):
    send()
    reports.drain()
    assert functions[0].calls[0]["detail"]["mail"]["destination"] == ["x@example.gov", "y@example.gov"]
    assert functions[0].calls[0]["detail"]["mail"]["source"] == "The Office <forms@example.org>"


def test_only_what_a_configuration_set_publishes_is_reported(reports, functions):
    for configuration_set in (None, "Silent", "Unknown", "bad-news"):
        send("a@example.gov", "bounce@simulator.example.gov", configuration_set=configuration_set)
    reports.drain()
    assert heard(functions[0]) == ["Bounce"]


def test_the_configuration_sets_of_the_template_are_there(cloud):
    sets = boto3.client("sesv2").list_configuration_sets()["ConfigurationSets"]
    assert sorted(sets) == ["Letters", "Silent", "bad-news"]


def test_a_function_hears_of_what_its_pattern_lets_through(reports, functions):
    send("complaint@simulator.example.gov")
    send("complaint@simulator.example.gov", EmailTags=[{"Name": "kind", "Value": "staff"}])
    send("complaint@simulator.example.gov", EmailTags=[{"Name": "kind", "Value": "receipt"}])
    reports.drain()
    assert heard(functions[1]) == ["Complaint"]
    assert functions[1].calls[0]["detail"]["mail"]["tags"]["kind"] == ["receipt"]


def test_a_function_that_fails_is_called_again_twice(reports, functions, caplog):
    functions[0].fails = 2
    send("a@example.gov")
    reports.drain()
    assert heard(functions[0]) == ["Send", "Send", "Send", "Delivery"]
    assert len({event["id"] for event in functions[0].calls}) == 2
    assert caplog.text.count("HearFunction failed") == 2
    assert letters() == []


def test_what_a_function_never_takes_goes_to_its_failure_queue(reports, functions, caplog):
    functions[0].fails = 3
    send("a@example.gov")
    reports.drain()
    assert heard(functions[0]) == ["Send", "Send", "Send", "Delivery"]
    assert letters() == [functions[0].calls[0]]
    assert "Email Sent given up, tried 3 times: HearFunction" in caplog.text


def test_the_template_says_how_often_to_try_and_without_a_queue_an_event_is_gone(reports, functions):
    functions[1].fails = 1
    send("complaint@simulator.example.gov", EmailTags=[{"Name": "kind", "Value": "receipt"}])
    reports.drain()
    assert heard(functions[1]) == ["Complaint"]
    assert letters() == []


def test_events_come_by_themselves_in_the_order_of_sending_after_ses_has_answered(reports, functions):
    ids = [send("a@example.gov") for _ in range(5)]
    assert functions[0].calls == []
    reports.start()
    ids += [send("a@example.gov") for _ in range(5)]
    reports.stop()
    events = [(event["detail"]["mail"]["messageId"], event["detail"]["eventType"]) for event in functions[0].calls]
    assert events == [(message_id, kind) for message_id in ids for kind in ("Send", "Delivery")]


def test_a_failure_queue_that_is_gone_does_not_end_the_playing(reports, functions, monkeypatch, caplog):
    functions[0].fails = 3
    with monkeypatch.context() as broken:
        broken.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        reports.start()
        reports.note({"ConfigurationSetName": "bad-news", "Content": {}, **bounced()}, "1")
        wait_for(lambda: "failure queue cannot be reached" in caplog.text)
    send("bounce@simulator.example.gov", configuration_set="bad-news")
    wait_for(lambda: len(functions[0].calls) == 4)
    reports.stop()


def bounced():
    return {"Destination": {"ToAddresses": ["bounce@simulator.example.gov"]}}


def test_a_restart_reports_nothing_again(project, functions, tmp_path):
    template = Template(project / "template.yaml")
    for account, sends in (("600000000003", 1), ("600000000004", 0)):
        cloud = StandIn(template, tmp_path, account=account)
        reports = Reports(template)
        cloud.on_mail(reports.note)
        for _ in range(sends):
            send("a@example.gov")
        reports.drain()
        assert len(cloud.sent_mail()) == 1
        cloud.close()
    assert heard(functions[0]) == ["Send", "Delivery"]
