"""The data that botocore reads to know AWS's services, reduced to the operations that template.yaml allows.

botocore reads them at each cold start: whole, they cost more than everything else together.
"""

import gzip
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from local.template import Template

SERVICES = {"ses": "sesv2"}
"""botocore's name of a service, where policies call it otherwise."""

RIGHTS_ONLY = ("dynamodb:ConditionCheckItem", "ses:SendRawEmail")
"""Actions that are not operations: part of a transaction requires the one, SendEmail with a raw message the other."""

ONE_BY_ONE = {"dynamodb:UpdateItem": "TransactWriteItems"}
"""Rights that an operation asks for each of its parts, which has none of its own."""

Operations = Mapping[str, frozenset[str]]
"""The names of operations by botocore's name of their service."""


def allowed_operations(template: Template) -> Operations:
    """Return the operations that the functions' policies allow. Raises ValueError for an action with a wildcard."""
    found: dict[str, set[str]] = {}
    for function in template.functions.values():
        for policy in function.get("Policies", []):
            for statement in policy["Statement"]:
                for action in _as_list(statement["Action"]):
                    if action in RIGHTS_ONLY:
                        continue
                    service, _, operation = action.partition(":")
                    if "*" in action:
                        raise ValueError(f"a policy allows {action}; name each operation")
                    operations = {operation, ONE_BY_ONE.get(action, operation)}
                    found.setdefault(SERVICES.get(service, service), set()).update(operations)
    return {service: frozenset(operations) for service, operations in sorted(found.items())}


def reduce(data: Path, operations: Operations) -> None:
    """Leave these services in a `botocore/data` folder, in their latest version, with these operations.

    Endpoints of all partitions and regions stay. Raises KeyError where a service has no such operation.
    """
    endpoints = data / "endpoints.json"
    known = json.loads(endpoints.read_text("utf-8"))
    prefixes = set()
    for folder in [path for path in data.iterdir() if path.is_dir()]:
        if folder.name not in operations:
            shutil.rmtree(folder)
            continue
        *older, latest = sorted(folder.iterdir())
        for version in older:
            shutil.rmtree(version)
        for packed in latest.glob("*.json.gz"):
            model = json.loads(gzip.decompress(packed.read_bytes()))
            packed.unlink()
            if packed.name == "service-2.json.gz":
                model = _reduced(model, operations[folder.name])
                prefixes.add(model["metadata"]["endpointPrefix"])
            _write(packed.with_suffix(""), model)
        for examples in latest.glob("examples-*.json"):
            examples.unlink()
    for partition in known["partitions"]:
        partition["services"] = {name: at for name, at in partition["services"].items() if name in prefixes}
    _write(endpoints, known)


def _reduced(model: dict[str, Any], operations: frozenset[str]) -> dict[str, Any]:
    kept = {name: model["operations"][name] for name in sorted(operations)}
    shapes: dict[str, Any] = {}
    wanted = list(_shapes_named_in(kept))
    while wanted:
        name = wanted.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            wanted += _shapes_named_in(shapes[name])
    changed = {"operations": kept, "shapes": dict(sorted(shapes.items()))}
    reduced: dict[str, Any] = _without_documentation(model | changed)
    return reduced


def _shapes_named_in(part: Any) -> Iterator[str]:
    for key, value in part.items():
        if key == "shape" and isinstance(value, str):
            yield value
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from _shapes_named_in(each)


def _without_documentation(part: Any) -> Any:
    """Drop texts only: a member of a shape may be called `documentation` too."""
    if isinstance(part, list):
        return [_without_documentation(each) for each in part]
    if isinstance(part, dict):
        texts = {key for key, value in part.items() if key == "documentation" and isinstance(value, str)}
        return {key: _without_documentation(value) for key, value in part.items() if key not in texts}
    return part


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _write(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, separators=(",", ":")), "utf-8")
