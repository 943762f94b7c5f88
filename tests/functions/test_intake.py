"""What a form answers to whatever is posted, and what it stores."""

import base64
import json
import re
from datetime import timedelta
from urllib.parse import unquote, urlencode

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

import promises
from forms.catalog import FORMS, TASKS
from forms.form import reference_for
from tests.support.samples import COMPLETED, HOSTILE, SAMPLES

SLUGS = sorted(SAMPLES)
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("slug", SLUGS)
def test_a_good_form_is_stored_and_answered_with_a_receipt(slug, post, get, table):
    answer = post(slug, SAMPLES[slug])
    assert answer.status == 303
    [item] = table.items()
    assert item["answers"] == SAMPLES[slug]
    assert item["form"] == slug
    receipt = get(answer.headers["location"])
    assert receipt.status == 200
    assert item["reference"] in receipt.text


@pytest.mark.parametrize("slug", SLUGS)
def test_a_form_takes_one_read_and_two_writes(slug, post):
    from storage import dynamodb

    events, calls = dynamodb.client().meta.events, []

    def note(model, **_):
        calls.append(model.name)

    events.register_first("before-call.dynamodb", note)
    try:
        post(slug, SAMPLES[slug])
    finally:
        events.unregister("before-call.dynamodb", note)
    assert calls == ["BatchGetItem", "PutItem", "UpdateItem"]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_receipt_shows_the_promised_dates_and_nothing_that_was_typed(slug, post, get):
    receipt = get(post(slug, SAMPLES[slug]).headers["location"]).text
    for label, _ in FORMS[slug].promised(promises.now(), SAMPLES[slug]):
        assert label in receipt
    for name in ("email", "telephone", "name", "contact_name", "addressee", "message"):
        if name in SAMPLES[slug]:
            assert SAMPLES[slug][name] not in receipt


def test_a_receipt_can_be_opened_until_its_certification_ends(post, get, clock):
    receipt = post("plaque", SAMPLES["plaque"]).headers["location"]
    last_day = promises.valid_until(COMPLETED)
    clock.forward(days=(last_day - promises.day_at_office(promises.now())).days)
    page = get(receipt).text
    assert promises.day_in_words(last_day) in page
    [renewal] = re.findall(r'href="(/forms/plaque/renewal[.]ics[?]receipt=[^"]+)"', page)
    assert get(renewal).text.startswith("BEGIN:VCALENDAR")


def test_an_agency_that_anybody_may_have_typed_is_on_a_receipt_until_its_plaque_has_come(post, get, clock):
    location = post("plaque", {**SAMPLES["plaque"], "agency": "Anybody's Police"}).headers["location"]
    assert "Anybody" in get(location).text
    clock.forward(days=31)
    later = get(location).text
    assert "Anybody" not in later
    assert "If certified, valid until" in later


