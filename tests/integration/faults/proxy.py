"""A proxy between a command and the local AWS, which makes the faults of networks, proxies and busy services.

`faulty(project)` sends all commands with --local through one. The local AWS answers every call that has no fault.
"""

import http.client
import json
import random
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from temp_access.local_aws.control import Instance
from temp_access.local_aws.state_dir import StateDir, write_private
from tests.integration.faults.answers import CUT_SHORT, ERRORS, PAGES, RESPONSES, Answer, error_answer, respond
from tests.integration.faults.calls import Call, read_call

# Headers of one connection only; the proxy sets the length itself.
_OWN_HEADERS = ("connection", "content-length", "expect", "keep-alive", "transfer-encoding")
# What a connection can do instead of carrying an answer.
CONNECTION_FAULTS = ("reset", "close", "hang", "not-http")
KINDS = (*CONNECTION_FAULTS, *CUT_SHORT, *RESPONSES, *PAGES, *ERRORS)


@dataclass
class Fault:
    """One of KINDS, made for the calls whose `service:Operation` the regular expression `match` finds.

    With `takes_effect` the service does the call, and only its answer is lost. The first `skip` matching calls have no
    fault, then `times` of them (None: all) have it, each with the probability `rate`. `slow` is a delay in seconds
    before a call, with or without a fault (an empty `kind`).
    """

    kind: str = ""
    match: str = ""
    takes_effect: bool = False
    skip: int = 0
    times: int | None = None
    rate: float = 1.0
    slow: float = 0.0

    def __post_init__(self) -> None:
        if self.kind and self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is no kind of fault: {', '.join(KINDS)}")


