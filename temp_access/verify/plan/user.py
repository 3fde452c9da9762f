"""The probes before assuming: what the user alone can do is what `[user]`'s policies say."""

from collections.abc import Callable, Iterator

from temp_access.verify import places
from temp_access.verify.model import Identity, Layer, Probe, ProbeCaller, ServiceCall, Target
from temp_access.verify.operations import OPERATIONS

OPERATIONS_TRIED = (
    "list-v2",
    "get",
    "put",
    "delete",
    "get-bucket-policy",
    "list-versions",
    "list-buckets",
    "list-users",
    "get-role",
)
_ON_OBJECTS = ("list-v2", "get", "put", "delete")


def user_probes(
    target: Target,
    run: str,
    allows: Callable[[ServiceCall], bool],
    *,
    has_boundary: bool,
    who: Identity = Identity.USER,
) -> Iterator[Probe]:
    """Yield the probes of the user alone, called as `who`; `allows` says what policies and boundary allow it."""
    place = places.root_prefix(run)
    for name in OPERATIONS_TRIED:
        operation = OPERATIONS[name]
        call = ServiceCall(
            name,
            target.bucket,
            key=place.seed if name == "get" else place.key(f"{name}-by-user") if name in _ON_OBJECTS else "",
            prefix=place.prefix if name == "list-v2" else None,
        )
        allowed = allows(call)
        where = " in the bucket, without the role" if name in _ON_OBJECTS else ""
        cause = (
            f"{target.user_name} has less than [user] says: a policy is missing, or a permissions boundary or "
            "the organization denies it"
            if allowed
            else f"{target.user_name} has more than [user] says: look for a policy or group that isn't in "
            "access.toml (the probes of the deployed state name it)"
        )
        yield Probe(
            id=f"user/{name}",
            group="user",
            title=operation.words + where,
            caller=ProbeCaller(who),
            call=call,
            allowed=allowed,
            cause=cause,
            # With a boundary several layers may refuse, and AWS names one.
            layer=None if allowed or has_boundary else Layer.IDENTITY,
            control=None if allowed else ProbeCaller(Identity.DEPLOYER),
        )


def boundary_warning(probes: list[Probe], user_name: str) -> str | None:
    """Return a warning if the user reaches objects by itself, so that the role doesn't limit it."""
    reached = [probe.title.partition(" ")[0] for probe in probes if probe.allowed and _reaches_objects(probe)]
    if not reached:
        return None
    return (
        f"the role is no boundary for {user_name}: by [user]'s policies it may {', '.join(reached)} "
        "objects of the bucket without the role"
    )


def _reaches_objects(probe: Probe) -> bool:
    return isinstance(probe.call, ServiceCall) and probe.call.operation in _ON_OBJECTS
