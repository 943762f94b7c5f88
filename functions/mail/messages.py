"""Composes the e-mails about a submission, to staff and to its sender, from the current item."""

from collections.abc import Iterable, Mapping
from datetime import date
from email.message import EmailMessage
from typing import Any

import calendars
import links
import promises
import rendering
import sender_hint
from forms.announcements import AnnouncementsForm
from mail import limits, ses
from mail.delivery import Compose
from office.known_agencies import Known, known_addresses, may_renew, renewed_by
from safe_text import unlinked
from settings import settings
from storage import certifications, subscribers
from storage.certifications import Certification
from storage.submissions import Submission, may_be_corrected_by, valid_until

SUBJECT = 76
"""Characters of a subject that mail programs show on a wide screen."""
WHO_AT_LEAST = 24
"""Characters reserved for the name of the sender."""
CALENDAR = "renewal.ics"
"""Name of the attached file."""


def staff_mail(item: Mapping[str, Any]) -> EmailMessage:
    """Compose the e-mail with every answer, labeled as on the form. A reply goes to the sender."""
    submission = Submission.from_item(item)
    form, address = submission.declared, submission.answers["email"]
    earlier = may_be_corrected_by(submission)
    candidates = may_renew(submission, certifications.everybody(submission.answers.get("agency_state", "")))
    renewed = renewed_by(submission)
    known = known_addresses(submission, renewed, earlier, candidates)
    hints = _renewal_hint(submission, renewed), sender_hint.hint(address), sender_hint.stranger(address, known)
    return ses.compose(
        "staff",
        to=settings().staff_addresses,
        label=form.mailing_label(submission.answers),
        valid=_validity(form.ends_on(submission.answers)),
        candidates=_in_words(candidates),
        corrects=[(each.reference, form.differences(each.answers, submission.answers)) for each in earlier],
        hint=" ".join(filter(None, hints)),
        held=submission.held,
        **about(submission),
    )


def _renewal_hint(submission: Submission, renewed: Certification | None) -> str:
    """Say that a request is for a later period of a known certification, empty if it is not."""
    if renewed is None or submission.answers["completed"] <= renewed.certified_on.isoformat():
        return ""
    return f"Renews the certification until {promises.day_in_words(renewed.last_day)}."


def _in_words(candidates: Iterable[Known]) -> list[dict[str, str]]:
    """Return in words the certified agencies that a request may renew under another name, and why."""
    return [
        {
            "name": each.certification.name,
            "until": promises.day_in_words(each.certification.last_day),
            "reasons": ", ".join(each.reasons),
            "link": links.desk_link(f"certified/{each.certification.id}"),
        }
        for each in candidates
    ]


def sender_mail(item: Mapping[str, Any]) -> EmailMessage | str:
    """Compose the receipt, or return the reason why the sender gets none.

    It contains the confirmation link if the sender asked for announcements.
    """
    submission = Submission.from_item(item)
    if submission.closed or submission.held:
        return "closed" if submission.closed else "held"
    address = submission.answers["email"]
    form = submission.declared
    # A subscriber is not asked to confirm again.
    wants = form.wants_announcements(submission.answers) and not subscribers.is_subscribed(address)
    # Who has subscribed already gets nothing: a stranger cannot use the form to fill that inbox.
    if form is AnnouncementsForm and not wants:
        return "subscribed"
    kind = limits.kind_to_send(submission, wants=wants)
    if kind is None:
        return "enough today"
    ends_on = form.ends_on(submission.answers) if kind == form.receipt_email else None
    message = ses.compose(
        kind,
        to=[address],
        thread=submission.reference,
        reply_to=rendering.office().email,
        form=form,
        reference=submission.reference,
        promised=form.promised(submission.promised_from, submission.answers),
        remarks=_remarks(submission),
        calendar=CALENDAR if ends_on else None,
        confirm=links.confirm_link(submission.reference, address, promises.now()) if wants else None,
    )
    return _with_calendar(message, submission, ends_on) if ends_on else message


def mailed_mail(item: Mapping[str, Any]) -> EmailMessage | str:
    """Compose the e-mail that the plaque was mailed; "taken back" if it was not."""
    submission = Submission.from_item(item)
    if submission.done is None:
        return "taken back"
    return ses.compose(
        "mailed",
        to=[submission.answers["email"]],
        thread=submission.reference,
        reply_to=rendering.office().email,
        reference=submission.reference,
        until=promises.day_in_words(valid_until(submission)),
        tracking=submission.done.get("tracking", ""),
        page=_page_in_register(submission),
    )


