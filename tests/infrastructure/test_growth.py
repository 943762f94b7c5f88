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
    "tests/functions/test_both_parts.py",
    "tests/functions/test_letters.py",
)
PAGE = "---\ndescription: What agencies say.\n---\n\n# What agencies say\n\nA [question](contact.md)?\n"
FRONT = "---\ntitle: A sample announcement\ndate: 2027-03-01\ndescription: A sample.\n---\n\n"
ANNOUNCEMENT = f"{FRONT}# A sample announcement\n\nNews.\n"
IMPORTS = "from forms.plaque import PlaqueForm\nfrom forms.visit import VisitForm"
OF_ALL_PAGES = "sitemap or titles or sequence or every_required or properly or json"
OF_ALL_EMAILS = "every_template or (hostile_answers and formula)"
ABOUT_THESE = f"visit or voices or extra or badge or 2027-03 or thanks or {OF_ALL_PAGES} or {OF_ALL_EMAILS}"
"""The tests that a fixed list or number in tests/ would turn red: of what was added, and of all pages together."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
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


def add_a_form(project: Path) -> None:
    forms, page = project / "functions/forms", (project / "docs/contact.md").read_text("utf-8")
    declared = (forms / "contact.py").read_text("utf-8").replace("ContactForm", "VisitForm")
    (forms / "visit.py").write_text(declared.replace('slug = "contact"', 'slug = "visit"'), "utf-8")
    change(forms / "catalog.py", "from forms.plaque import PlaqueForm", IMPORTS)
    change(forms / "catalog.py", "AnnouncementsForm)}", "AnnouncementsForm, VisitForm)}")
    page = page.replace("# Contact us", "# Ask for a visit").replace("title: Contact us", "title: Ask for a visit")
    page = page.replace("description: ", "description: Ask us to come. ")
    (project / "docs/visit.md").write_text(page.replace("form: contact", "form: visit"), "utf-8")
    change(project / "mkdocs.yml", "  - About: about.md\n", "  - Visit: visit.md\n  - About: about.md\n")


def add_an_announcement(project: Path) -> None:
    (project / "docs/announcements").mkdir(exist_ok=True)
    (project / "docs/announcements/2027-03-sample.md").write_text(ANNOUNCEMENT, "utf-8")


def add_an_email(project: Path) -> None:
    """Give a form a receipt of its own."""
    emails = project / "functions/templates/email"
    shutil.copytree(emails / "receipt", emails / "thanks")
    change(project / "functions/forms/contact.py", "    title = ", '    receipt_email = "thanks"\n    title = ')


MOST_FILES = {
    add_a_page: 2,
    add_a_checklist: 1,
    add_a_field: 1,
    add_a_form: 4,
    add_an_email: 4,
    add_an_announcement: 1,
}
"""How many files each change may touch, new ones included: none in tests/, and never template.yaml."""


def contents(project: Path) -> set[tuple[str, bytes]]:
    files = [file for file in project.rglob("*") if file.is_file()]
    return {(file.relative_to(project).as_posix(), file.read_bytes()) for file in files}


def test_the_commonest_changes_touch_few_files_and_need_no_edit_in_tests(project):
    for add, most in MOST_FILES.items():
        before = contents(project)
        add(project)
        touched = {name for name, _ in contents(project) - before}
        assert len(touched) <= most, (add.__name__, touched)
        assert not {name for name in touched if name.startswith(("tests/", "template.yaml"))}
    paths = os.pathsep.join([str(project), str(project / "functions")])
    plainly = ["-o", "addopts=--import-mode=importlib --strict-markers", "-p", "no:xdist", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *plainly, "-v", "-k", ABOUT_THESE, *SUITES]
    # The copy has a stand-in for AWS of its own, not that of the tests around this one.
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {"PYTHONPATH": paths}
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    # The copy was tested, not this project: its tests saw what was added.
    for name in ("visit]", "/voices/", "extra]", "badge]", "thanks]", "/announcements/2027-03-sample/"):
        assert name in done.stdout, name