@pytest.mark.parametrize("days_left", [700, 5, 0])
def test_a_request_alone_certifies_no_agency_in_any_words_of_ours(days_left, post, get, inbox, clock):
    completed = promises.day_at_office(promises.now()) - timedelta(days=730 - days_left)
    last_day = promises.day_in_words(promises.valid_until(completed))
    answer = post("plaque", SAMPLES["plaque"] | {"completed": completed.isoformat()})
    page = get(answer.headers["location"]).text
    [renewal] = re.findall(r'href="(/forms/plaque/renewal[.]ics[?]receipt=[^"]+)"', page) or [None]
    inbox.deliver()
    [receipt] = inbox.receipts()
    said = [page, receipt["text"], receipt["html"], *([get(renewal).text] if renewal else [])]
    for words in (re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", each)) for each in said):
        assert "your certification" not in words.lower()
        assert words.count(last_day) == words.count(f"If certified, valid until {last_day}") + words.count(
            f"If certified, valid until: {last_day}"
        )


def test_the_renewal_can_be_put_in_a_calendar(post, get):
    from icalendar import Calendar

    receipt = get(post("plaque", SAMPLES["plaque"]).headers["location"])
    [address] = re.findall(r'href="(/forms/plaque/renewal[.]ics[?]receipt=[^"]+)"', receipt.text)
    answer = get(address)
    assert answer.headers["content-type"].startswith("text/calendar")
    [event] = Calendar.from_ical(answer.text).walk("VEVENT")
    assert event.decoded("dtstart") == promises.valid_until(COMPLETED)
    [alarm] = event.walk("VALARM")
    assert alarm.decoded("trigger") == timedelta(days=-60)
    assert answer.text == get(address).text
    assert "We cannot show this receipt" in get("/forms/plaque/renewal.ics?receipt=x").text


@pytest.mark.parametrize("slug", SAMPLES)
def test_page_and_e_mail_say_how_to_correct_what_neither_of_them_shows(slug, post, get, inbox):
    page = get(post(slug, SAMPLES[slug]).headers["location"]).text
    inbox.deliver()
    [receipt] = inbox.receipts()
    told = "To correct something" + (" before the plaque is engraved" if slug == "plaque" else "")
    assert f'{told}, <a href="/contact/">write to us</a> or call <a href="tel:+15555550100">' in page
    for part in ("text", "html"):
        assert f"{told}, reply to this e-mail or call (555) 555-0100" in receipt[part]


@pytest.mark.parametrize("broken", ["", "?receipt=", "?receipt=abc.def", "?receipt=%00", "?other=1"])
def test_a_receipt_address_that_was_changed_gets_a_plain_page(broken, get):
    answer = get(f"/forms/contact/received{broken}")
    assert answer.status == 200
    assert "We cannot show this receipt" in answer.text


def test_a_receipt_of_one_form_is_not_one_of_another(post, get):
    location = post("contact", SAMPLES["contact"]).headers["location"]
    assert "We cannot show this receipt" in get(location.replace("contact", "plaque")).text


@pytest.mark.parametrize("slug", SLUGS)
def test_the_same_form_sent_twice_is_one_submission_with_one_receipt(slug, post, table):
    assert post(slug, SAMPLES[slug]).headers["location"] == post(slug, SAMPLES[slug]).headers["location"]
    assert len(table.items()) == 1


@pytest.mark.parametrize("slug", SLUGS)
def test_another_answer_makes_another_submission(slug, post, table):
    post(slug, SAMPLES[slug])
    post(slug, {**SAMPLES[slug], "announcements": {"yes": "no", "no": "yes"}[SAMPLES[slug]["announcements"]]})
    assert len(table.items()) == 2


@pytest.mark.parametrize("slug", SLUGS)
def test_a_rejected_form_is_its_own_page_with_every_answer_kept(slug, post, table):
    answer = post(slug, {**SAMPLES[slug], "email": "nobody"})
    assert answer.status == 422
    assert "<title>Error: " in answer.text
    assert f">{FORMS[slug].submit_label}</button>" in answer.text
    assert 'href="#email"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    for text in answer.form_values():
        assert text in {**SAMPLES[slug], "email": "nobody"}.values()
    assert answer.form_values() >= {
        value for value in SAMPLES[slug].values() if value not in (SAMPLES[slug]["email"], "no")
    }
    assert table.items() == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_comes_back_escaped_and_unchanged(text, post):
    answer = post("contact", {**SAMPLES["contact"], "name": text, "message": text, "email": ""})
    assert answer.status == 422
    assert text in answer.form_values()
    assert "<script>alert" not in answer.text


def told(answer):
    """What stands first on the page: the problem, and what to do."""
    return re.search(r"<h2>(.*?)</h2>\n<p>(.*?)</p>", answer.text.partition('id="error-summary"')[2]).groups()


def test_an_empty_body_asks_for_every_answer(post):
    assert "Enter your message" in post("contact", b"").text


@pytest.mark.parametrize("content_type", ["", "application/json", "text/plain", "multipart/form-data; boundary=x"])
def test_another_content_type_is_not_read(content_type, post, table):
    answer = post("contact", SAMPLES["contact"], {"content-type": content_type})
    assert answer.status == 415
    assert told(answer) == (
        "This is not a form we can read",
        "Please use the form on this page, or send the answers form-encoded (application/x-www-form-urlencoded).",
    )
    assert "(555) 555-0100" in answer.text
    assert table.items() == []


def test_the_content_type_may_have_parameters(post):
    assert post("contact", SAMPLES["contact"], {"content-type": f"{FORM.upper()}; charset=UTF-8"}).status == 303


def test_a_body_over_64_kib_is_too_large(post, table):
    size = len(urlencode({**SAMPLES["contact"], "filler": ""}))
    assert post("contact", {**SAMPLES["contact"], "filler": "x" * (64 * 1024 - size)}).status == 303
    assert post("contact", {**SAMPLES["contact"], "filler": "x" * (64 * 1024 - size + 1)}).status == 413
    assert len(table.items()) == 1


@pytest.mark.parametrize("body", [b"name=%ff%fe", b"name=\xff", b"message=%c3%28", b"&".join([b"a=b"] * 300)])
def test_a_body_that_cannot_be_read_is_a_bad_request(body, post, table):
    answer = post("contact", body)
    assert answer.status == 400
    assert told(answer) == ("We could not read what was sent", "Please send the form again, from this page.")
    assert table.items() == []


def test_a_body_reaches_the_form_plain_or_in_base64(call, table):
    body = urlencode(SAMPLES["contact"])
    plain = call("contact", {"body": body, "isBase64Encoded": False})
    encoded = call("contact", {"body": base64.b64encode(body.encode()).decode(), "isBase64Encoded": True})
    assert plain["statusCode"] == encoded["statusCode"] == 303
    assert plain["headers"]["location"] == encoded["headers"]["location"]
    assert call("contact", {"body": "%%%", "isBase64Encoded": True})["statusCode"] == 400


def test_unknown_fields_are_not_stored(post, table):
    assert post("contact", {**SAMPLES["contact"], "status": "done", "reference": "MINE"}).status == 303
    assert table.items()[0]["answers"] == SAMPLES["contact"]


def test_the_first_of_a_repeated_field_counts(post, table):
    post("contact", (urlencode(SAMPLES["contact"]) + "&name=Other").encode())
    assert table.items()[0]["answers"]["name"] == SAMPLES["contact"]["name"]


@pytest.mark.parametrize("slug", SLUGS)
def test_visiting_the_address_of_a_form_leads_to_its_page(slug, get):
    answer = get(f"/forms/{slug}")
    assert (answer.status, answer.headers["location"]) == (303, f"/{slug}/")


@pytest.mark.parametrize("slug", SLUGS)
def test_programs_get_json(slug, post):
    accepted = post(slug, SAMPLES[slug], {"accept": "application/json"})
    assert (accepted.status, accepted.headers["content-type"]) == (201, "application/json")
    assert set(json.loads(accepted.text)) == {"reference"}
    refused = post(slug, {**SAMPLES[slug], "email": ""}, {"accept": "application/json"})
    assert refused.status == 422
    assert refused.headers["content-type"] == "application/problem+json"
    [error] = json.loads(refused.text)["errors"]
    assert error["field"] == "email"


@pytest.mark.parametrize(
    ("status", "given"),
    [(415, {"content-type": "text/plain"}), (413, {"filler": "x" * 70_000}), (400, b"name=%ff")],
)
def test_programs_get_problem_details_for_every_refusal(status, given, post):
    accept = {"accept": "application/json"}
    if isinstance(given, dict) and "content-type" in given:
        answer = post("contact", SAMPLES["contact"], accept | given)
    else:
        answer = post("contact", given if isinstance(given, bytes) else SAMPLES["contact"] | given, accept)
    assert answer.status == json.loads(answer.text)["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.text)["detail"]


def test_no_personal_data_is_logged(post, log_output):
    post("contact", SAMPLES["contact"])
    post("contact", {**SAMPLES["contact"], "email": "nobody@", "name": "Canary\x00"})
    logged = log_output.getvalue()
    assert "accepted" in logged
    assert "refused" in logged
    for name, value in {**SAMPLES["contact"], "name": "Canary", "email": "nobody@"}.items():
        if name not in ("topic", "announcements"):
            assert value not in logged


@pytest.mark.parametrize("slug", SLUGS)
def test_a_form_that_is_too_long_comes_back_with_every_answer(slug, post):
    answer = post(slug, {**SAMPLES[slug], "filler": "x" * 70_000})
    assert answer.status == 413
    assert told(answer) == ("That is too long for this form", FORMS[slug].if_too_long)
    assert "<title>Error: " in answer.text
    assert answer.form_values() >= {value for value in SAMPLES[slug].values() if value != "no"}
    endless = post(slug, {**SAMPLES[slug], "filler": "x" * 2_000_000})
    assert endless.status == 413
    assert not endless.form_values() & {value for value in SAMPLES[slug].values() if len(value) > 9}  # not even read


@pytest.mark.parametrize(("decisions", "letters"), [(40, 600), (108, 2_000)])
def test_a_summary_that_nobody_can_send_says_what_to_do(decisions, letters, post, table):
    summary = "\n".join(f"   1.{number} skipped: {'x' * letters}" for number in range(decisions))
    answer = post("plaque", SAMPLES["plaque"] | {"summary": summary})
    assert answer.status in (413, 422)
    assert "checklist summary" in answer.text
    assert "ncheck its box, or go back and leave the reasons out" in answer.text
    assert table.items() == []
    assert "checklist summary" not in post("contact", SAMPLES["contact"] | {"message": "x" * 70_000}).text


def test_when_something_fails_here_the_answers_stay_and_can_be_mailed_instead(post, set_variable):
    set_variable("SUBMISSIONS_TABLE", "gone")
    answer = post("contact", SAMPLES["contact"])
    assert answer.status == 500
    assert told(answer) == (
        "Something went wrong here",
        "We cannot tell whether your answers arrived; they are still below. "
        "Please send them again in a few minutes: the same answers count once.",
    )
    assert answer.form_values() >= set(SAMPLES["contact"].values())
    assert "mailto:office@example.org?subject=Send%20message&amp;body=Your%20name%3A%20Jordan" in answer.text


@pytest.mark.parametrize("letter", ["x", "é", "\U0001f600"])
def test_what_can_be_mailed_instead_is_no_longer_than_mail_programs_take(letter, post, set_variable):
    set_variable("SUBMISSIONS_TABLE", "gone")
    answer = post("contact", SAMPLES["contact"] | {"message": letter * 5000})
    [mailed] = re.findall(r"&amp;body=([^\"]*)", answer.text)
    assert 1480 < len(mailed) <= 1500
    assert unquote(mailed, errors="strict").endswith(letter)
    assert letter * 5000 in answer.form_values()


def test_nothing_is_stored_where_the_receipt_could_not_be_signed(post, table, set_variable):
    import keys

    keys._known.clear()
    set_variable("RECEIPT_SECRET_ARN", "gone")
    assert post("contact", SAMPLES["contact"]).status == 500
    assert table.items() == []


@pytest.mark.parametrize("page", ["received", "renewal.ics"])
def test_a_receipt_that_cannot_be_read_now_is_a_page_and_is_logged_and_counted(
    page, post, get, set_variable, log_output
):
    import keys

    address = post("plaque", SAMPLES["plaque"]).headers["location"].replace("received", page)
    keys._known.clear()
    set_variable("RECEIPT_SECRET_ARN", "gone")
    answer = get(address)
    assert answer.status == 500
    assert "<h1>Something went wrong here</h1>" in answer.text
    assert "What you sent is safe. Please open this link again in a few minutes." in answer.text
    assert "(555) 555-0100" in answer.text
    assert '"message":"failed"' in log_output.getvalue()
    assert '"counts":{"failed":1' in log_output.getvalue()


def test_trouble_in_the_table_is_a_page_with_another_way_and_a_log_line_without_answers(post, set_variable, log_output):
    set_variable("SUBMISSIONS_TABLE", "gone")
    answer = post("contact", SAMPLES["contact"])
    assert answer.status == 500
    assert "(555) 555-0100" in answer.text
    logged = log_output.getvalue()
    assert '"code":"AccessDeniedException"' in logged
    assert SAMPLES["contact"]["email"] not in logged


@pytest.mark.parametrize(
    "trouble", [ReadTimeoutError(endpoint_url="x"), ConnectTimeoutError(endpoint_url="x"), MemoryError()]
)
def test_a_silent_table_is_a_page_too(trouble, post, table, monkeypatch, log_output):
    from storage import dynamodb

    def fail(**_):
        raise trouble

    monkeypatch.setattr(dynamodb.client(), "put_item", fail)
    assert post("contact", SAMPLES["contact"]).status == 500
    assert type(trouble).__name__ in log_output.getvalue()


def test_two_submissions_that_share_a_reference_are_both_kept(post, table, monkeypatch):
    from storage import submissions

    monkeypatch.setattr(
        submissions, "reference_for", lambda content, attempt: reference_for(content, 1) if attempt else "SAME234567"
    )
    post("contact", SAMPLES["contact"])
    post("contact", {**SAMPLES["contact"], "message": "Another"})
    assert len(table.items()) == 2


@pytest.mark.parametrize("slug", TASKS)
def test_the_same_form_is_received_as_often_as_the_office_closed_it(slug, post, table, office):
    for number in range(1, 9):
        for _ in range(2):  # sent twice, it counts once
            assert post(slug, SAMPLES[slug]).status == 303
        references = {item["reference"] for item in table.items()}
        assert len(references) == number
        [new] = [item["reference"] for item in table.items() if "closed" not in item]
        office.do(new, "close", reason="withdrawn")
