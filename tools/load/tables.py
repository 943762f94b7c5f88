"""The table of submissions of a stand-in or a local run, as the account of a flood reads it."""

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer

AT_REST_WITHIN = 300
"""Seconds after the flood in which every e-mail must have gone out; more is an error of its own."""


class Tables:
    """The table of submissions of a stand-in, by its environment."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.name = environment["SUBMISSIONS_TABLE"]
        settings = {"endpoint_url": environment["AWS_ENDPOINT_URL"], "region_name": environment["AWS_REGION"]}
        keys = {name.lower(): environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        self.client = boto3.client("dynamodb", **keys, **settings)

    @classmethod
    def of(cls, data: Path) -> "Tables":
        """Return the tables of a local run, by the folder it keeps its data in."""
        return cls(json.loads((data / "run.json").read_text("utf-8")))

    def items(self) -> list[dict[str, Any]]:
        deserialize = TypeDeserializer().deserialize
        pages = self.client.get_paginator("scan").paginate(TableName=self.name)
        return [{name: deserialize(value) for name, value in item.items()} for page in pages for item in page["Items"]]

    def at_rest(self, sweep: Callable[[], object]) -> list[dict[str, Any]]:
        """Return all items, once no e-mail is owed or on its way, and nobody stores any more. Raises TimeoutError.

        `sweep` lets an hour pass. It is called where nothing goes on and something still waits: an e-mail
        of which SES did not say whether it was taken waits ten minutes for the clock.
        """
        end, before = time.monotonic() + AT_REST_WITHIN, None
        while True:
            begun = time.monotonic()
            items = self.items()
            states = Counter(slot["state"] for item in items for slot in item["mail"].values())
            if states == before:
                if not states["owed"] + states["claimed"]:
                    return items
                sweep()
            if time.monotonic() > end:
                raise TimeoutError(f"not at rest {AT_REST_WITHIN} seconds after the flood: {dict(states)}")
            before = states
            time.sleep(0.3 + 5 * (time.monotonic() - begun))  # a look takes from those who send
