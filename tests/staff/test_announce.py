"""Announcements: pages, feed, and the e-mail to subscribers, once each."""

import re
from contextlib import nullcontext
from datetime import timedelta
from email.message import Message
from html import unescape
from typing import Any
from urllib.error import HTTPError, URLError
from xml.etree import ElementTree

import pytest
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from tests.support.announcements import announcements_of
from tests.support.checklist_pages import ROOT, built_with
from tests.support.inbox import link_in
from tests.support.samples import ONE_CLICK
from tests.support.ses_errors import FINAL

TEXT = """---
title: A second certification
date: 2027-03-01
description: It begins in spring.
---

# A second certification

Read [the questions](../faq.md#who-may-apply) & *begin*.
"""


@pytest.fixture
def page(tmp_path):
    file = announcements_of(tmp_path) / "2027-03-second.md"
    file.write_text(TEXT, "utf-8")
    return file


@pytest.fixture
def subscribed(table):
    """Subscribe addresses, as if each had confirmed."""
    import promises
    from storage import subscribers

    def subscribed(*addresses):
        for address in addresses:
            subscribers.subscribe(address, promises.now())

    return subscribed


@pytest.fixture
def quick(monkeypatch):
    """No pauses between two e-mails."""
    from staff import announce

    monkeypatch.setattr(announce, "sending_rate", lambda: 1_000_000.0)


def test_every_subscriber_gets_it_once_however_often_the_command_is_called(
    run_staff, page, subscribed, inbox, quick, press
):
    subscribed("one@example.gov", "two@example.gov")
    for _ in range(3):
        assert run_staff("announce", str(page), "--yes")[0] == 0
    messages = inbox.titled("A second certification")
    assert sorted(message["to"][0] for message in messages) == ["one@example.gov", "two@example.gov"]
    [first] = [message for message in messages if message["to"] == ["one@example.gov"]]
    assert "https://certification.example.org/faq/#who-may-apply" in first["text"]
    assert "https://certification.example.org/announcements/2027-03-second/" in first["text"]
    assert "<em>begin</em>" in first["html"]
    assert first["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    one_click = re.sub(r"^<https://[^/]+|>$", "", first["headers"]["List-Unsubscribe"])
    assert one_click == link_in(first, "unsubscribe")
    press(one_click, ONE_CLICK)
    page.write_text(TEXT.replace("second", "third"), "utf-8")
    page.rename(page.with_name("2027-04-third.md"))
    run_staff("announce", str(page.with_name("2027-04-third.md")), "--yes")
    assert [message["to"] for message in inbox.titled("A third certification")] == [["two@example.gov"]]


def test_an_announcement_that_was_interrupted_goes_on_and_mails_nobody_twice(
    run_staff,
    page,
    subscribed,
    inbox,
    quick,
    monkeypatch,
):
    from mail import ses as sender

    addresses = [f"person{number}@example.gov" for number in range(10)]
    subscribed(*addresses)
    send = sender.send
    sent: list[Any] = []

    def interrupted(message, tags):
        if len(sent) == 4:
            raise KeyboardInterrupt
        sent.append(send(message, tags))
        return sent[-1]

    monkeypatch.setattr(sender, "send", interrupted)
    assert run_staff("announce", str(page), "--yes")[0] != 0
    assert len(inbox.titled("A second certification")) == 4
    monkeypatch.setattr(sender, "send", send)
    code, _, said = run_staff("announce", str(page), "--yes")
    assert code == 1  # of one nobody knows whether it went out, until its claim is over or SES reports
    assert "ten minutes" in said
    assert len(inbox.titled("A second certification")) == 9
    import promises

    later = promises.now() + timedelta(days=366)
    monkeypatch.setattr(promises, "now", lambda: later)
    assert run_staff("announce", str(page), "--yes")[0] == 0
    got = [message["to"][0] for message in inbox.titled("A second certification")]
    assert sorted(got) == sorted(addresses)


def test_whom_ses_refused_is_told_and_gets_it_with_the_next_call(run_staff, page, subscribed, inbox, quick, ses_error):
    subscribed("one@example.gov")
    ses_error(FINAL)
    assert run_staff("announce", str(page), "--yes")[0] == 1
    ses_error(None)
    assert run_staff("announce", str(page), "--yes")[0] == 0
    assert [message["to"] for message in inbox.titled("A second certification")] == [["one@example.gov"]]


@pytest.fixture
def site(monkeypatch):
    """Let the site answer as given, `None` for its page."""
    from staff import announce

    def answers(trouble):
        def urlopen(address, timeout):
            asked.append(address)
            if trouble:
                raise trouble
            return nullcontext()

        monkeypatch.setattr(announce, "urlopen", urlopen)

    asked: list[str] = []
    answers(None)
    yield answers
    assert asked == ["https://certification.example.org/announcements/2027-03-second/"]


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (HTTPError("", 404, "Not Found", Message(), None), "is not on the site yet. Deploy it, then run this again."),
        (HTTPError("", 503, "Slow Down", Message(), None), "cannot be read: HTTP Error 503: Slow Down"),
        (URLError("no route to host"), "cannot be read: <urlopen error no route to host>"),
    ],
    ids=["not deployed", "site fails", "no network"],
)
def test_a_page_that_is_not_on_the_site_is_mailed_to_nobody(
    trouble, words, run_staff, page, subscribed, inbox, quick, site
):
    subscribed("one@example.gov")
    site(trouble)
    code, _, said = run_staff("announce", str(page))
    assert (code, words in " ".join(said.split())) == (1, True)
    assert "Subscribers to mail" not in said
    assert inbox.messages() == []


