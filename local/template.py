"""Reads template.yaml for the local run. Anything unknown raises an error instead of being emulated wrong."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from samtranslator.yaml_helper import intrinsics_multi_constructor

from local.intrinsics import ACCOUNT, REGION, Resolver

try:
    from yaml import CSafeLoader as SafeLoader  # reads the template ten times as fast
except ImportError:  # PyYAML was compiled without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

__all__ = ["ACCOUNT", "REGION", "ErrorPage", "Loader", "Route", "Template"]

EVENT_TYPES = ("HttpApi", "DynamoDB", "ScheduleV2", "EventBridgeRule")
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""CloudFront's own policy, Managed-CachingDisabled."""
ERROR_CACHING_MIN_TTL = 10
"""Seconds that CloudFront keeps an error where the distribution does not say."""


PARAMETER = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True)
class Route:
    """An HTTP API route and the logical id of the function behind it.

    In its path, `{name}` stands for one segment, and `{name+}` at the end for all that follow, even if nothing does.
    """

    method: str
    path: str
    function: str

    def parameters(self, path: str) -> dict[str, str] | None:
        """Return the values of the path's parameters, decoded; None if the path is not one of this route's."""
        found = self._pattern.fullmatch(path)
        return {name: unquote(value) for name, value in found.groupdict().items()} if found else None

    @property
    def generality(self) -> list[int]:
        """Return a key that sorts routes as API Gateway chooses among those that fit: the most specific first."""
        segments = [PARAMETER.fullmatch(segment) for segment in self.path.split("/")]
        return [0 if found is None else 2 if found[2] else 1 for found in segments]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = []
        for segment in self.path.split("/"):
            found = PARAMETER.fullmatch(segment)
            parts.append(f"(?P<{found[1]}>{'.*' if found[2] else '[^/]+'})" if found else re.escape(segment))
        return re.compile("/".join(parts))


@dataclass(frozen=True)
class Forwarding:
    """The request headers, in lower case, and the cookies that CloudFront lets through to an origin."""

    headers: frozenset[str]
    cookies: frozenset[str]


@dataclass(frozen=True)
class CachePolicy:
    """How long CloudFront keeps a response at most, in seconds, and the query fields that tell responses apart."""

    max_ttl: int
    queries: frozenset[str]


@dataclass(frozen=True)
class ErrorPage:
    """A page of the site that stands in for an error, and the status it gets."""

    status: int
    path: str


class Loader(SafeLoader):
    """Understands !Ref, !Sub and the like; a loader of its own, so that mkdocs.yml is not read with them."""


Loader.add_multi_constructor("!", intrinsics_multi_constructor)


