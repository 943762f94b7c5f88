"""`make mutation`: what it says of a mistake is what came of it, and the tests that it asks are there."""

import gc
import os
import subprocess
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.template import Template
from tools.expanded_template import expanded
from tools.mutation import live, warm, worker
from tools.mutation.__main__ import AREAS, main
from tools.mutation.edits import ROOT, Edit
from tools.mutation.warm import Imported
from tools.mutation.worker import BROKE, FAILED, PASSED, Asked, CheapFirst, Outcome, tried


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_each_file_has_tests_that_are_there(area):
    assert all(area.tests_of(path) for path in area.paths())
    assert area.paths()
    for asked in area.tests.values():
        assert all((ROOT / each).exists() for each in asked if not each.startswith("--")), asked
        folders = {ROOT / each if (ROOT / each).is_dir() else (ROOT / each).parent for each in asked}
        assert len(folders) > 1 or not (
            area.warm or area.live
        )  # what a test leaves is taken down when one elsewhere comes next


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (FAILED, Outcome.NOTICED),
        (BROKE, Outcome.NOTICED),
        (PASSED, Outcome.SURVIVED),
        (None, Outcome.TIMED_OUT),
    ],
)
def test_a_mistake_whose_tests_do_not_end_is_not_called_noticed(code, outcome, tmp_path, monkeypatch):
    seen = []

    def run(*_):
        seen.append((tmp_path / "file").read_text())
        return code

    monkeypatch.setattr(worker, "_run", run)
    (tmp_path / "file").write_text("yes or no")
    (tmp_path / "said.log").touch()
    assert tried(Edit("file", 0, 3, "maybe"), tmp_path, Asked(["tests"], 1)) is outcome
    assert seen == ["maybe or no"]
    assert (tmp_path / "file").read_text() == "yes or no"


def test_tests_that_do_not_end_without_a_mistake_are_not_asked(tmp_path, monkeypatch):
    (tmp_path / "said.log").write_text("...\nPASSED tests/test_one.py::test_one")
    monkeypatch.setattr(worker, "_run", lambda *_: None)
    with pytest.raises(RuntimeError, match=r"without a mistake, tests/test_one\.py did not end"):
        worker.sound(tmp_path, ["tests/test_one.py"])


def test_where_the_tests_of_one_area_cannot_be_asked_the_others_are_and_the_table_is_printed(monkeypatch, capsys):
    def tried(area, found, seconds, workers):
        if area.name == "hooks":
            raise RuntimeError("its tests did not end")
        yield found[0], Outcome.SURVIVED

    for name in ("_tried", "_tried_warm", "_tried_live"):
        monkeypatch.setattr(f"tools.mutation.__main__.{name}", tried)
    monkeypatch.setattr("sys.argv", ["mutation"])
    with pytest.raises(SystemExit, match="hooks: its tests did not end"):
        main()
    said = capsys.readouterr().out
    table = {row.split("|")[1].strip(): row.split("|")[3].strip() for row in said.splitlines() if row.startswith("| ")}
    assert table == {"area": "tried"} | {area.name: "0" if area.name == "hooks" else "1" for area in AREAS}


def test_what_only_reads_a_file_is_asked_before_what_starts_something():
    class Item:
        def __init__(self, *fixturenames):
            self.fixturenames = fixturenames

    slow, quick, slower = Item("stand_in"), Item("template"), Item("browser", "template")
    items = [slow, quick, slower]
    CheapFirst().pytest_collection_modifyitems(items)
    assert items == [quick, slow, slower]


def edit_of(path: str, old: str, new: str) -> Edit:
    text = (ROOT / path).read_text("utf-8")
    assert text.count(old) == 1, f"{path} has another text now"
    return Edit(path, text.index(old), text.index(old) + len(old), new)


