"""No text that anybody can send keeps a function busy: every pattern and every field, on generated texts."""

import ast
import importlib
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import permutations
from pathlib import Path

import pytest

from forms import spam
from forms.catalog import FORMS
from forms.form import FormData
from tests.support.examples import THOROUGH
from tests.support.samples import SAMPLES

FUNCTIONS = Path(__file__).parents[2] / "functions"
CHARACTERS = "a1 \n@.-<[/=\u0315"
INVISIBLE = "\u200d\ufe0f\u00ad\U0001f46e\u0634"
"""Of what is cleaned away in some places and kept in others: a joiner, a variant, a hyphen, a picture, a letter."""
SIZES = (1_000, 64_000 if THOROUGH else 16_000)
"""In bytes. A pattern that takes the cube of a length is caught at the first before it can hang at the last."""
SECONDS = 0.05
"""Of processor time. A linear pattern needs a thousandth of a second for 64,000 characters, a quadratic one ten,
and more than half a second for 16,000."""
OWN = {"Email": "normalize/addresses.py", "Date": "normalize/dates.py", "Zip": "normalize/mailing.py"}
"""The patterns of a kind of field, besides those that all have."""


@cache
def patterns() -> dict[str, tuple[str, str, int]]:
    """Every regular expression of functions/, how it is used, and the longest text it gets, by file and line."""
    return dict(found for file in sorted(FUNCTIONS.rglob("*.py")) for found in patterns_of(file))


def patterns_of(file: Path) -> Iterator[tuple[str, tuple[str, str, int]]]:
    source, place = file.read_text("utf-8"), file.relative_to(FUNCTIONS)
    # A module that reads so many characters only says so; the fields below hold it to that.
    limit = re.search(r"^LIMIT = (\d+)$", source, re.MULTILINE)
    longest = int(limit[1]) if limit else SIZES[1]
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and call.args and re.match(r"re\.(?!escape)", ast.unparse(call.func)):
            for number, pattern in enumerate(written(call.args[0], ".".join(place.with_suffix("").parts))):
                yield f"{place}:{call.lineno}:{number}", (pattern, use(source, call), longest)


def written(argument: ast.expr, module: str) -> list[str]:
    """What is written there; of a name that only the call knows, every text that the module has in capitals."""
    if isinstance(argument, ast.Constant):
        return [str(argument.value)]
    names = vars(importlib.import_module(module))
    if isinstance(argument, ast.Name) and argument.id not in names:
        constants = [value for name, value in names.items() if name.isupper() and isinstance(value, str | tuple)]
        return [text for value in constants for text in ((value,) if isinstance(value, str) else value)]
    code = compile(ast.Expression(argument), "pattern", "eval")
    found = eval(code, {}, defaultdict(lambda: "x", names))
    return [found.pattern if isinstance(found, re.Pattern) else found]


def use(source: str, call: ast.Call) -> str:
    """Whether a pattern has to match a whole text, which costs less than looking for it at every place."""
    name = re.search(rf"^(\w+) = {re.escape(ast.get_source_segment(source, call) or '')}", source, re.MULTILINE)
    uses = set(re.findall(rf"\b{name[1]}\.(\w+)\(", source)) if name else {ast.unparse(call.func).removeprefix("re.")}
    if uses and uses <= {"fullmatch", "match"}:
        return "match" if "match" in uses else "fullmatch"
    return "search"


def alphabet(*patterns: str) -> str:
    """What a text that keeps these patterns busy is made of."""
    own = (c for pattern in patterns for c in pattern if c.isascii() and not c.isalnum() and c not in "()^$*|{}\\?+")
    return "".join(dict.fromkeys([*"a1 \n", *own]))


def texts(size: int, characters: str = CHARACTERS) -> Iterator[str]:
    """Texts of two characters: in turn, in two halves, and with an end that fits neither."""
    for one, other in permutations(characters, 2):
        half = size // len((one + other).encode())
        yield one * half + other * half
        if one < other:
            yield (one + other) * half + " x"
    yield "a" + "\u0315\u0316" * (size // 4) + "@b.gov"
    yield "<a " * (size // 3)
    yield "@." * (size // 2) + " x"


def seconds(work) -> float:
    """The processor time that it takes; of three tries the shortest, where the first takes too long."""
    spent = []
    while len(spent) < 3 and min(spent, default=SECONDS) >= SECONDS:
        began = time.thread_time()
        work()
        spent.append(time.thread_time() - began)
    return min(spent)


def test_the_patterns_are_found():
    by_name = {"normalize/mailing.py", "normalize/dates.py", "normalize/cleaning.py", "web/pages.py"}
    assert {each.partition(":")[0] for each in patterns()} > by_name


@pytest.mark.parametrize(("pattern", "method", "longest"), patterns().values(), ids=patterns())
def test_no_pattern_takes_long_over_a_long_text(pattern, method, longest):
    match = getattr(re.compile(pattern, re.IGNORECASE), method)
    for size in (min(SIZES[0], longest), longest):
        words = [f"{word}{end}" * (size // len(word)) for word in re.findall("[a-z]{2,}", pattern) for end in " .x"]
        for text in [*texts(size, alphabet(pattern)[:8]), *words]:
            assert seconds(lambda text=text: match(text)) < SECONDS, text[:10]


FIELDS = {f"{form.slug} {field.name}": (form, field) for form in FORMS.values() for field in form()}


@pytest.mark.parametrize(("number", "field"), list(enumerate(FIELDS.values())), ids=FIELDS)
def test_no_field_takes_long_over_a_long_text(number, field):
    """What all fields do with a text is one code: they share those texts out. Those of a kind's own patterns it has."""
    form, asked = field
    own = [pattern for place, (pattern, *_) in patterns().items() if place.partition(":")[0] == OWN.get(asked.type)]
    assert bool(own) == (asked.type in OWN)
    for size in SIZES:
        shared = [*texts(size, CHARACTERS + INVISIBLE)][number :: len(FIELDS)]
        for text in [*shared, *(texts(size, alphabet(*own)[:8]) if own else [])]:
            sent = FormData({key: [value] for key, value in {**SAMPLES.get(form.slug, {}), asked.name: text}.items()})
            assert seconds(lambda sent=sent: form(sent).validate()) < SECONDS, text[:10]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_no_form_takes_long_to_draw(form):
    form(FormData({})).draw()  # what is imported at the first use
    for text in ("a " * 32_000, "a" * 64_000, "<" * 64_000, "\u0315" * 32_000, "A b " * 16_000):
        for field in form():
            drawn = form(FormData({field.name: [text]}))
            assert seconds(drawn.draw) < SECONDS, (field.name, text[:10])


@pytest.mark.parametrize("form", SAMPLES)
def test_what_is_done_with_the_longest_answers_takes_no_time(form):
    """Everything that reads them once they were accepted, short of the e-mail."""
    declared = FORMS[form]
    limits = {"message": 5_000, "summary": 15_000}
    texts_of = {field.name for field in declared() if field.type in ("Line", "Text", "AttachedText")}
    for text in texts(max(limits.values())):
        answers = {**SAMPLES[form], **{name: text[: limits.get(name, 120)] for name in texts_of}}
        assert (
            seconds(
                lambda answers=answers: (
                    spam.signs(answers, trapped=False),
                    declared.words_to_find(answers),
                    declared.told(answers),
                    declared.mailing_label(answers),
                    declared.gist(answers),
                    declared.agency_key(answers),
                )
            )
            < SECONDS
        ), text[:10]


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
