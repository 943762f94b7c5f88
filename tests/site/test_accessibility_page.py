"""The accessibility page claims nothing that no test holds."""

import re

import pytest

from tests.support.pages import ROOT

HELD_BY = {
    "read every page, send every form": [
        "screens/test_checklist_script.py::test_without_script_the_page_is_complete_and_shows_nothing_that_needs_it",
        "browser/test_browser.py::test_a_person_fills_in_the_form_and_both_e_mails_arrive",
        "screens/test_search.py::test_without_script_there_is_no_box_that_does_nothing",
    ],
    "with a keyboard": [
        "screens/test_keyboard.py::test_the_tab_key_comes_by_everything_in_order_and_shows_where_it_is"
    ],
    "Every field has a label": [
        "screens/test_access.py::test_a_form_with_errors_and_its_receipt_can_be_used_by_everybody",
        "browser/test_browser.py::test_a_person_who_forgets_something_is_told_and_loses_nothing",
    ],
    "What a drawing shows": ["site/test_site.py::test_a_drawing_has_words_beside_it_and_none_of_its_own"],
    "Text follows your browser's size": [
        "screens/test_reflow.py::test_nothing_is_lost_in_a_narrow_window_or_with_wide_spacing",
        "site/test_assets.py::test_text_follows_the_size_that_a_reader_sets",
    ],
    "Color is never the only way": [
        "screens/test_reflow.py::test_in_forced_colors_boxes_keep_their_borders_and_drawings_their_lines",
        "screens/test_reflow.py::test_in_forced_colors_the_menu_shows_where_one_is",
    ],
    "Nothing moves": ["screens/test_reflow.py::test_nothing_moves_for_who_wants_no_motion"],
    "that you can print": [
        "screens/test_checklist_handover.py::test_a_checklist_prints_with_its_progress",
        "screens/test_reflow.py::test_on_paper_every_answer_is_there",
    ],
}
"""Words of each claim, and the tests that hold it."""
CLAIMS = re.findall(r"^- (.*(?:\n  .*)*)", (ROOT / "docs/accessibility.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_is_held_by_tests_that_exist(claim):
    [tests] = [tests for words, tests in HELD_BY.items() if words in claim]
    for test in tests:
        file, name = test.split("::")
        assert f"def {name}(" in (ROOT / "tests" / file).read_text("utf-8")


def test_no_claim_was_given_up_in_silence():
    assert len(CLAIMS) == len(HELD_BY)
