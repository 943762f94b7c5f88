"""One certification at the desk: whom its invitations go to, why there are none, and two people at once."""

import html
import random
import re
from datetime import timedelta

import boto3
import pytest

import promises
from forms.plaque import PLAQUE_LINE_LIMIT
from normalize import addresses
from normalize.folding import agency_key
from office import agencies, erasure, invitations, periods
from settings import settings
from storage import certifications, dynamodb, submissions
from storage.outbox import Owed
from tests.support.office import DIRECTOR, OFFICE, at_desk
from tests.support.samples import COMPLETED, HOSTILE, PLAQUE, TODAY
from tests.support.ses_errors import FINAL, OUTAGE, REFUSAL

NEW = "new.chief@example.gov"
PERMANENT = {"bounceType": "Permanent"}
ENDS = (promises.valid_until(COMPLETED) - TODAY).days
"""Days until the certification ends."""


@pytest.fixture
def certified(office, submitted, clock):
    """The page of the only certified agency, whose request is marked."""
    office.do(submitted("plaque"), "mark")
    clock.forward(minutes=11)
    [agency] = certifications.everybody()
    return f"/desk/certified/{agency.id}"


@pytest.fixture
def invited(certified, clock, office, inbox):
    """The same sixty days before its end, with its invitation sent; its address is PLAQUE's."""
    clock.forward(days=ENDS - 59)
    office.begin_session()
    assert [each["to"] for each in sent(inbox)] == [[PLAQUE["email"]]]
    return certified


@pytest.fixture
def bounced(invited, report):
    """The same, after the invitation came back."""
    report("Bounce", invitation(), address=PLAQUE["email"], message_id="first", **PERMANENT)
    return invited


def sent(inbox):
    return [each for each in inbox.messages() if "certification ends" in each["subject"]]


def agency():
    [found] = certifications.everybody()
    return found


def invitation():
    return Owed("CERTIFICATIONS_TABLE", agency().id, "invitation-60")


def press(office, page, verb, **typed):
    return office.press(office.get(page), f"{page}/{verb}", **typed)


def test_an_invitation_that_came_back_goes_to_the_new_address_and_the_history_has_no_address(
    bounced, office, clock, inbox
):
    assert "No invitations: the e-mail came back" in office.get(bounced).words
    assert "no invitations: the e-mail came back" in office.get("/desk/certified").words
    assert f'href="{bounced}"' in office.get().text
    said = press(office, bounced, "address", email=NEW.upper().replace("EXAMPLE.GOV", "Example.gov"))
    assert "No invitations" not in said.words
    assert f"New address for invitations, {promises.moment_in_words(promises.now())}, by {OFFICE}" in said.words
    clock.forward(minutes=6)
    assert [each["to"][0].lower() for each in sent(inbox)] == [PLAQUE["email"], NEW]
    assert PLAQUE["email"] not in str(agency().history) + str(vars(agency()))
    clock.forward(days=59)
    assert [each["to"][0].lower() for each in sent(inbox)] == [PLAQUE["email"], NEW, NEW]


def test_a_report_about_the_address_of_before_ends_nothing(bounced, office, report, clock):
    press(office, bounced, "address", email=NEW)
    clock.forward(minutes=6)
    for kind, about in (("Bounce", PERMANENT), ("Complaint", {})):
        report(kind, invitation(), address=PLAQUE["email"], message_id=f"late {kind}", **about)
    assert (agency().why_stopped, agency().invited) == ("", "sent, 60 days before the end")
    report("Bounce", invitation(), address=NEW, message_id="new", **PERMANENT)
    assert agency().why_stopped == invitations.BOUNCED


