"""What SES reports of an e-mail is noted where it belongs, whatever the order it comes in."""

import itertools
from datetime import timedelta

import pytest

import promises
from storage import bounces
from storage.outbox import Owed
from tests.support.samples import CONTACT

PERMANENT = {"bounceType": "Permanent"}


@pytest.fixture
def receipt(post, inbox, table):
    """A submission whose e-mails went out: its receipt, as an e-mail that was owed."""
    post("contact", {**CONTACT, "email": "gone@example.gov"})
    inbox.deliver()
    return Owed("SUBMISSIONS_TABLE", table.items()[0]["reference"], "receipt")


def state(table, slot="receipt"):
    return table.items()[0]["mail"][slot]["state"]


def test_a_bounce_is_noted_on_the_submission_and_for_the_digest(receipt, report, table):
    import promises

    report("Bounce", receipt, **PERMANENT)
    assert table.items()[0]["mail"]["receipt"] | {"at": ""} == {
        "state": "bounced",
        "at": "",
        "message_id": "x",
        "why": "Permanent, General",
    }
    [noted] = bounces.since(promises.now() - timedelta(days=1))
    assert bounces.since(promises.now() + timedelta(seconds=1)) == []
    assert noted == f"receipt e-mail of {receipt.id}: bounced"
    assert "example.gov" not in noted


@pytest.mark.parametrize("kind", ["Transient"])
def test_an_out_of_office_answer_or_a_full_mailbox_is_no_alarm(kind, receipt, report, table):
    report("Bounce", receipt, bounceType=kind)
    assert state(table) == "sent"


@pytest.mark.parametrize("order", list(itertools.permutations(["Send", "Bounce", "Complaint"])))
def test_the_worst_report_stays_in_whatever_order_they_come(order, receipt, report, table):
    for kind in order:
        report(kind, receipt, **PERMANENT)
    assert state(table) == "complained"


def test_a_report_that_comes_twice_is_noted_once(receipt, report, log_output):
    for _ in range(3):
        report("Bounce", receipt, **PERMANENT)
    assert log_output.getvalue().count('"bounced"') == 1


def test_a_report_before_the_answer_of_ses_stays(post, inbox, table, report):
    """A bounce may be known before the sender has noted that the e-mail went out."""
    from storage import outbox

    post("contact", CONTACT)
    owed = Owed("SUBMISSIONS_TABLE", table.items()[0]["reference"], "receipt")
    outbox.claim(owed, promises.now())
    report("Bounce", owed, **PERMANENT)
    outbox.settle(owed, {"state": "sent"})
    assert state(table) == "bounced"


def test_an_address_that_complains_gets_no_announcements_either(receipt, report):
    import promises
    from storage import subscribers

    subscribers.subscribe("gone@example.gov", promises.now())
    report("Complaint", receipt, address="gone@example.gov")
    assert not subscribers.is_subscribed("gone@example.gov")


def test_a_bounce_of_a_staff_address_unsubscribes_nobody(receipt, report, table):
    import promises
    from storage import subscribers

    subscribers.subscribe("office@certification.example.org", promises.now())
    owed = Owed("SUBMISSIONS_TABLE", receipt.id, "staff")
    report("Bounce", owed, address="office@certification.example.org", **PERMANENT)
    assert state(table, "staff") == "bounced"
    assert subscribers.is_subscribed("office@certification.example.org")


@pytest.mark.parametrize(
    "owed",
    [
        Owed("SUBMISSIONS_TABLE", "NOTTHERE22", "receipt"),
        Owed("SUBSCRIBERS_TABLE", "x", "y"),
        Owed("COUNTERS_TABLE", "d", "z"),
    ],
)
def test_a_report_of_something_that_is_gone_is_no_error(owed, report, table):
    report("Bounce", owed, **PERMANENT)


def test_a_report_of_an_e_mail_that_is_not_ours_is_left_alone(table, template):
    from local.aws.lambda_runtime import invoke

    detail = {"eventType": "Send", "mail": {"messageId": "x", "destination": [], "tags": {"other": ["1"]}}, "send": {}}
    invoke(template, "FeedbackFunction", {"source": "aws.ses", "detail": detail})
