"""`make scan`: what scanners find in the expanded template and in the code. Anything without a reason fails.

cfn-lint, checkov and Trivy read the template as CloudFormation gets it; bandit reads what runs on Lambda, the commands
of the office, the local run, and what deploys. Reasons are in scan/exceptions.toml.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.expanded_template import ROOT, as_text, expanded
from tools.scan.isolated_env import programs

REASONS = Path(__file__).with_name("exceptions.toml")
DEPLOYS = ("deploy", "package", "bucket", "smoke", "first_hour")
CODE = ("functions", "staff", "local", *(f"tools/{name}.py" for name in DEPLOYS))
RESOURCE = re.compile(r'  "(\w+)": \{')


@dataclass(frozen=True)
class Scan:
    """The result of one scanner: what it read, and its findings as (check, place)."""

    looked_at: str
    found: list[str]


def cfn_lint(template: Path) -> Scan:
    told = _told(Path(sys.executable).parent / "cfn-lint", "--format", "json", template)
    resources = json.loads(template.read_text("utf-8"))["Resources"]
    found = [f"{each['Rule']['Id']} {each['Location']['Path']['Path'][1]}" for each in told]
    return Scan(f"{len(resources)} resources", found)


def checkov(template: Path) -> Scan:
    quiet = ("--skip-download", "--framework", "cloudformation", "--compact", "--quiet", "--output", "json")
    told = _told(programs("scan") / "checkov", *quiet, "--file", template)
    found = [f"{each['check_id']} {each['resource'].split('.')[-1]}" for each in told["results"]["failed_checks"]]
    return Scan(f"{told['summary']['passed'] + told['summary']['failed']} checks", found)


def trivy(template: Path) -> Scan:
    quiet = ("--skip-check-update", "--skip-version-check", "--disable-telemetry", "--quiet", "--format", "json")
    told = _told(programs("scan") / "trivy", "config", *quiet, template)
    lines = template.read_text("utf-8").splitlines()
    found = [each for result in told["Results"] for each in result.get("Misconfigurations", [])]
    looked = sum(sum(result["MisconfSummary"].values()) for result in told["Results"])
    return Scan(f"{looked} checks", [f"{each['ID']} {_resource(each['CauseMetadata'], lines)}" for each in found])


def bandit(_: Path) -> Scan:
    told = _told(programs("scan") / "bandit", "--quiet", "--recursive", "--format", "json", *CODE)
    found = [f"{each['test_id']} {each['filename'].removeprefix('./')}" for each in told["results"]]
    return Scan(f"{told['metrics']['_totals']['loc']:,} lines", found)


def _resource(cause: dict[str, Any], lines: list[str]) -> str:
    """Return the resource at a line, if Trivy names only lines."""
    if "StartLine" not in cause:
        return str(cause["Resource"])
    above = [match[1] for line in lines[: cause["StartLine"]] if (match := RESOURCE.match(line))]
    return above[-1]


def _told(*command: str | Path) -> Any:
    """Return the JSON that a scanner prints, whatever its status: a finding sets one too. Raises RuntimeError."""
    run = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    try:
        return json.loads(run.stdout)
    except ValueError:
        raise RuntimeError(f"{Path(command[0]).name} says no JSON, but {run.stderr.decode()}") from None


SCANNERS: tuple[Callable[[Path], Scan], ...] = (cfn_lint, checkov, trivy, bandit)


def findings(template: Path, scanners: tuple[Callable[[Path], Scan], ...] = SCANNERS[:3]) -> list[str]:
    """Return the findings without a reason in a template. Raises the errors of installing the scanners."""
    reasons = tomllib.loads(REASONS.read_text("utf-8"))
    return [
        f"{name}: {each}"
        for name, scan in scans(template, scanners).items()
        for each in unexplained(scan.found, reasons.get(name, {}))
    ]


def scans(template: Path, scanners: tuple[Callable[[Path], Scan], ...]) -> dict[str, Scan]:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "template.json")
        file.write_text(as_text(expanded(template)), "utf-8")
        return {scanner.__name__: scanner(file) for scanner in scanners}


def unexplained(found: list[str], reasons: dict[str, str]) -> list[str]:
    """Return findings without a reason, and reasons without a finding."""
    about = {each: {each, f"{each.split()[0]} *"} & reasons.keys() for each in found}
    unused = reasons.keys() - set().union(*about.values())
    return [*(each for each in found if not about[each]), *(f"reason without a finding: {each}" for each in unused)]


def main() -> int:
    reasons = tomllib.loads(REASONS.read_text("utf-8"))
    print(f"{'scanner':12}{'looked at':>16}{'found':>8}{'with a reason':>16}{'findings':>10}")
    wrong = []
    for name, scan in scans(ROOT / "template.yaml", SCANNERS).items():
        left = unexplained(scan.found, reasons.get(name, {}))
        explained = sum(each not in left for each in scan.found)
        print(f"{name:12}{scan.looked_at:>16}{len(scan.found):>8}{explained:>16}{len(left):>10}")
        wrong += [f"{name}: {each}" for each in left]
    print(*wrong, sep="\n", end="")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
