"""Corrects the answers of a submission, by the rules of its form."""

import secrets
from http import HTTPStatus

import rendering
from forms.form import Form, FormData
from office import workflow
from storage.submissions import Submission
from views.requests import Refused, Request, draw, step_of
from views.submissions import follow
from web.desk import casefile
from web.desk.sessions import Session
from web.responses import Response, see_other


def correct(request: Request, session: Session, submission: Submission) -> Response:
    """Show the form with the stored answers; on POST, check and store the corrected ones.

    The form's own rules apply, but an unchanged answer is never an error.
    """
    form_class = submission.declared
    if submission.erased_at:
        raise Refused(HTTPStatus.CONFLICT, "Its data were erased", "There is nothing left to correct.")
    if request.method == "GET":
        stored = form_class(FormData({name: [value] for name, value in submission.answers.items()}))
        return _correction(request, session, submission, stored)
    form = form_class(FormData({name: [value] for name, value in request.fields.items()}))
    # Rules may have become stricter since the form was sent; the office corrects one answer, not all.
    form.validate()
    form.forgive(submission.answers)
    if form.errors:
        return _correction(request, session, submission, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    answers, again = form.answers(), request.fields.get("new-receipt") == "yes"
    step = step_of(request, session, "correct")
    if step.once in submission.steps:
        return see_other(f"/desk/{submission.reference}")
    if answers == dict(submission.answers):
        notice = "Nothing is different", "Change an answer, or go back."
        return _correction(request, session, submission, form, HTTPStatus.UNPROCESSABLE_ENTITY, notice)
    seen = request.fields.get("seen", casefile.version(submission))
    if seen == casefile.version(submission) and workflow.correct(submission, step, answers, receipt=again):
        follow(submission.reference)
        return see_other(f"/desk/{submission.reference}")
    notice = (
        "Someone corrected it before you",
        f"{casefile.meanwhile(submission)} Your answers are below. Send them again to replace theirs.",
    )
    return _correction(request, session, submission, form, HTTPStatus.CONFLICT, notice)


def _correction(
    request: Request,
    session: Session,
    submission: Submission,
    form: Form,
    status: HTTPStatus = HTTPStatus.OK,
    notice: tuple[str, str] | None = None,
) -> Response:
    inside = rendering.render(
        "desk/_correct_fields.html",
        session=session,
        once=secrets.token_hex(8),
        seen=casefile.version(submission),
        again=request.typed.get("new-receipt") == "yes",
    )
    drawn = form.draw(
        action=f"/desk/{submission.reference}/correct",
        inside=inside,
        button="Save the correction",
    )
    problem_title, problem = notice or ("", "")
    return draw(
        request,
        session,
        f"Correct the {form.title.lower()}",
        "correct.html",
        status,
        reference=submission.reference,
        form=drawn,
        problem=problem,
        problem_title=problem_title,
        summary="" if notice else form.draw_summary(),
    )
