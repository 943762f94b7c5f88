"""The words of pages, e-mail and interface: one word for one thing, and the message of the program at full strength."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "handbook" / "glossary.md"
LONGEST_LINE = 160
"""Characters of a line in the handbook, which people also read in a terminal."""
READ_OUT = {"alt", "aria-label", "content", "data-preview", "placeholder", "title", "value"}
"""Attributes whose words people see or hear."""
EXPRESSION = re.compile(r"(?:^|[\s(=]):[a-z]|#\w+\.|attribute_\w+\(")
"""What tells an expression of DynamoDB from a sentence."""
MESSAGE = {
    "index.html": [
        "Peace Officer Certified Agency",
        "highly participative",
        "paid to protect",
        "works for both",
        "award plaque",
    ],
    "certification/index.html": [
        "Peace Officer Certified Agency",
        "highly participative",
        "paid to protect",
        "category of courses",
        "numerous checklists",
        "actions and results",
        "wisdom and experience",
        "highly recommend",
        "not required",
        "valid for two years",
        "soon, such as",
    ],
    "framework/index.html": [
        "not as law enforcement, but as part of the community",
        "making this vision a reality",
        "change the way America sees and experiences policing",
        "down to the neighborhood level, every day",
    ],
    "about/index.html": ["nonpartisan", "501(c)(3)", "national scale", "premier nonprofit rating site"],
    "faq/index.html": ["certification expire", "award plaque", "What does it cost", "log in", "wisdom and experience"],
    "contact/index.html": ["911", "not an investigating body", "tools and information to get started"],
}
"""What a page must not lose when somebody rewrites it."""


def not_used() -> list[str]:
    """Return the words of the last column of the glossary's tables for everyone and for the office."""
    tables, _, _ = GLOSSARY.read_text("utf-8").partition("## Words for engineers")
    rows = re.findall(r"^\|(?!---)(.*)\|$", tables, re.MULTILINE)
    words = [word.strip() for row in rows for word in row.split("|")[-1].split(",")]
    return [word for word in words if word and word != "instead of"]


BANNED = re.compile(rf"\b(?:{'|'.join(map(re.escape, not_used()))})\b", re.IGNORECASE)


class Words(HTMLParser):
    """Collects the text of a page, hidden parts included, and the attributes that are read out."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if value and name in READ_OUT and tag not in ("input", "option")]

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def of_page(html: str) -> str:
    return re.sub(r"\s+", " ", " ".join(Words(html).found))


def of_script(source: str) -> str:
    """Return the string literals that are sentences or names: those with a space."""
    code = re.sub(r"^\s*//.*|/\*.*?\*/|\s//\s.*", "", source, flags=re.MULTILINE)
    literals = re.findall(r'"([^"\n]*)"|`([^`]*)`', code)
    return "\n".join(
        re.sub(r"\$\{[^}]*\}", "…", first or second) for first, second in literals if " " in first + second
    )


def of_template(source: str) -> str:
    """Return what a Jinja template prints, without its expressions, statements and comments."""
    return of_page(re.sub(r"\{[{%#].*?[}%#]\}", " ", source, flags=re.DOTALL))


def of_module(source: str) -> str:
    """Return the strings that a module says to people: neither docstrings nor what it logs."""
    tree = ast.parse(source)
    silent: set[int] = set()
    for node in ast.walk(tree):
        quiet = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        logged = isinstance(node, ast.Call) and ast.unparse(node.func).partition(".")[0] in (
            "logger",
            "log_failure",
            "count",
        )
        if quiet or logged:
            silent |= {id(each) for each in ast.walk(node)}
    strings = [each for each in ast.walk(tree) if isinstance(each, ast.Constant) and id(each) not in silent]
    texts = [each.value for each in strings if isinstance(each.value, str) and " " in each.value]
    return "\n".join(text for text in texts if not EXPRESSION.search(text))


def sources() -> list[Path]:
    patterns = (
        "overrides/assets/*.js",
        "functions/templates/**/*.html",
        "functions/templates/**/*.txt",
        "functions/**/*.py",
        "staff/**/*.py",
    )
    return [file for pattern in patterns for file in sorted(ROOT.glob(pattern))]


def said(file: Path) -> str:
    reader = {".js": of_script, ".py": of_module}.get(file.suffix, of_template)
    return reader(file.read_text("utf-8"))


def test_the_glossary_lists_words_that_are_not_used():
    assert {"tick", "step", "program office", "somebody"} <= set(not_used())


def test_a_word_that_is_not_used_is_found_wherever_people_read_it():
    assert BANNED.search(of_page('<button aria-label="Details of step 1">Details</button>'))
    assert BANNED.search(of_script("tell(`${settled} of ${total} steps done`);"))
    assert BANNED.search(of_template("{% if late %}Somebody asked.{% endif %}"))
    assert BANNED.search(of_module('def ask():\n    return "Check it, and tick the box"'))
    assert not BANNED.search(of_module('def tick():\n    """Take a step."""\n    logger.info("claimed a slot")'))


def test_no_page_uses_a_word_that_is_not_used(built_site):
    found = {
        str(page.relative_to(built_site)): sorted(set(BANNED.findall(of_page(page.read_text("utf-8")))))
        for page in built_site.rglob("*.html")
    }
    assert {page: words for page, words in found.items() if words} == {}


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_text_uses_a_word_that_is_not_used(file):
    assert BANNED.findall(said(file)) == []


@pytest.mark.parametrize("page", MESSAGE)
def test_a_page_keeps_the_message(page, built_site):
    text = of_page((built_site / page).read_text("utf-8")).casefold()
    assert [words for words in MESSAGE[page] if words.casefold() not in text] == []


def test_every_link_to_a_setting_is_drawn(built_site):
    for page in built_site.rglob("*.html"):
        assert "][" not in of_page(page.read_text("utf-8")), f"{page}: a link names no setting of link_references.py"


@pytest.mark.parametrize("file", [*ROOT.glob("*.md"), *ROOT.glob("handbook/*.md")], ids=lambda file: file.name)
def test_no_line_of_the_handbook_is_long(file):
    lines = enumerate(file.read_text("utf-8").splitlines(), 1)
    assert [number for number, line in lines if len(line) > LONGEST_LINE] == []


@pytest.mark.parametrize("folder", ["functions", "staff", "local", "overrides", "tools"])
def test_no_docstring_begins_with_a_clause(folder):
    vague = re.compile(r'"""(?:What|Whoever|Where) ')
    assert [file for file in (ROOT / folder).rglob("*.py") if vague.search(file.read_text("utf-8"))] == []
