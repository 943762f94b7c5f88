"""Reads ZIP codes, and writes mailing labels as the Postal Service wants them (Publication 28)."""

import re
from collections.abc import Sequence
from functools import cache

from normalize.folding import folded, numerals, plain
from normalize.states import STATES

AREAS = """
AA 340|AE 090-098|AK 995-999|AL 350-369|AP 962-966|AR 716-729 755|AS 967|AZ 850-865|CA 900-961|CO 800-816|CT 060-069
DC 200-205 569|DE 197-199|FL 320-349|FM 969|GA 300-319 398-399|GU 969|HI 967-968|IA 500-528|ID 832-838|IL 600-629
IN 460-479|KS 660-679|KY 400-427|LA 700-714|MA 010-027 055|MD 206-219|ME 039-049|MH 969|MI 480-499|MN 550-567
MO 630-658|MP 969|MS 386-397|MT 590-599|NC 270-289|ND 580-588|NE 680-693|NH 030-038|NJ 070-089|NM 870-884
NV 889-898|NY 005 063 100-149|OH 430-459|OK 730-749|OR 970-979|PA 150-196|PR 006-007 009|PW 969|RI 028-029
SC 290-299|SD 570-577|TN 370-385|TX 733 750-799 885|UT 840-847|VA 201 220-246|VI 008|VT 050-059|WA 980-994
WI 530-549|WV 247-268|WY 820-831 834
"""
"""First three digits of the ZIP codes of each state, in ranges (USPS, Labeling List L002)."""
WITHIN = (
    r"(?:apartment|apt|attention|attn|building|bldg|department|dept|floor|fl|lot|pmb|room|rm|space|spc|suite|ste"
    r"|trailer|trlr|unit|urbanizacion|urb)\b(?!.*\bbox )|#|c/o|[0-9]+(?:st|nd|rd|th) (?:floor|fl)\b"
    r"|(?:[a-z]?-?[0-9]+-?[a-z]?|[0-9]+(?:/f| ?(?:floor|flr?)))(?:[.,;].*)?$"
)
"""How a line begins that belongs above the street: a unit, a private mailbox, an urbanization, a department; and a
number alone, or with one letter.
"""
DELIVERY = (
    r"(?:p\.? ?o\.? ?)?box\b|.*\bbox [0-9]|[nsew]?[0-9]+(?![0-9]|st\b|nd\b|rd\b|th\b)|general delivery\b"
    r"|(?:one|two|three|four|five|six|seven|eight|nine|ten)\b"
)
"""How a line begins that a carrier delivers to: a number and a street, a box, a route."""
STREET = (
    r".*\b(?:street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln|ct|cir|parkway|pkwy|pike|broadway)"
    r"(?:[. ]+(?:[ns]?[ew]?|north|south|east|west))?$"
    r"|(?:(?:business|county|old|state|u\.?s\.?) )*(?:route|rte|rt|road|highway|hwy|calle|carr|carretera|avenida)\b"
)
"""A street without a number."""
MAY_BE_STREET = r".*(?:&|@|\b(?:and|at|corner)\b|\b(?:court|circle|loop|place|plaza|row|square|trail|way)$)"
"""A crossing, or words that end the names of streets and of buildings alike."""
FROM_THE_BOTTOM = (DELIVERY, STREET, MAY_BE_STREET)
SEPARATORS = r"[,;:/|()\u2013\u2014]| - "
SHORT = {
    "DC": "dist. of columbia",
    "FL": "fla",
    "ND": r"n\.? ?dak",
    "NM": r"n\.? ?mex",
    "PA": "penna",
    "SD": r"s\.? ?dak",
    "WV": r"w\.? ?va",
}
"""Traditional abbreviations of states besides their postal ones and the beginnings of their names."""
BEFORE_A_NAME = ("city of", "east", "fort", "lake", "mount", "new", "north", "old", "port", "south", "town of", "west")
"""Words before the name of a state that make it one of a city, as in City of New York."""
LEADING = {"at", "attention", "attn", "for", "o", "of", "the"}
"""Words behind which the name of an agency may begin; `o` is of c/o."""


def zip_code(typed: str) -> str:
    """Return a ZIP code as it is printed, 75001 or 75001-1234, whatever its hyphen is and whether its state stands
    beside it. Empty if it is not one; 00501 is the first.
    """
    written = plain(typed)
    found = re.fullmatch(_written(), written) or re.fullmatch(_written(), numerals(written))
    return "-".join(filter(None, found.groups())) if found and found[1] > "00500" else ""