def in_a_fork(edit: Edit, code: Callable[[], int], apply: Callable[[Edit], None] | None = None) -> int:
    """Make a mistake in a fork, and return what it says then: 0 to 2."""
    apply = apply or Imported().apply

    def work() -> int:
        apply(edit)
        return code()

    _, status = os.waitpid(warm._fork(work), 0)
    return os.waitstatus_to_exitcode(status)


def test_a_mistake_in_a_function_is_made_wherever_the_function_is_known(stand_in):
    from promises import from_now as known_here

    edit = edit_of("functions/promises.py", "minutes // size", "minutes * size")
    now = datetime.now(UTC)
    then = now + timedelta(hours=5)
    assert known_here(then, now) == "in 5 hours"
    assert in_a_fork(edit, lambda: int(known_here(then, now) != "in 5 hours")) == 1
    assert known_here(then, now) == "in 5 hours"  # only the fork has the mistake


def test_a_mistake_is_made_also_where_something_is_gone_that_was_known_weakly(stand_in):
    class Gone:
        pass

    weakly = weakref.proxy(Gone())  # gone at once
    with pytest.raises(ReferenceError):
        _ = weakly.anything
    assert gc.is_tracked(weakly)
    assert Imported()


def test_a_mistake_in_a_constant_is_made_wherever_it_was_imported(stand_in):
    from mail import delivery
    from storage import submissions

    before = submissions.LONGEST_PAUSE
    text = (ROOT / "functions/storage/submissions.py").read_text("utf-8")
    [line] = [each for each in text.splitlines() if each.startswith("LONGEST_PAUSE = ")]
    edit = edit_of("functions/storage/submissions.py", line, "LONGEST_PAUSE = timedelta(seconds=1)")

    def changed() -> int:
        return int(before != submissions.LONGEST_PAUSE == vars(delivery)["LONGEST_PAUSE"])

    assert in_a_fork(edit, changed) == 1
    assert submissions.LONGEST_PAUSE == vars(delivery)["LONGEST_PAUSE"] == before


def test_a_mistake_in_a_template_of_the_functions_is_made(stand_in):
    from rendering import render

    name = "email/_signature.txt"
    office = {"organization": "Sample", "address": "2", "telephone": "1", "email": "x"}
    before = render(name, office=office)
    edit = edit_of(f"functions/templates/{name}", "{{ office.telephone }}", "")
    assert in_a_fork(edit, lambda: int(render(name, office=office) != before)) == 1
    assert render(name, office=office) == before


def test_a_mistake_in_the_template_is_read_by_whoever_reads_it():
    edit = edit_of("template.yaml", "Handler: notify.handler", "Handler: remind.handler")

    def read() -> list[bool]:
        properties = expanded()["Resources"]["NotifyFunction"]["Properties"]
        files = Path(ROOT, "template.yaml").read_text(encoding="utf-8"), Path(ROOT, "Makefile").read_text("utf-8")
        functions = Template(ROOT / "template.yaml").functions
        found = properties["Handler"], functions["NotifyFunction"]["Handler"], *files
        return ["notify.handler" in each for each in found]

    assert read() == [True, True, True, False]
    assert in_a_fork(edit, lambda: sum(read()), warm._apply_to_file) == 0
    assert read() == [True, True, True, False]


def test_every_script_of_the_site_can_say_which_of_its_functions_run(tmp_path):
    scripts = live.traced()
    assert set(scripts) == {file.name for file in (ROOT / live.ASSETS).glob("*.js")}
    for name, script in scripts.items():
        (tmp_path / name).write_text(script.text)
        subprocess.run(["node", "--check", tmp_path / name], check=True)
        assert script.text.count("console.debug") == len(script.functions)


def test_a_mistake_in_a_script_belongs_to_the_innermost_function_around_it():
    script = live.Traced("", [[0, 100], [20, 60], [30, 40], [70, 80]])
    places = {(0, 5): 0, (20, 25): 1, (31, 39): 2, (41, 59): 1, (61, 79): 0, (70, 80): 3, (90, 110): None}
    for (start, end), number in places.items():
        assert script.function_of(Edit("x.js", start, end, "")) == number
