"""The settings of every AWS client."""

from botocore.config import Config

HURRIED = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent="certification",  # the SDK's own is put together at each call, for a sixth of its time
)
"""In seconds. All tries together end well before the function does, so that a visitor gets an answer and not a cut."""
