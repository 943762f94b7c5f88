"""How many examples a property test tries: always the same ones in `make test`, EXAMPLES times as many new ones else.

New ones find new things, which is `make fuzz`'s work: a change must not fail by what another change brought.
"""

import os
from typing import Any

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("EXAMPLES", "0"))
THOROUGH = bool(TIMES)
"""Whether what repeats is to be tried as well, since time does not matter: a fault that leaves the world as another
one does, a story on another screen. `make test` and `make screens` have one of each kind."""


def examples(number: int, **more: Any) -> settings:
    """Settings for a property test that tries `number` of them."""
    return settings(
        max_examples=number * (TIMES or 1),
        derandomize=not TIMES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )
