"""`staff find, note, mark, close, release, same, correct, certified`: the same actions as at the desk."""

import csv
import sys
from typing import Annotated, Any

import typer

import promises
from forms.form import Form, FormData, reference_in
from normalize import cleaning
from normalize.folding import folded
from office import known_agencies, periods, search, workflow
from safe_text import for_spreadsheet, for_terminal
from staff import listing
from staff.connection import Refused
from staff.options import AsJson, By, Reference, Undo, out, print_json, step, told
from storage import certifications
from storage.certifications import Certification
from storage.submissions import Submission

app = typer.Typer()


@app.command()
def find(
    words: Annotated[list[str], typer.Argument(help="Reference, agency, person, e-mail, telephone, or words.")],
    as_json: AsJson = False,
) -> None:
    """Find messages and requests, the newest first, and certified agencies."""
    query = " ".join(words)
    found = search.find(query, promises.now())
    named = known_agencies.found(query)
    agencies = [_as_row(each) for each in named[: search.SHOWN]]
    if as_json:
        print_json({"submissions": [listing.as_json(each) for each in found.submissions], "certifications": agencies})
    else:
        if found.alike and found.submissions:
            told.print("No exact match. These are similar:")
        if found.submissions:
            out.print(listing.table(found.submissions))
        elif not agencies:
            out.print("Nothing to list.")
        _print_agencies(agencies)
    if len(named) > len(agencies):
        told.print(f"{len(agencies)} of {len(named):,} agencies are shown; add a word to find fewer.")
    if found.until:
        told.print(f"Looked at the newest {found.looked_at:,} only; add a word to find fewer.")


