"""The clock of the office, and the schedule that looks at it."""

from datetime import timedelta

import time_machine

from local.aws.lambda_runtime import invoke
from local.template import Template

ALWAYS_OPEN = {"OFFICE_DAYS": "Mon,Tue,Wed,Thu,Fri,Sat,Sun", "OFFICE_HOURS": "0-24", "OFFICE_HOLIDAYS": "none"}
"""An office that never closes, so that the time at which the tests run changes nothing."""


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self, template: Template, traveller: time_machine.Traveller) -> None:
        self._template = template
        self._traveller = traveller

    def forward(self, **by: float) -> bool:
        """Move it, and let the schedule look once; False where something failed."""
        self._traveller.shift(timedelta(**by))
        return self.look()

    def look(self) -> bool:
        """The schedule calls its function."""
        try:
            invoke(self._template, "RemindFunction", {})
        except Exception:
            return False
        return True
