"""Calls of the functions, each in a process of its own, as if every start were a cold one."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

from tools.chaos.cloud import Accepted, Cloud, Point
from tools.chaos.kinds import Died


@dataclass(frozen=True)
class _Done:
    """The recorded effect of a call without a fault."""

    points: list[Point]
    mails: list[Accepted]
    said: str
    result: Any
    state: int


@dataclass
class Calls:
    """The calls of one run. `said` is what the functions print; with `nests`, some run while SES is being asked."""

    cloud: Cloud
    said: io.StringIO
    nests: bool

    def carry_out(self, name: str, asked: str, work: Callable[[], Any], failed: Any) -> Any:
        """Return what `work` returns, `failed` if it raised or died.

        A call without a fault does the same each time it is asked the same in the same state at the same time: that
        is remembered, and done again without the function.
        """
        cloud, steps = self.cloud, self.cloud.tables.steps
        key = (cloud.tables.state, name, asked, cloud.now(), len(cloud.accepted))
        done = steps.get(key)
        if done and cloud.is_safe_for(len(done.points)) and not (done.mails and self.nests):
            return self._repeat(done)
        points, mails, struck, said = len(cloud.points), len(cloud.accepted), len(cloud.struck), self.said.tell()
        result = self.in_a_process_of_its_own(name, work, failed)
        if struck == len(cloud.struck) and not (self.nests and len(cloud.accepted) > mails):
            text = self.said.getvalue()[said:]
            steps[key] = _Done(cloud.points[points:], cloud.accepted[mails:], text, result, cloud.tables.state)
        return result

    def in_a_process_of_its_own(self, name: str, work: Callable[[], Any], failed: Any) -> Any:
        """Carry it out with nothing remembered. A process in whose call of SES this one runs keeps what it knows."""
        import keys

        cloud = self.cloud
        around, cloud.step = (cloud.step, cloud.began), name
        with patch.dict(keys._known, clear=True), patch.object(keys, "identity", cache(keys.identity.__wrapped__)):
            try:
                cloud.edge("begins")
                result = work()
                cloud.edge("ends")
            except (Exception, Died):
                return failed
            finally:
                cloud.step, cloud.began = around
        return result

    def _repeat(self, done: _Done) -> Any:
        self.cloud.points += done.points
        self.cloud.tables.state = done.state
        self.said.write(done.said)
        for mail in done.mails:
            self.cloud.accepted.append(mail)
            if self.cloud.on_mail:
                self.cloud.on_mail(mail)
        return done.result
