"""Normalizes names and numbers that people spell in many ways, so that they can be found and compared."""

import re
from unicodedata import category, normalize

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
DROPPED = re.compile("['`\u00b4\u02bb\u02bc\u2018\u2019]")
"""Apostrophes and letters like them: O'Brien is OBrien, Kapa\u02bba is Kapaa."""

EXTENSION = re.compile(r"(.*?)(?:[\s,;]*(?:extension|ext|x|#)[\s.:]*(\d{1,8}))?", re.IGNORECASE | re.DOTALL)
KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")


def folded(text: str) -> str:
    """Return the words in lower case without accents and punctuation, short forms written out.

    `St. Mary's P.D.` is `saint marys police department`.
    """
    plain = "".join(c for c in normalize("NFKD", DROPPED.sub("", text)).casefold() if category(c) != "Mn")
    plain = re.sub(r"\b([a-z])\.(?=[a-z]\b)", r"\1", plain)  # p.d. is one short form, not two words
    return " ".join(MEANT.get(word, word) for word in re.findall(r"\w+", plain))


def digits_of(text: str) -> str:
    """Return the digits of a telephone number, without a leading 1 of the country."""
    digits = re.sub(r"\D", "", text)
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def dialed(text: str) -> str:
    """Return what a telephone dials (RFC 3966): `(555) 555-0123 ext. 4` is `5555550123;ext=4`; words are dialed too."""
    number, extension = EXTENSION.fullmatch(text.strip()).groups()  # type: ignore[union-attr]  # matches any text
    dialed = re.sub("[^0-9+]", "", number.casefold().translate(KEYPAD))
    return f"{dialed};ext={extension}" if extension else dialed
