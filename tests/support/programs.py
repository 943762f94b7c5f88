"""Finds the programs that the tests use, and installs them where that is possible.

Run as a program it prints nothing where all are there, and says in one line what to install where it cannot.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
"""The first is Chromium without its windows, which take a third of the time of a test."""
FIREFOX = ("firefox-esr", "firefox")
"""Debian's name, and everybody else's."""
NEEDED = {
    ("pdftotext",): "poppler-utils",
    ("npm",): "npm",
    FIREFOX: "firefox-esr",
    ("WebKitWebDriver",): "webkit2gtk-driver",
    ("xvfb-run",): "xvfb",
    ("java",): "default-jre-headless",
}
"""Programs besides Chromium, any of these names, with the package that has each on Debian."""
FOR_JUDGES = {("spamassassin",): "spamassassin", ("soffice",): "libreoffice-calc-nogui"}
"""What `make judges` needs on top."""
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
"""Keeps the browser from calling home: tests talk to this machine only."""
JUDGES = Path(__file__).parents[2] / "tools" / "judges"
"""Other people's readers of what we publish and send, as npm has them."""


def executable() -> str | None:
    """The path of a Chromium: the one in $CHROMIUM, the system's, or the one that Playwright installed."""
    for name in [os.environ.get("CHROMIUM", ""), *NAMES]:
        if name and (found := shutil.which(name)):
            return found
    return _from_playwright()


def launch_options() -> dict[str, Any]:
    """Arguments for Playwright's `chromium.launch`. Root has no sandbox to start Chromium in."""
    sandbox = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
    return {"executable_path": executable(), "args": [*QUIET, *sandbox]}


def missing(needed: Mapping[tuple[str, ...], str]) -> list[str]:
    """The packages of the programs that are not there."""
    return [package for names, package in needed.items() if not any(map(shutil.which, names))]


def install(needed: Mapping[tuple[str, ...], str]) -> None:
    """With apt where this is root on Debian, else Chromium with Playwright's own installer."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing Chromium and", ", ".join(needed.values()), "with apt, once", flush=True)
        _apt("update", "-qq")
        for package in missing(needed):
            _apt("install", "-qq", "--no-install-recommends", package)
        for package in ("chromium-headless-shell", "chromium"):
            if executable() is None:
                _apt("install", "-qq", "--no-install-recommends", package)
    if executable() is None:
        print("Installing Chromium with Playwright, once", flush=True)
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def install_judges() -> None:
    """Install what package-lock.json of tools/judges pins, once. Raises CalledProcessError where npm cannot."""
    pinned, done = JUDGES / "package-lock.json", JUDGES / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime > pinned.stat().st_mtime:
        return
    print("Installing other people's readers with npm, once", flush=True)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(command, cwd=JUDGES, check=True)
    done.touch()


def _apt(*arguments: str) -> None:
    """Where it fails, another way is tried: what it says is of no use."""
    silent: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(
        ["apt-get", *arguments], check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, **silent
    )


def _from_playwright() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    programs = NEEDED | (FOR_JUDGES if sys.argv[1:] == ["judges"] else {})
    if executable() is None or missing(programs):
        install(programs)
    if executable() is None:
        sys.exit(
            "The browser tests need Chromium: install it (Debian: apt install chromium-headless-shell) or set CHROMIUM."
        )
    if packages := missing(programs):
        sys.exit(f"The tests need more programs: install them (on Debian: apt install {' '.join(packages)}).")
    install_judges()
