"""Schedules of the world around the functions: when SES reports, how the stream delivers, what the visitor does."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Schedule:
    """`witness` is when SES's Send event comes: prompt, early (before SES's answer), late, twice, or lost.

    `stream`: plain, twice, reversed, poison (a record before and one behind that cannot be read), or sweeper first.
    With `unanswered`, nobody deals with anything, until the last reminder and invitation went out; faults strike then.
    `returned` is what SES reports of every e-mail to a visitor in the end, Bounce or Complaint; faults strike then.
    `pressed` is what somebody of the office then does at the desk with each submission, each button pressed until it
    works and once more by a colleague; faults strike then. With `held`, the trap is filled in, so that it is held.
    `second_worker` sends the same while SES holds its answer back; `skew` is by how much the clock's time is wrong.
    """

    name: str
    witness: str = "prompt"
    stream: str = "plain"
    resends: bool = True
    double_click: bool = False
    second_worker: bool = False
    skew: timedelta = timedelta()
    unanswered: bool = False
    returned: str = ""
    pressed: tuple[str, ...] = ()
    held: bool = False


PLAIN = Schedule("plain")
SCHEDULES = (
    PLAIN,
    Schedule("visitor gives up", resends=False),
    Schedule("Send event lost", witness="lost"),
    Schedule("Send event late", witness="late"),
    Schedule("Send event twice", witness="twice"),
    Schedule("Send event before the answer", witness="early"),
    Schedule("batches twice", stream="twice"),
    Schedule("records in another order", stream="reversed"),
    Schedule("poison records", stream="poison"),
    Schedule("sweeper first", stream="sweeper first"),
    Schedule("double click", double_click=True),
    Schedule("second worker inside the SES call", second_worker=True),
    Schedule("clock 300 s fast", skew=timedelta(seconds=300)),
    Schedule("clock 300 s slow", skew=-timedelta(seconds=300)),
    Schedule("reminders, renewals, digests", unanswered=True),
    Schedule("e-mail bounces", returned="Bounce"),
    Schedule("people complain", returned="Complaint"),
    Schedule("marked, and invited to renew", pressed=("mark",), unanswered=True),
    Schedule("marked, and undone in time", pressed=("mark", "undo")),
    Schedule("taken, noted, closed, reopened", pressed=("take", "note", "close", "undo")),
    Schedule("corrected, with a new receipt", pressed=("correct",)),
    Schedule("held, released, marked", pressed=("release", "mark"), held=True),
)
