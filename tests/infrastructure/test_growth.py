"""The commonest changes need no edit in tests/: made in a copy, with the tests of content run there as they are."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("checklists", "docs", "functions", "local", "overrides", "staff", "tests", "tools")
SUITES = (
    "tests/site/test_site.py",
    "tests/site/test_checklists.py",
    "tests/functions/test_fields.py",
    "tests/functions/test_notify.py",
)
PAGE = "---\ndescription: What agencies say.\n---\n\n# What agencies say\n\nA [question](contact.md)?\n"
FRONT = "---\ntitle: A sample announcement\ndate: 2027-03-01\ndescription: A sample.\n---\n\n"
ANNOUNCEMENT = f"{FRONT}# A sample announcement\n\nNews.\n"
ABOUT_THESE = (
    "voices or extra or badge or 2027-03 or sitemap or titles or sequence or every_required or properly or json"
)
"""The tests that a fixed list or number in tests/ would turn red: of what was added, and of all pages together."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project, with git's history of it."""
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    for file in [*ROOT.glob("*.toml"), *ROOT.glob("*.y*ml")]:
        shutil.copy(file, tmp_path)
    git = ("git", "rev-parse", "--absolute-git-dir")
    place = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / ".git").write_text(f"gitdir: {place}\n")
    return tmp_path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text, f"{file} has no {old!r}"
    file.write_text(text.replace(old, new, 1), "utf-8")


def add_a_page(project: Path) -> None:
    (project / "docs/voices.md").write_text(PAGE, "utf-8")
    change(project / "mkdocs.yml", "  - About: about.md\n", "  - Voices: voices.md\n  - About: about.md\n")


def add_a_checklist(project: Path) -> None:
    files = list((project / "checklists").glob("*.md"))
    order = len(files) + 1
    text = (project / "checklists/team.md").read_text("utf-8")
    text = text.replace("{#team-", "{#extra-")
    text = re.sub(r"^order: .*", f"order: {order}", text, flags=re.MULTILINE)
    text = re.sub(r"^title: .*", "title: An extra checklist", text, flags=re.MULTILINE)
    text = re.sub(r"^purpose: .*", "purpose: Shows that one more is one file.", text, flags=re.MULTILINE)
    (project / "checklists/extra.md").write_text(text, "utf-8")


def add_a_field(project: Path) -> None:
    file = project / "functions/forms/contact.py"
    change(
        file, "    topic = ", '    badge = fields.line("Badge number", missing="Enter your badge number")\n    topic = '
    )


def add_an_announcement(project: Path) -> None:
    (project / "docs/announcements").mkdir(exist_ok=True)
    (project / "docs/announcements/2027-03-sample.md").write_text(ANNOUNCEMENT, "utf-8")


def test_a_page_a_checklist_a_field_and_an_announcement_need_no_edit_in_tests(copy):
    for add in (add_a_page, add_a_checklist, add_a_field, add_an_announcement):
        add(copy)
    paths = os.pathsep.join([str(copy), str(copy / "functions")])
    plainly = ["-o", "addopts=--import-mode=importlib --strict-markers", "-p", "no:xdist", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *plainly, "-v", "-k", ABOUT_THESE, *SUITES]
    done = subprocess.run(command, cwd=copy, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    # The copy was tested, not this project: its tests saw what was added.
    for name in ("/voices/", "extra]", "badge]", "/announcements/2027-03-sample/"):
        assert name in done.stdout, name
