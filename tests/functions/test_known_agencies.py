"""An agency that renews under another name is one agency once the office says so; the office is told first."""

import html
import json
import re
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest

import links
import promises
from local.aws.api_gateway import Gateway, Request
from normalize import addresses
from office import agencies, invitations, workflow
from office.known_agencies import named
from office.workflow import Step
from storage import certifications, dynamodb, submissions
from storage.certification_items import also_known
from storage.outbox import Owed
from tests.support.answers import as_answer
from tests.support.office import OFFICE
from tests.support.samples import COMPLETED, PLAQUE, TODAY

FIRST = PLAQUE | {
    "agency": "Springfield Police Department",
    "agency_state": "IL",
    "state": "IL",
    "zip": "62701-1234",
    "email": "chief@springfield.example.gov",
    "listed": "yes",
}
OTHER = {"agency": "Public Safety Bureau", "email": "office@other.example.gov", "zip": "62999"}
LATER = FIRST | {"completed": (TODAY - timedelta(days=1)).isoformat(), "addressee": "Clerk"}
NEAR = {
    "a similar name": OTHER | {"agency": "City of Springfeild Police"},
    "the same e-mail address": OTHER | {"email": "CHIEF@springfield.example.gov"},
    "the same e-mail domain": OTHER | {"email": "clerk@springfield.example.gov"},
    "the same ZIP code": OTHER | {"zip": "62701"},
    "a similar name, the same e-mail domain": OTHER
    | {"agency": "Springfield Village Police", "email": "clerk@springfield.example.gov"},
}
FAR = {
    "nothing in common": OTHER,
    "another state": {"agency": "Springfield Police", "agency_state": "OH", "state": "OH", "zip": "43001"},
    "its own name": {},
}


@pytest.fixture
def requested(post, inbox, table):
    """Request a plaque; the reference, and the e-mail about it to the office."""

    def requested(answers):
        before = {item["reference"] for item in table.items()}
        assert post("plaque", answers).status == 303
        inbox.deliver()
        [reference] = {item["reference"] for item in table.items()} - before
        [told] = [each for each in inbox.to_staff() if reference in each["subject"]]
        return reference, told

    return requested


@pytest.fixture
def certified(requested, office, table):
    """Request the first plaque and mark it as mailed; its request is gone after a year, its certification is not."""
    reference, _ = requested(FIRST)
    office.do(reference, "mark")
    boto3.client("dynamodb").delete_item(TableName=table.name, Key={"reference": {"S": reference}})
    [known] = certifications.everybody()
    return known


@pytest.fixture
def shown(table, template):
    """What the public register shows: the page of the only agency, and the register's JSON."""

    def shown():
        gateway = Gateway(template)
        listed = json.loads(as_answer(gateway, Request("GET", "/certified/agencies.json", "")).text)["agencies"]
        pages = [as_answer(gateway, Request("GET", each["page"].partition(".org")[2], "")).text for each in listed]
        return listed, pages

    return shown


@pytest.mark.parametrize(("reasons", "changes"), NEAR.items(), ids=NEAR)
def test_the_office_is_told_whom_a_request_may_renew(reasons, changes, certified, requested, office):
    reference, told = requested(LATER | changes)
    until = "certified until"
    for text in (told["text"], re.sub("<[^>]*>", "", told["html"])):
        assert f"Possible renewal of Springfield Police Department, {until}" in text
        assert f"({reasons}): https://certification.example.org/desk/certified/{certified.id}" in text
    assert f"Possible renewal of Springfield Police Department ({until}" in office.get("/desk/plaques").words
    page = office.get(f"/desk/{reference}")
    assert f"{reasons[0].upper()}{reasons[1:]}" in page.words
    assert page.form(f"/desk/{reference}/same").fields["certification"] == certified.id


def test_an_agency_s_address_is_read_once_for_all_requests_of_a_page(certified, requested, office, monkeypatch):
    for number in range(3):
        requested(LATER | {"agency": "Springfield PD", "email": f"clerk{number}@other.example.gov"})
    read, identity = [], addresses.identity

    def counted(typed):
        read.append(typed)
        return identity(typed)

    monkeypatch.setattr(addresses, "identity", counted)
    assert office.get("/desk/plaques").words.count("Possible renewal") == 3
    assert read.count(certified.email) <= 1


