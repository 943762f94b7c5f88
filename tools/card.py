"""`make card`: draws overrides/assets/card.png, which other sites show beside a link to a page, from card.svg.

And overrides/apple-touch-icon.png, which phones show on their home screen, from favicon.svg. They look for it by this
name; a page that named it would make some browsers fetch it at each visit.
"""

from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.programs import launch_options

ASSETS = Path(__file__).parents[1] / "overrides" / "assets"
SIZE, ICON = {"width": 1200, "height": 630}, {"width": 180, "height": 180}
AROUND = "margin: 0; block-size: 100vh; display: grid; place-items: center; background: #12294d"
"""The style of the page that the icon is drawn in: phones round its corners, and paint black what is transparent."""


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        page = browser.new_page(viewport=SIZE)
        page.goto((ASSETS / "card.svg").as_uri())
        page.screenshot(path=ASSETS / "card.png")
        shield = (ASSETS / "favicon.svg").read_text("utf-8").replace("<svg ", '<svg width="128" ', 1)
        page = browser.new_page(viewport=ICON)
        page.set_content(f'<body style="{AROUND}">{shield}')
        page.screenshot(path=ASSETS.parent / "apple-touch-icon.png")
        browser.close()


if __name__ == "__main__":
    main()
