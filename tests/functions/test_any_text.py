"""Whatever is typed into any field: what is accepted is stored and shown, cleaned; what is refused names its field."""

from html import unescape
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.samples import SAMPLES

ANYTHING = st.text(max_size=300)
LIKELY = st.sampled_from(
    ["<b>&amp;", "{{ x }}", "=1+1", "\r\nBcc: x@example.com", "a\x00b", "\u202e", "é" * 250, " ", "\\"]
)


@pytest.mark.parametrize(("slug", "field"), [(slug, field) for slug in SAMPLES for field in SAMPLES[slug]])
def test_any_text_in_a_field_is_kept_as_it_reads_or_refused_by_name(slug, field, post, table):
    from forms import catalog, fields

    form, networks = catalog.FORMS[slug], count()

    @given(st.one_of(ANYTHING, LIKELY))
    @examples(10)
    def try_text(text):
        # A form-encoded body has no other line end than CR LF, and no half characters.
        typed = text.encode("utf-8", "ignore").decode()
        network = next(networks) // 20  # of which none may send too much
        answer = post(slug, SAMPLES[slug] | {field: typed}, sender=f"10.{network // 250}.{network % 250}.1")
        assert answer.status in (303, 422)
        if answer.status == 422:
            assert f'href="#{field}"' in answer.text
            return
        kind = form()[field].type
        bound: Any = form()[field]
        kept = bound.clean(typed)
        if not bound.flags.required and isinstance(bound, fields.OneLine) and fields.is_no_answer(kept):
            kept = ""
        stored = [item["answers"][field] for item in table.items()]
        assert kind in ("Checkbox", "Date", "Zip") or kept in stored
        shown = form.in_words_by_name({field: kept})[field]
        assert kind in ("Choice", "Checkbox", "Date") or shown == kept

    try_text()


@given(st.text(max_size=300))
@examples(100)
def test_any_text_comes_back_in_its_box_as_it_reads(text):
    from forms.contact import ContactForm
    from forms.form import FormData
    from normalize import cleaning
    from tests.support.answers import FormValues

    typed = cleaning.lines(text.encode("utf-8", "ignore").decode().replace("\x00", ""))
    drawn = ContactForm(FormData({"message": [typed]})).draw()
    assert "<script" not in drawn
    reader = FormValues()
    reader.feed(drawn)
    assert typed in reader.values


@given(st.text(max_size=300))
@examples(100)
def test_any_text_reaches_staff_in_words_as_typed(text):
    from normalize import cleaning
    from rendering import render

    typed = cleaning.lines(text.encode("utf-8", "ignore").decode()).splitlines()
    context: dict[str, Any] = dict.fromkeys(
        ("about", "reference", "received", "due", "task", "done", "desk", "hint", "held", "reply_to"), "x"
    )
    context |= {"corrects": [], "candidates": [], "label": None, "valid": ""}
    answers = [("Message", "\n".join(typed))]
    for told in ({"answers": answers, "texts": []}, {"answers": [], "texts": answers}):
        text_part = render("email/staff/body.txt", **told, **context)
        html_part = unescape(render("email/staff/body.html", **told, **context).replace("<br>", "\n"))
        assert [line for line in typed if line not in text_part or line not in html_part] == []
