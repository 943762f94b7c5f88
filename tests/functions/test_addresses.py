"""One person is one address, however it is spelled; and what is taken as an address can be mailed to."""

import json
import string
import unicodedata
from collections import Counter
from email.headerregistry import Address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import links
import promises
from normalize import addresses
from normalize.addresses import NotMailable, identity, normalized
from office import erasure
from storage import subscribers
from storage.outbox import Owed
from tests.support.examples import examples
from tests.support.samples import SAMPLES

SPELLINGS = {
    "pat@xn--bcher-kva.com": (
        "pat@bücher.com",
        "pat@bu\u0308cher.com",
        "Pat@BÜCHER.com",
        "pat@xn--bcher-kva.com",
        " pat@XN--BCHER-KVA.com ",
    ),
    "pat@xn--strae-oqa.com": ("PAT@Straße.com", "pat@straße.COM"),
    "pat@example.gov": (
        *("\u200bpat@example.gov", "p\u00adat@example.gov", "\ufeffpat@example.gov\n", "pat@exam\u2060ple.gov"),
        *("\u202apat@example.gov\u202c", "pat@example\u200e.gov\t", "pat@example.gov\v"),
        *("mailto:pat@example.gov", "mailto://pat@example.gov", "MAILTO:pat@example.gov?subject=Hello"),
        "pat@ｅｘａｍｐｌｅ.gov",
        "PAT@EXAMPLE.GOV",
        "pat＠example.gov",
        *("pat@example.gov.", "Pat Sample <pat@example.gov>", "<pat@example.gov>", "mailto:pat@example.gov?subject=x"),
        *("'pat@example.gov'", "(pat@example.gov)", "“pat@example.gov”", "E-mail: pat@example.gov"),
        *("pat@example.gov;", '"Sample, Pat" <pat@example.gov>;'),
        "pat@example。gov",
        *("pat@example.gov <pat@example.gov>", "Pat@Example.gov <pat@example.gov>", "pat@example.gov<pat@example.gov>"),
        *("'pat@example.gov' <pat@example.gov>;", '"pat@example.gov" <pat@example.gov>'),
        "pat@example.gov <mailto:pat@example.gov>",
    ),
    "sean.o'brien@example.gov": (
        "sean.o’brien@example.gov",
        "Sean.O'Brien@example.gov",
        "sean.o‘brien@example.gov",
        "sean.oʼbrien@example.gov",
    ),
}


@pytest.mark.parametrize(("one", "spelling"), [(one, each) for one, found in SPELLINGS.items() for each in found])
def test_every_spelling_of_an_address_is_one_person(one, spelling):
    assert identity(spelling) == one
    assert normalized(spelling).isascii()


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("josé.rivera@example.gov", '"é" (latin small letter e with acute)'),
        ("jose\u0301@example.gov", '"é" (latin small letter e with acute)'),
        ("jordan‑21@example.gov", '"‑" (non-breaking hyphen)'),
        ("“jordan43”@example.gov", "left double quotation mark"),
        ("jоrdan@example.gov", '"о" (cyrillic small letter o)'),
        ("ｐat@example.gov", "fullwidth latin small letter p"),
        ("👮@example.gov", "police officer"),
        ("jord\ufffdn@example.gov", "replacement character"),
        ("x" * 65 + "@example.gov", "64 characters or fewer; you have 65"),
    ],
)
def test_an_address_that_no_mail_of_ours_can_reach_is_refused_and_the_reason_named(address, named):
    with pytest.raises(NotMailable) as refused:
        normalized(address)
    assert named in str(refused.value)


KEYS = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
NAMES = st.one_of(
    st.text(string.ascii_letters + string.digits + ".-_+'", min_size=1, max_size=70),
    st.text(KEYS, min_size=1, max_size=12),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
)
DOMAINS = st.text(st.characters(categories=["L", "M", "Nd"]), min_size=1, max_size=10)


def test_what_is_taken_can_be_mailed_and_stays_itself():
    taken = Counter()
    _can_be_mailed(taken)
    assert min(taken["ordinary"], taken["made ASCII"]) > 5


@given(name=NAMES, domain=DOMAINS)
@examples(200)
def _can_be_mailed(taken, name, domain):
    try:
        address = normalized(f"{name}@{domain}.com")
    except NotMailable:
        return
    assert address.isascii()
    assert address.isprintable()
    assert " " not in address
    assert Address(addr_spec=address).addr_spec == address  # as it stands in To, Reply-To and the envelope
    taken["ordinary" if address == f"{name}@{domain}.com" else "made ASCII"] += 1
    assert normalized(address) == address
    assert identity(identity(address)) == identity(address)


@given(DOMAINS)
@examples(300)
def test_composed_and_decomposed_are_one_domain(domain):
    composed, decomposed = (unicodedata.normalize(form, f"pat@{domain}.com") for form in ("NFC", "NFD"))
    assume(addresses.is_mailable(composed))
    assert identity(composed) == identity(decomposed)


SITE = "https://certification.example.org"
RECEIPT = Owed("SUBMISSIONS_TABLE", "XXXXXXXXXX", "receipt")
ENDS = {
    "the button": lambda address, press, _: press(links.unsubscribe_link(normalized(address)).removeprefix(SITE)),
    "erasing": lambda address, *_: erasure.erase(erasure.find(address.upper()), "office", promises.now()),
    "a bounce": lambda address, _, report: report("Bounce", RECEIPT, address, bounceType="Permanent"),
    "a complaint": lambda address, _, report: report("Complaint", RECEIPT, address),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_ends_a_subscription_reaches_whoever_signed_up_in_another_spelling(end, post, press, report):
    address = "pat@bücher.com"
    post("announcements", {"email": address})
    subscribers.subscribe(address, promises.now())
    assert subscribers.is_subscribed(normalized(address))
    ENDS[end](address, press, report)
    assert not subscribers.is_subscribed(address)


@pytest.mark.parametrize("form", ["contact", "plaque", "announcements"])
def test_no_form_promises_mail_to_an_address_that_mail_cannot_reach(form, post, table):
    answer = post(form, SAMPLES.get(form, {}) | {"email": "josé@example.gov"}, {"accept": "application/json"})
    assert answer.status == 422
    assert '"é"' in json.loads(answer.text)["errors"][0]["message"]
    assert table.items() == []
