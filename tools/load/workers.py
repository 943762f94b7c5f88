"""Processes of a function as Lambda keeps them: each asks for an event, answers, and asks for the next."""

import json
import os
import queue
import subprocess
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

SECONDS = 30


class Workers:
    """So many processes of a handler of the built package, with Lambda's own runtime client."""

    def __init__(self, python: str, path: list[Path], handler: str, number: int) -> None:
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._asked: dict[str, tuple[bytes, Future[Any]]] = {}
        self._api = ThreadingHTTPServer(("127.0.0.1", 0), self._runtime_api())
        self._api.daemon_threads = True
        Thread(target=self._api.serve_forever, daemon=True).start()
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PAGES"))
        } | {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._api.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": handler,
            "PYTHONPATH": os.pathsep.join(map(str, path)),
        }
        command = [python, "-P", "-S", "-s", "-m", "awslambdaric", handler]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._processes = [subprocess.Popen(command, cwd=path[0], env=environment, **quiet) for _ in range(number)]

    @property
    def processes(self) -> list[int]:
        return [process.pid for process in self._processes]

    def call(self, event: Mapping[str, Any]) -> "Future[Any]":
        """Return the answer to come; RuntimeError with what the function said where it fails."""
        name, future = str(uuid.uuid4()), Future[Any]()
        self._asked[name] = json.dumps(event).encode(), future
        self._waiting.put(name)
        return future

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        for _ in self._processes:
            self._waiting.put(None)
        self._api.shutdown()
        self._api.server_close()

    def _runtime_api(self) -> type[BaseHTTPRequestHandler]:
        workers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # a head and a body apart, each soon

            def do_GET(self) -> None:
                name = workers._waiting.get()
                if name is None:
                    return
                headers = {
                    "Lambda-Runtime-Aws-Request-Id": name,
                    "Lambda-Runtime-Deadline-Ms": str(int((time.time() + SECONDS) * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:tested",
                }
                self._send(200, workers._asked[name][0], headers)

            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self._send(202, b"{}", {})
                *_, name, what = self.path.split("/")
                _, future = workers._asked.pop(name)
                if what == "response":
                    future.set_result(content)
                else:
                    future.set_exception(RuntimeError(content))

            def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Type": "application/json", "Content-Length": len(body)}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing: requests to the Runtime API are too many."""

        return Handler
