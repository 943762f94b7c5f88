"""Plays CloudFront's cache: of what a cache policy says, and of errors, which it keeps even without one.

See Amazon's developer guide: "Manage how long content stays in the cache", "Control how long CloudFront caches errors".
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from local.aws.api_gateway import Request, Response
from local.template import CachePolicy, Template

ERRORS = frozenset({404, 410, 414, 500, 501, 502, 503, 504})
"""Errors of a GET or HEAD that CloudFront keeps."""
HEEDS_NO_STORE = frozenset({404, 410, 414, 501})
"""Those of which Cache-Control may say that they are not kept; of the others it may not."""
NOTHING_KEPT = CachePolicy(0, frozenset())


@dataclass(frozen=True)
class Kept:
    """A response, since when it is kept, until when it is fresh, and until when it may stand in for a failure."""

    response: Response
    since: float
    fresh_until: float
    good_until: float


class EdgeCache:
    """Answers as an origin does, or from the cache, for as long as template and response say.

    `clock` returns seconds; as it is, it is moved with the clock of the local run. Without `keeps_fresh`, a good
    response is asked for each time, and kept for failures only.
    """

    def __init__(
        self,
        template: Template,
        origin: Callable[[Request], Response],
        clock: Callable[[], float] = time.time,
        *,
        keeps_fresh: bool = True,
    ) -> None:
        self._template = template
        self._origin = origin
        self._clock = clock
        self._keeps_fresh = keeps_fresh
        self._kept: dict[tuple[str, str], Kept] = {}

    def answer(self, request: Request) -> Response:
        """Respond, as to the visitor who asks for the same now."""
        if request.method not in ("GET", "HEAD"):
            return self._origin(request)
        policy = self._template.cache_policy(request.path)
        query = _without_others(request.query, policy.queries) if policy else request.query
        # Managed-CachingDisabled, the policy of the forms, has no query in its key, and passes all of it on.
        key = request.path, query if policy else ""
        kept, now = self._kept.get(key), self._clock()
        if kept and kept.since <= now < kept.fresh_until:
            return kept.response
        response = self._origin(replace(request, query=query))
        is_failure = response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        if is_failure and kept and now < kept.good_until:
            return kept.response
        self._kept.pop(key, None)
        kept = self._to_keep(response, policy or NOTHING_KEPT, now)
        if now < max(kept.fresh_until, kept.good_until):
            self._kept[key] = kept
        return response

    def _to_keep(self, response: Response, policy: CachePolicy, now: float) -> Kept:
        said = ", ".join(value for name, value in response.headers if name.lower() == "cache-control")
        if response.status in ERRORS:
            heeded = response.status in HEEDS_NO_STORE and re.search("no-store|no-cache|private", said)
            seconds = 0 if heeded else self._template.seconds_of_error_cache(response.status)
            return Kept(response, now, now + seconds, now)
        fresh = min(_seconds("s-maxage", said), policy.max_ttl)
        good = min(_seconds("stale-if-error", said), policy.max_ttl)
        return Kept(response, now, now + (fresh if self._keeps_fresh else 0), now + fresh + good)


def _without_others(query: str, names: frozenset[str]) -> str:
    return urlencode([(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name in names])


def _seconds(directive: str, cache_control: str) -> int:
    """Return how long a directive of Cache-Control says (RFC 9111, RFC 5861), 0 if it is not there."""
    found = re.search(rf"\b{directive}=(\d+)", cache_control)
    return int(found[1]) if found else 0
