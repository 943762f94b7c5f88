"""Handles the public register under /certified/: who is certified, until when, for people and for programs.

Everything is a GET that anyone may cache for five minutes. No one signs in and nothing changes; the function may read
one index of one table.
"""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any

import promises
import rendering
from normalize.states import STATE_NAMES
from settings import require, settings
from storage import register
from storage.register import Entry
from telemetry import count, logger, publish, request_failed
from web import agencies, pages
from web.responses import Event, Response, found_at, no_store, not_found, public, public_file

require()


class NotThere(Exception):
    """There is no such page, or no longer."""


def handler(event: Event, _context: Any) -> Response:
    """Respond to a request. CloudFront answers a 404 with the site's own page, and a 500 with what it has cached."""
    logger.set_correlation_id(event["requestContext"]["requestId"])
    try:
        return _answer(event["rawPath"], event.get("queryStringParameters") or {})
    except NotThere:
        count("not_there")
        return not_found()
    except Exception as error:
        request_failed(error)
        title = "We cannot show the register right now"
        return no_store(HTTPStatus.INTERNAL_SERVER_ERROR, pages.register("trouble.html", title, "/certified/"))
    finally:
        publish()


def _answer(path: str, query: Mapping[str, str]) -> Response:
    if not rendering.office().keeps_register:
        return _without_register(path)
    today = promises.day_at_office(promises.now())
    # A page has one address; without its slash, or in capitals, the same words redirect to it.
    match path.removeprefix("/certified/").removesuffix("/").lower().split("/"):
        case [""]:
            return _first_page(query.get("q", "").strip()[: agencies.QUERY_LIMIT], today)
        case ["agencies.json"]:
            return public_file(agencies.as_json(register.entries(today)), "application/json")
        case ["agencies.csv"]:
            return public_file(agencies.as_csv(register.entries(today)), "text/csv; charset=utf-8")
        case ["sitemap.xml"]:
            addresses = [settings().site_url + entry.path for entry in register.entries(today)]
            return public_file(rendering.render("register/sitemap.xml", addresses=addresses), "application/xml")
        case [state] if state.upper() in STATE_NAMES:
            return _state(path, state, query.get("page", ""), today)
        case [*_, name, "badge.svg"]:
            return _badge(name, today)
        case [name] | [_, name]:
            return _agency(path, _entry(name, today), today)
    raise NotThere


def _without_register(path: str) -> Response:
    """Say on the first page that there is no register, as the site build wrote it; there is no other page."""
    if path != "/certified/":
        raise NotThere
    return public(pages.built_page("certified").html)


def _find(name: str, today: date) -> Entry | None:
    """Return the agency whose code ends this part of an address, whatever name stands before it."""
    code = name[-register.CODE_LENGTH :]
    return register.find(code, today) if len(code) == register.CODE_LENGTH and code.isascii() else None


def _entry(name: str, today: date) -> Entry:
    """Return the agency of this part of an address. Raises NotThere."""
    entry = _find(name, today)
    if entry is None:
        raise NotThere
    return entry


def _badge(name: str, today: date) -> Response:
    """Draw the badge of an agency; where it left the register, one that says so and names nobody.

    It is on the agency's own website, where a picture that is not there would leave its alternative text, which says
    that the agency is certified. Not with 404, in whose place CloudFront puts a page, and with no other status of an
    error, at which Firefox draws nothing.
    """
    entry = _find(name, today)
    shown = agencies.agency(entry, today) if entry else {"holds": False}
    badge = rendering.render("register/badge.svg", is_listed=entry is not None, **shown)
    return public_file(badge, "image/svg+xml")


def _first_page(query: str, today: date) -> Response:
    entries = register.entries(today)
    if query:
        found = agencies.found(entries, query, today)
        response = public(pages.register("found.html", "Certified agencies", "/certified/", **found))
        response["headers"]["x-robots-tag"] = "noindex"
        return response
    return public(pages.register_home(**agencies.first_page(entries, today)))


def _state(path: str, state: str, page: str, today: date) -> Response:
    address = f"/certified/{state}/"
    if path != address:
        return found_at(address)
    number = int(page) if page.isdecimal() and len(page) < 4 else 1
    shown = agencies.of_state(register.entries(today), state.upper(), max(1, number), today)
    title = f"Certified agencies in {shown['state']['name']}"
    return public(pages.register("state.html", title, address, **shown))


def _agency(path: str, entry: Entry, today: date) -> Response:
    if path != entry.path:
        return found_at(entry.path)
    shown = agencies.agency(entry, today)
    data = agencies.structured_data(entry, today, rendering.office().organization)
    # The class makes the printed page a certificate, without the header, the footer and the rest of the page.
    body = "with-certificate" if shown["holds"] else ""
    return public(pages.register("agency.html", entry.name, entry.path, structured_data=data, body=body, **shown))
