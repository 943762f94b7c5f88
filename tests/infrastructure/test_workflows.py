"""What runs on GitHub: who may ask for a token of the AWS account, and what is installed beside it."""

import re
from pathlib import Path

import pytest
import yaml

from tests.support.programs import NEEDED

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
JOBS = [
    (file.name, name, job)
    for file in WORKFLOWS
    for name, job in yaml.safe_load(file.read_text("utf-8"))["jobs"].items()
]


def commands(job):
    """What a job runs, each command of its matrix too."""
    each = job.get("strategy", {}).get("matrix", {}).get("command", [])
    return "\n".join([*(step.get("run", "") for step in job.get("steps", [])), *(f"make {name}" for name in each)])


@pytest.mark.parametrize(("file", "name", "job"), JOBS, ids=[f"{file} {name}" for file, name, _ in JOBS])
def test_a_job_that_may_ask_for_a_token_builds_nothing_and_installs_by_hash_only(file, name, job):
    may_ask = "id-token" in (job.get("permissions") or {})
    assert may_ask == ((file, name) == ("deploy.yml", "deploy"))
    if not may_ask:
        return
    assert not re.search(r"make (build|test)\b|pipx|npx|curl|make deploy(?! BUILT=1)", commands(job))
    for install in re.findall(r"pip install[^\n]*", commands(job)):
        assert "--require-hashes" in install


RUNS_TESTS = re.compile(r"make (test|screens|test-long|coverage|judges|fuzz|mutation|times)\b")
ON_THE_RUNNER = {"firefox-esr", "npm"}
"""GitHub's own image has them, and Chromium."""


def test_a_job_that_runs_tests_installs_what_they_use_and_cannot_install_themselves():
    found = [commands(job) for *_, job in JOBS if RUNS_TESTS.search(commands(job))]
    assert len(found) >= 3
    for command in found:
        [installed] = re.findall(r"sudo apt-get install ([^\n]+)", command)
        assert set(NEEDED.values()) - ON_THE_RUNNER <= set(installed.split())


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_every_action_is_named_by_its_commit(file):
    for used in re.findall(r"uses: (\S+)", file.read_text("utf-8")):
        assert re.search(r"@[0-9a-f]{40}$|^\$?\./|^\$/", used), used


def test_every_pin_has_a_hash():
    for file in ROOT.glob("**/requirements.txt"):
        if {".venv", ".build"} & set(file.parts):  # what `make rehearse` and `make scan` install there is others'
            continue
        pins = [line for line in file.read_text("utf-8").splitlines() if re.match(r"[a-z0-9]", line, re.IGNORECASE)]
        assert pins
        assert all(line.endswith("\\") for line in pins), file
