"""Numbers and points in time as condition values write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_YEAR_OR_MONTH = re.compile(r"\d{4}(-\d{2})?")


def parse_number(text: str) -> float:
    """An integer or decimal number; raises ValueError."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} isn't a number")
    return float(text)


def parse_timestamp(text: str) -> float:
    """Seconds since 1970, from a W3C ISO 8601 date (a bare year too) or from epoch time; raises ValueError.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
    """
    if _YEAR_OR_MONTH.fullmatch(text):
        text = f"{text}-01-01"[:10]
    elif _NUMBER.fullmatch(text):
        return float(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither an ISO 8601 date nor epoch seconds") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
