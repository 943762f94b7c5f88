"""The buttons behind the links of e-mails: what a press did is what the person sees, with script and without."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, expect

from tests.support.announcements import announcements_of
from tests.support.run import LocalRun, wait_for
from tests.support.samples import CONTACT, PLAQUE, TODAY, new_address

LINK = re.compile(r"(/forms/(\S+)\?token=[^\s\"]+)")
ANNOUNCEMENT = """---
title: A second certification
date: 2027-03-01
description: It begins in spring.
---
It begins in spring.
"""


@pytest.fixture(scope="module")
def links_by_path(local_run: LocalRun, local_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A link of every kind that the system's e-mails hold, by its path: the newest of each."""

    announcements = announcements_of(tmp_path_factory.mktemp("project"))

    def staff(*words: str | Path) -> None:
        command = [Path(sys.executable).with_name("staff"), "--data", local_data, *words]
        subprocess.run(command, check=True, capture_output=True, cwd=announcements.parents[1])

    def mailed(action: str) -> str:
        """The link of this action, once somebody has it by e-mail."""
        texts = [message["text"] for message in local_run.messages() if address in message["to"]]
        return next((link for text in texts for link, path in LINK.findall(text) if path.endswith(action)), "")

    address = new_address()
    has_ended = {"completed": (TODAY - timedelta(days=731)).isoformat()}
    urlopen(f"{local_run.url}/forms/announcements", urlencode({"email": address}).encode()).close()
    urlopen(f"{local_run.url}/forms/contact", urlencode(CONTACT | {"email": new_address()}).encode()).close()
    plaque = urlencode(PLAQUE | has_ended | {"email": address}).encode()
    with urlopen(Request(f"{local_run.url}/forms/plaque", plaque, {"Accept": "application/json"})) as answer:
        staff("mark", json.load(answer)["reference"], "mailed")
    local_run.sweep()
    urlopen(local_run.url + wait_for(lambda: mailed("/confirm")), b"").close()
    page = announcements / "2027-03-second.md"
    page.write_text(ANNOUNCEMENT, "utf-8")
    staff("announce", page, "--yes")
    wait_for(lambda: mailed("/unsubscribe"))
    wait_for(lambda: mailed("/stop"))
    return {path: link for message in local_run.messages() for link, path in LINK.findall(message["text"])}


@pytest.mark.parametrize("script", [True, False], ids=["script on", "script off"])
def test_the_answer_to_every_button_is_shown(
    script: bool, links_by_path: dict[str, str], browser: Browser, local_run: LocalRun
):
    """And not the same button once more, as if nothing had happened."""
    assert {"announcements/confirm", "announcements/unsubscribe", "invitations/stop"} <= links_by_path.keys()
    for path, link in links_by_path.items():
        with browser.new_context(base_url=local_run.url, java_script_enabled=script) as context:
            page = context.new_page()
            page.goto(link)
            button = page.locator("main button")
            asked, words = page.locator("main").inner_text(), button.inner_text()
            title = page.title()
            button.click()
            expect(page).not_to_have_title(title)  # until then the button says that it is at work
            expect(page.locator("main").get_by_role("button", name=words, exact=True), path).to_have_count(0)
            assert page.locator("main").inner_text() not in ("", asked)
            assert page.title().startswith(page.locator("h1").inner_text())
            expect(page.locator("h1")).to_be_in_viewport()
