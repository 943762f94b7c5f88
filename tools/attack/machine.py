"""Attacks on a developer's machine, on a deployment, and on the package that ships."""

import json
import os
import subprocess
import sys

import yaml

from tools.attack.target import ROOT, Target

BUILT = ROOT / ".build" / "functions"


def stand_in(target: Target) -> None:
    """Read or empty the stand-in for AWS from a web page."""
    cloud = Target(
        json.loads((target.data / "run.json").read_text("utf-8"))["AWS_ENDPOINT_URL"], target.data, target.printed
    )
    for headers in ({}, {"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        for method, path in (("GET", "/moto-api/data.json"), ("POST", "/moto-api/reset"), ("POST", "/")):
            assert cloud.ask(method, path, "", headers).status == 403, f"{method} {path}"


def rebinding(target: Target) -> None:
    """Read the mailbox by a name that leads to this machine."""
    assert target.ask("GET", "/_mail/messages.json", None, {"Host": "evil.example"}).status == 421


def terminal(target: Target) -> None:
    """Write into the terminal by an address, or by anything that was sent before."""
    target.ask("GET", "/forms/%1b%5d0;owned%07%0aforged")
    printed = target.printed.read_text("utf-8")
    assert all(c == "\n" or c.isprintable() for c in printed), "escape sequences"
    assert "\nforged" not in printed, "a forged line"
    if "owned" not in printed:
        raise RuntimeError("the address was not printed at all")


def private_files(target: Target) -> None:
    """Read what was sent as another user of this machine."""
    readable = [file.name for file in target.data.iterdir() if file.stat().st_mode & 0o077]
    assert not readable, ", ".join(readable)


def deployment(_target: Target) -> None:
    """Deploy through what comes from a registry unchecked, or through a build that may ask for a token."""
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        for name, job in yaml.safe_load(file.read_text("utf-8"))["jobs"].items():
            ran = "\n".join(step.get("run", "") for step in job.get("steps", []))
            installs = [line for line in ran.splitlines() if "pip install" in line or "pipx" in line or "npm " in line]
            assert all("--require-hashes" in line for line in installs), f"{name} installs without hashes"
            used = [step["uses"] for step in job.get("steps", []) if "uses" in step]
            assert all(len(each.rpartition("@")[2]) == 40 for each in used), f"{name} uses what can change"
            if "id-token" in (job.get("permissions") or {}):
                assert "make build" not in ran, f"{name} builds with the right to a token"
                assert "make test" not in ran, f"{name} tests with the right to a token"


def built_package() -> None:
    """Keep the validators and patterns of the built package busy with long texts."""
    if not BUILT.is_dir():
        raise RuntimeError("there is none: make build")
    program = """
import sys, time
from forms import spam
from forms.catalog import FORMS
from forms.form import FormData
began = time.process_time()
spam.is_trapped({"message": "x"}, "@." * 1600 + " x")
for form in FORMS.values():
    for field in form():
        for text in ("a" + "\\u0315\\u0316" * 30000 + "@b.gov", "<a " * 20000, "@." * 30000):
            form(FormData({field.name: [text]})).validate()
spent = time.process_time() - began
sys.exit(f"{spent:.1f} s" if spent > 5 else 0)
"""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(BUILT)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.strip().rpartition("\n")[2]