class FaultProxy:
    """The running proxy: its port, its faults, which a test may replace at any time, and the calls that it saw."""

    def __init__(self, aws: Instance, seed: int = 0) -> None:
        state = StateDir.of(aws.state_dir)
        self.upstream = aws.port
        self.faults: list[Fault] = []
        self.calls: list[tuple[str, str]] = []
        self.date_offset = 0.0
        self.stopped = threading.Event()
        self.client_tls = ssl.create_default_context(cafile=str(state.certificate))
        self._random = random.Random(seed)  # noqa: S311 - not a secret
        self._lock = threading.Lock()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(state.certificate, state.private_key)
        self._server = _Server(self, tls)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def make(self, *faults: Fault) -> None:
        """Replace the faults, and forget the calls so far."""
        with self._lock:
            self.faults, self.calls = list(faults), []

    def operations(self, match: str = "") -> list[str]:
        """Return the names of the calls so far that the regular expression finds."""
        with self._lock:
            return [name for name, _ in self.calls if re.search(match, name)]

    def fault_for(self, name: str) -> Fault | None:
        """Return the fault of the next call of this name, and count the call."""
        with self._lock:
            chosen = next((fault for fault in self.faults if self._applies(fault, name)), None)
            self.calls.append((name, chosen.kind if chosen else ""))
        return chosen

    def answered(self, answer: Answer) -> None:
        """Take note of an answer of the local AWS; a subclass may need it."""

    def stop(self) -> None:
        """Stop, and close every connection."""
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def _applies(self, fault: Fault, name: str) -> bool:
        if not re.search(fault.match, name):
            return False
        if fault.skip > 0:
            fault.skip -= 1
            return False
        if fault.times == 0 or self._random.random() >= fault.rate:
            return False
        if fault.times is not None:
            fault.times -= 1
        return True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, proxy: FaultProxy, tls: ssl.SSLContext) -> None:
        self.proxy, self.tls = proxy, tls
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        # The thread of the connection makes the handshake, so that a silent client keeps nobody waiting.
        return self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing about clients that go away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    upstream: http.client.HTTPSConnection | None = None

    def parse_request(self) -> bool:
        """Read one request, and answer it here: the proxy knows no methods."""
        if not super().parse_request():
            return False
        self._answer(read_call(self.command, self.requestline.split(" ")[1], self.headers.items(), self.rfile))
        self.wfile.flush()
        # `handle_one_request` would look for a method's handler; this asks it to read the next request.
        return False

    def finish(self) -> None:
        """Close both connections."""
        if self.upstream:
            self.upstream.close()
        with suppress(OSError):
            super().finish()

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _answer(self, call: Call) -> None:
        proxy = self.server.proxy
        fault = proxy.fault_for(call.name)
        self.close_connection = False
        if fault and fault.slow:
            proxy.stopped.wait(fault.slow)
        kind = fault.kind if fault else ""
        if not fault or not kind:
            self._send(self._forward(call), call)
            return
        answer = self._forward(call) if fault.takes_effect or kind in (*CUT_SHORT, *RESPONSES) else None
        if kind in CONNECTION_FAULTS:
            self._break(kind)
        elif kind in ERRORS:
            self._send(error_answer(call, *ERRORS[kind]), call)
        elif kind in PAGES:
            self._send(PAGES[kind], call)
        elif answer is not None and kind in RESPONSES:
            self._send(RESPONSES[kind](answer), call)
        elif answer is not None:
            self._send(answer, call, cut_short=kind)

    def _forward(self, call: Call) -> Answer:
        headers = [(name, value) for name, value in call.headers if name.lower() not in _OWN_HEADERS]
        if call.body or call.method in ("POST", "PUT"):
            headers.append(("Content-Length", str(len(call.body))))
        for attempt in (1, 2):
            if self.upstream is None:
                proxy = self.server.proxy
                self.upstream = http.client.HTTPSConnection("127.0.0.1", proxy.upstream, context=proxy.client_tls)
            try:
                answer = self._ask(self.upstream, call, headers)
            except (OSError, http.client.HTTPException):
                self.upstream.close()
                self.upstream = None
                if attempt == 2:
                    raise
            else:
                self.server.proxy.answered(answer)
                return answer
        raise AssertionError

    def _ask(self, upstream: http.client.HTTPSConnection, call: Call, headers: list[tuple[str, str]]) -> Answer:
        upstream.putrequest(call.method, call.target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            upstream.putheader(name, value)
        upstream.endheaders(call.body or None)
        response = upstream.getresponse()
        kept = [(name, value) for name, value in response.getheaders() if name.lower() not in _OWN_HEADERS]
        length = response.getheader("Content-Length") if call.method == "HEAD" else None
        return Answer(response.status, tuple(kept), response.read(), length)

    def _send(self, answer: Answer, call: Call, cut_short: str = "") -> None:
        if offset := self.server.proxy.date_offset:
            answer = answer.with_date(time.time() + offset)
        head, body = respond(answer, is_head=call.method == "HEAD")
        if not cut_short:
            self.wfile.write(head + body)
            return
        # Half of the body, or, without one, a part of the head.
        self.wfile.write(head + body[: len(body) // 2] if len(body) > 1 else head[:-8])
        self.wfile.flush()
        if cut_short == "cut-hang":
            self.server.proxy.stopped.wait()
        self._break("reset" if cut_short == "cut-reset" else "close")

    def _break(self, kind: str) -> None:
        self.close_connection = True
        if kind == "hang":
            self.server.proxy.stopped.wait()
        elif kind == "not-http":
            self.wfile.write(b"NO HTTP AT ALL\r\n\r\n")
            self.wfile.flush()
        elif kind == "reset":
            # Zero seconds of lingering make the kernel send RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with suppress(OSError):
            socket.close(self.connection.detach()) if kind == "reset" else self.connection.close()


def point_at(aws: Instance, port: int) -> None:
    """Let all commands with --local use this port."""
    server = StateDir.of(aws.state_dir).server
    write_private(server, json.dumps({**json.loads(server.read_bytes()), "port": port}))


@contextmanager
def proxied(aws: Instance, seed: int = 0) -> Iterator[FaultProxy]:
    """Run a proxy before the local AWS, and send all commands with --local through it."""
    server = StateDir.of(aws.state_dir).server
    original = server.read_bytes()
    proxy = FaultProxy(aws, seed)
    point_at(aws, proxy.port)
    try:
        yield proxy
    finally:
        proxy.stop()
        # A test may have restarted the local AWS, which wrote the file anew.
        if server.exists() and json.loads(server.read_bytes()).get("port") == proxy.port:
            write_private(server, original.decode())
