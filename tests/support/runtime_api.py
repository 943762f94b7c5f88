"""Plays the Runtime API of Lambda for one process: hands out one event, and takes the answer."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SECONDS = 30


@dataclass
class Run:
    """What a function did: `asked` for an event (so it had started), answered, or failed."""

    event: Mapping[str, Any] | None
    asked: bool = False
    answer: Any = None
    failure: Any = None
    log: str = ""
    over: threading.Event = field(default_factory=threading.Event)


def run(
    python: str, path: list[Path], handler: str, event: Mapping[str, Any] | None = None, timeout: int = SECONDS
) -> Run:
    """Start a function with Lambda's own runtime client, give it an event, and stop it once it has answered.

    `path` is everything it can import from beside the standard library; the first folder is the working directory.
    Without an event it is stopped once it asks for one. `timeout` is what the function is told that it has, in seconds.
    """
    run = Run(event)
    api = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(run, timeout))
    threading.Thread(target=api.serve_forever, daemon=True).start()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PAGES"))} | {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": handler,
        "PYTHONPATH": os.pathsep.join(map(str, path)),
    }
    process = subprocess.Popen(
        [python, "-P", "-S", "-s", "-m", "awslambdaric", handler],
        cwd=path[0],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    end = time.monotonic() + SECONDS
    while process.poll() is None and not run.over.wait(0.05) and time.monotonic() < end:
        pass
    process.kill()
    run.log = process.communicate()[0]
    api.shutdown()
    api.server_close()
    return run


def _handler_for(run: Run, timeout: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if run.asked or run.event is None:
                run.asked = True
                run.over.set()
                self.close_connection = True
                return
            run.asked = True
            headers = {
                "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + timeout) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:tested",
            }
            self._send(200, json.dumps(run.event).encode(), headers)

        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if self.path.endswith("/response"):
                run.answer = content
            else:
                run.failure = content
            self._send(202, b"{}", {})
            run.over.set()

        def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Type": "application/json", "Content-Length": len(body)}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """What is asked of the Runtime API is not worth a line each."""

    return Handler
