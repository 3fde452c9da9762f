"""The ASGI app before ministack."""

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from temp_access.local_aws.rules import http
from temp_access.local_aws.rules.call import AwsError, Response
from temp_access.local_aws.server.context import RequestContext, request_context
from temp_access.local_aws.server.ministack.internals import ensure_user
from temp_access.local_aws.server.signin import SignInServer
from temp_access.local_aws.server.state_writer import StateWriter
from temp_access.local_aws.state_dir import HEALTH_PATH, StateDir, read_json, write_private


class AccessLog:
    """Appends to one file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8", buffering=1)

    def write(self, action: str, status: int) -> None:
        """Add a line."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._file.write(json.dumps({"time": time, "action": action, "status": status}) + "\n")


Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]


class FrontApp:
    """Passes on to ministack what is signed, and only that."""

    def __init__(
        self, inner: App, log: AccessLog, saver: StateWriter, signin: SignInServer, about: Mapping[str, object]
    ) -> None:
        self._inner = inner
        self._log = log
        self._saver = saver
        self._signin = signin
        self._about = about

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one HTTP request; everything else that a server may ask is refused."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        exchange = RequestContext()
        request_context.set(exchange)
        headers, query = http.headers_of(scope), http.query_of(scope)
        answer = await self._own_answer(exchange, scope, headers, query, receive)
        if answer is not None:
            status = await _send(send, answer)
        else:
            status = await _forward(self._inner, scope, receive, send, exchange)
            if scope["method"] not in ("GET", "HEAD"):
                self._saver.mark_changed()
        if scope["path"] != HEALTH_PATH:
            self._log.write(exchange.action or f"-:{scope['method']}", status)

    async def _own_answer(
        self,
        exchange: RequestContext,
        scope: Mapping[str, Any],
        headers: Mapping[str, str],
        query: Mapping[str, str],
        receive: Receive,
    ) -> Response | None:
        path, method = scope["path"], scope["method"]
        if path == HEALTH_PATH:
            return 200, {"Content-Type": "application/json"}, json.dumps(self._about).encode()
        if http.internal_path(path):
            return AwsError("AccessDenied", "The local AWS does not serve this path", 403).rest_xml()
        if http.is_anonymous(headers, query):
            if path == "/federation" and method in ("GET", "POST"):
                parameters = dict(query) if method == "GET" else await _form(receive)
                known = parameters.get("Action") in ("getSigninToken", "login")
                exchange.action = f"signin:{parameters['Action'] if known else '-'}"
                return self._signin.answer(parameters)
            return http.anonymous_refusal(method, headers)
        if http.is_ambiguous(method, headers, query):
            return AwsError("InvalidAction", "The request names more than one operation").query("sts")
        return None


async def _form(receive: Receive) -> dict[str, str]:
    body = b""
    more = True
    while more and len(body) <= 65536:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}


async def _send(send: Send, answer: Response, *, with_body: bool = True) -> int:
    status, headers, body = answer
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    length = [(b"content-length", str(len(body)).encode())] if with_body else []
    await send({"type": "http.response.start", "status": status, "headers": pairs + length})
    await send({"type": "http.response.body", "body": body if with_body else b""})
    return status


async def _forward(inner: App, scope: Mapping[str, Any], receive: Receive, send: Send, exchange: RequestContext) -> int:
    """Let ministack answer, but hide from who may not list a bucket that an object is missing."""
    status = 500
    replaced = False

    async def watched(message: Message) -> None:
        nonlocal status, replaced
        if replaced:
            return
        if message["type"] == "http.response.start":
            status = message["status"]
            hidden = exchange.if_missing() if status == 404 and exchange.if_missing else None
            if hidden is not None:
                replaced = True
                status = await _send(send, hidden.rest_xml(), with_body=scope["method"] != "HEAD")
                return
        await send(message)

    await inner(scope, receive, watched)
    return status


class LocalAwsApp:
    """The outermost ASGI application."""

    def __init__(self, inner: App, gate: FrontApp, saver: StateWriter, layout: StateDir, port: int) -> None:
        self._inner = inner
        self._gate = gate
        self._saver = saver
        self._layout = layout
        self._port = port

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass requests to the gate, and the start and the end to ministack."""
        if scope["type"] != "lifespan":
            await self._gate(scope, receive, send)
            return

        async def watched(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._ready()
            elif message["type"] == "lifespan.shutdown.complete":
                await self._saver.stop()
            await send(message)

        await self._inner(scope, receive, watched)

    def _ready(self) -> None:
        deployer = ensure_user("deployer", read_json(self._layout.deployer))
        write_private(self._layout.deployer, json.dumps(deployer) + "\n")
        write_private(self._layout.server, json.dumps({"pid": os.getpid(), "port": self._port}) + "\n")
        self._saver.start()
        self._saver.mark_changed()
