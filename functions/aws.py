"""Client configuration shared by every AWS client."""

from botocore.config import Config

CLIENT_TIMEOUTS = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent="certification",  # the default is composed at every call, for a sixth of its time
    parameter_validation=False,  # a tenth of a call; AWS checks them itself, and mypy what calls are given
)
"""Timeouts in seconds. All attempts together end well before the Lambda timeout, so that the visitor gets an error page
instead of a dropped connection."""


def hurried(attempts: int = 2) -> Config:
    """Return the same with fewer attempts, for secrets: two reads of one request must fit into the function's timeout.

    Merged at the call: the staff command has other timeouts.
    """
    return CLIENT_TIMEOUTS.merge(Config(retries={"mode": "standard", "total_max_attempts": attempts}))
