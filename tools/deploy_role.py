"""`make role`: writes deploy-role.yaml, the roles by which GitHub deploys, from what the resources' providers ask for.

Two roles, so that a workflow can hand a template to CloudFormation and copy the site, and nothing else: what makes the
resources is CloudFormation's own role. Actions come from the providers' schemas; a resource type that is new in
template.yaml brings its own along.
"""

import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from cfnlint.data import AdditionalSpecs
from cfnlint.helpers import load_resource
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from local.intrinsics import REGION
from tools.expanded_template import expanded

ROOT = Path(__file__).parents[1]
FILE = ROOT / "deploy-role.yaml"
LONGEST_POLICY = 6144
"""Characters of a managed policy that IAM takes, without spaces."""
IN_NO_SCHEMA = {
    "AWS::Budgets::Budget": ["billing:GetBillingViewData"],
    "AWS::Logs::DeliverySource": ["cloudfront:AllowVendedLogDeliveryForResource"],
}
"""Further rights that AWS requires, according to the error messages of refused deployments."""
ACCOUNT = "${AWS::Region}:${AWS::AccountId}"
SAM_BUCKET = "arn:${AWS::Partition}:s3:::aws-sam-cli-managed-default*"
OWN_RESOURCES = {
    "dynamodb": [f"arn:${{AWS::Partition}}:dynamodb:{ACCOUNT}:table/${{NamesBegin}}*"],
    "iam": ["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${NamesBegin}*"],
    "s3": [
        "arn:${AWS::Partition}:s3:::${NamesBegin}*",
        SAM_BUCKET,
    ],
}
"""Services whose actions reach no further than the stack's own names: data and rights. SAM's bucket has the package."""
ONE_SECRET = {
    "secretsmanager:GetSecretValue": [f"arn:${{AWS::Partition}}:secretsmanager:{ACCOUNT}:secret:OriginSecret-*"]
}
"""CloudFormation puts this one into CloudFront's configuration; it reads no other."""
HEAD = """\
# Made by `make role` from the resource types of template.yaml: the roles that .github/workflows/deploy.yml uses.
# handbook/runbook.md says how to make them.
"""


def needed_actions(types: Iterable[str]) -> set[str]:
    """The actions that the handlers of resource types ask for, of the services that those resources belong to."""
    asked = {kind: _handlers(kind) for kind in types}
    own = {Counter(map(service, actions)).most_common(1)[0][0] for actions in asked.values()}
    needed = {action for actions in asked.values() for action in actions if service(action) in own and is_known(action)}
    return needed.union(*(actions for kind, actions in IN_NO_SCHEMA.items() if kind in asked))


def _handlers(kind: str) -> set[str]:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    return {action for handler in schema["handlers"].values() for action in handler["permissions"]}


def is_known(action: str) -> bool:
    """Whether IAM knows the action; some schemas name calls of an API that are no actions."""
    name = action.partition(":")[2].lower()
    return name in {known.lower() for known in _known_actions()[service(action)]["Actions"]}


@cache
def _known_actions() -> Any:
    return load_resource(AdditionalSpecs, "Policies.json")


def service(action: str) -> str:
    """The service that an action such as `s3:GetObject` belongs to."""
    return action.partition(":")[0]


def resource_types() -> set[str]:
    """The types in template.yaml as CloudFormation gets it."""
    return {resource["Type"] for resource in expanded()["Resources"].values()}


def statements(actions: Iterable[str]) -> list[dict[str, Any]]:
    """Statements that allow the actions, each on the least that it needs."""

    def reach(action: str) -> list[str]:
        if action in ONE_SECRET:
            return ONE_SECRET[action]
        if action == "iam:CreateServiceLinkedRole":
            return ["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/aws-service-role/*"]
        lists = action.partition(":")[2].startswith("List")
        return OWN_RESOURCES.get(service(action), ["*"]) if not lists else ["*"]

    ordered = sorted(actions, key=lambda action: (reach(action), action))
    return [
        {
            "Effect": "Allow",
            "Action": list(group),
            "Resource": [{"Fn::Sub": each} if "$" in each else each for each in on],
        }
        for on, group in groupby(ordered, reach)
    ]


def _substituted(arn: str) -> str | dict[str, str]:
    return {"Fn::Sub": arn} if "$" in arn else arn


def policies(actions: Iterable[str]) -> list[list[dict[str, Any]]]:
    """The statements in as many policies as IAM's limit asks for."""
    parts: list[list[str]] = [[]]
    for action in sorted(actions):
        if length(statements([*parts[-1], action])) > LONGEST_POLICY:
            parts.append([])
        parts[-1].append(action)
    return [statements(part) for part in parts]


def length(policy: list[dict[str, Any]]) -> int:
    """Characters as IAM counts them, at least: names that stand for others are taken as 64 long."""
    text = json.dumps({"Version": "2012-10-17", "Statement": policy}, separators=(",", ":"))
    return len(text) + 64 * text.count("${")


