"""For what, and with which Python, tests build and run the package."""

import platform
import subprocess
import sys

from local import package
from local.package import Target
from local.template import Template

WHEELS_HERE = package.PLATFORMS[{"aarch64": "arm64"}.get(platform.machine(), platform.machine())]


def runtime(template: Template) -> tuple[Target, str]:
    """What the functions are built for, and a Python that runs it; where that is missing, this Python is built for."""
    declared = Target.of(template)
    try:
        return declared, package.find_python(declared.python)
    except subprocess.CalledProcessError:
        return Target(f"{sys.version_info.major}.{sys.version_info.minor}", declared.platform), sys.executable
