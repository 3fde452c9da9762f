"""The probes of one grant: everything of its mode works inside its folder, and nothing outside."""

from collections.abc import Iterator
from hashlib import sha256

from temp_access.config.model import Grant
from temp_access.config.table import key_path
from temp_access.deployment.target import Target
from temp_access.iam.decision import Layer
from temp_access.policies.access_modes import ACCESS_MODES, AccessMode
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
FURTHER_OUTSIDE = ("list-v2", "get", "put", "delete")
BEYOND = ("get-bucket-policy", "list-versions", "list-users")


class FolderProbes:
    """Builds the probes of one grant; `ceiling` is what the role allows on the bucket."""

    def __init__(self, grant: Grant, *, neighbour: Grant | None, ceiling: AccessMode, target: Target, run: str) -> None:
        self.grant = grant
        self.neighbour = neighbour
        self.ceiling = ceiling
        self.target = target
        self.run = run
        self.access = ACCESS_MODES[grant.access]
        self.caller = ProbeCaller(Identity.GRANT, grant)
        self.group = key_path("grants", grant.id)
        self.own = operations.own_prefix(grant.folder, run)

    def probes(self) -> Iterator[Probe]:
        """Yield the probes inside the folder, then those outside."""
        yield from map(self._inside, INSIDE)
        yield self._listing("folder", f"{self.grant.folder}/", "the folder itself", self.access.allows_listing)
        for where, place, names in self._elsewhere():
            for operation in names:
                yield self._outside(where, place, operation)
        yield self._listing("no-prefix", None, "without a prefix", False)
        yield self._listing("empty-prefix", "", "with an empty prefix", False)
        yield self._listing("bare-prefix", self.grant.folder, f"with the bare prefix {self.grant.folder}", False)
        for operation in BEYOND:
            yield self._beyond(operation)

    def _elsewhere(self) -> Iterator[tuple[str, RunPrefix, tuple[str, ...]]]:
        yield "sibling", operations.sibling_prefix(self.grant.folder, self.run), OUTSIDE
        if self.neighbour:
            words = f"the folder of {key_path('grants', self.neighbour.id)}"
            yield "neighbour", operations.own_prefix(self.neighbour.folder, self.run, words), OUTSIDE
        yield "root", operations.root_prefix(self.run), FURTHER_OUTSIDE
        if other := operations.lookalike_prefix(self.grant.folder, self.run):
            yield "look-alike", other, FURTHER_OUTSIDE

    def _inside(self, name: str) -> Probe:
        allowed = allowed_by_mode(self.access, name)
        call = self._call(name, self.own)
        cause = (
            f"the session policy or the role lacks {OPERATIONS[name].action} for this folder; "
            "compare the role's policy with the template: cdk diff"
            if allowed
            else f"{OPERATIONS[name].action} goes beyond the mode {self.grant.access}: the session policy that "
            "was sent is wider than access.toml says"
        )
        return self._probe(
            f"inside/{name}", f"{OPERATIONS[name].description} in {self.own.description}", call, allowed, cause
        )

    def _outside(self, where: str, place: RunPrefix, name: str) -> Probe:
        words = OPERATIONS[name].description + (" out of " if name == "copy" else " in ") + place.description
        cause = (
            f"the session reaches {place.description}: its session policy is too wide, or a bucket policy names the "
            "session and goes round it"
        )
        return self._probe(f"{where}/{name}", words, self._call(name, place), False, cause)

    def _call(self, name: str, place: RunPrefix) -> ServiceCall:
        bucket = self.target.bucket
        # Each grant's probes have keys of their own, so that grants can be probed side by side; the
        # longest id and folder together would be more than a key of S3 can hold.
        mine = f"{name}-by-{sha256(self.grant.id.encode()).hexdigest()[:16]}"
        if name in ("list-v1", "list-v2"):
            return ServiceCall(name, bucket, prefix=place.prefix)
        if name == "copy":
            return ServiceCall(name, bucket, key=self.own.key(f"copy-{len(place.prefix)}"), source=place.seed)
        if name in ("get", "head", "presigned-get", "get-tagging"):
            return ServiceCall(name, bucket, key=place.seed)
        return ServiceCall(name, bucket, key=place.key(mine))

    def _listing(self, id_: str, prefix: str | None, words: str, allowed: bool) -> Probe:
        call = ServiceCall("list-v2", self.target.bucket, prefix=prefix)
        cause = (
            "the session policy doesn't let the folder be listed"
            if allowed
            else "the session policy's s3:prefix condition is missing or too wide: names outside the folder show"
        )
        return self._probe(f"listing/{id_}", f"list {words}", call, allowed, cause)

    def _beyond(self, name: str) -> Probe:
        call = ServiceCall(name, self.target.bucket)
        cause = "the role itself may do this; compare its policies with the template: cdk diff"
        return self._probe(f"beyond/{name}", OPERATIONS[name].description, call, False, cause)

    def _probe(self, id_: str, title: str, call: ServiceCall, allowed: bool, cause: str) -> Probe:
        in_role = allowed_by_mode(self.ceiling, call.operation)
        control = None if allowed else ProbeCaller(Identity.ROLE if in_role else Identity.DEPLOYER)
        return Probe(
            id=f"{self.group}/{id_}",
            group=self.group,
            title=title,
            caller=self.caller,
            call=call,
            allowed=allowed,
            cause=cause,
            layer=Layer.SESSION if not allowed and in_role else None,
            control=control,
            # The evaluator knows no URLs.
            runners=LIVE_ONLY if call.operation.startswith("presigned-") else BOTH,
        )
