"""ARNs of principals that represent patterns of ARNs: one for each set of patterns that an ARN can match."""

import re
from collections.abc import Iterator, Sequence

from temp_access.iam.patterns import PatternSet, WildcardScope, compile_patterns, split_pattern
from temp_access.iam.request import Request
from temp_access.iam.statements import examples
from temp_access.review.compare.texts import TextPattern, distinguishing_texts

_PRINCIPAL = re.compile(r"arn:[^:]+:(iam|sts)::[^:]+:((user|role|assumed-role|federated-user)/.*[^/]|root)", re.DOTALL)
_ANY_REQUEST = Request("*", "", "", "", "")
_FOREIGN_ACCOUNT, _NAME = "999988887777", "example"


def sample_arns(patterns: Sequence[str], account: str) -> Iterator[tuple[str, str, str]]:
    """Yield an ARN, the narrowest pattern that it matches, and the widest overlapping one that it doesn't (or "").

    A pattern for any account has ARNs of `account` too.
    """
    compiled = {pattern: _compile(pattern) for pattern in patterns}
    found: dict[tuple[bool, tuple[bool, ...]], str] = {}
    for text in _texts(patterns, account):
        vector = tuple(each.matches(text, _ANY_REQUEST) for each in compiled.values())
        if any(vector) and _PRINCIPAL.fullmatch(text):
            found.setdefault((f":{account}:" in text, vector), text)
    for (_, vector), text in found.items():
        matched = [pattern for pattern, matches in zip(patterns, vector, strict=True) if matches]
        narrowest = max(matched, key=len)
        index = patterns.index(narrowest)
        overlapping = [
            pattern
            for position, pattern in enumerate(patterns)
            if not vector[position] and any(other[index] and other[position] for _, other in found)
        ]
        yield text, narrowest, min(overlapping, key=len, default="")


def _texts(patterns: Sequence[str], account: str) -> Iterator[str]:
    """Yield readable ARNs first; a pattern for any account stands for another one and for each that is named."""
    accounts = dict.fromkeys(pattern.split(":")[4] for pattern in patterns if pattern.count(":") >= 5)
    named = [account, *(each for each in accounts if each.isdecimal())]
    split = []
    for pattern in patterns:
        parts = pattern.split(":", 5)
        for own in (_FOREIGN_ACCOUNT, *named) if len(parts) > 5 and "*" in parts[4] else ():
            filled = ":".join([*parts[:4], own, parts[5]])
            yield from examples(filled)
            split.append(filled)
        yield from examples(pattern)
    compared = tuple(
        TextPattern(
            tuple(part for part in split_pattern(each, variables=False, wildcards=True) if not hasattr(part, "key")),
            WildcardScope.ARN,
        )
        for each in (*patterns, *split)
    )
    for text in distinguishing_texts(compared).texts if patterns else ():
        yield text
        yield f"{text}{_NAME}"


def _compile(pattern: str) -> PatternSet:
    return compile_patterns([pattern], variables=False, scope=WildcardScope.ARN)
