"""template.yaml: who calls the functions besides visitors, and where a call goes that fails."""

from datetime import timedelta
from typing import Any

import boto3
import pytest

from forms.form import TRAP
from local.aws.dynamodb_stream import Stream
from local.aws.event_patterns import compiled
from local.events import rules, schedules, stream_mappings
from storage import submissions
from tests.support.office import OFFICE
from tests.support.samples import PLAQUE, new_address


def test_the_stream_calls_the_notifier_for_new_and_released_submissions(template):
    [mapping] = stream_mappings(template)
    assert (mapping.table, mapping.function, mapping.queue) == ("Submissions", "NotifyFunction", "NotMailed")
    assert [pattern["eventName"] for pattern in mapping.patterns] == [["INSERT"], ["MODIFY"]]


def test_what_the_stream_cannot_deliver_holds_up_nobody_and_is_tried_for_a_day(template):
    [(_, event)] = template.events("DynamoDB")
    assert event["StartingPosition"] == "TRIM_HORIZON"
    assert event["MaximumRecordAgeInSeconds"] == 24 * 3600
    assert event["MaximumRetryAttempts"] == 50
    [mapping] = stream_mappings(template)
    assert mapping.bisects
    assert mapping.reports_failures


def test_the_stream_brings_a_release_by_its_change_alone(post, office, table, inbox):
    stream = Stream(inbox.template, inbox.mapping)  # goes on where it was, so the first record does not come again
    post("plaque", PLAQUE | {TRAP: "x", "email": new_address()})
    stream.drain()
    assert inbox.receipts() == []
    office.do(table.items()[0]["reference"], "release")
    stream.drain()
    assert len(inbox.receipts()) == 1


def test_the_clock_ticks_every_five_minutes_and_its_failures_are_kept(template):
    [schedule] = schedules(template)
    assert (schedule.function, schedule.every) == ("RemindFunction", timedelta(minutes=5))
    [(_, event)] = template.events("ScheduleV2")
    assert event["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["NotLooked", "Arn"]}}
    assert event["RetryPolicy"] == {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 300}  # the next one comes
    assert event["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert template.functions["RemindFunction"]["EventInvokeConfig"] == {"MaximumRetryAttempts": 0}


@pytest.mark.parametrize("of_our_set", [True, False])
def test_what_ses_reports_of_our_own_e_mail_and_nothing_else_is_noted(of_our_set, template):
    [rule] = rules(template)
    name = template.environment()["CONFIGURATION_SET"] if of_our_set else "another"
    event = {"source": "aws.ses", "detail": {"mail": {"tags": {"ses:configuration-set": [name]}}}}
    assert rule.function == "FeedbackFunction"
    assert compiled(rule.pattern)(event) is of_our_set


def test_a_report_that_cannot_be_noted_is_kept(template):
    [rule] = rules(template)
    assert (rule.queue, rule.retries) == ("NotNoted", 20)
    [(_, event)] = template.events("EventBridgeRule")
    assert event["RetryPolicy"]["MaximumEventAgeInSeconds"] == 24 * 3600  # EventBridge takes no more
    invoked = template.functions["FeedbackFunction"]["EventInvokeConfig"]
    queue = {"Fn::GetAtt": ["NotNoted", "Arn"]}
    assert invoked["DestinationConfig"] == {"OnFailure": {"Type": "SQS", "Destination": queue}}
    policy = template.resources("AWS::SQS::QueuePolicy")["NotNotedPolicy"]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert policy["Queues"] == [{"Ref": "NotNoted"}]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Allow", "sqs:SendMessage", queue)
    source = {"Fn::GetAtt": ["FeedbackFunctionReports", "Arn"]}  # the account is no condition that EventBridge meets
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": source}}


NOT_LISTED = {"mail", "history", "counted", "confirmed_at", "steps"}
"""What is in the table alone. `mail` changes with each e-mail, and the index would be written again."""
STEP = {"at": "2026-01-05T15:00:00+00:00", "by": OFFICE}


def test_what_is_listed_of_a_submission_is_what_is_stored(post, table):
    """The index `work` holds copies of some attributes; what it lacks, the desk and the digest take for empty."""
    post("plaque", PLAQUE | {"email": new_address()})
    [item] = table.items()
    may_have: dict[str, Any] = dict.fromkeys(("taken", "done", "closed", "released"), STEP)
    may_have |= {"held": "a link", "certification": "another", "erased_at": STEP["at"]}
    boto3.resource("dynamodb").Table(table.name).put_item(Item=item | may_have)
    stored = submissions.get(item["reference"])
    [listed] = submissions.in_stage("plaque", "open")
    for name in set(stored._fields) - NOT_LISTED:
        assert getattr(listed, name) == getattr(stored, name), name
        assert getattr(stored, name), name
