"""Emulates API Gateway: turns an HTTP request into an event (payload format 2.0), and the result into a response."""

import base64
import json
import logging
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from local.aws.authorizer import Authorizer
from local.aws.cloudfront import forward, origin_headers
from local.aws.lambda_runtime import invoke
from local.template import ACCOUNT, REGION, Forwarding, Route, Template

__all__ = ["BODY_LIMIT", "Gateway", "Request", "Response", "event_for", "invoke"]

BODY_LIMIT = 10 * 1024 * 1024
"""Largest body in bytes; the API itself rejects more."""
TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript")
"""Types whose bodies are passed as text; all others, forms included, are passed in base64."""
CLOUDFRONT = "127.0.0.1"
"""Source address that the API sees; the visitor's is in `cloudfront-viewer-address`."""
OF_THE_CONNECTION = ("connection", "content-length", "keep-alive", "transfer-encoding", "upgrade")
"""Headers that a function's answer cannot set."""
DOMAIN = f"local.execute-api.{REGION}.amazonaws.com"

log = logging.getLogger("local.aws.api_gateway")


@dataclass(frozen=True)
class Request:
    """An HTTP request as CloudFront gets it. Header names are in lower case; `sender` is the visitor's address."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    sender: tuple[str, int] = ("127.0.0.1", 50000)


@dataclass(frozen=True)
class Response:
    """An HTTP response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Gateway:
    """The HTTP API of a template, and CloudFront's way of forwarding to it."""

    def __init__(self, template: Template, authorizer: Authorizer | None = None) -> None:
        self._template = template
        self._authorizer = authorizer or Authorizer(template)
        self._routes = sorted(template.routes(), key=lambda route: route.generality)

    def answer(self, request: Request) -> Response:
        """Respond to a visitor, as CloudFront and the API would."""
        return self.answer_directly(request, self._template.forwarding(request.path), self._origin_headers)

    def answer_directly(
        self,
        request: Request,
        forwarded: Forwarding | None = None,
        added: Mapping[str, str] | None = None,
    ) -> Response:
        """Find the route, ask the authorizer, call the route's function, and turn its answer into an HTTP response."""
        if len(request.body) > BODY_LIMIT:
            return _message(413, "Request Entity Too Large")
        route = self._route(request)
        if route is None:
            return _message(404, "Not Found")
        event = event_for(request, forwarded, added, route)
        try:
            if refused := self._authorizer.refuses(event):
                return _message(refused, refused.phrase)
            return _response(invoke(self._template, route.function, event))
        except Exception:
            log.exception("%s failed", route.function)
            return _message(500, "Internal Server Error")

    def _route(self, request: Request) -> Route | None:
        fitting = (each for each in self._routes if each.method == request.method)
        return next((each for each in fitting if each.parameters(request.path) is not None), None)

    @cached_property
    def _origin_headers(self) -> dict[str, str]:
        return origin_headers(self._template)


def event_for(
    request: Request,
    forwarded: Forwarding | None = None,
    added: Mapping[str, str] | None = None,
    route: Route | None = None,
) -> dict[str, Any]:
    """Return the event of a request. CloudFront lets through the `forwarded` headers, None for all, and adds `added`.

    Without a route, its path is taken for one without parameters.
    """
    now = datetime.now(UTC)
    headers = {**forward(request.headers, request.sender, forwarded), **(added or {}), "host": DOMAIN}
    cookies = headers.pop("cookie", "")
    key = f"{request.method} {route.path if route else request.path}"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": DOMAIN,
            "domainPrefix": DOMAIN.partition(".")[0],
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": CLOUDFRONT,
                "userAgent": headers["user-agent"],
            },
            "requestId": uuid.uuid4().hex[:16],
            "routeKey": key,
            "stage": "$default",
            "time": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if parameters := route.parameters(request.path) if route else None:
        event["pathParameters"] = parameters
    if cookies:
        event["cookies"] = [each.strip() for each in cookies.split(";")]
    if query := _joined(parse_qsl(request.query, keep_blank_values=True)):
        event["queryStringParameters"] = query
    if request.body:
        is_text = headers.get("content-type", "").lower().startswith(TEXT_TYPES)
        event["body"] = request.body.decode("utf-8", "replace") if is_text else base64.b64encode(request.body).decode()
        event["isBase64Encoded"] = not is_text
    return event


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Join repeated values with commas, as payload format 2.0 does."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _response(answer: Any) -> Response:
    """Convert a function's result to HTTP. Raises if it is not in payload format 2.0."""
    match answer:
        case {"statusCode": int(status)} if 200 <= status <= 599:
            headers, cookies, body = answer.get("headers", {}), answer.get("cookies", []), answer.get("body", "")
        case _:
            raise ValueError(f"no statusCode in an answer of type {type(answer).__name__}")
    if not (isinstance(headers, dict) and isinstance(cookies, list) and isinstance(body, str)):
        raise TypeError("an answer has headers in a dict, cookies in a list, and its body in a string")
    fields = [(name.lower(), str(value)) for name, value in headers.items()]
    fields = [(name, value) for name, value in fields if name not in OF_THE_CONNECTION]
    fields += [("set-cookie", str(cookie)) for cookie in cookies]
    if any(re.search(r"[\r\n\0]", name + value) for name, value in fields):
        raise ValueError("a header of an answer has a line end in it")
    if body and "content-type" not in {name for name, _ in fields}:
        fields.append(("content-type", "text/plain; charset=utf-8"))
    content = base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode()
    return Response(status, fields, content)


def _message(status: int, text: str) -> Response:
    return Response(status, [("content-type", "application/json")], json.dumps({"message": text}).encode())
