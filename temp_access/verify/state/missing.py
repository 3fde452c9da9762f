"""Telling what isn't there from what can't be read."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def none_if_missing(code: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Return what `call` gives, or None when AWS answers the error `code`; other errors propagate."""
    from botocore.exceptions import ClientError

    try:
        return call(*args, **kwargs)
    except ClientError as error:
        if error.response["Error"]["Code"] == code:
            return None
        raise
