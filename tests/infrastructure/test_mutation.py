"""`make mutation`: what it says of a mistake is what came of it, and the tests that it asks are there."""

import pytest

from tools.mutation import worker
from tools.mutation.__main__ import AREAS
from tools.mutation.edits import ROOT, Edit
from tools.mutation.worker import BROKE, FAILED, PASSED, Asked, CheapFirst, Outcome, tried


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_each_file_has_tests_that_are_there(area):
    assert all(area.tests_of(path) for path in area.paths())
    assert area.paths()
    for asked in area.tests.values():
        assert all((ROOT / each).is_file() for each in asked if not each.startswith("--")), asked


@pytest.mark.parametrize(
    ("code", "check", "outcome"),
    [
        (FAILED, (), Outcome.NOTICED),
        (BROKE, (), Outcome.NOTICED),
        (PASSED, (), Outcome.SURVIVED),
        (PASSED, ("true",), Outcome.SURVIVED),
        (PASSED, ("false",), Outcome.NOTICED),
        (None, ("false",), Outcome.TIMED_OUT),
    ],
)
def test_a_mistake_whose_tests_do_not_end_is_not_called_noticed(code, check, outcome, tmp_path, monkeypatch):
    seen = []

    def run(*_):
        seen.append((tmp_path / "file").read_text())
        return code

    monkeypatch.setattr(worker, "_run", run)
    (tmp_path / "file").write_text("yes or no")
    (tmp_path / "said.log").touch()
    assert tried(Edit("file", 0, 3, "maybe"), tmp_path, Asked(["tests"], 1), check) is outcome
    assert seen == ["maybe or no"]
    assert (tmp_path / "file").read_text() == "yes or no"


def test_what_only_reads_a_file_is_asked_before_what_starts_something():
    class Item:
        def __init__(self, *fixturenames):
            self.fixturenames = fixturenames

    slow, quick, slower = Item("stand_in"), Item("template"), Item("browser", "template")
    items = [slow, quick, slower]
    CheapFirst().pytest_collection_modifyitems(items)
    assert items == [quick, slow, slower]
