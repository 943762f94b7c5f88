"""The links in e-mails to staff: they show, their button does, and what they did can be taken back."""

import pytest

import links
from forms.spam import TRAP
from tests.support.inbox import link_in
from tests.support.samples import CONTACT, PLAQUE

SAMPLES = {"contact": (CONTACT, "answered"), "plaque": (PLAQUE, "mailed")}


@pytest.fixture
def submitted(post, inbox, table):
    """Post a form, deliver its e-mails; the item and the link that marks it."""

    def submitted(slug):
        post(slug, SAMPLES[slug][0])
        inbox.deliver()
        [item] = [item for item in table.items() if item["form"] == slug]
        [message] = [message for message in inbox.to_staff() if item["reference"] in message["subject"]]
        return item, link_in(message, "mark")

    return submitted


@pytest.mark.parametrize("slug", SAMPLES)
def test_opening_the_link_changes_nothing_and_its_button_marks(slug, submitted, get, press, table):
    item, link = submitted(slug)
    word = SAMPLES[slug][1]
    for _ in range(3):
        shown = get(link).text
        assert f"Mark as {word}</button>" in shown
    assert ("The agency then gets one e-mail" in shown) is (slug == "plaque")
    assert 'name="undo"' not in shown
    assert "done" not in table.items()[0]
    assert f"{item['reference']} is marked {word}" in press(link, b"name=Sam+Sample").text
    assert table.items()[0]["done"]["by"] == "Sam Sample"
    assert table.items()[0]["stage"] == f"{slug} done"


def test_a_second_press_changes_nothing_and_shows_who_and_when(submitted, press, get, table):
    _, link = submitted("contact")
    press(link, b"name=Sam+Sample")
    first = table.items()[0]
    assert "by Sam Sample" in press(link, b"name=Another").text
    assert "by Sam Sample" in get(link).text
    assert table.items()[0] == first


def test_a_mark_can_be_taken_back_on_the_same_page(submitted, press, table, get):
    before, link = submitted("contact")
    marked = press(link)
    assert "Take it back: not answered</button>" in marked.text
    assert 'name="undo" value="yes"' in marked.text
    assert 'name="name"' not in marked.text
    assert "Mark as answered</button>" in press(link, b"undo=yes").text
    [item] = table.items()
    assert "done" not in item
    assert (item["stage"], item["stage_at"]) == ("contact open", before["due_at"])


def test_a_marked_plaque_tells_its_agency_once_however_often_it_is_taken_back(submitted, press, inbox):
    _, link = submitted("plaque")
    for body in (b"", b"undo=yes", b"", b"undo=yes", b""):
        press(link, body)
        inbox.deliver()
    [told] = inbox.titled("Your plaque is on its way")
    assert told["to"] == [PLAQUE["email"]]
    assert PLAQUE["agency"] not in told["text"]
    assert told["attachments"] == []
    assert told["headers"]["Auto-Submitted"] == "auto-generated"


def test_a_mark_taken_back_before_its_e_mail_went_out_tells_nobody(submitted, press, inbox):
    _, link = submitted("plaque")
    press(link)
    press(link, b"undo=yes")
    inbox.deliver()
    assert inbox.titled("Your plaque is on its way") == []
    press(link)
    inbox.deliver()
    assert len(inbox.titled("Your plaque is on its way")) == 1


def test_a_release_can_be_taken_back(post, inbox, press, table):
    post("contact", {**CONTACT, TRAP: "x"})
    inbox.deliver()
    link = link_in(inbox.to_staff()[0], "release")
    assert "is released" in press(link, b"name=Sam").text
    assert table.items()[0]["stage"] == "contact open"
    assert "<button" in press(link, b"undo=yes").text
    [item] = table.items()
    assert (item["held"], item["stage"]) == ("the hidden box was filled in", "contact held")


def test_what_is_held_cannot_be_marked(post, inbox, press, table):
    post("contact", {**CONTACT, TRAP: "x"})
    [item] = table.items()
    from links import link
    from storage.submissions import Submission

    answer = press(link("mark", Submission.from_item(item)).removeprefix("https://certification.example.org"))
    assert "is held as possible spam" in answer.text
    assert "done" not in table.items()[0]


def test_a_link_is_good_for_its_own_action_only(submitted, get, press, table):
    _, link = submitted("contact")
    assert "not complete, or too old" in press(link.replace("/mark?", "/release?")).text
    assert "not complete, or too old" in press(link[:-3]).text
    assert "not complete, or too old" in get("/forms/actions/mark").text
    assert "done" not in table.items()[0]


def test_a_link_stops_working_after_some_months(submitted, press, clock):
    _, link = submitted("contact")
    clock.forward(days=92)
    assert "not complete, or too old" in press(link).text


def test_a_link_for_what_is_no_longer_kept_says_so(get, clock):
    import promises

    token = links.sign("mark", "NOTTHERE22", promises.now())
    assert "not complete, or too old" in get(f"/forms/actions/mark?token={token}").text


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "x" * 10_000, "%FF", "\u202e", ""])
def test_any_name_is_taken_as_it_is_or_left_out(name, submitted, press, table):
    _, link = submitted("contact")
    answer = press(link, b"name=" + name.encode())
    assert answer.status == 200
    assert "<script>alert" not in answer.text
    assert len(table.items()[0]["done"]["by"]) <= 60


def test_the_staff_e_mail_of_a_plaque_has_a_mailing_label_and_the_text_to_engrave(submitted, inbox):
    submitted("plaque")
    text = inbox.to_staff()[0]["text"]
    assert "Office of the Chief\nPO Box 12\nSampleville HI 96746-0012\n" in text
    assert f"To engrave\n{'-' * 40}\n{PLAQUE['agency']}\n" in text
    assert PLAQUE["summary"] in text


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("chief@town.example.gov", "government address (town.example.gov)"),
        ("chief@pd.example.us", "government address"),
        ("someone@gmail.com", "free mail address (gmail.com)"),
        ("info@samplecountysheriff.org", "names a law enforcement agency"),
    ],
)
def test_the_staff_e_mail_says_what_the_address_tells(address, hint, post, inbox):
    post("contact", {**CONTACT, "email": address})
    inbox.deliver()
    assert hint in inbox.to_staff()[0]["text"]


@pytest.mark.parametrize("address", ["/forms/actions/mark", "/forms/announcements/confirm"])
def test_trouble_is_told_on_a_page_and_logged_without_its_text(address, press, monkeypatch, log_output):
    import links

    monkeypatch.setattr(links, "read", lambda *_: {}["jordan@example.gov"])
    answer = press(f"{address}?token=x")
    assert answer.status == 500
    assert "Nothing was changed. Please try again in a few minutes, or call (555) 555-0100." in answer.text
    assert "jordan" not in log_output.getvalue()
    assert '"KeyError"' in log_output.getvalue()
