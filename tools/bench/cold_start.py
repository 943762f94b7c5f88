"""Measures a cold start of the contact function and a submission, compared with a minimal function.

Both are run by the Python they run with on Lambda, against the stand-in for AWS. valgrind counts instructions, which
are the same to a thousandth at each run; seconds are not.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from local.aws.api_gateway import Request, event_for
from local.aws.stand_in import StandIn
from local.template import Template
from tests.support import packaging
from tests.support.samples import CONTACT
from tools import package, service_models
from tools.package import Target

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, sys
sys.path[:0] = [sys.argv[1]]
handler = __import__(sys.argv[2]).handler
for event in json.load(sys.stdin):
    answer = handler(event, None)
    assert answer["statusCode"] == 303, answer
[peak] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print("VmHWM", peak, "kB", file=sys.stderr)
"""
COUNT = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
MILLION = 1_000_000
WARM = 10
"""Submissions that the cost of one is the mean of."""


@dataclass(frozen=True)
class Function:
    """A module with a handler, in a folder with all that it imports."""

    folder: Path
    module: str
    python: str

    def instructions(self, submissions: int) -> float:
        """Return millions of instructions from the start of Python to its end, with so many submissions accepted."""
        return int(_found(r"Collected : (\d+)", self._run(submissions, COUNT))) / MILLION

    def peak(self) -> float:
        """Return memory in millions of bytes at most, with some submissions accepted."""
        return int(_found(r"VmHWM (\d+) kB", self._run(WARM))) * 1024 / MILLION

    def _run(self, submissions: int, tool: tuple[str, ...] = ()) -> str:
        """Return its standard error."""
        command = [*tool, self.python, "-P", "-S", "-s", "-c", PROGRAM, str(self.folder), self.module]
        events = json.dumps([_submission() for _ in range(submissions)])
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PAGES"))}
        environment |= {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        environment["PYTHONTZPATH"] = os.environ["PYTHONTZPATH"].replace("/var/task", str(self.folder))
        done = subprocess.run(command, input=events, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stderr


@dataclass(frozen=True)
class Row:
    """One measured thing of ours, of the bare function, and the goal: most of ours, or of their ratio."""

    name: str
    ours: float
    bare: float | None = None
    most: float | None = None
    ratio: float | None = None

    @property
    def missed(self) -> bool:
        too_much = self.most is not None and self.ours > self.most
        return too_much or (self.ratio is not None and self.bare is not None and self.ours / self.bare > self.ratio)

    def __str__(self) -> str:
        bare = f"{self.bare:9.1f}{self.ours / self.bare:9.2f}" if self.bare else " " * 18
        return f"{self.name:40}{self.ours:9.1f}{bare}{self.ratio or self.most or '':>9}{'  MISSED' * self.missed}"


def measure() -> list[Row]:
    template = Template(ROOT / "template.yaml")
    target, python = packaging.runtime(template)
    here = Target(target.python, packaging.WHEELS_HERE)
    with tempfile.TemporaryDirectory() as place:
        ours, bare = Path(place, "ours"), Path(place, "bare")
        package.build(ours, here, service_models.allowed_operations(template))
        package.pack(ours, Path(place, "ours.zip"))
        package.install(bare, here, *package.SHIPPED)
        shutil.copy(Path(__file__).with_name("baseline_handler.py"), bare)
        package.compile_all(bare, python)
        zipped = Path(place, "ours.zip").stat().st_size / MILLION
        cloud = StandIn(template)
        try:
            rows = _rows(Function(ours, "submit", python), Function(bare, "baseline_handler", python))
        finally:
            cloud.close()
    return [*rows, Row("package, zipped, MB", zipped, most=6)]


def _rows(ours: Function, bare: Function) -> list[Row]:
    memory = Row("peak memory, MB", ours.peak(), bare.peak(), most=64)
    if not shutil.which("valgrind"):
        print("Instructions are not counted: install valgrind (on Debian or Ubuntu, apt install valgrind)")
        return [memory]
    start, first, last = ([each.instructions(n) for each in (ours, bare)] for n in (0, 1, 1 + WARM))
    warm = [(most - least) / WARM for most, least in zip(last, first, strict=True)]
    return [
        Row("init, million instructions", *start, ratio=0.785),
        Row("init and first submission", *first, ratio=1.0),
        Row("each further submission", *warm, ratio=1.07),
        memory,
    ]


def _submission() -> dict[str, object]:
    body = urlencode(CONTACT | {"message": f"{CONTACT['message']} {uuid.uuid4()}"}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return event_for(Request("POST", "/forms/contact", headers=headers, body=body))


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if not match:
        raise RuntimeError(text)
    return match[1]


def main() -> bool:
    """Print every row; whether all goals are met."""
    rows = measure()
    print(f"{'':40}{'contact':>9}{'bare':>9}{'ratio':>9}{'goal':>9}")
    print(*rows, sep="\n")
    return not any(row.missed for row in rows)
