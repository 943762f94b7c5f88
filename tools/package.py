"""`make build`: writes what ships to Lambda, and nothing else, the same bytes each time.

`.build/template.yaml` is the template, `.build/functions/` the folder that its CodeUri names from there, and
`.build/functions.zip` that folder as Lambda gets it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.template import Template
from tools import service_models
from tools.service_models import Operations

ROOT = Path(__file__).parents[1]
PLATFORMS = {"arm64": "manylinux2014_aarch64", "x86_64": "manylinux2014_x86_64"}
SHIPPED = ("--no-deps", "--require-hashes", "--requirement", str(ROOT / "functions" / "requirements.txt"))
NOT_NEEDED = (
    *("bin", ".lock", "*.dist-info", "*/tests", "*/py.typed"),
    *("boto3/data", "boto3/examples", "dns", "aws_lambda_powertools/event_handler"),
    *(f"aws_lambda_powertools/utilities/{name}" for name in ("auth_alpha", "feature_flags", "kafka", "parser")),
)
"""Files of wheels that no function reads."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip."""


@dataclass(frozen=True)
class Target:
    """The target of a package: Python `3.13`, and a platform as wheels name it."""

    python: str
    platform: str

    @classmethod
    def of(cls, template: Template) -> "Target":
        """Return that of the functions, which share one. Raises ValueError if they do not."""
        targets = {
            cls(function["Runtime"].removeprefix("python"), PLATFORMS[architecture])
            for function in template.functions.values()
            for architecture in function["Architectures"]
        }
        if len(targets) != 1:
            raise ValueError(f"the functions need one runtime and one architecture, not {len(targets)}")
        return targets.pop()


def build(folder: Path, target: Target, operations: Operations, pages: Path = ROOT / ".build" / "pages") -> None:
    """Write the package into a folder anew: wheels, functions, and the pages that the site build left for them.

    Raises CalledProcessError if a tool fails.
    """
    python = find_python(target.python)
    shutil.rmtree(folder, ignore_errors=True)
    install(folder, target, *SHIPPED)
    for pattern in NOT_NEEDED:
        for path in list(folder.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    service_models.reduce(folder / "botocore" / "data", operations)
    not_shipped = shutil.ignore_patterns("__pycache__", "requirements.txt")
    shutil.copytree(ROOT / "functions", folder, ignore=not_shipped, dirs_exist_ok=True)
    shutil.copytree(pages, folder / "pages", dirs_exist_ok=True)
    compile_all(folder, python)


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file of a package in the order of its path, with its content."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield path.relative_to(folder).as_posix(), path.read_bytes()


def pack(folder: Path, archive: Path) -> None:
    """Zip a package; times, order and permissions do not depend on when and where."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files(folder):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            packed.writestr(entry, content)


def find_python(version: str) -> str:
    """Return a Python of this minor version. Raises CalledProcessError where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))  # its commands answer for chosen versions only
    bins = map(str, pyenv.glob(f"versions/{version}.*/bin"))
    search = {**os.environ, "PATH": os.pathsep.join([*bins, os.environ["PATH"]])}
    command = [sys.executable, "-m", "uv", "python", "find", "--no-project", version]
    return subprocess.run(command, env=search, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def install(folder: Path, target: Target, *wanted: str) -> None:
    """Put wheels into a folder, as they are: what pip is told to. Raises CalledProcessError."""
    wheels = ("--only-binary", ":all:", "--platform", target.platform, "--python-version", target.python)
    quiet = ("--quiet", "--disable-pip-version-check", "--no-compile")
    command = [sys.executable, "-m", "pip", "install", *quiet, "--target", str(folder), *wheels, *wanted]
    subprocess.run(command, check=True)  # our own words


def compile_all(folder: Path, python: str) -> None:
    """Compile what Lambda cannot write, so that it need not look whether the source is newer."""
    options = ("-q", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", "/var/task")
    command = [python, "-P", "-m", "compileall", *options, str(folder)]
    subprocess.run(command, env={"PYTHONHASHSEED": "0"}, check=True)  # our own words


def main() -> int:
    template = Template(ROOT / "template.yaml")
    target = Target.of(template)
    folder, archive = ROOT / ".build" / "functions", ROOT / ".build" / "functions.zip"
    try:
        build(folder, target, service_models.allowed_operations(template))
    except subprocess.CalledProcessError:
        print(f"Not built. Where Python {target.python} is missing: .venv/bin/uv python install {target.python}")
        return 1
    shutil.copy(ROOT / "template.yaml", folder.parent)
    pack(folder, archive)
    size, digest = archive.stat().st_size, hashlib.sha256(archive.read_bytes()).hexdigest()
    print(f"{archive.relative_to(ROOT)}: {size / 1e6:.1f} MB, sha256 {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