@app.command()
def note(
    reference: Reference,
    text: Annotated[str, typer.Argument(help="What your colleagues should know.")],
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Write a note into the history."""
    submission = listing.one(reference)
    text = cleaning.printable(text)
    if not text or len(text) > workflow.NOTE_LIMIT:
        raise Refused(f"A note has 1 to {workflow.NOTE_LIMIT:,} characters.")
    _tell(submission, workflow.note(submission, step(by), text), "has the note", "is erased", as_json)


@app.command()
def mark(
    reference: Reference,
    what: Annotated[str, typer.Argument(help="Optional: answered, or mailed for a plaque.")] = "",
    undo: Undo = False,
    tracking: Annotated[str, typer.Option(help="The tracking number of a plaque.")] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Mark it answered or mailed. The agency of a plaque gets an e-mail ten minutes later, unless you --undo before."""
    submission = listing.one(reference)
    done = submission.declared.done_label
    if not done or (what and what != done):
        raise Refused(
            f"{submission.reference} can be marked {done}, not {what}." if done else "There is nothing to mark."
        )
    _check_not_closed(submission)
    if submission.held:
        raise Refused(f"{submission.reference} is held as possible spam. Release it first.")
    if undo:
        changed = workflow.undo(submission, step(by), "done")
        _tell(submission, changed, f"is not marked {done} any more", f"was not marked {done}", as_json)
    else:
        try:
            changed = workflow.mark(submission, step(by), cleaning.printable_line(tracking))
        except ValueError as problem:
            raise Refused(str(problem)) from None
        _tell(submission, changed, f"is marked {done}", f"was already marked {done}", as_json)


@app.command()
def close(
    reference: Reference,
    reason: Annotated[str, typer.Argument(help=", ".join(workflow.REASONS) + ".")] = "",
    of: Annotated[str, typer.Option(help="For a duplicate: the reference of the one you keep.")] = "",
    undo: Undo = False,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Close without doing it. No e-mail is sent."""
    submission = listing.one(reference)
    _check_not_erased(submission)
    if undo:
        changed = workflow.undo(submission, step(by), "closed")
        _tell(submission, changed, "is open again", "was not closed", as_json)
        return
    if reason not in workflow.REASONS:
        raise Refused(f"Say why: {', '.join(workflow.REASONS)}.")
    try:
        changed = workflow.close(submission, step(by), reason, reference_in(of))
    except ValueError as problem:
        raise Refused(str(problem)) from None
    _tell(submission, changed, "is closed", "was not open", as_json)


@app.command()
def release(reference: Reference, by: By = "", as_json: AsJson = False) -> None:
    """Release from hold: the promised time starts, and the sender gets the receipt."""
    submission = listing.one(reference)
    _check_not_closed(submission)
    _tell(submission, workflow.release(submission, step(by)), "is released", "was not held", as_json)


@app.command()
def correct(
    reference: Reference,
    changes: Annotated[list[str], typer.Argument(help='Such as agency="Springfield Police".')],
    receipt: Annotated[bool, typer.Option("--receipt", help="Send the sender a new receipt.")] = False,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Correct answers, validated by the form's own rules. The history keeps the old ones."""
    submission = listing.one(reference)
    _check_not_erased(submission)
    form = _corrected(submission, changes)
    if form.errors:
        raise Refused(" ".join(str(text) for texts in form.errors.values() for text in texts))
    changed = workflow.correct(submission, step(by), form.answers(), receipt=receipt)
    _tell(submission, changed, "is corrected", "says that already", as_json)


@app.command()
def same(
    reference: Reference,
    name: Annotated[list[str] | None, typer.Argument(help="A name of the agency, as it is certified.")] = None,
    undo: Undo = False,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Say that a request renews a certified agency of another name, before its plaque is marked."""
    submission = listing.one(reference)
    _check_not_erased(submission)
    if not submission.agency:
        raise Refused("Only a plaque request is of an agency.")
    known = None if undo else _named(" ".join(name or []), submission.answers["agency_state"])
    changed = workflow.settle_agency(submission, step(by), known)
    did = f"renews {known.name}" if known else "is of an agency of its own"
    _tell(submission, changed, did, "is done or closed; undo that first", as_json)


def _named(name: str, state: str) -> Certification:
    """Return the only certified agency of a state that a name means. Raises Refused with the others."""
    found = known_agencies.named(name, certifications.everybody(state))
    exact = [each for each in found if folded(name) in map(folded, each.names)]
    if len(chosen := exact or found) == 1:
        return chosen[0]
    if not found:
        raise Refused(f"No certified agency of {state} is called {name or 'so; write its name'}.")
    raise Refused(f"More than one is called so: {'; '.join(each.name for each in found)}. Write the whole name.")


@app.command()
def certified(
    state: Annotated[str, typer.Option(help="Two letters.")] = "",
    ending: Annotated[int, typer.Option(help="Only those that end within this many days.")] = 0,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the certified agencies, by state and name."""
    today = promises.day_at_office(promises.now())
    found = [
        each
        for each in sorted(certifications.everybody(), key=lambda each: (each.state, each.name.casefold()))
        if (not state or each.state == state.upper())
        and (not ending or (each.holds(today) and (each.valid_until - today).days <= ending))
    ]
    rows = [_as_row(each) for each in found]
    if as_json:
        print_json(rows)
    elif as_csv:
        writer = csv.writer(sys.stdout, quoting=csv.QUOTE_ALL)
        shown = for_terminal if sys.stdout.isatty() else str
        writer.writerow(rows[0] if rows else ["agency"])
        writer.writerows([shown(for_spreadsheet(str(cell))) for cell in row.values()] for row in rows)
    else:
        _print_agencies(rows)
        told.print(f"{len(rows):,} {'agency' if len(rows) == 1 else 'agencies'}.")


def _print_agencies(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        line = f"{row['state']}  {row['valid_until']}  {row['status']:9}  {row['agency']}"
        out.print(for_terminal(line), markup=False)


def _as_row(each: Certification) -> dict[str, Any]:
    return {
        "agency": each.name,
        "state": each.state,
        "certified_on": each.certified_on.isoformat(),
        "valid_until": each.last_day.isoformat(),
        "status": "certified" if each.holds(promises.day_at_office(promises.now())) else "ended",
        "listed": each.listed,
        "renewed": len(each.periods) > 1,
        "reference": each.reference,
    }


def _corrected(submission: Submission, changes: list[str]) -> Form:
    """Return the form with the changes in it, checked. Raises Refused for a change that names no question."""
    known = submission.declared.labels()
    answers = dict(submission.answers)
    for change in changes:
        name, equals, answer = change.partition("=")
        if not equals or name not in known:
            raise Refused(f"{change} changes nothing: write NAME=ANSWER, with one of {', '.join(known)}.")
        answers[name] = answer
    given = FormData({name: [answer] for name, answer in answers.items()})
    form: Form = submission.declared(given, may_ask=False)
    form.validate()
    form.forgive(submission.answers)
    return form


def _check_not_erased(submission: Submission) -> None:
    if submission.erased_at:
        raise Refused(f"{submission.reference} was erased: there is nothing left to do.")


def _check_not_closed(submission: Submission) -> None:
    """Raise Refused for what was closed, or erased."""
    _check_not_erased(submission)
    if submission.closed:
        raise Refused(f"{submission.reference} is closed. Reopen it first: staff close {submission.reference} --undo")


def _tell(submission: Submission, changed: bool, did: str, did_not: str, as_json: bool) -> None:
    """Print the result, and update the certification."""
    now = listing.one(submission.reference)
    periods.follow(now)
    if as_json:
        print_json(listing.as_json(now) | {"changed": changed})
    else:
        said = did if changed else f"{did_not}; nothing changed"
        out.print(for_terminal(f"{submission.reference} {said}."), markup=False)
