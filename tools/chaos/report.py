"""The table of `make chaos`."""

from collections.abc import Mapping

from tools.chaos.enumeration import Tally

SHOWN = 20
"""Problems that are printed; the first ones tell enough."""


def report(tallies: Mapping[str, Tally]) -> bool:
    """Print what became of all runs; True where all is as it should be."""
    total = Tally()
    print("| schedule | crash points | runs | faults struck | lost | duplicates | excused | last e-mail after |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for name, tally in tallies.items():
        _line(name, tally)
        total += tally
    _line("all", total)
    print(
        f"\nKinds of faults: {len(total.strikes)}, each with the times it struck: "
        + ", ".join(f"{name} {count:,}" for name, count in sorted(total.strikes.items()))
    )
    print(f"A repeated write met itself {total.own_writes_met:,} times.")
    for problem in total.problems[:SHOWN]:
        print(f"WRONG {problem}")
    return not total.problems


def _line(name: str, tally: Tally) -> None:
    struck, delay = sum(tally.strikes.values()), int(tally.longest.total_seconds()) // 60
    print(
        f"| {name} | {tally.points:,} | {tally.runs:,} | {struck:,} | {tally.lost} | {tally.duplicates} "
        f"| {tally.excused} | {delay} min |"
    )
