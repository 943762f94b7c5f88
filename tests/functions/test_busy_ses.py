"""SES counts e-mails by the second, and the clock's time ends: what waits is sent a little later, none is lost."""

import json
import time
from datetime import datetime
from typing import Any

import pytest

import promises
from forms.form import TRAP
from local.aws.lambda_runtime import Context
from tests.support.inbox import invitations
from tests.support.samples import CONTACT, PLAQUE
from tests.support.ses_errors import FINAL, REFUSAL, SILENCE


@pytest.fixture
def full(monkeypatch, stand_in):
    """SES says that there are too many for so many tries, before it takes e-mail again; the pauses that were made."""
    from mail import ses

    pauses: list[float] = []
    client = ses._client()
    really_send, refused = client.send_email, client.exceptions.TooManyRequestsException
    error: Any = {"Error": {"Code": "TooManyRequestsException"}, "ResponseMetadata": {"HTTPStatusCode": 429}}

    def full(times):
        left = iter(range(times))

        def send(**request):
            if next(left, None) is not None:
                raise refused(error, "SendEmail")
            return really_send(**request)

        monkeypatch.setattr(client, "send_email", send)
        monkeypatch.setattr(time, "sleep", pauses.append)
        return pauses

    return full


def test_an_e_mail_that_was_one_too_many_goes_out_within_seconds(full, post, inbox):
    pauses = full(2)
    post("contact", CONTACT)
    inbox.deliver()
    assert len(inbox.messages()) == 2
    assert len(pauses) == 2
    assert all(1 <= pause <= 2 for pause in pauses)


def test_one_that_finds_no_place_in_three_tries_is_owed_and_sent_by_the_clock(full, post, clock, inbox):
    pauses = full(6)
    post("contact", CONTACT)
    inbox.deliver()
    assert (inbox.messages(), len(pauses)) == ([], 4)
    clock.forward(minutes=11)
    assert len([each for each in inbox.messages() if "Digest" not in each["subject"]]) == 2


def test_the_days_budget_counts_an_e_mail_once_however_often_ses_is_asked(full, post, clock, inbox, set_variable):
    set_variable("SENDER_MAIL_PER_DAY", "2")
    full(18)
    post("contact", CONTACT)
    inbox.deliver()
    for _ in range(6):
        clock.forward(minutes=30)
    post("contact", {**CONTACT, "email": "other@example.gov"})
    inbox.deliver()
    assert len(inbox.receipts()) == 2


@pytest.mark.parametrize(("error", "hours"), [(FINAL, 1), (REFUSAL, 25)], ids=["no address", "refused for a day"])
def test_an_address_that_ses_refuses_for_good_is_asked_for_once_and_the_office_is_told_why(
    error, hours, post, inbox, table, clock, ses_error, office
):
    post("contact", CONTACT)
    ses_error(error)
    inbox.deliver()
    clock.forward(hours=hours)
    ses_error(None)
    for _ in range(2):
        clock.forward(days=1)
    [item] = table.items()
    code = error.response["Error"]["Code"]
    assert (item["mail"]["receipt"]["state"], item["mail"]["receipt"]["why"]) == ("refused", code)
    assert item["mail"]["staff"]["state"] == "sent"
    assert not [each for each in inbox.messages() if CONTACT["email"] in each["to"]]
    told = "receipt e-mail: refused. It could not be sent: its address is probably wrong. Call, and correct it."
    assert sum(told in each["text"] for each in inbox.titled("Digest")) == 1
    today = office.get().words
    assert "1 e-mail came back." in today
    assert "It could not be sent: its address is probably wrong. Call, and correct it." in today
    assert f"refused, {_when(item)} ({code}). It could not be sent" in office.get(f"/desk/{item['reference']}").words


def _when(item):
    return promises.moment_in_words(datetime.fromisoformat(item["mail"]["receipt"]["at"]))


@pytest.mark.parametrize(
    ("verb", "typed", "state"), [("note", {"text": "Called."}, "refused"), ("release", {}, "owed")]
)
def test_a_rejected_receipt_is_tried_for_a_day_from_what_asked_for_it(
    verb, typed, state, post, table, clock, office, ses_error
):
    """A note asks for none; a release does, however long it was held."""
    post("contact", CONTACT | ({TRAP: "x"} if verb == "release" else {}))
    [item] = table.items()
    ses_error(REFUSAL)
    clock.forward(hours=20)
    office.do(item["reference"], verb, **typed)
    for _ in range(5):
        clock.forward(hours=1)
    assert table.items()[0]["mail"]["receipt"]["state"] == state


def test_silence_is_no_refusal_and_is_not_tried_again(ses_error, post, inbox, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("a second e-mail may be the second"))
    ses_error(SILENCE)
    post("contact", CONTACT)
    inbox.deliver()
    assert inbox.messages() == []


def test_a_backlog_keeps_neither_digest_nor_invitation_waiting_and_is_counted(
    post, clock, inbox, table, office, monkeypatch, log_output
):
    """Every look takes half a minute, so that a call of the clock has time for a few."""
    post("plaque", PLAQUE)
    office.do(table.items()[0]["reference"], "mark")
    clock.forward(minutes=11)
    clock.forward(days=600)
    for number in range(20):
        post("contact", {**CONTACT, "message": f"Number {number}"}, sender=f"127.0.1.{number}")
    before = len(inbox.messages())
    seconds = iter(range(300, -1, -30))
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: next(seconds) * 1000)
    clock.forward(days=40)
    sent = inbox.messages()[before:]
    assert sent[0]["subject"].startswith("Digest of")
    assert [each for each in invitations(inbox) if each in sent] == [sent[1]]
    counted = [json.loads(line).get("counts", {}) for line in log_output.getvalue().splitlines()]
    assert [left for each in counted if (left := each.get("left", 0)) > 10]
    monkeypatch.undo()
    clock.look()
    assert not [item for item in table.items() for slot in item["mail"].values() if slot["state"] == "owed"]
