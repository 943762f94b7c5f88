"""The keys in Secrets Manager: one signs links, the other stands behind ids and never changes."""

import os
from functools import cache
from typing import TYPE_CHECKING

import boto3

import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@cache
def identity() -> bytes:
    """The key of ids. Raises BotoCoreError, ClientError."""
    return _client().get_secret_value(SecretId=os.environ["IDENTITY_SECRET_ARN"])["SecretString"].encode()


@cache
def signing() -> str:
    """The key that signs links. Raises BotoCoreError, ClientError."""
    return _client().get_secret_value(SecretId=os.environ["SIGNING_SECRET_ARN"])["SecretString"]


@cache
def _client() -> "SecretsManagerClient":
    return boto3.client("secretsmanager", config=dynamodb.HURRIED)
