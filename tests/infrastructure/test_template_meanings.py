"""template.yaml: what a value means. The golden copy notices every change, and says of none what it does."""

import re
from pathlib import Path

import pytest
import yaml

import telemetry
from local.template import Loader, Template
from storage.outbox import CLAIM_LASTS

FILE = Path(__file__).parents[2] / "template.yaml"
CONDITIONS = {
    "HasDomain": ("DomainName", "www.example.gov", True),
    "HasFirewall": ("Firewall", "on", True),
    "LimitsConcurrency": ("ReservedConcurrency", "10", True),
    "MakesSenderIdentity": ("SenderIdentity", "exists", False),
}
"""By condition: a parameter, a value that is not its default, and whether the condition holds with it."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.fixture(scope="module")
def raw():
    return yaml.load(FILE.read_text("utf-8"), Loader)


@pytest.fixture(scope="module")
def alarms(template):
    """The properties of each alarm, by logical id."""
    return template.resources("AWS::CloudWatch::Alarm")


def test_each_condition_holds_where_its_parameter_says_so_and_only_there(raw):
    assert raw["Conditions"].keys() == CONDITIONS.keys()
    for condition, (parameter, value, holds) in CONDITIONS.items():
        either = Template(FILE), Template(FILE, **{parameter: value})
        decided = [each.resolve({"Fn::If": [condition, True, False]}) for each in either]
        assert decided == [not holds, holds], condition


def test_what_may_be_there_already_or_costs_by_the_month_is_made_on_a_condition(raw):
    conditional = {name: each["Condition"] for name, each in raw["Resources"].items() if "Condition" in each}
    assert conditional == {"WebAcl": "HasFirewall", "SenderDomain": "MakesSenderIdentity"}


def test_every_parameter_that_is_a_choice_has_both_sides(raw):
    choices = {name: set(each["AllowedValues"]) for name, each in raw["Parameters"].items() if "AllowedValues" in each}
    sides = {"SenderIdentity": {"make", "exists"}, "Firewall": {"on", "off"}, "OfficeHolidays": {"federal", "none"}}
    assert choices == sides


def test_every_parameter_is_used():
    _, _, below = FILE.read_text("utf-8").partition("\nConditions:\n")
    for parameter in Template(FILE).declared_parameters:
        assert re.search(rf"!Ref {parameter}\b|\$\{{{parameter}\}}", below), parameter


def test_every_function_has_the_offices_own_settings(raw):
    """Under the name of the parameter: StaffAddresses is STAFF_ADDRESSES."""
    variables = raw["Globals"]["Function"]["Environment"]["Variables"]
    for name in ("TimeZone", "SiteUrl", "SenderAddress", "SenderMailPerDay", "InvitationDays", "StaffAddresses"):
        variable = re.sub("(?<!^)([A-Z])", r"_\1", name).upper()
        assert Template(FILE, **{name: "another,one"}).resolve(variables[variable]) == "another,one", variable


def test_whatever_a_function_answers_is_let_through_to_it():
    template = Template(FILE)
    for route in template.routes():
        assert route.method in template._behavior(route.path)["AllowedMethods"], route


def test_every_route_is_one_of_the_api_behind_cloudfront(template):
    """SAM makes another API of its own for an event that names none, and nothing asks who comes there."""
    [api] = template.resources("AWS::Serverless::HttpApi")
    routes = [event for _, event in template.events("HttpApi")]
    assert len(routes) >= 20
    assert [each for each in routes if each.get("ApiId") != {"Ref": api}] == []


def test_every_policy_is_written_in_the_language_of_today(raw):
    """Without a version, IAM takes that of 2008, which reads a variable as plain text."""
    policies = [each["Properties"].get("PolicyDocument") for each in raw["Resources"].values() if "Properties" in each]
    versions = [each.get("Version") for each in policies if each]
    assert len(versions) >= 4
    assert set(versions) == {"2012-10-17"}


def test_a_service_of_aws_may_act_for_this_account_alone(raw):
    """Everybody's account has the same services, which write and publish for whom they are told to."""
    policies = [each.get("Properties", {}).get("PolicyDocument", {}) for each in raw["Resources"].values()]
    statements = [each for policy in policies for each in policy.get("Statement", [])]
    allowed = [each for each in statements if each["Effect"] == "Allow" and "Service" in each["Principal"]]
    assert len(allowed) >= 5
    for statement in allowed:
        tests = statement.get("Condition", {})
        assert tests.keys() <= {"StringEquals", "ArnEquals", "ArnLike"}, statement["Sid"]
        sources = {key.lower(): value for test in tests.values() for key, value in test.items()}
        assert sources.keys() & {"aws:sourceaccount", "aws:sourcearn"}, statement["Sid"]
        assert all(map(is_of_this_account, sources.values())), statement["Sid"]


