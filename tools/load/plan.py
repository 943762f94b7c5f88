"""Plans a flood, and compares every response with the table and the mailbox afterwards."""

import random
import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from forms.form import REFERENCE_ALPHABET, REFERENCE_LENGTH, TRAP
from tests.support.samples import CONTACT

SHARES = {"again": 0.30, "invalid": 0.10, "spam": 0.05}
"""Of all submissions; the rest are new ones."""
HANG_UPS = {"half": 0.03, "unheard": 0.02}
"""Of all submissions: clients that go after half of the body, or before the answer."""
FROM_ONE_ADDRESS = 20
"""Below the limit of one network."""
RECEIVED, REFUSED = {201, 303}, 422
REFERENCE = f"[{REFERENCE_ALPHABET}]{{{REFERENCE_LENGTH}}}"
TO_STAFF = re.compile(rf"(?!Due soon|Late).*\[({REFERENCE})\]$")
TO_SENDER = re.compile(rf"reference ({REFERENCE})$")


@dataclass
class Sent:
    """One submission: its kind, its answers, where it comes from, whether its client goes early; then what it got."""

    kind: str
    answers: Mapping[str, str]
    sender: str
    is_browser: bool
    hangs_up: str = ""
    status: int | None = None
    reference: str = ""
    seconds: float = 0.0


@dataclass
class Account:
    """The discrepancies, in words, by kind; `counts` are for the table."""

    lost: list[str] = field(default_factory=list)
    duplicate: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def plan(number: int, seed: int = 8) -> list[Sent]:
    """Return so many submissions in the order in which they are sent, the same kinds for the same seed."""
    chance, flood = random.Random(seed), uuid.uuid4().hex[:8]
    kinds = chance.choices([*SHARES, "new"], [*SHARES.values(), 1 - sum(SHARES.values())], k=number)
    hang_ups = chance.choices([*HANG_UPS, ""], [*HANG_UPS.values(), 1 - sum(HANG_UPS.values())], k=number)
    sent: list[Sent] = []
    genuine: list[Mapping[str, str]] = []
    for each, (kind, hangs_up) in enumerate(zip(kinds, hang_ups, strict=True)):
        answers = CONTACT | {"message": f"Flood {flood} {each}\nHow do we begin?"}
        answers |= {"email": f"{flood}.{each}@example.gov", "announcements": "no"}
        if kind == "again" and genuine:
            answers = dict(chance.choice(genuine[-200:]))
        elif kind == "invalid":
            answers |= {"email": "nobody"}
        elif kind == "spam":
            answers |= {TRAP: "x"}
        else:
            kind = "new"
            genuine.append(answers)
        network = each // FROM_ONE_ADDRESS
        sent.append(Sent(kind, answers, f"127.1.{network // 250}.{network % 250 + 1}", each % 10 == 0, hangs_up))
    return sent


def reconcile(sent: Iterable[Sent], items: Iterable[Any], messages: Iterable[Mapping[str, Any]]) -> Account:
    """Go through what was sent, one by one. `items` and `messages` may hold more than this flood."""
    account = Account()
    rows = _by(items, lambda item: [item["answers"].get("message", "")])
    to_staff: dict[str, list[Any]] = defaultdict(list)
    receipts: dict[str, list[Any]] = defaultdict(list)
    for message in messages:
        if found := TO_STAFF.match(message["subject"]):
            to_staff[found[1]].append(message)
        elif found := TO_SENDER.search(message["subject"]):
            receipts[found[1]].append(message)
    floods = _by(sent, lambda each: [each.answers["message"]])
    for text, group in floods.items():
        _one(account, text, group, rows.get(text, []), to_staff, receipts)
    return account


def _one(account: Account, text: str, group: list[Sent], rows: list[Any], to_staff: Any, receipts: Any) -> None:
    """Check all that was sent with one text: it is one row with its e-mails, or none where nobody was told so."""
    name = text.partition("\n")[0]
    told = {each.reference for each in group if each.status in RECEIVED}
    for each in group:
        account.counts[each.hangs_up or ("refused" if each.status == REFUSED else "received")] += 1
        expected = {None} if each.hangs_up else {REFUSED} if each.kind == "invalid" else RECEIVED
        if each.status not in expected:
            account.wrong.append(f"{name}: {each.kind} got {each.status}")
    account.counts["rows"] += len(rows)
    if told - {row["reference"] for row in rows}:
        account.lost.append(f"{name}: told received, no such row")
    if len(rows) > 1:
        account.duplicate.append(f"{name}: {len(rows)} rows")
    if rows and all(each.kind == "invalid" or each.hangs_up == "half" for each in group):
        account.wrong.append(f"{name}: a row of what was never taken")
    for row in rows:
        if any(row["answers"][field] != group[0].answers.get(field, "") for field in row["answers"]):
            account.wrong.append(f"{name}: answers differ")
        is_held = "held" in row
        account.counts["held"] += is_held
        for what, mails, wanted in (("staff", to_staff, 1), ("receipt", receipts, 0 if is_held else 1)):
            found = len(mails.get(row["reference"], []))
            account.counts[what] += found
            if found < wanted:
                account.lost.append(f"{name}: no {what} e-mail")
            elif found > wanted:
                account.duplicate.append(f"{name}: {found} {what} e-mails")


def _by(things: Iterable[Any], keys: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for thing in things:
        for key in keys(thing):
            found[key].append(thing)
    return found
