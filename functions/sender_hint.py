"""Tells staff what the sender's address suggests about them. A hint only; nothing depends on it."""

import re
from collections.abc import Iterable

GOVERNMENT = re.compile(
    r".*[.](gov|mil|fed[.]us)"
    r"|(.*[.])?(ci|city|co|county|town|township|twp|vil|village|boro|borough|parish)[.][^.]+[.][a-z]{2}[.]us"
    r"|(.*[.])?(state|k12|cc|tec|lib|dst|cog)[.][a-z]{2}[.]us"
)
"""Domains that only governments get. Below .us, these are the names of state and local ones (RFC 1480): anyone may
register a plain name.us."""
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
    domain = _domain(address)
    if domain in FREE_MAIL:
        return f"The sender writes from a free mail address ({domain})."
    if GOVERNMENT.fullmatch(domain):
        return f"The sender writes from a government address ({domain})."
    words = re.split("[.-]", domain)
    if AGENCY.intersection(words) or "public-safety" in domain:
        return f"The sender's address mentions law enforcement ({domain})."
    return ""


def stranger(address: str, earlier: Iterable[str]) -> str:
    """Return a warning if earlier requests of the agency came from other e-mail domains only, empty otherwise."""
    domains = {_domain(each) for each in earlier}
    if not domains or _domain(address) in domains:
        return ""
    return (
        f"Earlier requests for this agency came from another e-mail domain ({', '.join(sorted(domains))}). "
        "Before you mail or change anything, call the agency at a number that you know."
    )


def _domain(address: str) -> str:
    # The part after the last @: a quoted local part may contain one.
    return address.rpartition("@")[2].strip().lower()
