"""The secret that signs links can be changed: who takes which value when, what that costs, and that ids stay."""

import os
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import time_machine
from botocore.exceptions import ReadTimeoutError
from itsdangerous import URLSafeSerializer

import keys
import links
import promises
from links import NEVER, unsubscribe_link
from office import erasure
from storage import certifications, subscribers
from tests.support.inbox import link_in
from tests.support.samples import CONTACT, PLAQUE

ADDRESS = "jordan.sample@example.gov"


@pytest.fixture
def cold_start(stand_in):
    """Let a function of which nothing is warm take the next call."""

    def cold_start():
        keys._known.clear()
        keys.identity.cache_clear()

    yield cold_start
    cold_start()


@pytest.fixture
def change(cold_start):
    """Change a secret that signs, and return the new value; before, it is as the stack generates it."""
    secrets = boto3.client("secretsmanager")

    def random():
        return secrets.get_random_password(PasswordLength=64, ExcludePunctuation=True)["RandomPassword"]

    def change(secret=keys.LINKS):
        new = random()
        secrets.put_secret_value(SecretId=os.environ[secret.upper()], SecretString=new)
        return new

    for name in (os.environ[keys.LINKS.upper()], os.environ[keys.RECEIPTS.upper()]):
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        secrets.create_secret(Name=name, SecretString=random())
    cold_start()
    return change


@pytest.fixture
def moment():
    """Time that stands still until it is moved."""
    with time_machine.travel(datetime.now(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def readings(change):
    """Each question for a key that signs: which secret, and which of its values."""
    asked = []

    def note(params, **_):
        if "VersionStage" in params:  # the key of ids is read once, and has no other value
            asked.append((params["SecretId"], params["VersionStage"]))

    events = keys._client().meta.events
    events.register("provide-client-params.secrets-manager.GetSecretValue", note)
    yield asked
    events.unregister("provide-client-params.secrets-manager.GetSecretValue", note)


@pytest.fixture
def silence(moment, change, monkeypatch):
    """From its call on Secrets Manager takes all the time that a function gives it, and says nothing."""
    config: Any = keys._client().meta.config
    events = keys._client().meta.events

    def hang(**_):
        moment.shift(config.connect_timeout + config.read_timeout)
        raise ReadTimeoutError(endpoint_url="")

    def silence():
        monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=moment.shift))
        events.register("before-send.secrets-manager", hang)

    yield silence
    events.unregister("before-send.secrets-manager", hang)


def signed(key, purpose="stop"):
    """What a function with this key puts into a link."""
    return URLSafeSerializer(key, salt=purpose).dumps(["K7M2P9QRTX", NEVER.isoformat()])


def opens(token):
    return links.read("stop", token, promises.now()) is not None


CURRENT, PREVIOUS = ("SigningSecret", keys.CURRENT), ("SigningSecret", keys.PREVIOUS)


# Links


def test_links_sent_before_a_change_work_until_the_next(post, get, inbox, change, moment):
    receipt = post("plaque", PLAQUE | {"announcements": "yes"}).headers["location"]
    inbox.deliver()
    links = {
        receipt: "We have your plaque request",
        link_in(inbox.receipts()[0], "confirm"): "<button",
        unsubscribe_link(ADDRESS): "<button",
    }
    assert [page for link, page in links.items() if page not in get(link).text] == []
    change(), change(keys.RECEIPTS)
    moment.shift(300)
    assert [page for link, page in links.items() if page not in get(link).text] == []
    change(), change(keys.RECEIPTS)
    moment.shift(300)
    assert [page for link, page in links.items() if page in get(link).text] == []


def test_after_each_change_a_function_that_starts_takes_the_last_two_values(change, cold_start):
    made = [signed(change()) for _ in range(4)]
    cold_start()
    assert [opens(link) for link in made] == [False, False, True, True]


def test_before_the_first_change_there_is_no_other_value_and_an_empty_one_signs_nothing(change):
    assert not opens(signed(""))
    assert opens(links.sign("stop", "K7M2P9QRTX", NEVER))


def test_a_warm_function_signs_with_the_new_value_within_five_minutes(change, moment):
    old = keys.signing(keys.LINKS)
    new = change()
    moment.shift(299)
    assert keys.signing(keys.LINKS) == old
    moment.shift(1)
    assert keys.signing(keys.LINKS) == new


