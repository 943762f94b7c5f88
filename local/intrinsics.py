"""Evaluates CloudFormation's intrinsic functions, as far as template.yaml uses them."""

import re
from collections.abc import Mapping
from typing import Any

REGION = "us-east-1"
ACCOUNT = "123456789012"
PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "certification-local",
    "AWS::URLSuffix": "amazonaws.com",
}
NAMED_BY = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::SES::ConfigurationSet": "Name",
    "AWS::Serverless::Function": "FunctionName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name",
}
"""The property that gives a resource of a type its name; without it, the logical id is the name here."""
ATTRIBUTES = {
    ("AWS::DynamoDB::Table", "Arn"): f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{name}}",
    ("AWS::Serverless::Function", "Arn"): f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{name}}",
    ("AWS::SQS::Queue", "Arn"): f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{name}}",
    ("AWS::SQS::Queue", "QueueName"): "{name}",
    ("AWS::SQS::Queue", "Ref"): f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{{name}}",
}
_NO_VALUE = object()


class Resolver:
    """Evaluates the intrinsic functions of a value. Raises ValueError for one that is not emulated."""

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str | list[str]]) -> None:
        self._resources = template["Resources"]
        self._conditions = template.get("Conditions", {})
        self._parameters = parameters

    def __call__(self, value: Any) -> Any:
        match value:
            case list():
                resolved = [self(each) for each in value]
                return [each for each in resolved if each is not _NO_VALUE]
            case {"Ref": str(name), **others} if not others:
                return self._ref(name)
            case dict() if len(value) == 1 and next(iter(value)).startswith("Fn::"):
                [(function, argument)] = value.items()
                return self._carry_out(function.removeprefix("Fn::"), argument)
            case dict():
                members = {key: self(each) for key, each in value.items()}
                return {key: each for key, each in members.items() if each is not _NO_VALUE}
        return value

    def name(self, logical_id: str) -> str:
        """Return the name that a resource has on (the stand-in for) AWS."""
        resource = self._resources[logical_id]
        named_by = NAMED_BY.get(resource["Type"], "")
        return str(self(resource.get("Properties", {}).get(named_by, logical_id)))

    def _carry_out(self, function: str, argument: Any) -> Any:
        match function, argument:
            case "GetAtt", [str(logical_id), str(attribute)]:
                return self._attribute(logical_id, attribute)
            case "Sub", str(text):
                return self._substitute(text, {})
            case "Sub", [str(text), dict(variables)]:
                return self._substitute(text, self(variables))
            case "Join", [str(separator), parts]:
                return separator.join(self(parts))
            case "Split", [str(separator), text]:
                return self(text).split(separator)
            case "Select", [int(index), parts]:
                return self(parts)[index]
            case "If", [str(condition), then, otherwise]:
                return self(then if self.holds({"Condition": condition}) else otherwise)
        raise ValueError(f"the local run does not play Fn::{function} with {argument!r}")

    def holds(self, condition: Mapping[str, Any]) -> bool:
        """Return whether a condition holds, named or written out."""
        match dict(condition):
            case {"Condition": str(name)}:
                return self.holds(self._conditions[name])
            case {"Fn::Equals": [one, other]}:
                return str(self(one)) == str(self(other))  # CloudFormation compares texts: a number is one, too
            case {"Fn::Not": [inner]}:
                return not self.holds(inner)
            case {"Fn::And": list(all_of)}:
                return all(self.holds(each) for each in all_of)
            case {"Fn::Or": list(any_of)}:
                return any(self.holds(each) for each in any_of)
        raise ValueError(f"the local run does not play the condition {condition!r}")

    def _substitute(self, text: str, variables: Mapping[str, Any]) -> str:
        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name.startswith("!"):  # ${!Literal} stands for ${Literal}
                return f"${{{name[1:]}}}"
            if name in variables:
                return str(variables[name])
            logical_id, dot, attribute = name.partition(".")
            return str(self._attribute(logical_id, attribute) if dot else self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", value, text)

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self._parameters:
            return self._parameters[name]
        if name in PSEUDO_PARAMETERS:
            return PSEUDO_PARAMETERS[name]
        if name not in self._resources:
            raise ValueError(f"the template has no parameter or resource named {name}")
        kind = self._resources[name]["Type"]
        if (kind, "Ref") in ATTRIBUTES:
            return self._attribute(name, "Ref")
        if kind not in NAMED_BY:
            raise ValueError(f"the local run does not know what !Ref {name} is, a {kind}")
        return self.name(name)

    def _attribute(self, logical_id: str, attribute: str) -> str:
        kind = self._resources[logical_id]["Type"] if logical_id in self._resources else "nothing declared"
        if (kind, attribute) not in ATTRIBUTES:
            raise ValueError(f"the local run does not know {logical_id}.{attribute}, of {kind}")
        return ATTRIBUTES[kind, attribute].format(name=self.name(logical_id))