@pytest.mark.parametrize("corrected", [True, False], ids=["on its request", "by a second request"])
def test_an_address_that_is_corrected_is_invited_though_the_one_before_bounced(
    corrected, office, submitted, clock, report, inbox
):
    completed = (TODAY - timedelta(days=600)).isoformat()
    reference = submitted("plaque", completed=completed)
    office.do(reference, "mark")
    clock.forward(minutes=11)
    owed = Owed("CERTIFICATIONS_TABLE", agency().id, "invitation-180")
    report("Bounce", owed, address=PLAQUE["email"], message_id="first", **PERMANENT)
    assert agency().why_stopped == invitations.BOUNCED
    if corrected:
        action = f"/desk/{reference}/correct"
        office.press(office.get(action), action, email=NEW)
    else:
        office.do(submitted("plaque", completed=completed, email=NEW), "mark")
    clock.forward(minutes=11)
    assert (agency().email, agency().stopped) == (NEW, False)
    assert [each["to"] for each in sent(inbox)] == [[PLAQUE["email"]], [NEW]]


def test_an_address_that_the_office_entered_stays_until_the_request_has_another(certified, office, table):
    press(office, certified, "address", email=NEW)
    [reference] = [item["reference"] for item in table.items()]
    office.do(reference, "note", text="Called")
    action = f"/desk/{reference}/correct"
    office.press(office.get(action), action, city="New Town")
    assert agency().email == NEW
    office.press(office.get(action), action, email="third@example.gov")
    assert agency().email == "third@example.gov"
    press(office, certified, "address", email="fourth@example.gov")
    office.do(reference, "note", text="Called again")
    assert agency().email == "fourth@example.gov"
    for address in ("fourth@example.gov", PLAQUE["email"]):
        office.press(office.get(action), action, email=address)
        assert agency().email == address


def test_a_renewal_brings_its_own_address_and_an_undo_brings_the_one_of_the_office_back(certified, office, submitted):
    press(office, certified, "address", email=NEW)
    renewal = submitted("plaque", completed=(COMPLETED + timedelta(days=30)).isoformat())
    office.do(renewal, "mark")
    assert agency().email == PLAQUE["email"]
    office.do(renewal, "undo")
    assert agency().email == NEW
    office.do(submitted("plaque", addressee="A second plaque"), "mark")
    assert agency().email == NEW


@pytest.mark.parametrize("entered", ["", NEW])
def test_an_undo_and_a_mark_again_bring_back_the_contact(entered, certified, office, clock, inbox):
    before = agency()
    if entered:
        press(office, certified, "address", email=entered)
    for verb in ("undo", "mark"):
        office.do(before.reference, verb)
    assert (agency().email, agency().zip) == (entered or PLAQUE["email"], before.zip)
    clock.forward(days=ENDS - 59)
    assert [each["to"] for each in sent(inbox)] == [[entered or PLAQUE["email"]]]


def test_an_address_that_was_erased_after_an_undo_does_not_come_back_with_the_mark(certified, office):
    press(office, certified, "address", email=NEW)
    office.do(reference := agency().reference, "undo")
    erasure.erase(erasure.find(NEW), OFFICE, promises.now())
    office.do(reference, "mark")
    assert (agency().email, agency().why_stopped) == ("", invitations.ERASED)


def test_who_was_erased_after_an_undo_silences_no_later_person_of_the_agency(
    certified, office, submitted, clock, inbox
):
    office.do(agency().reference, "undo")
    erasure.erase(erasure.find(PLAQUE["email"]), OFFICE, promises.now())
    office.do(submitted("plaque", email=NEW), "mark")
    assert (agency().email, agency().why_stopped) == (NEW, "")
    clock.forward(days=ENDS - 59)
    assert [each["to"] for each in sent(inbox)] == [[NEW]]


def test_an_agency_that_wants_no_invitations_gets_none_though_its_address_was_erased_since(certified, office):
    invitations.stop(agency().id, promises.now())
    erasure.erase(erasure.find(PLAQUE["email"]), OFFICE, promises.now())
    assert (agency().email, agency().why_stopped) == ("", invitations.ASKED)
    press(office, certified, "address", email=NEW)
    assert (agency().email, agency().why_stopped) == (NEW, invitations.ASKED)


