"""Signs staff in: asks for the address, then for the code that was sent to it."""

import re
from datetime import timedelta
from http import HTTPStatus

from mail import messages, ses
from normalize import addresses
from telemetry import count
from views.requests import Refused, Request, draw
from web import rate_limit
from web.desk import sessions
from web.desk.sessions import Denied
from web.responses import Event, Response, see_other

SPOILED = {
    Denied.NO_COOKIE: "This browser did not ask for a code, or it blocks cookies. Allow cookies for this site, and ask "
    "for a code in the browser that you sign in with.",
    Denied.TOO_OLD: "This code is too old, or was asked for in another browser. Ask for another one.",
    Denied.TOO_MANY: "There were too many wrong codes. Ask for another one.",
    Denied.WRONG: "That is not the code. Look at the newest e-mail, and type its six digits.",
    Denied.USED: "This code was used already. Ask for another one.",
}


def ask_who(request: Request, there: str) -> Response:
    """Ask who it is; `there` is the page of the button whose address was opened, empty if it was none."""
    if request.method == "POST":
        raise Refused(HTTPStatus.BAD_REQUEST, "You are not signed in", "Sign in first. Nothing was changed.")
    if request.parts == ["sign-in"] and sessions.BROWSER_COOKIE in request.cookies:
        return _ask_code(request, "/desk/")
    return _ask_address(request, desk_path(there or request.path))


def _ask_address(
    request: Request, to: str, status: HTTPStatus = HTTPStatus.OK, problem: str = "", email: str = ""
) -> Response:
    page = draw(request, None, "Sign in", "sign_in.html", status, to=to, email=email, asked=False, problem=problem)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        page["headers"]["retry-after"] = str(int(sessions.HOUR.total_seconds()))
    return page


def _ask_code(request: Request, to: str, status: HTTPStatus = HTTPStatus.OK, problem: str = "") -> Response:
    return draw(request, None, "Enter the code", "sign_in.html", status, to=to, asked=True, problem=problem)


def sign_in(event: Event, request: Request) -> Response:
    """Handle the sign-in form: send a code to the address, or check the code.

    The response reads the same for staff addresses and for others. How long it takes may tell them apart, and so does
    a failure of SES, which only a staff address meets.
    """
    network, to = rate_limit.network_of(event), desk_path(request.fields.get("to", ""))
    if sessions.is_flooding(network, request.now):
        count("limited")
        problem = "Too many tries from your network. Please try again in an hour."
        return _ask_address(request, to, HTTPStatus.TOO_MANY_REQUESTS, problem)
    return _take_code(request, to, network) if "code" in request.fields else _send_code(request, to, network)


def _send_code(request: Request, to: str, network: str) -> Response:
    address = request.fields.get("email", "").strip()
    if "@" not in address or len(address) > addresses.LIMIT:
        problem = "Enter your e-mail address, as in name@example.gov."
        return _ask_address(request, to, HTTPStatus.UNPROCESSABLE_ENTITY, problem, address)
    sessions.count_try(network, request.now)
    if sessions.had_enough(address, network, request.now):
        problem = "This address asked for too many codes within an hour. Use the newest one, or try again in an hour."
        return _ask_address(request, to, HTTPStatus.TOO_MANY_REQUESTS, problem, address)
    asked = sessions.ask(address, request.now)
    if asked.code and (listed := sessions.known(address)):
        ses.send(messages.sign_in(listed, asked.code), {"kind": "sign-in"})
    cookie = sessions.set_cookie(sessions.BROWSER_COOKIE, asked.browser, sessions.CODE_LASTS)
    return _ask_code(request, to) | {"cookies": [cookie]}


def _take_code(request: Request, to: str, network: str) -> Response:
    code = request.fields["code"][: sessions.CODE_LIMIT]
    browser = request.cookies.get(sessions.BROWSER_COOKIE, "")
    found = sessions.check(browser, code, request.now)
    if isinstance(found, Denied):
        sessions.count_try(network, request.now)
        return _ask_code(request, to, HTTPStatus.UNPROCESSABLE_ENTITY, SPOILED[found])
    count("signed_in")
    cookie = sessions.begin(found, browser, request.now)
    return see_other(to) | {
        "cookies": [
            sessions.set_cookie(sessions.SESSION_COOKIE, cookie, sessions.SESSION_LASTS),
            sessions.set_cookie(sessions.BROWSER_COOKIE, "", timedelta()),
        ]
    }


def desk_path(address: str) -> str:
    """Return the path if it is one of the desk, `/desk/` otherwise, so that the sign-in cannot redirect elsewhere."""
    # Neither `..`, which a browser resolves, nor `%`, by which it could be written in another way.
    is_plain = re.fullmatch(r"/desk/[A-Za-z0-9/.?=_+-]{0,300}", address) and not re.search("//|/[.]", address)
    return address if is_plain else "/desk/"
