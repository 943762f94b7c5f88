"""`staff`: list, find, show, export, count, note, mark, close, release, same, correct, certified, erase, announce."""

import argparse
import logging
import sys
import time
from collections.abc import Mapping
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.progress import Progress

import promises
from forms.catalog import FORMS, TASKS
from mail import delivery
from normalize import addresses
from office import erasure
from office.erasure import Person
from safe_text import for_terminal
from settings import settings
from staff import announce as announcing
from staff import announcement_page, listing, work
from staff import export as exporting
from staff.announcement_page import Announcement
from staff.connection import Refused, connect
from staff.options import AsJson, By, Reference, out, print_json, step, told
from telemetry import logger

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
OneTask = Annotated[str, typer.Option("--form", help=f"Only this form: {', '.join(TASKS)}.")]
OneForm = Annotated[str, typer.Option("--form", help=f"Only this form: {', '.join(FORMS)}.")]


def _version(wanted: bool) -> None:
    if wanted:
        out.print(version("peace-officer-agency-certification"))
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")]


@app.callback()
def where(
    stack: Annotated[str, typer.Option(envvar="STAFF_STACK", help="The stack on AWS; without it, the local run.")] = "",
    data: Annotated[Path, typer.Option(envvar="DATA", help="The folder of the local run.")] = Path(".local"),
    _shown: Version = False,
) -> None:
    """Work on the local run, which must be running, or with --stack on AWS, with your AWS credentials."""
    if "--help" not in sys.argv:
        connect(stack, data)


