"""Emulates a Lambda authorizer of an HTTP API, with its cache."""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from local.aws.lambda_runtime import invoke
from local.template import Template


class Authorizer:
    """The authorizer that every route of the HTTP API has. Without one, every request is let in.

    Raises ValueError for settings that are not emulated.
    """

    def __init__(self, template: Template) -> None:
        self._template = template
        self._answers: dict[str, tuple[float, bool]] = {}
        self._function = ""
        for logical_id, api in template.resources("AWS::Serverless::HttpApi").items():
            auth = api.get("Auth", {})
            if name := auth.get("DefaultAuthorizer"):
                self._read(logical_id, auth["Authorizers"][name])

    def refuses(self, event: Mapping[str, Any]) -> HTTPStatus | None:
        """Return the status of a refusal, None if the request may pass. Raises what the function raises."""
        if not self._function:
            return None
        sent = event["headers"].get(self._header)
        if not sent:
            return HTTPStatus.UNAUTHORIZED
        until, is_authorized = self._answers.get(sent, (0.0, False))
        if time.time() >= until:
            asked = {**event, "type": "REQUEST", "identitySource": [sent], "routeArn": event["routeKey"]}
            is_authorized = invoke(self._template, self._function, asked)["isAuthorized"] is True
            self._answers[sent] = (time.time() + self._seconds, is_authorized)
        return None if is_authorized else HTTPStatus.FORBIDDEN

    def _read(self, api: str, settings: Mapping[str, Any]) -> None:
        match settings:
            case {
                "FunctionArn": {"Fn::GetAtt": [str(function), "Arn"]},
                "AuthorizerPayloadFormatVersion": "2.0",
                "EnableSimpleResponses": True,
                "EnableFunctionDefaultPermissions": True,
                "Identity": {"Headers": [str(header)], "ReauthorizeEvery": int(seconds)},
            }:
                self._function, self._header, self._seconds = function, header.lower(), seconds
            case _:
                raise ValueError(f"{api}: the local run does not play the authorizer {settings!r}")
