"""Whatever happens, nothing that somebody wrote is logged or measured; and what is measured is counted once.

logged.py searches the lines of every test; here every field of every form holds a word of its own, and goes through
every way a request can take, and every fault.
"""

import json
import logging

import pytest
from botocore.exceptions import ParamValidationError, ReadTimeoutError

from forms.form import TRAP
from storage.outbox import Owed
from tests.support.inbox import link_in
from tests.support.log_privacy import lines, personal
from tests.support.office import at_desk
from tests.support.samples import COMPLETED, CONTACT, PLAQUE
from tests.support.ses_errors import client_error

CANARIES = {
    "contact": CONTACT
    | {
        "name": "Canary Nameson",
        "email": "canary.contact@example.gov",
        "telephone": "(555) 555-7919",
        "organization": "Canary County Sheriff",
        "message": "Canary message\nof two lines",
    },
    "plaque": PLAQUE
    | {
        "agency": "Canary Town Police",
        "addressee": "Canary Office",
        "street1": "7919 Canary Road",
        "street2": "Canary Floor 7",
        "city": "Canaryville",
        "zip": "96746-7919",
        "contact_name": "Canary Contactson",
        "contact_title": "Canary Coordinator",
        "email": "canary.plaque@example.gov",
        "telephone": "555.555.7919",
        "summary": "Canary summary\n1. Canary: 9 of 11",
        "announcements": "yes",
    },
    "announcements": {"email": "canary.reader@example.gov"},
}
CANARY = "Canary Said So <canary.error@example.gov>"
REFUSAL = client_error("MessageRejected", 400, message=CANARY)
OUTAGE = client_error("InternalFailure", 500, "PutItem", CANARY)
INVALID = ParamValidationError(report=f"Invalid type for parameter Item.name, value: {CANARY}")
SILENCE = ReadTimeoutError(endpoint_url=f"https://dynamodb/{CANARY}")
FAULTS = {"outage": OUTAGE, "invalid": INVALID, "silence": SILENCE, "refusal": REFUSAL}
JSON = {"accept": "application/json"}


@pytest.fixture
def measured(log_output):
    """What was counted under a name, each with its dimensions."""

    def measured(name):
        said = [json.loads(line) for line in log_output.getvalue().splitlines()]
        counted = [line for line in said if line["message"] == "counted" and name in line["counts"]]
        return [({key: line[key] for key in ("form",) if key in line}, line["counts"][name]) for line in counted]

    return measured


@pytest.fixture
def outcomes(measured):
    """What became of the posted forms, as counted."""
    names = ("accepted", "held", "duplicate", "refused", "limited", "unreadable", "failed")
    return lambda: [(name, about) for name in names for about, number in measured(name) for _ in range(number)]


@pytest.fixture(autouse=True)
def _error_texts_are_private():
    yield
    assert personal("\n".join(lines), {CANARY, "Canary", "canary"}) == set()


@pytest.mark.parametrize("slug", CANARIES)
def test_a_good_form_and_the_same_again(slug, post, get, outcomes):
    get(post(slug, CANARIES[slug]).headers["location"])
    post(slug, CANARIES[slug], JSON)
    assert outcomes() == [("accepted", {"form": slug}), ("duplicate", {"form": slug})]


@pytest.mark.parametrize("slug", CANARIES)
def test_a_form_that_is_held(slug, post, outcomes):
    post(slug, CANARIES[slug] | {TRAP: "Canary trapped"})
    assert outcomes() == [("accepted" if slug == "announcements" else "held", {"form": slug})]


@pytest.mark.parametrize("slug", CANARIES)
def test_a_form_that_is_refused_names_its_fields_in_the_log(slug, post, log_output, outcomes):
    wrong = {name: f"{value}\x00\u202e" for name, value in CANARIES[slug].items()}
    assert [post(slug, wrong, accept).status for accept in ({}, JSON)] == [422, 422]
    assert outcomes() == [("refused", {"form": slug})] * 2
    lines = [json.loads(line) for line in log_output.getvalue().splitlines()]
    [fields, again] = [line["fields"] for line in lines if line["message"] == "refused"]
    assert set() < set(fields) <= set(CANARIES[slug])
    assert again == fields


@pytest.mark.parametrize("slug", CANARIES)
def test_a_form_that_cannot_be_read_or_comes_too_often(slug, post, monkeypatch, outcomes):
    from web import rate_limit

    monkeypatch.setattr(rate_limit, "POINTS_PER_HOUR", 0)
    for accept in ({}, JSON):
        post(slug, CANARIES[slug], accept | {"content-type": "text/plain; boundary=Canary"})
        post(slug, CANARIES[slug] | {"more": "Canary " * 10_000}, accept)
        post(slug, b"email=Canary+%ff", accept)
        assert post(slug, CANARIES[slug], accept, sender="192.0.2.79").status == 429
    assert outcomes() == [("limited", {"form": slug})] * 2 + [("unreadable", {"form": slug})] * 6
    assert "192.0.2.79" not in "\n".join(lines)


