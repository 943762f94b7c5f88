"""Normalizes names and numbers that people spell in many ways, so that they can be found and compared."""

import re
from unicodedata import category, normalize

from normalize.cleaning import INVISIBLE

MEANT = {
    "pd": "police department",
    "dept": "department",
    "st": "saint",
    "co": "county",
    "twp": "township",
    "ft": "fort",
    "mt": "mount",
    "univ": "university",
}
"""Abbreviations in the names of agencies."""
SMALL = {"a", "and", "department", "of", "office", "the"}
"""Words that are often left out of the name of an agency."""
PUNCTUATION = str.maketrans(
    dict.fromkeys(
        "`\u02b9\u02bb\u02bc\u02c8\u05f3\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u275b\u275c\ua78c", "'"
    )
    | dict.fromkeys("\u00ab\u00bb\u201c\u201d\u201e\u201f\u275d\u275e\u301d\u301e", '"')
    | dict.fromkeys("\u2043\u2212", "-")
    | dict.fromkeys("\u2044\u2215", "/")
)
"""Apostrophes, letters like them, quotation marks, and dashes that Unicode does not call so."""
SLIP_IN = 4
"""Shortest word, in letters, in which one wrong letter is a slip and not another word."""


def plain(text: str) -> str:
    """Return one spelling of all that read the same: case, compatibility forms, quotes, dashes, spaces, a last stop.

    What Unicode's NFKC_Casefold makes equal is equal here.
    """
    one = text.casefold() if text.isascii() else _compatible(text)
    one = re.sub(" ?-+ ?", "-", " ".join(one.translate(PUNCTUATION).replace("''", '"').split()))
    return one.rstrip(" .,")


def agency_key(name: str, state: str) -> str:
    """Return the key of an agency, equal for every spelling of its name."""
    return f"{plain(name)} ({state})"


KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")


def folded(text: str) -> str:
    """Return the words in lower case without accents and punctuation, short forms written out.

    `St. Mary's P.D.` is `saint marys police department`; O'Brien is OBrien, Kapa\u02bba is Kapaa.
    """
    letters = "".join(c for c in normalize("NFKD", plain(text).replace("'", "")) if category(c) != "Mn")
    letters = re.sub(r"\b([a-z])\.(?=[a-z]\b)", r"\1", letters)  # p.d. is one short form, not two words
    return " ".join(MEANT.get(word, word) for word in re.findall(r"\w+", letters))


def is_alike(one: str, other: str) -> bool:
    """Return whether two names may be of one agency: a slip in a word, a word joined or divided, a small word left out.

    Numbers tell agencies apart, as in Precinct 4 and Precinct 5.
    """
    words, others = ([word for word in folded(name).split() if word not in SMALL] for name in (one, other))
    if "".join(words) == "".join(others):
        return True
    pairs = zip(words, others, strict=False)
    return len(words) == len(others) and all(a == b or _is_slip(a, b) for a, b in pairs)


def is_one_slip_away(typed: str, meant: str) -> bool:
    """Return whether two words differ by one letter missing, extra or wrong, or by two swapped neighbors."""
    if abs(len(typed) - len(meant)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), len(meant))
    rest, wanted = typed[start:], meant[start:]
    exchanged = rest[1:2] + rest[:1] + rest[2:]
    return wanted in (rest[1:], exchanged) or rest[1:] == wanted[1:] or rest == wanted[1:]


def digits_of(text: str) -> str:
    """Return the digits of a telephone number, without a leading 1 of the country."""
    digits = re.sub(r"\D", "", text)
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def dialed(text: str) -> str:
    """Return what a telephone dials (RFC 3966): `(555) 555-0123 ext. 4` is `5555550123;ext=4`; words are dialed too."""
    number, extension = text, ""
    for mark in re.finditer("extension|ext|x|#", text, re.IGNORECASE):
        if re.fullmatch("[0-9]{1,8}", after := text[mark.end() :].strip(" .:")):
            number, extension = text[: mark.start()], after
    dialed = re.sub("[^0-9+]", "", number.casefold().translate(KEYPAD))
    return f"{dialed};ext={extension}" if extension else dialed


def _compatible(text: str) -> str:
    """Return the text in NFKC_Casefold (Unicode, D146), with every dash a hyphen and a lone accent an apostrophe."""
    one = normalize("NFD", text)
    for _ in range(2):
        one = normalize("NFKC", re.sub(f"[{INVISIBLE}]", "", one).casefold())
    one = "".join("-" if category(c) == "Pd" else c for c in one)
    return re.sub("(?:^| )\u0301", "'", one)  # of an acute accent that was typed for an apostrophe


def _is_slip(one: str, other: str) -> bool:
    long = min(len(one), len(other)) >= SLIP_IN
    return long and not re.search("[0-9]", one + other) and is_one_slip_away(one, other)
