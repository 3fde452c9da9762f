"""What happens around the serving: ministack loads its state, we make the deployer, and at the end all is saved."""

import json
import os
from collections.abc import Mapping
from typing import Any

from local_aws.gate import App, FrontApp, Message, Receive, Send
from local_aws.layout import StateDir, read_json, write_private
from local_aws.ministack_internals import ensure_user
from local_aws.saver import StateWriter


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