def test_a_clock_that_goes_back_keeps_no_old_value(change, moment):
    keys.signing(keys.LINKS)
    new = change()
    moment.shift(-7 * 24 * 3600)
    assert keys.signing(keys.LINKS) == new


def test_a_link_with_the_new_value_opens_where_a_warm_function_does_not_know_it_yet(change, moment):
    old = keys.signing(keys.LINKS)
    new = change()
    moment.shift(10)
    assert opens(signed(new))
    assert opens(signed(old))


# What it costs


def test_a_cold_start_reads_one_value_and_so_many_forms_no_further_one(post, readings, moment):
    for number in range(5):
        answer = post("contact", CONTACT | {"message": f"Number {number}"})
        assert answer.status == 303
    assert readings == [("ReceiptSecret", keys.CURRENT)]


def test_the_value_before_is_read_for_a_link_that_needs_it_and_not_for_each_such_link(change, readings, moment):
    old = signed(keys.signing(keys.LINKS))
    new = signed(change())
    moment.shift(300)
    assert all(opens(new) for _ in range(5))
    assert readings == [CURRENT, CURRENT]
    assert all(opens(old) for _ in range(5))
    moment.shift(299)
    assert all(opens(old) for _ in range(5))
    assert readings == [CURRENT, CURRENT, PREVIOUS]


def test_a_thousand_links_that_somebody_made_up_cost_a_few_readings(readings, moment):
    for _ in range(1000):
        assert not opens(signed("made up"))
    assert readings == [CURRENT, PREVIOUS]
    moment.shift(10)
    for _ in range(1000):
        assert not opens("made up")
    assert readings == [CURRENT, PREVIOUS] * 2


# Trouble


def test_where_the_value_cannot_be_read_again_the_known_one_goes_on_and_the_log_says_so(
    post, get, readings, moment, log_output, set_variable
):
    receipt = post("contact", CONTACT).headers["location"]
    assert not opens(signed("made up"))
    readings.clear()
    set_variable("RECEIPT_SECRET_ARN", "gone")
    moment.shift(300)
    for number in range(5):
        location = post("contact", CONTACT | {"message": f"Number {number}"}).headers["location"]
        assert "We have your message" in get(location).text
    assert "We have your message" in get(receipt).text
    assert readings == [("gone", keys.CURRENT)]
    assert log_output.getvalue().count("secret not read again") == 1
    set_variable("RECEIPT_SECRET_ARN", "ReceiptSecret")
    moment.shift(300)
    keys.signing(keys.LINKS)
    assert readings == [("gone", keys.CURRENT), CURRENT]


def test_a_link_that_may_be_good_is_not_called_bad_where_that_cannot_be_read(
    change, get, moment, set_variable, log_output
):
    token = signed(keys.signing(keys.LINKS))
    change()
    moment.shift(300)
    keys.signing(keys.LINKS)
    set_variable("SIGNING_SECRET_ARN", "gone")
    answer = get(f"/forms/invitations/stop?token={token}")
    assert (answer.status, "Please try again in a few minutes" in answer.text) == (500, True)


@pytest.mark.parametrize("known", ["nothing", "the value", "both values, just now", "both values, long ago"])
def test_a_link_is_answered_in_time_where_secrets_manager_hangs(known, cold_start, silence, get, moment, template):
    if known == "the value":
        keys.signing(keys.LINKS)
    elif known != "nothing":
        assert not opens("made up")
    moment.shift(keys.IN_DOUBT if known.endswith("just now") else keys.READ_AGAIN)
    silence()
    begun = datetime.now()
    answer = get(f"/forms/invitations/stop?token={signed('made up')}")
    assert (answer.status, "<h1" in answer.text) in [(500, True), (200, True)]
    took = (datetime.now() - begun).total_seconds()
    assert 2 < took < template.functions["SubscriptionsFunction"]["Timeout"] - 1


# Ids


def test_who_subscribed_before_two_changes_is_found_by_address_after_them(table, change, cold_start):
    subscribers.subscribe(ADDRESS, promises.now())
    for _ in range(2):
        change()
        cold_start()
        assert subscribers.is_subscribed(ADDRESS)
    erasure.erase(erasure.find(ADDRESS), "office", promises.now())
    assert not subscribers.is_subscribed(ADDRESS)


def test_an_agency_is_the_same_one_after_a_change(change, cold_start):
    before = certifications.id_of("Sample Police Department")
    change()
    cold_start()
    assert certifications.id_of("Sample Police Department") == before