@pytest.mark.parametrize("name", ["Springfield PD", "The Springfield Police"])
def test_a_similar_name_from_another_domain_is_to_be_asked_about_by_telephone(name, certified, requested, office):
    reference, told = requested(LATER | {"agency": name, "email": "chief@evil.example.com", "zip": "62999"})
    for words in (told["text"], office.get(f"/desk/{reference}").words):
        assert "Possible renewal" in told["text"]
        assert "another e-mail domain (springfield.example.gov)" in words
        assert "call the agency at a number that you know" in words


@pytest.mark.parametrize("name", ["Springfield PD", "Public Safety Bureau"])
def test_the_warning_about_a_stranger_stands_also_once_the_office_said_that_it_is_the_same_agency(
    name, certified, requested, office
):
    reference, _ = requested(LATER | {"agency": name, "email": "chief@evil.example.com"})
    said = office.do(reference, "same")
    assert "another e-mail domain (springfield.example.gov)" in said.words
    assert said.offers("mark")


@pytest.mark.parametrize("changes", FAR.values(), ids=FAR)
def test_nobody_is_bothered_about_another_agency_or_the_same_name(changes, certified, requested, office):
    reference, told = requested(LATER | changes)
    until = promises.day_in_words(promises.valid_until(COMPLETED))
    assert (f"Renews the certification until {until}." in told["text"]) == (not changes)
    assert (
        "Possible renewal"
        not in told["text"] + office.get(f"/desk/{reference}").words + office.get("/desk/plaques").words
    )


def test_what_is_the_same_agency_keeps_its_page_with_both_periods(certified, requested, office, shown, inbox):
    reference, _ = requested(LATER | {"agency": "City of Springfield Police"})
    said = office.do(reference, "same")
    assert "This request renews it" in said.words
    assert "Same agency , Springfield Police Department" in said.words
    office.do(reference, "mark")
    [agency], [page] = shown()
    assert agency["agency"] == "City of Springfield Police"
    assert agency["page"].rstrip("/").endswith(certified.code)
    assert str(COMPLETED.year) in page
    [known] = certifications.everybody()
    assert [since for since, _ in known.periods] == [COMPLETED, TODAY - timedelta(days=1)]
    assert certifications.id_for("city of springfield police (IL)") == certified.id  # and so next time


@pytest.mark.parametrize("query", ["springfield", "SPRINGFEILD police dept.", "Springfield Police Department"])
def test_the_office_joins_an_agency_that_changed_everything_by_choosing_it(query, certified, requested, office, shown):
    reference, told = requested(LATER | OTHER)
    assert "Possible renewal" not in told["text"]
    action = f"/desk/{reference}/certified"
    page = office.press(office.get(f"/desk/{reference}"), action, q=query)
    assert page.form(action).fields["q"] == query
    said = office.press(page, f"/desk/{reference}/same")
    assert "This request renews it" in said.words
    office.do(reference, "mark")
    [agency], _ = shown()
    assert agency["agency"] == OTHER["agency"]
    [known] = certifications.everybody()
    assert (known.id, len(known.periods)) == (certified.id, 2)


@pytest.mark.parametrize("query", ["spd", "springfield police department (spd)", "Springfield, IL", "SPD illinois"])
def test_letters_behind_a_name_and_its_state_find_an_agency_at_the_desk(query, requested, office):
    reference, _ = requested(FIRST | {"agency": "Springfield Police Department (SPD)"})
    office.do(reference, "mark")
    [known] = certifications.everybody()
    assert f'href="/desk/certified/{known.id}"' in office.press(office.get(), "/desk/find", q=query).text
    later, _ = requested(LATER | OTHER)
    action = f"/desk/{later}/certified"
    assert office.press(office.get(f"/desk/{later}"), action, q=query).offers("same")


@pytest.mark.parametrize(
    "name",
    [
        "Springfield Police Department (SPD)",
        "Kansas City P.D., MO",
        "St. Mary’s Co. Sheriff’s Ofc.",
        "Town of O' Day Police-Dept.",
        "Smith - Jones Twp. K-9 Unit & Patrol",
        "Kapaʻa Police (Hawaiʻi)",
        "Straße P. D. / Ft. Cañon",
    ],
)
def test_every_word_of_an_agencys_own_name_finds_it_in_any_case(name, certified):
    agency = replace(certified, name=name, names=(name,), email="")
    words = [each for each in name.split() if re.search(r"\w", each)]
    for each in (name, *words):
        for query in (each, each.lower(), each.upper(), each.title()):
            assert named(query, [agency]) == [agency], query


