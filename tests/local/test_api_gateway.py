"""What a function gets from the local gateway, and what becomes of its answer."""

import base64
import json
import time

import pytest

from local.aws.api_gateway import BODY_LIMIT, Gateway, Request, event_for
from local.aws.lambda_runtime import forget, invoke
from local.template import ACCOUNT, Template
from tests.support.local_project import write_project

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def template(tmp_path):
    template = Template(write_project(tmp_path) / "template.yaml")
    yield template
    forget(template)


@pytest.fixture
def gateway(template):
    return Gateway(template)


def echoed(gateway, request):
    response = gateway.answer(request)
    assert response.status == 200
    return json.loads(response.body)


def answered(gateway, answer):
    return gateway.answer(Request("GET", "/forms/echo", f"answer={json.dumps(answer)}".replace("+", "%2B")))


def test_an_event_has_the_shape_of_payload_format_2(gateway):
    before = int(time.time() * 1000)
    event = echoed(gateway, Request("GET", "/forms/echo", "a=1&b=two+words&a=%C3%A9&c="))["event"]
    context = event["requestContext"]
    assert before <= context.pop("timeEpoch") <= int(time.time() * 1000)
    assert time.strptime(context.pop("time"), "%d/%b/%Y:%H:%M:%S +0000")
    assert len(context.pop("requestId")) == 16
    domain = "local.execute-api.us-east-1.amazonaws.com"
    assert event == {
        "version": "2.0",
        "routeKey": "GET /forms/echo",
        "rawPath": "/forms/echo",
        "rawQueryString": "a=1&b=two+words&a=%C3%A9&c=",
        "queryStringParameters": {"a": "1,é", "b": "two words", "c": ""},
        "headers": {
            "host": domain,
            "user-agent": "Amazon CloudFront",
            "x-forwarded-for": "127.0.0.1",
            "cloudfront-viewer-address": "127.0.0.1:50000",
        },
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": domain,
            "domainPrefix": "local",
            "http": {
                "method": "GET",
                "path": "/forms/echo",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "Amazon CloudFront",
            },
            "routeKey": "GET /forms/echo",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }


def test_the_most_specific_route_answers_and_its_parameters_are_in_the_event(tmp_path):
    file = write_project(tmp_path) / "template.yaml"
    routes = {"/forms/{name}": "POST", "/forms/{name}/{more+}": "POST", "/{all+}": "POST"}
    added = "".join(
        f"        R{number}: {{Type: HttpApi, Properties: {{ApiId: !Ref Api, Path: '{path}', Method: {method}}}}}\n"
        for number, (path, method) in enumerate(routes.items())
    )
    text = file.read_text("utf-8")
    file.write_text(text.replace("      Events:\n        Get:", f"      Events:\n{added}        Get:"), "utf-8")
    template = Template(file)
    gateway = Gateway(template)
    chosen = {
        path: echoed(gateway, Request("POST", path))["event"]
        for path in ("/forms/echo", "/forms/b%20c", "/forms/b/c/d", "/other")
    }
    forget(template)
    assert {path: (event["routeKey"], event.get("pathParameters")) for path, event in chosen.items()} == {
        "/forms/echo": ("POST /forms/echo", None),
        "/forms/b%20c": ("POST /forms/{name}", {"name": "b c"}),
        "/forms/b/c/d": ("POST /forms/{name}/{more+}", {"name": "b", "more": "c/d"}),
        "/other": ("POST /{all+}", {"all": "other"}),
    }
    assert gateway.answer(Request("POST", "/forms/keep")).status != 404


def test_a_form_arrives_in_base64_and_text_arrives_as_it_is(gateway):
    form = echoed(gateway, Request("POST", "/forms/echo", headers=FORM, body=b"name=%C3%A9&x=\xff"))["event"]
    assert form["isBase64Encoded"] is True
    assert base64.b64decode(form["body"]) == b"name=%C3%A9&x=\xff"
    headers = {"content-type": "application/json; charset=utf-8"}
    text = echoed(gateway, Request("POST", "/forms/echo", headers=headers, body='{"é": 1}'.encode()))["event"]
    assert (text["isBase64Encoded"], text["body"]) == (False, '{"é": 1}')
    without_type = echoed(gateway, Request("POST", "/forms/echo", body=b"x"))["event"]
    assert without_type["isBase64Encoded"] is True


def test_nobody_can_pass_for_somebody_else(gateway):
    headers = {"cloudfront-viewer-address": "192.0.2.1:1", "x-forwarded-for": "192.0.2.1", "user-agent": "Canary"}
    event = echoed(gateway, Request("GET", "/forms/echo", headers=headers, sender=("127.0.0.2", 4711)))["event"]
    assert event["headers"]["cloudfront-viewer-address"] == "127.0.0.2:4711"
    assert event["headers"]["x-forwarded-for"] == "127.0.0.2"
    assert "192.0.2.1" not in json.dumps(event)


