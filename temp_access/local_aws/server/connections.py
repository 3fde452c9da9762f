"""Bounds the connections of hypercorn: how many there are, and how long a client may take."""

import asyncio
from contextvars import ContextVar
from typing import Any

from hypercorn.asyncio import run
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config
from hypercorn.events import Event, RawData

from temp_access.local_aws.rules.http import MAX_HEAD

MAX_CONNECTIONS = 512
HANDSHAKE_SECONDS = 10
# A new connection is made to send a request at once; later SDKs keep it for the next one.
_FIRST_REQUEST_SECONDS = 10
_IDLE_SECONDS = 75
_WRITE_SECONDS = 60.0
_transport: ContextVar[Any] = ContextVar("transport", default=None)


class BoundedServer(TCPServer):
    """One connection; those above MAX_CONNECTIONS are closed at once."""

    _open = 0
    _idle_seconds = _FIRST_REQUEST_SECONDS

    async def run(self) -> None:
        """Serve the connection until it ends."""
        transport = self.writer.transport
        if BoundedServer._open >= MAX_CONNECTIONS:
            transport.abort()
            return
        _transport.set(transport)
        BoundedServer._open += 1
        try:
            await super().run()
        finally:
            BoundedServer._open -= 1

    async def protocol_send(self, event: Event) -> None:
        """Send, and end the connection of a client that doesn't read."""
        if not isinstance(event, RawData):
            await super().protocol_send(event)
            return
        try:
            async with asyncio.timeout(_WRITE_SECONDS):
                await super().protocol_send(event)
        except TimeoutError:
            self.writer.transport.abort()

    async def _read_data(self) -> None:
        """Serve until the client closes the connection, which then ends at once.

        hypercorn would keep it, of about 200 KB, until its time for idle connections is over.
        """
        await super()._read_data()
        await self.idle_task.stop()

    async def _idle_timeout(self) -> None:
        """Close the connection unless the head of a request comes in time."""
        seconds, self._idle_seconds = self._idle_seconds, _IDLE_SECONDS
        try:
            async with asyncio.timeout(seconds):
                await self.context.terminated.wait()
        except TimeoutError:
            pass
        await asyncio.shield(self._initiate_server_close())


def abort_connection() -> None:
    """Close the connection of the current request, without waiting for its client."""
    transport = _transport.get()
    if transport is not None:
        transport.abort()


def bound(config: Config) -> None:
    """Set the bounds."""
    run.__dict__["TCPServer"] = BoundedServer
    # Of a head that comes in pieces; `rules.http` bounds every head.
    config.h11_max_incomplete_size = MAX_HEAD
    config.ssl_handshake_timeout = HANDSHAKE_SECONDS
    config.include_server_header = False
