"""The local run's clock: schedules fire as time passes, and time can be moved forward to watch what happens then.

The whole process lives in the moved time, functions and stand-in alike; the folder of the data remembers it.
"""

import json
import logging
import re
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import time_machine
from jinja2 import Environment, FileSystemLoader

from local.events import Schedule, schedules
from local.gateway import Response
from local.mailbox import PAGE_POLICY, PAGES
from local.runtime import invoke
from local.template import ACCOUNT, REGION, Template

LONGEST_MOVE = timedelta(hours=30_000)
STEPS = (
    (timedelta(hours=2), timedelta()),
    (timedelta(hours=200), timedelta(hours=1)),
    (LONGEST_MOVE, timedelta(days=1)),
)
"""Up to how long a move is, and how far apart the schedules then fire on the way, at least: years take seconds."""
HOURS = re.compile(r"\d{1,5}(\.\d{1,6})?")

log = logging.getLogger("local.clock")


class Clock:
    """`settle` lets everything that is under way come to its end. `data` None forgets the moved time."""

    def __init__(self, template: Template, settle: Callable[[], None], data: Path | None = None) -> None:
        self._template = template
        self._settle = settle
        self._file = data / "clock.json" if data else None
        self._schedules: Sequence[Schedule] = tuple(schedules(template))
        self._ahead = timedelta()
        self._travel: time_machine.travel | None = None
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=[each], daemon=True) for each in self._schedules]
        if self._file and self._file.exists():
            self._set(timedelta(seconds=json.loads(self._file.read_text("utf-8"))["seconds_ahead"]))

    def start(self) -> None:
        """Fire the schedules in the background until `stop()`."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Fire no more, and leave the process in the real time."""
        self._stopped.set()
        for thread in self._threads:
            if thread.ident:
                thread.join()
        if self._travel:
            self._travel.stop()
            self._travel = None

    def advance(self, by: timedelta) -> None:
        """Move time forward, and let happen what falls due on the way."""
        with self._lock:
            self._settle()
            pause = next(pause for longest, pause in STEPS if by <= longest)
            step = max(pause, min((each.every for each in self._schedules), default=by))
            end = self._ahead + by
            while self._ahead < end:
                self._set(min(self._ahead + step, end))
                for schedule in self._schedules:
                    self._fire(schedule)
                self._settle()
            if self._file:
                self._file.write_text(json.dumps({"seconds_ahead": self._ahead.total_seconds()}), "utf-8")

    def reset(self) -> None:
        """Back to the real time."""
        with self._lock:
            self._set(timedelta())
            if self._file:
                self._file.unlink(missing_ok=True)

    def answer(self, method: str, path: str, body: bytes, query: str, accept: str) -> Response:
        """The answer to a request under /_clock/."""
        if method == "GET" and path == "/_clock/":
            return self._page()
        if method != "POST" or path not in ("/_clock/advance", "/_clock/reset"):
            return Response(404, [("content-type", "text/plain")], b"There is no such page.")
        if path == "/_clock/reset":
            self.reset()
            moved = 0.0
        else:
            given = parse_qs(query) | parse_qs(body.decode("utf-8", "replace"))
            hours = given.get("hours", [""])[0]
            moved = float(hours) if HOURS.fullmatch(hours) else 0.0
            if not 0 < moved * 3600 <= LONGEST_MOVE.total_seconds():
                words = f"Say how far: hours=24, a number above 0, at most {LONGEST_MOVE // timedelta(hours=1)}.\n"
                return Response(400, [("content-type", "text/plain")], words.encode())
            self.advance(timedelta(hours=moved))
        if "text/html" in accept:
            return Response(303, [("location", "/_clock/")], b"")
        answer = {"now": datetime.now(UTC).isoformat(timespec="seconds"), "moved_hours": moved}
        return Response(200, [("content-type", "application/json")], json.dumps(answer).encode())

    def _page(self) -> Response:
        pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True)
        html = pages.get_template("clock.html").render(now=datetime.now(UTC), is_moved=bool(self._ahead))
        policy = f"{PAGE_POLICY}; form-action 'self'"
        headers = [("content-type", "text/html; charset=utf-8"), ("content-security-policy", policy)]
        return Response(200, [*headers, ("cache-control", "no-store")], html.encode())

    def _set(self, ahead: timedelta) -> None:
        if self._travel:
            self._travel.stop()
        self._travel, self._ahead = None, ahead
        if ahead:
            self._travel = time_machine.travel(datetime.now(UTC) + ahead, tick=True)
            self._travel.start()

    def _run(self, schedule: Schedule) -> None:
        while not self._stopped.wait(schedule.every.total_seconds()):
            with self._lock:
                self._fire(schedule)

    def _fire(self, schedule: Schedule) -> None:
        try:
            invoke(self._template, schedule.function, _event())
        except Exception:
            log.exception("%s failed", schedule.function)


def _event() -> dict[str, object]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "region": REGION,
        "resources": [],
        "detail": "{}",
    }