def role_template() -> dict[str, Any]:
    """deploy-role.yaml as data."""
    makers = {
        f"Makes{number}": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "Description": "What CloudFormation needs to make the certification's stack",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": each},
            },
        }
        for number, each in enumerate(policies(needed_actions(resource_types())), 1)
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The roles by which GitHub deploys the Peace Officer Agency Certification.",
        "Parameters": {
            "Repository": {
                "Type": "String",
                "Description": "OWNER@ID/NAME@ID where it was made or renamed since 15 July 2026, OWNER/NAME before.",
                "AllowedPattern": "[\\w.-]+(@\\d+)?/[\\w.-]+(@\\d+)?",
            },
            "Provider": {
                "Type": "String",
                "Description": "Whether this stack makes GitHub's OIDC provider, or the account has it already.",
                "Default": "make",
                "AllowedValues": ["make", "exists"],
            },
            "StackName": {
                "Type": "String",
                "Description": "The stack_name of samconfig.toml.",
                "Default": "peace-officer-agency-certification",
            },
            "NamesBegin": {
                "Type": "String",
                "Description": "The first letters of StackName, 20 at most: CloudFormation shortens it in long names.",
                "Default": "peace-officer-agency",
                "AllowedPattern": "[a-z][a-z0-9-]{3,19}",
            },
        },
        "Conditions": {"MakesProvider": {"Fn::Equals": [{"Ref": "Provider"}, "make"]}},
        "Resources": {
            "GitHub": {
                "Type": "AWS::IAM::OIDCProvider",
                "Condition": "MakesProvider",
                "Properties": {
                    "Url": "https://token.actions.githubusercontent.com",
                    "ClientIdList": ["sts.amazonaws.com"],
                },
            },
            "DeployRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "Description": "What the workflow Deploy takes on, in the environment production only",
                    "MaxSessionDuration": 3600,
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Action": "sts:AssumeRoleWithWebIdentity",
                                "Principal": {
                                    "Federated": {
                                        "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/"
                                        "token.actions.githubusercontent.com"
                                    }
                                },
                                "Condition": {
                                    "StringEquals": {
                                        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                                        "token.actions.githubusercontent.com:sub": {
                                            "Fn::Sub": "repo:${Repository}:environment:production"
                                        },
                                    }
                                },
                            }
                        ],
                    },
                    "Policies": [
                        {
                            "PolicyName": "deploy",
                            "PolicyDocument": {"Version": "2012-10-17", "Statement": _what_the_workflow_does()},
                        }
                    ],
                },
            },
            "ServiceRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "Description": "What CloudFormation takes on to make the certification's stack",
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Action": "sts:AssumeRole",
                                "Principal": {"Service": "cloudformation.amazonaws.com"},
                            }
                        ],
                    },
                    "ManagedPolicyArns": [{"Ref": name} for name in makers],
                },
            },
            **makers,
        },
        "Outputs": {
            "DeployRoleArn": {
                "Description": "The variable DEPLOY_ROLE_ARN of the environment production.",
                "Value": {"Fn::GetAtt": ["DeployRole", "Arn"]},
            },
            "ServiceRoleArn": {
                "Description": "The role_arn in samconfig.toml, below stack_name.",
                "Value": {"Fn::GetAtt": ["ServiceRole", "Arn"]},
            },
        },
    }


def _what_the_workflow_does() -> list[dict[str, Any]]:
    """Return the rights that `make deploy` needs with its own credentials."""
    stack = f"arn:${{AWS::Partition}}:cloudformation:{ACCOUNT}:stack"
    own_bucket = "arn:${AWS::Partition}:s3:::${NamesBegin}*"
    return [
        {
            "Sid": "HandTheTemplateOver",
            "Effect": "Allow",
            "Action": [
                "cloudformation:CreateChangeSet",
                "cloudformation:DeleteChangeSet",
                "cloudformation:DescribeChangeSet",
                "cloudformation:DescribeStackEvents",
                "cloudformation:DescribeStackResource",
                "cloudformation:DescribeStackResources",
                "cloudformation:DescribeStacks",
                "cloudformation:ExecuteChangeSet",
                "cloudformation:GetTemplate",
                "cloudformation:GetTemplateSummary",
                "cloudformation:ListStackResources",
            ],
            "Resource": [
                {"Fn::Sub": f"{stack}/${{StackName}}/*"},
                {"Fn::Sub": f"{stack}/aws-sam-cli-managed-default/*"},
                {"Fn::Sub": "arn:${AWS::Partition}:cloudformation:${AWS::Region}:aws:transform/Serverless-2016-10-31"},
            ],
        },
        {"Sid": "ReadATemplate", "Effect": "Allow", "Action": "cloudformation:GetTemplateSummary", "Resource": "*"},
        {
            "Sid": "LetCloudFormationMakeIt",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": {"Fn::GetAtt": ["ServiceRole", "Arn"]},
            "Condition": {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}},
        },
        {
            "Sid": "UploadPackageAndSite",
            "Effect": "Allow",
            "Action": [
                "s3:DeleteObject",
                "s3:GetBucketLocation",
                "s3:GetObject",
                "s3:ListBucket",
                "s3:PutObject",
            ],
            "Resource": [{"Fn::Sub": each} for each in (SAM_BUCKET, own_bucket)],
        },
        {
            "Sid": "ShowTheNewPages",
            "Effect": "Allow",
            "Action": ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"],
            "Resource": {"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/*"},
        },
    ]


def as_text() -> str:
    return HEAD + yaml.safe_dump(role_template(), sort_keys=False, width=120, default_flow_style=False)


if __name__ == "__main__":
    FILE.write_text(as_text(), "utf-8")
