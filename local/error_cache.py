"""Plays CloudFront's cache of errors, which is there even where a cache policy says that nothing is cached."""

import time
from collections.abc import Callable

from local.aws.api_gateway import Request, Response
from local.template import Template

STATUSES = frozenset({404, 414, 500, 501, 502, 503, 504})
"""Errors of a GET or HEAD that CloudFront keeps, whatever their Cache-Control says."""


class ErrorCache:
    """Answers as an origin does, and repeats an error for as long as the template's distribution says.

    Errors are kept by path alone: Managed-CachingDisabled, the policy of the forms, has no query in its key.
    `clock` returns seconds.
    """

    def __init__(
        self,
        template: Template,
        origin: Callable[[Request], Response],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._template = template
        self._origin = origin
        self._clock = clock
        self._kept: dict[str, tuple[float, Response]] = {}

    def answer(self, request: Request) -> Response:
        """The origin's answer, or the error that another visitor got for the same path a moment ago."""
        if request.method not in ("GET", "HEAD"):
            return self._origin(request)
        if request.path in self._kept:
            end, error = self._kept[request.path]
            if self._clock() < end:
                return error
        response = self._origin(request)
        if response.status in STATUSES:
            end = self._clock() + self._template.seconds_of_error_cache(response.status)
            self._kept[request.path] = (end, response)
        return response
