"""The last verification's result."""

from collections.abc import Iterator

from temp_access.review.html.table import table
from temp_access.review.html.text import code, tag, text
from temp_access.review.model import Direction
from temp_access.review.verified import Verified
from temp_access.verify.model import Verdict

_KINDS = {
    Verdict.PASSED: Direction.NARROWED,
    Verdict.FAILED: Direction.BROADENED,
    Verdict.INCONCLUSIVE: Direction.BOTH,
}
_MOST = 200


def verification(found: Verified) -> Iterator[str]:
    """Yield the counts, whose access.toml they are about, and each probe that didn't pass."""
    warning = "" if found.of_head else f"{tag(Direction.BOTH, 'not this change')} "
    yield f"<p>{warning}{text(found.counts)}. It is about {text(found.about)}: bucket {code(found.bucket)} of account "
    yield f"{code(found.account)} in {code(found.region)}, run {code(found.run)}.</p>"
    groups = list(found.groups.items())
    rows = [[code(name), *(str(counts[verdict]) for verdict in Verdict)] for name, counts in groups[:_MOST]]
    yield table("Probes by group", ("group", *Verdict), rows, name="verification-caption")
    if len(groups) > _MOST:
        yield f"<p>{len(groups) - _MOST} more groups aren't listed.</p>"
    if found.open:
        rows = [
            [code(probe.group), tag(_KINDS[probe.verdict], probe.verdict), text(probe.title), text(probe.observed)]
            for probe in found.open[:_MOST]
        ]
        yield table(
            "Probes that didn't pass", ("group", "result", "what must hold", "what happened"), rows, name="open"
        )
