"""deploy-role.yaml: it lets CloudFormation make what template.yaml declares, and nobody else do anything."""

import re
from fnmatch import fnmatchcase

import pytest
import yaml
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from local.template import REGION, Loader
from tools import deploy_role
from tools.deploy_role import FILE, LONGEST_POLICY, as_text, length, needed_actions, policies, resource_types


@pytest.fixture(scope="module")
def resources():
    return yaml.load(FILE.read_text("utf-8"), Loader)["Resources"]


def statements(resources):
    for resource in resources.values():
        properties = resource["Properties"]
        documents = [
            properties.get("PolicyDocument"),
            *(each["PolicyDocument"] for each in properties.get("Policies", [])),
        ]
        yield from (statement for document in documents if document for statement in document["Statement"])


def managed(resources):
    return {name: each for name, each in resources.items() if each["Type"] == "AWS::IAM::ManagedPolicy"}


def test_the_file_is_what_the_resource_types_ask_for_today():
    """Where a type is new or the schemas are: `make role`, and read the difference before it is committed."""
    assert FILE.read_text("utf-8") == as_text()


@pytest.mark.parametrize("kind", sorted(resource_types()))
def test_each_call_that_makes_changes_or_removes_a_resource_is_allowed(kind, resources):
    """Of the handlers' actions, those of the resource's own service that IAM knows; others are for what we have not."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    wanted = {
        each
        for name in ("create", "update", "delete")
        for each in schema["handlers"].get(name, {}).get("permissions", [])
    }
    own = {each for each in wanted if each.split(":")[0] in kind.lower() and deploy_role.is_known(each)}
    allowed = [action for each in statements(managed(resources)) for action in each["Action"]]
    assert not [each for each in own if not any(fnmatchcase(each, pattern) for pattern in allowed)]


def test_a_type_that_is_new_brings_its_actions_along():
    assert "kinesis:CreateStream" not in needed_actions(resource_types())
    assert "kinesis:CreateStream" in needed_actions({*resource_types(), "AWS::Kinesis::Stream"})


# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
LOGS_OF_AN_API = """CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries
PutResourcePolicy DescribeResourcePolicies DescribeLogGroups"""


@pytest.mark.parametrize(
    "action",
    ["cloudfront:AllowVendedLogDeliveryForResource", *(f"logs:{each}" for each in LOGS_OF_AN_API.split())],
)
def test_logs_of_cloudfront_and_of_the_api_are_allowed_which_no_schema_names(action, resources):
    assert action in [each for statement in statements(managed(resources)) for each in statement["Action"]]


def test_every_policy_is_as_short_as_iam_wants_and_every_one_is_attached(resources):
    assert all(length(each) <= LONGEST_POLICY for each in policies(needed_actions(resource_types())))
    assert resources["ServiceRole"]["Properties"]["ManagedPolicyArns"] == [{"Ref": name} for name in managed(resources)]


def test_no_action_stands_for_others_and_rights_and_data_are_the_stacks_own(resources):
    for statement in statements(resources):
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        reach = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        assert not [action for action in actions if "*" in action]
        if "*" in reach:
            far = [action for action in actions if action.split(":")[0] in ("iam", "dynamodb", "s3")]
            assert all(action.split(":")[1].startswith("List") for action in far)
            assert "secretsmanager:GetSecretValue" not in actions


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("octo-org/octo.repo", True),
        ("octo-org@123456/octo.repo@456789", True),  # as GitHub names one made or renamed since July 15, 2026
        ("octo-org@latest/octo.repo", False),
        ("octo-org/*", False),
        ("octo-org/octo.repo:ref:refs/heads/main", False),
    ],
)
def test_a_repository_is_named_with_its_ids_or_without(name, taken):
    parameter = yaml.load(FILE.read_text("utf-8"), Loader)["Parameters"]["Repository"]
    assert bool(re.fullmatch(parameter["AllowedPattern"], name)) == taken


def test_the_workflow_is_trusted_in_its_environment_only_and_makes_no_resource_itself(resources):
    role = resources["DeployRole"]["Properties"]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    subject = trust["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    assert subject == {"Fn::Sub": "repo:${Repository}:environment:production"}
    services = {
        action.split(":")[0]
        for each in statements({"DeployRole": {"Properties": role}})
        for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    }
    assert services == {"cloudformation", "cloudfront", "iam", "s3"}
    [hand] = [each for each in statements(resources) if each.get("Sid") == "LetCloudFormationMakeIt"]
    assert hand["Condition"] == {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
