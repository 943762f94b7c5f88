"""`python -m local`: run everything on this machine until Ctrl-C."""

import argparse
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from types import FrameType

LOOK_EVERY = 1.0
"""Seconds between two looks at whether the code changed."""


def main() -> int:
    arguments = _arguments()
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stdout)
    logging.getLogger("local").setLevel(logging.INFO)
    logging.getLogger("mkdocs").setLevel(logging.WARNING)
    logging.getLogger("mkdocs.livereload").setLevel(logging.ERROR)
    if _in_use(arguments.port):
        print(f"Port {arguments.port} is in use; choose another: make serve PORT={arguments.port + 1}", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        changed = _serve(arguments.port, arguments.data)
    except KeyboardInterrupt:
        changed = False
    if changed:
        logging.getLogger("local").info("The code changed; starting again")
        os.execv(sys.executable, [sys.executable, "-m", "local", *sys.argv[1:]])  # noqa: S606  # the same program again
    return 0


def _serve(port: int, data: Path) -> bool:
    """Serve until interrupted, or until the code changes: then True."""
    from local.run import code_stamp, running  # late, so that a busy port is told at once

    data.mkdir(parents=True, exist_ok=True)
    # What the functions print, their log and metrics, goes to a file as it would go to CloudWatch.
    sys.stdout = (data / "functions.log").open("a", buffering=1, encoding="utf-8")
    started = code_stamp()
    changed = threading.Event()
    with running(port, data.resolve(), watch=True) as server:

        def watch_code() -> None:
            while not changed.wait(LOOK_EVERY):
                if code_stamp() != started:
                    changed.set()
                    server.shutdown()

        threading.Thread(target=watch_code, name="code", daemon=True).start()
        try:
            server.serve()  # type: ignore[no-untyped-call]  # MkDocs leaves it untyped
        finally:
            was_changed = changed.is_set()
            changed.set()
            server.shutdown()
    return was_changed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make serve", description="Run the site, the forms and a mailbox on this machine."
    )
    parser.add_argument("--port", type=int, default=8000, help="on 127.0.0.1 (default: 8000)")
    parser.add_argument(
        "--data", type=Path, default=Path(".local"), help="where what was sent is kept (default: .local)"
    )
    return parser.parse_args()


def _in_use(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