def is_of_this_account(value):
    """Whether a value of a condition is this account, or something in it."""
    match value:
        case {"Ref": "AWS::AccountId"} | {"Fn::GetAtt": _}:
            return True
        case {"Fn::Sub": str(text)}:
            return ":${AWS::AccountId}:" in text
    return False


def test_every_answer_has_these_headers_and_no_others():
    headers = dict(Template(FILE).response_headers())
    assert headers.pop("Content-Security-Policy")
    assert headers == HEADERS


WORKS_BY_ITSELF = re.compile(
    """AWS::( Serverless::Function | CloudWatch::Alarm | Budgets::Budget | Logs::Delivery | SES::EmailIdentity
    | SES::ConfigurationSetEventDestination | SQS::QueuePolicy | S3::BucketPolicy | SNS::TopicPolicy )""",
    re.VERBOSE,
)
"""Types whose resources name what they are for, or are called from outside."""


def named_in(part):
    """The logical ids and parameters that part of the template names."""
    match part:
        case {"Ref": name}:
            yield name
        case {"Fn::GetAtt": [name, *_]}:
            yield name
        case {"Fn::Sub": text}:
            yield from re.findall(r"\$\{(\w+)", str(text))
        case dict():
            for each in part.values():
                yield from named_in(each)
        case list():
            for each in part:
                yield from named_in(each)


def test_whatever_works_only_where_another_names_it_is_named(raw):
    """A firewall, a policy or a function of the edge that nothing names is deployed and does nothing."""
    resources = raw["Resources"]
    waiting = {name for name, each in resources.items() if not WORKS_BY_ITSELF.fullmatch(each["Type"])}
    assert len(waiting) >= 20
    named = set(named_in(raw["Globals"]))
    for name, resource in resources.items():
        named |= set(named_in(resource.get("Properties", {}))) - {name}
    assert waiting - named == set()


def test_no_key_can_be_guessed():
    for name, secret in Template(FILE).resources("AWS::SecretsManager::Secret").items():
        made = secret["GenerateSecretString"]
        assert made["PasswordLength"] >= 48, name
        assert made["ExcludePunctuation"] is True, name  # it is sent as a header, and copied in a shell
        assert made.keys() == {"PasswordLength", "ExcludePunctuation"}, name


def test_e_mail_is_sent_in_the_name_of_the_senders_domain():
    template = Template(FILE, SenderAddress="forms@mail.example.gov")
    [identity] = template.resources("AWS::SES::EmailIdentity").values()
    assert template.resolve(identity["EmailIdentity"]) == "mail.example.gov"


def test_an_hour_without_events_is_a_good_hour_except_where_their_end_is_the_news(alarms):
    """Where SES has sent nothing, its rates are as they were."""
    other = {"NoDigest": "missing", "BouncesRise": "ignore", "ComplaintsRise": "ignore"}
    treated = {name: each.get("TreatMissingData") for name, each in alarms.items()}
    assert treated == dict.fromkeys(alarms, "notBreaching") | other