@pytest.mark.parametrize("then", ["corrected", "undone, another marked", "a renewal undone", "a second plaque"])
def test_an_address_that_is_erased_ends_the_invitations_to_no_other_address(then, certified, office, submitted):
    """The office had entered it, so it is none of a request's own."""
    first, later = agency().reference, (COMPLETED + timedelta(days=30)).isoformat()
    if then == "a renewal undone":
        office.do(renewal := submitted("plaque", email="other@example.gov", completed=later), "mark")
    press(office, certified, "address", email=NEW)
    erasure.erase(erasure.find(NEW), OFFICE, promises.now())
    assert (agency().email, agency().why_stopped) == ("", invitations.ERASED)
    if then == "corrected":
        office.press(office.get(action := f"/desk/{first}/correct"), action, email="other@example.gov")
    elif then == "a renewal undone":
        office.do(renewal, "undo")
    else:
        if then == "undone, another marked":
            office.do(first, "undo")
        office.do(submitted("plaque", email="other@example.gov", addressee="A second plaque"), "mark")
    expected = PLAQUE["email"] if then == "a renewal undone" else "other@example.gov"
    assert (agency().email, agency().why_stopped) == (expected, "")


def shown():
    """What the item of the only agency says of its latest period, and what that period says."""
    [item] = dynamodb.scan(settings().certifications_table)
    reference, period = max(item["periods"].items(), key=lambda each: (each[1]["completed"], each[1]["marked_at"]))
    names = ("completed", "ends_on", "name")
    return item, [item["reference"], *map(item.get, names)], [reference, *map(period.get, names)]


def test_a_renewal_whose_date_is_corrected_to_one_before_leaves_the_agency_its_own_end(certified, office, submitted):
    [first] = [each.reference for each in certifications.everybody()]
    renewal = submitted("plaque", completed=(COMPLETED + timedelta(days=30)).isoformat())
    office.do(renewal, "mark")
    action = f"/desk/{renewal}/correct"
    office.press(office.get(action), action, completed=(COMPLETED - timedelta(days=30)).isoformat())
    assert agency().valid_until == promises.valid_until(COMPLETED)
    assert agency().reference == first
    office.do(first, "note", text="Called")
    office.do(renewal, "undo")
    assert agency().valid_until == promises.valid_until(COMPLETED)


@pytest.mark.parametrize("seed", range(12))
def test_in_any_order_an_agency_has_dates_name_and_contact_of_its_latest_period(seed, submitted, clock):
    chance = random.Random(seed)
    people = [{"email": f"chief{number}@example.gov", "zip": f"9670{number}"} for number in range(3)]
    found = [submitted("plaque", **person) for person in people]
    requests = [submission for reference in found if (submission := submissions.get(reference))]
    for number, request in enumerate(requests):
        requests[number] = request._replace(certification=certifications.id_of(request.agency or ""))
    for step in range(24):
        number = chance.randrange(3)
        request = requests[number]
        match chance.choice(("mark", "undo", "date", "date", "name", "email", "again")):
            case "mark" if not request.done:
                request = request._replace(done={"at": (promises.now() + timedelta(minutes=step)).isoformat()})
            case "undo":
                request = request._replace(done=None)
            case "date":
                completed = (COMPLETED + timedelta(days=chance.choice((-30, 0, 30)))).isoformat()
                request = request._replace(answers={**request.answers, "completed": completed})
            case "name":
                request = request._replace(answers={**request.answers, "agency": f"Sample Police {step}"})
            case "email":
                request = request._replace(answers={**request.answers, "email": f"chief{step}@example.gov"})
        requests[number] = request
        periods.follow(request)
        if any(each.done for each in requests):
            item, said, expected = shown()
            assert said == expected, step
            [latest] = [each for each in requests if each.reference == item["reference"]]
            assert (item["email"], item["zip"]) == (latest.answers["email"], latest.answers["zip"]), step
            assert item["received_at"] == latest.received_at.isoformat(), step


