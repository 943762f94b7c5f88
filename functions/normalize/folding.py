"""Normalizes names and numbers that people spell in many ways, so that they can be found and compared."""

import re
from functools import lru_cache
from unicodedata import category, decimal, normalize

MEANT = {
    "pd": "police department",
    "dept": "department",
    "st": "saint",
    "co": "county",
    "cnty": "county",
    "twp": "township",
    "ft": "fort",
    "mt": "mount",
    "ofc": "office",
    "univ": "university",
}
"""Abbreviations in the names of agencies."""
SMALL = {"a", "and", "department", "of", "office", "the"}
"""Words that are often left out of the name of an agency."""
PUNCTUATION = str.maketrans(
    dict.fromkeys(
        "`\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\u05f3\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u275b\u275c\ua78c",
        "'",
    )
    | dict.fromkeys("\u00ab\u00bb\u201c\u201d\u201e\u201f\u275d\u275e\u301d\u301e", '"')
    | dict.fromkeys("\u2043\u2212", "-")
    | dict.fromkeys("\u2044\u2215", "/")
)
"""Apostrophes, letters like them, quotation marks, and dashes that Unicode does not call so; of ASCII, the ` alone."""
OF_A_PLACE = {"borough", "city", "county", "town", "township", "village"}
"""Words for a place. They tell agencies apart, and are often left out as well."""
BESIDE_A_NAME = r" \([A-Z.]{2,6}\)$|, ?[A-Z]{2}$"
"""Letters in parentheses, or a state, that stand behind a name and are no part of it."""
SLIP_IN = 4
"""Shortest word, in letters, in which one wrong letter is a slip and not another word."""


def plain(text: str) -> str:
    """Return one spelling of all that read the same: case, compatibility forms, quotes, dashes, spaces, a last stop.

    What Unicode's NFKC_Casefold makes equal is equal here.
    """
    one = text.casefold().replace("`", "'") if text.isascii() else _compatible(text).translate(PUNCTUATION)
    one = " ".join(one.replace("''", '"').split())
    if "-" in one:
        one = re.sub(" ?-+ ?", "-", one)
    if "' " in one:
        one = re.sub(r"(?<!')\b([a-z])' (?=\w)", r"\1'", one)  # O' Fallon, and no plural as in Officers' Association
    return one.rstrip(" .,")


def agency_key(name: str, state: str) -> str:
    """Return the key of an agency, equal for every spelling of its name."""
    return f"{plain(name)} ({state})"


KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
SHORTEST_NUMBER = 7
"""Fewest digits of a telephone number. A shorter one, such as that of a room, is dialed only if there is no other."""
NATIONAL_DIGITS = 10
RUN = r"(?:\+[ (]*)?[0-9](?:(?:[ ()._\u00b7\u2022-]*|/)[0-9])*"
"""Digits with what people write between them. Behind a comma, a word, or a slash with spaces begins another number."""
GAP = r"[ ()./_\u00b7\u2022-]*"
NATIONAL = rf"(?:\+?[ (]*1)?{GAP}[2-9][0-9]{{2}}{GAP}[0-9]{{3}}{GAP}[0-9]{{4}}(?![0-9])"
"""A number of North America; what follows is another one, or an extension."""
TOLL_FREE = "8(?:00|33|44|55|66|77|88)"
LETTERS_LAST = "|".join(rf"(?:[0-9][ .-]*){{{first}}}[a-z](?:-?[a-z0-9]){{{6 - first}}}" for first in range(4))
VANITY = (
    rf"(?<![0-9])(?:\+?1[ ().-]*)?(?:{TOLL_FREE}(?!(?<=[a-z] ...) )[ ).-]*|[2-9](?!11)[0-9]{{2}}[).-] ?)"
    rf"(?:{LETTERS_LAST})(?:(?<=[a-z])[a-z]*|(?![ ()./-]*[0-9]))"
)
"""A number with a word in it, `1-800-FLOWERS`. Where another number follows the word, the word has all its letters: the
digits in `888 Main-555-555-0100` are no part of one. `Unit 888 Records` is none."""
OF_DIGITS = r"(?<![^\W_])(?=[0-9]*[OoIil])(?=[OoIil]*[0-9])[0-9OoIil]+(?![^\W_])"
"""A word of digits with letters that look like them."""
LIKE_DIGITS = str.maketrans("OoIil", "00111")
EXTENSION = r"[^0-9]*?(?<![a-z])(?:extension|extn?|x|#)[ .:=]*([0-9]{1,8})(?![0-9]|[ .-][0-9])"


def folded(text: str) -> str:
    """Return the words in lower case without accents and punctuation, short forms written out.

    `St. Mary's P.D.` is `saint marys police department`; O'Brien is OBrien, Kapa\u02bba is Kapaa.
    """
    letters = plain(text).replace("'", "")
    if not letters.isascii():
        letters = "".join(c for c in normalize("NFKD", letters) if category(c) != "Mn")
    letters = re.sub(r"\.(?<=\b[a-z]\.)(?=[a-z]\b)", "", letters)  # p.d. is one short form, not two words
    return " ".join(MEANT.get(word, word) for word in re.findall(r"\w+", letters))