def test_an_alarm_looks_at_so_many_periods_of_so_many_seconds(alarms):
    names = ("Period", "EvaluationPeriods", "DatapointsToAlarm")
    looks = {alarm: tuple(each.get(name) for name in names) for alarm, each in alarms.items()}
    hourly, five_minutes = (3600, 1, None), (300, 1, None)
    assert looks == {
        "WorkFails": (None, 3, 2),  # the period is with each of its metrics
        "GivenUp": (None, 1, None),
        "StreamWaits": five_minutes,
        "NoDigest": (3600, 26, 26),
        "NoMail": (900, 3, 3),
        "BouncesRise": hourly,
        "ComplaintsRise": hourly,
        "FormsFail": five_minutes,
    }


def test_an_alarm_over_several_metrics_adds_up_the_same_five_minutes_of_each(alarms):
    looks = {"WorkFails": {("Sum", 300)}, "GivenUp": {("Maximum", 300)}}
    several = {name: each["Metrics"] for name, each in alarms.items() if "Metrics" in each}
    assert several.keys() == looks.keys()
    for name, metrics in several.items():
        [total] = [each for each in metrics if each["ReturnData"]]
        assert total["Expression"] == "SUM(METRICS())"
        added = [each["MetricStat"] for each in metrics if each is not total]
        assert {(each["Stat"], each["Period"]) for each in added} == looks[name]
        assert len({str(each["Metric"]) for each in added}) == len(added)


def test_what_came_back_is_listed_with_what_the_digest_says_of_it(raw):
    [index] = raw["Resources"]["Counters"]["Properties"]["GlobalSecondaryIndexes"]
    assert set(index["Projection"]["NonKeyAttributes"]) == {"about", "said", "slot", "source"}


def test_what_an_alarm_says_in_per_cent_is_its_threshold():
    said = {}
    for name, alarm in Template(FILE).resources("AWS::CloudWatch::Alarm").items():
        if found := re.search(r"More than ([\d.]+) %", alarm["AlarmDescription"]):
            said[name] = (float(found[1]), alarm["Threshold"] * 100)
    assert said == {"BouncesRise": (4, 4), "ComplaintsRise": (0.08, 0.08)}


def test_the_sites_files_stay_and_only_what_was_replaced_goes():
    buckets = Template(FILE).resources("AWS::S3::Bucket")
    [rule] = buckets["SiteBucket"]["LifecycleConfiguration"]["Rules"]
    assert "ExpirationInDays" not in rule
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}


def test_cloudfront_may_read_each_file_of_the_site_and_nothing_else():
    policy = Template(FILE).resources("AWS::S3::BucketPolicy")["SiteBucketPolicy"]["PolicyDocument"]
    [read] = [each for each in policy["Statement"] if each["Effect"] == "Allow"]
    assert read["Resource"] == {"Fn::Sub": "${SiteBucket.Arn}/*"}


def test_every_alarm_compares_with_a_number(alarms):
    assert alarms
    for alarm in alarms.values():
        assert alarm["ComparisonOperator"].endswith("Threshold"), alarm
        assert isinstance(alarm["Threshold"], int | float), alarm


def test_the_alarms_on_our_own_metrics_watch_what_the_functions_log(alarms):
    ours = [each for each in alarms.values() if each.get("Namespace") == telemetry.metrics.namespace]
    assert {each["MetricName"] for each in ours} == set(telemetry.METRICS)
    assert [each["Dimensions"] for each in ours] == [[{"Name": "service", "Value": telemetry.SERVICE}] for _ in ours]


def test_an_alarm_that_counts_takes_the_first_for_news(alarms):
    """Something given up, an e-mail that fails, an answer that is an error, or a morning without a digest."""
    counting = {name: each["Threshold"] for name, each in alarms.items() if each.get("Statistic", "Sum") == "Sum"}
    assert counting == dict.fromkeys(("WorkFails", "GivenUp", "NoMail", "NoDigest", "FormsFail"), 1)


def test_an_alarm_on_one_metric_counts_what_happens_and_takes_the_highest_of_a_rate_or_an_age(alarms):
    """cfn-lint lets one pass that says neither; CloudWatch refuses it, and a stack with it."""
    highest = {"StreamWaits", "BouncesRise", "ComplaintsRise"}
    single = {name: each.get("Statistic") for name, each in alarms.items() if "Metrics" not in each}
    assert single == {name: "Maximum" if name in highest else "Sum" for name in single}
    assert highest < single.keys()


