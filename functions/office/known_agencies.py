"""Recognizes an agency that is certified already under another spelling of its name, or under another name.

An agency renews two years later, when its earlier request is gone, perhaps by other people with another idea of its
name. Only the office can tell that it is the same one; this tells the office where to look.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import sender_hint
from forms.form import reference_in
from normalize import addresses, folding, states
from storage import certifications
from storage.certifications import Certification
from storage.submissions import Submission

SHOWN = 5
NAME = "a similar name"


@dataclass(frozen=True)
class Known:
    """A certified agency that a request may renew, and why."""

    certification: Certification
    reasons: tuple[str, ...]


def found(query: str) -> list[Certification]:
    """Return the certified agencies to show for a query: by the reference of their request, then those that it names.

    A scan: the table has one item for each certified agency, few enough.
    """
    everybody, reference = list(certifications.everybody()), reference_in(query)
    agencies = [each for each in everybody if each.reference == reference]
    return agencies + [each for each in named(query, everybody) if each not in agencies]


def named(query: str, certified: Iterable[Certification]) -> list[Certification]:
    """Return the certified agencies that a query names: words of a name or an address, or their beginnings, or nearly.

    Names that it had before count too, and the address that its invitations go to. Beside such a word may stand its
    state: `Springfield, MO`.
    """
    words = folding.folded(query).split()
    letters = states.letters_in(query)
    return [each for each in certified if words and _is_named(query, words, letters, each)]


def _is_named(query: str, words: list[str], letters: Mapping[str, str], each: Certification) -> bool:
    known = [word for name in each.names for word in _written(name)] + re.split(r"\W+", each.email.lower())

    def is_in_names(word: str) -> bool:
        return any(there.startswith(word) or folding.is_slip(word, there) for there in known)

    def is_state(word: str) -> bool:
        return letters.get(word) == each.state or word in _written(states.STATE_NAMES[each.state])

    if all(is_in_names(word) or is_state(word) for word in words) and any(map(is_in_names, words)):
        return True
    return any(folding.is_near(query, name) for name in each.names)


@lru_cache(maxsize=8192)
def _written(name: str) -> set[str]:
    """Return the words of a name, folded: as a whole, as in OFallon, and as each is written, as in O' Fallon."""
    return {word for text in (name, *name.split()) for word in folding.folded(text).split()}


def may_renew(submission: Submission, certified: Iterable[Certification]) -> list[Known]:
    """Return the certified agencies that this request may renew, the likeliest first, at most SHOWN.

    Empty if the request is finished (then `certified` is not read), or if it is settled, by the office or by the
    agency's name, which certification it renews.
    """
    if not (submission.agency and submission.is_open):
        return []
    certified = list(certified)
    near = [Known(each, reasons) for each in certified if (reasons := _reasons(submission, each))]
    if not near:
        return []
    decided = submission.certification or certifications.id_for(submission.agency)
    if any(each.id == decided for each in certified):
        return []
    return sorted(near, key=lambda known: len(known.reasons), reverse=True)[:SHOWN]


def renewed_by(submission: Submission) -> Certification | None:
    """Return the certification that a request renews by the office's word or by its name, None if there is none."""
    if submission.certification:
        return certifications.get(submission.certification)
    return certifications.of_agency(submission.agency or "")


def namesake(certified: Certification) -> Certification | None:
    """Return the certification that an agency's present name leads to, if it is another one; None if it is its own.

    Two have one name where a request was corrected, or an agency renamed, to the name of one that is certified.
    """
    other = certifications.of_agency(folding.agency_key(certified.name, certified.state))
    return None if other is None or other.id == certified.id else other


def known_addresses(
    submission: Submission, renewed: Certification | None, earlier: Iterable[Submission], near: Iterable[Known]
) -> list[str]:
    """Return the addresses that an agency is known by: of the certification that the request renews, or else of those
    with a similar name and of its earlier requests. `renewed` is from renewed_by, `near` from may_renew.

    A certification is kept for years, and there is one only because the office mailed a plaque.
    """
    if renewed and renewed.email and renewed.reference != submission.reference:
        return [renewed.email]
    similar = [known.certification for known in near if NAME in known.reasons]
    return [each.email for each in similar if each.email] + [each.answers["email"] for each in earlier]


@lru_cache(maxsize=8192)
def _identity(address: str) -> str:
    # A page of requests is compared with the same agencies; this is most of what it costs.
    return addresses.identity(address)


def _reasons(submission: Submission, certified: Certification) -> tuple[str, ...]:
    answers = submission.answers
    if answers["agency_state"] != certified.state:
        return ()
    one, other = _identity(answers["email"]), _identity(certified.email)
    domain = sender_hint.domain_of(one)
    of_one_domain = domain == sender_hint.domain_of(other) and domain not in sender_hint.FREE_MAIL
    found = {
        NAME: folding.is_near(answers["agency"], certified.name),
        "the same e-mail address": one == other,
        "the same e-mail domain": one != other and of_one_domain,
        "the same ZIP code": answers["zip"][:5] == certified.zip,
    }
    return tuple(reason for reason, holds in found.items() if holds)
