"""Reads the bodies of requests within bounds of size and time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from temp_access.local_aws.rules.call import AwsError
from temp_access.local_aws.server.connections import abort_connection

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
# S3 itself takes 5 GB at once; here a body is kept in memory. SDKs send files of more than 8 MB in parts.
MAX_BODY = 256 * 1024 * 1024
# A body that the signature covers, without a header that has its hash, is read before the signature is known.
MAX_UNVERIFIED_BODY = 8 * 1024 * 1024
MAX_FORM = 64 * 1024
_MAX_TOGETHER = 512 * 1024 * 1024
_PAUSE_SECONDS = 20.0
_BODY_SECONDS = 300.0
# The rest of a refused request that is read, because a client may not look at the response before it has sent all.
_MAX_DISCARDED = 8 * 1024 * 1024
_DISCARD_SECONDS = 2.0


class Disconnected(Exception):
    """The client went away before the whole body had come."""


class Incoming:
    """The messages of one request; `ended` is True once the body has ended."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.ended = False

    async def __call__(self) -> Message:
        """Return the next message."""
        message = await self._receive()
        self.ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message


class Bodies:
    """The bodies that are in memory now, which are bounded together too."""

    def __init__(self) -> None:
        self._size = 0

    async def read(self, receive: Receive, declared_length: str | None, limit: int) -> bytes:
        """Return the body; raises AwsError if it is too large or too slow, and Disconnected.

        Call `release` with the body's length once the request has its response.
        """
        if declared_length is not None and declared_length.isdecimal() and int(declared_length) > limit:
            raise _too_large()
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                async for chunk in _chunks(receive):
                    size += len(chunk)
                    self._size += len(chunk)
                    chunks.append(chunk)
                    if size > limit:
                        raise _too_large()
                    if self._size > _MAX_TOGETHER:
                        raise AwsError("SlowDown", "Please reduce your request rate.", 503)
        except BaseException as error:
            self.release(size)
            if isinstance(error, TimeoutError):
                message = "Your socket connection to the server was not read from or written to within the timeout."
                raise AwsError("RequestTimeout", message) from None
            raise
        return b"".join(chunks)

    def release(self, size: int) -> None:
        """Forget a body of this many bytes."""
        self._size -= size


def _too_large() -> AwsError:
    return AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")


async def _chunks(receive: Receive) -> Any:
    more = True
    while more:
        async with asyncio.timeout(_PAUSE_SECONDS):
            message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def discard(receive: Incoming) -> bool:
    """Read the rest of a body without keeping it, and return whether it ended within the bounds."""
    if receive.ended:
        return True
    size = 0
    try:
        async with asyncio.timeout(_DISCARD_SECONDS):
            async for chunk in _chunks(receive):
                size += len(chunk)
                if size > _MAX_DISCARDED:
                    return False
    except TimeoutError:
        return False
    return True


async def end(receive: Receive) -> None:
    """Close the connection, and read until it is closed: hypercorn waits for a reader of what has come already."""
    abort_connection()
    try:
        async with asyncio.timeout(_DISCARD_SECONDS):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that yields the body at once, and then what comes after it."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return pending.pop() if pending else await receive()

    return receive_again