STOPPED = {
    invitations.ASKED: "Wants no invitations",
    invitations.BOUNCED: "No invitations: the e-mail came back",
    invitations.COMPLAINED: "No invitations: one was reported as spam",
}


@pytest.mark.parametrize("why", STOPPED)
def test_a_stop_says_who_stopped_it_and_can_be_undone(why, certified, office, clock, inbox):
    invitations.stop(agency().id, promises.now(), why)
    assert STOPPED[why] in office.get(certified).words
    assert ("The agency said that it wants none." in office.get(certified).words) == (why == invitations.ASKED)
    said = press(office, certified, "invite")
    assert "Invitations Go to the address below" in said.words
    assert f"Invited again, {promises.moment_in_words(promises.now())}, by {OFFICE}" in said.words
    assert not said.offers("invite")
    clock.forward(days=ENDS - 59)
    assert len(sent(inbox)) == 1


@pytest.mark.parametrize("undone_by", ["invite", "resume"])
def test_a_stop_or_an_end_while_the_clock_is_at_it_holds_the_invitation_back_until_it_is_undone(
    undone_by, certified, office, clock, inbox, monkeypatch
):
    really = certifications.invitation_times

    def stopped_meanwhile(ends_on):
        if undone_by == "invite":
            invitations.stop(agency().id, promises.now(), invitations.BOUNCED)
        else:
            agencies.end(agency().id, OFFICE, promises.now())
        return really(ends_on)

    monkeypatch.setattr("mail.renewals.invitation_times", stopped_meanwhile)
    clock.forward(days=ENDS - 59)
    assert (sent(inbox), agency().invited) == ([], "")
    monkeypatch.undo()
    office.begin_session()
    press(office, certified, undone_by)
    clock.forward(minutes=6)
    assert len(sent(inbox)) == 1


def test_an_invitation_that_is_being_sent_stays_with_its_sender():
    mail = {
        "mailed": {"state": "sent"},
        "invitation-180": {"state": "bounced"},
        "invitation-60": {"state": "sent"},
        "invitation-0": {"state": "claimed"},
    }
    being_sent = {name: mail[name] for name in ("mailed", "invitation-0")}
    assert invitations.without_invitations({"mail": mail}) == being_sent
    sent_again = invitations.without_invitations({"mail": mail}, invitations.SENT_AGAIN)
    assert sent_again == being_sent | {"invitation-60": {"state": "sent"}}


def test_what_came_back_is_sent_again_where_the_address_is_right_after_all(bounced, office, clock, inbox):
    press(office, bounced, "invite")
    clock.forward(minutes=6)
    assert [each["to"] for each in sent(inbox)] == [[PLAQUE["email"]]] * 2


@pytest.mark.parametrize("state", ["refused", "rejected", "bounced"])
def test_an_invitation_that_did_not_arrive_and_stopped_none_can_be_sent_again(
    state, certified, office, clock, inbox, ses_error, report
):
    ses_error(FINAL if state == "refused" else None)
    clock.forward(days=ENDS - 59)
    ses_error(None)
    if state == "rejected":
        report("Reject", invitation(), address=PLAQUE["email"], message_id="first")
    if state == "bounced":
        full = {"bounceType": "Transient", "bounceSubType": "MailboxFull"}
        report("Bounce", invitation(), address=PLAQUE["email"], message_id="first", **full)
    office.begin_session()
    page, before = office.get(certified), len(sent(inbox))
    assert f"the latest: {state}, 60 days before the end" in page.words
    assert "The latest invitation did not arrive." in page.words
    said = office.press(page, f"{certified}/invite")
    assert not said.offers("invite")
    clock.forward(minutes=6)
    assert [each["to"] for each in sent(inbox)[before:]] == [[PLAQUE["email"]]]


