"""Saves the state soon after it changed, so that it survives even a killed server."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from temp_access.local_aws.state_dir import write_private

_QUIET_SECONDS = 0.4


class StateWriter:
    """Writes the files of a snapshot that differ from what was written last, off the request path."""

    def __init__(self, folder: Path, snapshot: Callable[[], dict[str, str]]) -> None:
        self._folder = folder
        self._snapshot = snapshot
        self._written: dict[str, str] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to save, in the running event loop."""
        self._task = asyncio.create_task(self._run())

    def mark_changed(self) -> None:
        """Say that something may have changed."""
        self._changed.set()

    async def stop(self) -> None:
        """Save for the last time."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._save()

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(_QUIET_SECONDS)
            self._changed.clear()
            try:
                await self._save()
            except (OSError, RuntimeError, ValueError, TypeError):
                # A store that changed while it was read is read again; nothing on the disk was touched.
                logging.getLogger(__name__).exception("could not save the state")
                self._changed.set()

    async def _save(self) -> None:
        # Read in the event loop, where requests change the state; written outside of it.
        texts = {name: text for name, text in self._snapshot().items() if self._written.get(name) != text}
        await asyncio.to_thread(self._write, texts)
        self._written.update(texts)

    def _write(self, texts: dict[str, str]) -> None:
        for name, text in texts.items():
            write_private(self._folder / name, text)
