"""The way of posted forms to rest: visitor, stream, clock, and what SES reports, with faults on the way."""

import json
import os
from collections import deque
from collections.abc import Mapping
from contextlib import redirect_stdout
from datetime import datetime, time, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import time_machine
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from itsdangerous import URLSafeSerializer

import promises
from forms.form import TRAP
from local.aws.api_gateway import Gateway, Request
from local.aws.authorizer import Authorizer
from local.aws.lambda_runtime import invoke
from local.events import stream_mappings
from local.template import Template
from tests.support.samples import COMPLETED, SAMPLES, TODAY
from tools.chaos.calls import Calls
from tools.chaos.cloud import SECRET, Accepted, Clients, Cloud
from tools.chaos.kinds import Fault
from tools.chaos.outcome import Run
from tools.chaos.schedules import PLAIN, Schedule
from tools.chaos.stream import Deliveries
from tools.chaos.tables import TABLES, Tables

TICKS = [timedelta(minutes=5)] * 4 + [timedelta(minutes=10)] * 18
"""Between two looks of the clock: as scheduled while it matters, then faster, for three hours at most."""
LEAST_TICKS = 3
"""So many at least: what was not even claimed cannot be seen in the tables."""
LONGEST_PAUSE = timedelta(minutes=65)
"""Until the clock looks again at an e-mail whose report came meanwhile."""
SWEPT_BY = timedelta(minutes=15)
REPORTED_LATE = timedelta(minutes=8)
REPORT_TRIES = 3
"""So often Lambda tries an event."""
REMINDERS = {
    "contact": (timedelta(hours=20), timedelta(hours=24)),
    "plaque": (timedelta(days=11, hours=12), timedelta(days=14, hours=13)),
}
"""After the form came, at noon; a plaque is due at the end of a day."""
INVITED_BEFORE = [timedelta(days=number) for number in (180, 60, 0)]
PRESSES = 5
"""So often somebody of the office presses a button that did not work."""
FIELDS = {
    "take": {"from": ""},
    "note": {"text": "Called; nobody there"},
    "mark": {"tracking": "9400 1000 0000"},
    "close": {"reason": "withdrawn"},
    "release": {},
    "undo": {},
}
"""The fields sent with each button of the desk; the form of a correction is sent with all its answers."""
CORRECTED = {"contact": {"name": "Jordan Q. Sample"}, "plaque": {"contact_name": "Alex Q. Sample"}}
MAILED_AFTER = timedelta(minutes=10)
FORM = "application/x-www-form-urlencoded"


class _Open(Authorizer):
    """Lets everybody in: what it remembers would be shared by runs, and nothing that was accepted depends on it."""

    def refuses(self, _event: Mapping[str, Any]) -> None:
        return None


class World:
    """Shared by runs: the functions' entry points, their clients, and time."""

    def __init__(self, template: Template, clients: Clients, traveller: time_machine.Traveller) -> None:
        self.template, self.clients, self.traveller = template, clients, traveller
        self.gateway = Gateway(template, _Open(template))
        self.tables = Tables(template.environment())
        [self.mapping] = stream_mappings(template)
        self.noon = datetime.combine(TODAY, time(12), ZoneInfo(template.environment()["TIME_ZONE"]))

    def reminders(self, slugs: tuple[str, ...]) -> list[datetime]:
        """Return the times of reminders and invitations."""
        moments = [self.noon + after for slug in slugs for after in REMINDERS[slug]]
        if "plaque" in slugs:
            ends = datetime.combine(promises.valid_until(COMPLETED), time(12), self.noon.tzinfo)
            moments += [ends - before for before in INVITED_BEFORE]
        return moments

    def play(self, slugs: tuple[str, ...], schedule: Schedule = PLAIN, faults: tuple[Fault, ...] = ()) -> Run:
        """Play one run from the first POST to rest."""
        import telemetry

        self.traveller.move_to(self.noon)
        self.tables.begin()
        self.clients.cloud = cloud = Cloud(lambda: datetime.now().timestamp(), self.tables, faults)
        run = Run(slugs, schedule, cloud, cloud.now())
        handler = telemetry.logger.registered_handler
        with redirect_stdout(run.said), patch.object(handler, "stream", run.said):
            _Story(self, run).play()
        run.rows = {name: self.tables.rows(name) for name in TABLES}
        return run


