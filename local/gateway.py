"""Plays API Gateway: an HTTP request becomes the event of an HTTP API (payload format 2.0), the answer goes back."""

import base64
import importlib
import json
import logging
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from local.template import ACCOUNT, REGION, Template

BODY_LIMIT = 10 * 1024 * 1024
"""Bytes that an HTTP API takes; more is answered by the API itself."""
TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript")
"""Bodies of other types, forms among them, reach the function in base64."""

log = logging.getLogger("local.gateway")
_one_call = threading.Lock()


@dataclass(frozen=True)
class Request:
    """An HTTP request as the gateway sees it. Header names are in lower case; `sender` is the address it came from."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    sender: tuple[str, int] = ("127.0.0.1", 50000)


@dataclass(frozen=True)
class Response:
    """The gateway's answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True)
class Context:
    """Lambda's context object, as far as functions look at it."""

    function_name: str
    memory_limit_in_mb: int
    aws_request_id: str

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return 15_000


def invoke(template: Template, function: str, event: Mapping[str, Any]) -> Any:
    """Call a function of the template and return its answer; what it raises is raised here.

    One call at a time: a process of Lambda never has two, and the functions may count on that.
    """
    properties = template.functions[function]
    module, _, name = properties["Handler"].rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    with _one_call:
        return handler(event, Context(function, properties["MemorySize"], str(uuid.uuid4())))


class Gateway:
    """The HTTP API of a template."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._routes = {(route.method, route.path): route.function for route in template.routes()}

    def answer(self, request: Request) -> Response:
        """Find the route, call its function, and turn its answer into an HTTP response."""
        function = self._routes.get((request.method, request.path))
        if function is None:
            return _message(404, "Not Found")
        if len(request.body) > BODY_LIMIT:
            return _message(413, "Request Entity Too Large")
        try:
            answer = invoke(self._template, function, event_for(request))
            response = _response(answer)
        except Exception:
            log.exception("%s failed", function)
            return _message(500, "Internal Server Error")
        return response


def event_for(request: Request) -> dict[str, Any]:
    """The event of a request, as CloudFront and an HTTP API in front of the function would make it."""
    now = datetime.now(UTC)
    headers = {name: value for name, value in request.headers.items() if name not in ("cookie", "x-forwarded-for")}
    headers["cloudfront-viewer-address"] = f"{request.sender[0]}:{request.sender[1]}"
    is_text = headers.get("content-type", "").startswith(TEXT_TYPES)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{request.method} {request.path}",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": headers.get("host", "127.0.0.1"),
            "domainPrefix": "local",
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.sender[0],
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": uuid.uuid4().hex[:16],
            "routeKey": f"{request.method} {request.path}",
            "stage": "$default",
            "time": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": bool(request.body) and not is_text,
    }
    if parameters := parse_qs(request.query, keep_blank_values=True):
        event["queryStringParameters"] = {name: ",".join(values) for name, values in parameters.items()}
    if cookie := request.headers.get("cookie"):
        event["cookies"] = [each.strip() for each in cookie.split(";")]
    if request.body:
        event["body"] = request.body.decode() if is_text else base64.b64encode(request.body).decode()
    return event


def _response(answer: Mapping[str, Any]) -> Response:
    """A function's answer as HTTP. Raises what tells that API Gateway would not understand it."""
    body = answer.get("body") or ""
    content = base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode()
    headers = [(name, str(value)) for name, value in answer.get("headers", {}).items()]
    headers += [("set-cookie", cookie) for cookie in answer.get("cookies", [])]
    return Response(int(answer["statusCode"]), headers, content)


def _message(status: int, text: str) -> Response:
    return Response(status, [("content-type", "application/json")], json.dumps({"message": text}).encode())
