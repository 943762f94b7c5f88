"""What leads nowhere stops the command that ships the site, with the file and the line."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.support.checklist_pages import ROOT, copied

DEAD = {
    "[a](no-such-page.md)": "no-such-page.md leads nowhere",
    "[b](faq.md#no-such-question)": "faq/#no-such-question leads to no anchor of that page",
    "![c](no-such-picture.png)": "no-such-picture.png leads nowhere",
    '<a href="../no-such-folder/">d</a>': "no-such-folder/ leads nowhere",
    '<img src="../gone.png" alt="e">': "gone.png leads nowhere",
    "[f](#no-such-heading)": "#no-such-heading leads to no anchor of that page",
    '<a href="">h</a>': 'href="" is no address',
    '<object data="../gone.svg">i</object>': "gone.svg leads nowhere",
    '<video poster="../gone.jpg"></video>': "gone.jpg leads nowhere",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the build command of the Makefile says about a page and a template with dead links; it must fail."""
    project = copied(tmp_path_factory.mktemp("dead"))
    page = project / "docs/about.md"
    page.write_text("\n\n".join([page.read_text("utf-8").rstrip(), *DEAD]), "utf-8")
    footer = project / "overrides/partials/footer.html"
    text = footer.read_text("utf-8")
    footer.write_text(text.replace("</footer>", "<a href=\"{{ 'no-such-template/' | url }}\">g</a></footer>"), "utf-8")
    planned = subprocess.run(["make", "-n", "build"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    [command] = [line for line in planned.splitlines() if "mkdocs build" in line]
    program, *arguments = shlex.split(command)
    built = subprocess.run([ROOT / program, *arguments], cwd=project, capture_output=True, text=True, check=False)
    assert built.returncode != 0
    return built.stderr


@pytest.mark.parametrize("written", DEAD)
def test_a_dead_link_stops_the_build_by_file_and_line(written: str, said: str):
    begins = len((ROOT / "docs/about.md").read_text("utf-8").rstrip().splitlines())
    line = begins + 2 * (list(DEAD).index(written) + 1)
    assert f"docs/about.md:{line}: {DEAD[written]}" in said


def test_a_dead_link_of_a_template_stops_the_build_by_file_and_line(said: str):
    lines = Path(ROOT, "overrides/partials/footer.html").read_text("utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, start=1) if "</footer>" in text)
    assert re.findall(r".*no-such-template.*", said) == [
        f"overrides/partials/footer.html:{line}: no-such-template/ leads nowhere"
    ]
