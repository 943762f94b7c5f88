"""The result of one story."""

import io
from dataclasses import dataclass, field
from typing import Any

from local.aws.api_gateway import Response
from tools.chaos.cloud import Cloud
from tools.chaos.schedules import Schedule


@dataclass
class Run:
    """One story with its faults and its result."""

    slugs: tuple[str, ...]
    schedule: Schedule
    cloud: Cloud
    began: float
    said: io.StringIO = field(default_factory=io.StringIO)
    answers: list[tuple[str, Response | None]] = field(default_factory=list)
    """The form and what the visitor was answered each time, None where the process died."""
    unreported: set[tuple[str, str]] = field(default_factory=set)
    """Ids and slots of e-mails whose Send event never got through."""
    struck_from: int = 0
    """The first point at which faults are to strike."""
    returned: list[str] = field(default_factory=list)
    """The reports, as lines of the digest."""
    pressed_in_vain: list[str] = field(default_factory=list)
    """Buttons of the desk that never worked, and those that worked a second time for a colleague."""
    undone: list[str] = field(default_factory=list)
    """Reports whose second delivery left something else than the first."""
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """The items of each table at rest."""
