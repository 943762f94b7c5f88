"""The direction of imports in functions/: what `lint-imports` cannot see, because it looks into packages only."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.pages import ROOT

GROUND = (
    "aws",
    "calendars",
    "engraving",
    "keys",
    "office_hours",
    "promises",
    "rendering",
    "safe_text",
    "sender_hint",
    "settings",
    "telemetry",
)
PACKAGES = {"normalize", "forms", "storage", "office", "mail", "web", "views"}
LOADED = "import json, sys; print(json.dumps([[n, getattr(m, '__file__', '')] for n, m in sys.modules.items()]))"


def loaded_by(code: str) -> dict[str, Path]:
    """Return the modules that a fresh process has loaded after some code, with their files."""
    done = subprocess.run([sys.executable, "-c", f"{code}\n{LOADED}"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {name: Path(file or "") for name, file in json.loads(done.stdout.splitlines()[-1])}


def of_functions(modules: dict[str, Path]) -> set[str]:
    return {name for name, file in modules.items() if ROOT / "functions" in file.parents}


def test_the_forms_need_no_aws_library():
    modules = loaded_by("import forms.catalog")
    assert {"forms.contact", "forms.plaque", "rendering"} <= of_functions(modules)
    assert not {"boto3", "botocore", "aws_lambda_powertools"} & modules.keys()


def test_every_module_that_cleans_answers_is_there_after_an_import_of_the_package_and_known_to_mypy():
    import normalize

    folder = ROOT / "functions" / "normalize"
    modules = {file.stem for file in folder.glob("*.py")} - {"__init__"}
    assert modules == normalize.MODULES
    assert modules == set(re.findall(r"from normalize import (\w+) as \1\n", (folder / "__init__.py").read_text()))
    assert all(getattr(normalize, name).__name__ == f"normalize.{name}" for name in modules)


def test_the_site_build_loads_the_forms_and_little_else(tmp_path):
    code = (
        "from mkdocs.config import load_config; from mkdocs.commands.build import build\n"
        f"build(load_config('mkdocs.yml', site_dir='{tmp_path}/site'))"
    )
    modules = loaded_by(code)
    ours = of_functions(modules)
    assert "forms.catalog" in ours
    assert len(ours) <= 14, sorted(ours)
    assert not {"boto3", "botocore", "aws_lambda_powertools"} & modules.keys()


@pytest.mark.parametrize("module", GROUND)
def test_what_all_stand_on_loads_nothing_above_it(module):
    assert of_functions(loaded_by(f"import {module}")) <= set(GROUND)


def test_links_load_storage_and_nothing_above_it():
    assert not {"office", "mail", "web", "views"} & of_functions(loaded_by("import links"))


def test_the_rules_name_every_handler_and_every_module_is_under_a_rule(template):
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    handlers = {properties["Handler"].partition(".")[0] for properties in template.functions.values()}
    [forbidden] = [each for each in rules["contracts"] if each["name"] == "No package imports a handler"]
    assert set(forbidden["forbidden_modules"]) == handlers
    assert set(rules["root_packages"]) == PACKAGES
    assert {file.stem for file in (ROOT / "functions").glob("*.py")} == {*GROUND, "links", *handlers}
    assert {file.parent.name for file in (ROOT / "functions").glob("*/__init__.py")} == PACKAGES


def test_no_folder_has_more_files_than_a_reader_keeps_in_mind():
    functions = ROOT / "functions"
    assert len(list(functions.glob("*.py"))) <= 20
    for package in {file.parent for file in functions.rglob("*.py")} - {functions}:
        modules = sorted(file.name for file in package.glob("*.py"))
        assert len(modules) <= 10, (package, modules)
