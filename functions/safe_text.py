"""Makes typed text safe for a terminal, a spreadsheet, or the list of a mail program."""

import re
from collections.abc import Iterable
from unicodedata import normalize

FORMULA = ("=", "+", "-", "@", "|")
"""Characters that begin a formula in a spreadsheet, in any width."""

LINK = r"(?i)(?:https?://(?:[^\s/@]*@)?(?:www\.)?|www\.)([\w.-]*)"
"""A link, and its host. Text before an @ is not part of the host.

These patterns are compiled when they are first needed: a cold start for a receipt needs none.
"""
ENDS = (
    "app|biz|cc|cn|click|club|co|com|dev|gov|icu|info|io|link|live|ly|me|net|online|org|pro|ru|shop|site|store|su|tk|top"
    "|tv|us|vip|website|xyz|zip"
)
"""Top-level domains below which many people have names."""
ABBREVIATIONS = "box|capt|cmdr|col|cpl|dept|det|div|gen|insp|lt|maj|sgt|supt"
"""Words that people write directly after a period, as in `P.O.Box/12`. They are no top-level domains."""
BEFORE_A_NAME = rf"{ABBREVIATIONS}|[a-z]|adm|asst|bldg|chf|dep|dr|fr|ft|hon|mr|mrs|ms|mt|ofc|ofcr|pt|rev|sr|st|ste"
"""Words before such a period. A capitalized word behind is a name, as in `Lt.Adm/Records`, and no top-level domain."""
PATH = r"(?=:[0-9]|[/?#]+[^\s/?#])"
ALONE = rf"(?<!@)[\w.-]+\.(?:{ENDS})(?!\.?[\w@-])"
WITH_PATH = (
    rf"(?!(?:{BEFORE_A_NAME})\.(?-i:[A-Z][a-z]+)[/?#:])"
    rf"[\w.-]+\.(?!(?:{ABBREVIATIONS})[/?#:])(?:xn--[a-z0-9-]{{1,59}}|[^\W\d_]{{2,24}}){PATH}"
)
BARE_LINK = rf"(?i)(?<![\w.-])({ALONE}|{WITH_PATH})"
"""A host name that mail programs turn into a link: one below a domain of ENDS, as in `example.com`, and any that has a
port or a path, as in `example.xyz/page`."""
LEADS_ON = rf"(?i)[a-z]://|\bwww\.|(?<![\w.-])(?:{ALONE}{PATH}|{WITH_PATH})"
"""An address with its scheme, `www.`, a port or a path, which is no one's name. `example.org` alone may be one."""


def readable(text: str) -> str:
    """Return the text with each letter and period in the one form that programs look for in a link."""
    return normalize("NFKC", text).replace("\N{IDEOGRAPHIC FULL STOP}", ".")


def unlinked(text: str) -> str:
    """Return one line in which no mail program finds a link to a page: `example.com/page` is `example[.]com/page`.

    A domain alone stays as it is: agencies are called so.
    """
    return " ".join(_unlinked(word) if re.search(LEADS_ON, readable(word)) else word for word in text.split(" "))


def _unlinked(word: str) -> str:
    return readable(word).replace(".", "[.]").replace("://", "[:]//")


def for_terminal(text: str) -> str:
    """Replace every character that could move the cursor, change the window, or turn the direction of a line.

    Line ends stay, each followed by two spaces, so that no answer can forge a line of its own.
    """
    visible = "".join(c if c == "\n" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return visible.replace("\n", "\n  ")


def for_spreadsheet(cell: str) -> str:
    """Return the text as a cell that no spreadsheet reads as a formula: a `'` is put before it if needed."""
    # A spreadsheet takes a leading apostrophe away, and may then read the rest as a formula.
    bare = cell.lstrip("'")
    seen = next((each for each in bare if each.isprintable() and each not in " '"), "")
    is_formula = normalize("NFKC", seen).startswith(FORMULA) or bare.startswith(("\t", "\r"))
    return f"'{cell}" if is_formula else cell


def csv_text(headings: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """Make a CSV without a cell that a spreadsheet reads as a formula."""
    import csv  # no form needs them
    import io

    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(headings)
    writer.writerows([for_spreadsheet(cell) for cell in line] for line in lines)
    return file.getvalue()