class _Story:
    def __init__(self, world: World, run: Run) -> None:
        self._world, self._run, self._schedule, self._cloud = world, run, run.schedule, run.cloud
        self._reports: deque[Accepted] = deque()
        self._stream = Deliveries(
            world.mapping, world.tables, run.schedule, lambda event: self._call("NotifyFunction", event)[1]
        )
        self._cloud.on_mail = self._mailed
        nests = run.schedule.second_worker or run.schedule.witness == "early"
        self._calls = Calls(self._cloud, run.said, nests)

    def play(self) -> None:
        if self._schedule.returned:
            self._calls.in_a_process_of_its_own("subscribers", self._subscribe, None)
        for slug in self._run.slugs:
            self._post(slug)
            if self._schedule.double_click:
                self._post(slug)
        self._deliver()
        self._rest()
        self._world.traveller.shift(TICKS[-1] + TICKS[-1])
        self._stream.again()
        self._deliver()
        self._look()
        self._report()
        if self._schedule.pressed:
            self._work_at_the_desk()
        if self._schedule.unanswered:
            self._run.struck_from = self._run.struck_from or len(self._cloud.points)
            for moment in sorted(self._world.reminders(self._run.slugs)):
                self._world.traveller.move_to(moment)
                self._look()
                self._rest()
            self._world.traveller.shift(LONGEST_PAUSE)
            self._look()

        if self._schedule.returned:
            self._run.struck_from = len(self._cloud.points)
            self._return_all()

    def _work_at_the_desk(self) -> None:
        from web.desk.sessions import SESSION_LASTS, Session

        until = self._world.noon + SESSION_LASTS
        staff = os.environ["STAFF_ADDRESSES"]

        def sign_in(browser: str) -> tuple[Any, str]:
            cookie = URLSafeSerializer(SECRET, salt="session").dumps([staff, until.isoformat(), browser])
            return (session := Session(staff, cookie, browser)), session.csrf

        one = self._calls.in_a_process_of_its_own("sign-in", partial(sign_in, "one"), None)
        other = self._calls.in_a_process_of_its_own("sign-in", partial(sign_in, "other"), None)
        self._run.struck_from = len(self._cloud.points)
        for item in sorted(self._world.tables.rows("SUBMISSIONS_TABLE"), key=lambda item: str(item["form"])):
            for verb in self._schedule.pressed:
                for _ in range(PRESSES):
                    if self._press(one, item, verb) == HTTPStatus.SEE_OTHER:
                        break
                else:
                    self._run.pressed_in_vain.append(verb)
                self._deliver()
                self._look()
            if self._press(other, item, self._schedule.pressed[-1]) == HTTPStatus.SEE_OTHER:
                self._run.pressed_in_vain.append("done once more by a colleague")
        self._world.traveller.shift(MAILED_AFTER + TICKS[0])
        self._rest()
        self._world.traveller.shift(LONGEST_PAUSE)
        self._look()

    def _press(self, who: tuple[Any, str], item: Mapping[str, Any], verb: str) -> int | None:
        """Press a button of a submission's page; the status of the answer, None where the process died."""
        from web.desk.sessions import SESSION_COOKIE

        session, token = who
        fields = FIELDS[verb] if verb in FIELDS else {**SAMPLES[item["form"]], **CORRECTED[item["form"]]}
        fields = {**fields, "csrf": token, "once": f"{token[:8]} {verb}", "new-receipt": "yes"}
        cookie = f"{SESSION_COOKIE}={session.cookie}"
        headers = {"content-type": FORM, "cookie": cookie, "origin": os.environ["SITE_URL"]}
        body = urlencode(fields).encode()
        request = Request("POST", f"/desk/{item['reference']}/{verb}", headers=headers, body=body)
        answer = self._calls.carry_out(
            "desk", json.dumps([request.path, fields]), lambda: self._world.gateway.answer_directly(request), None
        )
        return answer and int(answer.status)

    def _subscribe(self) -> None:
        """Sign up everybody who sends a form, with an announcement sent to each, and invite an agency to renew."""
        from storage import dynamodb, subscribers

        invited: Any = {"id": "agency", "email": "chief@example.gov", "periods": {}}
        invited["mail"] = {"invitation": {"state": "sent"}}
        dynamodb.put(os.environ["CERTIFICATIONS_TABLE"], invited, "attribute_not_exists(id)", {})

        for slug in self._run.slugs:
            item = {"id": subscribers.subscriber_id(SAMPLES[slug]["email"]), "email": SAMPLES[slug]["email"]}
            item |= {"since": "2026-01-01T00:00:00+00:00", "mail": {"news": {"state": "sent"}}}
            dynamodb.put(os.environ["SUBSCRIBERS_TABLE"], item, "attribute_not_exists(id)", {})

    def _return_all(self) -> None:
        """Report on all e-mail to visitors as SES does: until the function took it, and then once more."""
        tables = self._world.tables
        found = [(mail.tags, mail.to, mail.id) for mail in self._cloud.accepted if mail.tags["slot"] == "receipt"]
        for table, slot in (("SUBSCRIBERS_TABLE", "news"), ("CERTIFICATIONS_TABLE", "invitation")):
            found += [
                ({"table": table, "id": item["id"], "slot": slot}, (item["email"],), f"{slot}-{item['id']}")
                for item in tables.rows(table)
            ]
        kind = self._schedule.returned
        about = {"bounceType": "Permanent", "bounceSubType": "General"} if kind == "Bounce" else {}
        for tags, to, message_id in found:
            mail = {"messageId": message_id, "destination": list(to), "tags": {name: [tags[name]] for name in tags}}
            event = {"source": "aws.ses", "detail": {"eventType": kind, "mail": mail, kind.lower(): about}}
            self._run.returned.append(f"{tags['slot']} e-mail of {tags['id']}")
            if not any(self._call("FeedbackFunction", event)[0] for _ in range(REPORT_TRIES)):
                self._call("FeedbackFunction", event)  # it lies in the queue NotNoted, and somebody sends it again
            once = tables.state
            self._world.traveller.shift(timedelta(minutes=1))
            self._call("FeedbackFunction", event)
            if tables.state != once:
                self._run.undone.append(self._run.returned[-1])

    def _rest(self) -> None:
        for number, pause in enumerate(TICKS):
            self._world.traveller.shift(pause)
            self._send_again()
            self._deliver()
            self._look()
            self._report()
            if number >= LEAST_TICKS and self._is_at_rest():
                return

    def _post(self, slug: str) -> None:
        body = urlencode(SAMPLES[slug] | ({TRAP: "x"} if self._schedule.held else {})).encode()
        request = Request("POST", f"/forms/{slug}", headers={"content-type": FORM}, body=body)
        answer = self._calls.carry_out(
            "visitor", body.decode(), lambda: self._world.gateway.answer_directly(request), None
        )
        self._run.answers.append((slug, answer))

    def _send_again(self) -> None:
        """Send the form again after an error or no response, unless this visitor gives up."""
        for slug in self._run.slugs:
            _, last = [answer for answer in self._run.answers if answer[0] == slug][-1]
            if self._schedule.resends and (last is None or last.status >= 500):
                self._post(slug)

    def _deliver(self) -> bool:
        if self._schedule.stream == "sweeper first" and self._elapsed() <= SWEPT_BY:
            return False
        delivered = self._stream.drain()
        self._report()
        return delivered

    def _look(self) -> None:
        self._world.traveller.shift(self._schedule.skew)
        self._call("RemindFunction", {})
        self._world.traveller.shift(-self._schedule.skew)

    def _mailed(self, mail: Accepted) -> None:
        """Do what happens between SES's taking an e-mail and its answer."""
        if self._schedule.second_worker and self._cloud.step != "second worker":
            self._calls.in_a_process_of_its_own("second worker", self._send_the_same, None)
        if self._schedule.witness == "early":
            self._tell(mail)
        elif self._schedule.witness == "lost":
            self._run.unreported.add((mail.tags["id"], mail.tags["slot"]))
        else:
            self._reports.append(mail)

    def _send_the_same(self) -> None:
        import notify

        other = Deliveries(self._world.mapping, self._world.tables, PLAIN, lambda _: None)
        for record in other.wanted():
            notify.notify(DynamoDBRecord(record))

    def _report(self) -> None:
        """Deliver the Send events whose time has come."""
        for _ in range(len(self._reports)):
            mail = self._reports.popleft()
            if self._schedule.witness == "late" and self._cloud.now() < mail.at + REPORTED_LATE.total_seconds():
                self._reports.append(mail)
                continue
            self._tell(mail)
            if self._schedule.witness == "twice":
                self._tell(mail)

    def _tell(self, mail: Accepted) -> None:
        tags = {name: [value] for name, value in mail.tags.items()}
        about = {"messageId": mail.id, "destination": list(mail.to), "tags": tags}
        event = {"source": "aws.ses", "detail": {"eventType": "Send", "mail": about, "send": {}}}
        told = any(self._call("FeedbackFunction", event)[0] for _ in range(REPORT_TRIES))
        if not told and any(point.step == "FeedbackFunction" for _, point in self._cloud.struck):
            self._run.unreported.add((mail.tags["id"], mail.tags["slot"]))

    def _call(self, function: str, event: Mapping[str, Any]) -> tuple[bool, Any]:
        """Call a function as Lambda does; return whether that worked, and its answer."""

        def work() -> tuple[bool, Any]:
            return True, invoke(self._world.template, function, event)

        return self._calls.carry_out(function, json.dumps(event), work, (False, None))

    def _elapsed(self) -> timedelta:
        return timedelta(seconds=self._cloud.now() - self._run.began)

    def _is_at_rest(self) -> bool:
        """Return whether nothing is under way, no e-mail is owed, and the sweep has looked."""
        tables = self._world.tables
        owing = [item for name in TABLES for item in tables.rows(name)]
        states = [slot["state"] for item in owing for slot in item.get("mail", {}).values()]
        return not self._reports and self._elapsed() > SWEPT_BY and not {"owed", "claimed"}.intersection(states)
