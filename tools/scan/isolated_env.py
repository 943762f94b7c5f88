"""Programs that pin other versions than the tests do: each group has an environment of its own, made at first need."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def programs(group: str) -> Path:
    """Return the folder with the programs of `tools/<group>/requirements.txt`. Raises CalledProcessError."""
    pinned, place = ROOT / "tools" / group / "requirements.txt", ROOT / ".build" / group
    done = place / "requirements.txt"
    if not done.exists() or done.read_bytes() != pinned.read_bytes():
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        # Not pip, whose older versions take no hashes where one package asks for extras of another.
        uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", place / "bin" / "python"]
        subprocess.run([*uv, "--require-hashes", "--requirement", pinned], check=True)
        done.write_bytes(pinned.read_bytes())
    return place / "bin"
