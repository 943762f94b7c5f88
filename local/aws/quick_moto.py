"""Makes moto answer in less time, by being imported. Most of the time of a test is AWS, and of a local run too.

What moto does for every request though it is always the same is done once; and what it copies whole, only where it
changes.
"""

# mypy: disable-error-code="misc,assignment,method-assign,attr-defined"
import base64
import copy
import json
from collections.abc import MutableMapping
from functools import cache
from secrets import token_hex
from typing import Any

from botocore.parsers import JSONParser
from moto import backends
from moto.core import responses
from moto.core.model import StructureShape
from moto.core.responses import ActionResult
from moto.core.serialize import BaseJSONSerializer, JSONSerializer
from moto.dynamodb import responses as dynamodb_responses
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models import DynamoDBBackend, Item, Table
from moto.dynamodb.models.dynamo_type import DynamoType, LimitedSizeDict
from moto.dynamodb.models.utilities import dynamo_to_dict
from moto.dynamodb.parsing.expressions import UpdateExpressionParser
from moto.dynamodb.responses import DynamoHandler
from moto.utilities.utils import get_partition

JSON = "application/x-amz-json-1.0"

OF_VALUES = {"GetItemOutput", "PutItemOutput", "UpdateItemOutput", "DeleteItemOutput", "QueryOutput", "ScanOutput"}

LARGEST_ITEM = 405_000
"""Bytes, as moto has it."""


def _as_json(value: Any) -> Any:
    """Return one of DynamoDB's values as JSON has it. Raises TypeError for anything else."""
    if isinstance(value, DynamoType):
        return {value.type: value.value}
    raise TypeError


def _serialize_structure(
    serializer: BaseJSONSerializer, serialized: MutableMapping[str, Any], value: Any, shape: StructureShape, key: str
) -> None:
    """Write a structure of an answer of the stream: DynamoDB's values as moto holds them, as they are JSON already."""
    if shape.name == "AttributeValue" and not value.keys() & {"B", "BS"}:
        serialized[key] = value
    else:
        BaseJSONSerializer._serialize_type_structure(serializer, serialized, value, shape, key)


def _decode(part: dict[str, Any]) -> dict[str, Any]:
    """Return a part of a request with its binary value, or values, as bytes."""
    match part:
        case {"B": str(value), **rest} if not rest:
            return {"B": base64.b64decode(value)}
        case {"BS": list(values), **rest} if not rest:
            return {"BS": [base64.b64decode(value) for value in values]}
    return part


class QuickDynamo(DynamoHandler):
    """moto's DynamoDB, for a signed request of the SDK in JSON: what else a request may be is not looked for."""

    @classmethod
    def carry_out(cls, target: str, asked: bytes, account: str, region: str) -> tuple[int, dict[str, str], str]:
        """Return status, headers and body of the answer to a request; `target` is its header X-Amz-Target."""
        handler = cls()
        handler.headers = {"X-Amz-Target": target, "Content-Type": JSON}
        binary = b'"B":' in asked or b'"BS":' in asked
        handler.params = json.loads(asked, object_hook=_decode if binary else None)
        handler.uri_match, handler.querystring = {}, {}
        handler.current_account, handler.region, handler.partition = account, region, get_partition(region)
        handler.response_headers = {"server": "amazon.com"}
        answer: tuple[int, dict[str, str], str] = handler.call_action()
        return answer

    def serialized(self, action_result: ActionResult) -> Any:
        """Write an answer in one go: DynamoDB's values are JSON already. moto takes each apart by its model.

        It is asked for what has dates or bytes in it, and for errors.
        """
        result: Any = action_result.result
        if isinstance(result, dict):
            try:
                body = json.dumps({name: each for name, each in result.items() if each is not None}, default=_as_json)
            except TypeError:
                action_result = ActionResult(dynamo_to_dict(result))
            else:
                return 200, {"Content-Type": JSON, **self.response_headers}, body
        return super().serialized(action_result)

    def _authenticate_and_authorize_normal_action(self, resource: str = "*") -> None:
        """Ask nothing: local/aws/iam.py has looked, and moto would let everything pass."""


