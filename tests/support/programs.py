"""Finds the programs that the tests use, Chromium and pdftotext, and installs them where that is possible.

Run as a program it prints nothing where both are there, and says in one line what to install where it cannot.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
"""The first is Chromium without its windows, which take a third of the time of a test."""
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
"""Keeps the browser from calling home: tests talk to this machine only."""


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
        print("Installing Chromium and pdftotext with apt, once", flush=True)
        _apt("update", "-qq")
        _apt("install", "-qq", "--no-install-recommends", "poppler-utils")
        for package in ("chromium-headless-shell", "chromium"):
            if executable() is None:
                _apt("install", "-qq", "--no-install-recommends", package)
    if executable() is None:
        print("Installing Chromium with Playwright, once", flush=True)
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


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
    if executable() is None or shutil.which("pdftotext") is None:
        install()
    if executable() is None:
        sys.exit(
            "The browser tests need Chromium: install it (Debian: apt install chromium-headless-shell) or set CHROMIUM."
        )
    if shutil.which("pdftotext") is None:
        sys.exit("The print tests need pdftotext: install it (on Debian: apt install poppler-utils).")
