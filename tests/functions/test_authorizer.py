"""Nobody reaches the forms around CloudFront: the secret header, its change, and what is remembered of it."""

from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import time_machine
from botocore.exceptions import ReadTimeoutError

import aws
from local.aws.api_gateway import Gateway, Request
from local.aws.authorizer import Authorizer
from local.template import Template
from tests.support.samples import CONTACT

HEADER = "x-origin-secret"
IN = 303
"""The function behind sends whoever looks at its address on to the page of the form."""


@pytest.fixture
def gateway(table, template) -> Gateway:
    import authorizer

    authorizer._known.cache_clear()
    authorizer._last.clear()
    return Gateway(template)


def statuses(gateway, *secrets):
    """What the API answers to whoever calls it directly with these values of the header."""
    headers = [{HEADER: secret} if secret is not None else {} for secret in secrets]
    return [gateway.answer_directly(Request("GET", "/forms/contact", headers=each)).status for each in headers]


def current() -> str:
    return boto3.client("secretsmanager").get_secret_value(SecretId="OriginSecret")["SecretString"]


@pytest.fixture
def changed(stand_in):
    """Change the secret, as the runbook does; afterwards it is as it was."""
    secrets, before = boto3.client("secretsmanager"), current()

    def change(value):
        secrets.put_secret_value(SecretId="OriginSecret", SecretString=value)

    yield change
    change(before)


def test_every_route_is_closed_to_whoever_comes_directly_and_open_through_cloudfront(gateway, template, post):
    for route in template.routes():
        request = Request(route.method, route.path)
        assert gateway.answer_directly(request).status == 401
        assert gateway.answer(request).status not in (401, 403)
    assert post("contact", CONTACT).status == 303


def test_a_guess_is_refused_and_the_secret_taken(gateway):
    secret = current()
    assert statuses(gateway, None, "", "x", secret[:-1], secret + "x", secret) == [401, 401, 403, 403, 403, IN]


def test_a_header_that_a_visitor_makes_up_does_not_count(gateway):
    request = Request("GET", "/forms/contact", headers={HEADER: "made up"})
    assert gateway.answer(request).status == IN


def test_after_a_change_the_old_value_is_taken_until_the_next(gateway, template, changed):
    first = current()
    changed("second")
    assert statuses(gateway, first, "second") == [IN, IN]
    changed("third")
    import authorizer

    authorizer._known.cache_clear()
    assert statuses(Gateway(template), first, "second", "third") == [403, IN, IN]


def test_answers_are_remembered_for_as_long_as_the_template_says(gateway, clock, changed):
    first = current()
    assert statuses(gateway, first, "second") == [IN, 403]
    changed("second")
    changed("third")
    assert statuses(gateway, first, "second") == [IN, 403]
    clock.forward(minutes=6)
    assert statuses(gateway, first, "second") == [403, IN]


def test_a_guess_costs_no_call_of_secrets_manager_for_five_minutes(gateway, monkeypatch):
    with time_machine.travel(1_800_000_000, tick=False) as traveller:  # a multiple of 300
        statuses(gateway, "x")
        monkeypatch.setattr("authorizer.boto3.client", None)
        for guess in ("y", "z"):
            traveller.shift(149)
            assert statuses(gateway, guess) == [403]
        traveller.shift(2)
        assert statuses(gateway, "w") == [500]


def test_where_the_secret_cannot_be_read_nobody_comes_in(gateway, set_variable):
    set_variable("ORIGIN_SECRET_ARN", "gone")
    assert statuses(gateway, current()) == [500]


def test_who_came_in_still_does_while_secrets_manager_fails_and_a_guess_does_not(
    gateway, template, set_variable, log_output
):
    secret = current()
    with time_machine.travel(1_800_000_000, tick=False) as traveller:
        assert statuses(gateway, secret) == [IN]
        set_variable("ORIGIN_SECRET_ARN", "gone")
        for _ in range(2):
            traveller.shift(301)
            assert statuses(Gateway(template), secret, "guess") == [IN, 403]
    assert log_output.getvalue().count("secret not read again") == 2


@pytest.mark.parametrize("answered", [0, 1], ids=["none", "only the current value"])
def test_a_slow_secrets_manager_takes_no_longer_than_the_function_has(
    answered, gateway, template, changed, monkeypatch
):
    """Lambda stops a function that takes longer, and what it knew is lost: CloudFront still sends the old value."""
    first, new, timeouts = current(), f"new {answered}", []
    config: Any = aws.CLIENT_TIMEOUTS

    def hang(request, **_):
        timeouts.append(config.connect_timeout + config.read_timeout)
        if len(timeouts) > answered:
            raise ReadTimeoutError(endpoint_url="")

    def slow(*arguments, **options):
        client = really(*arguments, **options)
        client.meta.events.register_first("before-send.secrets-manager", hang)
        return client

    with time_machine.travel(1_800_000_000, tick=False) as traveller:
        assert statuses(gateway, first) == [IN]
        changed(new)
        really = boto3.client
        monkeypatch.setattr("authorizer.boto3.client", slow)
        monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=timeouts.append))
        traveller.shift(301)
        assert statuses(Gateway(template), first, new) == [IN, 403]
    assert answered < len(timeouts)
    assert sum(timeouts) < template.functions["AuthorizerFunction"]["Timeout"] - 1


def test_an_authorizer_with_other_settings_is_refused_not_played_wrong(template, tmp_path):
    text = (template.folder / "template.yaml").read_text("utf-8")
    assert "EnableSimpleResponses: true" in text
    file = tmp_path / "template.yaml"
    file.write_text(text.replace("EnableSimpleResponses: true", "EnableSimpleResponses: false"), "utf-8")
    with pytest.raises(ValueError, match="FormsApi: the local run does not play the authorizer"):
        Authorizer(Template(file))
