"""`make times`: the tests that depend on the clock, at hours and days that some mistake needs, each in another order.

Prints what failed at each, then one table; exit code 1 if anything did.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
CLOCKS = {
    "evening in the US, the next day in UTC": "2027-01-15T03:30+00:00",
    "a summer morning, in Hawaii the evening before": "2027-07-15T10:30+00:00",
    "half an hour before the clocks go forward": "2027-03-14T01:30-05:00",
    "half an hour before the clocks go back": "2027-11-07T01:30-04:00",
    "the evening of December 31": "2026-12-31T22:30-05:00",
    "the evening of February 28, before a 29th": "2028-02-28T23:30-05:00",
    "noon of February 29": "2028-02-29T12:00-05:00",
    "a machine in New Zealand, the day after": "2027-06-30T20:30-04:00",
}
ELSEWHERE = {"a machine in New Zealand, the day after": "Pacific/Auckland"}
"""The time zone of the machine, where it is not UTC."""
TESTS = ("functions", "staff", "site", "infrastructure")
PACKAGED = "tests/infrastructure/test_package.py"
"""The package runs in processes of its own, whose clock is the machine's."""


def main() -> int:
    lines, failed = [], 0
    for number, (what, clock) in enumerate(CLOCKS.items(), 1):
        seed, zone = str(number), ELSEWHERE.get(what, "UTC")
        began, environment = time.monotonic(), {**os.environ, "CLOCK": clock, "TZ": zone, "ORDER": seed}
        environment["PYTHONHASHSEED"] = seed
        command = [sys.executable, "-m", "pytest", "-p", "tests.support.another_time", "--numprocesses", "2"]
        command += ["--dist", "loadfile", "--show-capture=no", f"--ignore={PACKAGED}"]
        command += [f"tests/{each}" for each in TESTS]
        run = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        failed += run.returncode != 0
        print(*re.findall(r"^(?:FAILED|ERROR) .*", run.stdout, re.MULTILINE), sep="\n", flush=True)
        counts = {
            word: count for count, word in re.findall(r"(\d+) (passed|failed|error)", run.stdout.splitlines()[-1])
        }
        wrong = sum(int(counts.get(each, 0)) for each in ("failed", "error"))
        lines.append(
            f"| {what} | {clock} | {counts.get('passed', 0)} | {wrong} | {(time.monotonic() - began) / 60:.1f} |"
        )
        print(lines[-1], flush=True)
    print("\n| | clock | passed | failed | minutes |\n|---|---|--:|--:|--:|", *lines, sep="\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
