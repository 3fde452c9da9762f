"""Calls that make or remove something: sent once, and after a lost answer the state is read before the next attempt."""

from collections.abc import Callable
from typing import TypeVar

from temp_access.aws.answers import is_missing, is_no_answer

T = TypeVar("T")
_ATTEMPTS = 3


def has_no_answer(error: Exception) -> bool:
    """Whether botocore's error leaves open whether the call took effect."""
    from botocore.exceptions import ClientError, FlexibleChecksumError, HTTPClientError, IncompleteReadError
    from botocore.exceptions import ConnectionError as NoConnectionError

    from temp_access.aws.checked_calls import NoAnswerError

    if isinstance(error, ClientError):
        return is_no_answer(error)
    # The body of an object can be cut or damaged after its answer began.
    damages = (FlexibleChecksumError, IncompleteReadError)
    return isinstance(error, (HTTPClientError, NoAnswerError, NoConnectionError, *damages))


def once(
    do: Callable[[], object], is_done: Callable[[], bool], is_lost: Callable[[Exception], bool] = has_no_answer
) -> None:
    """Call `do` until it was answered or `is_done` says that it took effect, with at most three attempts.

    `is_lost` says of an error of `do` whether the call may have taken effect. Raises the errors of `do` if it is
    refused or never answered, and of `is_done` if the state can't be read.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            do()
        except Exception as error:
            if not is_lost(error):
                raise
            if is_done():
                return
            if attempt == _ATTEMPTS:
                raise
        else:
            return


def gone(do: Callable[[], object], is_done: Callable[[], bool]) -> None:
    """Remove something with `do`, as `once` does; it may be gone already."""
    try:
        once(do, is_done)
    except Exception as error:
        if not is_missing(error):
            raise


def repeated(do: Callable[[], T]) -> T:
    """Return the result of `do`, whose steps may be done again; with at most three attempts."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return do()
        except Exception as error:
            if not has_no_answer(error):
                raise
    return do()
