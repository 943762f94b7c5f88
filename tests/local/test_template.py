"""What the local run reads in a template, and what it refuses to play."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from local.events import Rule, Schedule, reported_by_ses, rules, schedules, stream_mappings
from local.template import ErrorPage, Route, Template
from tests.support.local_project import TEMPLATE

ROOT = Path(__file__).parents[2]

MORE = """
  LookFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: look.handler
      Events:
        Often: {Type: ScheduleV2, Properties: {ScheduleExpression: "rate(5 minutes)", Input: '{"a": [1]}', Name: often}}
        Daily:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: rate(1 day)
            Description: Once a day
            FlexibleTimeWindow: {Mode: "OFF"}
            State: ENABLED
            RetryPolicy: {MaximumRetryAttempts: 2}
            DeadLetterConfig: {Arn: !GetAtt NotTold.Arn}
        Never: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(2 hours), State: DISABLED}}
  HearFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: hear.handler
      Events:
        All: {Type: EventBridgeRule, Properties: {Pattern: {source: [aws.ses]}}}
        Ours:
          Type: EventBridgeRule
          Properties:
            RuleName: ours
            Pattern: {source: [aws.ses], detail: {mail: {tags: {"ses:configuration-set": [!Ref Letters]}}}}
            RetryPolicy: {MaximumRetryAttempts: 0}
            DeadLetterConfig: {Arn: !GetAtt NotTold.Arn}
  Letters: {Type: AWS::SES::ConfigurationSet}
  Quiet: {Type: AWS::SES::ConfigurationSet, Properties: {Name: quiet-letters}}
  Bus:
    Type: AWS::SES::ConfigurationSetEventDestination
    Properties:
      ConfigurationSetName: !Ref Letters
      EventDestination:
        Enabled: true
        MatchingEventTypes: [SEND, bounce]
        EventBridgeDestination:
          EventBusArn: !Sub arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default
  Off:
    Type: AWS::SES::ConfigurationSetEventDestination
    Properties:
      ConfigurationSetName: !Ref Quiet
      EventDestination: {Enabled: false, MatchingEventTypes: [SEND], EventBridgeDestination: {EventBusArn: x}}
  Topic:
    Type: AWS::SES::ConfigurationSetEventDestination
    Properties:
      ConfigurationSetName: !Ref Quiet
      EventDestination: {Enabled: true, MatchingEventTypes: [SEND], SnsDestination: {TopicARN: x}}
