"""The ASGI applications in front of ministack, and the access log."""

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
from temp_access.local_aws.server.ministack.stores import ensure_administrator
from temp_access.local_aws.server.signin import SignInServer
from temp_access.local_aws.server.state_writer import StateWriter
from temp_access.local_aws.state_dir import HEALTH_PATH, StateDir, read_json, write_private


class AccessLog:
    """The log of all requests, in a file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8", buffering=1)

    def write(self, action: str, status: int) -> None:
        """Append one JSON line."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._file.write(json.dumps({"time": time, "action": action, "status": status}) + "\n")


Scope = Mapping[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class FrontApp:
    """Forwards signed requests to ministack, and answers all others itself."""

    def __init__(
        self,
        ministack: AsgiApp,
        access_log: AccessLog,
        state_writer: StateWriter,
        signin: SignInServer,
        health: Mapping[str, object],
    ) -> None:
        self._ministack = ministack
        self._access_log = access_log
        self._state_writer = state_writer
        self._signin = signin
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request; close a websocket at once."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        context = RequestContext()
        request_context.set(context)
        headers, query = http.headers_of(scope), http.query_of(scope)

        async def send_logged(message: Message) -> None:
            # The line is written first, so that a client that has its answer finds it in the log.
            if message["type"] == "http.response.start" and scope["path"] != HEALTH_PATH:
                self._access_log.write(context.action or f"-:{scope['method']}", message["status"])
            await send(message)

        response = await self._own_response(context, scope, headers, query, receive)
        if response is not None:
            await _send(send_logged, response)
        else:
            await self._ministack(scope, receive, send_logged)
            if scope["method"] not in ("GET", "HEAD"):
                self._state_writer.mark_changed()

    async def _own_response(
        self,
        context: RequestContext,
        scope: Scope,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        receive: Receive,
    ) -> Response | None:
        """Return the response to a request that ministack may not see, or None."""
        path, method = scope["path"], scope["method"]
        if path == HEALTH_PATH:
            return 200, {"Content-Type": "application/json"}, json.dumps(self._health).encode()
        if http.is_internal_path(path):
            return AwsError("AccessDenied", "The local AWS does not serve this path", 403).rest_xml()
        if http.is_anonymous(headers, query):
            if path == "/federation" and method in ("GET", "POST"):
                parameters = dict(query) if method == "GET" else await _form_body(receive)
                known = parameters.get("Action") in ("getSigninToken", "login")
                context.action = f"signin:{parameters['Action'] if known else '-'}"
                return self._signin.answer(parameters)
            return http.anonymous_error(method, headers)
        if http.is_ambiguous(method, headers, query):
            return AwsError("InvalidAction", "The request names more than one operation").query_xml("sts")
        return None


async def _form_body(receive: Receive) -> dict[str, str]:
    body = b""
    more = True
    while more and len(body) <= 65536:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}


async def _send(send: Send, response: Response, *, with_body: bool = True) -> None:
    status, headers, body = response
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    length = [(b"content-length", str(len(body)).encode())] if with_body else []
    await send({"type": "http.response.start", "status": status, "headers": pairs + length})
    await send({"type": "http.response.body", "body": body if with_body else b""})


class LocalAwsApp:
    """The outermost ASGI application: starts and stops what belongs to the server, and hands requests to FrontApp."""

    def __init__(
        self, ministack: AsgiApp, front: FrontApp, state_writer: StateWriter, state_dir: StateDir, port: int
    ) -> None:
        self._ministack = ministack
        self._front = front
        self._state_writer = state_writer
        self._state_dir = state_dir
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass requests to the front application, and the lifespan's events to ministack."""
        if scope["type"] != "lifespan":
            await self._front(scope, receive, send)
            return

        async def send_lifespan(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._complete_startup()
            elif message["type"] == "lifespan.shutdown.complete":
                await self._state_writer.stop()
            await send(message)

        await self._ministack(scope, receive, send_lifespan)

    def _complete_startup(self) -> None:
        deployer = ensure_administrator("deployer", read_json(self._state_dir.deployer))
        write_private(self._state_dir.deployer, json.dumps(deployer) + "\n")
        write_private(self._state_dir.server, json.dumps({"pid": os.getpid(), "port": self._port}) + "\n")
        self._state_writer.start()
        self._state_writer.mark_changed()