@pytest.mark.parametrize(
    ("query", "finds"),
    [("Adams, CO", True), ("adams colorado", True), ("Adams County", False), ("Colorado", False), ("Adams, IL", False)],
)
def test_a_state_finds_an_agency_beside_a_word_of_its_name_only(query, finds, certified):
    agency = replace(certified, name="Adams Police", names=("Adams Police",), state="CO", email="")
    assert named(query, [agency]) == [agency] * finds


@pytest.mark.parametrize("query", ["", " ", "riverside", "<script>alert(1)</script>", "x" * 500])
def test_a_name_that_no_certified_agency_of_the_state_has_offers_none(query, certified, requested, office):
    reference, _ = requested(LATER | OTHER)
    elsewhere, _ = requested(LATER | OTHER | {"agency_state": "OH", "state": "OH", "zip": "43001"})
    for each, name in ((reference, query), (elsewhere, "springfield")):
        page = office.press(office.get(f"/desk/{each}"), f"/desk/{each}/certified", q=name)
        assert (page.status, page.offers("same")) == (200, False)
        assert "<script" not in page.text
        assert ("No certified agency of the same state" in page.words) == bool(name.strip())
    message = office.post(f"/desk/{reference}/certified", {"q": "x"})
    assert message.status == 400


def test_a_second_agency_that_was_marked_by_mistake_is_joined_after_an_undo(certified, requested, office, shown):
    reference, _ = requested(LATER | {"agency": "City of Springfield Police"})
    office.do(reference, "mark")
    assert len(list(certifications.everybody())) == 2
    office.do(reference, "undo")
    office.do(reference, "same")
    office.do(reference, "mark")
    assert [each.id for each in certifications.everybody()] == [certified.id]
    assert len(shown()[0]) == 1
    assert certifications.id_for("city of springfield police (IL)") == certified.id


@pytest.mark.parametrize("renamed", [False, True], ids=["request corrected", "agency renamed"])
def test_two_certifications_of_one_name_are_pointed_out_and_can_be_joined(renamed, certified, requested, office, shown):
    reference, _ = requested(LATER | OTHER)
    office.do(reference, "mark")
    [made] = [each for each in certifications.everybody() if each.id != certified.id]
    pages, said = [f"/desk/certified/{made.id}", f"/desk/{reference}"], "Another certification has this name:"
    assert not [page for page in pages if said in office.get(page).words]
    action, field = (f"{pages[0]}/rename", "name") if renamed else (f"/desk/{reference}/correct", "agency")
    office.press(office.get(pages[0] if renamed else action), action, **{field: FIRST["agency"]})
    for page in pages:
        assert f'{said} <a href="/desk/certified/{certified.id}">' in office.get(page).text
    office.do(reference, "undo")
    chosen = {"csrf": office.begin_session(), "certification": certified.id}
    assert office.post(f"/desk/{reference}/same", chosen).status == 303
    office.do(reference, "mark")
    assert [each.id for each in certifications.everybody()] == [certified.id]
    assert len(shown()[0]) == 1
    assert said not in office.get(f"/desk/{reference}").words + office.get(f"/desk/certified/{certified.id}").words


def test_a_link_that_stops_the_invitations_works_though_its_agency_was_joined_to_another_since(
    certified, requested, office, press
):
    reference, _ = requested(LATER | {"agency": "City of Springfield Police"})
    office.do(reference, "mark")
    [made] = [each for each in certifications.everybody() if each.id != certified.id]
    link = links.stop_link(made.id, promises.now() + timedelta(days=1))
    for verb in ("undo", "same", "mark"):
        office.do(reference, verb)
    assert "We will not invite your agency to renew." in press(link).text
    [now] = certifications.everybody()
    assert (now.id, now.why_stopped) == (certified.id, invitations.ASKED)


@pytest.mark.parametrize(("back_to", "stops"), [("office@other.example.gov", False), (FIRST["email"], True)])
def test_an_invitation_of_before_that_comes_back_ends_those_of_the_agency_it_was_joined_to_only_at_its_own_address(
    back_to, stops, certified, requested, office, report
):
    reference, _ = requested(LATER | OTHER)
    office.do(reference, "mark")
    [made] = [each for each in certifications.everybody() if each.id != certified.id]
    office.do(reference, "undo")
    also_known(made.id, certified.id)
    report("Bounce", Owed("CERTIFICATIONS_TABLE", made.id, "invitation-60"), address=back_to, bounceType="Permanent")
    assert certifications.get(certified.id).stopped == stops
    assert (f'href="/desk/certified/{certified.id}"' in office.get().text) == stops


