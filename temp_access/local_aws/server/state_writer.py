"""Saves ministack's state shortly after each change, so that it survives a killed server."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from temp_access.local_aws.state_dir import write_private

_QUIET_SECONDS = 0.4


class StateWriter:
    """Writes the files of a snapshot that have changed since the last one, outside of request handling."""

    def __init__(self, folder: Path, snapshot: Callable[[], dict[str, str]]) -> None:
        self._folder = folder
        self._snapshot = snapshot
        self._saved: dict[str, str] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to save changes, in the running event loop."""
        self._task = asyncio.create_task(self._run())

    def mark_changed(self) -> None:
        """Schedule a save, because a request may have changed the state."""
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
                # A store that changes while it is read is read again; the files on the disk are still intact.
                logging.getLogger(__name__).exception("could not save the state")
                self._changed.set()

    async def _save(self) -> None:
        # The event loop, where requests change the state, takes the snapshot; a thread writes it.
        changes = {name: content for name, content in self._snapshot().items() if self._saved.get(name) != content}
        await asyncio.to_thread(self._write, changes)
        self._saved.update(changes)

    def _write(self, contents: dict[str, str]) -> None:
        for name, content in contents.items():
            write_private(self._folder / name, content)
