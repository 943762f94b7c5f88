"""People against bots on the real forms: no person is held, and how many bots are is printed."""

from html.parser import HTMLParser
from itertools import count
from pathlib import Path

import pytest
import yaml

from forms.form import TRAP
from tests.support.samples import CONTACT, PLAQUE, SAMPLES

OFFICE = "198.51.100.7"
PIECES = yaml.safe_load(Path(__file__).with_name("police_english.yml").read_text("utf-8"))
MESSAGES = [
    opening + matter + PIECES["closings"][(number + place) % len(PIECES["closings"])]
    for number, matter in enumerate(PIECES["matters"])
    for place, opening in enumerate(PIECES["openings"][number % 2 :][:4])
]
LINKS = "\n".join(f"https://example.com/{number}" for number in range(8))
PITCH = "We offer SEO services and backlinks, first page of Google: https://example.com/offer"
CHEAP = "Buy followers today: " + LINKS


class Boxes(HTMLParser):
    """The names of what can be filled in on a page's form, the hidden box among them."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.names: list[str] = []
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = dict(attrs).get("name")
        if tag in ("input", "textarea", "select") and name and name != "q":
            self.names.append(name)


@pytest.fixture
def fill_in(built_site):
    """What a browser posts of a page's form: every box of it, with these answers; the hidden one empty."""

    def fill_in(slug, **answers):
        names = Boxes(built_site / slug / "index.html").names
        assert TRAP in names
        return {name: (SAMPLES[slug] | {TRAP: ""} | answers)[name] for name in names}

    return fill_in


@pytest.fixture
def held(table):
    """How many of what is stored are held, and how many are stored."""

    def held():
        items = table.items()
        return sum("held" in item for item in items), len(items)

    return held


def networks():
    """Senders, each from a network of its own."""
    return (f"203.0.113.{number % 250}" for number in count())


FILLED_BY_ITSELF = {
    "the e-mail address": CONTACT["email"],
    "another e-mail address": "j.sample@home.example.org",
    "the name": CONTACT["name"],
    "the first name": "jordan",
    "the agency": CONTACT["organization"],
    "a telephone number": "+1 (555) 555-0188",
    "a ZIP code": "96746-0012",
    "a one-time code": "123456",
}


@pytest.mark.parametrize("text", FILLED_BY_ITSELF.values(), ids=FILLED_BY_ITSELF)
def test_a_person_is_not_held_whose_password_manager_fills_in_the_hidden_box(text, post, fill_in, held):
    link = "Our policy is at https://police.example.gov/policy.pdf - does it fit step 6?"
    assert post("contact", fill_in("contact", **{TRAP: text})).status == 303
    assert post("contact", fill_in("contact", **{TRAP: text}, message=link)).status == 303
    assert held() == (0, 2)


@pytest.mark.parametrize("slug", SAMPLES)
def test_no_script_and_no_cookie_is_asked_of_a_person(slug, post, fill_in, held, get):
    answer = post(slug, fill_in(slug))
    assert answer.status == 303
    assert not [name for name in answer.headers if name.lower() == "set-cookie"]
    assert get(answer.headers["location"]).status == 200
    assert held() == (0, 1)


@pytest.mark.parametrize("pause", [{"seconds": 2}, {"hours": 2}], ids=["pasted in two seconds", "two hours' pause"])
def test_how_long_a_person_takes_does_not_matter(pause, clock, post, fill_in, held):
    answers = fill_in("plaque")
    clock.forward(**pause)
    assert post("plaque", answers).status == 303
    assert held() == (0, 1)


def test_a_double_click_is_one_submission(post, fill_in, held):
    first, second = (post("contact", fill_in("contact")) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert held() == (0, 1)


def test_one_office_may_write_30_times_an_hour(clock, post, fill_in, held):
    for number in range(30):
        answers = fill_in("contact", name=f"Officer {number}", message=f"Officer {number} asks: which page is it?")
        assert post("contact", answers, sender=OFFICE).status == 303
        clock.forward(minutes=1)
    assert held() == (0, 30)


def test_200_messages_in_police_english_are_not_held(post, fill_in, held):
    assert len(set(MESSAGES)) == 200
    for message, sender in zip(MESSAGES, networks(), strict=False):
        assert post("contact", fill_in("contact", message=message), sender=sender).status == 303
    assert held() == (0, 200)


def fill_everything(fill_in):
    """Writes into every box that it finds, the hidden one as well."""
    for number in range(20):
        yield fill_in("contact", **{TRAP: f"qwzx{number}"}, message=f"Nice page {number}")


def post_without_the_page(_fill_in):
    """Knows the names of the fields from before, and never sees the hidden box."""
    for number in range(20):
        yield {**CONTACT, "message": f"{PITCH}{number}"}


def replay(fill_in):
    """Sends what it once recorded, over and over."""
    for _ in range(20):
        yield fill_in("contact", message=PITCH)


def drip_slowly(fill_in):
    """Stays below every limit."""
    for number in range(20):
        yield fill_in("contact", message=f'<a href="https://example.com/{number}">cheap</a>')


def spread_links(fill_in):
    """Links and what they sell, and a link where a name is asked."""
    for number in range(10):
        yield fill_in("contact", message=f"{CHEAP}{number}")
        yield fill_in("contact", name=f"See https://example.com/{number}", message="https://example.com")


def write_like_a_person(fill_in):
    """One link or none, in plain words: by its content alone nobody can tell."""
    for number in range(20):
        yield fill_in("contact", message=f"Dear sir, I have a proposal for you, write back. {number}")


BOTS = {
    fill_everything: (20, 20),
    post_without_the_page: (20, 20),
    replay: (1, 1),
    drip_slowly: (20, 20),
    spread_links: (20, 20),
    write_like_a_person: (0, 20),
}
"""How many of its submissions are held, of how many that are stored."""


@pytest.mark.parametrize(("bot", "expected"), BOTS.items(), ids=[bot.__name__ for bot in BOTS])
def test_bots_are_held_where_anything_tells_them(bot, expected, clock, post, fill_in, held):
    posted = 0
    for answers in bot(fill_in):
        assert post("contact", answers).status == 303
        posted += 1
        if bot is drip_slowly:
            clock.forward(minutes=50)
    print(f"{bot.__name__.replace('_', ' '):22} posted {posted:3}  stored {held()[1]:3}  held {held()[0]:3}")
    assert held() == expected


def test_who_posts_without_pause_is_told_to_wait(post, fill_in, held):
    answers = [fill_in("contact", message=f"{PITCH}{number}") for number in range(65)]
    assert [post("contact", each).status for each in answers].count(429) == 5
    assert held() == (60, 60)


def test_a_plaque_request_is_not_held_for_its_summary(post, fill_in, held):
    summary = "1. Forex fraud unit: not taken, see https://police.example.gov/order\n" * 3
    assert post("plaque", fill_in("plaque", summary=PLAQUE["summary"] + summary)).status == 303
    assert held() == (0, 1)
