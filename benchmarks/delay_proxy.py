"""A proxy on loopback that stands for distance: each connection and each answer takes one round trip.

It ends TLS with the certificate of the local AWS, counts the requests, and passes everything on unchanged.
"""

import asyncio
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_REQUEST = re.compile(rb"(?:^|\r\n|\})[A-Z]+ [^ \r\n]+ HTTP/1\.1\r\n")


class DelayProxy:
    """The running proxy: its port, and how many connections and requests came so far."""

    def __init__(self, upstream: int, certificate: Path, key: Path, round_trip: float) -> None:
        self.port = 0
        self.connections = self.requests = 0
        self._upstream, self._round_trip = upstream, round_trip
        self._server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server_context.load_cert_chain(certificate, key)
        self._client_context = ssl.create_default_context(cafile=str(certificate))
        self._client_context.check_hostname = False

    async def serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        """Serve until `stop` is set."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, ssl=self._server_context)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await stop.wait()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        # TCP and TLS 1.3 take a round trip each before the first request.
        await asyncio.sleep(2 * self._round_trip)
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream, ssl=self._client_context)
        with suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(
                self._pass_on(reader, up_writer, is_request=True), self._pass_on(up_reader, writer, is_request=False)
            )

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_request: bool) -> None:
        loop, due = asyncio.get_running_loop(), asyncio.Queue[tuple[float, bytes]]()

        async def send() -> None:
            while (item := await due.get())[1]:
                await asyncio.sleep(max(item[0] - loop.time(), 0))
                sink.write(item[1])
                await sink.drain()
            sink.close()

        sender = asyncio.create_task(send())
        while data := await source.read(1 << 16):
            if is_request:
                self.requests += len(_REQUEST.findall(data))
            due.put_nowait((loop.time() + self._round_trip / 2, data))
        due.put_nowait((0, b""))
        await sender


@contextmanager
def delayed(upstream: int, certificate: Path, key: Path, round_trip: float) -> Iterator[DelayProxy]:
    """Run a proxy to the port `upstream` in a thread; `round_trip` is in seconds."""
    proxy = DelayProxy(upstream, certificate, key, round_trip)
    ready, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(proxy.serve(ready, stop)), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