def test_only_what_cloudfront_forwards_reaches_the_function(gateway):
    headers = {"accept": "text/html", "cookie": "a=1", "referer": "https://example.org/", "x-own": "1", **FORM}
    event = echoed(gateway, Request("POST", "/forms/echo", headers=headers, body=b"a=b"))["event"]
    assert event["headers"].keys() & headers.keys() == {"accept", "content-type"}
    assert "cookies" not in event


def test_cookies_come_as_a_list_where_they_are_forwarded():
    event = event_for(Request("GET", "/", headers={"cookie": "a=1; b=2", "x-own": "1"}))
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert event["headers"]["x-own"] == "1"


def test_the_context_says_what_the_template_says(gateway):
    context = echoed(gateway, Request("GET", "/forms/echo"))["context"]
    assert (context["name"], context["memory"]) == ("EchoFunction", 256)
    assert context["arn"] == f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:EchoFunction"
    assert 10_000 < context["left"] <= 15_000
    assert context["id"] != echoed(gateway, Request("GET", "/forms/echo"))["context"]["id"]


def test_an_answer_comes_back_as_it_was_given(gateway):
    body = base64.b64encode(b"\x00\xff").decode()
    headers = {"Content-Type": "image/png", "Content-Length": "99", "X-Number": 7}
    answer = {"statusCode": 404, "headers": headers, "cookies": ["a=1", "b=2"], "body": body, "isBase64Encoded": True}
    response = answered(gateway, answer)
    assert (response.status, response.body) == (404, b"\x00\xff")
    assert response.headers == [
        ("content-type", "image/png"),
        ("x-number", "7"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    ]


def test_an_answer_may_be_short(gateway):
    assert answered(gateway, {"statusCode": 204}).body == b""
    assert answered(gateway, {"statusCode": 200, "body": "é"}).headers == [
        ("content-type", "text/plain; charset=utf-8")
    ]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        [],
        {},
        {"body": "no status"},
        {"statusCode": "200"},
        {"statusCode": 99},
        {"statusCode": 200, "body": {}},
        {"statusCode": 200, "body": None},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"location": "/\r\nset-cookie: x"}},
        {"statusCode": 200, "body": "%%%", "isBase64Encoded": True},
    ],
)
def test_a_malformed_answer_is_an_error_of_the_server(answer, gateway, caplog):
    response = answered(gateway, answer)
    assert (response.status, response.body) == (500, b'{"message": "Internal Server Error"}')
    assert "EchoFunction failed" in caplog.text
    assert "Traceback" in caplog.text


def test_a_crash_is_an_error_of_the_server_with_its_traceback_in_the_log(gateway, caplog):
    response = gateway.answer(Request("GET", "/forms/echo", "answer=crash"))
    assert (response.status, response.body) == (500, b'{"message": "Internal Server Error"}')
    assert 'raise RuntimeError("as asked")' in caplog.text


@pytest.mark.parametrize(("method", "path"), [("PUT", "/forms/echo"), ("GET", "/forms/echo/"), ("GET", "/forms/other")])
def test_what_has_no_route_is_not_found(method, path, gateway):
    response = gateway.answer(Request(method, path))
    assert (response.status, response.body) == (404, b'{"message": "Not Found"}')


def test_more_than_10_megabytes_do_not_reach_the_function(gateway):
    response = gateway.answer(Request("POST", "/forms/echo", headers=FORM, body=b"x" * (BODY_LIMIT + 1)))
    assert (response.status, json.loads(response.body)) == (413, {"message": "Request Entity Too Large"})


def test_an_answer_that_is_not_json_is_refused(template, tmp_path):
    (tmp_path / "functions" / "echo.py").write_text("def handler(event, context):\n    return {1, 2}\n", "utf-8")
    with pytest.raises(TypeError):
        invoke(template, "EchoFunction", {})


def test_forgotten_functions_are_imported_anew(template, gateway, tmp_path):
    assert echoed(gateway, Request("GET", "/forms/echo"))["word"] == "first"
    file = tmp_path / "functions" / "echo.py"
    file.write_text(file.read_text("utf-8").replace('"first"', '"second one"'), "utf-8")
    assert echoed(gateway, Request("GET", "/forms/echo"))["word"] == "first"
    forget(template)
    assert echoed(gateway, Request("GET", "/forms/echo"))["word"] == "second one"
