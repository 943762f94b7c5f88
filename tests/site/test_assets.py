"""Stylesheets and scripts: small, and named by their content."""

import hashlib
import re
from graphlib import CycleError

import pytest
from mkdocs.exceptions import PluginError

from overrides.hooks.assets import FOLDER, address, minified, published_as

NAME = re.compile(r"[\w-]+\.([0-9a-f]{10})\.\w+")


def test_every_published_asset_is_named_by_its_content(built_site):
    files = sorted((built_site / "assets").iterdir())
    assert len(files) == len(list(FOLDER.iterdir()))
    for file in files:
        assert NAME.fullmatch(file.name)[1] == hashlib.sha256(file.read_bytes()).hexdigest()[:10]


def test_every_page_has_one_stylesheet(built_site):
    published = {file.name for file in (built_site / "assets").glob("*.css")}
    for page in built_site.rglob("*.html"):
        [sheet] = re.findall(r'<link rel="stylesheet" href="[./]*/?assets/([^"]*)"', page.read_text("utf-8"))
        assert sheet in published


def test_the_pages_that_functions_redraw_name_the_same_files(built_site):
    from web import pages

    published = {file.name for file in (built_site / "assets").iterdir()}
    for slug in ("contact", "plaque", "announcements"):
        named = set(re.findall(r'"/assets/([^"]+)"', pages.built_page(slug).html))
        assert len(named) >= 3
        assert named <= published


def test_a_change_renames_a_script_and_those_that_import_it():
    scripts = {"a.js": b'import { b } from "./b.js";\nb();', "b.js": b"export const b = () => 1;", "c.js": b"c();"}
    before, after = published_as(scripts), published_as({**scripts, "b.js": b"export const b = () => 2;"})
    assert before["b.js"][0].encode() in before["a.js"][1]
    assert after["b.js"][0].encode() in after["a.js"][1]
    assert {name for name in scripts if before[name][0] != after[name][0]} == {"a.js", "b.js"}


def test_an_import_of_nothing_and_a_circle_stop_the_build():
    with pytest.raises(PluginError, match=r"imports 'gone\.js'"):
        published_as({"a.js": b'import "./gone.js";'})
    with pytest.raises(CycleError):
        published_as({"a.js": b'import "./b.js";', "b.js": b'import "./a.js";'})


def test_a_stylesheet_takes_in_those_that_it_imports():
    published = published_as({"a.css": b'@import "./b.css";\na { top: 0 }', "b.css": b"b { top: 0 }"})
    assert published["a.css"][1] == b"b,a{top:0}" or published["a.css"][1] == b"b{top:0}a{top:0}"
    with pytest.raises(PluginError, match=r"imports 'gone\.css'"):
        published_as({"a.css": b'@import "./gone.css";'})


@pytest.mark.parametrize(
    "newer", ["@import", "@media not (", "width<", "width>", "rotate:", "translate:", "float:inline"]
)
def test_no_stylesheet_needs_a_browser_that_is_newer_than_those_named(newer, built_site):
    sheets = {file.name: file.read_text("utf-8") for file in (built_site / "assets").glob("*.css")}
    assert len(sheets) > 5
    assert [name for name, text in sheets.items() if newer in text] == []


def test_an_asset_that_is_not_there_stops_the_build():
    with pytest.raises(PluginError, match=r"no 'gone\.css'"):
        address("gone.css")


def test_broken_css_stops_the_build():
    with pytest.raises(ValueError, match=r"site\.css"):
        minified("site.css", b"a { color: red } }")


def test_other_files_stay_as_they_are():
    assert minified("mark.svg", b"<svg>\n</svg>\n") == b"<svg>\n</svg>\n"


PUBLIC = sorted(file for file in FOLDER.glob("*.css") if file.name != "desk.css")


@pytest.mark.parametrize("sheet", PUBLIC, ids=lambda sheet: sheet.name)
def test_text_follows_the_size_that_a_reader_sets(sheet):
    """On screen: paper has sizes of its own, and the letters of the map grow with the map."""
    screen = re.sub(r"@(?:media print|page)[^{]*\{.*?(?:\n\}|$)", "", sheet.read_text("utf-8"), flags=re.DOTALL)
    sizes = dict(re.findall(r"([^{}\n]*) \{[^{}]*\bfont(?:-size)?: ([^;}]+)", screen))
    assert not [rule for rule, size in sizes.items() if re.search(r"\d(px|pt|cm|mm)", size) and rule.strip() != ".map"]
