"""Finds the programs that the tests use, and installs them where that is possible.

Run as a program it prints nothing where all are there, and says in one line what to install where it cannot.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
"""The first is Chromium without its windows, which take a third of the time of a test."""
NEEDED = {
    "pdftotext": "poppler-utils",
    "npm": "npm",
    "firefox-esr": "firefox-esr",
    "WebKitWebDriver": "webkit2gtk-driver",
    "xvfb-run": "xvfb",
}
"""Programs besides Chromium, with the package that has each on Debian."""
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
"""Keeps the browser from calling home: tests talk to this machine only."""
FLOOR = Path(__file__).parents[2] / "tools" / "floor"
"""What holds stylesheets and scripts to the oldest browsers, with MDN's data as npm has it."""


def executable() -> str | None:
    """The path of a Chromium: the one in $CHROMIUM, the system's, or the one that Playwright installed."""
    for name in [os.environ.get("CHROMIUM", ""), *NAMES]:
        if name and (found := shutil.which(name)):
            return found
    return _from_playwright()


def launch_options() -> dict[str, object]:
    """Arguments for Playwright's `chromium.launch`. Root has no sandbox to start Chromium in."""
    sandbox = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
    return {"executable_path": executable(), "args": [*QUIET, *sandbox]}


def install() -> None:
    """With apt where this is root on Debian, else Chromium with Playwright's own installer."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing Chromium, Firefox, WebKitGTK, pdftotext and npm with apt, once", flush=True)
        _apt("update", "-qq")
        for name, package in NEEDED.items():
            if shutil.which(name) is None:
                _apt("install", "-qq", "--no-install-recommends", package)
        for package in ("chromium-headless-shell", "chromium"):
            if executable() is None:
                _apt("install", "-qq", "--no-install-recommends", package)
    if executable() is None:
        print("Installing Chromium with Playwright, once", flush=True)
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def install_floor() -> None:
    """Install what package-lock.json of tools/floor pins, once. Raises CalledProcessError where npm cannot."""
    pinned, done = FLOOR / "package-lock.json", FLOOR / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime > pinned.stat().st_mtime:
        return
    print("Installing MDN's browser compatibility data with npm, once", flush=True)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(command, cwd=FLOOR, check=True)
    done.touch()


def _apt(*arguments: str) -> None:
    """Where it fails, another way is tried: what it says is of no use."""
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(
        ["apt-get", *arguments], check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, **silent
    )


def _from_playwright() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    if executable() is None or not all(map(shutil.which, NEEDED)):
        install()
    if executable() is None:
        sys.exit(
            "The browser tests need Chromium: install it (Debian: apt install chromium-headless-shell) or set CHROMIUM."
        )
    if missing := [package for name, package in NEEDED.items() if shutil.which(name) is None]:
        sys.exit(f"The browser tests need more programs: install them (on Debian: apt install {' '.join(missing)}).")
    install_floor()
