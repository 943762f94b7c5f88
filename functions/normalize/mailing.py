"""Reads ZIP codes, and writes mailing labels as the Postal Service wants them (Publication 28)."""

import re
from functools import cache

from normalize.folding import plain

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
DELIVERY = (
    r"(?:p\.? ?o\.? ?)?box\b|.*\bbox [0-9]|[nsew]?[0-9]|general delivery\b"
    r"|(?:one|two|three|four|five|six|seven|eight|nine|ten)\b"
)
"""How a line begins that a carrier delivers to: a number and a street, a box, a route."""
WITHIN = (
    r"(?:apartment|apt|attention|attn|building|bldg|department|dept|floor|fl|lot|pmb|room|rm|space|spc|suite|ste"
    r"|trailer|trlr|unit|urbanizacion|urb)\b(?!.*\bbox )|#|c/o|[0-9]+(?:st|nd|rd|th) (?:floor|fl)\b"
)
"""How a line begins that belongs above the street: a unit, a private mailbox, an urbanization, a department."""


def zip_code(typed: str) -> str:
    """Return a ZIP code as it is printed, 75001 or 75001-1234, whatever its hyphen is. Empty if it is not one."""
    found = re.fullmatch("([0-9]{5})(?:[-._,/+ ]*([0-9]{4}))?[-. ]*", plain(typed))
    return "-".join(filter(None, found.groups())) if found else ""


def states_of(zip_code: str) -> set[str]:
    """Return the states with ZIP codes that begin like this one."""
    return _areas().get(zip_code[:3], set())


def label(addressee: str, agency: str, streets: tuple[str, str], city: str, state: str, code: str) -> list[str]:
    """Return the lines of a label: attention, recipient, what is within the building, street, city.

    The agency is left out if the addressee names it: mail for a bare `Chief` is not delivered.
    """
    first, second = streets
    # A second line belongs above the street, unless the street itself stands in it.
    goes_first = _begins(WITHIN, first) or (_begins(DELIVERY, second) and not _begins(DELIVERY, first))
    street = [first, second] if goes_first else [second, first]
    last = f"{city.rstrip(' ,.')} {state} {zip_code(code) or code}"
    return [" ".join(line.split()) for line in (addressee, agency, *street, last) if line.strip()]


def _begins(pattern: str, line: str) -> bool:
    return re.match(pattern, plain(line)) is not None


@cache
def _areas() -> dict[str, set[str]]:
    areas: dict[str, set[str]] = {}
    for state, ranges in re.findall(r"([A-Z]{2}) ([0-9 -]+)", AREAS):
        for each in ranges.split():
            first, _, last = each.partition("-")
            for number in range(int(first), int(last or first) + 1):
                areas.setdefault(f"{number:03}", set()).add(state)
    return areas
