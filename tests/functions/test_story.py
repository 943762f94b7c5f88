"""Stories that nobody thought of: visitors, staff, the clock and outages in any order, held to the model in story.py.

`make test` tells some, always the same; `make fuzz` tells new ones.
"""

import json
import os
import re
import sys
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import boto3
import pytest
import time_machine
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

import links
import promises
from forms.catalog import FORMS, TASKS
from forms.form import TRAP
from local.aws.dynamodb_stream import Stream
from storage import dynamodb, outbox
from storage.outbox import Owed
from tests.support.examples import examples
from tests.support.inbox import Inbox, link_in
from tests.support.office import Office
from tests.support.office_clock import ALWAYS_OPEN, Clock
from tests.support.outages import MOODS, Cloud, Sent
from tests.support.samples import CONTACT, PLAQUE, TODAY
from tests.support.ses_errors import REFUSAL, SILENCE
from tests.support.story import Row
from tests.support.tables import Table, empty_tables
from web import receipts

STORIES = examples(4, stateful_step_count=25)
PEOPLE = ["jordan.sample@example.gov", "alex.sample@example.gov"]
FILLED_IN = [
    ("contact", {**CONTACT, "message": "How do we begin?", "announcements": "yes"}),
    ("contact", {**CONTACT, "message": "And then?", "announcements": "no"}),
    ("plaque", PLAQUE),
    ("announcements", {}),
]
PERSON = st.sampled_from(PEOPLE)
FORM = st.sampled_from(FILLED_IN)
SELDOM = st.sampled_from([False, False, False, True])
MOVES = [{"minutes": 5}, {"minutes": 11}, {"hours": 1}, {"hours": 21}, {"days": 1}, {"days": 15}]
MOST_ROWS = 3
"""Few, so that much happens to each."""
LONG_ENOUGH = timedelta(hours=1)
"""After so long with nothing broken, the clock has sent what was owed."""
NOON = datetime.combine(TODAY, time(12))


@dataclass(frozen=True)
class World:
    """What the fixtures give."""

    post: Any
    press: Any
    staff: Any
    office: Office
    report: Any
    template: Any
    mail: Inbox
    clouds: list[Cloud] = field(default_factory=list)
    """Of the stories so far; the last one counts."""
    client: Any = field(default_factory=lambda: boto3.client("dynamodb"))

    def at_desk(self, reference: str, verb: str) -> int:
        """Somebody of the office does this to a submission; the status of the answer."""
        return self.office.post(f"/desk/{reference}/{verb}", {"csrf": self.office.begin_session()}).status

    def items(self, table: str) -> list[dict[str, Any]]:
        """What a table holds, by a way that no throttling touches. `table` is its name in the environment."""
        return [dynamodb.from_item(item) for item in self.client.scan(TableName=os.environ[table])["Items"]]


