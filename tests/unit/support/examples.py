"""The number of examples for a property test: in CI all, the same each time; locally a quarter, different each time."""

import os

from hypothesis import settings


def examples(number: int) -> settings:
    """Return the settings for a property that CI tests with `number` examples."""
    return settings(max_examples=number if os.environ.get("CI") else number // 4)
