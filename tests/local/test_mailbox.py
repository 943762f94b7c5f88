"""The mailbox of the local run."""

import json
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from local.mailbox import Mailbox

TRICK = '<img src=x onerror="alert(1)">'


def written(subject="Hello", html="<p>Good day, <b>you</b></p>"):
    message = EmailMessage(policy=SMTP)
    message["From"] = "The Office <forms@example.org>"
    message["To"] = "One <one@example.org>, two@example.org"
    message["Reply-To"] = "sender@example.gov"
    message["Subject"] = subject
    message["X-Twice"] = "a"
    message["X-Twice"] = "b"
    message.set_content("Good day, é\nhttps://example.org/x?a=1&b=2\n")
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_string()


@pytest.fixture
def sent():
    return [written()]


@pytest.fixture
def mailbox(sent):
    return Mailbox(lambda: sent)


def page(mailbox, path):
    response = mailbox.answer(path)
    assert response.status == 200
    return response.body.decode()


def test_messages_as_json(mailbox):
    [message] = json.loads(page(mailbox, "/_mail/messages.json"))
    headers = message.pop("headers")
    assert message == {
        "id": "1",
        "from": "The Office <forms@example.org>",
        "to": ["one@example.org", "two@example.org"],
        "reply_to": ["sender@example.gov"],
        "subject": "Hello",
        "text": "Good day, é\nhttps://example.org/x?a=1&b=2\n",
        "html": "<p>Good day, <b>you</b></p>\n",
        "attachments": [],
    }
    assert headers["X-Twice"] == "a, b"
    assert headers["MIME-Version"] == "1.0"


def test_a_message_without_html_or_reply_address(mailbox, sent):
    sent[:] = ["From: a@example.org\r\nTo: b@example.org\r\n\r\nPlain"]
    [message] = mailbox.messages()
    assert (message["html"], message["reply_to"], message["subject"], message["text"]) == ("", [], "", "Plain")
    assert "(no subject)" in page(mailbox, "/_mail/")
    assert "iframe" not in page(mailbox, "/_mail/1/")


def test_the_list_is_newest_first_and_json_newest_last(mailbox, sent):
    sent.append(written("Second"))
    listed = page(mailbox, "/_mail/")
    assert listed.index("Second") < listed.index("Hello")
    assert [message["subject"] for message in mailbox.messages()] == ["Hello", "Second"]


def test_an_empty_mailbox_says_so(mailbox, sent):
    sent.clear()
    assert "Nothing yet" in page(mailbox, "/_mail/")
    assert page(mailbox, "/_mail/messages.json") == "[]"


def test_a_message_is_a_page_with_its_headers_and_its_html_in_a_frame_that_may_nothing(mailbox):
    html = page(mailbox, "/_mail/1/")
    assert "sender@example.gov" in html
    assert '<a href="https://example.org/x?a=1&amp;b=2"' in html
    assert '<iframe sandbox title="HTML part of the message" src="/_mail/1.html">' in html
    part = mailbox.answer("/_mail/1.html")
    policy = dict(part.headers)["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert policy.endswith("sandbox")
    assert part.body.decode() == "<p>Good day, <b>you</b></p>\n"


def test_the_raw_message_is_as_sent(mailbox, sent):
    response = mailbox.answer("/_mail/1.eml")
    assert response.body.decode() == sent[0]
    assert ("content-type", "message/rfc822") in response.headers


def test_what_somebody_wrote_into_a_message_stays_text(mailbox, sent):
    sent[:] = [written(TRICK).replace("sender@example.gov", f'"{TRICK}" <a@example.gov>')]
    for path in ("/_mail/", "/_mail/1/"):
        assert "&lt;img" in page(mailbox, path)
        assert "<img" not in page(mailbox, path)


@pytest.mark.parametrize("path", ["0/", "2/", "1", "01/", "-1/", "1.txt", "x", "1/x", "../1/", "9999999999999/"])
def test_what_is_not_there_is_not_found(path, mailbox):
    assert mailbox.answer(f"/_mail/{path}").status == 404


def test_no_page_of_the_mailbox_runs_script(mailbox):
    for path in ("/_mail/", "/_mail/1/", "/_mail/messages.json", "/_mail/nothing", "/_mail/1.eml"):
        headers = dict(mailbox.answer(path).headers)
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
