"""Handles the office's pages under /desk/: routes each request to the page or the action in views/.

Rendered on the server, complete without script. A GET changes nothing; a POST needs a session, this site's own Origin,
and the token of a page of that session. Typed text is never lost: a page that cannot do what was asked gives it back.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from forms.form import reference_in
from office import search
from settings import require
from telemetry import count, logger, publish, request_failed
from views import certified, corrections, people, plaques, requests, signing_in, submissions, today
from views.requests import Refused, Request, draw
from web.desk import lists, sessions
from web.desk.sessions import Session
from web.responses import Response, csv_file, see_other

require("desk_secret_arn")


def handler(event: dict[str, Any], _context: Any) -> Response:
    """Respond to a request. Failures become error pages; metrics are published."""
    logger.set_correlation_id(event["requestContext"]["requestId"])
    request, session = requests.bare(event), None
    try:
        request = requests.read(event)
        session = sessions.read(request.cookies, request.now)
        if session and sessions.has_ended(session):
            session = None
        if request.method == "POST":
            requests.check_origin(request)
        if request.parts == ["sign-in"] and request.method == "POST":
            # A code works once: who sends it twice is signed in already.
            to = signing_in.desk_path(request.fields.get("to", ""))
            return see_other(to) if session else signing_in.sign_in(event, request)
        if session is None:
            return signing_in.ask_who(request, _page_with(request.parts))
        return _answer(request, session)
    except Refused as refused:
        count("refused")
        return requests.say(request, session, refused.status, refused.title, refused.advice)
    except Exception as error:
        request_failed(error)
        advice = "Nothing was lost. Check whether it was done. If not, try again in a few minutes."
        return requests.say(request, session, HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here", advice)
    finally:
        publish()


def _answer(request: Request, session: Session) -> Response:
    """Respond to someone who is signed in."""
    if request.method == "POST" and not sessions.is_genuine(session, request.fields.get("csrf", "")):
        raise Refused(HTTPStatus.BAD_REQUEST, "This page is from another session", "Press the button again.")
    if request.method == "GET" and (there := _page_with(request.parts)):
        return see_other(there)
    match request.method, request.parts:
        case "GET", []:
            return today.show(request, session)
        case "POST", ["sign-out"]:
            sessions.end(session, request.now)
            return see_other("/desk/") | {"cookies": [sessions.set_cookie(sessions.SESSION_COOKIE, "", timedelta())]}
        case "GET" | "POST", ["find"]:
            found = lists.found(request.fields.get("q", "")[: search.QUERY_LIMIT], request.now)
            return draw(request, session, "Find", "find.html", place="find", erased=False, **found)
        case "GET", ["plaques"]:
            return plaques.show(request, session)
        case "GET", ["plaques", "labels"]:
            return draw(request, session, "Labels", "labels.html", place="plaques", sheets=lists.sheets())
        case "GET", ["plaques.csv"]:
            return csv_file(lists.plaques_csv(), "plaques.csv")
        case "POST", ["plaques", "mark"]:
            return plaques.mark(request, session)
        case "GET", ["certified"]:
            return certified.show(request, session)
        case "GET", ["certified.csv"]:
            return csv_file(lists.certified_csv(request.now), "certified.csv")
        case "GET", ["certified", certification]:
            return certified.show_one(request, session, certification)
        case "POST", ["certified", certification, verb] if verb in certified.VERBS:
            return certified.change(request, session, certification, verb)
        case "GET", ["numbers"]:
            return draw(request, session, "Numbers", "numbers.html", place="numbers", **lists.board(request.now))
        case "GET" | "POST", [reference, "correct"]:
            return corrections.correct(request, session, submissions.found(reference))
        case "POST", ["person"]:
            return people.of_address(request, session)
        case "POST", ["person", "erase"]:
            return people.erase(request, session)
        case "GET", [reference, "person"]:
            return people.of_submission(request, session, submissions.found(reference))
        case "POST", [reference, "certified"]:
            return submissions.choose(request, session, reference)
        case "GET", [reference]:
            return submissions.show(request, session, reference)
        case "POST", ["returned", "seen-to" | "undo" as verb]:
            return today.see_to(request, session, verb)
        case "POST", [reference, verb] if verb in submissions.VERBS:
            return submissions.carry_out(request, session, reference, submissions.VERBS[verb])
    raise Refused(HTTPStatus.GONE, "There is no such page", "Go to Today, and start from there.")


def _page_with(parts: list[str]) -> str:
    """Return the page whose buttons post to this address; empty if there are none.

    A phone that comes back from the mail program opens the address of the last answer again, with GET.
    """
    match parts:
        case ["sign-in" | "sign-out"] | ["returned", _]:
            return "/desk/"
        case ["plaques", "mark"]:
            return "/desk/plaques"
        case ["person"] | ["person", "erase"]:
            return "/desk/find"
        case ["certified", certification, verb] if verb in certified.VERBS:
            return f"/desk/certified/{quote(certification)}"
        case [reference, verb] if verb in (*submissions.VERBS, "certified"):
            return f"/desk/{reference_in(reference)}"
    return ""