def a_story(world: World) -> type[RuleBasedStateMachine]:
    """A state machine that lives in this world."""

    class Story(RuleBasedStateMachine):
        rows = Bundle("rows")

        def __init__(self) -> None:
            super().__init__()
            empty_tables(world.template)
            self.travel = time_machine.travel(NOON.replace(tzinfo=ZoneInfo(os.environ["TIME_ZONE"])), tick=False)
            self.clock = Clock(world.template, self.travel.start())
            self.stream = Stream(world.template, world.mail.mapping)
            self.streaming = True
            self.cloud = Cloud()
            self.model = self.cloud.model
            world.clouds.append(self.cloud)

        @initialize(target=rows, mood=st.sampled_from(MOODS), who=PERSON, form=FORM, trapped=st.booleans())
        def begin(self, mood: str, who: str, form: tuple[str, dict[str, str]], trapped: bool) -> Any:
            self.cloud.mood = mood
            return self.send(who=who, form=form, trapped=trapped)

        # Visitors

        @precondition(lambda self: len(self.model.rows) < MOST_ROWS)
        @rule(target=rows, who=PERSON, form=FORM, trapped=st.booleans())
        def send(self, who: str, form: tuple[str, dict[str, str]], trapped: bool) -> Any:
            return self.post(form[0], form[1] | {"email": who}, trapped)

        @rule(row=rows)
        def send_again(self, row: Row) -> None:
            self.post(row.form, dict(row.answers), trapped=False)

        def post(self, form: str, answers: dict[str, str], trapped: bool) -> Any:
            answer = world.post(form, answers | ({TRAP: "x"} if trapped else {}))
            if self.cloud.throttled:
                assert answer.status == 500
                assert set(answers.values()) - {"yes", "no"} <= answer.form_values() | {answers.get("summary")}
                return multiple()
            assert answer.status == 303
            [signed] = parse_qs(urlsplit(answer.headers["location"]).query)["receipt"]
            reference = receipts.read(FORMS[form], signed).reference
            held = trapped and form != "announcements"
            if same := self.model.same(form, answers, held):
                assert reference == same.reference
                return multiple()
            assert reference not in {row.reference for row in self.model.rows}
            row = Row(reference, form, answers, promises.now(), held=held)
            self.model.rows.append(row)
            return row

        @rule(row=rows)
        def press_the_button_that_confirms(self, row: Row) -> None:
            mails = [sent for sent in self.cloud.accepted if sent.owed == row.owed("receipt")]
            for sent in mails[-1:]:
                for link in links_that_confirm(sent):
                    valid = promises.now() <= sent.at + links.CONFIRM_WITHIN
                    if self.press(link, valid) and self.model.confirms(row, sent.at):
                        self.model.subscribers.add(row.address)

        # Staff

        @rule(row=rows, verbs=st.lists(st.sampled_from(["mark", "release", "undo"]), min_size=1, max_size=4))
        def staff_work_at_the_desk(self, row: Row, verbs: list[str]) -> None:
            """Each does something, or nothing, as the state allows."""
            for verb in verbs if row.form in TASKS else []:
                status = world.at_desk(row.reference, verb)
                assert status == (500 if self.cloud.throttled else 303 if self.model.press(row, verb) else 409)
                self.the_stream_delivers_at_once_unless_it_stopped()

        @rule(who=PERSON, unsubscribes=st.booleans())
        def somebody_leaves(self, who: str, unsubscribes: bool) -> None:
            if unsubscribes:
                if self.press(links.unsubscribe_link(who), valid=True):
                    self.model.subscribers.discard(who)
                return
            code, out, _ = world.staff("erase", who, "--yes", "--json")
            if self.cloud.throttled:
                assert code == 1
                return
            said = json.loads(out)
            assert (set(said["submissions"]), said["subscriber"]) == self.model.erase(who)

        # AWS

        @rule(mood=st.sampled_from(MOODS), throttled=SELDOM, streaming=st.booleans())
        def troubles_come_and_go(self, mood: str, throttled: bool, streaming: bool) -> None:
            self.cloud.mood, self.cloud.throttled, self.streaming = mood, throttled, streaming

        @rule()
        def the_stream_begins_anew(self) -> None:
            self.stream = Stream(world.template, world.mail.mapping)
            self.stream.drain()
            if self.cloud.works:
                self.nothing_waits("staff", "receipt")

        @rule(move=st.sampled_from(MOVES))
        def time_passes(self, move: dict[str, float]) -> None:
            worked = self.clock.forward(**move)
            if self.cloud.works:
                assert worked
                if timedelta(**move) >= LONG_ENOUGH:
                    self.nothing_waits()

        @precondition(lambda self: self.cloud.accepted and not self.cloud.throttled)
        @rule(data=st.data(), kind=st.sampled_from(["Send", "Send", "Bounce"]))
        def ses_reports(self, data: st.DataObject, kind: str) -> None:
            sent = data.draw(st.sampled_from(self.cloud.accepted))
            known, named = sent.owed in self.model.sent, {"message_id": f"{sent.owed.id}-{sent.owed.slot}"}
            if kind == "Send" or not known:
                world.report("Send", sent.owed, **named)
                self.model.sent.add(sent.owed)
            elif sent.owed not in self.model.bounced:
                world.report("Bounce", sent.owed, sent.to, bounceType="Permanent", **named)
                self.model.bounced.add(sent.owed)
                self.model.subscribers.discard(sent.to)

        # What holds all the time

        @invariant()
        def the_stream_delivers_at_once_unless_it_stopped(self) -> None:
            if self.streaming:
                assert self.stream.drain()

        @invariant()
        def the_table_has_what_was_received(self) -> None:
            found = {item["reference"]: item for item in world.items("SUBMISSIONS_TABLE")}
            assert found.keys() == {row.reference for row in self.model.rows}
            for row in self.model.rows:
                item = found[row.reference]
                assert item["answers"] == row.kept_answers()
                found_state = item.get("stage", "").rpartition(" ")[0] or None, "held" in item, "done" in item
                assert found_state == (row.stage, row.held, row.done is not None)
                claimed = {row.owed(slot) for slot, what in item["mail"].items() if what["state"] == "claimed"}
                assert claimed <= self.model.unanswered.keys(), "a claim stays only where SES was silent"

        @invariant()
        def nobody_gets_an_e_mail_twice_or_at_the_wrong_time(self) -> None:
            assert self.cloud.wrong == []

        @invariant()
        def who_confirmed_is_subscribed(self) -> None:
            assert {each["email"] for each in world.items("SUBSCRIBERS_TABLE")} == self.model.subscribers

        # How it ends

        @rule()
        def all_works_again_and_an_hour_passes(self) -> None:
            self.cloud.mood, self.cloud.throttled = "works", False
            assert self.clock.forward(hours=1)
            self.nothing_waits()
            assert (
                self.model.missing({item["reference"]: item["mail"] for item in world.items("SUBMISSIONS_TABLE")}) == []
            )
            listed = json.loads(world.staff("list", "--json")[1])
            assert sorted((each["reference"], each["state"]) for each in listed) == self.model.due_list()
            if (now := promises.now()) >= promises.morning_at_office(day := promises.day_at_office(now)):
                assert Owed("COUNTERS_TABLE", f"digest-{day}", "digest") in self.model.sent

        def teardown(self) -> None:
            try:
                if sys.exc_info()[0] is None:
                    self.all_works_again_and_an_hour_passes()
                    self.nobody_gets_an_e_mail_twice_or_at_the_wrong_time()
            finally:
                self.travel.stop()

        def press(self, link: str, valid: bool, body: bytes = b"") -> bool:
            """Whether that did anything."""
            answer = world.press(link, body)
            assert answer.status == (500 if valid and self.cloud.throttled else 200)
            assert ("We cannot tell whether it was done" in answer.text) == (answer.status == 500)
            return valid and answer.status == 200

        def nothing_waits(self, *slots: str) -> None:
            """No e-mail of these slots, or of any, is still to be sent."""
            for item in world.items("SUBMISSIONS_TABLE"):
                for slot in set(slots or item["mail"]) & set(item["mail"]):
                    state = item["mail"][slot]["state"]
                    assert state != "owed", (item, slot)
                    assert slots or state != "claimed", (item, slot)

    return Story


