"""SES counts e-mails by the second, and the clock's time ends: what waits is sent a little later, none is lost."""

import json
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

import promises
from local.aws.lambda_runtime import Context
from mail import delivery
from storage import bounces, outbox
from tests.support.inbox import invitations
from tests.support.samples import CONTACT, PLAQUE
from tests.support.ses_errors import FINAL, REFUSAL, SILENCE, client_error

PAUSE = {"minutes": 110}
"""Less than two hours: the tries are a row."""
A_DAY, SIX_HOURS = 13, 3
"""Such pauses in that time, rounded down."""


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


@pytest.mark.parametrize(
    ("error", "tries"), [(FINAL, 0), (REFUSAL, A_DAY + 1)], ids=["no address", "refused for a day"]
)
def test_an_address_that_ses_refuses_for_good_is_asked_for_once_and_the_office_is_told_why(
    error, tries, post, inbox, table, clock, ses_error, office
):
    post("contact", CONTACT)
    ses_error(error)
    inbox.deliver()
    clock.forward(minutes=11)
    for _ in range(tries):
        clock.forward(**PAUSE)
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


@pytest.fixture
def rejected(post, table, clock, ses_error, monkeypatch):
    """SES rejects the receipt of a message once, and then so many times; its reference. The day has six hours."""
    monkeypatch.setattr(delivery, "TRIED_FOR", timedelta(hours=6))

    def rejected(times):
        post("contact", CONTACT)
        ses_error(REFUSAL)
        clock.forward(minutes=11)
        _try(clock, times)
        return table.items()[0]["reference"]

    return rejected


def _try(clock, times):
    for _ in range(times):
        clock.forward(**PAUSE)


def _receipts(table):
    [item] = table.items()
    return {slot: what["state"] for slot, what in item["mail"].items() if slot.startswith("receipt")}


@pytest.mark.parametrize(("tries", "state"), [(SIX_HOURS, "owed"), (SIX_HOURS + 1, "refused")])
def test_a_receipt_is_tried_for_a_day_of_rejections(tries, state, rejected, table):
    rejected(tries)
    assert _receipts(table) == {"receipt": state}


@pytest.mark.parametrize("times", [None, SIX_HOURS], ids=["not rejected before", "rejected before"])
def test_days_without_a_try_are_no_days_of_rejections(times, rejected, post, table, clock, ses_error, set_variable):
    """E-mail is stopped for days, and SES rejects what is owed once it is allowed again."""
    if times:
        rejected(times)
    set_variable("SENDER_MAIL_PER_DAY", "0")
    if not times:
        post("contact", CONTACT)
        ses_error(REFUSAL)
    clock.forward(days=3)
    set_variable("SENDER_MAIL_PER_DAY", "100")
    _try(clock, 2)
    assert _receipts(table) == {"receipt": "owed"}


def test_a_try_that_is_too_many_does_not_begin_the_day_anew(rejected, table, clock, ses_error):
    rejected(SIX_HOURS - 1)
    ses_error(client_error("ThrottlingException", 429))
    clock.forward(minutes=5)
    ses_error(REFUSAL)
    _try(clock, 2)
    assert _receipts(table) == {"receipt": "refused"}


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ({"message": "Other words.", "new-receipt": "yes"}, "refused"),
        ({"email": "new@example.gov", "new-receipt": "yes"}, "owed"),
        ({"email": "new@example.gov"}, "owed"),
    ],
    ids=["other words", "another address, and a new receipt", "another address"],
)
def test_the_day_begins_anew_with_another_address(typed, state, rejected, table, clock, office):
    """That is another receiver. The receipt that waits goes there, so there is no second one."""
    action = f"/desk/{rejected(SIX_HOURS)}/correct"
    office.begin_session()
    office.press(office.get(action), action, **typed)
    _try(clock, 1)
    assert _receipts(table) == {"receipt": state}


def test_so_it_does_for_a_receipt_after_a_correction(rejected, post, inbox, table, clock, office, ses_error):
    post("contact", CONTACT)
    inbox.deliver()
    action = f"/desk/{table.items()[0]['reference']}/correct"
    office.press(office.get(action), action, **{"message": "Other words.", "new-receipt": "yes"})
    ses_error(REFUSAL)
    _try(clock, SIX_HOURS + 1)
    office.begin_session()
    office.press(office.get(action), action, email="new@example.gov")
    _try(clock, 1)
    assert _receipts(table) == {"receipt": "sent", "receipt-2": "owed"}


def test_a_refusal_is_listed_once_if_it_cannot_be_noted_as_settled(post, table, clock, ses_error, monkeypatch):
    """A process dies between the two. The try after it is refused as well."""
    post("contact", CONTACT)
    ses_error(FINAL)
    settle = outbox.settle
    monkeypatch.setattr(outbox, "settle", lambda *_: pytest.fail("dies"))
    with pytest.raises(pytest.fail.Exception):
        clock.forward(minutes=11)
    assert _receipts(table) == {"receipt": "claimed"}
    monkeypatch.setattr(outbox, "settle", settle)
    clock.forward(hours=1)
    assert _receipts(table) == {"receipt": "refused"}
    assert [(each.said, each.owed.slot) for each in bounces.unattended(9)] == [("refused", "receipt")]


@pytest.mark.parametrize("seen_to", [False, True])
def test_a_receipt_that_is_refused_again_after_a_correction_is_listed_again(
    seen_to, post, table, clock, ses_error, office
):
    post("contact", CONTACT)
    ses_error(FINAL)
    clock.forward(minutes=11)
    action = f"/desk/{table.items()[0]['reference']}/correct"
    for address in ("new@example.gov", "newer@example.gov"):
        if seen_to:
            for each in bounces.unattended(9):
                bounces.see_to(each.id, "", promises.now())
        office.press(office.get(action), action, **{"email": address, "new-receipt": "yes"})
        clock.forward(hours=1)
        assert len(bounces.unattended(9)) == (1 if seen_to else len(_receipts(table)))


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
