"""Answers of the forms, and what a person sees in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

from forms.form import TRAP
from local.aws.api_gateway import Gateway, Request

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """What a form answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    def form_values(self) -> set[str]:
        """What stands in the boxes of the redrawn form."""
        reader = FormValues()
        reader.feed(self.text)
        return reader.values


def as_answer(gateway: Gateway, request: Request) -> Answer:
    response = gateway.answer(request)
    return Answer(response.status, dict(response.headers), response.body.decode())


class FormValues(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: set[str] = set()
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        box = tag == "input" and given.get("type") != "checkbox" and given.get("name") != TRAP
        chosen = tag == "option" and "selected" in given
        ticked = given.get("type") == "checkbox" and "checked" in given
        if box or chosen or ticked:
            self.values.add(given.get("value") or "")
        if tag == "textarea":
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text is not None:
            # HTML drops one line end after the start tag.
            self.values.add("".join(self._text).replace("\r\n", "\n").removeprefix("\n"))
            self._text = None