def states_of(zip_code: str) -> set[str]:
    """Return the states with ZIP codes that begin like this one."""
    return _areas().get(zip_code[:3], set())


def city_alone(city: str, state: str, code: str) -> str:
    """Return a city without state, ZIP code and country behind it: `St. Louis, MO 63101` is `St. Louis`."""
    name = re.escape(dict(STATES).get(state, state))
    letters, five = r"\.? ?".join(state), re.escape(code[:5])
    # A prefix of the name, as in Tex. or Calif., is told from the end of a city's name by a comma or a stop.
    short = "|".join(filter(None, (SHORT.get(state), _beginnings(name))))
    part_of_city = "".join(rf"(?<!\b{word})" for word in BEFORE_A_NAME)
    written = rf"[ ,]+{letters}|,[ .]*{name}|{part_of_city} {name}|,[ .]*(?:{short})|[ .](?:{short})\."
    behind = rf"(?:{written})?(?:[ ,.]+{five}(?:-[0-9]{{4}})?)?(?:[ ,]+u\.?s\.?a?)?[ ,.]*"
    found = re.fullmatch(rf"(.*?[^ ,.]){behind}", " ".join(city.split()), re.IGNORECASE)
    return found[1] if found else ""


def _beginnings(name: str) -> str:
    """Return a pattern of the beginnings of a name of one word, from its third letter."""
    return "|".join(name[:end] for end in range(len(name) - 1, 2, -1)) if name.isalpha() else ""


def label(addressee: str, agency: str, streets: Sequence[str], city: str, state: str, code: str) -> list[str]:
    """Return the lines of a label: attention, recipient, what is within the building, street, city.

    The recipient is the agency: mail for a bare `Chief` is not delivered. If the addressee names it, it stands once.
    """
    # Publication 28 puts the attention line above the recipient. ATTN marks it, so that nobody takes an officer or an
    # office for the recipient, who is the agency below.
    top = [addressee] if _names(addressee, agency) else [_attention(addressee), agency]
    if any(_names(line, agency) for line in streets):
        top = [_attention(addressee)]
    last = f"{city_alone(city, state, code)} {state} {zip_code(code) or code}"
    return [" ".join(line.split()) for line in (*top, *_in_order(*streets), last) if line.strip()]


def _attention(addressee: str) -> str:
    name = re.sub(r"^(?:attention|attn|att)\b[ :.,;\u2010-\u2015-]*", "", addressee.strip(), flags=re.IGNORECASE)
    return f"ATTN {name}" if name and not re.match("c ?/ ?o\\b", plain(name)) else name


def _in_order(first: str, second: str) -> list[str]:
    """Put the line that a carrier delivers to last. Two of one kind keep their order; two unknown ones are swapped."""
    upper, lower = _distance(first), _distance(second)
    return [first, second] if upper > lower or upper == lower != len(FROM_THE_BOTTOM) else [second, first]


def _distance(line: str) -> int:
    """Return how far from the bottom of the label a line belongs, judged by its words."""
    text, unknown = plain(line), len(FROM_THE_BOTTOM)
    if re.match(WITHIN, text):
        return unknown + 1
    return next((at for at, pattern in enumerate(FROM_THE_BOTTOM) if re.match(pattern, text)), unknown)


def _names(line: str, agency: str) -> bool:
    """Return whether a line contains the agency's name as a whole: `New York Police` does not name `York Police`."""
    wanted = folded(agency).split()
    words: list[str] = []
    edges = {0}
    for between in re.split(SEPARATORS, line):
        for word in folded(between).split():
            words.append(word)
            if word in LEADING:
                edges.add(len(words))
        edges.add(len(words))
    places = ((at, at + len(wanted)) for at in edges)
    return bool(wanted) and any(end in edges and words[at:end] == wanted for at, end in places)


@cache
def _written() -> re.Pattern[str]:
    states = "|".join(re.escape(plain(each)) for state in STATES for each in state)
    beside = rf"(?:zip|zip code|d\.c|usa?|{states})"
    return re.compile(
        rf"[\W_]{{0,5}}(?:{beside}[ .,:-]*)?([0-9]{{5}})(?:[\W_]{{0,5}}([0-9]{{4}}))?(?:[ .,]+{beside})?[\W_]*"
    )


@cache
def _areas() -> dict[str, set[str]]:
    areas: dict[str, set[str]] = {}
    for state, ranges in re.findall(r"([A-Z]{2}) ([0-9 -]+)", AREAS):
        for each in ranges.split():
            first, _, last = each.partition("-")
            for number in range(int(first), int(last or first) + 1):
                areas.setdefault(f"{number:03}", set()).add(state)
    return areas
