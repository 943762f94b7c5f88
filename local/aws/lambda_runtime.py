"""Emulates Lambda: imports a function's handler and calls it with an event and a context."""

import importlib
import json
import logging
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from local.aws import iam
from local.template import ACCOUNT, REGION, Template

log = logging.getLogger("local.aws.lambda_runtime")

_one_at_a_time = threading.RLock()
"""A process of Lambda answers one request at a time, so functions and what they share need no locks of their own."""


@dataclass(frozen=True)
class Context:
    """Lambda's context object. `timeout` is in seconds; nothing is cut off here when it is over."""

    function_name: str
    memory_limit_in_mb: int
    timeout: int
    function_version: str = "$LATEST"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    _started: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        return f"local/[{self.function_version}]"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.timeout - (time.monotonic() - self._started)) * 1000))


def invoke(template: Template, function: str, event: Mapping[str, Any]) -> Any:
    """Call a function of the template as Lambda does, and return its answer.

    Event and answer pass through JSON, as they do on AWS, and of AWS it may call what its policies allow. What the
    handler raises is raised here, and TypeError where its answer is not JSON.
    """
    properties = template.functions[function]
    module, _, name = properties["Handler"].rpartition(".")
    root = str(template.source_root(function))
    context = Context(template.resolve.name(function), properties.get("MemorySize", 128), properties.get("Timeout", 3))
    with _one_at_a_time, iam.running(template, function):
        if sys.path[0] != root:
            sys.path.insert(0, root)
        handler = getattr(importlib.import_module(module), name)
        try:
            return json.loads(json.dumps(handler(json.loads(json.dumps(event)), context)))
        except Exception as error:
            log.debug("%s: %s", type(error).__name__, error)  # Lambda writes it into the function's log
            raise


def forget(template: Template) -> None:
    """Unload every module of the functions, so that the next call imports them again."""
    with _one_at_a_time:
        for name in loaded(template):
            del sys.modules[name]
        importlib.invalidate_caches()


def loaded(template: Template) -> dict[str, ModuleType]:
    """Return the modules of the functions that are imported, by name."""
    roots = {template.source_root(function) for function in template.functions}
    return {
        name: module
        for name, module in list(sys.modules.items())
        if roots.intersection(Path(getattr(module, "__file__", None) or "/").parents)
    }
