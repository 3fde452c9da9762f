"""Who can make itself administrator: the calls that lead there, decided by the evaluator.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from temp_access.deployment.effective_policies import PolicyOwner, PrincipalPolicies, UnknownAs
from temp_access.deployment.state import RoleState, UserState
from temp_access.iam.arn import iam_arn
from temp_access.iam.aws_managed import ALLOW_ALL
from temp_access.iam.decision import DecisionType, Layer
from temp_access.iam.evaluator import evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import ContextValue, Request
from temp_access.iam.statements import examples, policy_statements
from temp_access.review.holders import ROLE_HOLDER, USER_HOLDER, Holder
from temp_access.review.snapshot import Snapshot, holders

_ANY = "another"
_MAX_PATHS = 3
# What a service does with a role that it is given, by the service's principal. Each list is enough by itself:
# the calls start code or a template of the caller's that runs with the role.
_SERVICES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "ec2.amazonaws.com": (("ec2:RunInstances",),),
    "lambda.amazonaws.com": (
        ("lambda:CreateFunction", "lambda:InvokeFunction"),
        ("lambda:CreateFunction", "lambda:AddPermission"),
        ("lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
    ),
    "cloudformation.amazonaws.com": (("cloudformation:CreateStack",),),
    "glue.amazonaws.com": (("glue:CreateDevEndpoint",), ("glue:CreateJob", "glue:StartJobRun")),
    "codebuild.amazonaws.com": (("codebuild:CreateProject", "codebuild:StartBuild"),),
    "sagemaker.amazonaws.com": (
        ("sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"),
        ("sagemaker:CreateTrainingJob",),
        ("sagemaker:CreateProcessingJob",),
    ),
    "ecs-tasks.amazonaws.com": (("ecs:RegisterTaskDefinition", "ecs:RunTask"),),
    "states.amazonaws.com": (("states:CreateStateMachine", "states:StartExecution"),),
    "datapipeline.amazonaws.com": (
        ("datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"),
    ),
}


@dataclass(frozen=True, slots=True)
class Administrator:
    """A principal of head that can make itself administrator, and how; `is_new` if base's couldn't.

    With `is_certain` false, that depends on something that isn't known.
    """

    subject: str
    paths: tuple[str, ...]
    is_new: bool
    is_certain: bool = True

    def __str__(self) -> str:
        """Return the sentence about it."""
        more = f", or in {len(self.paths) - _MAX_PATHS} other ways" if len(self.paths) > _MAX_PATHS else ""
        can = "can make itself administrator" if self.is_certain else "may be able to make itself administrator"
        when = "" if self.is_new else ", as before the change"
        return f"{self.subject} {can}{when}: with {', or '.join(self.paths[:_MAX_PATHS])}{more}"


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of a path; the call is described as `action on target`."""

    action: str
    resource: str
    target: str
    keys: tuple[tuple[str, str], ...] = ()


def administrators(base: Snapshot, head: Snapshot) -> tuple[Administrator, ...]:
    """Return the users and roles (without a session policy) that head's policies let become administrator."""
    found = []
    for holder in holders(base, head):
        if head.state_of(holder) is None:
            continue
        for certain in (True, False):
            if paths := tuple(_paths(head, holder, certain=certain)):
                suffix = " (no session policy)" if holder == ROLE_HOLDER else ""
                is_new = base.state_of(holder) is None or not any(_paths(base, holder, certain=certain))
                found.append(Administrator(head.name_of(holder) + suffix, paths, is_new, certain))
                break
    return tuple(found)


def _paths(snapshot: Snapshot, holder: Holder, *, certain: bool) -> Iterator[str]:
    """Yield each way in words; unless `certain`, also those that depend on something that isn't known.

    A way that an unknown policy may deny isn't certain. What only unknown policies allow is no way.
    """
    extremes = snapshot.extremes_of(holder) if certain else (UnknownAs.NO_EFFECT,)
    owns = [snapshot.policies_of(holder, each) for each in extremes]
    user_name = snapshot.name_of(holder if holder.owner is PolicyOwner.USER else USER_HOLDER)
    contexts = list(_contexts(snapshot.policies_of(holder), user_name))
    may = _EscalationDecider(snapshot, holder, owns, contexts, certain)
    everything = parse_policy(ALLOW_ALL, Layer.IDENTITY, "everything")
    boundaries = [PrincipalPolicies((everything,), own.boundary) for own in owns]
    within_boundary = _EscalationDecider(snapshot, holder, boundaries, contexts, certain)
    is_unlimited = within_boundary(_call(snapshot, "AttachUserPolicy", f"user/{_ANY}", "any user"))
    for is_limited, calls in _candidates(snapshot, holder):
        # A principal stays within its permissions boundary, whatever it attaches to itself.
        if (is_unlimited or not is_limited) and all(map(may, calls)):
            yield " and ".join(dict.fromkeys(f"{call.action} on {call.target}" for call in calls))


