"""The reader of an agency's progress, a script of the site: run in Node.js, beside the JSON Schema of its files."""

import base64
import json
import subprocess
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import playwright

ROOT = Path(__file__).parents[2]
NODE = Path(playwright.__file__).with_name("driver") / "node"
SCHEMA = json.loads((ROOT / "overrides/checklists/progress.schema.json").read_text("utf-8"))
FITS = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
TAKEN_BY_BOTH = 900
"""Characters of a text that is short enough however they are counted; JavaScript counts some twice."""


def text(data: bytes) -> None:
    """Check that a file is refused in words, or read to a record of its schema; what the schema allows is read."""
    written = data.decode("utf-8", "replace")
    said = ask(text=written)
    check(said)
    if fits(written):
        assert "record" in said, said


def link(data: bytes) -> None:
    """Check that any link is refused in words, or brings a record. The first byte says how it is packed."""
    kind, rest = data[:1], data[1:]
    if kind == b"z":
        squeeze = zlib.compressobj(wbits=-15)
        rest = base64.urlsafe_b64encode(squeeze.compress(rest) + squeeze.flush()).rstrip(b"=")
    elif kind == b"j":
        rest = base64.urlsafe_b64encode(rest).rstrip(b"=")
    else:
        kind = b""
    check(ask(hash=f"#progress={(kind + rest).decode('utf-8', 'replace')}"))


def check(said: dict[str, Any]) -> None:
    """Check that a record goes through a file and through a link unchanged."""
    assert "crashed" not in said, said["crashed"]
    if "record" not in said:
        assert said["refused"]
        return
    record = said["record"]
    for entry in record["items"].values():
        for day in ("on", "when"):
            if entry.get(day, "").startswith("0000-"):  # a year that JavaScript knows and Python does not
                del entry[day]
    FITS.validate(record)
    assert ask(text=json.dumps(said["record"]))["record"] == record
    assert ask(hash=said["link"])["record"] == record


def fits(written: str) -> bool:
    """Return whether the schema allows a text, except where Python and JavaScript parse JSON differently."""
    try:
        content = json.loads(written, parse_constant=float, parse_float=_finite)
        FITS.validate(content)
    except (ValueError, RecursionError, jsonschema.ValidationError):
        return False
    return all(id_.isprintable() for id_ in content["items"]) and len(written) < TAKEN_BY_BOTH


def _finite(number: str) -> float:
    if float(number) in (float("inf"), 0.0):
        raise ValueError
    return float(number)


def ask(**question: str) -> dict[str, Any]:
    """Return the reader's result: {record, link}, {refused} or {crashed}."""
    node = _node()
    assert node.stdin
    assert node.stdout
    node.stdin.write(json.dumps(question) + "\n")
    node.stdin.flush()
    answer: dict[str, Any] = json.loads(node.stdout.readline())
    return answer


@cache
def _node() -> subprocess.Popen[str]:
    reader = Path(__file__).with_name("reader.mjs")
    return subprocess.Popen([NODE, reader], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
