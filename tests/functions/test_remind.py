"""The clock: due soon, late, owed, ended, and the digest of every morning."""

import os
import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import Path

import boto3
import pytest
import time_machine

import links
import promises
from forms.catalog import FORMS
from forms.form import TRAP
from local.aws.lambda_runtime import invoke
from mail import digest, reminders, ses
from office import agencies, workflow
from office.invitations import ASKED
from settings import settings
from storage import certifications, submissions
from storage.outbox import Owed
from storage.submissions import LONGEST_PAUSE, SWEPT_AFTER
from tests.support.inbox import invitations, link_in
from tests.support.office import OFFICE
from tests.support.samples import CONTACT, FOREIGN, ONE_CLICK, PLAQUE, TODAY
from tests.support.ses_errors import OUTAGE, REFUSAL, SILENCE
from tests.support.tables import Table

SAMPLES = {"contact": CONTACT, "plaque": PLAQUE}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def submitted(clock, post, inbox, table):
    """Post a form and deliver its e-mails; the item."""

    def submitted(slug, deliver=True, **answers):
        before = {item["reference"] for item in table.items()}
        post(slug, SAMPLES[slug] | answers)
        if deliver:
            inbox.deliver()
        [item] = [item for item in table.items() if item["reference"] not in before]
        return item

    return submitted


@pytest.mark.parametrize("slug", SAMPLES)
def test_staff_are_reminded_once_before_and_the_escalation_address_once_when_it_is_late(slug, submitted, clock, inbox):
    item, before = submitted(slug), FORMS[slug].remind_before
    within = FORMS[slug].due(promises.now()) - promises.now()
    clock.forward(seconds=(within - before - HOUR).total_seconds())
    assert inbox.titled("Due soon") == []
    clock.forward(hours=1, minutes=1)
    [soon] = inbox.titled("Due soon")
    assert (item["reference"] in soon["subject"], soon["to"]) == (True, ["office@certification.example.org"])
    assert f"https://certification.example.org/desk/{item['reference']}" in soon["text"]
    clock.forward(seconds=(before - 2 * MINUTE).total_seconds())
    assert inbox.titled("Late") == []
    clock.forward(minutes=2)
    [late] = inbox.titled("Late")
    assert late["to"] == ["director@certification.example.org", "office@certification.example.org"]
    for _ in range(5):
        clock.forward(days=3)
    assert len(inbox.titled("Due soon")) == len(inbox.titled("Late")) == 1


def test_a_receipt_that_a_closing_held_back_goes_out_once_it_is_reopened(submitted, clock, inbox, office):
    reference = submitted("contact", deliver=False)["reference"]
    office.do(reference, "close", reason="withdrawn")
    clock.forward(minutes=11)
    assert "not sent: closed before" in office.get(f"/desk/{reference}").words
    office.do(reference, "undo")
    clock.forward(minutes=1)
    assert [reference in message["text"] for message in inbox.receipts()] == [True]


@pytest.mark.parametrize("slug", SAMPLES)
def test_once_it_is_done_nobody_is_reminded(slug, submitted, clock, inbox, office, table):
    item = submitted(slug)
    office.do(item["reference"], "mark")
    clock.forward(days=30)
    clock.forward(days=30)
    assert inbox.titled("Due soon") == inbox.titled("Late") == []
    assert "clock" not in table.items()[0], item


def test_a_mark_that_is_taken_back_sets_the_clock_going_again(submitted, clock, inbox, office):
    item = submitted("contact")
    office.do(item["reference"], "mark")
    clock.forward(hours=1)
    office.do(item["reference"], "undo")
    clock.forward(hours=20)
    assert len(inbox.titled("Due soon")) == 1


def test_what_is_held_is_not_due_until_it_is_released(submitted, clock, inbox, office):
    item = submitted("contact", **{TRAP: "x"})
    clock.forward(hours=30)
    assert inbox.titled("Late") == []
    office.do(item["reference"], "release")
    clock.forward(hours=23)
    assert inbox.titled("Late") == []
    clock.forward(hours=2)
    assert len(inbox.titled("Late")) == 1
    assert len(inbox.titled("We have your message")) == 1


