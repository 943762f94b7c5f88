"""Signing up for announcements: only the owner of an address can, and can end it with one click."""

import re
from datetime import timedelta

import pytest

import promises
from forms.announcements import AnnouncementsForm
from links import unsubscribe_link
from storage import subscribers
from tests.support.samples import CONTACT, FOREIGN, ONE_CLICK
from web import rate_limit

ADDRESS = "jordan.sample@example.gov"


@pytest.fixture
def sign_up(post):
    return lambda address=ADDRESS: post("announcements", {"email": address})


def confirm_link(message):
    [link] = re.findall(
        r"https://certification[.]example[.]org(/forms/announcements/confirm[?]token=\S+)", message["text"]
    )
    return link


def test_signing_up_sends_a_link_and_nothing_to_staff(sign_up, inbox, get):
    answer = sign_up()
    assert answer.status == 303
    assert "Check your e-mail" in get(answer.headers["location"]).text
    inbox.deliver()
    [message] = inbox.messages()
    assert message["to"] == [ADDRESS]
    assert confirm_link(message)
    assert not subscribers.is_subscribed(ADDRESS)


def test_opening_the_link_changes_nothing_and_its_button_subscribes(sign_up, inbox, get, press):
    sign_up()
    inbox.deliver()
    link = confirm_link(inbox.messages()[0])
    assert "<button" in get(link).text
    assert not subscribers.is_subscribed(ADDRESS)
    for _ in range(2):
        assert "You are signed up" in press(link).text
    assert subscribers.is_subscribed(ADDRESS)
    assert subscribers.is_subscribed(ADDRESS.upper())


@pytest.mark.parametrize("added", ["&utm_source=mail&utm_medium=email", "&fbclid=IwAR0-x_y", "&mc_cid=1&mc_eid=", "&"])
def test_what_mail_programs_add_to_a_link_changes_nothing(added, sign_up, inbox, get, press):
    sign_up()
    inbox.deliver()
    link = confirm_link(inbox.messages()[0]) + added
    assert "<button" in get(link).text
    assert "You are signed up" in press(link).text
    press(unsubscribe_link(ADDRESS) + added)
    assert not subscribers.is_subscribed(ADDRESS)


def test_signing_up_twice_mails_once_a_day_and_says_the_same(sign_up, inbox):
    first, second = sign_up(), sign_up()
    assert (first.status, first.text) == (second.status, second.text)
    inbox.deliver()
    assert len(inbox.messages()) == 1


def test_a_subscriber_who_signs_up_again_sees_the_same_and_gets_no_mail(sign_up, inbox, get):
    subscribers.subscribe(ADDRESS, promises.now())
    assert "Check your e-mail" in get(sign_up().headers["location"]).text
    assert inbox.deliver()
    assert inbox.messages() == []


def test_the_box_on_another_form_brings_the_link_with_the_receipt(post, inbox, press):
    post("contact", CONTACT)
    inbox.deliver()
    [receipt] = inbox.receipts()
    press(confirm_link(receipt))
    assert subscribers.is_subscribed(CONTACT["email"])


@pytest.mark.parametrize("pressed", ["before", "after"])
def test_a_link_confirms_the_address_that_it_was_sent_to_and_no_corrected_one(
    pressed, submitted, office, inbox, press, clock
):
    reference = submitted("contact", email="typo@example.gov")
    link = confirm_link(inbox.receipts()[0])
    if pressed == "before":
        assert "You are signed up" in press(link).text
    action = f"/desk/{reference}/correct"
    office.press(office.get(action), action, email=ADDRESS, **{"new-receipt": "yes"})
    assert "This link is too old" in press(link).text
    assert not subscribers.is_subscribed(ADDRESS)
    clock.look()
    assert "You are signed up" in press(confirm_link(inbox.titled("We have your message")[-1])).text
    assert subscribers.is_subscribed(ADDRESS)


def test_without_the_box_there_is_no_link(post, inbox):
    post("contact", {**CONTACT, "announcements": "no"})
    inbox.deliver()
    assert "/announcements/confirm" not in inbox.receipts()[0]["text"]


def test_unsubscribing_takes_one_button_or_one_click_of_the_mail_program(get, press):
    import links

    link = links.unsubscribe_link(ADDRESS)
    assert ADDRESS not in link
    part = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    for click in (b"", ONE_CLICK, part):
        subscribers.subscribe(ADDRESS, promises.now())
        assert "<button" in get(link).text
        assert subscribers.is_subscribed(ADDRESS)
        assert "You are unsubscribed" in press(link, click).text
        assert not subscribers.is_subscribed(ADDRESS)


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_unsubscribing_is_let_in_from_the_page_of_a_mail_provider(headers, press):
    """A form from there is refused; the one click of RFC 8058 may come from a browser that shows such a page."""
    subscribers.subscribe(ADDRESS, promises.now())
    assert "You are unsubscribed" in press(unsubscribe_link(ADDRESS), ONE_CLICK, **headers).text
    assert not subscribers.is_subscribed(ADDRESS)


def test_no_link_of_before_brings_anybody_back_who_unsubscribed(sign_up, inbox, press, clock):
    import links

    for _ in range(3):
        sign_up()
        inbox.deliver()
        clock.forward(days=1)
    used, other, last = [confirm_link(each) for each in inbox.titled("Confirm")]
    press(used)
    press(links.unsubscribe_link(ADDRESS))
    for link in (used, other, last):
        assert "This link no longer works" in press(link).text
        assert not subscribers.is_subscribed(ADDRESS)
    clock.forward(minutes=1)
    sign_up()
    inbox.deliver()
    press(confirm_link(inbox.titled("Confirm")[-1]))
    assert subscribers.is_subscribed(ADDRESS)


def test_who_signs_an_address_up_is_not_told_when_somebody_did_so_before(sign_up, clock):
    from web import receipts

    def told():
        _, _, token = sign_up().headers["location"].partition("receipt=")
        return receipts.read(AnnouncementsForm, token)

    first = told()
    clock.forward(hours=1)
    assert told().received_at - first.received_at == timedelta(hours=1)


def test_a_sign_up_that_is_repeated_weighs_the_same(sign_up, monkeypatch):
    monkeypatch.setattr(rate_limit, "POINTS_PER_HOUR", 2 * rate_limit.ACCEPTED)
    assert [sign_up().status for _ in range(3)] == [303, 303, 429]


@pytest.mark.parametrize("page", ["confirm", "unsubscribe"])
@pytest.mark.parametrize("token", ["", "x", "W10.abc"])
def test_a_link_that_was_changed_does_nothing(page, token, press):
    answer = press(f"/forms/announcements/{page}?token={token}")
    assert answer.status == 200
    assert "This link is" in answer.text


def test_a_link_to_confirm_is_good_for_a_week(sign_up, inbox, press, monkeypatch):
    sign_up()
    inbox.deliver()
    link = confirm_link(inbox.messages()[0])
    later = promises.now() + timedelta(days=8)
    monkeypatch.setattr(promises, "now", lambda: later)
    assert "This link is too old" in press(link).text
    assert not subscribers.is_subscribed(ADDRESS)
