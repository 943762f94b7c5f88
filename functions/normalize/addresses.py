"""Normalizes e-mail addresses. The normalized form is what is stored, mailed to, compared, and hashed into ids.

Two spellings that reach one mailbox are one address: the domain in another case, in its own script or in ASCII (IDNA),
composed or decomposed, in full-width letters; a curly apostrophe where the straight one belongs.
"""

import re
import unicodedata

from normalize import cleaning
from normalize.folding import is_one_slip_away

ORDINARY = re.compile(
    r"[a-z0-9_+-]+(\.[a-z0-9_+-]+)*@([a-z0-9]+(-[a-z0-9]+)*\.)+(com|edu|gov|mil|net|org|us)", re.IGNORECASE | re.ASCII
)
"""Ordinary addresses, which need no slow import of the library."""
ORDINARY_LIMIT = 64
LIMIT = 320
"""Longest address, in characters. Longer text is none, and would cost time."""
LOCAL_LIMIT = 64
"""Longest part before the @, in characters (RFC 5321, 4.5.3.1.1)."""
APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u201b\u02bc\uff07", "'"))
"""Characters that word processors and phones put for an apostrophe."""
AT_SIGNS = str.maketrans(dict.fromkeys("\uff20\ufe6b", "@"))
COMMON = (
    *("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com"),
    *("comcast.net", "verizon.net", "sbcglobal.net", "bellsouth.net", "protonmail.com"),
)
"""Common domains that people mistype. Shorter ones are left out: too many real domains are similar."""
NEIGHBORS = {"mail.com", "email.com", "ymail.com"}
"""Real domains that differ in one letter from a common one."""
MISTYPED_ENDS = {
    **dict.fromkeys(("con", "cmo", "comm", "ocm", "vom", "xom"), "com"),
    **dict.fromkeys(("nett", "ner", "nte"), "net"),
    **dict.fromkeys(("ogr", "orgg", "rog"), "org"),
    **dict.fromkeys(("gvo", "goc", "govv", "ogv"), "gov"),
}
"""Top-level domains that do not exist."""
WRONG_FORM = "Enter an e-mail address in the form name@example.gov"


class NotMailable(ValueError):
    """Our e-mail cannot reach this address. The message tells the person what to do."""


def normalized(typed: str) -> str:
    """Return the address in ASCII, as SES accepts it; the part before the @ keeps its case. Raises NotMailable.

    Checks the syntax, without DNS: a department's mail server may be down today.
    """
    if len(typed) > LIMIT:
        raise NotMailable(WRONG_FORM)
    text = unicodedata.normalize("NFC", cleaning.line(typed)).translate(APOSTROPHES).translate(AT_SIGNS)
    local, _, domain = text.rpartition("@")
    if len(text) <= ORDINARY_LIMIT and ORDINARY.fullmatch(text):
        return f"{local}@{domain.lower()}"
    if strange := next((character for character in local if not character.isascii()), ""):
        raise NotMailable(
            f"We cannot send e-mail to an address with {cleaning.named(strange)} before the @; "
            "replace that character, or enter another address"
        )
    if len(local) > LOCAL_LIMIT:
        raise NotMailable(f"The part before the @ must be {LOCAL_LIMIT} characters or fewer; you have {len(local)}")
    from email_validator import EmailNotValidError, validate_email  # imported here: a fifth of a cold start

    try:
        address = validate_email(text, check_deliverability=False).ascii_email
    except EmailNotValidError:
        raise NotMailable(WRONG_FORM) from None
    if address is None or "=?" in address:  # in a header that begins an encoded word, which may hide other addresses
        raise NotMailable(WRONG_FORM)
    return address


def is_mailable(typed: str) -> bool:
    """Return whether our e-mail can reach the address."""
    try:
        normalized(typed)
    except NotMailable:
        return False
    return True


def identity(typed: str) -> str:
    """Return the key of a person: the normalized address in lower case, or the text if it is not an address."""
    try:
        return normalized(typed).lower()
    except NotMailable:
        return unicodedata.normalize("NFKC", cleaning.line(typed[:LIMIT])).casefold()


def meant(address: str) -> str:
    """Return the domain that was probably meant, empty if there is no sign of a typo."""
    domain = address.rpartition("@")[2]
    name, _, end = domain.rpartition(".")
    mended = f"{name}.{MISTYPED_ENDS.get(end, end)}"
    if mended not in NEIGHBORS and mended not in COMMON:
        mended = next((common for common in COMMON if is_one_slip_away(mended, common)), mended)
    return mended if mended != domain else ""
