"""Firefox and WebKitGTK without a window, each by the WebDriver commands that it speaks itself.

WebKitGTK answers them over HTTP (W3C WebDriver), Firefox over a socket (Marionette, what geckodriver translates to).
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.support.programs import FIREFOX
from tests.support.run import free_port, wait_for

ENGINES = ["firefox", "webkit"]
MINIBROWSER = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key of an element's id, by the standard."""


LATE_IS_THERE = (
    "(!document.querySelector('[data-late]') || performance.getEntriesByType('resource')"
    ".some(({ name }) => /[/](place|sheets)[.]/.test(name)))"
)
"""Whether the script that a page fetches once it is painted has come: the last file of each, or the only one."""


class Engine:
    """One browser with one page. Scripts are the bodies of async functions; what they throw is raised here."""

    def __init__(self, commands: Any) -> None:
        self._ask = commands

    def open(self, url: str) -> None:
        """Visit an address, and wait for the page and its script."""
        self._ask("url", "Navigate", {"url": url})
        self.wait_until(f"document.readyState === 'complete' && {LATE_IS_THERE}")

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns, once that is there."""
        wrapped = (
            "const done = arguments[arguments.length - 1]; const given = [...arguments].slice(0, -1);"
            f"(async (...given) => {{ {script} }})(...given).then((is) => done([is]), (error) => done(`${{error}}`));"
        )
        answer = self._ask("execute/async", "ExecuteAsyncScript", {"script": wrapped, "args": list(arguments)})
        assert not isinstance(answer, str), answer
        return answer[0] if answer else None

    def wait_until(self, condition: str, seconds: float = 60) -> None:
        """Wait for an expression to be true, over pages that come and go."""

        def look() -> bool:
            with suppress(RuntimeError):
                return bool(self.run(f"return Boolean({condition})"))
            return False

        wait_for(look, seconds)

    def type(self, selector: str, keys: str) -> None:
        """Type into an element as a keyboard does."""
        self.run("document.querySelector(given[0]).scrollIntoView({ behavior: 'instant', block: 'center' })", selector)
        found = self._ask("element", "FindElement", {"using": "css selector", "value": selector})
        self._ask(f"element/{found[ELEMENT]}/value", "ElementSendKeys", {"id": found[ELEMENT], "text": keys})


@contextmanager
def started(name: str) -> Iterator[Engine]:
    """A new browser without anything kept, closed at the end."""
    start = _firefox if name == "firefox" else _webkit
    with (
        tempfile.TemporaryDirectory(prefix=f"{name}-", ignore_cleanup_errors=True) as home,
        start(Path(home)) as engine,
    ):
        yield engine


@contextmanager
def _program(command: list[str], home: Path) -> Iterator[subprocess.Popen[bytes]]:
    quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    own = {"HOME": str(home), "NO_AT_BRIDGE": "1", "GTK_A11Y": "none", "LIBGL_ALWAYS_SOFTWARE": "1"}
    process = subprocess.Popen(command, env=os.environ | own, start_new_session=True, **quiet)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def _firefox(home: Path) -> Iterator[Engine]:
    port = free_port()
    preferences = {
        "marionette.port": port,
        "app.update.disabledForTesting": True,
        "datareporting.policy.dataSubmissionEnabled": False,
        "network.captive-portal-service.enabled": False,
        "network.connectivity-service.enabled": False,
    }
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
    (home / "user.js").write_text("\n".join(lines), "utf-8")
    program = next(found for name in FIREFOX if (found := shutil.which(name)))
    command = [program, "--headless", "--no-remote", "--marionette", "--profile", str(home)]
    with _program(command, home):
        connection = wait_for(lambda: _connected(port), 60)
        with connection, connection.makefile("rb") as answers:
            _message(answers)  # it greets
            count = 0

            def ask(_path: str, name: str, parameters: dict[str, Any]) -> Any:
                nonlocal count
                count += 1
                text = json.dumps([0, count, f"WebDriver:{name}", parameters])
                connection.sendall(f"{len(text.encode())}:{text}".encode())
                _, _, error, answer = _message(answers)
                if error:
                    raise RuntimeError(error["message"])
                return answer.get("value", answer) if isinstance(answer, dict) else answer

            ask("", "NewSession", {"capabilities": {"alwaysMatch": {}}})
            yield Engine(ask)


def _connected(port: int) -> socket.socket | None:
    try:
        return socket.create_connection(("127.0.0.1", port), timeout=60)
    except OSError:
        return None


def _listens(port: int) -> bool:
    with _connected(port) or nullcontext() as found:
        return found is not None


def _message(answers: Any) -> Any:
    """Read `length:JSON`."""
    length = b""
    while (digit := answers.read(1)) != b":":
        length += digit
    return json.loads(answers.read(int(length)))


@contextmanager
def _webkit(home: Path) -> Iterator[Engine]:
    port = free_port()
    settings = home / ".config" / "gtk-3.0" / "settings.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text("[Settings]\ngtk-enable-animations=0\n", "utf-8")
    command = ["xvfb-run", "--auto-servernum", "WebKitWebDriver", "--host=127.0.0.1", f"--port={port}"]
    with _program(command, home):
        address = f"http://127.0.0.1:{port}"

        def post(path: str, content: Any) -> Any:
            body = json.dumps(content).encode()
            try:
                with urlopen(Request(address + path, body, {"Content-Type": "application/json"}), timeout=60) as answer:
                    return json.load(answer)["value"]
            except URLError as error:
                told = error.read() if hasattr(error, "read") else b""
                raise RuntimeError(told.decode() or str(error)) from None

        wait_for(lambda: _listens(port), 60)
        binary = next(Path("/").glob(MINIBROWSER.lstrip("/")))
        options = {"binary": str(binary), "args": ["--automation"]}
        wanted = {"alwaysMatch": {"browserName": "MiniBrowser", "webkitgtk:browserOptions": options}}
        session = post("/session", {"capabilities": wanted})["sessionId"]

        def ask(path: str, _name: str, parameters: dict[str, Any]) -> Any:
            return post(f"/session/{session}/{path}", parameters)

        yield Engine(ask)
