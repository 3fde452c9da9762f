"""An estimate of the packed size of session policies and session tags: a range, because only STS knows it.

STS packs the policies and tags of a call, and refuses the call when they are too large for a session token. Its answer
has their size in percent (PackedPolicySize), and so has its refusal (PackedPolicyTooLarge). AWS publishes neither the
format nor a way to compute it. It changed on 2026-09-15, from a limit on the packed parameters to one of 4,096 bytes
on the whole token, https://aws.amazon.com/about-aws/whats-new/2026/09/aws-sts/: what took 71 % before took 31 % then.

The range is fit to the sizes that people published, tests/data/packed_sizes/points.toml: none is outside.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
https://repost.aws/knowledge-center/iam-role-aws-sts-error
"""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

# The high end: STS before the change. Policies were deflated, tags weren't (nine tags of 250 equal letters took 498 %),
# and about 455 bytes were 100 %. Fewer also cover the policy of which it isn't known whether another was sent with it.
_FEWEST_BYTES = 425
_BYTES_BESIDE_TAG = 2
# The low end: STS since then. The two policies of which the text is known took 25 % and 31 % with 245 and 327 bytes
# deflated. No size of tags is known: a token is Base64, in which 4,096 characters are 3,072 bytes.
_MOST_BYTES = 1_100
_TOKEN_BYTES = 3_072


@dataclass(frozen=True)
class PercentRange:
    """The least and the greatest percentage of STS's limit that something may take."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.low}% to {self.high}%"


@dataclass(frozen=True)
class PackedSize:
    """An estimated PackedPolicySize: what the policies take, and what the tags add."""

    policies: PercentRange
    tags: PercentRange

    @property
    def total(self) -> PercentRange:
        """Policies and tags together."""
        return PercentRange(self.policies.low + self.tags.low, self.policies.high + self.tags.high)

    @property
    def may_be_refused(self) -> bool:
        """Whether STS may refuse the call for its size; it may also accept it."""
        return self.total.high > 100

    def __str__(self) -> str:
        own = "" if self.tags == _NOTHING else f", of which the session tags take {self.tags}"
        return f"{self.total} of the limit{own}"


_NOTHING = PercentRange(0, 0)


def estimate_packed_size(policies: str, tags: Mapping[str, str] | None = None) -> PackedSize:
    """Return the estimated PackedPolicySize of session policies and of session tags.

    `policies` is the JSON that is sent, or several texts (also the ARNs of managed session policies) joined by line
    feeds. `tags` has the values by key: those of the call, and those inherited from the caller's session.
    """
    deflated = len(zlib.compress(policies.encode(), 9)) if policies else 0
    tag_bytes = sum(len(key.encode()) + len(value.encode()) for key, value in (tags or {}).items())
    beside = _BYTES_BESIDE_TAG * len(tags or {})
    return PackedSize(
        PercentRange(100 * deflated // _MOST_BYTES, math.ceil(100 * deflated / _FEWEST_BYTES)),
        PercentRange(100 * tag_bytes // _TOKEN_BYTES, math.ceil(100 * (tag_bytes + beside) / _FEWEST_BYTES)),
    )
