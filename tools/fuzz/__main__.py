"""`make fuzz`: every target for some seconds, guided by coverage; prints one table, fails where something was found.

What was found stays in a folder that the table names; a small file of it belongs into the kept corpus, with its target.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
TARGETS = sorted(folder.name for folder in (HERE / "corpus").iterdir())
AT_ONCE = 2


def fuzz(target: str, seconds: int, place: Path) -> tuple[str, bool]:
    """Fuzz one target; return its row, and whether something was found."""
    grown = place / target
    grown.mkdir()
    limits = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", f"-artifact_prefix={grown}-"]
    command = [sys.executable, "-m", "tools.fuzz.one", target, *limits, grown, HERE / "corpus" / target]
    done = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, errors="replace")
    rows = re.findall(r"^#(\d+).*? cov: (\d+)", done.stderr, re.MULTILINE) or [("0", "0")]
    finished = re.search(r"Done \d+ runs in (\d+) second", done.stderr)
    found = done.returncode != 0
    row = f"{target:12}{int(rows[-1][0]):>10,}{finished[1] if finished else '-':>9}{rows[-1][1]:>10}{found:>10}"
    if found:
        row += "\n" + "\n".join(
            re.findall(r"^.*(?:Error|Exception|ERROR).*$", done.stderr, re.MULTILINE)[-3:] or [done.stderr[-500:]]
        )
    return row, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    seconds = parser.parse_args().seconds
    place = Path(tempfile.mkdtemp(prefix="fuzz-"))
    print(f"{'target':12}{'runs':>10}{'seconds':>9}{'coverage':>10}{'findings':>10}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        rows = pool.map(lambda target: fuzz(target, seconds, place), TARGETS)
        found = []
        for row, is_found in rows:
            print(row, flush=True)
            found.append(is_found)
    if any(found):
        print(f"What was found is in {place}")
    return any(found)


if __name__ == "__main__":
    sys.exit(main())