def is_alike(one: str, other: str) -> bool:
    """Return whether two names may be of one agency: a slip in a word, words joined, divided or in another order.

    Numbers tell agencies apart, as in Precinct 4 and Precinct 5.
    """
    return _is_alike(one, other, SMALL)


def is_near(one: str, other: str) -> bool:
    """Return whether two names may be of one agency, without regard to the words of OF_A_PLACE, such as `city`."""
    return _is_alike(one, other, SMALL | OF_A_PLACE)


@lru_cache(maxsize=8192)
def words_of(name: str) -> list[str]:
    """Return the words of a name, folded."""
    # One request is compared with every agency of its state, and a list of requests with the same ones.
    return folded(re.sub(BESIDE_A_NAME, "", name)).split()


def _is_alike(one: str, other: str, left_out: set[str]) -> bool:
    words, others = ([word for word in words_of(name) if word not in left_out] for name in (one, other))
    if "".join(words) == "".join(others) or sorted(words) == sorted(others):
        return True
    pairs = zip(words, others, strict=False)
    return len(words) == len(others) and all(a == b or is_slip(a, b) for a, b in pairs)


def is_one_slip_away(typed: str, meant: str) -> bool:
    """Return whether two words differ by one letter missing, extra or wrong, or by two swapped neighbors."""
    if abs(len(typed) - len(meant)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), len(meant))
    rest, wanted = typed[start:], meant[start:]
    exchanged = rest[1:2] + rest[:1] + rest[2:]
    return wanted in (rest[1:], exchanged) or rest[1:] == wanted[1:] or rest == wanted[1:]


def numerals(text: str) -> str:
    """Return the text with digits of any script as 0 to 9, and with O, I, i, l among digits as 0 and 1."""
    digits = text if text.isascii() else re.sub(r"(?![0-9])\d", lambda digit: str(int(digit[0])), text)
    return re.sub(OF_DIGITS, lambda word: word[0].translate(LIKE_DIGITS), digits)


def numbers_in(text: str) -> list[str]:
    """Return the digits of each telephone number in a text, one string for each, without the country's leading 1."""
    found = []
    written = re.sub(VANITY, lambda vanity: f"{_digits_of(vanity[0])} ", numerals(plain(text)))
    for run in re.findall(RUN, written):
        rest = run
        while number := re.match(NATIONAL, rest):
            found.append(_without_country(number[0]))
            rest = rest[number.end() :]
        found.append(_without_country(rest))
    return [digits for digits in found if digits]


def lacks_area_code(text: str) -> bool:
    """Return whether no number in a text is long enough to be called from everywhere, but one is in its own area."""
    if re.search(r"\+\s?[2-9]", plain(text)):
        return False  # another country's, which may be as short
    longest = max(map(len, numbers_in(text)), default=0)
    return SHORTEST_NUMBER <= longest < NATIONAL_DIGITS


def _digits_of(vanity: str) -> str:
    """Return the digits of a number with a word in it: of 1-800-CONTACTS, a telephone takes no eighth letter."""
    return re.sub("[^0-9]", "", vanity.translate(KEYPAD)).removeprefix("1")[:NATIONAL_DIGITS]


def _without_country(number: str) -> str:
    digits = re.sub("[^0-9]", "", number)
    return digits[1:] if len(digits) == NATIONAL_DIGITS + 1 and digits.startswith("1") else digits


def dialed(text: str) -> str:
    """Return what a telephone dials (RFC 3966): `Cell (555) 555-0123 ext. 4` is `+15555550123;ext=4`.

    Of several numbers the first. Words are dialed inside a number only, as in 1-800-FLOWERS. A number that is not a
    complete one of North America stays as it is.
    """
    written = numerals(plain(text))
    runs = [*re.finditer(RUN, written)]
    whole = [run for run in runs if len(re.sub("[^0-9]", "", run[0])) >= SHORTEST_NUMBER]
    vanity = re.search(VANITY, written)
    first = min((*filter(None, [vanity]), *whole), key=re.Match.start, default=next(iter(runs), None))
    if first is None:
        return ""
    number = re.match(NATIONAL, first[0]) or first
    behind = re.match(EXTENSION, written[first.start() + len(number[0]) :])
    digits = _digits_of(number[0]) if first is vanity else re.sub("[^0-9+]", "", number[0])
    if "+" not in digits and len(_without_country(digits)) == NATIONAL_DIGITS:
        digits = f"+1{_without_country(digits)}"
    return f"{digits};ext={behind[1]}" if behind else digits


def _compatible(text: str) -> str:
    """Return the text in NFKC_Casefold (Unicode, D146), with every dash a hyphen, every digit one of 0 to 9, and a lone
    accent an apostrophe."""
    from normalize.cleaning import INVISIBLE  # most text is ASCII; the site build reads one telephone number

    one = normalize("NFD", text)
    for _ in range(2):
        one = normalize("NFKC", re.sub(f"[{INVISIBLE}]", "", one).casefold())
    one = "".join("-" if category(c) == "Pd" else str(decimal(c, c)) for c in one)
    return re.sub("(?:^| )\u0301", "'", one)  # of an acute accent that was typed for an apostrophe


def is_slip(one: str, other: str) -> bool:
    """Return whether two long words differ by one slip of the fingers; numbers never do."""
    long = min(len(one), len(other)) >= SLIP_IN
    return long and not re.search("[0-9]", one + other) and is_one_slip_away(one, other)
