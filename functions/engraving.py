"""Breaks an agency's name into the lines of its plaque, as the engraver does.

The plaque form follows typing by the same rule in overrides/assets/engraving.js; a test compares the two.
"""

ONE_LINE = 26
"""Widest line in large letters, in widths of a small letter; a capital counts 1.3. A wider name takes two lines."""
SMALLER = (ONE_LINE, 34, 46)
"""Widest line of each size of letters, from large to small, in the same unit; a still wider one has the smallest."""
LONGEST = 120
"""Longest name that is broken, in characters. A longer one is drawn only with a form that refuses it."""
SMALL_WORDS = {"a", "and", "at", "for", "in", "of", "on", "the", "&"}
"""Words that do not end a line: "Town of" says nothing by itself."""


def engraved(name: str) -> tuple[list[str], int]:
    """Return the lines of a name whose words are one space apart, and the size of its letters: 0 is the largest."""
    if len(name) > LONGEST:
        return [name], len(SMALLER)
    words = name.split(" ")
    broken = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    good = [each for each in broken if each[0].split(" ")[-1].lower() not in SMALL_WORDS]
    lines = [name]
    if _width(name) > ONE_LINE * 10 and broken:
        # The break whose longer line is shortest; of two such breaks, the one with the longer first line.
        lines = list(min(reversed(good or broken), key=lambda pair: max(map(_width, pair))))
    widest = max(map(_width, lines))
    return lines, sum(widest > limit * 10 for limit in SMALLER)


def _width(line: str) -> int:
    """Return the width of a line, in tenths of a small letter."""
    return sum(13 if letter != letter.lower() else 10 for letter in line)
