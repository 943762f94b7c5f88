"""Tells staff what the sender's address suggests about them. A hint only; nothing depends on it."""

import re
from collections.abc import Iterable

GOVERNMENT = (
    r".*[.](gov|mil|fed[.]us)"
    r"|(.*[.])?(ci|city|co|county|town|township|twp|vil|village|boro|borough|parish)[.][^.]+[.][a-z]{2}[.]us"
    r"|(?!(?:.*[.])?pvt[.]k12[.])(.*[.])?(state|k12|cc|tec|lib|dst|cog)[.][a-z]{2}[.]us"
)
"""Domains that only governments get. Below .us, these are the names of state and local ones (RFC 1480): anyone may
register a plain name.us, and a private school is below pvt.k12."""
FREE_MAIL = {
    "aol.com",
    "att.net",
    "bellsouth.net",
    "comcast.net",
    "fastmail.com",
    "gmail.com",
    "gmx.com",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.com",
    "me.com",
    "msn.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "sbcglobal.net",
    "verizon.net",
    "yahoo.com",
    "ymail.com",
    "zoho.com",
}
AGENCY = {
    *("police", "policia", "sheriff", "sheriffs", "marshal", "marshals", "trooper", "troopers"),
    *("constable", "constables", "publicsafety"),
}
"""Words for law enforcement, matched as whole words of a name."""


def hint(address: str) -> str:
    """Return one sentence about the address, empty if there is nothing to say."""
    domain = domain_of(address)
    if domain in FREE_MAIL:
        return f"The sender writes from a free mail address ({domain})."
    if re.fullmatch(GOVERNMENT, domain):
        return f"The sender writes from a government address ({domain})."
    words = re.split("[.-]", domain)
    if AGENCY.intersection(words) or "public-safety" in domain:
        return f"The sender's address mentions law enforcement ({domain})."
    return ""


def stranger(address: str, known: Iterable[str]) -> str:
    """Return a warning if the agency is known by another e-mail domain, or by another address of one free provider.

    Empty otherwise. One such address is enough, even if this one is known too: a stranger who asks twice must not
    become known by the first request.
    """
    known, domain = list(known), domain_of(address)
    others = {domain_of(each) for each in known} - {domain}
    if others:
        where = f"another e-mail domain ({', '.join(sorted(others))})"
    elif domain in FREE_MAIL and {each.strip().lower() for each in known} - {address.strip().lower()}:
        where = f"another address at {domain}, where anybody can have one"
    else:
        return ""
    return (
        f"An earlier request of this agency, or in a similar name, came from {where}. "
        "Before you mail or change anything, call the agency at a number that you know."
    )


def domain_of(address: str) -> str:
    """Return the domain of an e-mail address, in lower case."""
    # The part after the last @: a quoted local part may contain one.
    return address.rpartition("@")[2].strip().lower()
