"""Cleans what was typed or pasted: once for every field of every form, and for all that is compared or looked up.

A paste brings characters that nobody sees: direction marks of a contact list, soft hyphens of Word, a byte order mark.
"""

import re
from functools import cache
from unicodedata import category, name

INVISIBLE = (
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Format characters (Cf), those that Unicode calls default-ignorable, and U+FFFC, as ranges of a regular expression.

U+FFFC stands where a picture was in text that was copied as text alone.
"""
EMOJI = "\u00a9\u00ae\u2190-\u27ff\u2900-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
JOINED = "\u0620-\u06dc\u06de-\u070e\u0710-\u088f\u0892-\u08e1\u08e3-\u0dff"
"""Letters of scripts, from Arabic to Sinhala, whose words a joiner between two letters changes."""
KEPT = (
    "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"  # the flag of a region
    f"|[{EMOJI}][\ufe0e\ufe0f]?(?:\u200d[{EMOJI}][\ufe0e\ufe0f]?)*"  # one picture, or several that are one
    "|[0-9#*]\ufe0f\u20e3"  # the key of a telephone
    f"|[{JOINED}][\u200c\u200d](?=[{JOINED}])"
)
"""Sequences that look different with their invisible characters, which are kept there."""
LINE_ENDS = str.maketrans(dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n"))
BLANK = str.maketrans(dict.fromkeys("\u2800\U00013441\U00013442\U0001d159", " "))
"""Symbols and letters that draw nothing: the empty Braille pattern, blank hieroglyphs, the null notehead."""


def line(text: str) -> str:
    """Return one line: no invisible characters, each run of white space and line ends one space, none at the ends."""
    return _if_visible(" ".join(_without_blanks(visible(text)).split()))


def lines(text: str) -> str:
    """Return several lines, each ended by `\\n` (Word ends lines by a vertical tab), without invisible characters."""
    return _if_visible(visible(text.replace("\r\n", "\n").translate(LINE_ENDS)))


def printable(text: str) -> str:
    """Return several lines without control characters, and without white space at both ends."""
    return "".join(c for c in lines(text) if c in "\n\t" or category(c) != "Cc").strip()


def printable_line(text: str) -> str:
    """Return one line without control characters: each run of white space and line ends is one space."""
    return " ".join(printable(text).split())


def visible(text: str) -> str:
    """Drop invisible characters. Those inside an emoji, or between letters that join, change what is seen and stay."""
    return text if text.isascii() else _pattern().sub(lambda found: found[1] or "", text)


def named(character: str) -> str:
    """Name a character so that people can find it, whatever it looks like: `"é" (latin small letter e with acute)`."""
    words = name(character, f"character {ord(character):04X}").lower()
    return f'"{character}" ({words})' if character.isprintable() else f"a hidden character ({words})"


def _if_visible(text: str) -> str:
    """Return the text, or an empty one if nothing in it is visible, such as an accent without a letter."""
    return text if any(category(each)[0] not in "CMZ" for each in _without_blanks(text)) else ""


def _without_blanks(text: str) -> str:
    """Put a space for each character of BLANK, none of which is ASCII."""
    return text if text.isascii() else text.translate(BLANK)  # which looks up every letter


@cache
def _pattern() -> re.Pattern[str]:
    # Compiled when first needed: most answers are ASCII, and a cold start counts.
    return re.compile(f"({KEPT})|[{INVISIBLE}]")
