"""The desk in pictures: sample work, some of it late, taken or held, and the pictures of the handbook."""

import json
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Page

from forms.form import TRAP
from tests.support.office import OFFICE, newest_code
from tests.support.run import LocalRun
from tests.support.samples import COMPLETED, CONTACT, PLAQUE, TODAY

HANDBOOK = Path(__file__).parents[1] / "handbook" / "pictures"
PICTURES = {"desk-today": 900, "desk-request": 1150, "desk-plaques": 700, "desk-certification": 1000}
"""The states that the handbook shows, and their height in pixels."""
WIDTH = 820
TOWNS = ("Town of Sample", "Sample County", "Village of Sample")
CERTIFIED = {
    "City of Sample": COMPLETED,
    (RENEWED := "Hamlet of Sample"): TODAY - timedelta(days=700),
    (ENDED := "Sampletown"): COMPLETED,
}
"""The agencies that are in the register: one for two years, one that its next request renews, one whose time ended."""


class Desk:
    """A local run with work in it, and a browser that is signed in."""

    def __init__(self, run: LocalRun, browser: Browser) -> None:
        self._run = run
        late = self._post("contact", "Town of Sample", message="May we print the checklists for our council?")
        self._advance(25)
        self._post("contact", "Sample County", message="How do we begin? We are nine officers.")
        self._post("contact", "Village of Sample", message="Who signs the commitment when the chief retires?")
        self._advance(3)
        self._post("contact", "", message="Better ranking for your site, guaranteed.", **{TRAP: "x"})
        request, *_ = (self._post("plaque", town) for town in TOWNS)
        page = browser.new_context(base_url=run.url).new_page()
        self._sign_in(page)
        for town, completed in CERTIFIED.items():
            mailed = self._post("plaque", town, completed=completed.isoformat(), listed="yes")
            page.goto(f"/desk/{mailed}")
            page.get_by_role("button", name="Mark as mailed").click()
        page.goto("/desk/certified")
        page.get_by_role("link", name=ENDED).click()
        page.get_by_role("button", name="End the certification").click()
        renewal = self._post("plaque", RENEWED)
        page.goto(f"/desk/{request}")
        page.get_by_role("button", name="I will take it").click()
        page.get_by_label("Note for your colleagues").fill("Called: the name is right, the engraver has it.")
        page.get_by_role("button", name="Add the note").click()
        page.goto("/desk/certified")
        certification = str(page.get_by_role("link", name=RENEWED).get_attribute("href"))
        self.pages = {
            "desk-today": "/desk/",
            "desk-message": f"/desk/{late}",
            "desk-request": f"/desk/{request}",
            "desk-renewal": f"/desk/{renewal}",
            "desk-mailed": f"/desk/{mailed}",
            "desk-correct": f"/desk/{request}/correct",
            "desk-person": f"/desk/{request}/person",
            "desk-plaques": "/desk/plaques",
            "desk-labels": "/desk/plaques/labels",
            "desk-find": "/desk/find?q=sample",
            "desk-find-nothing": "/desk/find?q=zzzzz",
            "desk-certified": "/desk/certified",
            "desk-certification": certification,
            "desk-numbers": "/desk/numbers",
        }
        """Every page of the desk, by the name of its picture."""
        with urlopen(f"{run.url}/certified/agencies.json") as answer:
            agency = {each["agency"]: each["page"] for each in json.load(answer)["agencies"]}
        certified, ends_soon, ended = (agency[f"{town} Police"] for town in CERTIFIED)
        self.register = {
            "register": "/certified/",
            "register-state": "/certified/hi/",
            "register-state-empty": "/certified/wy/",
            "register-found": "/certified/?q=sample",
            "register-nobody": "/certified/?q=zzzzz",
            "agency-certified": certified,
            "agency-ends-soon": ends_soon,
            "agency-ended": ended,
            "desk-sign-in": "/desk/",
        }
        """The pages of the register that come of it."""
        self.storage_state = page.context.storage_state()
        page.context.close()

    def _post(self, slug: str, town: str, **answers: str) -> str:
        domain = re.sub("[^a-z]", "", town.lower()) or "mail"
        who = {"email": f"chief@{domain}.example.gov", "organization": f"{town} Police" if town else ""}
        given = CONTACT | who
        if slug == "plaque":
            zip_code = f"967{20 + [*TOWNS, *CERTIFIED].index(town)}"  # the same one would mean the same agency
            given = PLAQUE | {"email": who["email"], "agency": f"{town} Police", "zip": zip_code}
        body = urlencode(given | answers).encode()
        request = Request(f"{self._run.url}/forms/{slug}", body, {"Accept": "application/json"})
        with urlopen(request) as answer:
            return str(json.load(answer)["reference"])

    def _advance(self, hours: int) -> None:
        with urlopen(Request(f"{self._run.url}/_clock/advance?hours={hours}", method="POST")):
            pass

    def _sign_in(self, page: Page) -> None:
        page.goto("/desk/")
        page.get_by_label("Your e-mail address").fill(OFFICE)
        page.get_by_role("button", name="Send me a code").click()
        page.get_by_label("Code").wait_for()
        page.get_by_label("Code").fill(newest_code(self._run.messages()))
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Today", exact=True).wait_for()


def for_the_handbook(page: Page, name: str) -> None:
    """Take the picture of a state that handbook/office.md shows."""
    if name in PICTURES:
        HANDBOOK.mkdir(exist_ok=True)
        page.set_viewport_size({"width": WIDTH, "height": PICTURES[name]})
        page.emulate_media(color_scheme="light")
        page.screenshot(path=HANDBOOK / f"{name}.png")
