"""The checklists: every file reads as one, a mistake stops the build with file and line, pages work without script."""

import json
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest

from overrides.hooks import checklist_files as hook

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "checklists").glob("*.md"))
NAMES = [file.stem for file in FILES]

GOOD = """\
---
title: A title
order: 1
edition: "2026-11"
optional: false
purpose: What it is for.
led_by: Who leads it
builds_on: What came before.
---

A few words first.

- [ ] Do the first thing. {#a-first}
- [ ] Do the second & third thing. {#a-second}
"""
LAST = "- [ ] Do the second & third thing. {#a-second}\n"


@pytest.fixture(scope="session")
def checklist_site(built_site: Path) -> Path:
    """The folder of the built checklists."""
    return built_site / "checklists"


@pytest.fixture(scope="module")
def page(browser, checklist_site):
    """A page of a browser without script. `page.visit("leader")` opens a checklist."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.visit = lambda name: page.goto((checklist_site / name / "index.html").as_uri())
    yield page
    context.close()


def published(checklist_site: Path, name: str) -> list[dict]:
    return json.loads((checklist_site / f"{name}.json").read_text("utf-8"))["checklists"]


def parse(text: str, source: str = "checklists/a.md") -> hook.Checklist:
    return hook.parse(text, source, {})


# The files


def test_the_checklists_are_one_sequence():
    checklists = hook.read_folder(ROOT / "checklists")
    assert [checklist.order for checklist in checklists] == list(range(1, len(FILES) + 1))


def test_the_leader_begins_and_the_promise_is_optional():
    checklists = hook.read_folder(ROOT / "checklists")
    assert checklists[0].name == "leader"
    assert "promise" in [checklist.name for checklist in checklists if checklist.optional]


@pytest.mark.parametrize(("page", "step"), [("checklists/index.html", "step"), ("index.html", "path__step")])
def test_what_is_optional_is_drawn_apart_among_the_steps(page, step, built_site):
    html = (built_site / page).read_text("utf-8")
    drawn = {
        address: f"{step}--optional" in classes
        for classes, address in re.findall(rf'<li class="?({step}\b[^">]*)"?[^>]*>.*?<a href="?([^ ">]+)', html)
    }
    for checklist in hook.read_folder(ROOT / "checklists"):
        [apart] = [apart for address, apart in drawn.items() if address.strip("/").endswith(checklist.name)]
        assert apart == checklist.optional


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_checklist_has_six_to_twelve_items_named_after_it(file):
    checklist = parse(file.read_text("utf-8"), f"checklists/{file.name}")
    assert 6 <= len(checklist.items) <= 12
    assert all(item.id.startswith(f"{file.stem}-") for item in checklist.items)


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_an_item_is_a_sentence(file):
    for item in parse(file.read_text("utf-8"), f"checklists/{file.name}").items:
        assert re.fullmatch(r"[A-Z].+\.", item.text), item.text


# Reading


def test_a_file_is_read():
    checklist = parse(GOOD)
    assert (checklist.name, checklist.url, checklist.order, checklist.optional) == ("a", "checklists/a/", 1, False)
    assert checklist.items == (
        hook.Item("a-first", "Do the first thing."),
        hook.Item("a-second", "Do the second & third thing."),
    )


def test_an_edition_says_what_it_changed_and_what_it_no_longer_asks():
    text = GOOD.replace("{#a-first}", "{#a-first changed=2026-10}").replace("title:", "removed: {a-old: Old.}\ntitle:")
    assert parse(text).items[0] == hook.Item("a-first", "Do the first thing.", "2026-10")
    assert parse(text).removed == (hook.Item("a-old", "Old."),)


def test_no_id_that_was_ever_used_has_vanished():
    """What people ticked stays in their records, so an id is asked or listed as removed. Git remembers all of them."""
    command = ["git", "log", "-p", "--format=", "--", "checklists/*.md"]
    history = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    used = set(re.findall(r"^\+- \[ \] .*\{#([a-z0-9-]+)", history, re.MULTILINE))
    known = {item.id for each in hook.read_folder(ROOT / "checklists") for item in (*each.items, *each.removed)}
    assert used - known == set()


def test_a_file_with_the_line_ends_and_byte_order_mark_of_windows_is_read(tmp_path):
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert hook.read_folder(tmp_path) == [parse(GOOD)]


REFUSED = {
    "an item without an id": (" {#a-first}", "", 13, "the item has no id"),
    "an id that does not end its line": ("thing. {#a-first}", "{#a-first} thing.", 13, "the item has no id"),
    "an id with capitals": ("{#a-first}", "{#A-First}", 13, "not kebab-case"),
    "an id with an underscore": ("{#a-first}", "{#a_first}", 13, "not kebab-case"),
    "an id that ends in a hyphen": ("{#a-first}", "{#a-first-}", 13, "not kebab-case"),
    "an id of 101 characters": ("{#a-first}", f"{{#{'a' * 101}}}", 13, "at most 100 characters"),
    "an id of nothing": ("{#a-first}", "{#}", 13, "not kebab-case"),
    "an item with two ids": ("{#a-first}", "{#a-first} {#a-other}", 13, "more than one"),
    "the same id twice": ("{#a-second}", "{#a-first}", 14, "id a-first is taken by checklists/a.md:13"),
    "a loose list": (LAST, f"\n{LAST}", 15, "loose list"),
    "an item below a paragraph": ("first.\n\n", "first.\n", 12, "blank line above"),
    "an item without a bullet": ("- [ ] Do the first", "[ ] Do the first", 13, "outside a list"),
    "an item with another bullet": ("- [ ] Do the first", "* [ ] Do the first", 13, "outside a list"),
    "an item with a number": ("- [ ] Do the first", "1. [ ] Do the first", 13, "outside a list"),
    "an item inside another": (LAST, f"    {LAST}", 14, "inside another item"),
    "an item without a box": ("- [ ] Do the first", "- Do the first", 13, "empty box"),
    "a ticked item": ("- [ ] Do the first", "- [x] Do the first", 13, "empty box"),
    "an item without text": ("Do the first thing. ", "", 13, "empty box"),
    "an item of two lines": (
        "first thing. {#a-first}",
        "first thing. {#a-first}\n  More.",
        14,
        "text below an item",
    ),
    "text below the list": (LAST, f"{LAST}\nMore words.\n", 16, "text below an item"),
    "a list in the introduction": ("A few words first.", "- One.", 11, "empty box"),
    "no item": (GOOD[GOOD.index("- [ ]") :], "", 10, "there is no item"),
    "a link in an item": ("first thing.", "[first](x.md) thing.", 13, "an item is plain text"),
    "emphasis in an item": ("first thing.", "*first* thing.", 13, "an item is plain text"),
    "an item that says more after its id": ("{#a-first}", "{#a-first new}", 13, "nothing but 'changed='"),
    "a change that is not a month": ("{#a-first}", "{#a-first changed=2026-13}", 13, "'changed' must be"),
    "a change after the edition": ("{#a-first}", "{#a-first changed=2026-12}", 13, "after the file's edition 2026-11"),
    "removed items without words": ("builds_on:", "removed: [a-old]\nbuilds_on:", 8, "a list of ids"),
    "a removed item of nothing": ("builds_on:", "removed: {a-old: }\nbuilds_on:", 8, "a list of ids"),
    "a removed id that is none": ("builds_on:", "removed: {a_old: Old.}\nbuilds_on:", 8, "not kebab-case"),
    "a removed id of 101 characters": (
        "builds_on:",
        f"removed: {{{'a' * 101}: Old.}}\nbuilds_on:",
        8,
        "at most 100 characters",
    ),
    "a removed id that is used": ("builds_on:", "removed: {a-first: Old.}\nbuilds_on:", 14, "id a-first is taken"),
    "a role with a part that is none": ("builds_on:", "roles: {chief: helps}\nbuilds_on:", 8, "'takes part'"),
    "roles without parts": ("builds_on:", "roles: [chief]\nbuilds_on:", 8, "a list of roles"),
    "an unknown key": ("led_by:", "lead_by:", 7, "unknown key 'lead_by'"),
    "a key twice": ("order: 1\n", "order: 1\norder: 2\n", 4, "'order' is there twice"),
    "an edition that is not a month": ("2026-11", "2026-13", 4, "'edition' must be a year and month"),
    "an order in quotes": ("order: 1", 'order: "1"', 3, "'order' must be a whole number from 1, not '1'"),
    "an order of zero": ("order: 1", "order: 0", 3, "'order' must be a whole number"),
    "an order of true": ("order: 1", "order: true", 3, "'order' must be a whole number"),
    "an optional in quotes": ("optional: false", 'optional: "false"', 5, "'optional' must be true or false"),
    "a title of nothing": ("title: A title", "title:", 2, "'title' must be text, not None"),
    "a title of spaces": ("title: A title", 'title: " "', 2, "'title' must be text, not ' '"),
    "a title that is a number": ("title: A title", "title: 7", 2, "'title' must be text, not 7"),
    "a colon that YAML takes for a key": ("title: A title", "title: A: title", 2, "not YAML"),
    "a title that is no day": ("title: A title", "title: 2026-99-99", 1, "not YAML: month must be in 1..12"),
    "a character that nobody sees": ("title: A title", "title: A\a title", 1, "not YAML"),
    "no front matter": ("---\ntitle", "title", 1, "begin with front matter"),
    "front matter that is a list": (GOOD[4 : GOOD.index("---\n", 4)], "- title\n", 1, "no 'title'"),
} | {f"no {key}": (re.search(f"^{key}:.*\n", GOOD, re.M)[0], "", 1, f"no '{key}'") for key in hook.KEYS}


@pytest.mark.parametrize(("right", "wrong", "line", "why"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_is_refused_with_its_file_and_line(right, wrong, line, why):
    assert GOOD.count(right) == 1
    with pytest.raises(hook.Refused) as refusal:
        parse(GOOD.replace(right, wrong))
    assert str(refusal.value).startswith(f"checklists/a.md:{line}: ")
    assert why in str(refusal.value)


@pytest.mark.parametrize("name", ["A", "two_words", "all", "print", "1st", "a" * 101])
def test_a_file_name_that_is_no_address_is_refused(name):
    with pytest.raises(hook.Refused, match=rf"^checklists/{name}.md:1: the file name"):
        parse(GOOD, f"checklists/{name}.md")


def test_names_as_long_as_a_record_of_progress_takes_are_read():
    longest = "a" * 100
    checklist = parse(GOOD.replace("{#a-first}", f"{{#{longest} changed=2026-11}}"), f"checklists/{longest}.md")
    assert (checklist.name, checklist.items[0].id) == (longest, longest)


def test_an_id_of_another_file_is_refused(tmp_path):
    (tmp_path / "a.md").write_text(GOOD)
    (tmp_path / "b.md").write_text(GOOD.replace("order: 1", "order: 2").replace("{#a-first}", "{#b-first}"))
    with pytest.raises(hook.Refused, match=r"/b\.md:14: id a-second is taken by .*/a\.md:14$"):
        hook.read_folder(tmp_path)


def test_the_order_of_another_file_is_refused(tmp_path):
    (tmp_path / "a.md").write_text(GOOD)
    (tmp_path / "b.md").write_text(GOOD.replace("{#a-", "{#b-"))
    with pytest.raises(hook.Refused, match=r"/b\.md:3: order 1 is taken by .*/a\.md:3$"):
        hook.read_folder(tmp_path)


def test_a_file_whose_name_ends_in_capitals_is_refused(tmp_path):
    (tmp_path / "a.md").write_text(GOOD)
    (tmp_path / "b.MD").write_text(GOOD.replace("order: 1", "order: 2").replace("{#a-", "{#b-"))
    with pytest.raises(hook.Refused, match=r"/b\.MD:1: the file name must be kebab-case"):
        hook.read_folder(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(hook.Refused, match="there is no checklist"):
        hook.read_folder(tmp_path)


# The pages and their JSON


def test_all_json_has_every_checklist_in_sequence(checklist_site):
    every = published(checklist_site, "all")
    assert [checklist["name"] for checklist in every] == [
        checklist.name for checklist in hook.read_folder(ROOT / "checklists")
    ]
    for checklist in every:
        assert published(checklist_site, checklist["name"]) == [checklist]


@pytest.mark.parametrize("name", ["all", *NAMES])
def test_the_json_is_as_its_published_schema_says(name, checklist_site):
    schema = json.loads((checklist_site / "schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((checklist_site / f"{name}.json").read_text("utf-8")), schema)


@pytest.mark.parametrize("name", NAMES)
def test_every_item_is_a_box_that_its_text_names_and_that_can_be_ticked(name, page, checklist_site):
    [checklist] = published(checklist_site, name)
    page.visit(name)
    boxes = page.get_by_role("checkbox")
    assert boxes.count() == len(checklist["items"])
    for item in checklist["items"]:
        box = page.locator(f"li[id={item['id']}]").get_by_role("checkbox", name=item["text"], exact=True)
        assert box.get_attribute("value") == item["id"]
        assert not box.is_checked()
        page.locator("label").get_by_text(item["text"], exact=True).click()
        assert box.is_checked()


@pytest.mark.parametrize("name", NAMES)
def test_a_checklist_says_its_place_its_purpose_who_leads_and_that_it_is_a_working_edition(name, page, checklist_site):
    every = published(checklist_site, "all")
    [checklist] = published(checklist_site, name)
    page.visit(name)
    text = page.locator("main").inner_text()
    assert f"Checklist {checklist['order']} of {len(every)}" in text
    assert f"Working edition {checklist['edition']}. The office of Police2Peace issues the final wording." in text
    for fact in ("title", "purpose", "led_by", "builds_on"):
        assert checklist[fact] in text
    assert ("Recommended, not required" in text) == checklist["optional"]


def test_next_leads_through_all_checklists_to_the_plaque_and_previous_back(page, checklist_site):
    titles = [checklist["title"] for checklist in published(checklist_site, "all")]
    page.visit("leader")
    following = [page.locator("a[rel=next]").inner_text()]
    for before, name in zip(titles, [each["name"] for each in published(checklist_site, "all")][1:], strict=False):
        page.visit(name)
        assert before in page.locator("a[rel=prev]").inner_text()
        following.append(page.locator("a[rel=next]").inner_text())
    for expected, found in zip([*titles[1:], "Request your plaque"], following, strict=True):
        assert expected in found


def test_the_index_draws_every_step_with_its_number_of_items(page, checklist_site):
    page.goto((checklist_site / "index.html").as_uri())
    steps = page.locator(".steps > li")
    for number, checklist in enumerate(published(checklist_site, "all")):
        text = steps.nth(number).text_content() or ""
        assert checklist["title"] in text
        assert f"{len(checklist['items'])} items" in text
        assert ("Recommended, not required" in text) == checklist["optional"]


@pytest.mark.parametrize("paper", ["Letter", "A4"])
@pytest.mark.parametrize("name", NAMES)
def test_a_checklist_prints_on_one_page(name, paper, page):
    page.visit(name)
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper, print_background=False))) == 1


@pytest.mark.parametrize("width", [390, 1280])
def test_a_checklist_says_whom_to_ask_on_a_phone_too(width, page):
    page.set_viewport_size({"width": width, "height": 800})
    page.visit("leader")
    help_ = page.get_by_role("main").locator("p", has_text="No access to the training platform, or a question?")
    assert help_.locator("[href^='tel:']").is_visible()
    assert help_.get_by_role("link", name="write to us").is_visible()
