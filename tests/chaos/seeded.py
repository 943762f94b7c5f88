"""Small wrong edits of functions/, each of which the harness must catch: a green table means nothing without them."""

import importlib.abc
import importlib.machinery
import sys
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

FUNCTIONS = Path(__file__).parents[2] / "functions"


@dataclass(frozen=True)
class Bug:
    """In a module, `right` becomes `wrong`; `harmless` says why nobody can see that it did."""

    module: str
    right: str
    wrong: str
    harmless: str = ""

    def edited(self) -> str:
        """The module's text with the bug. Raises ValueError where it does not fit exactly once."""
        text = (FUNCTIONS / f"{self.module}.py").read_text("utf-8")
        if text.count(self.right) != 1:
            raise ValueError(f"{self.module}.py has {self.right!r} {text.count(self.right)} times, not once")
        return text.replace(self.right, self.wrong)

    def __str__(self) -> str:
        return f"{self.module}: {' '.join(self.right.split())} → {' '.join(self.wrong.split())}"


class Sown(importlib.abc.MetaPathFinder):
    """Imports one module with its bug."""

    def __init__(self, bug: Bug) -> None:
        self._module, self._loader = bug.module, _Edited(bug)

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._module:
            return None
        return importlib.machinery.ModuleSpec(fullname, self._loader, origin=self._loader.path)

    def sow(self) -> None:
        """From the next import on, for good."""
        sys.meta_path.insert(0, self)


class _Edited(importlib.machinery.SourceFileLoader):
    def __init__(self, bug: Bug) -> None:
        super().__init__(bug.module, str(FUNCTIONS / f"{bug.module}.py"))
        self._text = bug.edited()

    def get_code(self, _fullname: str) -> CodeType:
        return compile(self._text, self.path, "exec", dont_inherit=True)


BUGS = (
    # storing
    Bug(
        "submissions",
        '"attribute_not_exists(#reference)"',
        '"attribute_exists(#reference) OR attribute_not_exists(#reference)"',
    ),
    Bug("submissions", 'failed.item["fingerprint"] == content and', 'failed.item["fingerprint"] != content and'),
    Bug("submissions", '"clock": "on",', '"clock": "off",'),
    Bug("submissions", "(received + SWEPT_AFTER)", "(received + 10 * SWEPT_AFTER)"),
    Bug("submissions", '"next_at = :seen"', '"next_at <> :seen"'),
    Bug("submissions", "next_at <= :now", "next_at > :now"),
    Bug("dynamodb", 'ReturnValuesOnConditionCheckFailure="ALL_OLD"', 'ReturnValuesOnConditionCheckFailure="NONE"'),
    Bug("dynamodb", '!= "ConditionalCheckFailedException"', '!= "ConditionalCheckFailed"'),
    Bug("dynamodb", '"total_max_attempts": 3', '"total_max_attempts": 1'),
    Bug("forms", "promises.day_at_office(received).isoformat()", "received.isoformat()"),
    # answering
    Bug("intake", "        keys.signing()  # fetched now", "        # fetched now"),
    Bug("intake", "redrawn = form or form_class()", "redrawn = form_class()"),
    Bug("intake", 'log_failure("failed", error)', "del error"),
    Bug("intake", 'count("failed")', 'count("refused")'),
    Bug("intake", "(redrawn, event, HTTPStatus.INTERNAL_SERVER_ERROR, ", "(redrawn, event, HTTPStatus.OK, "),
    Bug(
        "intake",
        "except Exception as error:\n        _note_failure(error)\n        advice",
        "except RuntimeError as error:\n        _note_failure(error)\n        advice",
    ),
    Bug(
        "rates",
        'except (BotoCoreError, ClientError) as error:\n        log_failure("rate not noted", error)',
        'except BotoCoreError as error:\n        log_failure("rate not noted", error)',
    ),
    Bug("rates", "        return False\n", "        return True\n"),
    # claiming and settling
    Bug("outbox", "(now + CLAIM_LASTS)", "now"),
    Bug("outbox", "#until < :now", "#until > :now"),
    Bug("outbox", "CLAIM_LASTS = timedelta(minutes=10)", "CLAIM_LASTS = timedelta(hours=10)"),
    Bug("outbox", '_set(owed, {"state": "owed"}, IS_CLAIMED', '_set(owed, {"state": "sent"}, IS_CLAIMED'),
    Bug("outbox", 'UNSENT = ("owed", "claimed", ', 'UNSENT = ("owed", '),
    Bug("outbox", 'not in ("owed", "claimed")', 'not in ("owed",)'),
    Bug("outbox", '"slot": self.slot}', '"slot": "staff"}'),
    # sending
    Bug("delivery", "< 500", "<= 500"),
    Bug(
        "delivery",
        "            outbox.give_back(owed)\n        raise\n    outbox",
        '            outbox.settle(owed, {"state": "refused"})\n        raise\n    outbox',
    ),
    Bug("delivery", '{"state": "sent", "message_id"', '{"state": "owed", "message_id"'),
    Bug(
        "delivery",
        "    try:\n        message_id",
        '    outbox.settle(owed, {"state": "sent"})\n    try:\n        message_id',
    ),
    Bug("mail", '"total_max_attempts": 1', '"total_max_attempts": 3'),
    Bug("mail", 'os.environ["CONFIGURATION_SET"]', '"default"'),
    Bug("notify", 'for slot in item["mail"]:', 'for slot in list(item["mail"])[:1]:'),
    Bug("counters", "OR taker = :owner", "AND NOT taker = :owner"),
    Bug("feedback", '"Send": "sent"', '"Delivery": "sent"'),
    # the clock
    Bug("remind", "if not is_settled(submission.mail, slot)]", "if is_settled(submission.mail, slot)]"),
    Bug("remind", "    if any(not is_settled", "    if all(not is_settled"),
    Bug("remind", '"plaque" and not submission.held', '"plaque" and submission.held'),
    Bug("remind", "if at <= now", "if at <= now + timedelta(days=30)"),
    Bug("digest", '"attribute_not_exists(#key)"', '"attribute_exists(#key) OR attribute_not_exists(#key)"'),
    Bug("digest", ' and "digest" in there.item["mail"]:', ":"),
    # harmless
    Bug(
        "remind",
        "next_look(after, now))",
        "next_look(submission, now))",
        harmless="the clock only looks once more, at something that is settled by then",
    ),
    Bug(
        "submissions",
        "return there, False",
        "return there, True",
        harmless="a form sent again counts once more, towards the limit too; row, receipt and e-mails are the same",
    ),
)
