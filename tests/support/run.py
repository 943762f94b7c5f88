"""Runs the local run as `make serve` does, in a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[2]
Found = TypeVar("Found")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(look: Callable[[], Found], seconds: float = 60) -> Found:
    """What `look` returns, once that is true."""
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            raise TimeoutError(f"nothing within {seconds} seconds")
        time.sleep(0.05)
    return found


class LocalRun:
    """`python -m local` in the folder of a project, running until `stop()`."""

    def __init__(self, data: Path, port: int | None = None, root: Path = ROOT) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local", "--port", str(self.port), "--data", str(data)],
            cwd=root,
            env={**environment, "NO_MKDOCS_2_WARNING": "1", "RECEIPTS_PER_NETWORK": "1000"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        wait_for(lambda: f"Serving on {self.url}/\n" in self.said or self.process.poll() is not None, 60)
        if self.process.returncode is not None:
            self._reader.join()
            raise RuntimeError("".join(self.said))

    def _read(self) -> None:
        """Take what it prints at once: it prints a line for each form, and stops where nobody reads them."""
        assert self.process.stdout
        with self.process.stdout as printed:
            for line in printed:
                self.said.append(line)

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 60) -> int:
        """End it, and return its exit code; `said` then holds everything it printed."""
        self.process.send_signal(how)
        self._reader.join(timeout=seconds)
        return self.process.wait(timeout=seconds)

    def sweep(self, hours: int = 1) -> None:
        """Let an hour pass, or several, with what the clock does in them."""
        with urlopen(Request(f"{self.url}/_clock/advance?hours={hours}", method="POST")):
            pass

    def messages(self) -> list[dict[str, Any]]:
        """The mailbox, oldest first."""
        with urlopen(f"{self.url}/_mail/messages.json") as answer:
            messages: list[dict[str, Any]] = json.load(answer)
            return messages

    def wait_for_mail(self, count: int) -> list[dict[str, Any]]:
        """The mailbox, once it has this many messages."""
        wait_for(lambda: len(self.messages()) >= count)
        return self.messages()

    def mail_about(self, word: str, count: int = 2) -> list[dict[str, Any]]:
        """The messages with this reference in their subject, or to or from this address, once there are so many.

        A form is answered before its e-mail is sent: those of other tests may still come in between.
        """

        def found() -> list[dict[str, Any]]:
            places = ((each, [each["subject"], *each["to"], *each["reply_to"]]) for each in self.messages())
            return [each for each, about in places if any(word in place for place in about)]

        wait_for(lambda: len(found()) >= count)
        return found()
