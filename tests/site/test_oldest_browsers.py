"""What is published uses what the oldest browsers of overrides/.browserslistrc have, by MDN's compatibility data."""

import subprocess
from pathlib import Path

import pytest

from tests.support.programs import JUDGES, install_judges

BROWSERS = Path(__file__).parents[2] / "overrides" / ".browserslistrc"
TOO_NEW = {
    "a.css": ("@media (width < 62rem) { a { color: red } }", "css.at-rules.media.range_syntax (chrome 104"),
    "b.css": ("@media not (min-width: 62rem) { a { color: red } }", "css.at-rules.media.range_syntax (chrome 104"),
    "c.css": ("a { rotate: 45deg }", "css.properties.rotate (chrome 104"),
    "d.css": ("legend { float: inline-start }", "css.properties.float.inline-start (chrome 118"),
    "e.css": ("a { color: color-mix(in srgb, red, blue) }", "css.types.color-mix (chrome 111"),
    "f.css": ("p:has(> a) { color: red }", "css.selectors.has (chrome 105"),
    "g.css": ("p { & a { color: red } }", "css.selectors.nesting (chrome 120"),
    "a.js": ("[1].findLast(Boolean);", "js.findLast (firefox 104)"),
    "b.js": ("new Set().union(new Set());", "js.union (chrome 122"),
    "c.js": ("new URLPattern();", "js.URLPattern (firefox"),
    "d.js": ("class A { static { } }", "Unexpected token"),
}
"""What is written, by the name of a file, and what is said of it."""


def check(*files: Path) -> str:
    """What the checker says of stylesheets and scripts."""
    install_judges()
    command: list[str | Path] = ["node", JUDGES / "floor.mjs", BROWSERS, *files]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_everything_published_works_in_the_oldest_browsers(built_site: Path):
    assets = built_site / "assets"
    assert check(*assets.glob("*.css"), *assets.glob("*.js")) == ""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("new")
    for name, (written, _) in TOO_NEW.items():
        (folder / name).write_text(written, "utf-8")
    return check(*sorted(folder.iterdir()))


@pytest.mark.parametrize("name", TOO_NEW)
def test_what_is_too_new_is_named_with_the_browser_that_lacks_it(name: str, said: str):
    assert f"{name}: {TOO_NEW[name][1]}" in said
