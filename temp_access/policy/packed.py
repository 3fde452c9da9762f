"""An estimate of how much of STS's room a session policy takes once it is packed."""

import math
import zlib

# STS doesn't publish its format; public reports of refused calls put the room at about a kilobyte, which
# deflate comes near to. Only what is far over or under is sure.
_ROOM = 1024


def estimate_packed_size(policy: str) -> int:
    """Return the estimated PackedPolicySize of the policy's JSON: percent of the room that STS has."""
    return math.ceil(100 * len(zlib.compress(policy.encode(), 9)) / _ROOM)
