"""Journals the changes of the stand-in for AWS: a JSON line per request, replayed at the next start."""

import fcntl
import json
from pathlib import Path
from typing import Any

from werkzeug.test import create_environ

CHANGES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"}
"""DynamoDB operations that are journaled. Tables, queues and secrets are created at every start."""
SEND_EMAIL = "/v2/email/outbound-emails"

Environ = dict[str, Any]


class InUse(Exception):
    """Another local run keeps its data in the same file."""


class Journal:
    """A file of changes. It belongs to this process until `close()`. Raises InUse where it is another's."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.chmod(0o600)  # an older run may have left it readable to others
        self.path = path
        self._file = path.open("ab+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise InUse(f"{path} is in use by another local run") from None

    def close(self) -> None:
        self._file.close()

    def requests(self) -> list[Environ]:
        """Return the kept requests, as WSGI environments, oldest first.

        A last line that was cut off belongs to a request that was never answered: it is dropped. Raises ValueError,
        naming the line, where another line cannot be read.
        """
        self._file.seek(0)
        lines = self._file.read().splitlines(keepends=True)
        if lines and not lines[-1].endswith(b"\n"):
            self._file.truncate(sum(len(line) for line in lines[:-1]))
            del lines[-1]
        return [self._environ(number, line) for number, line in enumerate(lines, start=1)]

    def keep(self, environ: Environ, body: bytes) -> None:
        """Write a request down if it changes something. Credentials are not kept."""
        action = environ.get("HTTP_X_AMZ_TARGET", "")
        sends = environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] == SEND_EMAIL
        if sends or action.rpartition(".")[2] in CHANGES:
            entry = {
                "service": environ["HTTP_AUTHORIZATION"].split("/")[3],
                "path": environ["PATH_INFO"],
                "target": action,
                "type": environ.get("CONTENT_TYPE", ""),
                "body": body.decode(),
            }
            self._file.write(json.dumps(entry).encode() + b"\n")
            self._file.flush()

    def _environ(self, number: int, line: bytes) -> Environ:
        try:
            entry = json.loads(line)
            # moto finds the service by the scope that a request is signed for, and does not look at the signature.
            scope = f"local/20260101/us-east-1/{entry['service']}/aws4_request"
            headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, x", "Content-Type": entry["type"]}
            if entry["target"]:
                headers["X-Amz-Target"] = entry["target"]
            return create_environ(entry["path"], method="POST", headers=headers, data=entry["body"].encode())
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"line {number} of {self.path} cannot be read; mend it, or delete the file") from None
