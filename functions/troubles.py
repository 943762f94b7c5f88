"""What staff have to know of e-mail that came back, kept for the morning's digest: one item a day, no address in it."""

import os
from datetime import datetime, timedelta

import dynamodb

KEPT_FOR = timedelta(days=7)


def note(what: str, now: datetime) -> None:
    """Add it to the list of the day (UTC); once more changes nothing."""
    dynamodb.client().update_item(
        TableName=os.environ["COUNTERS_TABLE"],
        Key=dynamodb.to_item(_key(now)),
        UpdateExpression="SET expires_at = :end ADD what :what",
        ExpressionAttributeValues=dynamodb.to_item({":what": {what}, ":end": int((now + KEPT_FOR).timestamp())}),
    )


def since_yesterday(now: datetime) -> list[str]:
    """What was noted on this day and the day before."""
    days = [dynamodb.get(os.environ["COUNTERS_TABLE"], _key(day)) or {} for day in (now - timedelta(days=1), now)]
    return [what for day in days for what in sorted(day.get("what", []))]


def _key(now: datetime) -> dict[str, str]:
    return {"key": f"troubles {now:%Y-%m-%d}"}
