"""Places that a policy names: a pattern of resources, or a pattern of prefixes that may be listed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from temp_access.iam.patterns import PatternSet, WildcardScope, compile_patterns
from temp_access.iam.request import Request
from temp_access.iam.statements import StatementView, examples, has_variables
from temp_access.review.snapshot import ACCOUNT, BUCKET, PARTITION, USER, Snapshot, localize, normalize

_ELSEWHERE = (
    f"{PARTITION}s3:::another-bucket",
    f"{PARTITION}s3:::another-bucket/example",
    USER,
    f"{PARTITION}iam:{ACCOUNT}user/another-user",
    f"{PARTITION}iam:{ACCOUNT}role/another-role",
    f"{PARTITION}ec2:us-east-1{ACCOUNT}instance/example",
)
_NOBODY = Request("*", "", "", "", "")


@dataclass(frozen=True)
class ResourceScope:
    """A pattern in its shared form, with texts that it matches; `prefix` is a listing's pattern, None for any."""

    pattern: str
    prefix: str | None
    resources: tuple[str, ...]
    prefixes: tuple[str, ...] = ()

    def covers(self, head: Snapshot, resource: str, prefix: str | None) -> bool:
        """Whether the place contains a resource (with the prefix that is listed)."""
        if self.prefix is not None and (prefix is None or not _matches(self.prefix, prefix, WildcardScope.TEXT)):
            return False
        return _matches(localize(head, self.pattern), localize(head, resource), WildcardScope.RESOURCE)


def scopes_of(side: Snapshot, statements: Iterable[StatementView]) -> Iterator[ResourceScope]:
    """Yield the places that the statements of one side name."""
    user = side.config.user.name
    for statement in statements:
        for pattern in statement.resources:
            shared = normalize(side, pattern)
            if pattern != "*":
                found = (normalize(side, text) for text in examples(pattern, user_name=user))
                yield ResourceScope(shared, None, tuple(text for text in found if _is_whole(side, text)))
        for asked in statement.conditions:
            if asked.lower_key == "s3:prefix":
                for text in asked.values:
                    inside = examples(text, user_name=user) if "like" in asked.operator.lower() else (text,)
                    yield ResourceScope(BUCKET, text, (BUCKET,), inside)


def baseline_scopes(folders: Iterable[str], services: Iterable[str]) -> Iterator[ResourceScope]:
    """Yield the whole bucket and everything, what lies beside each folder and in the next one, and in `services`."""
    outside = [text for folder in folders for text in (folder, f"{folder}x/example", f"{folder}/example")]
    keys = [f"{BUCKET}/{text}" for text in ("example", *outside)]
    yield ResourceScope(BUCKET, None, (BUCKET,), ("example", *outside))
    yield ResourceScope(f"{BUCKET}/*", None, tuple(keys))
    others = (f"{PARTITION}{service}:us-east-1{ACCOUNT}example/example" for service in services)
    yield ResourceScope("*", None, (*_ELSEWHERE, *others))


def _matches(pattern: str, text: str, style: WildcardScope) -> bool:
    return _compiled(pattern, style).matches(text, _NOBODY)


@lru_cache(maxsize=1024)
def _compiled(pattern: str, style: WildcardScope) -> PatternSet:
    return compile_patterns([pattern], variables=has_variables(pattern), style=style)


def _is_whole(side: Snapshot, text: str) -> bool:
    # An ARN that a filled-in wildcard cut short is no resource; a bucket's key isn't empty.
    return localize(side, text).count(":") >= 5 and not text.endswith("/")
