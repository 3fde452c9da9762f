"""Probes of the users of `[users.<name>]`: what each can do without a role, and with its own access keys."""

from collections.abc import Callable, Iterator, Sequence

from temp_access.config.model import Config, Grant
from temp_access.config.table import key_path
from temp_access.deployment.target import Target
from temp_access.iam.decision import Decision, Layer
from temp_access.policies.role_names import grant_role_resource
from temp_access.verify import operations
from temp_access.verify.operations import OPERATIONS
from temp_access.verify.plan.assume_role import baseline_call
from temp_access.verify.probes import Identity, Probe, ProbeCaller, ServiceCall

_ON_BUCKET = ("list-v2", "get", "put", "delete", "get-bucket-policy", "list-versions")
_ELSEWHERE = ("list-buckets", "list-users")


def people_of(config: Config, grants: Sequence[Grant]) -> tuple[str, ...]:
    """Return the users to probe: all, or those that the grants name if they aren't all grants with borrowers."""
    if not config.own_role_grants.keys() - {grant.id for grant in grants}:
        return tuple(config.users)
    chosen = {grant.id for grant in grants}
    of_user = config.grants_by_user
    return tuple(name for name in config.users if any(grant.id in chosen for grant in of_user[name]))


def person_probes(
    config: Config, target: Target, run: str, name: str, decide: Callable[[ServiceCall], Decision]
) -> Iterator[Probe]:
    """Yield the probes of one user; `decide` returns the decision of its policies in access.toml about a call."""
    own, group = f"user/{name}", key_path("users", name)
    for id_, title, call in (*_of_bucket(target, run, name), *_of_iam(config, target, own, name)):
        decision = decide(call)
        allowed = decision.allowed
        yield Probe(
            id=f"{group}/{id_}",
            group=group,
            title=title,
            caller=ProbeCaller(Identity.PERSON, name=name),
            call=call,
            allowed=allowed,
            cause=f"{own} has {'fewer' if allowed else 'more'} permissions than [{group}] declares: compare its "
            "policies and groups with the template (the probes of the deployed state name the differences)",
            # With a boundary, several layers can deny the call, and AWS names one of them.
            layer=None if allowed or config.users[name].permissions_boundary else Layer.IDENTITY,
            control=None if allowed else ProbeCaller(Identity.DEPLOYER),
            depends_on=tuple(f"{each}, which access.toml doesn't tell" for each in decision.unknown),
        )
    yield from _assuming(config, target, own, group)


def _assuming(config: Config, target: Target, own: str, group: str) -> Iterator[Probe]:
    """Yield the probe that the user can't assume the role of `[role]`, unless access.toml trusts the user with it."""
    trusted = config.trusted_principal(target.arn(own), target.account)
    # Without a code, a refusal would say nothing; and whether the trust in an account is enough depends on the user.
    if config.role.conditions.mfa or (trusted and trusted.resource == "root"):
        return
    name = own.rpartition("/")[2]
    yield Probe(
        id=f"{group}/assume",
        group=group,
        title=f"AssumeRole of {config.role.name}",
        caller=ProbeCaller(Identity.PERSON, name=name),
        call=baseline_call(config, name),
        allowed=trusted is not None,
        cause=f"{config.role.name} trusts other users than access.toml says; compare its trust policy with the "
        "template and run cdk deploy",
        control=None if trusted else ProbeCaller(Identity.USER),
    )


def _of_bucket(target: Target, run: str, name: str) -> Iterator[tuple[str, str, ServiceCall]]:
    root = operations.root_prefix(run)
    keys = {"get": root.seed, **{each: root.key(f"{each}-by-{name}") for each in ("put", "delete")}}
    for each in _ON_BUCKET:
        prefix = root.prefix if each == "list-v2" else None
        call = ServiceCall(each, target.bucket, key=keys.get(each, ""), prefix=prefix)
        yield each, f"{OPERATIONS[each].description} in the bucket, without a role", call
    for each in _ELSEWHERE:
        yield each, OPERATIONS[each].description, ServiceCall(each)


def _of_iam(config: Config, target: Target, own: str, name: str) -> Iterator[tuple[str, str, ServiceCall]]:
    for grant in config.grants_by_user[name][:1]:
        call = ServiceCall("get-role", key=grant_role_resource(config.role, grant.id))
        yield "get-own-role", f"read the role of {key_path('grants', grant.id)} (iam:GetRole)", call
    role = target.role_arn.partition(":role/")[2]
    yield "get-role", f"read {config.role.name} (iam:GetRole)", ServiceCall("get-role", key=f"role/{role}")
    yield "list-own-keys", "list its own access keys", ServiceCall("list-keys", key=own)
    yield "update-own-key", "set the state of its own access key", ServiceCall("update-key", key=own)
    other = f"user/{target.user_name}"
    yield "list-other-keys", f"list the access keys of {other}", ServiceCall("list-keys", key=other)