@pytest.mark.parametrize("error", [REFUSAL, OUTAGE], ids=["SES takes none", "SES is down"])
def test_an_invitation_that_waits_for_ses_is_called_not_sent_yet(error, certified, office, clock, ses_error):
    ses_error(error)
    clock.forward(days=ENDS - 59)
    office.begin_session()
    assert "the latest: not sent yet, 60 days before the end" in office.get(certified).words
    assert "invitation not sent yet, 60 days before the end" in office.get("/desk/certified").words
    assert "not sent yet, 60 days before the end" in office.get("/desk/certified.csv").text


def test_a_new_address_does_not_invite_an_agency_that_wants_no_invitations(invited, office, clock, inbox):
    invitations.stop(agency().id, promises.now())
    for why in (invitations.BOUNCED, invitations.COMPLAINED):  # a report that comes after it takes nothing away
        invitations.stop(agency().id, promises.now(), why)
    said = press(office, invited, "address", email=NEW)
    assert STOPPED[invitations.ASKED] in said.words
    clock.forward(days=70)
    assert len(sent(inbox)) == 1


def test_after_an_erasure_it_has_no_address_until_the_office_enters_one(certified, office, clock, inbox):
    page = office.press(office.get(certified), "/desk/person")
    office.press(page, "/desk/person/erase", confirm="yes")
    page = office.get(certified)
    assert "No invitations: no address" in page.words
    assert (page.offers("invite"), page.offers("person")) == (False, False)
    assert press(office, certified, "address", email=NEW).form(f"{certified}/address").fields["email"] == NEW
    clock.forward(days=ENDS - 59)
    assert [each["to"] for each in sent(inbox)] == [[NEW]]


