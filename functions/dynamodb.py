"""DynamoDB in plain Python types, and what a conditional write says when its condition does not hold."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HURRIED = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})
"""In seconds. All tries together end well before the function does, so that a visitor gets an answer and not a cut."""

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class ConditionFailed(Exception):
    """A conditional write was refused; `item` is what stands there, empty where nothing does."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__()
        self.item = item


@cache
def client() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=HURRIED)


def put(table: str, item: Mapping[str, Any], condition: str, names: Mapping[str, str], **values: Any) -> None:
    """Write an item where the condition holds. Raises ConditionFailed. `values` are those of the condition."""
    given = {"ExpressionAttributeValues": _values(values)} if values else {}
    with_condition = {"ConditionExpression": condition, "ExpressionAttributeNames": dict(names), **given}
    _write("put_item", TableName=table, Item=to_item(item), **with_condition)


def update(
    table: str, key: Mapping[str, str], change: str, condition: str, names: Mapping[str, str], **values: Any
) -> dict[str, Any]:
    """Change an item where the condition holds, and return it as it is then. Raises ConditionFailed."""
    answer = _write(
        "update_item",
        TableName=table,
        Key=to_item(key),
        UpdateExpression=change,
        ConditionExpression=condition,
        ExpressionAttributeNames={name: meaning for name, meaning in names.items() if name in change + condition},
        ExpressionAttributeValues=_values(values),
        ReturnValues="ALL_NEW",
    )
    return from_item(answer["Attributes"])


def get(table: str, key: Mapping[str, str]) -> dict[str, Any] | None:
    """An item as the last write left it, None where there is none."""
    item = client().get_item(TableName=table, Key=to_item(key), ConsistentRead=True).get("Item")
    return from_item(item) if item else None


def to_item(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in plain.items()}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _deserialize(value) for name, value in item.items()}


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f":{name}": _serialize(value) for name, value in values.items()}


def _write(operation: str, **parameters: Any) -> Any:
    """The write itself reads the item that stands in its way: no second call, no moment between."""
    try:
        return getattr(client(), operation)(ReturnValuesOnConditionCheckFailure="ALL_OLD", **parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise ConditionFailed(from_item(error.response.get("Item", {}))) from None  # type: ignore[arg-type]  # the stubs do not know Item
