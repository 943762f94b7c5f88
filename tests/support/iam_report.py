"""What the functions did in the whole suite, added up over all workers and printed at its end."""

from collections import Counter
from typing import Any

import pytest

from local.aws import iam

counted: Counter[str] = Counter()
asked: Counter[tuple[str, ...]] = Counter()
"""How often each (function, action, resource, "allowed" or "denied") was asked for."""


def _note(what: iam.Asked) -> None:
    asked[what.function, what.action, what.resource, "allowed" if what.allowed_by else "denied"] += 1


def pytest_configure() -> None:
    iam.listeners.append(_note)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands over what it counted."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = {"asked": list(asked.items()), "counted": dict(counted)}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    figures = getattr(node, "workeroutput", {}).get("figures", {"asked": [], "counted": {}})
    asked.update({tuple(what): times for what, times in figures["asked"]})
    counted.update(figures["counted"])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if asked:
        times = Counter(allowed=0, denied=0)
        for what, number in asked.items():
            times[what[-1]] += number
        terminalreporter.write_line(
            f"Rights that functions asked for: {asked.total()}, {len(asked)} distinct (function, action, resource), "
            f"{times['allowed']} allowed, {times['denied']} denied on purpose"
        )
    for counted_as, number in counted.items():
        terminalreporter.write_line(f"{counted_as}: {number}")