def _page_in_register(submission: Submission) -> str:
    """Return the address that stays the same, whatever the agency is called; empty if it is not listed."""
    if not rendering.office().keeps_register:
        return ""
    # From the table, not from the answer: the office may have changed the listing since.
    found = certifications.get(submission.certification) if submission.certification else None
    return settings().site_url + found.short_path if found and found.listed else ""


def sign_in(address: str, code: str) -> EmailMessage:
    """Compose the e-mail with a sign-in code. It contains no link."""
    return ses.compose("sign-in", to=[address], reply_to=rendering.office().email, code=code)


def composer(slot: str) -> Compose:
    """Return the composer of a slot; `receipt-2` is a second receipt, after a correction."""
    return COMPOSE[slot.partition("-")[0]]


COMPOSE: dict[str, Compose] = {
    "staff": staff_mail,
    "receipt": sender_mail,
    "mailed": mailed_mail,
}
"""Composes the e-mail of each slot that is sent by itself; see reminders.py for the others."""


def about(submission: Submission) -> dict[str, Any]:
    """Return the context of every staff e-mail: what was asked, by whom, by when. A reply goes to the sender."""
    form = submission.declared
    told = form.told(submission.answers)
    texts, gist = [(label, words) for label, words, is_text in told if is_text], form.gist(submission.answers)
    return {
        "reply_to": submission.answers["email"] or None,
        "thread": submission.reference,
        "subject": _subject(submission),
        # The preview of a mail program begins with them.
        "texts": texts or [("", gist)] * bool(gist),
        "answers": [(label, words) for label, words, is_text in told if not is_text],
        "about": unlinked(form.staff_subject(submission.answers)),
        "reference": submission.reference,
        "received": promises.moment_in_words(submission.received_at),
        "due": promises.moment_in_words(submission.due_at),
        "task": form.staff_task,
        "done": form.done_label,
        "desk": links.desk_link(submission.reference),
    }


def _validity(ends_on: date | None) -> str:
    """Return until when the certification is valid that a plaque is for, with a warning where that is soon."""
    if ends_on is None:
        return ""
    today = promises.day_at_office(promises.now())
    words = f"Valid until {promises.day_in_words(ends_on)}."
    if not promises.ends_soon(ends_on, today):
        return words
    ends = promises.ending_in_words(ends_on, today)
    return (
        f"{words} The certification {ends}: before you have the plaque engraved, ask the agency if it still wants it."
    )


def _remarks(submission: Submission) -> list[str]:
    """Return further sentences for the sender: about the form, a release, a correction."""
    remarks = submission.declared.remarks(submission.received_at, submission.answers)
    if submission.released:
        began = promises.moment_in_words(submission.promised_from)
        remarks.append(f"On {began}, we looked at what you sent; the promised time counts from then.")
    if submission.corrected_at:
        at = promises.moment_in_words(submission.corrected_at)
        remarks.append(f"On {at}, the office corrected what you sent. This receipt takes the place of an earlier one.")
    return remarks


def _subject(submission: Submission) -> str:
    """Make the subject: who, about what, by when, in about SUBJECT characters. Nothing is promised to what is held."""
    due = "" if submission.held else f" - by {promises.short_moment(submission.due_at, promises.now())}"
    rest = f": {submission.declared.about(submission.answers)}{due} [{submission.reference}]"
    who = unlinked(submission.declared.who(submission.answers))
    # The deadline and the reference at the end must be seen; the name gives way.
    room = max(SUBJECT - len(rest), WHO_AT_LEAST)
    return f"{who if len(who) <= room else f'{who[: room - 1]}…'}{rest}"


def _with_calendar(message: EmailMessage, submission: Submission, ends_on: date) -> EmailMessage:
    true_since, today = submission.corrected_at or submission.received_at, promises.day_at_office(promises.now())
    event = calendars.renewal(submission.reference, ends_on, true_since, settings().site_url, today)
    told = {"charset": "utf-8", "method": calendars.METHOD}
    message.add_attachment(event, maintype="text", subtype="calendar", cte="base64", filename=CALENDAR, params=told)
    return message