def test_what_is_released_again_is_reminded_of_again(submitted, clock, inbox, office):
    reference = submitted("contact", **{TRAP: "x"})["reference"]
    office.do(reference, "release")
    clock.forward(hours=21)
    clock.forward(hours=6)
    office.do(reference, "undo")
    clock.forward(hours=20)
    office.do(reference, "release")
    before = len(inbox.messages())
    clock.forward(hours=21)
    clock.forward(hours=6)
    said = [each["subject"] for each in inbox.messages()[before:] if reference in each["subject"]]
    assert [each.partition(":")[0] for each in said] == ["Due soon", "Late"]


@pytest.mark.parametrize(
    ("held", "before", "verb", "after"),
    [({}, [], "mark", "undo"), ({}, [], "close", "undo"), ({TRAP: "x"}, ["release"], "undo", "release")],
    ids=["marked", "closed", "held again"],
)
def test_what_is_put_aside_as_the_clock_looks_is_reminded_of_once_it_is_open_again(
    held, before, verb, after, submitted, clock, inbox, office, monkeypatch
):
    reference = submitted("contact", **held)["reference"]
    for each in before:
        office.do(reference, each)
    send = reminders.send

    def somebody_is_faster(bundle):
        step, typed = workflow.Step(OFFICE, promises.now()), ["spam"] if verb == "close" else []
        assert getattr(workflow, verb)(submissions.get(reference), step, *typed)
        send(bundle)

    monkeypatch.setattr(reminders, "send", somebody_is_faster)
    assert clock.forward(hours=21)
    monkeypatch.setattr(reminders, "send", send)
    assert inbox.titled("Due soon") == []
    office.do(reference, after)
    clock.forward(hours=21 if after == "release" else 1)
    assert len(inbox.titled("Due soon")) == 1


@pytest.mark.parametrize(("verb", "typed"), [("mark", {}), ("close", {"reason": "spam"})])
def test_nobody_waits_for_a_late_notice_that_broke_off_once_the_work_is_finished(
    verb, typed, submitted, clock, inbox, office, ses_error, table
):
    reference = submitted("contact")["reference"]
    clock.forward(hours=23)
    ses_error(OUTAGE)
    clock.forward(hours=2)
    ses_error(None)
    assert table.item(reference)["mail"]["late"]["state"] == "claimed"
    page = office.do(reference, verb, **typed)
    assert "Late notice not sent: the work was finished before" in page.words
    clock.look()
    assert "next_at" not in table.item(reference)
    clock.forward(hours=30)
    assert digest.gather(promises.now())["owed"] == []
    office.begin_session()
    office.do(reference, "undo")
    clock.look()
    assert inbox.messages()[-1]["subject"].startswith("Late")


def test_a_clock_that_stood_still_for_days_skips_the_first_reminder(submitted, clock, inbox):
    submitted("contact")
    clock.forward(days=3)
    assert (len(inbox.titled("Due soon")), len(inbox.titled("Late"))) == (0, 1)


# The sweep


def test_what_the_stream_never_brought_is_mailed_by_the_clock(submitted, clock, inbox):
    item = submitted("plaque", deliver=False)
    clock.forward(minutes=9)
    assert [message for message in inbox.messages() if item["reference"] in message["subject"]] == []
    clock.forward(minutes=2)
    assert (len(inbox.to_staff()[-1:]), len(inbox.titled("We have your plaque request"))) == (1, 1)
    inbox.deliver()
    clock.forward(minutes=30)
    assert len([message for message in inbox.to_staff() if "Plaque request" in message["subject"]]) == 1
    assert len(inbox.titled("We have your plaque request")) == 1


