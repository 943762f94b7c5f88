"""What staff have to know of e-mail that came back, kept for the morning's digest: one item a day, no address in it."""

from datetime import datetime, timedelta

import promises
from settings import settings
from storage import dynamodb

KEPT_FOR = timedelta(days=7)


def note(what: str, now: datetime) -> None:
    """Add it to the list of the day (UTC)."""
    dynamodb.client().update_item(
        TableName=settings().counters_table,
        Key=dynamodb.to_item(_key(now)),
        UpdateExpression="SET expires_at = :end ADD what :what",
        ExpressionAttributeValues=dynamodb.to_item(
            {":what": {f"{now.isoformat()} {what}"}, ":end": int((now + KEPT_FOR).timestamp())}
        ),
    )


def since(moment: datetime) -> list[str]:
    """What was noted since then, at most a few days ago, in its order."""
    days = (promises.now().date() - moment.date()).days
    keys = [_key(moment + timedelta(days=each)) for each in range(days + 1)]
    found = [dynamodb.get(settings().counters_table, key) or {} for key in keys]
    noted = [each.split(" ", 1) for day in found for each in sorted(day.get("what", []))]
    return [what for at, what in noted if datetime.fromisoformat(at) >= moment]


def _key(now: datetime) -> dict[str, str]:
    return {"key": f"troubles {now:%Y-%m-%d}"}
