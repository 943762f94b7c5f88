"""The lines of a plaque: broken as an engraver breaks them, alike on the form as it is typed and on the server."""

import json
import subprocess
from pathlib import Path

import playwright
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from engraving import engraved
from forms.plaque import PLAQUE_LINE_LIMIT
from rendering import macro
from tests.support.examples import examples

ROOT = Path(__file__).parents[2]
NODE = Path(playwright.__file__).with_name("driver") / "node"
SCRIPT = f"""import {{ engraved }} from "{ROOT}/overrides/assets/engraving.js";
import {{ readFileSync }} from "node:fs";
const names = JSON.parse(readFileSync(0, "utf-8"));
const given = names.map((name) => engraved(name)).map(({{ lines, size }}) => [lines, size]);
console.log(JSON.stringify(given));"""
SMALL_WORDS = ("a", "and", "at", "for", "in", "of", "on", "the", "&", "OF")
LINES = {
    "Sample Police Department": ["Sample Police Department"],
    "Springfield Township Police Department": ["Springfield Township", "Police Department"],
    "City and County of Sample Sheriff's Office": ["City and County of Sample", "Sheriff's Office"],
    "Town of Sampleville-on-the-Water Police": ["Town of Sampleville-on-the-Water", "Police"],
    "O’FALLON POLICE DEPARTMENT": ["O’FALLON POLICE", "DEPARTMENT"],
    "Kapaʻa Police": ["Kapaʻa Police"],
    "x" * PLAQUE_LINE_LIMIT: ["x" * PLAQUE_LINE_LIMIT],
    **{f"Kapaa {word} Sampleville-on-the-Sea": ["Kapaa", f"{word} Sampleville-on-the-Sea"] for word in SMALL_WORDS},
}
WORDS = st.one_of(
    st.sampled_from(
        [*SMALL_WORDS, "O’Fallon", "Kapaʻa", "POLICE", "Department", "İstanbul", "שרטוב", "警察", "👮", "ǅ"]
    ),
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20),
)
NAMES = st.lists(WORDS, min_size=1, max_size=12).map(" ".join).map(lambda name: name[:PLAQUE_LINE_LIMIT].strip())


@pytest.mark.parametrize(("name", "lines"), LINES.items())
def test_a_long_name_is_broken_into_two_even_lines(name, lines):
    assert engraved(name)[0] == lines


@given(NAMES.filter(bool))
@examples(100)
def test_nothing_of_a_name_is_lost_and_a_line_more_is_a_line_shorter(name):
    lines, size = engraved(name)
    assert " ".join(lines) == name
    assert len(lines) == 1 or max(map(len, lines)) < len(name)
    assert 0 <= size <= 3


def test_the_form_breaks_a_name_as_it_is_typed_where_the_server_does():
    names = [*LINES]

    @given(NAMES.filter(bool))
    @examples(500)
    def collect(name):
        names.append(name)

    collect()
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", SCRIPT], input=json.dumps(names), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [list(engraved(name)) for name in names]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><b>', "{{ 7 * 7 }}"])
def test_a_name_is_nothing_but_text_on_its_plaque(name):
    assert f"<span>{escape(name)}</span>" in macro("plaque.html", "plaque")(name)