@pytest.mark.parametrize("slug", CANARIES)
def test_a_form_while_the_table_is_in_trouble(slug, post, monkeypatch, outcomes):
    from storage import dynamodb

    for fault in FAULTS.values():
        for accept in ({}, JSON):
            with monkeypatch.context() as broken:
                broken.setattr(dynamodb.client(), "put_item", _failing(fault))
                assert post(slug, CANARIES[slug], accept).status == 500
    assert outcomes() == [("failed", {"form": slug})] * 2 * len(FAULTS)
    with monkeypatch.context() as broken:
        broken.setattr(dynamodb.client(), "batch_get_item", _failing(OUTAGE))
        broken.setattr(dynamodb.client(), "update_item", _failing(OUTAGE))
        assert post(slug, CANARIES[slug]).status == 303
    assert outcomes()[0] == ("accepted", {"form": slug})


def _failing(fault):
    def fail(**_):
        raise fault

    return fail


@pytest.mark.parametrize("slug", CANARIES)
def test_mail_is_counted_by_form_once_it_went_out(slug, post, inbox, measured):
    post(slug, CANARIES[slug])
    for _ in range(2):
        inbox.deliver()
    assert sum(number for _, number in measured("mailed")) == len(inbox.messages()) > 0
    assert {about["form"] for about, _ in measured("mailed")} == {slug}


@pytest.mark.parametrize(("slug", "fault"), list(zip(CANARIES, FAULTS.values(), strict=False)))
def test_while_ses_is_in_trouble_what_waits_is_counted_as_owed(slug, fault, post, inbox, ses_error, clock, measured):
    post(slug, CANARIES[slug])
    ses_error(fault)
    inbox.deliver()
    clock.forward(minutes=11)
    slots = 1 if slug == "announcements" else 2
    assert measured("owed") == [({"form": slug}, slots)]
    assert measured("mailed") == []


@pytest.mark.parametrize("fault", [REFUSAL, SILENCE], ids=["refusal", "silence"])
def test_an_invitation_that_fails_does_not_name_whom_it_was_for(fault, post, inbox, ses_error, clock):
    post("plaque", CANARIES["plaque"])
    inbox.deliver()
    clock.forward(minutes=11)
    ses_error(fault)
    assert not clock.forward(days=730 - 40 - 30)
    assert any("Unfinished" in line for line in lines)


@pytest.mark.parametrize("verb", ["mark", "release"])
def test_the_desk(verb, post, table, office, monkeypatch):
    from storage import submissions

    post("contact", CANARIES["contact"] | ({TRAP: "Canarytrap"} if verb == "release" else {}))
    reference = table.items()[0]["reference"]
    office.do(reference, "note", text="Canarynote of a colleague")
    office.do(reference, verb)
    page = office.do(reference, "undo")
    office.press(office.get(), "/desk/find", q=CANARIES["contact"]["email"])
    monkeypatch.setattr(submissions, "get", lambda _: _failing(OUTAGE)())
    assert office.press(page, f"/desk/{reference}/note", text="Canarynote again").status == 500


def test_signing_in_at_the_desk(template, inbox, table):
    office = at_desk(template)
    page = office.press(office.get(), "/desk/sign-in", email="canary.nobody@example.gov")
    office.press(page, "/desk/sign-in", code="Canarycode")
    office.sign_in(inbox)


def test_subscribing_bouncing_and_unsubscribing(post, inbox, press, get, report):
    import links
    from storage import subscribers

    address = CANARIES["announcements"]["email"]
    post("announcements", {"email": address})
    inbox.deliver()
    press(link_in(inbox.messages()[0], "confirm"))
    for kind in ("Send", "Bounce", "Complaint"):
        owed = Owed("SUBSCRIBERS_TABLE", subscribers.subscriber_id(address), "news")
        report(kind, owed, address=address, bounceType="Permanent", diagnosticCode=CANARY)
    link = links.unsubscribe_link(address)
    get(link)
    press(link)
    get(f"{link}{CANARY}")


@pytest.mark.denies
def test_a_link_of_an_e_mail_that_does_not_work_now_says_so_and_is_counted(press, set_variable, measured):
    import links

    set_variable("SUBSCRIBERS_TABLE", "gone")
    answer = press(links.unsubscribe_link(CANARIES["announcements"]["email"]))
    assert answer.status == 500
    assert "<h1>Something went wrong here</h1>" in answer.text
    assert (
        "We cannot tell whether it was done. Please try again in a few minutes, or call (555) 555-0100." in answer.text
    )
    assert measured("failed") == [({}, 1)]


def test_each_line_is_json_with_what_it_takes_to_follow_a_submission(post, inbox, log_output, clock):
    answer = post("contact", CANARIES["contact"], {"accept": "application/json"})
    reference = json.loads(answer.text)["reference"]
    inbox.deliver()
    said = [json.loads(line) for line in log_output.getvalue().splitlines()]
    [accepted] = [line for line in said if line.get("counts") == {"accepted": 1}]
    mailed = [line for line in said if line["message"] != "counted"]
    assert accepted["reference"] == reference
    assert [line["id"] for line in mailed] == [reference] * 2
    assert all(line["correlation_id"] for line in (accepted, *mailed))
    assert accepted["correlation_id"] != mailed[0]["correlation_id"] == mailed[1]["correlation_id"]


def test_the_search_finds_what_is_logged_by_mistake(post):
    post("contact", CANARIES["contact"])
    logging.getLogger("certification").error("oops", extra={"answers": CANARIES["contact"]})
    found = personal("\n".join(lines), set(CANARIES["contact"].values()))
    lines[:] = [line for line in lines if "oops" not in line]
    assert found >= {"Canary Nameson", "canary.contact@example.gov"}
    assert str(COMPLETED) not in personal("\n".join(lines), {str(COMPLETED)})
