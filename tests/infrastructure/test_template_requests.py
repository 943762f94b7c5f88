"""template.yaml: what CloudFormation asks each service for has all that the service requires, in numbers that it takes.

cfn-lint knows CloudFormation's schemas, which leave much of that out; botocore's models say it.
"""

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, OperationModel, Shape, StructureShape

from tools.expanded_template import expanded

SERVICES = {"SES": "sesv2"}
"""botocore's name of a service, where it is not that of its types in small letters."""
OPERATIONS = {
    "AWS::CloudWatch::Alarm": "PutMetricAlarm",
    "AWS::Lambda::EventInvokeConfig": "PutFunctionEventInvokeConfig",
    "AWS::Lambda::Permission": "AddPermission",
}
"""What makes a resource, where it is neither Create nor Put with the name of its type."""
ATTRIBUTES = {"AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"}
"""Types that are an attribute of another, which is a text to the service."""
FILLED_IN = {
    "AWS::ApiGatewayV2::Api": {"ProtocolType"},  # Body says it
    "AWS::Budgets::Budget": {"AccountId", "Budget.BudgetName"},
    "AWS::CloudFront::Distribution": {
        "DistributionConfig.CallerReference",
        "DistributionConfig.Origins.CustomOriginConfig.HTTPPort",
        "DistributionConfig.Origins.CustomOriginConfig.HTTPSPort",
        "DistributionConfig.Origins.S3OriginConfig.OriginAccessIdentity",  # empty: there is an access control
    },
    "AWS::CloudFront::ResponseHeadersPolicy": {"ResponseHeadersPolicyConfig.CustomHeadersConfig.Quantity"},
    "AWS::DynamoDB::Table": {"StreamSpecification.StreamEnabled"},
    "AWS::Lambda::Permission": {"StatementId"},
    "AWS::S3::Bucket": {"Bucket"},
    "AWS::S3::BucketPolicy": {"Policy"},  # PolicyDocument to CloudFormation
    "AWS::SES::ConfigurationSetEventDestination": {"EventDestinationName"},
}
"""By type: what CloudFormation sends by itself or under another name, besides the name of the resource."""

SESSION = botocore.session.get_session()


def request(kind: str) -> OperationModel:
    """What makes a resource of a type."""
    _, service, thing = kind.split("::")
    model = SESSION.get_service_model(SERVICES.get(service, service.lower()))
    [name] = {OPERATIONS.get(kind), f"Create{thing}", f"Put{thing}"} & set(model.operation_names)
    return model.operation_model(name)


def lacking(shape: Shape, given: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """What is required of a shape and not given, and numbers out of its range, by the names that lead to it.

    What AWS computes is not looked into.
    """
    match shape, given:
        case _, {"Fn::If": [_, *either]}:
            for each in either:
                yield from lacking(shape, each, path)
        case _, {"Ref": _}:
            pass
        case StructureShape(), dict() if not any(name.startswith("Fn::") for name in given):
            values = {name.lower(): value for name, value in given.items()}
            yield from (".".join((*path, name)) for name in shape.required_members if name.lower() not in values)
            for name, member in shape.members.items():
                if name.lower() in values:
                    yield from lacking(member, values[name.lower()], (*path, name))
        case StructureShape(members={"Items": items}), list():  # a list, as CloudFront has them
            yield from lacking(items, given, path)
        case ListShape(), list():
            for each in given:
                yield from lacking(shape.member, each, path)
        case Shape(type_name="integer" | "long" | "double"), int() | float():
            least, most = shape.metadata.get("min", given), shape.metadata.get("max", given)
            if not least <= given <= most:
                yield f"{'.'.join(path)} from {least} to {most}"


def is_name(kind: str, name: str) -> bool:
    """Whether CloudFormation makes it up: Name, or with what the thing is called, as AlarmName."""
    return name.lower() in {"name", f"{kind.rpartition('::')[2]}Name".lower()}


def lacks(resource: dict[str, Any]) -> set[str]:
    """What the service requires and neither the template nor CloudFormation gives it, and what is out of range."""
    kind = resource["Type"]
    found = lacking(request(kind).input_shape, resource.get("Properties", {}))
    return {name for name in found if not is_name(kind, name)} - FILLED_IN.get(kind, set())


def test_every_request_has_what_its_service_requires():
    resources = {name: each for name, each in expanded()["Resources"].items() if each["Type"] not in ATTRIBUTES}
    assert len(resources) >= 60
    assert {name: missing for name, each in resources.items() if (missing := lacks(each))} == {}


def test_every_behavior_takes_one_of_the_lists_of_methods_that_cloudfront_has(template):
    said = SESSION.get_service_model("cloudfront").shape_for("AllowedMethods").documentation
    lists = [set(re.findall(r"\b[A-Z]{3,}\b", each)) for each in re.findall("<li>(.+?)</li>", said)]
    assert len(lists) == 3
    [site] = template.resources("AWS::CloudFront::Distribution").values()
    config = site["DistributionConfig"]
    for behavior in [*config["CacheBehaviors"], config["DefaultCacheBehavior"]]:
        assert set(behavior.get("AllowedMethods", lists[0])) in lists, behavior


ALARM = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Metrics": [{"Id": "a"}, {"Label": "b"}]}
DISTRIBUTION = {"Comment": "", "Enabled": True, "DefaultCacheBehavior": {"Ref": "It"}, "Origins": [{"Id": "site"}]}


@pytest.mark.parametrize(
    ("kind", "properties", "missing"),
    [
        ("AWS::Logs::DeliverySource", {"Name": "visits", "ResourceArn": {"Ref": "It"}}, {"logType"}),
        ("AWS::CloudWatch::Alarm", ALARM, {"Metrics.Id"}),
        (
            "AWS::Lambda::EventInvokeConfig",
            {"FunctionName": "It", "MaximumRetryAttempts": 3},
            {"MaximumRetryAttempts from 0 to 2"},
        ),
        (
            "AWS::CloudFront::Distribution",
            {"DistributionConfig": {"Fn::If": ["HasDomain", {"Ref": "It"}, DISTRIBUTION]}},
            {"DistributionConfig.Origins.DomainName"},
        ),
    ],
)
def test_what_is_required_and_not_given_or_out_of_range_is_found(kind, properties, missing):
    assert lacks({"Type": kind, "Properties": properties}) == missing
