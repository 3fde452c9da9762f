"""The ASGI applications in front of ministack."""

import asyncio
import json
import os
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs

from temp_access.local_aws.rules import http
from temp_access.local_aws.rules.call import AwsError, Response, form_parameters
from temp_access.local_aws.rules.http import PathAndQuery
from temp_access.local_aws.server.access_log import AccessLog
from temp_access.local_aws.server.bodies import (
    MAX_BODY,
    MAX_FORM,
    MAX_UNVERIFIED_BODY,
    Bodies,
    Disconnected,
    Incoming,
    Message,
    Receive,
    discard,
    end,
    replay,
)
from temp_access.local_aws.server.context import RequestContext, request_context
from temp_access.local_aws.server.ministack import credentials
from temp_access.local_aws.server.ministack.stores import ensure_administrator
from temp_access.local_aws.server.ministack.web_identity import ACTION, WebIdentities
from temp_access.local_aws.server.signin import SignInServer
from temp_access.local_aws.server.state_writer import StateWriter
from temp_access.local_aws.state_dir import HEALTH_PATH, StateDir, read_json, write_private

_SIGN_IN_PATH = "/federation"


Scope = Mapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class FrontApp:
    """Forwards the requests that a known access key signed to ministack, and refuses or answers all others itself."""

    def __init__(
        self,
        ministack: AsgiApp,
        access_log: AccessLog,
        state_writer: StateWriter,
        signin: SignInServer,
        web_identities: WebIdentities,
        health: Mapping[str, object],
    ) -> None:
        self._ministack = ministack
        self._access_log = access_log
        self._state_writer = state_writer
        self._signin = signin
        self._web_identities = web_identities
        self._health = health
        self._bodies = Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request; close a websocket at once."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        context, incoming = RequestContext(), Incoming(receive)
        request_context.set(context)

        async def send_logged(message: Message) -> None:
            # The line is written first, so that a client that has its answer finds it in the log.
            if message["type"] == "http.response.start" and scope["path"] != HEALTH_PATH:
                self._access_log.write(context.action or f"-:{scope['method']}", message["status"])
            await send(message)

        with suppress(Disconnected):
            try:
                response = await self._answer(context, scope, incoming, send_logged)
            except AwsError as error:
                response = error.rest_xml()
            if response is not None:
                await _finish(scope["method"], response, incoming, send_logged)

    async def _answer(self, context: RequestContext, scope: Scope, receive: Receive, send: Send) -> Response | None:
        """Return the response to a request that ministack may not see, or let ministack answer and return None."""
        http.head_is_small(scope)
        target, method, headers = http.target_of(scope), scope["method"], http.headers_of(scope)
        if target.path == HEALTH_PATH:
            return 200, {"Content-Type": "application/json"}, json.dumps(self._health).encode()
        if target.path == _SIGN_IN_PATH and method in ("GET", "POST") and not http.has_signature(headers, target):
            return await self._sign_in(context, target, method, headers, receive)
        if http.may_be_query(method, headers, target) and not http.has_signature(headers, target):
            body = await self._bodies.read(receive, headers.get("content-length"), MAX_FORM)
            self._bodies.release(len(body))
            return await self._by_web_identity(context, target, body) or http.anonymous_error(method, headers)
        try:
            head = credentials.verify_head(target, method, list(scope["headers"]))
        except credentials.RefusedUrl as refused:
            return refused.response
        except AwsError as error:
            return _refusal(error, target, method, headers)
        if http.is_internal_path(target.path) or credentials.is_unauthorized_path(target.path):
            raise AwsError("AccessDenied", "The local AWS does not serve this path", 403)
        if http.is_ambiguous(method, headers, target.parameters):
            return AwsError("InvalidAction", "The request names more than one operation").query_xml("sts")
        limit = MAX_BODY if head.is_verified else MAX_UNVERIFIED_BODY
        body = await self._bodies.read(receive, headers.get("content-length"), limit)
        try:
            head.check(body)
            if http.may_be_query(method, headers, target):
                response = await self._by_web_identity(context, target, body)
                if response is not None:
                    return response
            await self._ministack({**scope, "path": target.path}, replay(body, receive), send)
        except AwsError as error:
            return _refusal(error, target, method, headers)
        finally:
            self._bodies.release(len(body))
        if method not in ("GET", "HEAD"):
            self._state_writer.mark_changed()
        return None

    async def _by_web_identity(self, context: RequestContext, target: PathAndQuery, body: bytes) -> Response | None:
        """Answer AssumeRoleWithWebIdentity, which needs a token and no signature; return None for other requests."""
        parameters = form_parameters(target.query, body)
        if parameters.get("Action") != ACTION:
            return None
        context.action = f"sts:{ACTION}"
        return await self._web_identities.answer(parameters)

    async def _sign_in(
        self, context: RequestContext, target: PathAndQuery, method: str, headers: Mapping[str, str], receive: Receive
    ) -> Response:
        parameters = target.parameters
        if method == "POST":
            body = await self._bodies.read(receive, headers.get("content-length"), MAX_FORM)
            self._bodies.release(len(body))
            parameters = {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}
        known = parameters.get("Action") in ("getSigninToken", "login")
        context.action = f"signin:{parameters['Action'] if known else '-'}"
        return self._signin.answer(parameters)


def _refusal(error: AwsError, target: PathAndQuery, method: str, headers: Mapping[str, str]) -> Response:
    if error.code == "MissingAuthenticationToken":
        return http.anonymous_error(method, headers)
    if error.code == "XAmzContentSHA256Mismatch":
        return error.rest_xml()
    return credentials.failure_response(error, target, method, headers)


async def _finish(method: str, response: Response, receive: Incoming, send: Send) -> None:
    """Send the response, once the rest of the body has come; end the connection of a client that sends too much."""
    if await discard(receive):
        await _send(send, response, with_body=method != "HEAD")
        return
    rest = asyncio.create_task(end(receive))
    await _send(send, response, with_body=method != "HEAD")
    await rest


async def _send(send: Send, response: Response, *, with_body: bool = True) -> None:
    status, headers, body = response
    # Every answer of AWS has them, and clients look for them.
    id_ = str(uuid.uuid4())
    common = {"date": formatdate(usegmt=True), "x-amz-request-id": id_, "x-amzn-requestid": id_}
    all_headers = common | {name.lower(): value for name, value in headers.items()}
    pairs = [(name.encode(), value.encode()) for name, value in all_headers.items()]
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
