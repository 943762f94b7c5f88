"""What staff and visitors may expect of the system, whatever happens: the model that test_story.py holds it to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import promises
from forms.catalog import FORMS, TASKS
from links import CONFIRM_WITHIN
from mail.limits import E_MAILS_A_DAY
from storage.certifications import MAILED_AFTER
from storage.outbox import CLAIM_LASTS, Owed
from storage.submissions import ONE_DAY

BUNDLED_BY = timedelta(hours=1)
"""Reminders go out at the full hour: the first ones before their time, the late ones after it."""


@dataclass
class Row:
    """One submission, as its sender and staff think of it."""

    reference: str
    form: str
    answers: Mapping[str, str]
    received: datetime
    held: bool
    began: datetime | None = None
    """When it was released, if it was."""
    done: datetime | None = None
    """When it was marked."""
    erased: bool = False
    confirmed: bool = False
    """Whether its link was pressed: it subscribes once, and brings nobody back who left since."""
    address: str = field(init=False)

    def __post_init__(self) -> None:
        self.address = self.answers["email"]

    @property
    def due(self) -> datetime:
        return FORMS[self.form].due(self.began or self.received)

    @property
    def stage(self) -> str | None:
        if self.form not in TASKS or (self.erased and not self.done):
            return None
        return f"{self.form} {'held' if self.held else 'done' if self.done else 'open'}"

    @property
    def state(self) -> str:
        """As the staff's list calls it."""
        now = promises.now()
        if self.held or self.done:
            return "held" if self.held else "done"
        if now >= self.due:
            return "late"
        return "due soon" if now >= self.due - FORMS[self.form].remind_before else "open"

    def kept_answers(self) -> dict[str, str]:
        """What the table has of the answers: as typed, or nothing that names anybody."""
        kept = FORMS[self.form].kept_on_erasure
        return {name: value if name in kept or not self.erased else "" for name, value in self.answers.items()}

    def owed(self, slot: str) -> Owed:
        return Owed("SUBMISSIONS_TABLE", self.reference, slot)


@dataclass
class Model:
    """Every submission, who is subscribed, and what SES is known to have taken."""

    rows: list[Row] = field(default_factory=list)
    subscribers: set[str] = field(default_factory=set)
    sent: set[Owed] = field(default_factory=set)
    """E-mails that went out, and of which the system was told so: by SES's answer, or by its report."""
    bounced: set[Owed] = field(default_factory=set)
    unanswered: dict[Owed, datetime] = field(default_factory=dict)
    """When SES was last asked to send an e-mail, and was silent: it may have sent it."""

    def written_before(self, form: str, answers: Mapping[str, str]) -> list[Row]:
        """The submissions that would have the same references as these answers, were they sent now."""
        same = [row for row in self.rows if (row.form, row.answers) == (form, answers)]
        if not FORMS[form].once_a_day:
            return same
        today = promises.day_at_office(promises.now())
        return [row for row in same if promises.day_at_office(row.received) == today]

    def same(self, form: str, answers: Mapping[str, str], held: bool) -> Row | None:
        """The submission that these answers are once more, if they are.

        Words that somebody else had held are nobody's: those who send them for themselves are received.
        """
        now = promises.now()
        for row in self.written_before(form, answers):
            if row.held and not held:
                continue
            if not row.erased and now < max(row.due, row.received + ONE_DAY):
                return row
        return None

    def erase(self, address: str) -> tuple[set[str], bool]:
        """The references of what is erased, and whether the person was subscribed."""
        found = [row for row in self.rows if row.address == address and not row.erased]
        for row in found:
            row.erased, row.held = True, False
        subscribed = address in self.subscribers
        self.subscribers.discard(address)
        return {row.reference for row in found}, subscribed

    def confirms(self, row: Row, sent: datetime) -> bool:
        """The link of an e-mail was pressed; whether that subscribes."""
        if promises.now() > sent + CONFIRM_WITHIN or row.erased or row.confirmed:
            return False
        row.confirmed = True
        return True

    def due_list(self) -> list[tuple[str, str]]:
        """(reference, state) of what the staff's list shows."""
        return sorted((row.reference, row.state) for row in self.rows if row.stage and not row.done)

    def press(self, row: Row, verb: str) -> bool:
        """Staff pressed it; whether it did anything.

        An e-mail that they ask for anew waits for no silence of SES: losing it would be worse.
        """
        now = promises.now()
        if row.erased:
            return False
        if verb == "mark" and not row.held and not row.done:
            row.done = now
            self.unanswered.pop(row.owed("mailed"), None)
        elif verb == "release" and row.held:
            row.held, row.began = False, now
            self.unanswered.pop(row.owed("receipt"), None)
        elif verb == "undo" and row.done:
            row.done = None
        elif verb == "undo" and row.began:
            row.held, row.began = True, None
        else:
            return False
        return True

    def may_be_sent(self, owed: Owed) -> bool:
        """Whether this e-mail may go out now: to the right person at the right time, and not a second time.

        Where SES was silent it may be sent again, once the claim on it is over.
        """
        now = promises.now()
        silent_since = self.unanswered.get(owed, now - 2 * CLAIM_LASTS)
        if owed in self.sent or now <= silent_since + CLAIM_LASTS:
            return False
        row = next((row for row in self.rows if owed == row.owed(owed.slot)), None)
        if row is None:
            return owed.table == "COUNTERS_TABLE"  # the digest
        remind_at = row.due - getattr(FORMS[row.form], "remind_before", timedelta())
        return {
            "staff": not row.erased,
            "receipt": not row.erased and not row.held and self._is_news(row),
            "mailed": not row.erased and row.done is not None and row.done + MAILED_AFTER <= now,
            "reminder": row.stage == f"{row.form} open" and remind_at - BUNDLED_BY <= now < row.due,
            "late": row.stage == f"{row.form} open" and now >= row.due,
        }[owed.slot]

    def missing(self, mail: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """What did not go out though nothing was in its way any more; `mail` is what the table says, by reference."""
        return [
            f"{slot} e-mail of {row.reference}: {mail[row.reference].get(slot)}"
            for row in self.rows
            for slot in self._expected(row)
            if row.owed(slot) not in self.sent and not self._excused(row, slot, mail[row.reference].get(slot, {}))
        ]

    def _is_news(self, row: Row) -> bool:
        """A subscriber is not asked again whether to subscribe."""
        return row.form != "announcements" or row.address not in self.subscribers

    def _expected(self, row: Row) -> list[str]:
        if row.erased:
            return []
        return [
            *(["staff"] if row.form in TASKS else []),
            *([] if row.held else ["receipt"]),
            *(["mailed"] if row.done and row.form == "plaque" else []),
            *(["late"] if row.form in TASKS and row.state == "late" and row.due + BUNDLED_BY <= promises.now() else []),
        ]

    def _excused(self, row: Row, slot: str, noted: Mapping[str, str]) -> bool:
        """A person gets a receipt of a message once a day, few e-mails in all, and a subscriber no question."""
        same_day = [
            other
            for other in self.rows
            if other is not row and other.address == row.address and other.received.date() == row.received.date()
        ]
        allowed = len(same_day) >= E_MAILS_A_DAY or (row.form != "plaque" and bool(same_day))
        return slot == "receipt" and (
            (noted["state"] == "enough today" and allowed)
            or (noted["state"] == "subscribed" and row.form == "announcements")
        )