VERBS = {
    "address": {"email": NEW},
    "rename": {"name": "Town of Kapaʻa PD"},
    "withdraw": {},
    "end": {},
    "invite": {},
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_second_press_does_nothing_and_of_two_people_at_once_the_second_sees_the_first(
    verb, office, submitted, template, table
):
    office.do(submitted("plaque", listed="yes"), "mark")
    if verb == "invite":
        invitations.stop(agency().id, promises.now(), invitations.BOUNCED)
    page, other = f"/desk/certified/{agency().id}", at_desk(template)
    other.begin_session(DIRECTOR)
    action = f"{page}/{verb}"
    first, second = (person.get(page).form(action).fields | VERBS[verb] for person in (office, other))
    if verb in ("address", "rename"):
        second |= {name: f"Other.{value}" for name, value in VERBS[verb].items()}
    assert [office.post(action, first).status for _ in range(2)] == [303, 303]
    history = agency().history
    assert [entry["by"] for entry in history] == [OFFICE]
    late = other.post(action, second)
    assert late.status == 409
    assert "It changed since you opened this page." in late.words
    assert f"The latest entry of its history: {history[0]['what']} by {OFFICE}" in late.words
    assert agency().history == history
    for name in VERBS[verb]:  # what was typed is still in its box
        assert late.form(action).fields[name] == second[name]
        assert other.follow(other.post(action, late.form(action).fields)).status == 200
        assert agency().history[-1]["by"] == DIRECTOR


def test_a_new_name_that_comes_too_late_leads_nowhere(certified, office, monkeypatch):
    write, seen = dynamodb.put, str(agency().revision)

    def after_somebody_else(*given, **more):
        monkeypatch.setattr(dynamodb, "put", write)
        agencies.withdraw(agency().id, DIRECTOR, promises.now())
        return write(*given, **more)

    monkeypatch.setattr(dynamodb, "put", after_somebody_else)
    with pytest.raises(agencies.ChangedMeanwhile):
        agencies.rename(agency().id, "Other Police", OFFICE, promises.now(), seen=seen)
    assert certifications.of_agency(agency_key("Other Police", PLAQUE["agency_state"])) is None


@pytest.mark.parametrize(("verb", "field"), [("rename", "name"), ("address", "email")])
def test_the_name_or_address_it_has_already_is_no_change(verb, field, certified, office):
    press(office, certified, verb, **{field: getattr(agency(), field)})
    assert agency().history == ()


def test_of_two_requests_of_a_new_agency_that_are_marked_at_once_each_is_a_period(office, submitted, monkeypatch):
    first, second = submitted("plaque"), submitted("plaque", completed=(COMPLETED + timedelta(days=30)).isoformat())
    write = dynamodb.put

    def after_the_other(table, *given, **more):
        if table == settings().certifications_table:
            monkeypatch.setattr(dynamodb, "put", write)
            office.do(second, "mark")
        return write(table, *given, **more)

    monkeypatch.setattr(dynamodb, "put", after_the_other)
    office.do(first, "mark")
    assert len(agency().periods) == 2


@pytest.mark.parametrize(
    "typed", ["", "chief", "chief@", "josé@example.gov", "a@b@c", "<script>@example.gov", "x" * 300]
)
def test_an_address_that_our_e_mail_cannot_reach_is_said_in_words_and_kept_in_its_box(typed, certified, office):
    before = agency()
    page = press(office, certified, "address", email=typed)
    assert (page.status, page.form(f"{certified}/address").fields["email"]) == (422, typed)
    assert "Nothing changed" in page.words
    assert "<script>@" not in page.text
    assert agency() == before


@pytest.mark.parametrize(
    ("typed", "question"),
    [
        ("jordan@gmail", "Enter an e-mail address in the form name@example.gov. Did you mean jordan@gmail.com?"),
        ("jordan", "Enter an e-mail address in the form name@example.gov."),
    ],
)
def test_a_question_about_an_address_ends_with_its_own_mark(typed, question, certified, office):
    said = html.unescape(press(office, certified, "address", email=typed).words)
    assert re.search(rf"{re.escape(question)}(?![.?])", said)


def test_a_domain_that_is_probably_mistyped_is_asked_about_once(certified, office):
    action = f"{certified}/address"
    asked = press(office, certified, "address", email="jordan@gmial.com")
    assert (asked.status, "Did you mean gmail.com?" in asked.words) == (422, True)
    other = office.press(asked, action, email="jordan@gmal.com")
    assert (other.status, agency().email) == (422, PLAQUE["email"])
    office.press(other, action)
    assert agency().email == "jordan@gmal.com"


SENT_AT_ONCE = "the most recent invitation that was due goes there within minutes"


def test_the_page_says_that_invitations_go_out_only_where_they_do(certified, office, clock):
    said = office.get(certified).words
    assert ("Go to the address below" in said, SENT_AT_ONCE in said) == (True, True)
    said = press(office, certified, "end").words
    assert ("None any more: the certification ended" in said, SENT_AT_ONCE in said) == (True, False)
    press(office, certified, "resume")
    invitations.stop(agency().id, promises.now())
    assert SENT_AT_ONCE not in office.get(certified).words
    invitations.stop(agency().id, promises.now())
    clock.forward(days=ENDS + 2)
    office.begin_session()
    assert "Go to the address below" not in press(office, certified, "invite").words


def test_no_longer_address_or_name_can_be_typed_than_is_taken(certified, office):
    boxes = re.findall(r'<input id="(email|name)"[^>]* maxlength="(\d+)"', office.get(certified).text)
    assert dict(boxes) == {"email": str(addresses.LIMIT), "name": str(PLAQUE_LINE_LIMIT)}


def test_a_stop_changes_nothing_of_a_name_that_leads_to_another_certification(certified, template):
    agencies.rename(agency().id, "Sample Police", OFFICE, promises.now())
    other = {"id": certifications.id_of(agency_key("Sample Police", PLAQUE["agency_state"]))}
    name = settings().certifications_table
    before = dynamodb.get(name, other)
    assert before["same_as"] == agency().id
    invitations.stop(other["id"], promises.now())
    assert dynamodb.get(name, other) == before


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_is_text_on_its_page(text, office, submitted):
    office.do(submitted("plaque"), "mark")
    agencies.rename(agency().id, text, OFFICE, promises.now())
    page = office.get(f"/desk/certified/{agency().id}")
    assert (page.status, "<script" in page.text) == (200, False)


@pytest.mark.parametrize("gone", ["0" * 32, "x", "..%2F", "0" * 31 + "G"])
def test_a_certification_that_is_not_there_has_no_page_and_no_button(gone, certified, office):
    token = office.get(certified).form(f"{certified}/end").fields
    for answer in (office.get(f"/desk/certified/{gone}"), office.post(f"/desk/certified/{gone}/end", token)):
        assert answer.status == 410


def test_no_page_of_the_list_leaves_an_agency_out(office, submitted, monkeypatch):
    from web import agencies

    monkeypatch.setattr(agencies, "ON_A_PAGE", 2)
    for number in range(5):
        office.do(submitted("plaque", agency=f"Sample {number} Police"), "mark")
    for chosen in ("", "?state=HI", "?ending=900"):
        page, seen = office.get(f"/desk/certified{chosen}"), []
        assert "1 to 2 of 5." in page.words
        while True:
            seen += [name for name in (f"Sample {number} Police" for number in range(5)) if name in page.words]
            link = [each for each in html.unescape(page.text).split('"') if each.startswith("/desk/certified?")]
            after = [each for each in link if f'{each}" rel="next"' in html.unescape(page.text)]
            if not after:
                break
            page = office.get(after[0])
        assert seen == [f"Sample {number} Police" for number in range(5)], chosen
        assert "5 to 5 of 5." in page.words
    assert "5 to 5 of 5." in office.get("/desk/certified?page=99").words
    for odd in ("0", "-1", "x", "٣", "1" * 50):
        assert "1 to 2 of 5." in office.get(f"/desk/certified?page={odd}").words


def test_the_numbers_count_whom_the_list_calls_certified(office, submitted):
    from web.desk import lists

    now = promises.now()
    for number, changes in enumerate(({"listed": "yes"}, {}, {"listed": "yes"}, {"listed": "yes"})):
        office.do(submitted("plaque", agency=f"Sample {number} Police", **changes), "mark")
    *_, ended, undone = sorted(certifications.everybody(), key=lambda each: each.name)
    agencies.end(ended.id, OFFICE, now)
    office.do(undone.reference, "undo")
    today = promises.day_at_office(now).isoformat()
    # In the office's time zone: elsewhere, this day may not have begun.
    where = {"agency_state": "NY", "state": "NY", "zip": "10001"}
    office.do(submitted("plaque", agency="Sample 4 Police", listed="yes", completed=today, **where), "mark")
    [on_one_day] = [each for each in certifications.everybody() if each.name == "Sample 4 Police"]
    agencies.end(on_one_day.id, OFFICE, now)
    for days in (0, 1, ENDS, ENDS + 1):
        day = promises.day_at_office(now) + timedelta(days=days)
        everybody = list(certifications.everybody())
        expected = [each for each in everybody if each.holds(day)]
        assert certifications.count(day) == (len(expected), sum(each.listed for each in expected))
    assert lists.board(now)["certified"] == 3
    assert "Certified today: 3 , of them in the register: 2 ." in office.get("/desk/numbers").words


def test_a_bounced_invitation_of_an_agency_whose_request_is_gone_leads_to_where_it_can_be_mended(
    bounced, office, table
):
    [item] = table.items()
    boto3.client("dynamodb").delete_item(TableName=table.name, Key={"reference": {"S": item["reference"]}})
    page = office.get()
    assert "Call the agency, and enter the right address." in page.words
    assert f'href="{bounced}"' in page.text