def test_every_index_says_what_it_copies(template):
    tables = template.resources("AWS::DynamoDB::Table").values()
    copied = [index["Projection"] for table in tables for index in table.get("GlobalSecondaryIndexes", ())]
    assert copied
    for projection in copied:
        assert projection["ProjectionType"] in ("KEYS_ONLY", "INCLUDE"), projection
        assert ("NonKeyAttributes" in projection) == (projection["ProjectionType"] == "INCLUDE"), projection


def test_every_index_is_in_an_order(template):
    """By its second key: what is due first, what came last. Without one, DynamoDB answers in any order."""
    tables = template.resources("AWS::DynamoDB::Table").values()
    indexes = [index for table in tables for index in table.get("GlobalSecondaryIndexes", ())]
    assert len(indexes) >= 8
    assert [[key["KeyType"] for key in each["KeySchema"]] for each in indexes] == [["HASH", "RANGE"] for _ in indexes]


def test_a_function_that_mails_ends_before_another_may_send_the_same(template):
    """The claim of an e-mail must last longer than the function that made it."""
    for name in ("NotifyFunction", "RemindFunction"):
        assert template.functions[name]["Timeout"] < CLAIM_LASTS.total_seconds(), name


def test_what_answers_visitors_ends_before_the_api_gives_it_up(template):
    """After 30 seconds, at most, for an HTTP API: the visitor would read of a failure where there was none."""
    assert {template.functions[route.function]["Timeout"] < 30 for route in template.routes()} == {True}


def test_every_function_has_memory_enough_to_start(template):
    """Lambda gives processor by memory, and 128 MB, where a template says nothing, are a fourteenth of one."""
    assert [name for name, each in template.functions.items() if each.get("MemorySize", 128) < 512] == []


def test_cloudfront_answers_by_the_domain_where_there_is_one():
    alias = "www.example.gov"
    template = Template(FILE, DomainName=alias, CertificateArn="arn:aws:acm:us-east-1:123456789012:certificate/x")
    [site] = template.resources("AWS::CloudFront::Distribution").values()
    assert template.resolve(site["DistributionConfig"]["Aliases"]) == [alias]
    certificate = template.resolve(site["DistributionConfig"]["ViewerCertificate"])
    assert certificate["AcmCertificateArn"] == template.parameters["CertificateArn"]
    assert (certificate["SslSupportMethod"], certificate["MinimumProtocolVersion"]) == ("sni-only", "TLSv1.2_2021")
    own = Template(FILE).resolve(site["DistributionConfig"]["ViewerCertificate"])
    assert own == {"CloudFrontDefaultCertificate": True}


def test_no_bucket_answers_in_the_clear(template):
    """Neither for the bucket itself nor for what is in it."""
    for name, policy in template.resources("AWS::S3::BucketPolicy").items():
        bucket = policy["Bucket"]["Ref"]
        [refused] = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
        assert refused["Resource"] == [{"Fn::GetAtt": [bucket, "Arn"]}, {"Fn::Sub": f"${{{bucket}.Arn}}/*"}], name


def test_both_logs_go_where_their_bucket_lets_them(template):
    [destination] = template.resources("AWS::Logs::DeliveryDestination").values()
    assert destination["DestinationResourceArn"] == {"Fn::Sub": "${LogBucket.Arn}/visits"}
    logging = template.resources("AWS::S3::Bucket")["SiteBucket"]["LoggingConfiguration"]
    assert logging == {"DestinationBucketName": {"Ref": "LogBucket"}, "LogFilePrefix": "bucket/"}
    policy = template.resources("AWS::S3::BucketPolicy")["LogBucketPolicy"]["PolicyDocument"]
    written = [each["Resource"]["Fn::Sub"] for each in policy["Statement"] if each["Effect"] == "Allow"]
    assert written == ["${LogBucket.Arn}/bucket/*", "${LogBucket.Arn}/visits/*"]
