"""Connects the command to the running local run, or to a stack on AWS."""

import json
import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import aws
from settings import settings

SETTINGS = Path(__file__).parents[1] / "samconfig.toml"
STAFF_TIMEOUTS = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 5})
"""Timeouts in seconds, longer than for visitors: a list may be long."""


class Refused(Exception):
    """The command cannot do what was asked. The message is one line."""


def connect(stack: str, data: Path) -> str:
    """Set the functions' environment for a local run or a stack, and return its name. Raises Refused."""
    aws.CLIENT_TIMEOUTS = STAFF_TIMEOUTS
    if stack:
        _use(_of_stack(stack))
        return f"stack {stack}"
    running = data / "run.json"
    if not running.exists():
        raise Refused(
            f"No local run is going in {data}, and no stack is named: start `make serve`, or give --stack NAME."
        )
    _use(json.loads(running.read_text("utf-8")))
    _live_in_its_time(data / "clock.json")
    return f"the local run in {data}"


def _use(environment: Mapping[str, str]) -> None:
    os.environ.update(environment)
    settings.cache_clear()


def _of_stack(stack: str) -> dict[str, str]:
    """Return the environment of the stack's functions, which this command shares. The region is samconfig.toml's."""
    if not {"AWS_REGION", "AWS_DEFAULT_REGION"} & os.environ.keys() and SETTINGS.exists():
        deployed = tomllib.loads(SETTINGS.read_text("utf-8"))["default"]["deploy"]["parameters"]
        os.environ["AWS_DEFAULT_REGION"] = deployed["region"]
    try:
        resource = boto3.client("cloudformation").describe_stack_resource(
            StackName=stack, LogicalResourceId="RemindFunction"
        )
        function = resource["StackResourceDetail"]["PhysicalResourceId"]
        configuration = boto3.client("lambda").get_function_configuration(FunctionName=function)
    except (BotoCoreError, ClientError) as error:
        raise Refused(f"The stack {stack} cannot be read: {error}") from None
    return configuration["Environment"]["Variables"]


def _live_in_its_time(clock: Path) -> None:
    """Follow the local run's clock, which may have been moved."""
    if clock.exists():
        import time_machine  # only where there is a local run

        ahead = timedelta(seconds=json.loads(clock.read_text("utf-8"))["seconds_ahead"])
        time_machine.travel(datetime.now(UTC) + ahead, tick=True).start()
