"""The forms as a person uses them, in Chromium, with script on and with script off."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from forms.catalog import TASKS
from forms.contact import ContactForm
from tests.support.pages import PAGES
from tests.support.run import LocalRun
from tests.support.samples import SAMPLES, new_address
from tests.support.visits import after_its_script, fill_in

FORMS = list(TASKS.values())


@pytest.fixture(params=[True, False], ids=["script on", "script off"])
def page(request: pytest.FixtureRequest, browser: Browser, local_run: LocalRun) -> Iterator[Page]:
    """A page of a new browser window. Fails at the end where anything came from elsewhere, or broke the policy."""
    context = browser.new_context(base_url=local_run.url, java_script_enabled=request.param)
    page = after_its_script(context.new_page())
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    assert [url for url in asked if not url.startswith(local_run.url)] == []
    # A refused form is a 422 or 415, which Chromium reports as a failed resource.
    assert [text for text in said if "responded with a status of 4" not in text] == []


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.slug)
def test_a_person_fills_in_the_form_and_both_e_mails_arrive(form, page, local_run):
    answers = SAMPLES[form.slug] | {"email": new_address()}
    page.goto(f"/{form.slug}/")
    fill_in(page, form, answers)
    page.get_by_role("button", name=form.submit_label).click()
    page.wait_for_url("**/received?receipt=*")
    assert page.locator("h1").inner_text() == form.receipt_heading
    reference = page.locator(".receipt__reference strong").inner_text()
    to_staff, receipt = local_run.mail_about(reference)
    assert answers["email"] in to_staff["text"]
    assert receipt["to"] == [answers["email"]]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.slug)
def test_a_person_who_forgets_something_is_told_and_loses_nothing(form, page):
    answers = SAMPLES[form.slug] | {"email": "nobody"}
    page.goto(f"/{form.slug}/")
    fill_in(page, form, answers)
    page.get_by_role("button", name=form.submit_label).click()
    page.wait_for_selector(".error-summary")
    assert page.title().startswith("Error: ")
    for field in form():
        box = page.locator(f"[name={field.name}]")
        if field.type == "AttachedText":
            assert not box.is_visible()
        elif field.type == "Checkbox":
            assert box.is_checked() == (answers[field.name] == "yes")
        else:
            assert box.input_value() == answers[field.name]
    page.get_by_role("link", name="Enter an e-mail address").click()
    expect(page.locator("[name=email]")).to_be_focused()
    page.locator("[name=email]").fill("now.right@example.gov")
    page.get_by_role("button", name=form.submit_label).click()
    page.wait_for_url("**/received?receipt=*")
    assert page.locator("h1").inner_text() == form.receipt_heading


def test_the_receipt_can_be_loaded_again(page):
    page.goto("/contact/")
    fill_in(page, ContactForm, SAMPLES["contact"])
    page.get_by_role("button", name=ContactForm.submit_label).click()
    page.wait_for_url("**/received?receipt=*")
    reference = page.locator(".receipt__reference").inner_text()
    page.reload()
    assert page.locator(".receipt__reference").inner_text() == reference


@pytest.mark.parametrize("page", [True], indirect=True)
@pytest.mark.parametrize("address", PAGES)
def test_every_page_opens_without_a_word_from_the_console(address, page):
    answer = page.goto(address)
    assert answer
    assert answer.status == 200
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_link_to_a_question_shows_its_answer(page):
    page.goto("/faq/#how-long-is-it-valid")
    expect(page.locator("#how-long-is-it-valid")).to_be_visible()
