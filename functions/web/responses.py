"""Builds responses for API Gateway's HTTP API: pages for people, JSON for programs that ask for it."""

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

CACHED = "public, max-age=0, s-maxage=300, stale-if-error=86400"
"""For public content: cached for five minutes at the edge; if our function fails, the last copy is served for a day.
Browsers ask each time, so that withdrawn content is gone everywhere once the edge drops it."""
OPEN = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
"""Lets pages of other sites read a file and show it."""

Event = Mapping[str, Any]
Response = dict[str, Any]


def wants_json(event: Event) -> bool:
    """Return whether the client asks for JSON instead of a page."""
    accepted = event["headers"].get("accept", "")
    # Browsers accept */* and text/html; only a program asks for JSON alone.
    return "application/json" in accepted and "text/html" not in accepted


def body_of(event: Event) -> bytes:
    """Return the request body. Raises ValueError if its base64 is invalid."""
    body = event.get("body") or ""
    return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()


def comes_from_another_site(event: Event, site: str) -> bool:
    """Return whether a page of another site made the browser send this request. `site` is our own origin.

    Browsers send Sec-Fetch-Site, older ones Origin, and no page can change either. Programs send neither.
    """
    if fetched := event["headers"].get("sec-fetch-site"):
        return fetched not in ("same-origin", "none")
    return bool(event["headers"].get("origin", site) != site)


def see_other(location: str) -> Response:
    return _response(HTTPStatus.SEE_OTHER, "", {"location": location, "cache-control": "no-store"})


def found_at(location: str) -> Response:
    """Lead to the present address of a public page."""
    return _response(HTTPStatus.FOUND, "", {"location": location, "cache-control": CACHED})


def not_found() -> Response:
    """Say that there is no such page. CloudFront puts the site's page in place of this one."""
    headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
    return _response(
        HTTPStatus.NOT_FOUND, "<!doctype html><title>Page not found</title><h1>Page not found</h1>", headers
    )


def public(page: str) -> Response:
    """Return a page that is the same for everyone."""
    return _response(HTTPStatus.OK, page, {"content-type": "text/html; charset=utf-8", "cache-control": CACHED})


def public_file(content: str, content_type: str) -> Response:
    """Return a file that is the same for everyone, and that other sites may use."""
    return _response(HTTPStatus.OK, content, {"content-type": content_type, "cache-control": CACHED, **OPEN})


def html(status: HTTPStatus, page: str) -> Response:
    """Return a page."""
    # `no-cache`, not `no-store`: the browser's back button may restore the page with the answers in it.
    return _response(status, page, {"content-type": "text/html; charset=utf-8", "cache-control": "private, no-cache"})


def csv_file(text: str, name: str) -> Response:
    """Return a CSV to download, with a byte order mark for spreadsheets; never cached."""
    response = file(text.encode("utf-8-sig"), "text/csv; charset=utf-8", name)
    response["headers"] |= {"cache-control": "no-store", "x-robots-tag": "noindex"}
    return response


def no_store(status: HTTPStatus, page: str) -> Response:
    """Return a page that no browser, cache or search engine stores."""
    headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store", "x-robots-tag": "noindex"}
    return _response(status, page, headers)


def file(content: bytes, content_type: str, name: str) -> Response:
    """Return a file to download under this name."""
    headers = {
        "content-type": content_type,
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "private, no-cache",
    }
    return _response(HTTPStatus.OK, base64.b64encode(content).decode(), headers) | {"isBase64Encoded": True}


def json_document(status: HTTPStatus, content: Mapping[str, Any]) -> Response:
    return _response(status, json.dumps(content), {"content-type": "application/json", "cache-control": "no-store"})


def problem_details(status: HTTPStatus, title: str, **members: Any) -> Response:
    """Return problem details (RFC 9457)."""
    headers = {"content-type": "application/problem+json", "cache-control": "no-store"}
    return _response(status, json.dumps({"title": title, "status": status, **members}), headers)


def _response(status: HTTPStatus, body: str, headers: Mapping[str, str]) -> Response:
    return {"statusCode": status, "headers": dict(headers), "body": body}
