"""Asks other people's readers what they make of files: see tools/judges."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.support.programs import JUDGES, install_judges

NU = JUDGES / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


def read(kind: str, *files: Path) -> list[Any]:
    """What read.mjs makes of files: of kind mail, calendar or drawing. Raises CalledProcessError where it cannot."""
    install_judges()
    command: list[str | Path] = ["node", JUDGES / "read.mjs", kind, *files]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return list(json.loads(said))


UNNEEDED = r"The “list” role is unnecessary for element “[ou]l”\."
"""What the Nu checker advises and Safari needs: without the role it reads no list where a style takes the markers."""


def nu(folder: Path) -> list[str]:
    """What the Nu checker says of the HTML files of a folder."""
    install_judges()
    # A deep stack for its schema, and no more of the just-in-time compiler than pays in a run of seconds.
    command: list[str | Path] = [
        "java",
        "-Xss2m",
        "-XX:TieredStopAtLevel=1",
        "-jar",
        NU,
        "--exit-zero-always",
        "--format",
        "json",
        "--stdout",
    ]
    said = subprocess.run([*command, *sorted(folder.glob("*.html"))], capture_output=True, text=True, check=True).stdout
    found = [each for each in json.loads(said)["messages"] if not re.fullmatch(UNNEEDED, each["message"])]
    return [f"{Path(each['url']).name}: {each['message']} {each.get('extract')!r}" for each in found]


def typed(folder: Path, documents: dict[str, tuple[str, Any]]) -> str:
    """What TypeScript says of JSON-LD documents, by name, with their types; nothing where all are right.

    Raises AssertionError where it does not run.
    """
    install_judges()
    types = sorted({kind for kind, _ in documents.values()})
    lines = [f'import type {{ {", ".join(types)}, WithContext }} from "schema-dts";']
    lines += [
        f"export const {name}: WithContext<{kind}> = {json.dumps(said)};" for name, (kind, said) in documents.items()
    ]
    (folder / "said.ts").write_text("\n".join(lines), "utf-8")
    modules = JUDGES / "node_modules"
    options = {"strict": True, "noEmit": True, "skipLibCheck": True, "types": []}
    options |= {"module": "esnext", "moduleResolution": "bundler", "paths": {"*": [f"{modules}/*"]}}
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["said.ts"]}))
    command: list[str | Path] = [modules / ".bin" / "tsc", "-p", folder, "--pretty", "false"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert bool(done.returncode) == bool(done.stdout), done.stderr
    return done.stdout
