"""The probes of one grant: its mode's operations work inside its folder, and nothing works outside."""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256

from temp_access.config.model import Grant
from temp_access.config.table import key_path
from temp_access.deployment.target import Target
from temp_access.iam.decision import Layer
from temp_access.policies.access_modes import AccessMode, grant_access
from temp_access.verify import operations
from temp_access.verify.operations import OPERATIONS, RunPrefix, allowed_by_mode
from temp_access.verify.probes import BOTH, LIVE_ONLY, Identity, Probe, ProbeCaller, ServiceCall

INSIDE = (
    "list-v1",
    "list-v2",
    "get",
    "head",
    "presigned-get",
    "put",
    "presigned-put",
    "delete",
    "multipart",
    "list-parts",
    "abort",
    "copy",
    "get-tagging",
)
OUTSIDE = ("list-v1", "list-v2", "get", "head", "put", "delete", "multipart", "list-parts", "abort", "copy")
# What extras give; probed where the grant, or the role for another grant, has the action by its name.
OF_EXTRAS = (
    "get-tagging",
    "put-tagging",
    "get-version",
    "delete-version",
    "get-version-tagging",
    "put-version-tagging",
    "get-acl",
    "get-version-acl",
)
FURTHER_OUTSIDE = ("list-v2", "get", "put", "delete")
MISREAD_OUTSIDE = ("get", "put", "delete")
BEYOND = ("get-bucket-policy", "list-versions", "list-users")
_ROLE, _DEPLOYER = ProbeCaller(Identity.ROLE), ProbeCaller(Identity.DEPLOYER)


@cache
def _operations_of(access: AccessMode) -> frozenset[str]:
    return frozenset(name for name in OPERATIONS if allowed_by_mode(access, name))


@cache
def _of_extras(*modes: AccessMode) -> tuple[str, ...]:
    """Return the operations of extras that one of the modes has by name."""
    return tuple(name for name in OF_EXTRAS if any(mode.names(OPERATIONS[name].action) for mode in modes))


