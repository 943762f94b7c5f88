"""The words of pages, e-mail and interface: one word for one thing, and the message of the program at full strength."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "handbook" / "glossary.md"
LONGEST_LINE = 160
"""Characters of a line in the handbook, which people also read in a terminal."""
READ_OUT = {"alt", "aria-label", "content", "data-preview", "placeholder", "title", "value"}
"""Attributes whose words people see or hear."""
CURLY = re.compile("[‘’“”]")
"""Apostrophes and quotation marks that no one types into Markdown: beside the straight ones they look careless."""
EXPRESSION = re.compile(r"(?:^|[\s(=]):[a-z]|#\w+\.|attribute_\w+\(")
"""What tells an expression of DynamoDB from a sentence."""
MESSAGE = {
    "index.html": [
        "Peace Officer Certified Agency",
        "highly participative",
        "paid to protect",
        "works for both",
        "award plaque",
        "change the way America sees and experiences policing",
    ],
    "certification/index.html": [
        "Peace Officer Certified Agency",
        "national coherence",
        "easy-to-follow",
        "highly participative",
        "paid to protect",
        "community-led policing that works for both",
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
        "innovation for community-led policing",
        "As far back as the nineteenth century",
        "Sir Robert Peel articulates the broad role",
        "national coherence",
        "in good faith and without malice",
    ],
    "about/index.html": [
        "nonpartisan",
        "501(c)(3)",
        "national scale",
        "premier nonprofit rating site",
        "tax deductible to the fullest extent",
    ],
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
FOR_ENGINEERS = {
    *("claimed", "dead letter", "dead letters", "handover", "owed", "settled", "slot", "slots"),
    *("step", "steps", "submission", "task", "tasks"),
}
"""Words that the handbook may use outside the office's page: the code has them too."""


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
        "functions/templates/answers/*.md",
        "handbook/office.md",
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


def test_apostrophes_and_quotation_marks_of_pages_are_of_one_kind(built_site):
    found = {
        str(page.relative_to(built_site)): CURLY.findall(of_page(page.read_text("utf-8")))
        for page in built_site.rglob("*.html")
    }
    assert {page: marks for page, marks in found.items() if marks} == {}


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(ROOT)))
def test_apostrophes_and_quotation_marks_of_texts_are_of_one_kind(file):
    assert CURLY.findall(said(file)) == []


@pytest.mark.parametrize(
    "file",
    [file for file in (*ROOT.glob("*.md"), *ROOT.glob("handbook/*.md")) if file != GLOSSARY],
    ids=lambda file: file.name,
)
def test_the_handbook_uses_no_word_that_is_not_used_but_those_of_engineers(file):
    found = {word.lower() for word in BANNED.findall(file.read_text("utf-8"))}
    assert found - FOR_ENGINEERS == set()


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


VERBS = {
    *("answer", "ask", "become", "carry", "choose", "claim", "compile", "compose", "correct", "deliver", "deploy"),
    *(
        "draw",
        "erase",
        "finish",
        "flood",
        "follow",
        "forge",
        "fuzz",
        "go",
        "have",
        "lead",
        "leave",
        "let",
        "mail",
        "measure",
        "minify",
    ),
    *(
        "name",
        "percent-encode",
        "play",
        "press",
        "rebuild",
        "refuse",
        "release",
        "replay",
        "respond",
        "say",
        "separate",
    ),
    *("sign", "tell", "undo", "unload", "watch", "work", "zip"),
}
"""Verbs that docstrings begin with and that ruff's list lacks. Add a new one here, if it is a verb."""
CODE = ("functions", "staff", "local", "overrides", "tools")


def beginnings(folder: str) -> dict[str, list[str]]:
    """Return the first word of each function's docstring, with the places where it stands."""
    found: dict[str, list[str]] = {}
    for file in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (told := ast.get_docstring(node)):
                found.setdefault(told.split()[0].rstrip(".,:;").lower(), []).append(
                    f"{file.name}:{node.lineno}: {told}"
                )
    return found


def in_third_person(verb: str) -> str:
    if re.search("(?:[sxzo]|[cs]h)$", verb):
        return f"{verb}es"
    return re.sub("(?<![aeiou])y$", "ie", verb) + "s"


def known_to_ruff(words: Iterable[str]) -> set[str]:
    """Return the words that ruff knows as verbs: in the third person, its rule D401 refuses them."""
    written = list(words)
    functions = [
        f'def f{at}():\n    """{in_third_person(word).capitalize()} it."""\n' for at, word in enumerate(written)
    ]
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "D401", "--output-format", "json", "-"]
    said = subprocess.run(ruff, input="".join(functions), capture_output=True, text=True, check=False).stdout
    return {written[(each["location"]["row"] - 2) // 2] for each in json.loads(said)}


def test_a_word_that_is_no_verb_is_told_from_one():
    assert known_to_ruff(["return", "store", "the", "what", "carry", "reply"]) == {"return", "store", "reply"}
    assert [in_third_person(verb) for verb in ("try", "say", "go", "push", "mark")] == [
        "tries",
        "says",
        "goes",
        "pushes",
        "marks",
    ]


@pytest.mark.parametrize("folder", CODE)
def test_the_docstring_of_a_function_begins_with_a_verb(folder):
    """That the verb is imperative, ruff holds (D401)."""
    found = beginnings(folder)
    no_verbs = found.keys() - VERBS - known_to_ruff(found)
    assert [place for word in sorted(no_verbs) for place in found[word]] == []


NO_VERB = re.compile(r"(?:The|An?|All|Each|Every|Whether|What|Whoever|Where|With|How|By|Of|In|`\w+` (?:is|are)) ")


@pytest.mark.parametrize("folder", CODE)
def test_no_docstring_begins_with_a_vague_word(folder):
    found = [
        f"{file.name}:{node.lineno}: {told}"
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and (told := ast.get_docstring(node)) and NO_VERB.match(told)
    ]
    vague = re.compile(r'"""(?:What|Whoever|Where) ')
    found += [file for file in (ROOT / folder).rglob("*.py") if vague.search(file.read_text("utf-8"))]
    assert found == []
