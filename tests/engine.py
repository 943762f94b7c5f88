"""Programs that play AWS or stand before it, each at an address of its own while a `with` lasts."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from pinned import programs
from run import free_port, wait_for

KINDS: dict[str, dict[str, Any]] = {
    "throttled": {"error": {"code": "ProvisionedThroughputExceededException"}},
    "500": {"error": {"code": "InternalServerError", "status": 500}},
    "reset before": {"reset": True},
    "answer lost after": {"response": {"abort_bytes": 1}},
    "access denied": {"error": {"code": "AccessDeniedException", "status": 400}},
}
SILENT = {"timeout": {"timeout_ms": 2500, "times": 10}}
"""Longer than the functions wait, which takes the run as long; so there are few."""


@contextmanager
def ministack() -> Iterator[str]:
    """Its address: DynamoDB and more of AWS, new and empty."""
    port = free_port()
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR"}
    with _running(["ministack"], port, "/_ministack/health", settings) as address:
        yield address


@contextmanager
def microburst(upstream: str) -> Iterator[str]:
    """Its address: what is asked of it, it asks `upstream`, until it is given rules."""
    port = free_port()
    with _running(["microburst", "--upstream", upstream, "--port", str(port)], port, "/_microburst/health") as address:
        yield address


class Proxy:
    """microburst at an address, as its control API tells and takes."""

    def __init__(self, address: str) -> None:
        self.address = address

    def breaks(self, rate: float) -> None:
        """So large a share of all calls, each kind as often as the others; nothing for 0."""
        rules = [{"service": "dynamodb", **effect} for effect in SILENT.values()] if rate else []
        for rule in rules:
            rule["probability"] = rate / 10
        for number, effect in enumerate(KINDS.values() if rate else ()):
            # Rules are asked in order, so a later one sees only what the earlier ones let through.
            each = rate / len(KINDS)
            rules.append({"service": "dynamodb", "probability": each / (1 - number * each), **effect})
        self._ask("rules", "POST", rules)

    def struck(self) -> dict[str, int]:
        """How often each kind of fault happened since the rules were set."""
        names = [*SILENT, *KINDS]
        return dict(zip(names, [rule["fired_count"] for rule in self._ask("rules")], strict=True))

    def asked(self) -> int:
        """Calls that came so far."""
        number: int = self._ask("stats")["requests"]["total"]
        return number

    def _ask(self, what: str, method: str = "GET", body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.address}/_microburst/{what}", data, method=method)) as answer:
            return json.load(answer)


@contextmanager
def _running(command: list[str], port: int, health: str, settings: dict[str, str] | None = None) -> Iterator[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(
        [programs("engines") / command[0], *command[1:]], env=environment | (settings or {}), **quiet
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: process.poll() is not None or _answers(address + health), seconds=60)
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended with {process.returncode}")
        yield address
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        with urlopen(address):
            return True
    except (URLError, ConnectionError):
        return False
