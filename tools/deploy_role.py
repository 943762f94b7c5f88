"""`make role`: writes into deploy-role.yaml what CloudFormation may do, from what the resources' providers ask for.

Actions come from the providers' schemas; a resource type that is new in template.yaml brings its own along.
"""

import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from pathlib import Path
from textwrap import indent
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
    "AWS::ApiGatewayV2::Stage": [
        f"logs:{each}" for each in ("GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries")
    ],
    "AWS::Budgets::Budget": ["billing:GetBillingViewData"],
    "AWS::Logs::DeliverySource": ["cloudfront:AllowVendedLogDeliveryForResource"],
}
"""Further rights that AWS requires, as its guides or the error messages of refused deployments say."""
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
MARK = "  # `make role` writes what follows. If it writes one policy more, name it in ManagedPolicyArns.\n"


def needed_actions(types: Iterable[str]) -> set[str]:
    """Return the actions that the handlers of resource types ask for, of the services of those resources."""
    asked = {kind: _handlers(kind) for kind in types}
    own = {Counter(map(service, actions)).most_common(1)[0][0] for actions in asked.values()}
    needed = {action for actions in asked.values() for action in actions if service(action) in own and is_known(action)}
    return needed.union(*(actions for kind, actions in IN_NO_SCHEMA.items() if kind in asked))


def _handlers(kind: str) -> set[str]:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    return {action for handler in schema["handlers"].values() for action in handler["permissions"]}


def is_known(action: str) -> bool:
    """Return whether IAM knows the action; some schemas name calls of an API that are no actions."""
    name = action.partition(":")[2].lower()
    return name in {known.lower() for known in _known_actions()[service(action)]["Actions"]}


@cache
def _known_actions() -> Any:
    return load_resource(AdditionalSpecs, "Policies.json")


def service(action: str) -> str:
    """Return the service that an action such as `s3:GetObject` belongs to."""
    return action.partition(":")[0]


def resource_types() -> set[str]:
    """Return the types in template.yaml as CloudFormation gets it."""
    return {resource["Type"] for resource in expanded()["Resources"].values()}


def statements(actions: Iterable[str]) -> list[dict[str, Any]]:
    """Return statements that allow the actions, each on the least that it needs."""

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


def policies(actions: Iterable[str]) -> list[list[dict[str, Any]]]:
    """Return the statements in as many policies as IAM's limit asks for."""
    parts: list[list[str]] = [[]]
    for action in sorted(actions):
        if length(statements([*parts[-1], action])) > LONGEST_POLICY:
            parts.append([])
        parts[-1].append(action)
    return [statements(part) for part in parts]


def length(policy: list[dict[str, Any]]) -> int:
    """Return characters as IAM counts them, at least: names that stand for others are taken as 64 long."""
    text = json.dumps({"Version": "2012-10-17", "Statement": policy}, separators=(",", ":"))
    return len(text) + 64 * text.count("${")


def as_text() -> str:
    """Return deploy-role.yaml: what people wrote of it, then the policies."""
    made = {
        f"Makes{number}": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "Description": "What CloudFormation needs to make the certification's stack",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": each},
            },
        }
        for number, each in enumerate(policies(needed_actions(resource_types())), 1)
    }
    written = "".join(FILE.read_text("utf-8").partition(MARK)[:2])
    return written + indent(yaml.safe_dump(made, sort_keys=False, width=118, default_flow_style=False), "  ")


if __name__ == "__main__":
    FILE.write_text(as_text(), "utf-8")
