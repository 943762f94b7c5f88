"""`make attack`: does what an attacker with one laptop would do, to the local run and to the built package.

One line for each attack; exit code 1 if one of them succeeds, or breaks off, which proves nothing.
handbook/security.md says who attacks what, and why.
"""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial

from tools.attack import agencies, forms, machine, office
from tools.attack.target import Target, local_run

HELD, SUCCEEDED, BROKE = "held", "SUCCEEDED", "BROKE OFF"
ATTACKS: list[Callable[[Target], None]] = [
    forms.hidden_box,
    forms.long_texts,
    forms.redrawn_pages,
    forms.other_websites,
    forms.nonsense,
    forms.links_that_fill_in,
    forms.receipts,
    forms.one_inbox,
    forms.refused_for_good,
    forms.held_words,
    forms.official_words,
    machine.stand_in,
    machine.rebinding,
    machine.private_files,
    machine.deployment,
    office.links_to_the_desk,
    office.forged_lines,
    office.printed,
    office.references,
    office.used_links,
    office.erased,
    agencies.invitations,
    agencies.somebody_elses_name,  # moves the clock by weeks
    office.staff_mail,  # of all that was sent
    machine.terminal,  # of all that was printed
]


def main() -> int:
    argparse.ArgumentParser(prog="make attack", description=__doc__).parse_args()
    with local_run() as target:
        outcomes = [_report(str(attack.__doc__), partial(attack, target)) for attack in ATTACKS]
    outcomes.append(_report(str(machine.built_package.__doc__), machine.built_package))
    succeeded, broken = outcomes.count(SUCCEEDED), outcomes.count(BROKE)
    print(f"{succeeded} of {len(outcomes)} attacks succeeded, {broken} broke off")
    return int(succeeded + broken > 0)


def _report(what: str, attack: Callable[[], None]) -> str:
    """Carry out an attack, print what came of it, and return its outcome."""
    began = time.monotonic()
    outcome, why = HELD, ""
    try:
        attack()
    except AssertionError as success:
        outcome, why = SUCCEEDED, str(success) or "yes"
    except Exception as error:  # the other attacks are carried out all the same
        outcome, why = BROKE, f"{type(error).__name__}: {error}"
    print(f"{outcome:10}{time.monotonic() - began:6.1f} s  {what} {why}".rstrip(), flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main())
