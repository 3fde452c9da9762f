"""How many examples a property is tried on: all of them in CI, the same each time; elsewhere a quarter, other ones."""

import os

from hypothesis import settings


def examples(number: int) -> settings:
    """Return the settings for a property that CI tries on `number` examples."""
    return settings(max_examples=number if os.environ.get("CI") else number // 4)