"""


@pytest.fixture
def template(tmp_path):
    """The sample template; `template(change)` gives it with something replaced."""

    def template(*change: str, **parameters: str) -> Template:
        file = tmp_path / "template.yaml"
        text = TEMPLATE + MORE
        if change:
            assert text.count(change[0]) == 1
            text = text.replace(change[0], change[1])
        file.write_text(text, "utf-8")
        return Template(file, **parameters)

    return template


def resolved(template, written: str, conditions: str = "{}"):
    """A value of the template, written in YAML."""
    return template("SITE_URL: !Ref SiteUrl", f"SITE_URL: {written}").environment()["SITE_URL"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("plain", "plain"),
        ("5", "5"),
        ("!Ref SiteUrl", "https://example.org"),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Ref Items", "Items"),
        ("!Ref NotTold", "https://sqs.us-east-1.amazonaws.com/123456789012/NotTold"),
        ("!GetAtt Items.Arn", "arn:aws:dynamodb:us-east-1:123456789012:table/Items"),
        ("!GetAtt NotTold.QueueName", "NotTold"),
        (
            "!Sub ${SiteUrl}/${Items.Arn}/${!Left}",
            "https://example.org/arn:aws:dynamodb:us-east-1:123456789012:table/Items/${Left}",
        ),
        ('!Sub ["${Name} at ${SiteUrl}", {Name: !Ref Items}]', "Items at https://example.org"),
        ('!Join [",", !Ref StaffAddresses]', "one@example.org,two@example.org"),
        ('!Join ["-", [a, !Ref Items, !Ref AWS::NoValue]]', "a-Items"),
    ],
)
def test_references_are_resolved(written, value, template):
    assert resolved(template, written) == value


@pytest.mark.parametrize(
    "written",
    [
        "!Ref Nothing",
        "!Ref Distribution",
        "!GetAtt Items.Color",
        "!GetAtt Nothing.Arn",
        "!Select [a, [b]]",
        "!Sub '${Nothing}'",
    ],
)
def test_a_reference_that_is_not_played_is_refused(written, template):
    with pytest.raises(ValueError, match=r"local run|no parameter or resource"):
        resolved(template, written)


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("!Equals [!Ref SiteUrl, https://example.org]", "yes"),
        ("!Not [!Equals [!Ref SiteUrl, https://example.org]]", "no"),
        ("!And [!Equals [a, a], !Equals [a, b]]", "no"),
        ("!Or [!Equals [a, b], !Condition Same]", "yes"),
    ],
)
def test_conditions_decide(condition, value, tmp_path):
    file = tmp_path / "template.yaml"
    conditions = f"Conditions: {{Same: !Equals [a, a], Asked: {condition}}}\nResources:"
    text = TEMPLATE.replace("SITE_URL: !Ref SiteUrl", 'SITE_URL: !If [Asked, "yes", "no"]').replace(
        "Resources:", conditions, 1
    )
    file.write_text(text, "utf-8")
    assert Template(file).environment()["SITE_URL"] == value


def test_parameters_may_be_given(template):
    assert template(SiteUrl="http://127.0.0.1:1").environment()["SITE_URL"] == "http://127.0.0.1:1"


def test_an_unknown_parameter_and_a_missing_one_are_refused(template):
    with pytest.raises(ValueError, match="no parameter SiteUrI"):
        template(SiteUrI="x")
    with pytest.raises(ValueError, match="no default for SiteUrl"):
        template("SiteUrl: {Type: String, Default: https://example.org}", "SiteUrl: {Type: String}")


def test_functions_that_share_a_process_must_agree_on_their_environment(template):
    own = "Handler: echo.handler\n      Environment: {Variables: {%s: other}}"
    assert template("Handler: echo.handler", own % "OWN").environment()["OWN"] == "other"
    with pytest.raises(ValueError, match="KeepFunction wants SITE_URL"):
        template("Handler: echo.handler", own % "SITE_URL").environment()


def test_routes_name_the_function_behind_them(template):
    assert template().routes() == [
        Route("GET", "/forms/echo", "EchoFunction"),
        Route("POST", "/forms/echo", "EchoFunction"),
        Route("POST", "/forms/keep", "KeepFunction"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        ("Path: /forms/keep, Method: POST", "Path: /forms/keep, Method: ANY"),
        ("Path: /forms/keep", "Path: '/forms/{all+}/keep'"),
        ("Path: /forms/keep", "Path: '/forms/keep-{what}'"),
        ("Path: /forms/keep", "Path: '/forms/{}'"),
        ("Path: /forms/keep", "Path: /forms/keep/"),
    ],
)
def test_a_route_that_is_not_played_is_refused(change, template):
    with pytest.raises(ValueError, match="does not play the route"):
        template(*change).routes()


@pytest.mark.parametrize(
    ("route", "path", "parameters"),
    [
        ("/forms/{form}", "/forms/contact", {"form": "contact"}),
        ("/forms/{form}", "/forms/b%C3%BCro", {"form": "büro"}),
        ("/forms/{form}/received", "/forms/contact/received", {"form": "contact"}),
        ("/desk/{below+}", "/desk/K7M2P9QRTX/take", {"below": "K7M2P9QRTX/take"}),
        ("/forms/contact", "/forms/contact", {}),
        ("/forms/{form}", "/forms/", None),
        ("/forms/{form}", "/forms/contact/", None),
        ("/forms/{form}", "/forms/contact/received", None),
        ("/desk/{below+}", "/desk/", {"below": ""}),
        ("/desk/{below+}", "/desk", None),
        ("/a.b", "/axb", None),
    ],
)
def test_a_parameter_stands_for_one_segment_or_for_all_that_follow(route, path, parameters):
    assert Route("GET", route, "F").parameters(path) == parameters


def test_an_event_that_is_not_played_is_refused(template):
    with pytest.raises(ValueError, match="events of type Schedule"):
        template(
            "Post: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /forms/keep",
            "Post: {Type: Schedule, Properties: {X: y",
        ).routes()


def test_a_stream_mapping_is_read_in_full(template):
    [mapping] = stream_mappings(template())
    assert (mapping.table, mapping.function, mapping.queue) == ("Items", "TellFunction", "NotTold")
    assert (mapping.batch_size, mapping.retries, mapping.bisects, mapping.reports_failures) == (4, 2, True, True)
    assert mapping.patterns == ({"eventName": ["INSERT"]},)


@pytest.mark.parametrize(
    "change",
    [
        ("            MaximumRetryAttempts: 2\n", ""),
        ("BatchSize: 4", "BatchSize: 4\n            TumblingWindowInSeconds: 5"),
        ("Stream: !GetAtt Items.StreamArn", "Stream: arn:aws:dynamodb"),
    ],
)
def test_a_stream_mapping_that_is_not_played_is_refused(change, template):
    with pytest.raises(ValueError, match=r"MaximumRetryAttempts|does not play|expects"):
        stream_mappings(template(*change))


def test_schedules_are_read_without_those_that_are_switched_off(template):
    assert schedules(template()) == [
        Schedule("LookFunction", timedelta(minutes=5), {"a": [1]}),
        Schedule("LookFunction", timedelta(days=1), {}),
    ]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("rate(5 minutes)", "cron(0 9 * * ? *)"), r"cron\(0 9"),
        (("rate(5 minutes)", "rate(0 minutes)"), r"rate\(0 minutes\)"),
        (("rate(5 minutes)", "rate(5 weeks)"), "weeks"),
        (("rate(2 hours)", "at(2027-01-01T00:00:00)"), r"at\(2027"),
        (('Mode: "OFF"', "Mode: FLEXIBLE, MaximumWindowInMinutes: 5"), "FlexibleTimeWindow"),
        (("Name: often", "ScheduleExpressionTimezone: UTC"), "ScheduleExpressionTimezone"),
        (("State: ENABLED", "State: PAUSED"), "PAUSED"),
        (("'{\"a\": [1]}'", "nothing"), "Input"),
        (("'{\"a\": [1]}'", "{a: 1}"), "Input"),
    ],
)
def test_a_schedule_that_is_not_played_is_refused_by_name(change, named, template):
    with pytest.raises(ValueError, match=f"^LookFunction: .*{named}"):
        schedules(template(*change))


def test_rules_and_what_ses_reports_are_read(template):
    ours = {"source": ["aws.ses"], "detail": {"mail": {"tags": {"ses:configuration-set": ["Letters"]}}}}
    assert rules(template()) == [
        Rule("HearFunction", {"source": ["aws.ses"]}, 2, None),
        Rule("HearFunction", ours, 0, "NotTold"),
    ]
    assert reported_by_ses(template()) == {"Letters": {"SEND", "BOUNCE"}}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("{Pattern: {source: [aws.ses]}}", "{Pattern: {source: [aws.s3]}}"), "HearFunction: .*aws.s3"),
        (("RuleName: ours", "InputPath: $.detail"), "HearFunction: .*InputPath"),
        (("Arn: !GetAtt NotTold.Arn}\n  Letters", "Type: SQS}\n  Letters"), "GetAtt"),
    ],
)
def test_a_rule_that_is_not_played_is_refused(change, named, template):
    with pytest.raises(ValueError, match=named):
        rules(template(*change))


def test_response_headers_are_those_of_the_policy_without_hsts(template):
    assert template().response_headers() == [
        ("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'"),
        ("X-Content-Type-Options", "nosniff"),
        ("Permissions-Policy", "camera=()"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        ("ContentTypeOptions: {Override: true}", "XSSProtection: {Override: true}"),
        ("ContentTypeOptions: {Override: true}", "ContentTypeOptions: {Override: false}"),
    ],
)
def test_a_response_header_that_is_not_played_is_refused(change, template):
    with pytest.raises(ValueError, match="response header"):
        template(*change).response_headers()


def test_error_pages_are_those_of_the_distribution(template):
    assert template().error_pages() == {403: ErrorPage(404, "/404.html"), 404: ErrorPage(404, "/404.html")}


def test_the_template_of_this_project_can_be_played():
    template = Template(ROOT / "template.yaml", SiteUrl="http://127.0.0.1:8000")
    assert template.environment()["SITE_URL"] == "http://127.0.0.1:8000"
    assert {route.path.split("/")[1] for route in template.routes()} == {"forms", "desk", "certified"}
    assert stream_mappings(template)
    assert "Content-Security-Policy" in dict(template.response_headers())


def test_reading_templates_leaves_other_yaml_alone():
    with pytest.raises(yaml.YAMLError):
        yaml.safe_load("a: !Unknown b")
