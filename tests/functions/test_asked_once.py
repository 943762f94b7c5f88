"""A likely slip in an answer is asked about once, and then taken as it is."""

import re
from pathlib import Path

import hypothesis.vendor
import pytest

from normalize import addresses
from tests.support.samples import SAMPLES

COMMON = [
    *("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com"),
    *("comcast.net", "verizon.net", "sbcglobal.net", "bellsouth.net", "protonmail.com"),
]
SLIPS = {
    "gmial.com": "gmail.com",
    "gmail.con": "gmail.com",
    "gmal.com": "gmail.com",
    "gamil.con": "gmail.com",
    "gmaill.com": "gmail.com",
    "gnail.com": "gmail.com",
    "gmail.co": "gmail.com",
    "yaho.com": "yahoo.com",
    "hotmial.com": "hotmail.com",
    "outlok.com": "outlook.com",
    "comcast.ent": "comcast.net",
    "sampleville.gvo": "sampleville.gov",
    "sampleville.govt": "sampleville.gov",
    "sampleville.con": "sampleville.com",
    "sampleville.gov.com": "sampleville.gov",
    "gmail.com.com": "gmail.com",
    "gmail.net": "gmail.com",
    "www.gmail.com": "gmail.com",
    "sample.ogr": "sample.org",
    "sample.eud": "sample.edu",
    "sample.mli": "sample.mil",
    **{f"sample.{end}.us": f"sample.{end}" for end in ("com", "edu", "gov", "mil", "net", "org")},
    **{f"{common[1]}{common[0]}{common[2:]}": common for common in COMMON},
}


@pytest.mark.parametrize(("typed", "meant"), SLIPS.items())
def test_a_slip_in_a_common_domain_is_seen(typed, meant):
    assert addresses.meant(f"jordan@{typed}") == meant


@pytest.mark.parametrize(
    "domain",
    [
        *("gmail.com", "yahoo.com", "mail.com", "email.com", "ymail.com", "gmx.com", "me.com", "aol.com", "att.net"),
        *("yahoo.ca", "sampleville.gov", "outlooks.org", "example.co", "live.com", "comcast.com.example.org"),
        *("net.com", "army.mil", "sample.mit", "sample.mom", "sample.vet", "sample.next", "ci.sample.tx.us"),
    ],
)
def test_a_domain_of_its_own_is_not_doubted(domain):
    assert addresses.meant(f"jordan@{domain}") == ""


def test_no_end_that_exists_is_doubted():
    listed = (Path(hypothesis.vendor.__file__).parent / "tlds-alpha-by-domain.txt").read_text("ascii").lower()
    ends = [end for end in listed.split("\n") if end.isalpha()]
    assert len(ends) > 1000
    assert {end: addresses.meant(f"a@sample.{end}") for end in ends if addresses.meant(f"a@sample.{end}")} == {}


@pytest.mark.parametrize("slug", ["contact", "plaque", "announcements"])
def test_the_question_is_asked_once_and_nothing_else_is_lost(slug, post, table):
    answers = SAMPLES.get(slug, {}) | {"email": "jordan@gmial.com"}
    asked = post(slug, answers)
    assert asked.status == 422
    assert "Did you mean gmail.com?" in asked.text
    assert table.items() == []
    [known] = re.findall(r'name="asked" value="([0-9a-f ]+)"', asked.text)
    assert post(slug, answers | {"email": "jordan@gmaill.com", "asked": known}).status == 422  # another slip
    assert post(slug, answers | {"asked": known}).status == 303
    assert table.items()[0]["answers"]["email"] == "jordan@gmial.com"
    assert "asked" not in table.items()[0]["answers"]


def test_a_program_is_not_asked(post):
    answers = SAMPLES["contact"] | {"email": "jordan@gmial.com"}
    assert post("contact", answers, {"accept": "application/json"}).status == 201


def test_answers_sent_by_e_mail_keep_their_lines(stand_in):
    answers = SAMPLES["contact"] | {"email": "x", "message": "one\r\ntwo\nthree"}
    from urllib.parse import urlencode

    from forms.catalog import FORMS
    from forms.form import Notice, read_form

    form = FORMS["contact"](read_form(urlencode(answers).encode()))
    [body] = re.findall(r"&amp;body=([^\"]*)", form.draw_summary(Notice("a", "b")))
    assert "one%0D%0Atwo%0D%0Athree%0D%0A" in body
    assert not re.search(r"(?<!%0D)%0A|%0D(?!%0A)", body)
