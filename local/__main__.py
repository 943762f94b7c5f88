"""`python -m local`: run everything on this machine until Ctrl-C."""

import argparse
import errno
import logging
import os
import signal
import socket
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import FrameType

ENDS = (signal.SIGINT, signal.SIGTERM)


def main() -> int:
    arguments = _arguments()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("local").setLevel(logging.INFO)
    sys.dont_write_bytecode = True  # a __pycache__ that appears would look like a change
    for end in ENDS:
        signal.signal(end, _interrupt)
    try:
        _serve(arguments.port, arguments.data.resolve(), edge_cache=arguments.edge_cache)
    except KeyboardInterrupt:
        pass
    except _Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


class _Refused(Exception):
    """The local run cannot start. The message is one line."""


def _serve(port: int, data: Path, *, edge_cache: bool) -> None:
    """Serve until interrupted. Restart the process if its own code changed."""
    if not Path("template.yaml").exists():
        raise _Refused("There is no template.yaml here; start it in the project's folder")
    try:
        listener = socket.create_server(("127.0.0.1", port), backlog=128)
    except OSError as error:
        trouble = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be had ({error.strerror})"
        raise _Refused(f"Port {port} {trouble}; choose another: make serve PORT={port + 1}") from None
    # Late, so that the above is told at once.
    from local.journal import InUse
    from local.run import CodeChanged, running

    os.umask(0o077)  # what people sent, and the keys that sign links, are this user's alone
    try:
        data.mkdir(parents=True, exist_ok=True)
        # What the functions print, their log and metrics, goes to a file as it would go to CloudWatch.
        with (
            (data / "functions.log").open("a", buffering=1, encoding="utf-8") as functions_log,
            redirect_stdout(functions_log),
            running(listener, data, root=Path.cwd(), watch=True, edge_cache=edge_cache) as server,
        ):
            places = [f"Serving on {server.url}", f"E-mail goes to {server.url}_mail/"]
            if staff := os.environ.get("STAFF_ADDRESSES", "").partition(",")[0]:
                places.append(f"The office works at {server.url}desk/ (sign in as {staff}; the code is in the mailbox)")
            print("\n".join(places), file=sys.__stdout__, flush=True)
            try:
                server.serve()  # type: ignore[no-untyped-call]  # MkDocs leaves it untyped
            finally:
                _ignore_signals()  # a second Ctrl-C would interrupt the end
    except CodeChanged:
        logging.getLogger("local").info("The code changed; starting again")
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606  # the same program again
    except InUse as in_use:
        raise _Refused(f"{in_use}; choose another folder: make serve DATA=.other") from None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make serve", description="Run the site, the forms and a mailbox here.")
    parser.add_argument("--port", type=int, default=8000, help="on 127.0.0.1; 0 is any free one (default: 8000)")
    parser.add_argument("--data", type=Path, default=Path(".local"), help="keeps what was sent (default: .local)")
    parser.add_argument("--edge-cache", action="store_true", help="show the register from a cache, as CloudFront does")
    return parser.parse_args()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    for end in ENDS:
        signal.signal(end, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
