"""The clock of the local run: fires schedules at their rates, and can be moved forward to see what falls due.

The whole process is in the moved time, functions and stand-in included. Waiting for a number of seconds is not
affected: time.monotonic() is not moved.
"""

import json
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import time_machine

from local.aws.lambda_runtime import invoke
from local.events import Schedule, schedules
from local.template import Template

SHORT, LONG = timedelta(hours=2), timedelta(hours=200)
"""A move up to the first fires schedules at their own rate, up to the second once an hour, a longer one twice a day, so
that years take seconds and no morning is missed."""

log = logging.getLogger("local.clock")


class Clock:
    """The process's time and the template's schedules; one per process at a time.

    `settle` lets happen what follows from a call: streams, reports. `data` is the folder that remembers how far time
    was moved, None for nowhere. Raises ValueError where what it remembers cannot be read.
    """

    def __init__(self, template: Template, settle: Callable[[], None], data: Path | None = None) -> None:
        self._template = template
        self._settle = settle
        self._file = data / "clock.json" if data else None
        self._schedules = schedules(template)
        self._travel: time_machine.travel | None = None
        self._traveller: time_machine.Traveller | None = None
        self._ahead = timedelta()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=[each], name=f"schedule of {each.function}", daemon=True)
            for each in self._schedules
        ]
        if self._file and self._file.exists():
            self._move(_remembered(self._file))

    @property
    def ahead(self) -> timedelta:
        """Return the distance from the real time."""
        return self._ahead

    def start(self) -> None:
        """Fire each schedule at its rate, first after one period, until `stop()`."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop firing schedules, also during a move."""
        self._stopped.set()
        for thread in self._threads:
            if thread.ident:
                thread.join()

    def close(self) -> None:
        """Stop, and return the process to the real time: once nothing else goes on in it."""
        self.stop()
        with self._lock:
            self._return()

    def advance(self, by: timedelta, *, at_once: bool = False) -> None:
        """Move time forward and run everything that falls due; return when it is done.

        With `at_once`, schedules fire once, at the end, as after a time in which they stood still.
        """
        with self._lock:
            self._settle()
            for step in [by] if at_once else self._steps(by):
                if self._stopped.is_set():
                    return
                self._move(step)
                for schedule in self._schedules:
                    self._fire(schedule)
                self._settle()

    def reset(self) -> None:
        """Return to the real time."""
        with self._lock:
            self._return()
            if self._file:
                self._file.unlink(missing_ok=True)

    def _steps(self, by: timedelta) -> Iterator[timedelta]:
        step = min((each.every for each in self._schedules), default=by)
        if self._schedules and by > SHORT:
            step = timedelta(hours=1) if by <= LONG else timedelta(hours=12)
        while by > step:
            yield step
            by -= step
        yield by

    def _move(self, by: timedelta) -> None:
        if self._traveller is None:
            # A date as destination would change the process's time zone too.
            self._travel = time_machine.travel(by, tick=True)
            self._traveller = self._travel.start()
        else:
            self._traveller.shift(by)
        self._ahead += by
        if self._file:
            self._file.write_text(json.dumps({"seconds_ahead": self._ahead.total_seconds()}), "utf-8")

    def _return(self) -> None:
        if self._travel:
            self._travel.stop()
        self._travel = self._traveller = None
        self._ahead = timedelta()

    def _run(self, schedule: Schedule) -> None:
        while not self._stopped.wait(schedule.every.total_seconds()):
            with self._lock:
                self._fire(schedule)

    def _fire(self, schedule: Schedule) -> None:
        try:
            invoke(self._template, schedule.function, schedule.event)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            log.error("%s failed at its time: %s at %s", schedule.function, type(error).__name__, where)


def _remembered(file: Path) -> timedelta:
    try:
        return timedelta(seconds=json.loads(file.read_text("utf-8"))["seconds_ahead"])
    except (ValueError, KeyError, TypeError, OverflowError):
        raise ValueError(f"{file} cannot be read; delete it to go on in the real time") from None
