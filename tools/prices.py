"""AWS prices in us-east-1, in US dollars and without free tiers, and the assumptions of `make cost`.

`seen` is the month of the source that a price was checked against. "no date" was checked against an undated source,
and "not checked" against none: look at AWS's own pages before a budget depends on one of them.
"""

from dataclasses import dataclass

HOURS_A_MONTH = 730
ASSUMED = {
    "seconds that a form's function runs": 0.03,
    "seconds that the notifier runs": 0.4,
    "seconds that a report of SES takes": 0.05,
    "share of runs that read a secret, cold or after five minutes, at most": 0.05,
    "months that answers are kept, where they have no end": 24,
}


@dataclass(frozen=True)
class Price:
    """Dollars for one unit of something."""

    dollars: float
    unit: str
    seen: str


PRICES = {
    "e-mail": Price(0.10 / 1000, "each recipient", "no date"),
    "table writes": Price(0.625 / 1e6, "each write unit (1 KB)", "2025-07"),
    "table reads": Price(0.125 / 1e6, "each read unit (4 KB)", "2025-07"),
    "table storage": Price(0.25, "each GB and month, with indexes", "not checked"),
    "table backup": Price(0.20, "each GB and month, without indexes", "not checked"),
    "HTTP API": Price(1.00 / 1e6, "each request", "2025-05"),
    "Lambda runs": Price(0.20 / 1e6, "each run", "not checked"),
    "Lambda time": Price(0.0000133334, "each GB and second, arm64", "2024"),
    "CloudFront requests": Price(0.01 / 10_000, "each request", "2026-03"),
    "CloudFront transfer": Price(0.085, "each GB", "2026-03"),
    "CloudFront function": Price(0.10 / 1e6, "each run", "no date"),
    "logs": Price(0.50, "each GB", "2026-02"),
    "metrics": Price(0.30 / HOURS_A_MONTH, "each metric and hour in which it comes", "2026-02"),
    "alarms": Price(0.10, "each metric of an alarm and month", "2026-02"),
    "dashboards": Price(3.00, "each dashboard and month", "2026-02"),
    "keys": Price(1.00, "each key and month", "not checked"),
    "key requests": Price(0.03 / 10_000, "each request", "no date"),
    "secrets": Price(0.40, "each secret and month", "no date"),
    "secret reads": Price(0.05 / 10_000, "each read", "no date"),
}
