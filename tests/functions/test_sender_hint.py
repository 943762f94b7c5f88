"""What staff are told of the sender's address is true of every address like it."""

from datetime import timedelta

import pytest

import promises
from forms import spam
from sender_hint import hint, stranger
from tests.support.samples import CONTACT, PLAQUE


@pytest.mark.parametrize(
    "domain",
    [
        *("example.gov", "pd.sampleville.gov", "navy.mil", "ci.sampleville.tx.us", "police.ci.sampleville.tx.us"),
        *(
            "co.sample.il.us",
            "state.tx.us",
            "dps.state.tx.us",
            "sampleville.k12.tx.us",
            "xpvt.k12.tx.us",
            "city.sampleville.ca.us",
        ),
    ],
)
def test_only_what_governments_alone_can_have_is_called_a_government_address(domain):
    assert hint(f"a@{domain}") == f"The sender writes from a government address ({domain})."


@pytest.mark.parametrize(
    "domain",
    [
        *("cheap-pills.us", "springfieldpolice.us", "smalltown.example.us", "ci.us", "state.us", "xstate.tx.us"),
        *("marshalls.com", "policeman.com", "mygov", "example-gov.com", "constablebooks.com", "sampleville.tx.us"),
        *("sample-school.pvt.k12.tx.us", "mail.sample.pvt.k12.ca.us", "pvt.k12.tx.us"),
    ],
)
def test_what_anybody_can_register_says_nothing(domain):
    assert hint(f"a@{domain}") == ""


@pytest.mark.parametrize(
    "domain",
    [
        *("aol.com", "att.net", "bellsouth.net", "comcast.net", "fastmail.com", "gmail.com", "gmx.com", "live.com"),
        *("googlemail.com", "hotmail.com", "icloud.com", "mail.com", "me.com", "msn.com", "outlook.com", "proton.me"),
        *("protonmail.com", "sbcglobal.net", "verizon.net", "yahoo.com", "ymail.com", "zoho.com"),
    ],
)
def test_an_address_that_anybody_can_have_for_nothing_is_called_one(domain):
    assert hint(f"a@{domain.title()}") == f"The sender writes from a free mail address ({domain})."


@pytest.mark.parametrize("domain", ["sample-police.org", "police.sampleville.org", "sample-county-sheriff.com"])
def test_a_name_only_mentions_law_enforcement(domain):
    assert hint(f"a@{domain}") == f"The sender's address mentions law enforcement ({domain})."


@pytest.mark.parametrize(
    ("organization", "message", "email"),
    [
        ("https://sampleville.gov/police", "Regards\nwww.sampleville.gov", "chief@example.com"),
        ("Sampleville PD www.sampleville.gov", "See https://www.sampleville.gov/a and /b", "chief@example.com"),
        ("sampleville.gov", "a https://sampleville.gov b www.sampleville.gov c www.sampleville.gov", "x@example.com"),
        ("https://pd.sampleville.gov", "https://www.sampleville.gov https://other.example", "a@sampleville.gov"),
        ("Sampleville PD", "\n".join(["https://pd.sampleville.gov/x"] * 6), "a@pd.sampleville.gov"),
        ("https://sampleville-pd.org, sampleville.org", "www.sampleville.org sampleville-pd.org/x", "a@example.com"),
        ("https://sampleville-pd.org/police", "https://blog.sampleville-pd.org", "a@example.com"),
        ("https://pd.sampleville.org", "https://www.sampleville.org", "a@example.com"),
        ("https://sampleville.gov/police", "https://sampleville-pd.org/policy", "a@example.com"),
        ("Sampleville PD", "https://cops.usdoj.gov/x\n" * 5, "a@example.com"),
    ],
)
def test_a_site_of_ones_own_is_no_sign_of_spam(organization, message, email):
    answers = {**CONTACT, "organization": organization, "message": message, "email": email}
    assert spam.reasons_to_hold(answers, trapped=False) == ""


@pytest.mark.parametrize(
    ("organization", "message"),
    [
        ("https://cheap-pills.example", "Buy at https://other.example"),
        ("Sampleville PD", "https://a.example https://b.example https://c.example https://d.example buy followers"),
        ("cheap-pills.com", "See www.other.example"),
    ],
)
def test_links_to_other_peoples_sites_still_are(organization, message):
    answers = {**CONTACT, "organization": organization, "message": message}
    assert spam.reasons_to_hold(answers, trapped=False) != ""


def test_a_request_from_another_domain_than_the_agencys_others_is_to_be_asked_about_by_telephone():
    told = stranger("chief@evil.example.com", ["chief@police.example.gov", "clerk@example.gov"])
    assert "another e-mail domain (example.gov, police.example.gov)" in told
    assert "call the agency at a number that you know" in told


@pytest.mark.parametrize("earlier", [[], ["clerk@EXAMPLE.gov"]])
def test_an_agency_that_writes_from_its_own_domain_is_no_stranger(earlier):
    assert stranger("chief@example.gov", earlier) == ""


def test_who_asks_twice_in_the_name_of_an_agency_is_not_known_by_that():
    assert "(example.gov)" in stranger("b@evil.example.com", ["a@evil.example.com", "clerk@example.gov"])


def test_at_a_provider_of_free_mail_another_address_is_a_stranger():
    told = stranger("mallory@gmail.com", ["chief.real@gmail.com"])
    assert "another address at gmail.com" in told
    assert "call the agency at a number that you know" in told
    assert stranger("Chief.Real@gmail.com", ["chief.real@GMAIL.com"]) == ""


def test_an_agency_is_known_by_its_certification_however_long_ago_its_plaque_was_mailed(
    post, inbox, clock, office, submitted, table
):
    office.do(submitted("plaque"), "mark")
    clock.forward(days=400)
    yesterday = f"{promises.now() - timedelta(days=1):%Y-%m-%d}"
    reference = submitted("plaque", completed=yesterday, email="chief@evil.example.com")
    [told] = [each["text"] for each in inbox.to_staff() if reference in each["subject"]]
    assert "another e-mail domain (police.example.gov)" in told
    office.begin_session()
    assert "another e-mail domain (police.example.gov)" in office.get(f"/desk/{reference}").words


def test_staff_are_told_where_a_stranger_asks_in_the_name_of_an_agency_on_file(post, inbox, clock):
    post("plaque", PLAQUE)
    inbox.deliver()
    clock.forward(minutes=1)
    post("plaque", PLAQUE | {"email": "chief@evil.example.com", "street1": "1 Other Street"})
    inbox.deliver()
    warned = ["call the agency at a number that you know" in each["text"] for each in inbox.to_staff()]
    assert warned.count(True) == 1
