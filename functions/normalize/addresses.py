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
"""Longest address, in characters. Longer text is no address; checking it would cost time."""
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
ONE_END = {"gmail", "hotmail", "icloud", "outlook", "yahoo"}
"""Names that nobody else has below these ends."""
MAILBOXES = ("aol", *sorted(ONE_END), "msn")
"""Names that people give without their end: jordan@gmail."""
ENDS = ("com", "edu", "gov", "mil", "net", "org")
LIKE_ENDS = {
    *("bet", "bom", "cam", "gop", "got", "mit", "mom", "mov", "nec", "new", "next", "ntt", "ong", "pet", "ril", "vet")
}
"""Top-level domains that exist and differ in one letter from one of these."""
PASTED = (
    r"[^<>@]*<([^<>]+)>|[\[(\"']?([^<>\s]+@[^<>\s]+?)[\])\"']? ?<(?:mailto:)?\2>"
    r"|(?:mailto|e-?mail):(?://)?([^?]+)(?:\?.*)?|[\[(\"'\u201c\u201d](.+)[\])\"'\u201c\u201d]"
)
"""An address as mail programs copy it: `Name <address>`, a link, or one in quotation marks or brackets."""
BEHIND = " .,:;/!?"
"""Punctuation that follows an address in a text or a list."""
AROUND_SIGNS = "(?<! ) *([.@]) *"
AT_IN_WORDS = r" ?[(\[<{] ?at ?[)\]>}] ?| at "
WRONG_FORM = "Enter an e-mail address in the form name@example.gov"


class NotMailable(ValueError):
    """Our e-mail cannot reach this address. The message tells the person what to do."""


def normalized(typed: str) -> str:
    """Return the address in ASCII, as SES accepts it; the part before the @ keeps its case. Raises NotMailable.

    Checks the syntax, without DNS: a department's mail server may be down today.
    """
    if _is_ordinary(typed):
        return _with_small_domain(typed)
    if len(typed) > LIMIT:
        raise NotMailable(WRONG_FORM)
    text = unicodedata.normalize("NFC", cleaning.line(typed)).translate(APOSTROPHES).translate(AT_SIGNS)
    text = text.rstrip(BEHIND)
    # Few are pasted: the pattern is compiled when it is first needed, to keep cold starts short.
    if not _is_ordinary(text) and (pasted := re.fullmatch(PASTED, text, re.IGNORECASE)):
        text = next(filter(None, pasted.groups())).strip()
    if _is_ordinary(text):
        return _with_small_domain(text)
    local = text.rpartition("@")[0]
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
        raise NotMailable(_suggestion(text)) from None
    if address is None or "=?" in address:  # in a header that begins an encoded word, which may hide other addresses
        raise NotMailable(WRONG_FORM)
    return address


def _with_small_domain(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def _is_ordinary(text: str) -> bool:
    return len(text) <= ORDINARY_LIMIT and ORDINARY.fullmatch(text) is not None


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
    *names, end = domain.removeprefix("www.").split(".")
    if len(names) > 1 and names[-1] in ENDS and end in {*ENDS, "us"}:
        end = names.pop()
    if len(end) > 2 and end not in ENDS and end not in LIKE_ENDS:
        end = next((each for each in ENDS if is_one_slip_away(end, each)), end)
    if len(names) == 1 and names[0] in ONE_END and end in ENDS:
        end = "com"
    mended = ".".join((*names, end))
    if mended not in NEIGHBORS and mended not in COMMON:
        mended = next((common for common in COMMON if is_one_slip_away(mended, common)), mended)
    return mended if mended != domain else ""


def _suggestion(text: str) -> str:
    """Return the message about a text that is no address: with the address that was probably meant, if there is one."""
    mended = text.replace(",", ".") if "@" in text else re.sub(AT_IN_WORDS, "@", text, count=1)
    mended = re.sub("@+", "@", re.sub(AROUND_SIGNS, r"\1", mended)).replace("..", ".")
    local, _, domain = mended.rpartition("@")
    written = domain.lower().removesuffix("com")
    name = next((each for each in MAILBOXES if written == each or is_one_slip_away(written, each)), "")
    mended = f"{local}@{name}.com" if name else mended
    return f"{WRONG_FORM}. Did you mean {mended}?" if mended != text and is_mailable(mended) else WRONG_FORM
