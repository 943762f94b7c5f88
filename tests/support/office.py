"""Somebody of the office at the desk: a browser without script that keeps cookies and presses the page's buttons."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from local.aws.api_gateway import Gateway, Request
from local.template import Template

FORM = "application/x-www-form-urlencoded"
SITE = "https://certification.example.org"
OFFICE, DIRECTOR = "office@certification.example.org", "director@certification.example.org"


@dataclass
class PageForm:
    """A form of a page: where it goes, and what its fields hold."""

    action: str
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


@dataclass
class Page:
    """What the desk answered."""

    status: int
    headers: Mapping[str, str]
    cookies: list[str]
    text: str
    forms: list[PageForm]

    @property
    def words(self) -> str:
        """What a person reads, without markup."""
        found = re.search(r"(?s)<main.*</main>", self.text)
        text = re.sub(r"</?bdi>", "", found[0] if found else self.text)  # within a line, it adds no space
        return " ".join(re.sub(r"<[^>]+>", " ", text).split())

    def form(self, action: str) -> PageForm:
        [found] = [form for form in self.forms if form.action == action]
        return found

    def offers(self, verb: str) -> bool:
        return any(form.action.endswith(f"/{verb}") for form in self.forms)


class Office:
    """A browser. `gateway` is anything with `answer(Request)`."""

    def __init__(self, gateway: Any, request: Any, site: str = SITE) -> None:
        self._gateway, self._request, self.site = gateway, request, site
        self.cookies: dict[str, str] = {}

    def get(self, address: str = "/desk/") -> Page:
        path, _, query = address.partition("?")
        return self._send("GET", path, query, {}, b"")

    def post(self, address: str, fields: Mapping[str, str], **headers: str) -> Page:
        given = {"origin": self.site, **headers}
        return self._send("POST", address, "", given, urlencode(fields).encode())

    def press(self, page: Page, action: str, **typed: str) -> Page:
        """Fill in a form of the page and send it, as its hidden fields say; follow where that leads."""
        form = page.form(action)
        assert form.method == "post"
        assert typed.keys() <= form.names | {"reason"}
        return self.follow(self.post(action, form.fields | typed))

    def do(self, reference: str, verb: str, **typed: str) -> Page:
        """Open a submission, and do one thing to it."""
        done = self.press(self.get(f"/desk/{reference}"), f"/desk/{reference}/{verb}", **typed)
        assert done.status in (200, 422), done.words
        return done

    def follow(self, answer: Page) -> Page:
        return self.get(answer.headers["location"]) if answer.status == 303 else answer

    def sign_in(self, inbox: Any, address: str = OFFICE, page: str = "/desk/") -> Page:
        """By the code from the mailbox."""
        asked = self.press(self.get(page), "/desk/sign-in", email=address)
        return self.press(asked, "/desk/sign-in", code=code_in(inbox.messages()[-1]))

    def begin_session(self, address: str = OFFICE) -> str:
        """Sign in without the e-mail that this takes, and return the CSRF token. A session ends after thirty days."""
        from web.desk import sessions

        now = datetime.now(UTC)
        self.cookies[sessions.SESSION_COOKIE] = sessions.begin(address, secrets.token_urlsafe(), now)
        return sessions.read(self.cookies, now).csrf

    def _send(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Page:
        given = {**({"content-type": FORM} if method == "POST" else {}), **headers}
        if self.cookies:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        response = self._gateway.answer(self._request(method, path, query, given, body))
        set_cookies = [value for name, value in response.headers if name == "set-cookie"]
        for cookie in set_cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies.pop(name, None)
            if "Max-Age=0" not in cookie:
                self.cookies[name] = value
        text = response.body.decode("utf-8", "replace")
        reader = _Forms()
        reader.feed(text)
        return Page(response.status, dict(response.headers), set_cookies, text, reader.forms)


def code_in(message: Mapping[str, Any]) -> str:
    """The six digits of a sign-in e-mail."""
    [code] = re.findall(r"\b\d{6}\b", message["text"])
    return str(code)


def newest_code(messages: Sequence[Mapping[str, Any]], address: str = OFFICE) -> str:
    """The six digits of the last sign-in e-mail to this address. That of a form may come after it."""
    return code_in([each for each in messages if each["to"] == [address] and "code" in each["subject"]][-1])


def at_desk(template: Template) -> Office:
    """A browser in front of the local gateway."""
    return Office(Gateway(template), Request)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._select = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(PageForm(given.get("action", ""), given.get("method", "get")))
        if not self.forms:
            return
        form, name = self.forms[-1], given.get("name", "")
        if name:
            form.names.add(name)
        if tag == "input" and (given.get("type") not in ("checkbox", "radio") or "checked" in given) and name:
            form.fields[name] = given.get("value", "")
        if tag == "select":
            self._select = name
        if tag == "option" and "selected" in given:
            form.fields[self._select] = given.get("value", "")
        if tag == "textarea":
            self._text, form.fields[name] = name, ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.forms[-1].fields[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.forms[-1].fields[self._text] = self.forms[-1].fields[self._text].removeprefix("\n")
            self._text = ""