class Template:
    """A SAM template, its parameters at their defaults or as given."""

    def __init__(self, path: Path, **parameters: str) -> None:
        self.folder = path.parent
        self._template = yaml.load(path.read_text("utf-8"), Loader)  # noqa: S506  # a safe one
        self.declared_parameters: dict[str, dict[str, Any]] = self._template.get("Parameters", {})
        declared = self.declared_parameters
        if unknown := parameters.keys() - declared.keys():
            raise ValueError(f"{path.name} has no parameter {', '.join(sorted(unknown))}")
        values = {name: parameters.get(name, about.get("Default")) for name, about in declared.items()}
        if missing := [name for name, value in values.items() if value is None]:
            raise ValueError(f"{path.name} has no default for {', '.join(missing)}, and none was given")
        lists = {name for name, about in declared.items() if about["Type"] == "CommaDelimitedList"}
        self.parameters: dict[str, str] = {name: str(value) for name, value in values.items()}
        self.resolve = Resolver(
            self._template,
            {name: value.split(",") if name in lists else value for name, value in self.parameters.items()},
        )

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties by logical id of the resources of a type, as written."""
        declared = self._template["Resources"].items()
        return {name: resource.get("Properties", {}) for name, resource in declared if resource["Type"] == kind}

    @cached_property
    def functions(self) -> dict[str, dict[str, Any]]:
        """Return the properties by logical id of every function, the template's Globals included, as written."""
        defaults = self._template.get("Globals", {}).get("Function", {})
        return {name: defaults | own for name, own in self.resources("AWS::Serverless::Function").items()}

    def source_root(self, function: str) -> Path:
        """Return the folder that a function's modules are imported from."""
        return Path(self.folder, self.functions[function]["CodeUri"]).resolve()

    def environment(self) -> dict[str, str]:
        """Return the environment of all functions, which must agree on every variable: they share one process here."""
        merged: dict[str, str] = {}
        shared = self._template.get("Globals", {}).get("Function", {}).get("Environment", {}).get("Variables", {})
        for function, own in self.resources("AWS::Serverless::Function").items():
            variables = shared | own.get("Environment", {}).get("Variables", {})
            for name, value in self.resolve(variables).items():
                if merged.setdefault(name, str(value)) != str(value):
                    raise ValueError(f"{function} wants {name} to be something else than another function does")
        return merged

    def routes(self) -> list[Route]:
        """Return the routes of all HTTP APIs. Raises ValueError for one that is not played here.

        Of a path with a slash at its end, AWS makes no route, without a word, and none without it matches one with it.
        """
        routes = [Route(event["Method"].upper(), event["Path"], name) for name, event in self.events("HttpApi")]
        for route in routes:
            *segments, last = route.path.split("/")
            odd = [each for each in segments if not re.fullmatch(r"[^{}]*|\{\w+\}", each)]
            if route.method == "ANY" or odd or not re.fullmatch(r"[^{}]+|\{\w+\+?\}", last):
                raise ValueError(f"the local run does not play the route {route.method} {route.path}")
        return routes

    def response_headers(self, sent: Collection[str] = (), *, over_tls: bool = False) -> list[tuple[str, str]]:
        """Return the headers that CloudFront adds to every response.

        One that does not override gives way to the origin's own: `sent` has the names of those, in lower case.
        Strict-Transport-Security comes only with `over_tls`: browsers ignore it over plain HTTP.
        """
        headers = []
        for policy in self.resources("AWS::CloudFront::ResponseHeadersPolicy").values():
            config = self.resolve(policy["ResponseHeadersPolicyConfig"])
            custom = config.get("CustomHeadersConfig", {}).get("Items", [])
            headers += [_security_header(kind, setting) for kind, setting in config["SecurityHeadersConfig"].items()]
            adds = [item for item in custom if item.get("Override", True) or item["Header"].lower() not in sent]
            headers += [(item["Header"], item["Value"]) for item in adds]
        return [(name, value) for name, value in headers if over_tls or name != "Strict-Transport-Security"]

    def error_pages(self) -> dict[int, ErrorPage]:
        """Return, by status, the pages of the site that CloudFront puts in place of errors, those of the forms too."""
        return {
            response["ErrorCode"]: ErrorPage(response["ResponseCode"], response["ResponsePagePath"])
            for response in self._error_responses()
            if "ResponsePagePath" in response
        }

    def seconds_of_error_cache(self, status: int) -> float:
        """Return how long CloudFront shows one visitor's error to others who ask for the same path."""
        said = [each for each in self._error_responses() if each["ErrorCode"] == status]
        return float(said[0].get("ErrorCachingMinTTL", ERROR_CACHING_MIN_TTL) if said else ERROR_CACHING_MIN_TTL)

    def _error_responses(self) -> Iterator[dict[str, Any]]:
        for distribution in self.resources("AWS::CloudFront::Distribution").values():
            yield from distribution["DistributionConfig"].get("CustomErrorResponses", [])

    def forwarding(self, path: str) -> "Forwarding | None":
        """Return the headers that CloudFront forwards to the function at a path, None if there is no function."""
        behavior = self._behavior(path)
        return self._forwarding(behavior) if behavior else None

    def cache_policy(self, path: str) -> "CachePolicy | None":
        """Return what CloudFront keeps of the function at a path, None if it keeps nothing.

        Raises ValueError for a policy that would be played wrong.
        """
        behavior = self._behavior(path)
        if behavior is None or behavior.get("CachePolicyId", CACHING_DISABLED) == CACHING_DISABLED:
            return None
        policy = self.resources("AWS::CloudFront::CachePolicy")[behavior["CachePolicyId"]["Ref"]]
        config = policy["CachePolicyConfig"]
        key = config["ParametersInCacheKeyAndForwardedToOrigin"]
        queries = key["QueryStringsConfig"]
        if (
            config["MinTTL"]
            or config["DefaultTTL"]
            or key["CookiesConfig"]["CookieBehavior"] != "none"
            or key["HeadersConfig"]["HeaderBehavior"] != "none"
            or queries["QueryStringBehavior"] != "whitelist"
        ):
            raise ValueError("the local run plays a cache that asks the origin how long, with listed queries only")
        return CachePolicy(config["MaxTTL"], frozenset(queries["QueryStrings"]))

    def _behavior(self, path: str) -> dict[str, Any] | None:
        return next((each for each in self._behaviors if fnmatchcase(path, each["PathPattern"])), None)

    def _forwarding(self, behavior: Mapping[str, Any]) -> "Forwarding":
        if "OriginRequestPolicyId" not in behavior:
            return Forwarding(frozenset(), frozenset())
        policy = behavior["OriginRequestPolicyId"]["Ref"]
        config = self.resources("AWS::CloudFront::OriginRequestPolicy")[policy]["OriginRequestPolicyConfig"]
        headers, cookies = config["HeadersConfig"], config["CookiesConfig"]
        if headers["HeaderBehavior"] != "whitelist" or cookies["CookieBehavior"] not in ("none", "whitelist"):
            raise ValueError("the local run plays lists of headers and cookies only")
        return Forwarding(frozenset(map(str.lower, headers["Headers"])), frozenset(cookies.get("Cookies", [])))

    @cached_property
    def _behaviors(self) -> list[dict[str, Any]]:
        """Return the behaviors of what functions answer."""
        found = []
        for distribution in self.resources("AWS::CloudFront::Distribution").values():
            config = distribution["DistributionConfig"]
            buckets = {origin["Id"] for origin in config.get("Origins", []) if "S3OriginConfig" in origin}
            found += [each for each in config.get("CacheBehaviors", []) if each.get("TargetOriginId") not in buckets]
        return found

    def events(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the events of a type, each with the function's logical id and its properties."""
        for function, properties in self.functions.items():
            for event in properties.get("Events", {}).values():
                if event["Type"] == kind:
                    yield function, event["Properties"]
                elif event["Type"] not in EVENT_TYPES:
                    raise ValueError(f"{function}: the local run does not play events of type {event['Type']}")


def _security_header(kind: str, setting: Mapping[str, Any]) -> tuple[str, str]:
    if not setting["Override"]:
        raise ValueError(f"the local run plays response headers with Override only, not {kind}")
    match kind:
        case "ContentSecurityPolicy":
            return "Content-Security-Policy", setting["ContentSecurityPolicy"]
        case "ContentTypeOptions":
            return "X-Content-Type-Options", "nosniff"
        case "FrameOptions":
            return "X-Frame-Options", setting["FrameOption"]
        case "ReferrerPolicy":
            return "Referrer-Policy", setting["ReferrerPolicy"]
        case "StrictTransportSecurity":
            wider = "; includeSubDomains" if setting.get("IncludeSubdomains") else ""
            return "Strict-Transport-Security", f"max-age={setting['AccessControlMaxAgeSec']}{wider}"
    raise ValueError(f"the local run does not play the response header {kind}")
