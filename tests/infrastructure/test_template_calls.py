"""template.yaml: who calls the functions besides visitors, and where a call goes that fails."""

from datetime import timedelta

import pytest

from forms.form import TRAP
from local.aws.dynamodb_stream import Stream
from local.aws.event_patterns import compiled
from local.events import rules, schedules, stream_mappings
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
    invoked = template.functions["FeedbackFunction"]["EventInvokeConfig"]
    queue = {"Fn::GetAtt": ["NotNoted", "Arn"]}
    assert invoked["DestinationConfig"] == {"OnFailure": {"Type": "SQS", "Destination": queue}}
    policy = template.resources("AWS::SQS::QueuePolicy")["NotNotedPolicy"]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert policy["Queues"] == [{"Ref": "NotNoted"}]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Allow", "sqs:SendMessage", queue)
