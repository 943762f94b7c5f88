"""Whatever a client sends, to the server or through the gateway: a documented answer, and never a crash."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

import links
from local.aws.api_gateway import Request, event_for, invoke
from local.template import Template
from tests.support.answers import FORM
from tests.support.examples import examples
from tests.support.samples import SAMPLES
from tests.support.wire import BODIES, FORMS, REQUESTS, ROUTES, TYPES, VALID, Reply, at_length, one_of, request, send

OF_THE_SERVER = {200, 301, 303, 400, 404, 405, 411, 413, 414, 415, 422, 429, 431}
OF_A_PAGE = {200, 303}
OF_A_FORM = {201, 303, 400, 413, 415, 422, 429}
OF_THE_DESK = {200, 303, 400, 409, 410, 413, 422}
OF_THE_REGISTER = {200, 404}
REDIRECTS = {301, 303}


def assert_documented(reply: Reply, method: str, path: str, template: Template) -> None:
    assert reply.status in OF_THE_SERVER, (reply.status, reply.body[:500])
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
    if not path.startswith(("/_mail/", "/_clock/")):  # the local run's own pages have policies of their own
        for name, value in template.response_headers():
            assert reply.headers.get_all(name) == [value]
    if method == "HEAD" or reply.status in REDIRECTS:
        return
    kind = reply.headers["Content-Type"].partition(";")[0]
    if kind in ("application/json", "application/problem+json"):
        assert {"message", "title", "reference", "errors"} & json.loads(reply.body).keys()
    elif kind == "text/html":
        assert b"<h1" in reply.body
    else:
        assert reply.body


def test_whatever_bytes_come_the_server_gives_a_documented_answer(local_run, template):
    for path in ("/forms/contact", "/forms/announcements"):
        reply = send(local_run.port, request("POST", path, "", " HTTP/1.1", [], FORM, None, VALID))
        assert reply
        assert reply.status == 303

    @given(REQUESTS)
    @examples(150)
    def try_bytes(sent):
        if reply := send(local_run.port, request(*sent)):
            assert_documented(reply, sent[0], sent[1], template)

    try_bytes()


@pytest.fixture
def tokens(post, table):
    """Signed values as people get them: of a receipt, of a link that ends invitations, of one to unsubscribe."""
    receipt = post("plaque", SAMPLES["plaque"]).headers["location"]
    signed = [
        receipt,
        links.stop_link("x" * 32, links.NEVER),
        links.unsubscribe_link(SAMPLES["plaque"]["email"]),
    ]
    return [link.partition("=")[2] for link in signed]


def test_whatever_event_comes_a_handler_gives_a_documented_answer(tokens, template, log_output):
    cut = st.tuples(one_of(*tokens), st.integers(0, 200)).map(lambda drawn: drawn[0][: drawn[1]])
    spliced = st.tuples(cut, one_of(*tokens), st.integers(0, 200)).map(lambda drawn: drawn[0] + drawn[1][drawn[2] :])
    signed = st.one_of(cut, spliced, one_of(*tokens), st.text(max_size=20))
    bodies = st.one_of(
        BODIES.map(lambda body: base64.b64encode(at_length(body)).decode()),
        BODIES.map(lambda body: at_length(body).decode("utf-8", "replace")),
        st.text(max_size=30),
    )
    members = st.fixed_dictionaries(
        {"headers": st.dictionaries(one_of("accept", "content-type", "host", "cloudfront-viewer-address"), TYPES)},
        optional={
            "body": st.one_of(st.none(), bodies),
            "isBase64Encoded": st.booleans(),
            "queryStringParameters": st.dictionaries(one_of("token", "receipt", "a"), signed),
            "cookies": st.lists(st.text(max_size=20), max_size=3),
        },
    )

    receipt, stop, end = tokens
    right = {"/forms/invitations/stop": {"token": stop}, "/forms/announcements/unsubscribe": {"token": end}}

    @given(one_of(*ROUTES), members, st.booleans(), st.booleans())
    @examples(150)
    def try_event(route, members, is_form, is_signed):
        method, path = route
        event = event_for(Request(method, path)) | members
        if is_signed:
            event["queryStringParameters"] = right.get(path, {"receipt": receipt})
        if is_form:
            event["headers"]["content-type"] = FORM
        answer = invoke(template, ROUTES[route], event)
        of_a_page = {"desk": OF_THE_DESK, "certified": OF_THE_REGISTER}.get(path.split("/")[1], OF_A_PAGE)
        assert answer["statusCode"] in (OF_A_FORM if method == "POST" and path in FORMS else of_a_page), answer
        about = answer["headers"].get("content-type", "")
        if answer["statusCode"] == 303:
            assert answer["headers"]["location"].startswith("/")
        elif "json" in about:
            assert {"reference", "title"} & json.loads(answer["body"]).keys()
        else:
            assert "<h1" in answer["body"] or about.startswith("text/calendar")

    try_event()
    assert '"level":"ERROR"' not in log_output.getvalue()


def test_a_signed_value_that_was_cut_or_spliced_opens_nothing(tokens, get, table):

    def meant(token):
        """What is signed, and the signature's bytes: some of them can be written in more than one way."""
        signed, _, signature = token.rpartition(".")
        try:
            return signed, base64.urlsafe_b64decode(f"{signature}===")
        except ValueError:
            return signed, None

    whole = {meant(token) for token in tokens}
    stored = table.items()
    shown = {"received?receipt": "We have your plaque request", "renewal.ics?receipt": "BEGIN:VCALENDAR"}

    @given(one_of(*tokens), one_of(*tokens), st.integers(0, 300), st.integers(0, 300), st.sampled_from("Aa_-.0 ="))
    @examples(150)
    def try_token(one, other, end_of_one, start_of_other, between):
        spliced = one[:end_of_one] + between + other[start_of_other:]
        if meant(spliced) in whole:
            return
        quoted = quote(spliced)
        for address, words in shown.items():
            answer = get(f"/forms/plaque/{address}={quoted}")
            assert answer.status == 200
            assert words not in answer.text
        for address in ("invitations/stop", "announcements/unsubscribe"):
            assert "This link is incomplete" in get(f"/forms/{address}?token={quoted}").text

    try_token()
    assert table.items() == stored
