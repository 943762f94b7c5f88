"""The secret that signs links can be changed, and ids stay what they were."""

import os

import boto3
import pytest

import certifications
import promises
import subscribers
from staff.erase import erase

ADDRESS = "jordan.sample@example.gov"


@pytest.fixture
def cold_start(stand_in):
    """Let a function of which nothing is warm take the next call."""
    import keys

    def cold_start():
        keys.signing.cache_clear()
        keys.identity.cache_clear()

    yield cold_start
    cold_start()


@pytest.fixture
def change(cold_start):
    """Change the secret that signs links, as the runbook says; the tests before and after have one of their own."""
    secrets, name = boto3.client("secretsmanager"), os.environ["SIGNING_SECRET_ARN"]

    def change():
        new = secrets.get_random_password(PasswordLength=64, ExcludePunctuation=True)["RandomPassword"]
        secrets.put_secret_value(SecretId=name, SecretString=new)

    change()
    cold_start()
    yield change
    change()


def test_who_subscribed_before_a_change_is_found_by_address_after_it(table, change, cold_start):
    subscribers.subscribe(ADDRESS, promises.now())
    for _ in range(2):
        change()
        cold_start()
        assert subscribers.is_subscribed(ADDRESS)
    assert erase(ADDRESS, promises.now()).subscriber
    assert not subscribers.is_subscribed(ADDRESS)


def test_an_agency_is_the_same_one_after_a_change(change, cold_start):
    before = certifications.id_of("Sample Police Department")
    change()
    cold_start()
    assert certifications.id_of("Sample Police Department") == before
