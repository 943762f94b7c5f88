"""For what, and with which Python, tests build and run the package."""

import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from local.template import Template
from tools import package
from tools.package import Target

WHEELS_HERE = package.PLATFORMS[{"aarch64": "arm64"}.get(platform.machine(), platform.machine())]
RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")


def runtime(template: Template) -> tuple[Target, str]:
    """What the functions are built for, and a Python that runs it; where that is missing, this Python is built for."""
    declared = Target.of(template)
    try:
        return declared, package.find_python(declared.python)
    except subprocess.CalledProcessError:
        return Target(f"{sys.version_info.major}.{sys.version_info.minor}", declared.platform), sys.executable


def install_runtime(folder: Path, target: Target) -> None:
    """Put Lambda's own runtime client for Python into a folder, as it is installed here."""
    package.install(folder, target, "--no-deps", *(f"{name}=={version(name)}" for name in RUNTIME_CLIENT))
