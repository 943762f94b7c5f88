"""The tables as a test looks into them."""

from dataclasses import dataclass
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer

from local.aws.stand_in import create_table
from local.template import Template


@dataclass(frozen=True)
class Table:
    """The table of submissions."""

    name: str

    def items(self) -> list[dict[str, Any]]:
        deserialize = TypeDeserializer().deserialize
        items = boto3.client("dynamodb").scan(TableName=self.name, ConsistentRead=True)["Items"]
        return [{name: deserialize(value) for name, value in item.items()} for item in items]

    def item(self, reference: str) -> dict[str, Any]:
        [found] = [item for item in self.items() if item["reference"] == reference]
        return found


def make_tables(template: Template) -> None:
    """Every table new and empty, as the template declares it."""
    for name, declared in template.resources("AWS::DynamoDB::Table").items():
        boto3.client("dynamodb").delete_table(TableName=name)
        create_table(name, declared)
