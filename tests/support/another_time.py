"""Runs tests at another time and in another order: `pytest -p tests.support.another_time`, as `make times` does.

CLOCK is a moment (ISO 8601) from which the clock goes on, for this process; ORDER is the seed of a random order, of
files and of the tests in each. Files that have nothing to do with time are left out.
"""

import os
import random
import re
from datetime import datetime

import pytest
import time_machine

OF_TIME = re.compile(r"\b(?:clock|date|datetime|now|submitted|COMPLETED|CONTACT|PLAQUE|SAMPLES|TODAY)\b")

if moment := os.environ.get("CLOCK"):
    time_machine.travel(datetime.fromisoformat(moment), tick=True).start()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Choose, and shuffle; a file stays together, since its fixtures do."""
    by_file: dict[str, list[pytest.Item]] = {}
    for item in items:
        by_file.setdefault(str(item.path), []).append(item)
    files = [found for found in by_file.values() if OF_TIME.search(found[0].path.read_text("utf-8"))]
    if seed := os.environ.get("ORDER"):
        chance = random.Random(seed)
        chance.shuffle(files)
        for file in files:
            chance.shuffle(file)
    items[:] = [item for file in files for item in file]
