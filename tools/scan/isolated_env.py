"""Programs that pin other versions than the tests do: each group has an environment of its own, made at first need."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def programs(group: str) -> Path:
    """The folder with the programs of `tools/<group>/requirements.txt`. Raises CalledProcessError."""
    pinned, place = ROOT / "tools" / group / "requirements.txt", ROOT / ".build" / group
    done = place / "requirements.txt"
    if not done.exists() or done.read_bytes() != pinned.read_bytes():
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        pip = [place / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "--requirement", pinned], check=True)
        done.write_bytes(pinned.read_bytes())
    return place / "bin"
