"""The bodies of requests are bounded: each one, all together, and in time."""

import asyncio
from collections.abc import Iterable

import pytest

from temp_access.local_aws.rules.call import AwsError
from temp_access.local_aws.server import bodies
from temp_access.local_aws.server.bodies import Bodies, Disconnected, Incoming, Message, discard, replay


def incoming(chunks: Iterable[bytes], *, pause: float = 0.0, ends: bool = True, disconnects: bool = False) -> Incoming:
    """Return what hypercorn would pass on: these chunks, and then the end, nothing more, or a disconnect."""
    messages: list[Message] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if disconnects:
        messages.append({"type": "http.disconnect"})
    elif ends:
        messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Message:
        await asyncio.sleep(pause)
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    return Incoming(receive)


def read(store: Bodies, source: Incoming, limit: int = 1000, length: str | None = None) -> bytes:
    """Return the body that the store reads."""
    return asyncio.run(store.read(source, length, limit))


def test_a_body_is_its_chunks() -> None:
    """Also an empty one."""
    assert read(Bodies(), incoming([b"a", b"b", b""])) == b"ab"
    assert read(Bodies(), incoming([])) == b""


def test_a_body_over_the_limit_is_refused() -> None:
    """Before it comes if its length is declared, else as soon as it exceeds the limit."""
    source = incoming([b"x" * 11])
    with pytest.raises(AwsError, match="EntityTooLarge"):
        read(Bodies(), source, limit=10, length="11")
    assert not source.ended
    with pytest.raises(AwsError, match="EntityTooLarge"):
        read(Bodies(), incoming([b"x"] * 11), limit=10, length="1")


def test_all_bodies_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is released or refused doesn't count."""
    monkeypatch.setattr(bodies, "_MAX_TOGETHER", 20)
    store = Bodies()
    read(store, incoming([b"x" * 15]))
    with pytest.raises(AwsError, match="SlowDown"):
        read(store, incoming([b"x" * 6]))
    with pytest.raises(AwsError, match="EntityTooLarge"):
        read(store, incoming([b"x" * 5]), limit=4)
    read(store, incoming([b"x" * 5]))
    store.release(20)
    read(store, incoming([b"x" * 20]))


@pytest.mark.parametrize("slow", ["pause", "whole"])
def test_a_slow_body_is_refused(monkeypatch: pytest.MonkeyPatch, slow: str) -> None:
    """A pause between two chunks is bounded, and so is the whole time."""
    monkeypatch.setattr(bodies, "_PAUSE_SECONDS", 0.05 if slow == "pause" else 60)
    monkeypatch.setattr(bodies, "_BODY_SECONDS", 0.2)
    source = incoming([b"x"], ends=False) if slow == "pause" else incoming([b"x"] * 100, pause=0.02)
    store = Bodies()
    with pytest.raises(AwsError, match="RequestTimeout"):
        read(store, source)
    assert store._size == 0


def test_a_client_that_goes_away_has_no_body() -> None:
    """Nothing of it stays."""
    store = Bodies()
    with pytest.raises(Disconnected):
        read(store, incoming([b"x"], disconnects=True))
    assert store._size == 0


def test_the_rest_of_a_body_is_discarded_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither too much nor too long; a body that has ended has no rest."""
    monkeypatch.setattr(bodies, "_MAX_DISCARDED", 10)
    monkeypatch.setattr(bodies, "_DISCARD_SECONDS", 0.1)
    assert asyncio.run(discard(incoming([b"x" * 10])))
    assert not asyncio.run(discard(incoming([b"x" * 11])))
    assert not asyncio.run(discard(incoming([b"x"], ends=False)))
    source = incoming([b"x"])
    read(Bodies(), source)
    assert asyncio.run(discard(source))


def test_a_body_is_replayed_once() -> None:
    """What follows is what follows in the connection."""

    async def both() -> list[str]:
        receive = replay(b"body", incoming([], disconnects=True))
        return [(await receive())["type"], (await receive())["type"]]

    assert asyncio.run(both()) == ["http.request", "http.disconnect"]
