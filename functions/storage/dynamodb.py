"""Reads and writes DynamoDB items as plain Python types."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

import aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

PAGE = 300
"""Items of an index that one call reads: a caller that stops early has not read much more than it wanted."""

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class ConditionFailed(Exception):
    """The condition of a write does not hold. `item` is the existing item, empty if there is none."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__()
        self.item = item


class Conflict(Exception):
    """Something else was written to an item of a transaction at the same moment. Nothing was written."""


@cache
def client() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=aws.CLIENT_TIMEOUTS)


def put(table: str, item: Mapping[str, Any], condition: str, names: Mapping[str, str], **values: Any) -> None:
    """Write an item if the condition holds. Raises ConditionFailed. `values` are those of the condition."""
    _write(
        "put_item",
        TableName=table,
        Item=to_item(item),
        ConditionExpression=condition,
        **_placeholders(condition, names, values),
    )


def update(
    table: str,
    key: Mapping[str, str],
    change: str,
    condition: str,
    names: Mapping[str, str],
    *,
    returns: Literal["ALL_NEW", "ALL_OLD"] = "ALL_NEW",
    **values: Any,
) -> dict[str, Any]:
    """Update an item if the condition holds, and return it as it is now, or was. Raises ConditionFailed."""
    asked = _update(table, key, change, condition, names, values)
    return from_item(_write("update_item", ReturnValues=returns, **asked)["Attributes"])


def update_beside(
    table: str,
    key: Mapping[str, str],
    change: str,
    condition: str,
    names: Mapping[str, str],
    *,
    other: Mapping[str, str],
    other_condition: str,
    **values: Any,
) -> None:
    """Update an item if the condition holds, and at that moment the one of another item of the table, unchanged by it.

    Raises ConditionFailed with the item to update, empty if it is the other one's condition; Conflict.
    """
    update: Any = _update(table, key, change, condition, names, values)
    update["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    check: Any = {"TableName": table, "Key": to_item(other), "ConditionExpression": other_condition}
    transact({"Update": update}, {"ConditionCheck": check})


def transact(*writes: "TransactWriteItemTypeDef") -> None:
    """Carry out all writes at one moment, or none.

    Raises ConditionFailed with the item of the first write, empty if another condition failed; Conflict.
    """
    try:
        client().transact_write_items(TransactItems=writes)
    except client().exceptions.TransactionCanceledException as error:
        # DynamoDB cancels for a conflict or a throttled table, too, and the SDK tries none again.
        canceled = error.response["CancellationReasons"]
        reasons = {reason.get("Code", "None") for reason in canceled}
        if reasons - {"None", "ConditionalCheckFailed", "TransactionConflict"}:
            raise
        if "TransactionConflict" in reasons:
            raise Conflict from None
        raise ConditionFailed(from_item(canceled[0].get("Item", {}))) from None


def get(table: str, key: Mapping[str, str]) -> dict[str, Any] | None:
    """Return an item, None if there is none. The read is strongly consistent."""
    # An eventually consistent read could miss the write that caused this invocation.
    item = client().get_item(TableName=table, Key=to_item(key), ConsistentRead=True).get("Item")
    return from_item(item) if item else None


def query(table: str, index: str, condition: str, *, backward: bool = False, **values: Any) -> Iterator[dict[str, Any]]:
    """Yield the items of an index that match the key condition, in index order. `values` are those of the condition."""
    pages = client().get_paginator("query")
    found = pages.paginate(
        TableName=table,
        IndexName=index,
        KeyConditionExpression=condition,
        ExpressionAttributeValues=_values(values),
        ScanIndexForward=not backward,
        PaginationConfig={"PageSize": PAGE},
    )
    return (from_item(item) for page in found for item in page["Items"])


def scan(table: str, **asked: Any) -> Iterator[dict[str, Any]]:
    """Yield every item of a table, in no particular order. `asked` are further parameters of Scan."""
    found = client().get_paginator("scan").paginate(TableName=table, **asked)
    return (from_item(item) for page in found for item in page["Items"])


def to_item(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in plain.items()}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _deserialize(value) for name, value in item.items()}


def _update(
    table: str,
    key: Mapping[str, str],
    change: str,
    condition: str,
    names: Mapping[str, str],
    values: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the arguments of an update, alone or in a transaction."""
    return {
        "TableName": table,
        "Key": to_item(key),
        "UpdateExpression": change,
        "ConditionExpression": condition,
        **_placeholders(change + condition, names, values),
    }


def _placeholders(expressions: str, names: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the placeholder arguments of a call."""
    # DynamoDB rejects empty maps, and names that no expression uses.
    used = {name: meaning for name, meaning in names.items() if name in expressions}
    return ({"ExpressionAttributeNames": used} if used else {}) | (
        {"ExpressionAttributeValues": _values(values)} if values else {}
    )


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f":{name}": _serialize(value) for name, value in values.items()}


def _write(operation: str, **parameters: Any) -> Any:
    """Call a conditional write. Raises ConditionFailed with the existing item."""
    # A failed conditional write returns the existing item, so no second read is needed and there is no race.
    try:
        return getattr(client(), operation)(ReturnValuesOnConditionCheckFailure="ALL_OLD", **parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise ConditionFailed(from_item(error.response.get("Item", {}))) from None  # type: ignore[arg-type]  # the stubs do not know Item