class FolderProbes:
    """Builds the probes of one grant; `ceiling` is the access that the role has to the bucket.

    `session` is a session of the grant's own role, if it has one; `has_boundary` says whether that role has a
    permissions boundary.
    """

    def __init__(
        self,
        grant: Grant,
        *,
        neighbour: Grant | None,
        ceiling: AccessMode,
        target: Target,
        run: str,
        session: ProbeCaller | None = None,
        has_boundary: bool = False,
    ) -> None:
        self.grant = grant
        self.neighbour = neighbour
        self.ceiling = ceiling
        self.target = target
        self.run = run
        self.access = grant_access(grant)
        self._allowed, self._in_role = _operations_of(self.access), _operations_of(ceiling)
        self.caller = session or ProbeCaller(Identity.GRANT, grant)
        self._is_own_role, self._has_boundary = session is not None, has_boundary
        self._policy = "role's own policy" if session else "session policy"
        self._policies = f"the {self._policy}" if session else "the session policy or the role"
        self.group = key_path("grants", grant.id)
        self.own = operations.own_prefix(grant.folder, run)
        # Each grant's probes have their own keys, so that grants can be probed in parallel. A hash, because the
        # longest id and folder together exceed the length of an S3 key.
        self._mark = sha256(grant.id.encode()).hexdigest()[:16]

    def probes(self) -> Iterator[Probe]:
        """Yield the probes inside the folder, then those outside."""
        yield from map(self._inside, INSIDE)
        of_role = _of_extras(self.access, self.ceiling)
        yield from map(self._inside, (name for name in of_role if name not in INSIDE))
        yield from self._keys_inside()
        yield self._listing("folder", f"{self.grant.folder}/", "the folder itself", self.access.allows_listing)
        if self.ceiling.lists_versions or (self._is_own_role and self.access.lists_versions):
            yield from self._listings_of_versions()
        for location, prefix, names in self._outside_prefixes():
            for operation in names:
                yield self._outside(location, prefix, operation)
        yield self._listing("no-prefix", None, "without a prefix", False)
        yield self._listing("empty-prefix", "", "with an empty prefix", False)
        yield self._location()
        yield self._listing("bare-prefix", self.grant.folder, f"with the bare prefix {self.grant.folder}", False)
        for operation in BEYOND:
            yield self._beyond(operation)

    def _outside_prefixes(self) -> Iterator[tuple[str, RunPrefix, tuple[str, ...]]]:
        extras = _of_extras(self.access)
        sibling = operations.sibling_prefix(self.grant.folder, self.run)
        yield "sibling", sibling, (*OUTSIDE, "get-missing", *extras)
        if self.neighbour:
            description = f"the folder of {key_path('grants', self.neighbour.id)}"
            neighbour = operations.own_prefix(self.neighbour.folder, self.run, description)
            yield "neighbour", neighbour, (*OUTSIDE, *extras)
        yield "root", operations.root_prefix(self.run), FURTHER_OUTSIDE
        empty = operations.empty_segment_prefix(self.grant.folder, self.run)
        yield "empty-segment", empty, MISREAD_OUTSIDE
        dotted = operations.dotted_segments_prefix(self.grant.folder, self.run)
        yield "dotted-segments", dotted, MISREAD_OUTSIDE
        if other := operations.lookalike_prefix(self.grant.folder, self.run):
            yield "look-alike", other, FURTHER_OUTSIDE

    def _listings_of_versions(self) -> Iterator[Probe]:
        folder, sibling = self.grant.folder, operations.sibling_prefix(self.grant.folder, self.run)
        for id_, prefix, description, allowed in (
            ("versions", f"{folder}/", "versions in the folder", self.access.lists_versions),
            ("sibling-versions", sibling.prefix, f"versions in {sibling.description}", False),
            ("bare-prefix-versions", folder, f"versions with the bare prefix {folder}", False),
        ):
            yield self._listing(id_, prefix, description, allowed, "list-versions")

    def _keys_inside(self) -> Iterator[Probe]:
        """Yield the probes of keys that a client or server could read otherwise than they are written."""
        own, bucket = self.own, self.target.bucket
        # Of the folder's own marker only the metadata is read, because it may be the borrower's.
        put = self._object_name("put")
        for id_, name, key, place in (
            ("marker", "head-marker", f"{self.grant.folder}/", "at the folder's marker"),
            ("put-marker", "put", own.prefix, "a marker in its folder"),
            ("missing", "get-missing", own.key("missing"), "in its folder"),
            ("put-empty-segment", "put", own.key(f"/{put}"), "after an empty segment in its folder"),
            ("put-dotted-segments", "put", own.key(f"./../{put}"), "after dotted segments in its folder"),
            ("put-special", "put", own.key(f"{operations.SPECIAL} {put}"), "a key with special characters"),
            ("get-special", "get", own.key(operations.SPECIAL_SEED), "a key with special characters"),
        ):
            yield self._inside(name, id_, ServiceCall(name, bucket, key=key), place)

    def _inside(self, name: str, id_: str = "", call: ServiceCall | None = None, place: str = "") -> Probe:
        allowed = name in self._allowed
        call = call or self._call(name, self.own)
        cause = (
            f"{self._policies} doesn't allow {OPERATIONS[name].action} in this folder; "
            "compare the role's policy with the template: cdk diff"
            if allowed
            else f"the access {self.access.name} doesn't include {OPERATIONS[name].action}: the {self._policy} allows "
            "more than access.toml declares"
        )
        title = f"{OPERATIONS[name].description} {place or 'in ' + self.own.description}"
        return self._probe(f"inside/{id_ or name}", title, call, allowed, cause)

    def _outside(self, location: str, prefix: RunPrefix, name: str) -> Probe:
        title = OPERATIONS[name].description + (" from " if name == "copy" else " in ") + prefix.description
        cause = (
            f"the session has access to {prefix.description}: the role's own policy allows too much, or a bucket "
            "policy names it"
            if self._is_own_role
            else f"the session has access to {prefix.description}: its session policy allows too much, or a bucket "
            "policy names the session and bypasses its session policy"
        )
        return self._probe(f"{location}/{name}", title, self._call(name, prefix), False, cause)

    def _call(self, name: str, prefix: RunPrefix) -> ServiceCall:
        bucket = self.target.bucket
        if name in ("list-v1", "list-v2"):
            return ServiceCall(name, bucket, prefix=prefix.prefix)
        if name == "copy":
            return ServiceCall(name, bucket, key=self.own.key(f"copy-{len(prefix.prefix)}"), source=prefix.seed)
        if name in ("get", "head", "presigned-get", "get-tagging", "put-tagging", "get-acl"):
            return ServiceCall(name, bucket, key=prefix.seed)
        return ServiceCall(name, bucket, key=prefix.key(self._object_name(name)))

    def _object_name(self, operation: str) -> str:
        return f"{operation}-by-{self._mark}"

    def _listing(
        self, id_: str, prefix: str | None, description: str, allowed: bool, operation: str = "list-v2"
    ) -> Probe:
        call = ServiceCall(operation, self.target.bucket, prefix=prefix)
        cause = (
            f"the {self._policy} doesn't allow {OPERATIONS[operation].action} in the folder"
            if allowed
            else f"the {self._policy}'s s3:prefix condition is missing or too wide: it lists names outside the folder"
        )
        return self._probe(f"listing/{id_}", f"list {description}", call, allowed, cause)

    def _location(self) -> Probe:
        name = "get-bucket-location"
        allowed = name in self._allowed
        cause = (
            f"{self._policies} doesn't allow {OPERATIONS[name].action}, which clients call before they "
            "list; compare the role's policy with the template: cdk diff"
            if allowed
            else f"the mode {self.grant.access} doesn't list, so it doesn't include {OPERATIONS[name].action}: the "
            f"{self._policy} allows more than access.toml declares"
        )
        call = ServiceCall(name, self.target.bucket)
        return self._probe("listing/location", OPERATIONS[name].description, call, allowed, cause)

    def _beyond(self, name: str) -> Probe:
        call = ServiceCall(name, self.target.bucket)
        cause = "the role itself allows this; compare its policies with the template: cdk diff"
        return self._probe(f"beyond/{name}", OPERATIONS[name].description, call, False, cause)

    def _probe(self, id_: str, title: str, call: ServiceCall, allowed: bool, cause: str) -> Probe:
        in_role = call.operation in self._in_role and not self._is_own_role
        control = None if allowed else _ROLE if in_role else _DEPLOYER
        layer = Layer.SESSION if in_role else Layer.IDENTITY if self._is_own_role and not self._has_boundary else None
        note = " (evaluated on the deployed policies, not called)" if self.caller.is_evaluated else ""
        return Probe(
            id=f"{self.group}/{id_}",
            group=self.group,
            title=title + note,
            caller=self.caller,
            call=call,
            allowed=allowed,
            cause=cause,
            layer=None if allowed else layer,
            control=control,
            # Presigned URLs exist only live.
            runners=LIVE_ONLY if call.operation.startswith("presigned-") else BOTH,
        )
