"""The invariants of a run at rest, whatever faults it had."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlparse

from itsdangerous import URLSafeSerializer
from markupsafe import escape

import aws
from forms.catalog import FORMS
from local.aws.api_gateway import Response
from tests.support.samples import SAMPLES
from tools.chaos.cloud import SECRET
from tools.chaos.kinds import Fault
from tools.chaos.outcome import Run
from tools.chaos.story import CORRECTED, INVITED_BEFORE

SLOTS = ("staff", "receipt")
REMINDERS = ("reminder", "late")
INVITATIONS = tuple(f"invitation-{before.days}" for before in INVITED_BEFORE)
SDK_TRIES = aws.CLIENT_TIMEOUTS.retries["total_max_attempts"]
SECRET_TRIES = aws.hurried().retries["total_max_attempts"]
LONGEST_DELAY = timedelta(hours=1)
"""Between the first POST and the last e-mail, where one fault struck; each further one may add as much."""
WITHOUT_FAULT = timedelta(minutes=5)


def problems(run: Run) -> Iterator[str]:
    """Return the violated invariants in words, each with its number."""
    for slug in run.slugs:
        items = [item for item in run.rows["SUBMISSIONS_TABLE"] if item["form"] == slug]
        answers = [answer for form, answer in run.answers if form == slug]
        yield from _told(run, slug, answers, items)
        if len(items) > 1:
            yield f"4: {slug} is stored {len(items)} times"
        for item in items:
            yield from _kept(run, item)
    yield from _mailed(run)
    yield from _spoken(run)
    if run.schedule.returned:
        yield from _returned(run)
    for verb in run.pressed_in_vain:
        yield f"7: {verb}"


def _returned(run: Run) -> Iterator[str]:
    """Check that each report of SES is recorded once, and ends what it must."""
    noted = sorted(
        f"{item['slot']} e-mail of {item['about']}" for item in run.rows["COUNTERS_TABLE"] if "noted_on" in item
    )
    if noted != sorted(run.returned):
        yield f"6: {len(run.returned)} e-mails came back, and the digest says {noted}"
    if run.rows["SUBSCRIBERS_TABLE"]:
        yield "6: an address that came back is still subscribed"
    if not all("stopped" in item for item in run.rows["CERTIFICATIONS_TABLE"]):
        yield "6: an agency is still invited at an address that came back"
    if run.undone:
        yield f"6: {run.undone} leave something else when they are delivered twice"


def delay(run: Run) -> timedelta:
    """Return the time until the last e-mail of a submission went out for the first time."""
    first: dict[str, float] = {}
    for mail in run.cloud.accepted:
        if mail.tags["slot"] in SLOTS:
            first.setdefault(mail.tags["id"] + mail.tags["slot"], mail.at)
    return timedelta(seconds=max(first.values(), default=run.began) - run.began)


def duplicates(run: Run) -> tuple[int, int]:
    """Return the e-mails beyond the first: those that nothing excuses, and those whose Send event was lost too."""
    sent = Counter((mail.tags["id"], mail.tags["slot"]) for mail in run.cloud.accepted)
    excused = sum(count - 1 for owed, count in sent.items() if owed in run.unreported)
    return sent.total() - len(sent) - excused, excused


def lost(run: Run) -> int:
    """Return the e-mails of stored submissions that never went out, and received submissions that are not stored."""
    sent = {(mail.tags["id"], mail.tags["slot"]) for mail in run.cloud.accepted}
    stored, certified = run.rows["SUBMISSIONS_TABLE"], run.rows["CERTIFICATIONS_TABLE"]
    told = {slug for slug, answer in run.answers if answer and answer.status == 303}
    owed = {(item["reference"], slot) for item in stored for slot in _slots(run, item["form"])}
    if run.schedule.unanswered:
        owed |= {(item["id"], slot) for item in certified if item.get("periods") for slot in INVITATIONS}
    return len(owed - sent) + len(told - {item["form"] for item in stored})


def _slots(run: Run, slug: str) -> tuple[str, ...]:
    """Return the slots of the e-mails that a submission causes."""
    if _is_done(run):
        return (*SLOTS, *(("mailed",) if slug == "plaque" else ()))
    again = ("receipt-2",) if "correct" in run.schedule.pressed else ()
    return SLOTS + again + (REMINDERS if run.schedule.unanswered else ())


def _is_done(run: Run) -> bool:
    """Return whether the office marked the submissions, and left it at that."""
    return "mark" in run.schedule.pressed and "undo" not in run.schedule.pressed


def _told(run: Run, slug: str, answers: list[Response | None], items: list[dict[str, Any]]) -> Iterator[str]:
    for answer in answers:
        if answer is None:
            continue  # the process died: the browser still has the form
        if answer.status == 303:
            if _reference(slug, answer) not in [item["reference"] for item in items]:
                yield f"1: {slug} was received, and is not stored"
        elif answer.status == 500:
            yield from _apologized(run, slug, answer)
        else:
            yield f"3: {slug} was answered with {answer.status}"
    if run.cloud.faults and not any(_turns_away(run, fault) for fault in run.cloud.faults) and answers[0].status != 303:
        yield f"3: {slug} was turned away by what another try outlasts"
    told = any(answer and answer.status == 303 for answer in answers)
    if run.schedule.resends and not told:
        yield f"3: {slug} was sent {len(answers)} times, and never received"


def _turns_away(run: Run, fault: Fault) -> bool:
    """Return whether a visitor may notice the fault: not if the SDK's own retry succeeds."""
    at_secrets = run.cloud.points[fault.at].service == "secretsmanager"
    return not fault.kind.retried or fault.width >= (SECRET_TRIES if at_secrets else SDK_TRIES)