@pytest.mark.parametrize("joins", [True, False], ids=["the same agency", "another agency"])
def test_an_agency_that_was_removed_from_the_register_stays_so_where_its_request_goes(
    joins, certified, requested, office
):
    reference, _ = requested(LATER | OTHER)
    office.do(reference, "mark")
    [made] = [each for each in certifications.everybody() if each.id != certified.id]
    agencies.withdraw(made.id, OFFICE, promises.now())
    office.do(reference, "undo")
    chosen = {"csrf": office.begin_session(), "certification": certified.id if joins else ""}
    page = office.follow(office.post(f"/desk/{reference}/same", chosen))
    assert "register: yes → no" in page.words
    office.do(reference, "mark")
    [now] = [each for each in certifications.everybody() if each.reference == reference]
    assert (now.id == certified.id, now.listed) == (joins, False)


@pytest.mark.parametrize(("listed", "is_warned"), [("yes", False), ("no", True)])
def test_before_a_mark_takes_an_agency_out_of_the_register_the_page_says_so(
    listed, is_warned, certified, requested, office, shown
):
    reference, _ = requested(LATER | {"listed": listed})
    said = "Once you mark the plaque as mailed, the agency leaves the register."
    assert (said in office.get(f"/desk/{reference}").words) is is_warned
    page = office.do(reference, "mark")
    assert (said in page.words, len(shown()[0])) == (False, 0 if is_warned else 1)


def test_it_is_another_agency_after_all(certified, requested, office, shown):
    reference, _ = requested(LATER | {"agency": "Springfield Village Police"})
    office.do(reference, "same")
    office.do(reference, "mark")
    office.do(reference, "undo")
    assert "Possible renewal" in office.do(reference, "same").words
    office.do(reference, "mark")
    assert len(list(certifications.everybody())) == len(shown()[0]) == 2


@pytest.mark.parametrize("what", ["the same agency", "another agency", "a corrected name"])
def test_what_a_colleague_says_of_the_agency_as_it_is_marked_is_not_passed_over(
    what, certified, requested, office, monkeypatch
):
    reference, _ = requested(LATER | OTHER)
    if what == "another agency":
        workflow.settle_agency(submissions.get(reference), Step(OFFICE, promises.now()), certified)
    now = submissions.get(reference)
    step, changed = Step("colleague@certification.example.org", promises.now()), []

    def meanwhile(*given, **more):
        if not changed:
            changed.append(True)
            if what == "a corrected name":
                assert workflow.correct(now, step, {**now.answers, "agency": FIRST["agency"]})
            else:
                assert workflow.settle_agency(now, step, None if now.certification else certified)
        return get(*given, **more)

    get, page = certifications.get, office.get(f"/desk/{reference}")
    monkeypatch.setattr(certifications, "get", meanwhile)
    page = office.press(page, f"/desk/{reference}/mark")
    assert page.status == 409
    assert submissions.get(reference).done is None
    office.do(reference, "mark")
    joined = [each.id for each in certifications.everybody()] == [certified.id]
    assert joined == (what != "another agency")


def test_it_is_another_agency_though_the_first_press_broke_off(certified, requested, office, monkeypatch):
    reference, _ = requested(LATER | {"agency": "Springfield Village Police"})
    for verb in ("same", "mark", "undo"):
        office.do(reference, verb)
    pressed = office.get(f"/desk/{reference}").form(action := f"/desk/{reference}/same").fields
    assert pressed["certification"] == ""
    with monkeypatch.context() as broken:
        broken.setattr("storage.certification_items.stand_for_itself", None)
        assert office.post(action, pressed).status == 500
    assert "Possible renewal" in office.follow(office.post(action, pressed)).words


def test_what_comes_too_late_leaves_the_agencies_as_they_are(certified, requested, office):
    """Between the look at a request and the button, a colleague closed it."""
    first, _ = requested(LATER | {"agency": "Springfield Village Police"})
    office.do(first, "same")
    office.do(first, "mark")
    second, _ = requested(LATER | {"agency": "Springfield Village Police", "addressee": "Chief"})
    before = submissions.get(second)
    office.do(second, "close", reason="withdrawn")
    assert not workflow.settle_agency(before, workflow.Step(OFFICE, promises.now()), None)
    assert certifications.of_agency(before.agency).id == certified.id


