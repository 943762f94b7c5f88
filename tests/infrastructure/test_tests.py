"""The tests themselves: what several of them use is in tests/support/, and no fixture hides a module."""

import ast
import importlib
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from local.aws.lambda_runtime import forget, loaded
from tests.support import same_modules
from tests.support.pages import ROOT

FILES = sorted((ROOT / "tests").rglob("*.py"))
MODULES = {file.stem for file in (ROOT / "functions").glob("*.py")}


def is_fixture(node: ast.stmt) -> bool:
    decorators = getattr(node, "decorator_list", [])
    return any(ast.unparse(each).startswith("pytest.fixture") for each in decorators)


def imported_by(node: ast.AST) -> list[str]:
    """The module that a line imports from, and the names that it gives to what it imports."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return []
    return [getattr(node, "module", None) or "", *(each.asname or each.name for each in node.names)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT / "tests").as_posix())
def test_no_test_imports_another_and_no_fixture_is_called_like_a_module(file):
    tree = ast.parse(file.read_text("utf-8"))
    of_tests = [name for node in ast.walk(tree) for name in imported_by(node) if name.startswith("tests.")]
    assert [name for name in of_tests if not name.startswith("tests.support")] == []
    here = {name for node in tree.body for name in imported_by(node)}
    assert [node.name for node in tree.body if is_fixture(node) and node.name in MODULES | here] == []


def asked_of_a_page(file: Path) -> list[str]:
    """The scripts that a file gives to a page in quotes."""
    calls = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)]
    given = [call.args[0] for call in calls if ast.unparse(call.func).endswith("evaluate") and call.args]
    return [ast.unparse(node).strip("f\"'") for node in given if isinstance(node, ast.Constant | ast.JoinedStr)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT / "tests").as_posix())
def test_a_script_for_a_page_that_sets_a_function_is_one_itself(file):
    """Playwright calls what other scripts come to, where that is a function: a count of calls began at one."""
    function = r"(?:async )?(?:function\b|\([^()]*\) =>|\w+ =>)"
    others = [script for script in asked_of_a_page(file) if not re.match(function, script)]
    assert [script for script in others if re.search(rf"[^=]=\s*{function}", script)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT / "tests").as_posix())
def test_a_property_is_tried_with_the_same_examples_each_time_and_as_long_as_it_takes(file):
    """Hypothesis's own settings try others each time, and fail where the machine is busy for a fifth of a second."""
    decorated = [getattr(node, "decorator_list", []) for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    names = [{ast.unparse(each).partition("(")[0] for each in decorators} for decorators in decorated]
    assert [found for found in names if "given" in found and "examples" not in found] == []


def test_what_a_test_changes_is_what_the_functions_use_though_they_were_imported_anew(template, stand_in):
    """A module that functions import late was there twice, and a test changed the one that was not used."""
    handlers = {each["Handler"].partition(".")[0] for each in template.functions.values()}
    for _ in range(2):
        for handler in sorted(handlers):
            importlib.import_module(handler)
        importlib.import_module("views.certified")
        forget(template)
        importlib.import_module("settings")
        same_modules.put_back()
    importlib.import_module("views.certified")
    twice = {
        f"{module.__name__}: {value.__name__}"
        for module in loaded(template).values()
        for value in vars(module).values()
        if isinstance(value, ModuleType) and sys.modules.get(value.__name__) is not value
    }
    assert twice == set()