@pytest.mark.parametrize("trouble", [REFUSAL, SILENCE, OUTAGE], ids=["refusal", "silence", "outage"])
def test_the_clock_tries_until_ses_takes_it(trouble, submitted, clock, inbox, ses_error):
    submitted("contact", deliver=False)
    ses_error(trouble)
    for _ in range(4):
        clock.forward(minutes=30)
    assert inbox.messages() == []
    ses_error(None)
    clock.forward(hours=1)
    clock.forward(hours=1)
    assert len([message for message in inbox.to_staff() if message["subject"].endswith("]")]) == 1
    assert len(inbox.titled("We have your message")) == 1


def test_what_ses_refuses_is_tried_less_and_less_often_and_at_least_every_hour(submitted, clock, monkeypatch):
    submitted("contact", deliver=False)
    tried = []

    def refused(_message, tags):
        tried.extend([promises.now()] * (tags["slot"] == "receipt"))
        raise REFUSAL

    monkeypatch.setattr(ses, "send", refused)
    for _ in range(20):
        clock.forward(minutes=10)
    pauses = [later - earlier for earlier, later in pairwise(tried)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (SWEPT_AFTER, LONGEST_PAUSE)


def test_an_answer_of_ses_that_was_lost_is_settled_by_its_report(submitted, clock, inbox, ses_error, report, table):
    item = submitted("contact", deliver=False)
    ses_error(SILENCE)
    inbox.deliver()
    ses_error(None)
    for slot in ("staff", "receipt"):
        report("Send", Owed("SUBMISSIONS_TABLE", item["reference"], slot))
    clock.forward(hours=2)
    assert [message for message in inbox.messages() if not message["subject"].startswith("Digest")] == []
    assert {slot["state"] for slot in table.items()[0]["mail"].values()} == {"sent"}


@pytest.mark.parametrize(
    ("module", "part", "missing"),
    [
        (digest, "send_if_due", {"Digest of"}),
        (certifications, "due", {"Your certification end"}),
        (submissions, "due", {"Late", "Digest of"}),  # a digest that could not say what is owed
        (reminders, "bundles", {"Late"}),
    ],
    ids=["digest", "invitations", "submissions", "reminders"],
)
def test_a_part_of_the_clock_that_fails_holds_up_no_other_and_is_told_without_its_text(
    module, part, missing, submitted, clock, inbox, office, monkeypatch, template, log_output
):
    from remind import Unfinished

    office.do(submitted("plaque")["reference"], "mark")
    clock.forward(days=(END - TODAY).days - 61)
    submitted("contact")
    before = len(inbox.messages())

    def fail(*_, **__):
        raise ValueError("canary@example.gov")

    monkeypatch.setattr(module, part, fail)
    with time_machine.travel(promises.now() + timedelta(days=1, minutes=1), tick=False):
        with pytest.raises(Unfinished) as failure:
            invoke(template, "RemindFunction", {})
        sent = [message["subject"] for message in inbox.messages()[before:]]
    kinds = {"Digest of", "Your certification end", "Late"}
    assert {kind for kind in kinds if any(each.startswith(kind) for each in sent)} == kinds - missing
    assert "canary" not in f"{failure.value!r}{failure.value.__context__!r}{log_output.getvalue()}"
    assert str(failure.value) == f"{log_output.getvalue().count('clock failed')} failed"


# Renewal


END = promises.valid_until(date.fromisoformat(PLAQUE["completed"]))


def days_before(invitation):
    """How many days before the end it was sent; negative after it."""
    return (END - promises.day_at_office(parsedate_to_datetime(invitation["headers"]["Date"]))).days


def test_an_agency_is_invited_180_and_60_days_before_the_end_and_on_the_last_day(submitted, clock, inbox, office):
    office.do(submitted("plaque")["reference"], "mark")
    for days_left in (181, 180, 179, 61, 60, 59, 1, 0, -1, -20):
        clock.forward(days=(END - promises.day_at_office(promises.now())).days - days_left)
        assert certifications.due(promises.now()) == []  # no look in vain
    assert [days_before(each) for each in invitations(inbox)] == [180, 60, 0]
    first, _, last = invitations(inbox)
    assert f"ends on {promises.day_in_words(END)}" in first["subject"]
    assert f"ends today, {promises.day_in_words(END)}" in last["subject"]
    assert {each["to"][0] for each in invitations(inbox)} == {PLAQUE["email"]}
    assert {each["headers"]["List-Unsubscribe-Post"] for each in invitations(inbox)} == {"List-Unsubscribe=One-Click"}


@pytest.mark.parametrize(
    ("setting", "seen"), [("90", [90]), ("10,400", [400, 10]), ("0", [0])], ids=["one", "in any order", "the last day"]
)
def test_the_days_of_the_invitations_are_a_setting(setting, seen, submitted, clock, inbox, office, set_variable):
    set_variable("INVITATION_DAYS", setting)
    office.do(submitted("plaque")["reference"], "mark")
    for days_left in (401, 400, 90, 10, 0, -1):
        clock.forward(days=(END - promises.day_at_office(promises.now())).days - days_left)
    assert [days_before(each) for each in invitations(inbox)] == seen


def test_a_clock_that_stood_still_sends_the_latest_invitation_alone(submitted, clock, inbox, office):
    office.do(submitted("plaque")["reference"], "mark")
    clock.forward(days=(END - TODAY).days + 3)
    for _ in range(3):
        clock.forward(days=1)
    assert [days_before(each) for each in invitations(inbox)] == [-3]
    assert f"ended on {promises.day_in_words(END)}" in invitations(inbox)[0]["subject"]


@pytest.mark.parametrize(
    ("stopped", "sent"), [((60,), [59]), ((180, 60), [59]), ((180, 60, 0), [-1]), ((0,), [-1])], ids=str
)
def test_an_invitation_goes_out_once_e_mail_to_senders_is_not_stopped_any_more(
    stopped, sent, submitted, clock, inbox, office, set_variable
):
    office.do(submitted("plaque")["reference"], "mark")
    clock.forward(days=(END - promises.day_at_office(promises.now())).days - stopped[0] - 1)
    before = len(invitations(inbox))
    set_variable("SENDER_MAIL_PER_DAY", "0")
    for days_left in stopped:
        assert clock.forward(days=(END - promises.day_at_office(promises.now())).days - days_left)
    assert len(invitations(inbox)) == before
    set_variable("SENDER_MAIL_PER_DAY", "1")
    for _ in range(2):
        clock.forward(days=(END - promises.day_at_office(promises.now())).days - sent[0])
    assert [days_before(each) for each in invitations(inbox)[before:]] == sent


def test_an_invitation_that_ses_kept_silent_about_is_sent_once_its_claim_is_over(
    submitted, clock, inbox, ses_error, office
):
    office.do(submitted("plaque")["reference"], "mark")
    ses_error(SILENCE)
    clock.forward(days=(END - TODAY).days - 60)
    ses_error(None)
    assert clock.forward(minutes=5)  # waiting is no failure, of which staff would get an alarm
    assert invitations(inbox) == []
    assert clock.forward(minutes=6)
    assert len(invitations(inbox)) == 1


def test_an_invitation_that_ses_rejects_once_is_sent_with_the_next_look(submitted, clock, inbox, ses_error, office):
    office.do(submitted("plaque")["reference"], "mark")
    ses_error(REFUSAL)
    assert not clock.forward(days=(END - TODAY).days - 60)
    ses_error(None)
    assert clock.forward(minutes=5)
    assert len(invitations(inbox)) == 1


def test_a_certification_is_forgotten_90_days_after_its_end_also_where_the_office_ended_it(submitted, clock, office):
    def forgotten():
        [certification] = Table(os.environ["CERTIFICATIONS_TABLE"]).items()
        return promises.day_at_office(datetime.fromtimestamp(int(certification["expires_at"]), UTC))

    office.do(submitted("plaque")["reference"], "mark")
    assert forgotten() == END + timedelta(days=90)
    [agency] = certifications.everybody()
    agencies.end(agency.id, OFFICE, promises.now())
    assert forgotten() == promises.day_at_office(promises.now()) + timedelta(days=90)
    agencies.resume(agency.id, OFFICE, promises.now())
    assert forgotten() == END + timedelta(days=90)


def test_a_new_request_of_the_same_agency_stops_the_old_clock(submitted, clock, inbox, office):
    office.do(submitted("plaque")["reference"], "mark")
    clock.forward(days=500)
    completed = (TODAY + timedelta(days=499)).isoformat()
    renewed = submitted("plaque", completed=completed, agency=f" {PLAQUE['agency'].upper()}", email="new@example.gov")
    office.begin_session()
    office.do(renewed["reference"], "mark")
    for _ in range(10):
        clock.forward(days=20)
    assert invitations(inbox) == []
    clock.forward(days=440)
    for _ in range(16):
        clock.forward(days=10)
    assert [message["to"] for message in invitations(inbox)] == [["new@example.gov"]] * 3


def test_a_correction_changes_the_address_and_invites_nobody_twice(submitted, clock, inbox, office):
    office.do(submitted("plaque")["reference"], "mark")
    clock.forward(minutes=1)
    office.do(submitted("plaque", email="right@example.gov")["reference"], "mark")
    clock.forward(days=640)
    for _ in range(16):
        clock.forward(days=10)
    assert [message["to"] for message in invitations(inbox)] == [["right@example.gov"]] * 2


def test_an_invitation_that_was_due_before_the_mark_goes_out_once_the_mark_can_no_longer_be_undone_in_time(
    submitted, clock, inbox, office
):
    completed = (TODAY - timedelta(days=600)).isoformat()
    undone, kept = (submitted("plaque", completed=completed, agency=name)["reference"] for name in ("One PD", "Two PD"))
    for reference in (undone, kept):
        office.do(reference, "mark")
    clock.forward(minutes=9)
    office.do(undone, "undo")
    assert invitations(inbox) == []
    clock.forward(minutes=1)
    assert [kept in message["text"] for message in invitations(inbox)] == [True]


def test_a_corrected_date_brings_the_invitations_of_its_own_mornings(submitted, clock, inbox, office):
    reference = submitted("plaque", completed=(TODAY - timedelta(days=600)).isoformat())["reference"]
    office.do(reference, "mark")
    clock.forward(minutes=11)
    action, right = f"/desk/{reference}/correct", TODAY - timedelta(days=235)
    office.press(office.get(action), action, completed=right.isoformat())
    clock.look()
    assert len(invitations(inbox)) == 1
    for _ in range(55):
        clock.forward(days=10)
    ends = promises.day_in_words(promises.valid_until(right))
    assert [ends in message["text"] for message in invitations(inbox)] == [False, True, True, True]


@pytest.mark.parametrize("what", ["ended", "renewed"])
def test_no_invitation_goes_out_because_the_index_does_not_know_yet(what, submitted, clock, inbox, office, monkeypatch):
    office.do(submitted("plaque", completed=(TODAY - timedelta(days=500)).isoformat())["reference"], "mark")
    clock.forward(days=49)
    office.begin_session()
    before = certifications.due(promises.now() + timedelta(days=2))
    if what == "ended":
        agencies.end(before[0]["id"], OFFICE, promises.now())
    else:
        office.do(submitted("plaque", completed=TODAY.isoformat())["reference"], "mark")
    monkeypatch.setattr(certifications, "due", lambda _: before)
    assert clock.forward(days=2)
    assert invitations(inbox) == []


def test_one_click_stops_the_invitations(submitted, clock, inbox, press, get, office):
    office.do(submitted("plaque")["reference"], "mark")
    clock.forward(days=640)
    link = link_in(invitations(inbox)[0], "stop")
    clock.forward(days=50)
    assert "<button" in get(link).text
    assert "will not invite" in press(link, ONE_CLICK).text
    for _ in range(5):
        clock.forward(days=10)
    assert len(invitations(inbox)) == 1


def test_the_link_of_an_invitation_works_until_the_renewed_certification_ends(submitted, clock, inbox, press, office):
    office.do(submitted("plaque")["reference"], "mark")
    clock.forward(days=(END - TODAY).days - 180)
    link = link_in(invitations(inbox)[0], "stop")
    office.begin_session()
    office.do(submitted("plaque", completed=promises.day_at_office(promises.now()).isoformat())["reference"], "mark")
    clock.forward(minutes=11)
    [agency] = certifications.everybody()
    clock.forward(days=(agency.last_day - promises.day_at_office(promises.now())).days)
    assert "will not invite" in press(link, ONE_CLICK).text
    assert [each.why_stopped for each in certifications.everybody()] == [ASKED]


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_stopping_the_invitations_is_let_in_from_the_page_of_a_mail_provider(headers, submitted, press, office):
    office.do(submitted("plaque")["reference"], "mark")
    [agency] = certifications.everybody()
    link = links.stop_link(agency.id, promises.now() + timedelta(days=1))
    assert "will not invite" in press(link, ONE_CLICK, **headers).text
    assert [each.why_stopped for each in certifications.everybody()] == [ASKED]


def test_a_held_request_certifies_nobody(submitted, clock, inbox):
    submitted("plaque", **{TRAP: "x"})
    clock.forward(minutes=11)
    clock.forward(days=640)
    for _ in range(16):
        clock.forward(days=10)
    assert invitations(inbox) == []


# The digest


def digests(inbox):
    return inbox.titled("Digest of")


def test_the_digest_comes_every_morning_also_when_there_is_nothing(clock, inbox):
    clock.look()
    clock.look()
    assert len(digests(inbox)) == 1
    clock.forward(hours=17)  # before seven in the morning, also where the clocks went forward meanwhile
    assert len(digests(inbox)) == 1
    clock.forward(hours=3, minutes=1)
    clock.look()
    assert len(digests(inbox)) == 2
    text = digests(inbox)[1]["text"]
    for nothing in (
        "contact 0, plaque 0",
        "Answered: 0",
        "Mailed: 0",
        "Late: 0",
        "Waiting: 0",
        "Plaques to mail: 0",
        "Held as possible spam: 0",
    ):
        assert nothing in text
    for nothing in ("reported as spam: 0", "could not process: 0\n", "announcements: 0", "minutes to be sent: 0"):
        assert nothing in text


def test_the_digest_has_the_engineer_told_of_an_event_that_could_not_be_processed(clock, inbox):
    queues = boto3.client("sqs")
    queues.send_message(QueueUrl=settings().dead_letter_queues[0], MessageBody="{}")
    clock.look()
    assert "could not process: 1. Tell the engineer." in digests(inbox)[0]["text"]


def test_no_length_of_a_list_is_written_without_commas():
    """See the filter `grouped`."""
    bare = re.compile(r"\{\{ [\w.]+ \| length \}\}")
    files = [path for path in (Path(__file__).parents[2] / "functions/templates").rglob("*.*") if path.is_file()]
    assert len(files) > 60
    found = {str(path): bare.findall(path.read_text("utf-8")) for path in files}
    assert {name: each for name, each in found.items() if each} == {}


def test_a_digest_that_ses_kept_silent_about_is_sent_once_its_claim_is_over(clock, inbox, ses_error):
    ses_error(SILENCE)
    assert not clock.look()
    ses_error(None)
    assert clock.forward(minutes=5)
    assert digests(inbox) == []
    assert clock.forward(minutes=6)
    assert len(digests(inbox)) == 1


def test_the_digest_of_a_full_day_says_everything(submitted, post, clock, inbox, press, office, report, monkeypatch):
    clock.look()
    answered = submitted("contact", message="One")
    office.do(answered["reference"], "mark")
    plaque = submitted("plaque")
    held = submitted("contact", message="Two", **{TRAP: "x"})
    late = submitted("contact", message="Three")
    owed = submitted("contact", deliver=False, message="Four")
    press(link_in(inbox.titled("We have your message")[0], "confirm"))
    post("announcements", {"email": "owed@example.gov"})  # its e-mail is no work of the office
    report("Bounce", Owed("SUBMISSIONS_TABLE", late["reference"], "receipt"), bounceType="Permanent")
    from mail import ses as sender

    ref = owed["reference"]
    send = sender.send
    unsent = (ref, "owed@example.gov")
    monkeypatch.setattr(
        sender,
        "send",
        lambda message, tags: 1 / 0 if tags["id"] == ref or message["To"] in unsent else send(message, tags),
    )
    clock.forward(hours=19, minutes=1)
    assert (len(digests(inbox)), digests(inbox)[1]["subject"].endswith("1 held, trouble with e-mail")) == (2, True)
    text = digests(inbox)[1]["text"]
    sections = dict(part.strip().split(": ", 1) for part in text.split("\n\n") if ": " in part)
    assert "Received: contact 4, plaque 1" in text
    assert f"Answered: 1 ({answered['reference']} by {OFFICE})" in text
    assert plaque["reference"] in sections["Plaques to mail"]
    assert late["reference"] in sections["Due today"]
    assert "0 late, 2 due today, 0 waiting, 1 to mail, 1 held" in digests(inbox)[1]["subject"]
    assert held["reference"] in sections["Held as possible spam"]
    assert f"/desk/{held['reference']}" in text
    assert late["reference"] in sections["E-mail that did not arrive or was reported as spam"]
    assert owed["reference"] in sections["E-mail that has waited more than ten minutes to be sent"]
    assert "Subscribers to announcements: 1" in text


@pytest.mark.parametrize(
    ("verb", "waits", "listed"), [("mark", 18, False), ("mark", 22, True), ("release", 8, False), ("release", 12, True)]
)
def test_the_digest_lists_what_could_have_been_sent_for_more_than_ten_minutes(
    verb, waits, listed, submitted, clock, inbox, office, ses_error
):
    trap = {TRAP: "x"} if verb == "release" else {}
    reference = submitted("plaque", **trap)["reference"]
    clock.forward(hours=18)
    begins = promises.morning_at_office(promises.day_at_office(promises.now()) + timedelta(days=1))
    clock.forward(seconds=(begins - promises.now()).total_seconds() - waits * 60)
    office.do(reference, verb)
    with time_machine.travel(begins, tick=False):
        found = digest.gather(promises.now())["owed"]
    assert [each.reference for each in found] == [reference] * listed


def test_what_is_held_says_when_the_digest_lists_it_for_the_last_time(submitted, clock, inbox):
    held = submitted("contact", **{TRAP: "x"})
    for _ in range(16):
        clock.forward(days=1)
    listed = [message["text"] for message in digests(inbox) if held["reference"] in message["text"]]
    assert ["for the last time" in text for text in listed] == [False] * (len(listed) - 1) + [True]
    assert len(listed) >= 13


def test_a_digest_that_comes_some_minutes_later_than_the_one_before_leaves_out_no_last_time(submitted, clock, inbox):
    tomorrow = promises.day_at_office(promises.now()) + timedelta(days=1)
    clock.forward(seconds=(promises.morning_at_office(tomorrow) - promises.now()).total_seconds() + 120)
    submitted("contact", **{TRAP: "x"})
    told = []
    for number in range(1, 16):
        begins = promises.morning_at_office(tomorrow + timedelta(days=number))
        with time_machine.travel(begins + timedelta(minutes=4 * (number == 14)), tick=False):
            told += [each.when for each in digest.gather(promises.now())["held"]]
    assert ["for the last time" in each for each in told] == [False] * 13 + [True]


def test_the_handbook_says_for_how_long_the_digest_lists_what_is_held():
    text = " ".join((Path(__file__).parents[2] / "handbook/office.md").read_text("utf-8").split())
    assert f"what is held is in it for its first {digest.HELD_LISTED_FOR.days} days only" in text
