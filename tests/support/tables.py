"""The tables as a test looks into them."""

from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from moto.dynamodb.models import dynamodb_backends

from local.aws.stand_in import client
from local.template import ACCOUNT, REGION, Template


@dataclass(frozen=True)
class Table:
    """The table of submissions."""

    name: str

    def items(self) -> list[dict[str, Any]]:
        deserialize = TypeDeserializer().deserialize
        items = client("dynamodb").scan(TableName=self.name, ConsistentRead=True)["Items"]
        return [{name: deserialize(value) for name, value in item.items()} for item in items]

    def item(self, reference: str) -> dict[str, Any]:
        [found] = [item for item in self.items() if item["reference"] == reference]
        return found


def empty_tables(template: Template) -> None:
    """Every table empty, and its stream too, without asking moto for it: each test does this first."""
    tables = dynamodb_backends[ACCOUNT][REGION].tables
    for name in template.resources("AWS::DynamoDB::Table"):
        tables[name].items.clear()
        if tables[name].stream_shard:
            tables[name].stream_shard.items.clear()
