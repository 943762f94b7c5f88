"""`make attack` tells what came of each attack, whatever became of the one before."""

from contextlib import nullcontext

import pytest

from tools.attack import __main__ as attacks
from tools.attack import machine


def succeeds(_target=None):
    """Read everything."""
    raise AssertionError("all of it")


def breaks(_target=None):
    """Find no server."""
    raise ConnectionRefusedError("nobody listens")


def held(_target=None):
    """Be refused."""


@pytest.mark.parametrize(
    ("carried_out", "code", "summary"),
    [
        ([held], 0, "0 of 2 attacks succeeded, 0 broke off"),
        ([succeeds, held], 1, "1 of 3 attacks succeeded, 0 broke off"),
        ([breaks, held, succeeds], 1, "1 of 4 attacks succeeded, 1 broke off"),
    ],
)
def test_an_attack_that_breaks_off_is_told_and_the_others_go_on(carried_out, code, summary, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["attack"])
    monkeypatch.setattr(attacks, "ATTACKS", carried_out)
    monkeypatch.setattr(attacks, "local_run", nullcontext)
    monkeypatch.setattr(machine, "built_package", held)
    assert attacks.main() == code
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(carried_out) + 2
    assert lines[-1] == summary


def test_a_package_that_was_never_built_is_no_attack_that_was_held(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "BUILT", tmp_path / "nothing")
    with pytest.raises(RuntimeError, match="make build"):
        machine.built_package()
