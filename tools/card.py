"""`make card`: draws overrides/assets/card.png, which other sites show beside a link to a page, from card.svg."""

from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.programs import launch_options

ASSETS = Path(__file__).parents[1] / "overrides" / "assets"
SIZE = {"width": 1200, "height": 630}


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        page = browser.new_page(viewport=SIZE)
        page.goto((ASSETS / "card.svg").as_uri())
        page.screenshot(path=ASSETS / "card.png")
        browser.close()


if __name__ == "__main__":
    main()
