"""The scopes that a policy names: a pattern of resources, or a pattern of prefixes to list."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from temp_access.iam.patterns import PatternSet, WildcardScope, compile_patterns
from temp_access.iam.request import Request
from temp_access.iam.statements import StatementView, examples, has_variables
from temp_access.review.compare.overlaps import overlaps
from temp_access.review.names import ACCOUNT, BUCKET, PARTITION, USER
from temp_access.review.snapshot import Snapshot

_OTHER_RESOURCES = (
    f"{PARTITION}s3:::another-bucket",
    f"{PARTITION}s3:::another-bucket/example",
    USER,
    f"{PARTITION}iam:{ACCOUNT}user/another-user",
    f"{PARTITION}iam:{ACCOUNT}role/another-role",
    f"{PARTITION}ec2:us-east-1{ACCOUNT}instance/example",
)
_MAX_STARS = 3
_ANY_REQUEST = Request("*", "", "", "", "")


@dataclass(frozen=True)
class ResourceScope:
    """A normalized pattern with sample resources; `prefix` is the pattern of s3:prefix for a listing, None for any."""

    pattern: str
    prefix: str | None
    resources: tuple[str, ...]
    prefixes: tuple[str, ...] = ()

    def contains(self, head: Snapshot, resource: str, prefix: str | None) -> bool:
        """Whether the scope contains a resource (with the prefix of the listing)."""
        if self.prefix is not None and (prefix is None or not _matches(self.prefix, prefix, WildcardScope.TEXT)):
            return False
        return _matches(head.names.localize(self.pattern), head.names.localize(resource), WildcardScope.RESOURCE)


def scopes_of(snapshot: Snapshot, statements: Iterable[StatementView], user: str) -> Iterator[ResourceScope]:
    """Yield the scopes that the statements of one snapshot name; `user` replaces `${aws:username}`."""
    for statement in statements:
        texts = [_readable(statement, pattern) for pattern in statement.resources if pattern != "*"]
        scopes = [_scope(snapshot, text, user) for text in texts]
        yield from scopes
        for entry in statement.conditions:
            if entry.lower_key == "s3:prefix":
                for prefix in entry.values:
                    prefixes = examples(prefix, user_name=user) if "like" in entry.operator.lower() else (prefix,)
                    yield ResourceScope(BUCKET, prefix, (BUCKET,), prefixes)
                    for scope in scopes:
                        if buckets := tuple(each for each in scope.resources if _is_bucket(each) and each != BUCKET):
                            yield ResourceScope(scope.pattern, prefix, buckets, prefixes)


def _readable(statement: StatementView, pattern: str) -> str:
    """Return a pattern for Version 2012-10-17: without it, `${` is text."""
    return pattern if statement.version == "2012-10-17" else pattern.replace("${", "${$}{")


def _is_bucket(resource: str) -> bool:
    """Whether a normalized resource is a bucket."""
    return resource == BUCKET or (resource.startswith(f"{PARTITION}s3:::") and "/" not in resource)


def overlapping_scopes(head: Snapshot, scopes: Sequence[ResourceScope]) -> Iterator[ResourceScope]:
    """Yield the scopes that two patterns of resources have in common."""
    patterns = dict.fromkeys(scope.pattern for scope in scopes if scope.prefix is None)
    for pattern in overlaps(each for each in patterns if each.count("*") <= _MAX_STARS):
        yield _scope(head, head.names.localize(pattern), head.config.user.name)
    by_bucket: dict[str, dict[str, None]] = {}
    resources = {scope.pattern: scope.resources for scope in scopes if scope.prefix is not None}
    for scope in scopes:
        if scope.prefix is not None and scope.prefix.count("*") <= _MAX_STARS:
            by_bucket.setdefault(scope.pattern, {})[scope.prefix] = None
    for pattern, prefixes in by_bucket.items():
        for prefix in overlaps(prefixes):
            yield ResourceScope(pattern, prefix, resources[pattern], examples(prefix))


def _scope(snapshot: Snapshot, pattern: str, user: str) -> ResourceScope:
    samples = (snapshot.names.normalize(example) for example in examples(pattern, user_name=user))
    resources = tuple(arn for arn in samples if _is_resource_arn(snapshot, arn))
    return ResourceScope(snapshot.names.normalize(pattern), None, resources)


def baseline_scopes(folders: Iterable[str], services: Iterable[str]) -> Iterator[ResourceScope]:
    """Yield the bucket and its objects, with keys in and next to each folder, and other resources of all `services`."""
    keys = ["example"]
    for folder in folders:
        keys += (folder, f"{folder}x/example", f"{folder}/example")
    yield ResourceScope(BUCKET, None, (BUCKET,), tuple(keys))
    yield ResourceScope(f"{BUCKET}/*", None, tuple(f"{BUCKET}/{key}" for key in keys))
    others = (f"{PARTITION}{service}:us-east-1{ACCOUNT}example/example" for service in services)
    yield ResourceScope("*", None, (*_OTHER_RESOURCES, *others))


def _matches(pattern: str, value: str, style: WildcardScope) -> bool:
    return _compiled(pattern, style).matches(value, _ANY_REQUEST)


@lru_cache(maxsize=1024)
def _compiled(pattern: str, style: WildcardScope) -> PatternSet:
    return compile_patterns([pattern], variables=has_variables(pattern), scope=style)


def _is_resource_arn(snapshot: Snapshot, arn: str) -> bool:
    # A replaced wildcard can cut off parts of an ARN, and an object's key is never empty.
    return snapshot.names.localize(arn).count(":") >= 5 and not arn.endswith("/")