def links_that_confirm(sent: Sent) -> list[str]:
    body = message_from_bytes(sent.source, policy=default).get_body(("plain",))
    return re.findall(r"https://[^/\s]+(/forms/announcements/confirm\?token=\S+)", body.get_content())


@pytest.fixture
def world(post, press, run_staff, office, report, template, inbox, set_variable, monkeypatch):
    """The fixtures, with every e-mail and every call of DynamoDB going through the cloud of the story that is told."""
    from mail import ses as functions_mail

    for name, value in ALWAYS_OPEN.items():
        set_variable(name, value)
    world = World(post, press, run_staff, office, report, template, inbox)
    ses = functions_mail._client()
    really_send = ses.send_email
    monkeypatch.setattr(ses, "send_email", lambda **request: world.clouds[-1].send_email(really_send, request))
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))

    def before_dynamodb(**call):
        return world.clouds[-1].before_dynamodb(**call)

    events = dynamodb.client().meta.events
    events.register("before-send.dynamodb", before_dynamodb)
    yield world
    events.unregister("before-send.dynamodb", before_dynamodb)


def test_whatever_happens_in_any_order_nothing_is_lost_and_nothing_comes_twice(world):
    run_state_machine_as_test(a_story(world), settings=STORIES)


# What went wrong once


def test_a_release_that_was_taken_back_sends_no_second_receipt(post, office, inbox, table):
    post("contact", {**CONTACT, TRAP: "x"})
    inbox.deliver()
    for verb in ("release", "undo", "release"):
        office.do(table.items()[0]["reference"], verb)
        inbox.deliver()
    assert len(inbox.receipts()) == 1


def test_a_link_that_confirms_an_erased_sign_up_subscribes_nobody(post, press, inbox, run_staff, table):
    post("announcements", {"email": PEOPLE[0]})
    inbox.deliver()
    link = link_in(inbox.titled("Confirm")[0], "confirm")
    run_staff("erase", PEOPLE[0], "--yes")
    assert "This link is too old" in press(link).text
    assert Table(os.environ["SUBSCRIBERS_TABLE"]).items() == []


def test_a_mark_again_does_not_mail_an_address_again_that_sent_it_back(post, office, inbox, clock, report, table):
    post("plaque", PLAQUE)
    reference = table.items()[0]["reference"]
    office.do(reference, "mark")
    clock.forward(minutes=11)
    report("Bounce", Owed("SUBMISSIONS_TABLE", reference, "mailed"), bounceType="Permanent")
    for verb in ("undo", "mark"):
        office.do(reference, verb)
    clock.forward(minutes=11)
    assert len(inbox.titled("Your plaque is on its way")) == 1


def test_a_report_that_comes_after_a_refused_second_try_settles_the_e_mail(
    post, inbox, ses_error, clock, report, table
):
    post("contact", CONTACT)
    ses_error(SILENCE)
    inbox.deliver()
    ses_error(REFUSAL)
    clock.forward(minutes=11)
    ses_error(None)
    for slot in ("staff", "receipt"):
        report("Send", Owed("SUBMISSIONS_TABLE", table.items()[0]["reference"], slot))
    clock.forward(hours=1)
    assert [each for each in inbox.messages() if not each["subject"].startswith("Digest")] == []


def test_a_bounce_unsubscribes_though_the_answer_of_ses_was_lost(post, press, inbox, clock, report, table):
    post("announcements", {"email": PEOPLE[0]})
    [item] = table.items()
    owed = Owed("SUBMISSIONS_TABLE", item["reference"], "receipt")
    outbox.claim(owed, promises.now())  # it was sent, and the sender went silent
    link = links.confirm_link(item["reference"], item["answers"]["email"], promises.now())
    assert "You are signed up" in press(link).text
    clock.forward(hours=1)
    assert table.items()[0]["mail"]["receipt"] == {"state": "subscribed"}
    report("Bounce", owed, PEOPLE[0], bounceType="Permanent")
    assert Table(os.environ["SUBSCRIBERS_TABLE"]).items() == []
