"""handbook/architecture.md: what it names is there, and what calls the functions is in it."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "handbook/architecture.md").read_text("utf-8")
NAMED = sorted(
    {
        (name, path)
        for names, path in re.findall(r"((?:`\w+`(?:,| and)? )+)in (?:the form's class, as in )?`([\w./-]+)`", TEXT)
        for name in re.findall(r"\w+", names.replace(" and ", " "))
    }
)
"""What it names in a file: a function, a constant, a parameter."""
PATHS = sorted(set(re.findall(r"`([A-Za-z][\w.]*/[\w./-]*)`", TEXT)))


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_it_names_is_there(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("name", "path"), NAMED)
def test_a_file_defines_what_it_says_is_in_it(name, path):
    defined = rf"\b(?:def|class|function|const|let) {name}\b|^\s*{name}\s*[:=]"
    assert re.search(defined, (ROOT / path).read_text("utf-8"), re.MULTILINE)


def test_where_a_file_is_long_it_names_what_to_look_for():
    assert len(NAMED) > 20


def test_it_names_each_function_and_each_table(template):
    handlers = {function["Handler"].partition(".")[0] for function in template.functions.values()}
    assert {name for name in handlers if not re.search(rf"\b{name}\b", TEXT)} == set()
    tables = template.resources("AWS::DynamoDB::Table").keys()
    assert set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)) == tables


def test_it_says_where_each_module_of_the_functions_is_or_names_its_whole_folder():
    whole = {
        "forms": "`functions/forms/<form>.py`",
        "normalize": "`functions/normalize/`",
        "views": "`functions/views/`",
    }
    assert [named for named in whole.values() if named not in TEXT] == []
    modules = [path for path in (ROOT / "functions").rglob("*.py") if path.name != "__init__.py"]
    assert len(modules) > 50
    missing = [
        path.name for path in modules if path.parent.name not in whole and not re.search(rf"\b{path.name}`", TEXT)
    ]
    assert missing == []


def test_the_readme_names_each_page_of_the_handbook():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [page.name for page in (ROOT / "handbook").glob("*.md") if f"(handbook/{page.name})" not in readme] == []


def test_what_a_move_away_from_mkdocs_would_touch_names_each_hook():
    leaving = (ROOT / "handbook/leaving-material.md").read_text("utf-8")
    listed = re.findall(r"^  - overrides/(hooks/\w+\.py)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    assert listed
    assert [hook for hook in listed if f"`{hook}`" not in leaving] == []


def test_it_says_of_each_direct_dependency_what_it_is_for():
    groups = (ROOT / "pyproject.toml").read_text("utf-8").partition("[dependency-groups]")[2].partition("\n[tool")[0]
    direct = set(re.findall(r'^  "([\w-]+)', groups, re.MULTILINE))
    folders = (".", "tools/judges", "tools/bench/lighthouse")
    packages = [json.loads((ROOT / folder / "package.json").read_text("utf-8")) for folder in folders]
    needed = [{**package.get("dependencies", {}), **package.get("devDependencies", {})} for package in packages]
    direct |= {name.rpartition("/")[2] for each in needed for name in each}
    _, _, table = TEXT.partition("## Dependencies")
    named = set(re.findall(r"[\w-]+(?:\.[\w-]+)*", table))
    assert {name for name in direct if name not in named and not name.startswith("types-")} == set()
