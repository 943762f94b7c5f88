"""`make conformance`: every test that uses the tables, with MiniStack for DynamoDB and its streams; SES stays moto's.

Then template.yaml is deployed there. Prints a table of both; fails where a test does, where not every table is
MiniStack's, or where the stack differs from the template in what MiniStack can do.
"""

import os
import sys
import time
from collections import Counter, defaultdict
from unittest.mock import patch

import boto3
import deployment
import engine
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from local.template import REGION

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": DEFAULT_ACCOUNT_ID,
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
"""An account's number as the key: MiniStack takes it as the account, as moto is told."""


class Storage:
    """Lets pytest run the tests that use the tables, and counts what came of each file."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Counter[str]] = defaultdict(Counter)
        self.differing: list[str] = []
        self.elsewhere = 0

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        others = [item for item in items if "table" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file = report.nodeid.partition("::")[0]
        if report.when == "call" or report.failed:
            self.outcomes[file][report.outcome] += 1
        if report.failed:
            self.differing.append(f"{report.nodeid}: {str(report.longrepr).splitlines()[-1]}")

    def pytest_runtest_teardown(self) -> None:
        """Tables that moto has, though another engine was to play them."""
        self.elsewhere += len(dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables)

    def print(self) -> None:
        print(f"\n{'':36}{'tests':>8}{'passed':>8}{'differing':>11}")
        rows = [*sorted(self.outcomes.items()), ("total", sum(self.outcomes.values(), Counter()))]
        for name, counted in rows:
            print(f"{name:36}{counted.total():>8}{counted['passed']:>8}{counted['failed']:>11}")
        print(*self.differing, sep="\n", end="")


def main() -> int:
    started = time.monotonic()
    storage = Storage()
    with engine.ministack() as address, patch.dict(os.environ, CREDENTIALS | {"AWS_ENDPOINT_URL": address}):
        pytest.main(["--quiet", "--no-summary", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[storage])
        there = boto3.client("dynamodb").list_tables()["TableNames"]
        stack = list(deployment.rows(address))
    storage.print()
    print(f"{'tables: of MiniStack, of moto':36}{len(there):>8}{storage.elsewhere:>8}")
    print(f"\n{'template.yaml on MiniStack':36}{'wanted':>8}{'there':>8}", *stack, sep="\n")
    print(f"{time.monotonic() - started:.0f} s")
    return bool(storage.differing or storage.elsewhere or not there or any(row.is_wrong for row in stack))


if __name__ == "__main__":
    sys.exit(main())