def _read(parser: JSONParser, raw: bytes, shape: Any) -> Any:
    """Read an answer. What holds values of DynamoDB alone, and no bytes, is as JSON has it; the SDK goes through it.

    Members that its model has not are left out, as the SDK does.
    """
    if shape.name in OF_VALUES and raw.startswith(b"{") and b'"B":' not in raw and b'"BS":' not in raw:
        return {name: value for name, value in json.loads(raw).items() if name in shape.members}
    return _sdk_reads(parser, raw, shape)


def _number_request(headers: dict[str, Any]) -> str:
    """Give an answer the id of its request, at once: moto chooses it letter by letter."""
    headers["x-amzn-requestid"] = chosen = token_hex(26)
    return chosen


def _make_item(item: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]) -> None:
    """Hold an item's attributes, and look at its size once: moto does at each attribute, at all that came before it."""
    item.hash_key, item.range_key, item.attrs = hash_key, range_key, LimitedSizeDict()
    for name, value in attrs.items():
        dict.__setitem__(item.attrs, name, DynamoType(value))
    if item.size() > LARGEST_ITEM:
        raise ItemSizeTooLarge


def _to_regular_json(value: DynamoType) -> dict[str, Any]:
    """Return a value without moto's types: moto copies it whole first, and its parts once more at each depth."""
    held = value.value
    if isinstance(held, dict):
        return {value.type: {name: _regular(part) for name, part in held.items()}}
    if isinstance(held, list):
        return {value.type: [_regular(part) for part in held]}
    return {value.type: base64.b64decode(held) if value.is_binary() and isinstance(held, str) else held}


def _regular(part: Any) -> Any:
    return _to_regular_json(part) if isinstance(part, DynamoType) else part


def _copy_before_a_transaction(table: Table, memo: dict[int, Any]) -> Table:
    """Copy a table for the case that a transaction fails, but no item, and no record of its stream.

    They can be shared, as none is changed in its place (see _update_item). moto copies all that were ever written.
    """
    kept: Table = copy.copy(table)
    memo[id(table)] = kept
    kept.items = copy.copy(table.items)
    if table.range_key_attr:
        for key, items in table.items.items():
            kept.items[key] = copy.copy(items)
    if table.stream_shard:
        kept.stream_shard = copy.copy(table.stream_shard)
        kept.stream_shard.table, kept.stream_shard.items = kept, [*table.stream_shard.items]
    return kept


def _update_item(backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *given: Any, **named: Any) -> Item:
    """Update a copy of the item, put into its place before."""
    table = backend.get_table(table_name)
    item: Any = backend.get_item(table_name, key)
    if item and item.range_key:
        table.items[item.hash_key][item.range_key] = copy.deepcopy(item)
    elif item:
        table.items[item.hash_key] = copy.deepcopy(item)
    return _moto_updates_item(backend, table_name, key, *given, **named)


def _all_items(table: Table) -> list[Item]:
    """Return the items in the order of their keys, which moto compares by what it makes of them at each comparison."""
    if table.range_key_attr:
        items = [item for some in table.items.values() for item in some.values()]
        return sorted(items, key=lambda item: (item.hash_key.cast_value, item.range_key.cast_value))
    held: Any = table.items.values()
    return sorted(held, key=lambda item: item.hash_key.cast_value)


_sdk_reads = JSONParser._handle_json_body
JSONParser._handle_json_body = _read
_moto_updates_item = DynamoDBBackend.update_item
DynamoDBBackend.update_item = _update_item
Table.__deepcopy__ = _copy_before_a_transaction
Table.all_items = _all_items
Item.__init__ = _make_item
DynamoType.to_regular_json = _to_regular_json
# moto reads the list of its folders twice for each request.
backends.list_of_moto_modules = cache(lambda find=backends.list_of_moto_modules: tuple(find()))
responses.gen_amzn_requestid_long = _number_request
# And the methods of the class that answers, and what one of them is called.
responses.method_names_from_class = cache(responses.method_names_from_class)
responses.camelcase_to_underscores = cache(responses.camelcase_to_underscores)
# And an expression of an update twice, letter by letter; whoever changes what comes of it takes a copy.
UpdateExpressionParser.make = cache(UpdateExpressionParser.make)
# And whatever DynamoDB answers, value by value, before it writes it.
dynamodb_responses.DynamoResult = ActionResult
# moto looks in each value of an item for its ten possible types by five names each, in what the stream tells too.
JSONSerializer._serialize_type_structure = _serialize_structure