def test_the_e_mail_is_shown_and_asked_about_before_anything_is_sent(
    run_staff, page, subscribed, inbox, monkeypatch, quick, site
):
    import io

    subscribed("one@example.gov")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"n\n")))
    code, _, said = run_staff("announce", str(page))
    assert code == 1
    assert "Subject: A second certification" in said
    assert "Subscribers to mail: 1," in said
    assert inbox.messages() == []


def test_it_can_be_sent_to_oneself_first(run_staff, page, subscribed, inbox, quick):
    subscribed("one@example.gov")
    assert run_staff("announce", str(page), "--to", "Editor@example.gov")[0] == 0
    assert [message["to"] for message in inbox.titled("A second certification")] == [["Editor@example.gov"]]
    assert run_staff("announce", str(page), "--yes")[0] == 0
    assert len(inbox.titled("A second certification")) == 2
    code, _, said = run_staff("announce", str(page), "--to", "josé@example.gov")
    assert (code, "our e-mail can reach" in said) == (1, True)


def test_while_e_mail_to_senders_is_stopped_it_says_so_and_mails_all_of_them_later(
    run_staff, page, subscribed, inbox, quick, set_variable
):
    subscribed("one@example.gov", "two@example.gov")
    set_variable("SENDER_MAIL_PER_DAY", "0")
    code, out, said = run_staff("announce", str(page), "--yes", "--json")
    assert (code, out, "SenderMailPerDay is 0" in said, "Sent to" in said) == (1, "", True, False)
    set_variable("SENDER_MAIL_PER_DAY", "1")
    code, _, said = run_staff("announce", str(page), "--yes")
    assert (code, "Sent to 2 of 2" in said, len(inbox.messages())) == (0, True, 2)


def test_it_is_a_list_and_says_who_sends_it(run_staff, page, subscribed, inbox, quick):
    run_staff("announce", str(page), "--to", "editor@example.gov")
    [message] = inbox.messages()
    assert message["headers"]["List-Id"].endswith("<announcements.certification.example.org>")
    settings = load_config(str(ROOT / "mkdocs.yml")).extra
    assert message["reply_to"] == [settings["office"]["email"]]
    for part in (message["text"], message["html"]):
        assert settings["organization"] in part
        assert settings["office"]["address"] in part


def test_it_keeps_to_the_accounts_rate(subscribed, page, table):
    from staff import announce, announcement_page

    subscribed("one@example.gov", "two@example.gov", "three@example.gov")
    waits: list[float] = []
    announcement = announcement_page.read(page, "https://certification.example.org")
    list(announce.send(announcement, announce.still_to_mail(announcement), 2.0, waits.append))
    assert len(waits) == 3
    assert all(0 < wait <= 0.5 for wait in waits)


def test_somebody_who_complains_or_whose_address_is_gone_gets_no_more(subscribed, report, table):
    from storage import subscribers
    from storage.outbox import Owed

    for kind, address in (("Bounce", "gone@example.gov"), ("Complaint", "angry@example.gov")):
        subscribed(address)
        owed = Owed("SUBSCRIBERS_TABLE", subscribers.subscriber_id(address), "2027-03-second")
        import promises
        from storage import outbox

        outbox.claim(owed, promises.now())
        report(kind, owed, message_id=address, bounceType="Permanent")
        assert not subscribers.is_subscribed(address)


def test_pages_are_listed_newest_first_and_in_the_feed(tmp_path):
    def add(checklists):
        folder = checklists.parent / "docs/announcements"
        folder.mkdir()
        (folder / "2027-03-second.md").write_text(TEXT.replace("# A second certification\n", ""), "utf-8")
        (folder / "2027-05-third.md").write_text(
            TEXT.replace("second", "<third> & last").replace("2027-03-01", "2027-05-01"), "utf-8"
        )

    site = built_with(tmp_path, add)
    html = unescape((site / "announcements/index.html").read_text("utf-8"))
    listed = re.findall(r'<a href="([^"]*)">(A .*?)</a>', html)
    assert listed == [
        ("2027-05-third/", "A <third> & last certification"),
        ("2027-03-second/", "A second certification"),
    ]
    feed = ElementTree.parse(site / "announcements/feed.xml").getroot()
    names = {"a": "http://www.w3.org/2005/Atom"}
    assert [entry.text for entry in feed.findall("a:entry/a:title", names)] == [
        "A <third> & last certification",
        "A second certification",
    ]
    assert feed.find("a:updated", names).text == "2027-05-01T12:00:00Z"
    announced = 'rel="alternate" type="application/atom+xml" href="{}feed.xml"'
    assert announced.format("") in (site / "announcements/index.html").read_text("utf-8")
    page = (site / "announcements/2027-03-second/index.html").read_text("utf-8")
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == ["A second certification"]
    assert '<time datetime="2027-03-01">March 1, 2027</time>' in page
    assert '<a href="../">All announcements</a>' in page
    assert announced.format("../") in page


def test_an_announcement_without_a_date_stops_the_build(tmp_path, caplog):
    def add(checklists):
        folder = checklists.parent / "docs/announcements"
        folder.mkdir()
        (folder / "x.md").write_text(TEXT.replace("date: 2027-03-01\n", ""), "utf-8")

    with pytest.raises(Abort):
        built_with(tmp_path, add)
    assert "announcements/x.md:1: an announcement begins with title, date" in caplog.text


def test_there_is_a_feed_even_before_the_first_announcement(built_site):
    assert ElementTree.parse(built_site / "announcements/feed.xml").getroot().tag.endswith("feed")
    assert ROOT.joinpath("docs/announcements.md").exists()
