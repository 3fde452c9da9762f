"""The probes of the role itself: nothing but the folders' bucket, and no session policy adds to it."""

from collections.abc import Iterator

from temp_access.verify import places
from temp_access.verify.model import Identity, Layer, Probe, ProbeCaller, ServiceCall, Target
from temp_access.verify.operations import OPERATIONS

_BEYOND = ("get-bucket-policy", "get-bucket-location", "list-versions", "list-buckets", "list-users")


def role_probes(target: Target, run: str, other_bucket: str) -> Iterator[Probe]:
    """Yield the probes of un-narrowed and of widened sessions; `other_bucket` is one the role mustn't reach."""
    prefix = places.root_prefix(run).prefix
    for who, group in ((Identity.ROLE, "role"), (Identity.WIDENED, "widened")):
        for name in _BEYOND:
            yield _refused(who, group, name, OPERATIONS[name].words, ServiceCall(name, target.bucket))
        # The prefix is this run's alone: nobody's names would show.
        call = ServiceCall("list-v2", other_bucket, prefix=prefix)
        yield _refused(who, group, "other-bucket", "list another bucket", call)


def _refused(who: Identity, group: str, id_: str, title: str, call: ServiceCall) -> Probe:
    return Probe(
        id=f"{group}/{id_}",
        group=group,
        title=title,
        caller=ProbeCaller(who),
        call=call,
        allowed=False,
        cause="the role has more than the template gives it (the probes of the deployed state name it); "
        "run cdk deploy, and detach what was added by hand",
        layer=Layer.IDENTITY,
        control=ProbeCaller(Identity.DEPLOYER),
    )