def _candidates(snapshot: Snapshot, holder: Holder) -> Iterator[tuple[bool, tuple[_Call, ...]]]:
    """Yield each way as its calls, and whether the principal's own permissions boundary still limits the result."""

    def one(action: str, resource: str, target: str) -> _Call:
        return _call(snapshot, action, resource, target)

    state = snapshot.state_of(holder)
    assert state is not None  # noqa: S101 - the caller asks for those that exist only; narrows the type
    if isinstance(state, UserState):
        for action in ("PutUserPolicy", "AttachUserPolicy"):
            yield True, (one(action, f"user/{state.name}", "itself"),)
        for group in state.groups:
            for action in ("PutGroupPolicy", "AttachGroupPolicy"):
                yield True, (one(action, f"group/{group}", f"its group {group}"),)
        yield True, (one("AddUserToGroup", f"group/{_ANY}", "any group"),)
    for role in _roles(snapshot, holder):
        name, target = snapshot.name_of(role), "itself"
        if role != holder:
            target = f"{name}, which it may assume"
        for action in ("PutRolePolicy", "AttachRolePolicy"):
            yield True, (one(action, snapshot.arn_of(role).rpartition(":")[2], target),)
    yield from _policy_versions(snapshot, state)
    yield False, (one("UpdateAssumeRolePolicy", f"role/{_ANY}", "any role"),)
    for action in ("CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile"):
        yield False, (one(action, f"user/{_ANY}", "any user"),)
    for give in ("AttachUserPolicy", "PutUserPolicy"):
        yield False, tuple(one(each, f"user/{_ANY}", "any user") for each in ("CreateUser", give, "CreateAccessKey"))
    for give in ("AttachRolePolicy", "PutRolePolicy"):
        yield False, tuple(one(each, f"role/{_ANY}", "any role") for each in ("CreateRole", give))
    for service, alternatives in _SERVICES.items():
        passed = _call(snapshot, "PassRole", f"role/{_ANY}", "any role", ("iam:passedtoservice", service))
        for actions in alternatives:
            yield False, (passed, *(_in_service(snapshot, action) for action in actions))


def _roles(snapshot: Snapshot, holder: Holder) -> Iterator[Holder]:
    """Yield the role itself, or the roles that a user may assume according to access.toml."""
    if holder.owner is PolicyOwner.ROLE:
        yield holder
    elif holder == USER_HOLDER:
        yield ROLE_HOLDER
    else:
        grants = snapshot.config.grants_by_user.get(str(holder.name), ())
        yield from (Holder(PolicyOwner.ROLE, grant=grant.id) for grant in grants)


def _policy_versions(snapshot: Snapshot, owner: UserState | RoleState) -> Iterator[tuple[bool, tuple[_Call, ...]]]:
    for arn in owner.permissions.attached:
        if ":iam::aws:" not in arn:
            name = arn.rpartition("/")[2]
            yield True, (_Call("iam:CreatePolicyVersion", arn, f"its policy {name}"),)


def _call(snapshot: Snapshot, action: str, resource: str, target: str, *keys: tuple[str, str]) -> _Call:
    arn = iam_arn(snapshot.target.partition, snapshot.target.account, resource)
    if action.startswith("Attach"):
        administrator = f"arn:{snapshot.target.partition}:iam::aws:policy/AdministratorAccess"
        keys = (*keys, ("iam:policyarn", administrator))
    return _Call(f"iam:{action}", arn, target, keys)


def _in_service(snapshot: Snapshot, action: str) -> _Call:
    target, service = snapshot.target, action.partition(":")[0]
    resource = f"arn:{target.partition}:{service}:{target.region}:{target.account}:{_ANY}/{_ANY}"
    return _Call(action, resource, "any resource")


@dataclass(frozen=True)
class _EscalationDecider:
    """Decides whether a principal's own policies, each of `owns`, allow a call, in one of some contexts."""

    snapshot: Snapshot
    holder: Holder
    owns: Sequence[PrincipalPolicies]
    contexts: list[Mapping[str, ContextValue]]
    certain: bool

    def __call__(self, call: _Call) -> bool:
        return all(self._allows(call, own) for own in self.owns)

    def _allows(self, call: _Call, own: PrincipalPolicies) -> bool:
        target, policies = self.snapshot.target, self.snapshot.policies.on(None, own)
        snapshot, holder = self.snapshot, self.holder
        is_user, arn = holder.owner is PolicyOwner.USER, snapshot.arn_of(holder)
        decisions = (
            evaluate(
                policies,
                Request(
                    principal=arn if is_user else snapshot.session_arn(holder, "session"),
                    action=call.action,
                    resource=call.resource,
                    account=target.account,
                    resource_account=target.account,
                    role_arn=None if is_user else arn,
                    context={**context, **dict(call.keys)},
                ),
            )
            for context in self.contexts
        )
        accepted = (DecisionType.ALLOWED,) if self.certain else (DecisionType.ALLOWED, DecisionType.UNDECIDED)
        return any(decision.kind in accepted for decision in decisions)


def _contexts(own: PrincipalPolicies, user_name: str) -> Iterator[Mapping[str, ContextValue]]:
    """Yield a call now, over TLS and with MFA, then for each statement the keys that meet its conditions."""
    usual = {
        "aws:securetransport": "true",
        "aws:currenttime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:multifactorauthpresent": "true",
        "aws:multifactorauthage": "60",
    }
    yield usual
    for statement in policy_statements(own.identity):
        met = {entry.lower_key: _value(entry.operator, entry.values, user_name) for entry in statement.conditions}
        # Keys that limit what may be attached or passed have the call's own values.
        named = {key: value for key, value in met.items() if not key.startswith("iam:")}
        if statement.allow and named:
            yield {**usual, **named}


def _value(operator: str, values: Sequence[str], user_name: str) -> str | None:
    operator, first = operator.lower(), next(iter(values), "")
    if operator == "null":
        return None if first.lower() == "true" else "a value"
    if "ipaddress" in operator:
        return first.partition("/")[0] if "not" not in operator else "192.0.2.1"
    if "not" in operator:
        return f"not-{first}"
    return examples(first, user_name=user_name)[0] if "like" in operator else first