@app.command("list")
def list_(
    form: OneTask = "",
    done: Annotated[bool, typer.Option("--done", help="List what is done instead of what is open.")] = False,
    held: Annotated[bool, typer.Option("--held", help="List only what is held as possible spam.")] = False,
    closed: Annotated[bool, typer.Option("--closed", help="List what was closed without being done.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what is open, by due date, then what is held as possible spam."""
    _known(form, TASKS)
    chosen = [name for name, wanted in (("done", done), ("held", held), ("closed", closed)) if wanted]
    stages = chosen or ["open", "held"]
    found = [each for stage in stages for each in listing.chosen(form, stage)]
    if as_json:
        # Each in full: the list lacks e-mail and history.
        print_json([listing.as_json(listing.one(each.reference)) for each in found])
    elif found:
        out.print(listing.table(found))
    else:
        out.print("Nothing to list.")


@app.command()
def show(reference: Reference, as_json: AsJson = False) -> None:
    """Show one request or message, with every answer and the state of its e-mails."""
    submission = listing.one(reference)
    if as_json:
        print_json(listing.as_json(submission))
        return
    for line in listing.in_full(submission):
        out.print(line)


@app.command()
def export(
    since: Annotated[str, typer.Option(help="Received on or after this date, such as 2026-11-23.")] = "",
    form: OneForm = "",
    only_open: Annotated[bool, typer.Option("--open", help="Only what is open or held.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file, instead of the screen.")] = None,
    bom: Annotated[bool, typer.Option("--bom", help="For spreadsheets that need a byte order mark.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON instead of CSV, one request or message a line.")
    ] = False,
) -> None:
    """Write everything as CSV, the newest last, in the office's time. No cell can be read as a formula.

    Import it into a spreadsheet with all columns as text: opened directly, 02134 becomes 2134, and 10-4 a date.
    """
    _known(form, FORMS)
    begins = promises.start_of_day_at_office(_day(since)) if since else None
    with Progress(console=told, transient=True) as progress:
        task = progress.add_task("Reading", total=exporting.how_many() or None)
        stored = exporting.stored(form, begins, lambda number: progress.advance(task, number))
        found = (each for each in stored if each.is_open or not only_open)
        write = partial(exporting.write_json, found) if as_json else partial(exporting.write, found, form, bom=bom)
        if output:
            with output.open("w", encoding="utf-8", newline="") as file:
                number = write(file)
        else:
            sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
            number = write(sys.stdout)
    told.print(f"{number:,} submissions{f' in {output}' if output else ''}.")


@app.command()
def count(
    table: Annotated[str, typer.Option(help="Another table, such as one restored from a backup.")] = "",
    as_json: AsJson = False,
) -> None:
    """Count what each form received, and show the latest, to compare with a restored table."""
    found = exporting.counted(table or settings().submissions_table)
    if as_json:
        print_json({form: {"number": number, "latest": latest} for form, (number, latest) in found.items()})
        return
    for form, (number, latest) in found.items():
        when = promises.stored_moment(latest) if latest else "none"
        out.print(f"{form:15}{number:>9,}  {when}")


@app.command()
def erase(
    email: Annotated[str, typer.Argument(help="The person's e-mail address, in any spelling.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Erase a person's data everywhere. The count, and which agency is certified, are kept."""
    if "@" not in email:
        raise Refused(f"{email} is not an e-mail address.")
    person = erasure.find(email)
    if not yes:
        _preview(person)
        typer.confirm(f"Erase everything of {email}? You cannot undo this.", abort=True, err=True)
        if person.open:
            typer.confirm(f"{len(person.open)} not finished: no one will do it. Erase it anyway?", abort=True, err=True)
    erasure.erase(person, step(by).by, promises.now())
    references = [each.reference for each in person.submissions]
    certified = [str(item["reference"]) for item in person.certifications]
    if as_json:
        print_json({"submissions": references, "certifications": certified, "subscriber": person.subscriber})
        return
    for kind, found, what in (
        ("Submissions", references, "Their answers are erased; their count stays."),
        ("Certifications", certified, "Agency and dates stay, the address is erased."),
    ):
        out.print(f"{kind}: {', '.join(found)}. {what}" if found else f"{kind}: none.")
    out.print(f"Announcements: {'unsubscribed' if person.subscriber else 'was not subscribed'}.")
    out.print("Backups are kept for 35 days. Please delete the e-mail in your own mailboxes yourself.")


def _preview(person: Person) -> None:
    """Show what would be erased."""
    if person.submissions:
        told.print(listing.table(person.submissions))
    gone = addresses.identity(person.address)
    for item in person.certified:
        go = "go to" if addresses.identity(item["email"]) == gone else "before a renewal went to"
        told.print(f"Invitations to renew the certification of request {item['reference']} {go} this address.")
    for item in person.undone:
        told.print(f"The certification of request {item['reference']}, whose mark was undone, has this address.")
    for each in person.former:
        told.print(f"The history of {each.reference}: the address stood there until it was corrected.")
    if person.subscriber:
        told.print("Signed up for announcements.")
    if not person:
        told.print("Nothing is stored of this address.")


@app.command()
def announce(
    page: Annotated[Path, typer.Argument(help="Path of the page, such as docs/announcements/2027-03-renewal.md.")],
    to: Annotated[str, typer.Option("--to", help="Send it to this address only, as a test.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, nor look whether the page is on the site.")] = False,
    as_json: AsJson = False,
) -> None:
    """Mail an announcement to the subscribers. After an interruption, run it again: no one gets it twice."""
    announcement = announcement_page.read(page, settings().site_url)
    if to:
        if not addresses.is_mailable(to):
            raise Refused(f"{to} is not an address that our e-mail can reach.")
        announcing.send_one(announcement, addresses.normalized(to))
        told.print(f"Sent to {to} only.", markup=False)
        if as_json:
            print_json({"sent": 1, "of": 1})
        return
    people = announcing.still_to_mail(announcement)
    example = announcing.compose(announcement, "subscriber@example.org").get_body(("plain",))
    told.print(f"Subject: {announcement.title}\n\n{example.get_content() if example else ''}", markup=False)
    if not people:
        told.print("Everyone has received it already.")
        if as_json:
            print_json({"sent": 0, "of": 0})
        return
    if delivery.is_stopped():
        raise Refused("SenderMailPerDay is 0, so nothing is sent. Deploy with a higher number, then run this again.")
    rate = announcing.sending_rate()
    if not yes:
        _must_be_on_site(announcement)
        typer.confirm(f"Subscribers to mail: {len(people):,}, {rate:g} a second. Send it?", abort=True, err=True)
    with Progress(console=told) as progress:
        sent = list(progress.track(announcing.send(announcement, people, rate, time.sleep), total=len(people)))
    told.print(f"Sent to {sum(sent):,} of {len(people):,}.")
    if as_json:
        print_json({"sent": sum(sent), "of": len(people)})
    if not all(sent):
        raise Refused(f"{len(sent) - sum(sent):,} could not be sent. Run this again in ten minutes.")


def _must_be_on_site(announcement: Announcement) -> None:
    """Refuse to mail a link that leads nowhere: no one can take it back."""
    page = announcing.address_of(announcement)
    try:
        if not announcing.is_on_site(announcement):
            raise Refused(f"{page} is not on the site yet. Deploy it, then run this again.")
    except OSError as error:
        raise Refused(f"{page} cannot be read: {error}") from None


app.add_typer(work.app)


def main() -> None:
    """Run the command. Errors are one line and exit code 1; 2 for a wrong command line."""
    logger.setLevel(logging.WARNING)  # the log of the functions is not meant for people
    sys.argv[1:] = _place_first(sys.argv[1:])
    try:
        app(standalone_mode=True)
    except Refused as refused:
        told.print(for_terminal(str(refused)), style="red", markup=False)  # it may name an agency
        sys.exit(1)
    except (BotoCoreError, ClientError) as error:
        told.print(f"AWS: {error}", style="red", markup=False)
        sys.exit(1)
    except OSError as error:
        told.print(f"{error.filename or 'The output'}: {error.strerror}", style="red", markup=False)
        sys.exit(1)


def _place_first(arguments: list[str]) -> list[str]:
    """Move --stack and --data before the verb, wherever they were written."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("stack", "data"):
        parser.add_argument(f"--{name}", default="")
    where, rest = parser.parse_known_args(arguments)
    return [*(f"--{name}={value}" for name, value in vars(where).items() if value), *rest]


def _known(form: str, forms: Mapping[str, object]) -> None:
    if form and form not in forms:
        raise Refused(f"There is no form {form} here; there are {', '.join(forms)}.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text} is not a date. Write it like 2026-11-23.") from None
