"""Gives templates what the functions own: the plaque and the length of its line, the register's search, the promises as
numbers, and how numbers are written.

`{{ plaque("Your agency's name") }}` draws; `promises.weeks` says how soon a plaque is mailed.
"""

from typing import Any

import engraving
import promises
import rendering


def on_env(env: Any, **_: object) -> Any:
    """Add the filter `grouped` and what is named above to every template, and leave out the lines of its tags."""
    env.trim_blocks = env.lstrip_blocks = True
    env.filters["grouped"] = rendering.grouped
    env.globals["plaque_line_limit"] = engraving.LONGEST
    env.globals["plaque"] = rendering.macro("plaque.html", "plaque")
    env.globals["register_search"] = rendering.macro("register/_parts.html", "search")
    env.globals["promises"] = {
        "hours": int(promises.ANSWERED_WITHIN.total_seconds() // 3600),
        "weeks": promises.PLAQUE_MAILED_WITHIN.days // 7,
        "years": promises.VALID_FOR_YEARS,
    }
    return env