def _reference(slug: str, answer: Response) -> str:
    """Decode the receipt without the functions."""
    [signed] = parse_qs(urlparse(dict(answer.headers)["location"]).query)["receipt"]
    (reference, *_), _until = URLSafeSerializer(SECRET, salt=f"receipt/{slug}").loads(signed)
    return str(reference)


def _apologized(run: Run, slug: str, answer: Response) -> Iterator[str]:
    page = answer.body.decode()
    if "not received" not in page and "cannot tell whether" not in page:
        yield f"3: {slug} failed, and the page does not say so"
    if missing := [name for name, typed in SAMPLES[slug].items() if escape(typed) not in page]:
        yield f"3: {slug} failed, and {', '.join(missing)} is gone from the page"
    if '"message":"failed"' not in run.said.getvalue() or '"failed":1' not in run.said.getvalue():
        yield f"5: {slug} failed without its line in the log and its count"


def _kept(run: Run, item: dict[str, Any]) -> Iterator[str]:
    slug = item["form"]
    pressed = run.schedule.pressed
    if item["answers"] != SAMPLES[slug] | (CORRECTED[slug] if "correct" in pressed else {}):
        yield f"1: the answers of {slug} are not what was typed"
    states = {slot: item["mail"].get(slot, {}).get("state") for slot in _slots(run, slug)}
    came_back = {"Bounce": "bounced", "Complaint": "complained"}.get(run.schedule.returned, "sent")
    if states != dict.fromkeys(states, "sent") | {"receipt": came_back}:
        yield f"2: {slug} is at rest with {states}"
    began = datetime.fromisoformat(item["released"]["at"] if "release" in pressed else item["received_at"])
    due = (FORMS[slug].due(began) - FORMS[slug].remind_before).replace(minute=0, second=0, microsecond=0)
    due_again = None if run.schedule.unanswered or _is_done(run) else due.isoformat()
    if item.get("next_at") != due_again or ("clock" in item) != bool(due_again) or item["mail"].keys() != states.keys():
        yield f"2: nobody will be reminded of {slug} in time"
    certified = any(item["reference"] in kept.get("periods", {}) for kept in run.rows["CERTIFICATIONS_TABLE"])
    if certified != (slug == "plaque" and _is_done(run)):
        yield f"2: {slug} {'certified an agency' if certified else 'did not certify the agency'}"
    if (told := [entry["what"] for entry in item.get("history", [])]) != [*_history(slug, pressed)]:
        yield f"7: the history of {slug} says {told}"
    if ("done" in item, "closed" in item, "held" in item) != (_is_done(run), False, False):
        yield f"7: the state of {slug} is not what was pressed"


def _history(slug: str, pressed: tuple[str, ...]) -> Iterator[str]:
    done = {"contact": "answered", "plaque": "mailed"}[slug]
    past = {"take": "taken", "note": "noted", "mark": done, "close": "closed", "release": "released"}
    for before, verb in zip(("", *pressed), pressed, strict=False):
        if verb == "undo":
            yield f"not {done}" if before == "mark" else "reopened"
        else:
            yield past.get(verb, "corrected")


def _mailed(run: Run) -> Iterator[str]:
    stored = {item["reference"]: item["form"] for item in run.rows["SUBMISSIONS_TABLE"]}
    stored |= {item["id"]: "plaque" for item in run.rows["CERTIFICATIONS_TABLE"]}
    if missing := lost(run):
        yield f"2: {missing} lost"
    if (twice := duplicates(run)[0]) > 0:
        yield f"2: {twice} e-mails sent again"
    if not any(mail.tags["slot"] == "digest" for mail in run.cloud.accepted):
        yield "2: no digest"
    for mail in run.cloud.accepted:
        form = stored.get(mail.tags["id"])
        if form is None and mail.tags["slot"] != "digest":
            yield "2: an e-mail about something that is not stored"
        if mail.to != _recipients(mail.tags["slot"], form):
            yield f"2: the {mail.tags['slot']} e-mail went to somebody else"
    limit = LONGEST_DELAY * len(run.cloud.faults) if run.cloud.faults else WITHOUT_FAULT
    if run.schedule.held:
        return  # the receipt waits for its release
    if delay(run) > limit and not (run.schedule.stream == "sweeper first" and delay(run) < LONGEST_DELAY):
        yield f"2: the last e-mail went out after {delay(run)}"


def _recipients(slot: str, form: str | None) -> tuple[str, ...]:
    if form and slot in ("receipt", "receipt-2", "mailed", *INVITATIONS):
        return (SAMPLES[form]["email"],)
    staff, director = os.environ["STAFF_ADDRESSES"], os.environ["ESCALATION_ADDRESSES"]
    return (director, staff) if slot == "late" else (staff,)


def _spoken(run: Run) -> Iterator[str]:
    for slug in run.slugs:
        for name in ("email", "message", "contact_name", "street1"):
            if SAMPLES[slug].get(name, "never typed") in run.said.getvalue():
                yield f"5: {name} of {slug} stands in the log"
