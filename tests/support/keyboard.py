"""A walk over a page with the Tab key."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.support.visits import LATE

STOPS = (Path(__file__).parent / "stops.js").read_text("utf-8")


def walk(page: Page) -> list[dict[str, Any]]:
    """Every stop of the Tab key from the top of the page to its end, as each looked."""
    page.evaluate(LATE)
    page.evaluate(STOPS)
    dates = page.locator("[type=date]").locator("visible=true").count()
    for _ in range(page.evaluate("reachable") + 3 * dates):
        page.keyboard.press("Tab")
    page.evaluate("note()")
    return page.evaluate("stops")


def check(page: Page) -> None:
    stops = walk(page)
    assert [stop["place"] for stop in stops] == list(range(page.evaluate("reachable"))), "not every stop, in order"
    for stop in stops:
        assert stop["outline"] >= 2, stop
        assert stop["contrast"] >= 3, stop
        assert stop["onScreen"], stop
        assert not stop["covered"], stop
    for one, next_one in pairwise(stops):
        goes_back = next_one["bottom"] <= one["top"] and next_one["left"] <= one["left"]
        assert not goes_back, (one["name"], next_one["name"])
