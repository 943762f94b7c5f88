"""Refuses the values that AWS refuses: its models say how long they may be and of which characters, and neither
botocore, as the functions use it, nor moto looks there."""

import re
from collections.abc import Iterator
from typing import Any

import botocore
import botocore.session
from botocore.exceptions import ClientError
from botocore.model import Shape

TAG = "[A-Za-z0-9_-]{1,256}"
NOT_EMPTY = "(?s).+"
ONLY_IN_PROSE = {
    "MessageTagName": TAG,
    "MessageTagValue": TAG,
    "ConditionExpression": NOT_EMPTY,
    "UpdateExpression": NOT_EMPTY,
}
"""Patterns by shape that only the documentation of AWS's models has."""


def _check(**call: Any) -> None:
    """Refuse a call before it is sent, as the service would. Raises botocore's ClientError."""
    model = call["model"]
    if model.input_shape and (wrong := next(_beyond(call["params"], model.input_shape), None)):
        code = "BadRequestException" if model.service_model.service_name == "sesv2" else "ValidationException"
        answer: Any = {"Error": {"Code": code, "Message": wrong}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        raise ClientError(answer, model.name)


def _beyond(value: Any, shape: Any) -> Iterator[str]:
    """Yield the names of the shapes whose limits the value, or a part of it, goes beyond."""
    limits = shape.metadata
    if limits.keys() & {"min", "max"}:
        size = value if isinstance(value, int) else len(value)
        if not limits.get("min", size) <= size <= limits.get("max", size):
            yield shape.name
    pattern = limits.get("pattern") or ONLY_IN_PROSE.get(shape.name)
    if pattern and not re.fullmatch(pattern, value):
        yield shape.name
    for part, of in _parts(value, shape):
        yield from _beyond(part, of)


def _parts(value: Any, shape: Any) -> Iterator[tuple[Any, Shape]]:
    match shape.type_name:
        case "structure" if shape.name != "AttributeValue":  # nothing in an item's value has limits of its own
            yield from ((part, shape.members[name]) for name, part in value.items() if name in shape.members)
        case "list":
            yield from ((part, shape.member) for part in value)
        case "map":
            yield from ((name, shape.key) for name in value)
            yield from ((part, shape.value) for part in value.values())


def _watch(session: botocore.session.Session) -> None:
    session.register("before-parameter-build.*.*", _check)


botocore.register_initializer(_watch)  # every client of every session from now on
