"""What SES reports of an e-mail is noted where it belongs, whatever the order it comes in."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

import promises
from mail import messages
from office import mail_status
from storage import bounces, certifications, outbox, subscribers
from storage.outbox import Owed
from tests.support.samples import CONTACT

PERMANENT = {"bounceType": "Permanent"}


@pytest.fixture
def receipt(post, inbox, table):
    """A submission whose e-mails went out: its receipt, as an e-mail that was owed."""
    post("contact", {**CONTACT, "email": "gone@example.gov"})
    inbox.deliver()
    return Owed("SUBMISSIONS_TABLE", table.items()[0]["reference"], "receipt")


@pytest.fixture
def returned(table):
    """What is recorded for the office."""
    return lambda: list(bounces.since(promises.now() - timedelta(days=1), promises.now()))


@pytest.fixture
def certified(office, submitted):
    office.do(submitted("plaque"), "mark")
    [agency] = certifications.everybody()
    return agency


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
    now = promises.now()
    [noted] = bounces.since(now - timedelta(days=1), now)
    assert list(bounces.since(now + timedelta(seconds=1), now + timedelta(seconds=1))) == []
    assert (noted.owed, noted.said) == (receipt, "bounced")
    assert "example.gov" not in str(noted)


def test_an_out_of_office_answer_is_no_alarm(receipt, report, table, returned):
    report("Bounce", receipt, bounceType="Transient")
    assert (state(table), returned()) == ("sent", [])


NOTICE = {"emailAddress": "gone@example.gov", "action": "failed", "status": "5.4.4"}
"""A recipient of a bounce, as the notice of a mail server has it. An out-of-office answer comes without a notice."""


@pytest.mark.parametrize(
    ("recipient", "said"),
    [
        (NOTICE | {"diagnosticCode": "smtp; 550 5.4.4 Invalid domain"}, ["given up"]),
        (NOTICE | {"status": "4.4.7", "diagnosticCode": "smtp; 554 4.4.7 Message expired"}, ["given up"]),
        (NOTICE | {"action": "delayed", "status": "4.4.1"}, []),
        ({"emailAddress": "gone@example.gov"}, []),
    ],
    ids=["no such domain", "expired", "delayed by a server on the way", "out of office"],
)
def test_a_bounce_of_no_known_kind_is_a_failure_where_a_mail_server_says_so(
    recipient, said, receipt, report, table, returned
):
    """The report of a delay before it may come later than the bounce, or never."""
    subscribers.subscribe("gone@example.gov", promises.now())
    report("Bounce", receipt, address="gone@example.gov", bounceType="Transient", bouncedRecipients=[recipient])
    assert (state(table), [each.said for each in returned()]) == ("bounced" if said else "sent", said)
    assert [each.advice for each in bounces.unattended(50)] == [bounces.ADVICE[each] for each in said]
    assert subscribers.is_subscribed("gone@example.gov")


@pytest.mark.parametrize("why", ["MailboxFull", "MessageTooLarge", "ContentRejected", "AttachmentRejected"])
@pytest.mark.parametrize(("slot", "advice"), [("receipt", "Call"), ("staff", "Read it at the desk")])
def test_an_e_mail_that_a_mail_server_turns_down_is_known_to_the_office_and_ends_nothing(
    why, slot, advice, receipt, report, table
):
    from storage import subscribers

    subscribers.subscribe("gone@example.gov", promises.now())
    owed = Owed("SUBMISSIONS_TABLE", receipt.id, slot)
    report("Bounce", owed, address="gone@example.gov", bounceType="Transient", bounceSubType=why)
    [returned] = bounces.unattended(50)
    assert (state(table, slot), returned.said) == ("bounced", "turned down")
    assert advice in returned.advice
    assert mail_status.advice(slot, table.items()[0]["mail"][slot]) == returned.advice
    assert subscribers.is_subscribed("gone@example.gov")


def test_a_report_that_was_seen_to_stays_so_where_another_function_notes_it_at_that_moment(receipt):
    def note():
        bounces.note("message", "bounced", receipt, promises.now(), is_sign_up=False)

    note()
    [returned] = bounces.unattended(9)
    bounces.see_to(returned.id, "office@certification.example.org", promises.now())
    note()  # it had looked before the other one wrote
    assert bounces.unattended(9) == []


def test_an_e_mail_that_is_delayed_is_in_the_digest_and_not_at_the_desk_and_ends_nothing(
    receipt, report, table, returned
):
    subscribers.subscribe("gone@example.gov", promises.now())
    for _ in range(2):  # SES reports again while it keeps trying
        report("DeliveryDelay", receipt, address="gone@example.gov", delayType="TransientCommunicationFailure")
    assert (state(table), [each.said for each in returned()]) == ("sent", ["delayed"])
    assert bounces.unattended(50) == []
    assert subscribers.is_subscribed("gone@example.gov")


@pytest.mark.parametrize("now_at", ["right@example.gov", "gone@example.gov"], ids=["corrected", "and back"])
def test_a_receipt_that_comes_back_from_an_address_that_was_corrected_since_asks_nobody_to_correct_it(
    now_at, receipt, report, table, office, returned
):
    subscribers.subscribe("gone@example.gov", promises.now())
    for address in ("right@example.gov", now_at):
        office.press(office.get(action := f"/desk/{receipt.id}/correct"), action, email=address)
    report("Bounce", receipt, address="Gone@example.gov", **PERMANENT)
    assert (state(table), subscribers.is_subscribed("gone@example.gov")) == ("bounced", False)
    told = ["bounced"] if now_at == "gone@example.gov" else []
    assert [each.said for each in returned()] == told
    assert ("came back" in office.get().words) == bool(told)


def test_a_link_to_sign_up_that_bounces_is_in_the_digest_and_asks_nobody_to_call(post, report, table, returned, office):
    post("announcements", {"email": "typo@example.gov"})
    [item] = table.items()
    report("Bounce", Owed("SUBMISSIONS_TABLE", item["reference"], "receipt"), bounceType="Permanent")
    [noted] = map(bounces.whom_to_call, returned())
    assert (noted.title, noted.what) == ("Someone who wanted to sign up", "confirmation")
    assert noted.advice == "No one was signed up. There is nothing to do."
    assert "came back" not in office.get().words


def test_an_e_mail_that_ses_gives_up_after_delays_has_bounced_and_its_address_stays_subscribed(
    receipt, report, table, returned
):
    from storage import subscribers

    subscribers.subscribe("gone@example.gov", promises.now())
    report("DeliveryDelay", receipt, delayType="TransientCommunicationFailure")
    report("Bounce", receipt, address="gone@example.gov", bounceType="Transient")
    assert (state(table), {each.said for each in returned()}) == ("bounced", {"delayed", "given up"})
    [given_up] = bounces.unattended(50)
    assert mail_status.advice("receipt", table.items()[0]["mail"]["receipt"]) == given_up.advice
    assert subscribers.is_subscribed("gone@example.gov")


@pytest.mark.parametrize("type_", ["Permanent", "Transient", "Undetermined"])
@pytest.mark.parametrize("of", ["announcement", "invitation"])
def test_the_office_is_told_that_something_ended_only_where_it_did(of, type_, certified, report, returned):
    address = certified.email
    subscribers.subscribe(address, promises.now())
    subscriber = Owed("SUBSCRIBERS_TABLE", subscribers.subscriber_id(address), "news")
    owed = subscriber if of == "announcement" else Owed("CERTIFICATIONS_TABLE", certified.id, "invitation-60")
    if type_ == "Transient":
        report("DeliveryDelay", owed, address=address, delayType="TransientCommunicationFailure")
    report("Bounce", owed, address=address, bounceType=type_)
    ended = {
        "announcement": not subscribers.is_subscribed(address),
        "invitation": certifications.get(certified.id).stopped,
    }
    assert ended[of] == (type_ == "Permanent")
    [told] = [each.advice for each in returned() if each.said != bounces.DELAYED]
    assert told == bounces.ENDED[owed.table] if ended[of] else told not in bounces.ENDED.values()


@pytest.mark.parametrize(("slot", "advice"), [("receipt", "Call"), ("staff", "Read it at the desk")])
def test_an_e_mail_that_ses_takes_for_a_virus_is_known_to_the_office_and_ends_nothing(
    slot, advice, receipt, report, table
):
    subscribers.subscribe("gone@example.gov", promises.now())
    report("Reject", Owed("SUBMISSIONS_TABLE", receipt.id, slot), address="gone@example.gov", reason="Bad content")
    [returned] = bounces.unattended(50)
    assert (state(table, slot), returned.said) == ("rejected", "rejected")
    assert advice in returned.advice
    assert subscribers.is_subscribed("gone@example.gov")


@pytest.mark.parametrize(
    ("type_", "said", "is_end"),
    [
        ("abuse", ["complained"], True),
        ("fraud", ["complained"], True),
        ("other", ["complained"], True),
        (None, ["complained"], True),
        ("not-spam", [], False),
        ("auth-failure", ["failed authentication"], False),
        ("virus", ["reported as a virus"], False),
    ],
)
def test_only_the_wish_of_a_person_ends_a_subscription(type_, said, is_end, receipt, report, table, returned):
    from storage import subscribers

    subscribers.subscribe("gone@example.gov", promises.now())
    told = {} if type_ is None else {"complaintFeedbackType": type_}
    report("Complaint", receipt, address="gone@example.gov", **told)
    assert subscribers.is_subscribed("gone@example.gov") != is_end
    assert [each.said for each in returned()] == said
    assert state(table) == ("complained" if is_end else "sent")


@pytest.mark.parametrize("why", ["OnAccountSuppressionList", "Suppressed"])
@pytest.mark.parametrize("slot", ["receipt", "staff"])
def test_an_address_on_the_list_of_aws_may_be_right_and_the_engineer_takes_it_off(why, slot, receipt, report, table):
    subscribers.subscribe("gone@example.gov", promises.now())
    owed = replace(receipt, slot=slot)
    report("Bounce", owed, address="gone@example.gov", bounceType="Permanent", bounceSubType=why)
    [returned] = bounces.unattended(50)
    assert (state(table, slot), returned.said) == ("bounced", "blocked")
    assert returned.advice.endswith("ell the engineer.")
    assert "does not exist" not in returned.advice
    assert mail_status.advice(slot, table.items()[0]["mail"][slot]) == returned.advice
    assert subscribers.is_subscribed("gone@example.gov") == (slot == "staff")


@pytest.mark.parametrize(
    ("type_", "advice"),
    [
        ("abuse", "Someone at the office reported it as spam, and gets no more"),
        ("auth-failure", "The e-mail itself was rejected."),
        ("virus", "The e-mail itself was rejected."),
    ],
)
def test_the_office_is_told_what_somebody_there_did_with_its_own_e_mail(type_, advice, receipt, report, table):
    owed = replace(receipt, slot="staff")
    report("Complaint", owed, address="office@certification.example.org", complaintFeedbackType=type_)
    [returned] = bounces.unattended(50)
    assert returned.advice.startswith(advice)
    assert returned.advice.endswith("Tell the engineer.")
    noted = table.items()[0]["mail"]["staff"]
    assert mail_status.advice("staff", noted) == (returned.advice if noted["state"] == "complained" else "")


WRITES = ("put_item", "update_item", "delete_item")


@pytest.mark.parametrize("failing", range(3))
@pytest.mark.parametrize("of", ["receipt", "announcement", "invitation"])
def test_a_report_that_fails_anywhere_is_taken_wholly_the_next_time(
    failing, of, receipt, report, returned, monkeypatch
):
    """The answer to one write is lost: Lambda then delivers the report again."""
    import boto3

    from storage import certifications, dynamodb, subscribers

    address = "gone@example.gov"
    subscribers.subscribe(address, promises.now())
    certified = dynamodb.to_item({"id": "c", "periods": {}, "mail": {}})
    boto3.client("dynamodb").put_item(TableName="Certifications", Item=certified)
    owed = {
        "receipt": receipt,
        "announcement": Owed("SUBSCRIBERS_TABLE", subscribers.subscriber_id(address), "news"),
        "invitation": Owed("CERTIFICATIONS_TABLE", "c", "invitation"),
    }[of]
    client, written = dynamodb.client(), []

    def failing_once(write):
        def call(**parameters):
            written.append(write)
            try:
                return write(**parameters)
            finally:
                if len(written) == failing + 1:
                    raise ConnectionError

        return call

    with monkeypatch.context() as patched:
        for name in WRITES:
            patched.setattr(client, name, failing_once(getattr(client, name)))
        with pytest.raises(ConnectionError):
            report("Complaint", owed, address=address)
        assert len(written) == failing + 1
        for _ in range(2):
            report("Complaint", owed, address=address)
    assert len(returned()) == 1
    assert subscribers.is_subscribed(address) == (of == "invitation")
    stopped = dynamodb.get("Certifications", {"id": "c"}).get("stopped")
    assert bool(stopped) == (of == "invitation")
    assert certifications.due(promises.now()) == []


def test_a_report_that_comes_again_undoes_nothing_that_happened_since(receipt, report):
    from storage import subscribers

    report("Complaint", receipt, address="gone@example.gov")
    subscribers.subscribe("gone@example.gov", promises.now())
    report("Complaint", receipt, address="gone@example.gov")
    assert subscribers.is_subscribed("gone@example.gov")


def test_all_reports_of_a_bad_day_are_noted(returned):
    """They are no single item, which holds 400 KB at most."""
    for number in range(100):
        owed = Owed("SUBMISSIONS_TABLE", "x" * 1500, "receipt")
        bounces.note(f"message-{number}", "bounced", owed, promises.now(), is_sign_up=False)
    assert len(returned()) == 100


@pytest.mark.parametrize("order", list(itertools.permutations(["Send", "Bounce", "Complaint"])))
def test_the_worst_report_stays_in_whatever_order_they_come(order, receipt, report, table):
    for kind in order:
        report(kind, receipt, **PERMANENT)
    assert state(table) == "complained"


def test_a_report_that_comes_twice_is_noted_once(receipt, report, log_output):
    for _ in range(3):
        report("Bounce", receipt, **PERMANENT)
    assert log_output.getvalue().count('"message":"bounced"') == 1


def test_a_report_before_the_answer_of_ses_stays(post, inbox, table, report):
    """A bounce may be known before the sender has noted that the e-mail went out."""
    from storage import outbox

    post("contact", CONTACT)
    owed = Owed("SUBMISSIONS_TABLE", table.items()[0]["reference"], "receipt")
    outbox.claim(owed, promises.now())
    report("Bounce", owed, **PERMANENT)
    outbox.settle(owed, {"state": "sent"})
    assert state(table) == "bounced"


@pytest.mark.parametrize("outcome", ["sent", "held"])
def test_an_outcome_is_noted_once_though_the_answer_to_its_write_is_lost_and_the_sdk_writes_again(
    outcome, post, table, monkeypatch
):
    from storage import dynamodb

    post("contact", CONTACT)
    owed = Owed("SUBMISSIONS_TABLE", table.items()[0]["reference"], "receipt")
    outbox.claim(owed, promises.now())
    update = dynamodb.update

    def twice(*given, **more):
        update(*given, **more)
        return update(*given, **more)

    monkeypatch.setattr(dynamodb, "update", twice)
    outbox.settle(owed, {"state": outcome})
    assert state(table) == outcome


@pytest.mark.parametrize(
    "why",
    [
        *("held", "closed", "subscribed", "enough today", "taken back", "erased"),
        *("too late", "refused", "any other reason"),
    ],
)
@pytest.mark.parametrize("kind", ["Send", "Bounce"])
def test_what_went_out_though_the_answer_of_ses_was_lost_is_noted_whatever_the_next_try_said(
    kind, why, post, table, report
):
    post("contact", CONTACT)
    owed = Owed("SUBMISSIONS_TABLE", table.items()[0]["reference"], "receipt")
    outbox.claim(owed, promises.now())
    outbox.settle(owed, {"state": why})
    report(kind, owed, **PERMANENT)
    assert state(table) == {"Send": "sent", "Bounce": "bounced"}[kind]


@pytest.mark.parametrize("kind", ["Send", "Bounce", "Complaint"])
def test_a_report_about_an_e_mail_that_was_taken_off_its_item_puts_none_there(kind, receipt, report, table):
    report(kind, replace(receipt, slot="mailed"), **PERMANENT)
    assert table.item(receipt.id)["mail"].keys() == {"staff", "receipt"}


@pytest.mark.parametrize("slot", [*messages.COMPOSE, *outbox.BUNDLED])
def test_a_complaint_about_any_e_mail_but_the_offices_own_ends_the_announcements(slot, receipt, report, office, table):
    address = "gone@example.gov"
    subscribers.subscribe(address, promises.now())
    report("Complaint", replace(receipt, slot=slot), address=address)
    assert subscribers.is_subscribed(address) == (slot in outbox.TO_STAFF)


@pytest.mark.parametrize("slug", outbox.TO_STAFF)
def test_an_announcement_is_no_e_mail_to_the_office_whatever_its_page_is_called(slug, report, table, returned):
    subscribers.subscribe("gone@example.gov", promises.now())
    owed = Owed("SUBSCRIBERS_TABLE", subscribers.subscriber_id("gone@example.gov"), slug)
    report("Bounce", owed, address="gone@example.gov", **PERMANENT)
    [told] = map(bounces.whom_to_call, returned())
    assert (told.title, told.what, told.advice) == (
        *("Someone who had signed up", "announcement"),
        bounces.ENDED["SUBSCRIBERS_TABLE"],
    )
    assert not owed.is_to_office


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
