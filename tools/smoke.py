"""`make smoke URL=https://…`: does a deployed stack answer as it should? A line for each check, with its time.

It reads pages, and sends one contact form as a browser without script does. The message says that it is a test, and its
receipt goes to SES's own mailbox simulator. Exit code 1 where a check failed.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from local.template import Template

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
TIMEOUT = 20
"""In seconds, for each request."""
ANSWERS = {
    "name": "Smoke test",
    "email": "success@simulator.amazonses.com",  # SES takes it, also in the sandbox, and delivers it to nobody
    "organization": "Smoke test",
    "topic": "website",
}


class Failed(Exception):
    """A check failed; the message says how."""


class _NotSentOn(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Return a redirect instead of following it."""


@dataclass(frozen=True)
class Answer:
    """A response, whatever its status."""

    status: int
    headers: HTTPMessage
    text: str


def ask(url: str, answers: dict[str, str] | None = None) -> Answer:
    """GET an address, or POST a form to it. Raises OSError or HTTPException where nothing answers."""
    body = urlencode(answers).encode() if answers is not None else None
    request = Request(url, body, {"Accept": "text/html", "User-Agent": "smoke test"})
    try:
        answer = build_opener(_NotSentOn).open(request, timeout=TIMEOUT)
    except HTTPError as error:
        answer = error
    with answer:
        return Answer(answer.status, answer.headers, answer.read().decode("utf-8", "replace"))


def expect(what: object, wanted: object, where: str) -> None:
    if what != wanted:
        raise Failed(f"{where}: {what!r} instead of {wanted!r}")


class FormReader(HTMLParser):
    """The form that POSTs on a page: its address, and its fields with the values that they have already."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post":
            self._inside, self.action = True, given.get("action", "")
        unticked = given.get("type") == "checkbox" and "checked" not in given
        if self._inside and tag in ("input", "select", "textarea") and not unticked:
            self.fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"


@dataclass
class Stack:
    """A deployed stack at `url`, without a slash at its end. Each check raises Failed; later ones need earlier ones."""

    url: str
    api: str = ""
    form: dict[str, str] = field(default_factory=dict)
    action: str = ""
    receipt: str = ""
    reference: str = ""

    def page(self, path: str, answers: dict[str, str] | None = None, status: int = 200) -> Answer:
        """Request a URL; check the status and the security headers."""
        answer = ask(urljoin(self.url, path), answers)
        expect(answer.status, status, f"status of {path}")
        for name, value in Template(TEMPLATE).response_headers():
            expect(answer.headers[name], value, f"{name} of {path}")
        if self.url.startswith("https:"):
            expect("max-age=" in answer.headers.get("Strict-Transport-Security", ""), True, f"HSTS of {path}")
        return answer

    def pages_say_their_own_address(self) -> None:
        for path in ("/", "/certification/", "/faq/", "/checklists/", "/plaque/"):
            expect(f'rel="canonical" href="{self.url}{path}"' in self.page(path).text, True, f"own address in {path}")

    def checklists_are_json(self) -> None:
        checklists = json.loads(self.page("/checklists/all.json").text)["checklists"]
        expect(len(checklists) > 0, True, "checklists in /checklists/all.json")

    def a_missing_page_is_the_404_page(self) -> None:
        expect("<h1" in self.page("/nowhere/", status=404).text, True, "heading of /nowhere/")

    def a_page_without_its_slash_is_sent_on(self) -> None:
        location = self.page("/contact", status=301).headers["Location"]
        expect(urlsplit(location).path, "/contact/", "where /contact leads")

    def plain_http_is_sent_on(self) -> None:
        location = ask(self.url.replace("https:", "http:", 1)).headers["Location"] or ""
        expect(urlsplit(location).scheme, "https", "where plain HTTP leads")

    def the_form_is_there(self) -> None:
        form = FormReader(self.page("/contact/").text)
        expect(set(ANSWERS) | {"message"} <= set(form.fields), True, "fields of the contact form")
        sent_at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        message = f"This is a smoke test of the site, sent at {sent_at}. Please mark it as answered."
        self.action, self.form = form.action, {**form.fields, **ANSWERS, "message": message}

    def a_form_with_an_error_comes_back_with_its_answers(self) -> None:
        text = self.page(self.action, self.form | {"email": "not an address"}, status=422).text
        expect(self.form["message"] in text, True, "the message in the form that came back")

    def a_form_is_received(self) -> None:
        self.receipt = self.page(self.action, self.form, status=303).headers["Location"]

    def the_receipt_is_shown(self) -> None:
        _, _, after = self.page(self.receipt).text.partition('class="receipt__reference"')
        self.reference = after.partition("<strong>")[2].partition("</strong>")[0]
        expect(self.reference.isalnum(), True, "a reference in the receipt")

    def the_same_form_again_is_the_same_submission(self) -> None:
        again = self.page(self.action, self.form, status=303)
        expect(again.headers["Location"], self.receipt, "address of the receipt")

    def the_api_refuses_who_does_not_come_through_cloudfront(self) -> None:
        answer = ask(f"{self.api.rstrip('/')}/forms/contact/received")
        expect(answer.status in (401, 403), True, f"refusal (it answers {answer.status})")

    def checks(self) -> list[Callable[[], None]]:
        """Return the checks, in order."""
        return [
            self.pages_say_their_own_address,
            self.checklists_are_json,
            self.a_missing_page_is_the_404_page,
            self.a_page_without_its_slash_is_sent_on,
            *([self.plain_http_is_sent_on] if self.url.startswith("https:") else []),
            *([self.the_api_refuses_who_does_not_come_through_cloudfront] if self.api else []),
            self.the_form_is_there,
            self.a_form_with_an_error_comes_back_with_its_answers,
            self.a_form_is_received,
            self.the_receipt_is_shown,
            self.the_same_form_again_is_the_same_submission,
        ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make smoke", description=__doc__)
    parser.add_argument("url", help="the site, as in https://certification.example.org")
    parser.add_argument("--api", default="", help="the address of its API, which must refuse who comes directly")
    arguments = parser.parse_args()
    stack = Stack(arguments.url.rstrip("/"), arguments.api)
    failed = 0
    for check in stack.checks():
        start = time.monotonic()
        trouble = ""
        try:
            check()
        except (Failed, OSError, HTTPException, ValueError) as error:
            trouble = f": {error or type(error).__name__}"
        failed += bool(trouble)
        words = check.__name__.replace("_", " ") + trouble
        print(f"{'FAILED' if trouble else 'ok':6} {time.monotonic() - start:7.3f} s  {words}", flush=True)
    if stack.reference:
        print(f"Mark the test as answered, with the link in its e-mail or: staff mark {stack.reference} answered")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
