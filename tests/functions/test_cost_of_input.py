"""No text that anybody can send keeps a function busy: every pattern and every field, on generated texts."""

import ast
import re
import time
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from forms import spam
from forms.catalog import FORMS
from forms.form import FormData
from tests.support.samples import SAMPLES

FUNCTIONS = Path(__file__).parents[2] / "functions"
CHARACTERS = "a1 \n@.-<[/=\u0315"
SIZES = (1_000, 16_000, 64_000)
"""In characters. A pattern that takes the cube of a length is caught at the first before it can hang at the last."""
SECONDS = 0.25
"""Of processor time. A linear pattern needs a thousandth of a second for 64,000 characters, a quadratic one ten."""


def patterns() -> dict[str, tuple[str, str]]:
    """Every regular expression that functions/ gives to `re` as text, and how it is used, by file and line."""
    return {
        f"{file.relative_to(FUNCTIONS)}:{call.lineno}": (call.args[0].value, use(file.read_text("utf-8"), call))
        for file in sorted(FUNCTIONS.rglob("*.py"))
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func).startswith("re.")
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def use(source: str, call: ast.Call) -> str:
    """Whether a pattern has to match a whole text, which costs less than looking for it at every place."""
    written = ast.unparse(call.func)
    name = re.search(rf"^(\w+) = {re.escape(ast.get_source_segment(source, call) or '')}", source, re.MULTILINE)
    uses = set(re.findall(rf"\b{name[1]}\.(\w+)\(", source)) if name else {written.removeprefix("re.")}
    if uses <= {"fullmatch", "match", "compile"}:
        return "match" if "match" in uses else "fullmatch"
    return "search"


def texts(size: int) -> Iterator[str]:
    """Texts of two characters: in turn, in two halves, and with an end that fits neither."""
    half = size // 2
    for one, other in permutations(CHARACTERS, 2):
        yield (one + other) * half + " x"
        yield one * half + other * half
    yield "a" + "\u0315\u0316" * (size // 2) + "@b.gov"
    yield "<a " * (size // 3)
    yield "@." * (size // 2) + " x"


def seconds(work) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def test_the_patterns_are_found():
    assert len(patterns()) > 5


@pytest.mark.parametrize(("pattern", "method"), patterns().values(), ids=patterns())
def test_no_pattern_takes_long_over_a_long_text(pattern, method):
    match = getattr(re.compile(pattern, re.IGNORECASE), method)
    for size in SIZES[:2]:
        for text in texts(size):
            assert seconds(lambda text=text: match(text)) < SECONDS, text[:10]


@pytest.mark.parametrize(("form", "name"), [(form, field.name) for form in FORMS.values() for field in form()])
def test_no_field_takes_long_over_a_long_text(form, name):
    form(FormData({})).draw()  # what is imported at the first use
    for size in (SIZES[0], SIZES[-1]):
        for text in ["a" + "\u0315\u0316" * (size // 2) + "@b.gov", "a " * (size // 2), *list(texts(size))[::60]]:
            sent = FormData({key: [value] for key, value in {**SAMPLES.get(form.slug, {}), name: text}.items()})
            checked, unchecked = form(sent), form(sent)
            assert seconds(checked.validate) < SECONDS, text[:10]
            for drawn in (checked, unchecked):  # a form that came too often is drawn as it is
                assert seconds(drawn.draw) < SECONDS, text[:10]


def test_the_hidden_box_takes_no_time():
    for size in SIZES:
        for text in texts(size):
            assert seconds(lambda text=text: spam.is_trapped({"message": "Hello"}, text)) < SECONDS, text[:10]


def test_what_a_password_manager_fills_in_is_no_trap_and_a_long_text_is_one():
    people = ["04999-1234", "(555) 555-0100", "123456", "pat@example.gov", "pat.smith@mail.example.gov"]
    assert not any(spam.is_trapped({"message": "Hello"}, filled_in) for filled_in in people)
    assert spam.is_trapped({"message": "Hello"}, "1" * 201)
    assert spam.is_trapped({"message": "Hello"}, "pat@example.gov buy")


def test_a_text_that_is_too_long_is_told_once_and_read_no_further():
    for form in FORMS.values():
        for field in form():
            sent = FormData(
                {**{k: [v] for k, v in SAMPLES.get(form.slug, {}).items()}, field.name: ["a\u202e" * 9_000]}
            )
            filled_in = form(sent)
            filled_in.validate()
            assert all(len(told) == 1 for told in filled_in.errors.values())
