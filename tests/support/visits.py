"""Visits of pages and forms in a browser."""

from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import urlencode
from urllib.request import urlopen

from playwright.sync_api import Locator, Page, Route, ViewportSize

from forms import catalog
from tests.support.samples import SAMPLES, new_address

FORMS = list(catalog.FORMS.values())


SIZES: dict[str, ViewportSize] = {"phone": {"width": 320, "height": 640}, "desktop": {"width": 1280, "height": 800}}


SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]

COMING_BACK = """async () => {
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
  const boxes = [...document.querySelectorAll("[autocomplete=off]")];
  dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (const box of boxes) Object.assign(box, { checked: box.defaultChecked, value: box.defaultValue });
}"""
"""What WebKit does when somebody comes back: it resets boxes that are not for autofill, sometimes after our timers."""


TRANSLATED = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const all = [];
  while (texts.nextNode()) if (texts.currentNode.data.trim()) all.push(texts.currentNode);
  for (const text of all) {
    const [outer, inner] = [document.createElement("font"), document.createElement("font")];
    inner.textContent = text.data;
    outer.append(inner);
    text.replaceWith(outer);
  }
}"""
"""What Chrome does to a page that it translates: each text is in two elements of its own, also that of a button."""


LATE = """Promise.all([...document.querySelectorAll("script[data-late]")].map(
  ({ dataset }) => import(new URL(dataset.late, document.baseURI))
)).then(() => {}, () => {})"""
"""What is done once the script that a page fetches after its paint has run. Without script there is none."""


def after_its_script(page: Page) -> Page:
    """Have every visit, reload and return wait for the script that a page fetches after its paint."""

    def waiting(way: Callable[..., Any]) -> Callable[..., Any]:
        def go(*given: Any, **rest: Any) -> Any:
            answer = way(*given, **rest)
            page.evaluate(LATE)
            return answer

        return go

    for name in ("goto", "reload", "go_back"):
        setattr(page, name, waiting(getattr(page, name)))
    return page


SAYS = """(told) => {
  window.heard = [];
  new MutationObserver(() => heard.push(told.textContent.trim()))
    .observe(told, { childList: true, characterData: true, subtree: true });
}"""
"""Has `heard` hold what an element says from now on, at each change: what does not change is not announced."""


def hold_back(page: Page, pattern: str, visit: Callable[[], Any]) -> Callable[[], None]:
    """Visit something while a file that it asks for does not come; what is returned lets the latest one come."""
    held: list[Route] = []
    page.route(pattern, lambda route: held.append(route))
    with page.expect_request(pattern):
        visit()
    return lambda: held[-1].continue_()


def press_slowly(page: Page, box: Locator) -> None:
    """Click as a person does: by the time the button comes up, the page has drawn what it shows of its going down."""
    box.hover()
    page.mouse.down()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    page.mouse.up()


def as_new(page: Page) -> Page:
    """Leave nothing of who had this page before: no other page, nothing kept, nothing held back, the usual window.

    Only what is said to each document to come (`add_init_script`, `clock`), and listeners, are not taken back.
    """
    for other in page.context.pages:
        if other != page:
            other.close()
    page.goto("about:blank")  # what is held back ends with its page; without a route it would be sent
    page.unroute_all()
    page.context.clear_cookies()
    page.goto("/robots.txt")
    page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.mouse.move(0, 0)
    page.emulate_media(media="null", color_scheme="null", forced_colors="null", reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 720})
    return page


def visit(page: Page, address: str) -> None:
    """Open a page, and wait for what its script draws."""
    page.goto(address)
    page.evaluate(LATE)
    if address.startswith("/checklists/"):
        page.wait_for_selector("[data-progress]:not([hidden])")


def receipt_address(site: str, form: str) -> str:
    """Send a form, filled in properly, and return the address that its sender comes to."""
    answers = SAMPLES.get(form, {}) | {"email": new_address()}
    with urlopen(f"{site}/forms/{form}", urlencode(answers).encode()) as answer:
        return str(answer.url)


def fill_in(page: Page, form, answers: dict[str, str]) -> None:
    """Answer every question by its label, as somebody does who reads the page."""
    for field in form():
        box = page.locator(f"[name={field.name}]")
        if field.type == "AttachedText":
            continue
        assert page.locator(f"label[for={field.id}]").inner_text().startswith(field.label.text)
        match field.type:
            case "Checkbox":
                box.set_checked(answers[field.name] == "yes")
            case "Choice":
                box.select_option(answers[field.name])
            case _:
                box.fill(answers[field.name])
