"""What the lint rules hold against head, and which of it was there before."""

import re
from collections import Counter
from dataclasses import dataclass

from temp_access.lint.findings import findings
from temp_access.lint.model import Finding
from temp_access.review.place import SourceLocation
from temp_access.review.places import locate_construct
from temp_access.review.side import Snapshot

_Key = tuple[str, str, str, str]
# Lint writes references as the logical id in angle brackets.
_LOGICAL_ID = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class LintDelta:
    """New findings with their places, and how many are as before and gone."""

    new: tuple[tuple[Finding, SourceLocation], ...]
    old: int
    gone: int


def lint_delta(base: Snapshot, head: Snapshot) -> LintDelta:
    """Return the findings of both sides; one of a resource that was only renamed is as before."""
    before, there = Counter(map(_key, findings(base.assembly))), findings(head.assembly)
    left = before - Counter(map(_key, there))
    new: list[Finding] = []
    for finding in there:
        if before[_key(finding)]:
            before[_key(finding)] -= 1
        else:
            new.append(finding)
    renamed = Counter(_without_names(key) for key in left.elements())
    kept = []
    for finding in new:
        if renamed[_without_names(_key(finding))]:
            renamed[_without_names(_key(finding))] -= 1
        else:
            kept.append((finding, locate_construct(head, finding.template, finding.logical_id)))
    return LintDelta(tuple(kept), len(there) - len(kept), renamed.total())


def _key(finding: Finding) -> _Key:
    return (finding.rule, finding.message, finding.template, finding.logical_id)


def _without_names(key: _Key) -> tuple[str, str]:
    return key[0], _LOGICAL_ID.sub("<>", key[1])
