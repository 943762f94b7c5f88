"""Reads template.yaml as the local run needs it: what is declared, with its references resolved."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

REGION = "us-east-1"
ACCOUNT = "123456789012"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "certification-local",
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True)
class Route:
    """An HTTP API route and the function behind it."""

    method: str
    path: str
    function: str


@dataclass(frozen=True)
class StreamMapping:
    """A table's stream and the function that it calls."""

    table: str
    function: str
    batch_size: int
    retries: int
    bisects: bool
    reports_failures: bool
    patterns: tuple[Mapping[str, Any], ...]
    queue: str | None


class Template:
    """A SAM template, its parameters at their defaults or as given."""

    def __init__(self, path: Path, **parameters: str) -> None:
        self._template = yaml_parse(path.read_text("utf-8"))
        declared = {name: str(about["Default"]) for name, about in self._template["Parameters"].items()}
        if unknown := parameters.keys() - declared.keys():
            raise ValueError(f"{path.name} has no parameter {', '.join(sorted(unknown))}")
        self.parameters = declared | parameters

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties by logical id of the resources of a type, as written."""
        declared = self._template["Resources"].items()
        return {name: resource.get("Properties", {}) for name, resource in declared if resource["Type"] == kind}

    @cached_property
    def functions(self) -> dict[str, dict[str, Any]]:
        """Every function with the template's Globals under its own properties."""
        defaults = self._template["Globals"]["Function"]
        return {name: defaults | own for name, own in self.resources("AWS::Serverless::Function").items()}

    def environment(self) -> dict[str, str]:
        """The environment of all functions: they share one process here, so they must agree on every variable."""
        merged = dict(self.resolve(self._template["Globals"]["Function"]["Environment"]["Variables"]))
        for name, own in self.resources("AWS::Serverless::Function").items():
            for variable, value in self.resolve(own.get("Environment", {}).get("Variables", {})).items():
                if merged.setdefault(variable, value) != value:
                    raise ValueError(f"{name} sets {variable} to something else than another function does")
        return merged

    def routes(self) -> list[Route]:
        """The routes of all HTTP APIs."""
        return [Route(event["Method"].upper(), event["Path"], function) for function, event in self._events("HttpApi")]

    def stream_mappings(self) -> list[StreamMapping]:
        """The table streams that call functions."""
        return [
            StreamMapping(
                table=event["Stream"]["Fn::GetAtt"][0],
                function=function,
                batch_size=event["BatchSize"],
                retries=event["MaximumRetryAttempts"],
                bisects=event.get("BisectBatchOnFunctionError", False),
                reports_failures="ReportBatchItemFailures" in event.get("FunctionResponseTypes", []),
                patterns=tuple(
                    json.loads(each["Pattern"]) for each in event.get("FilterCriteria", {}).get("Filters", [])
                ),
                queue=event["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0],
            )
            for function, event in self._events("DynamoDB")
        ]

    def response_headers(self) -> list[tuple[str, str]]:
        """What CloudFront adds to every answer; without HSTS, which browsers ignore over plain HTTP."""
        [policy] = self.resources("AWS::CloudFront::ResponseHeadersPolicy").values()
        config = policy["ResponseHeadersPolicyConfig"]
        security = config["SecurityHeadersConfig"]
        headers = [
            ("Content-Security-Policy", security["ContentSecurityPolicy"]["ContentSecurityPolicy"]),
            ("X-Content-Type-Options", "nosniff" if "ContentTypeOptions" in security else ""),
            ("X-Frame-Options", security["FrameOptions"]["FrameOption"]),
            ("Referrer-Policy", security["ReferrerPolicy"]["ReferrerPolicy"]),
        ]
        custom = [(item["Header"], item["Value"]) for item in config["CustomHeadersConfig"]["Items"]]
        return [(name, value) for name, value in headers + custom if value]

    def resolve(self, value: Any) -> Any:
        """A value with its intrinsic functions carried out. Raises ValueError for one that is not known here."""
        if isinstance(value, list):
            return [self.resolve(each) for each in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Ref":
                return self._ref(argument)
            if name == "Fn::Sub":
                return re.sub(r"\$\{([^}!]+)\}", lambda found: str(self._ref(found[1])), argument)
            if name == "Fn::Join":
                separator, parts = argument
                parts = self.resolve(parts)
                return parts if isinstance(parts, str) else separator.join(parts)
            if name.startswith("Fn::"):
                raise ValueError(f"{name} is not carried out in the local run: {argument}")
        return {key: self.resolve(each) for key, each in value.items()}

    def _ref(self, name: str) -> str:
        """A parameter's value, a pseudo parameter's, or a resource's name, which is its logical id here."""
        if name in self.parameters or name in PSEUDO:
            return self.parameters.get(name) or PSEUDO.get(name, "")
        if name in self._template["Resources"]:
            return name
        raise ValueError(f"the template has no parameter or resource named {name}")

    def _events(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for function, properties in self.functions.items():
            for event in properties.get("Events", {}).values():
                if event["Type"] == kind:
                    yield function, event["Properties"]
