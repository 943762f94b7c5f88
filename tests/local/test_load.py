"""The account that `make load` gives of a flood, on a small one: it adds up, and says so where something is missing."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from tools.load.clients import flood, over_http
from tools.load.plan import plan, reconcile
from tools.load.tables import Tables


@pytest.fixture(scope="module")
def flooded(local_run, local_data):
    """What was sent, the table and its items, and the mailbox, after a flood came to rest."""
    work = flood(plan(100), over_http(local_run.port), [local_run.process.pid])
    with ThreadPoolExecutor() as elsewhere:  # Playwright's loop may run in this thread
        measured = elsewhere.submit(asyncio.run, work).result()
    table = Tables.of(local_data)
    return measured, table, table.at_rest(local_run.sweep), local_run.messages()


def test_a_small_flood_is_accounted_for_one_by_one(flooded):
    measured, _, items, messages = flooded
    account = reconcile(measured.sent, items, messages)
    assert (account.lost, account.duplicate, account.wrong) == ([], [], [])
    assert account.counts["received"] > 60
    assert account.counts["rows"] == account.counts["staff"] == account.counts["receipt"] + account.counts["held"]
    for kind in ("new", "again", "invalid", "spam"):
        assert [each for each in measured.sent if each.kind == kind]
    assert account.counts["half"]
    assert measured.memory[0] > 0


def test_a_row_dropped_by_hand_is_said_to_be_lost(flooded):
    measured, table, _, messages = flooded
    reference = next(each.reference for each in measured.sent if each.reference)
    table.client.delete_item(TableName=table.name, Key={"reference": {"S": reference}})
    account = reconcile(measured.sent, table.items(), messages)
    assert len(account.lost) == 1
    assert account.duplicate == []


def test_an_e_mail_dropped_or_doubled_by_hand_is_said_to_be_so(flooded):
    measured, _, items, messages = flooded
    reference = next(each.reference for each in measured.sent if each.reference)
    receipt = next(each for each in messages if each["subject"].endswith(f"reference {reference}"))
    rest = [each for each in messages if each is not receipt]
    assert len(reconcile(measured.sent, items, rest).lost) == 1
    assert len(reconcile(measured.sent, items, [*messages, receipt]).duplicate) == 1


def test_a_row_that_is_there_twice_or_says_something_else_is_told(flooded):
    measured, _, items, messages = flooded
    reference = next(each.reference for each in measured.sent if each.reference)
    item = next(each for each in items if each["reference"] == reference)
    other = item | {"answers": item["answers"] | {"name": "Somebody else"}}
    assert reconcile(measured.sent, [*items, item], messages).duplicate
    assert reconcile(measured.sent, [each for each in items if each is not item] + [other], messages).wrong
