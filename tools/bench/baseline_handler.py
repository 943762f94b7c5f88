"""The least that a function behind a form could be, with the same requests to AWS: what ours is measured against."""

import base64
import os
import uuid
from typing import Any
from urllib.parse import parse_qs

import boto3

dynamodb = boto3.client("dynamodb")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    body = base64.b64decode(event["body"]).decode() if event["isBase64Encoded"] else event["body"]
    answers = {name: values[0].strip() for name, values in parse_qs(body).items()}
    if not all(answers.get(name) for name in ("name", "email", "topic", "message")) or "@" not in answers["email"]:
        return {"statusCode": 422, "body": "Something is missing"}
    sender = {"key": {"S": event["requestContext"]["http"]["sourceIp"]}}
    sent = dynamodb.get_item(TableName=os.environ["COUNTERS_TABLE"], Key=sender, ConsistentRead=True).get("Item")
    if sent and int(sent["posts"]["N"]) > 60:
        return {"statusCode": 429, "body": "Too many"}
    item = {"reference": uuid.uuid4().hex, **answers}
    dynamodb.put_item(
        TableName=os.environ["SUBMISSIONS_TABLE"],
        Item={name: {"S": value} for name, value in item.items()},
        ConditionExpression="attribute_not_exists(#reference)",
        ExpressionAttributeNames={"#reference": "reference"},
    )
    dynamodb.update_item(
        TableName=os.environ["COUNTERS_TABLE"],
        Key=sender,
        UpdateExpression="ADD posts :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    return {"statusCode": 303, "headers": {"location": f"/received?reference={item['reference']}"}, "body": ""}