@pytest.mark.parametrize("chosen", ["0" * 32, "x", "../certified"])
def test_a_certification_that_is_not_there_joins_nothing(chosen, certified, requested, office, table):
    reference, _ = requested(LATER | {"agency": "Springfield Village Police"})
    answer = office.do(reference, "same", certification=chosen)
    assert answer.status == 422
    assert "That certification ended long ago, or was undone" in answer.words
    assert "certification" not in table.items()[0]


def test_an_agency_of_another_state_is_never_joined(certified, requested, office, table):
    reference, _ = requested(LATER | {"agency": "Springfield Village Police", "zip": "62701"})
    page = office.get(f"/desk/{reference}")
    elsewhere, _ = requested(LATER | {"agency": "Springfield", "agency_state": "OH", "state": "OH", "zip": "43001"})
    fields = page.form(f"/desk/{reference}/same").fields
    assert office.post(f"/desk/{elsewhere}/same", fields).status == 422


@pytest.mark.parametrize("undone", [False, True])
def test_an_agency_has_its_own_certification_though_the_state_of_another_was_corrected_from_its_own(
    undone, submitted, office, clock
):
    wrong = submitted("plaque", agency="Springfield Police", agency_state="IL")
    office.do(wrong, "mark")
    if undone:
        office.do(wrong, "undo")
    action = f"/desk/{wrong}/correct"
    office.press(office.get(action), action, agency_state="MO")
    if undone:
        office.do(wrong, "mark")
    first = submitted("plaque", agency="Springfield Police", agency_state="IL", email="il@example.gov")
    assert "Springfield Police : certified until" not in html.unescape(office.get(f"/desk/{first}").words)
    for verb in ("mark", "undo", "mark"):
        office.do(first, verb)
    completed = (TODAY - timedelta(days=3)).isoformat()
    renewal = submitted("plaque", agency="Springfield Police", agency_state="IL", completed=completed)
    assert "Springfield Police : certified until" in html.unescape(office.get(f"/desk/{renewal}").words)
    office.do(renewal, "mark")
    assert {each.state: len(each.periods) for each in certifications.everybody()} == {"MO": 1, "IL": 2}


def test_a_message_is_of_no_agency_and_renews_none(certified, requested, office, submitted, table):
    reference, _ = requested(LATER | {"agency": "City of Springfield Police"})
    fields = office.get(f"/desk/{reference}").form(f"/desk/{reference}/same").fields
    message = submitted("contact")
    for answer in (office.post(f"/desk/{message}/same", fields | given) for given in ({}, {"certification": ""})):
        assert (answer.status, "Only a plaque request belongs to an agency." in answer.words) == (422, True)
    assert "history" not in table.item(message)


def test_a_name_leads_on_where_the_agency_it_stood_for_stands_for_another(certified, requested, office):
    reference, _ = requested(LATER | {"agency": "City of Springfield Police"})
    office.do(reference, "mark")
    [second] = [each for each in certifications.everybody() if each.id != certified.id]
    agencies.rename(second.id, "Springfield City Police", "office", promises.now())
    office.do(reference, "undo")
    office.do(reference, "same")
    office.do(reference, "mark")
    assert certifications.id_for("springfield city police (IL)") == certified.id


def test_a_mark_has_its_certification_though_its_name_came_to_stand_for_another_agency_before(
    certified, requested, office, clock
):
    reference, _ = requested(LATER | {"agency": "City of Springfield Police"})
    submission = submissions.get(reference)
    assert workflow.mark(submission, workflow.Step(OFFICE, promises.now()))
    agencies.rename(certified.id, "City of Springfield Police", "office", promises.now())
    clock.forward(minutes=6)
    assert {each.reference for each in certifications.everybody()} == {certified.reference, reference}
    assert certifications.of_agency(submission.agency).reference == reference


@pytest.mark.parametrize("typed", ["", "springfield"])
def test_a_page_reads_the_certified_agencies_once(typed, certified, requested, office, monkeypatch):
    reference, _ = requested(LATER | NEAR[next(iter(NEAR))])
    page = office.get(f"/desk/{reference}")
    read, scan = [], dynamodb.scan

    def note(table, **asked):
        read.append(table)
        return scan(table, **asked)

    monkeypatch.setattr(dynamodb, "scan", note)
    action = f"/desk/{reference}/certified"
    page = office.press(page, action, q=typed) if typed else office.get(f"/desk/{reference}")
    assert certified.name in page.words
    assert len(read) == 1
