"""Makes typed text safe for a terminal, a spreadsheet, or the list of a mail program."""

import csv
import io
from collections.abc import Iterable
from unicodedata import normalize

FORMULA = ("=", "+", "-", "@", "|")
"""Characters that begin a formula in a spreadsheet, in any width."""


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
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(headings)
    writer.writerows([for_spreadsheet(cell) for cell in line] for line in lines)
    return file.getvalue()
