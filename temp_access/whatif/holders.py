"""Who can have a session of a role: everybody whom its trust policy lets assume it."""

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from temp_access.config.borrower import BorrowerKind
from temp_access.deployment.effective_policies import EXTREMES, PolicyOwner, UnknownAs, outsider_policies
from temp_access.deployment.state import RoleState, UserState
from temp_access.deployment.unread_effects import that_can_change
from temp_access.iam.arn import role_session_arn
from temp_access.iam.callers import CallerKind, caller_account, caller_kind
from temp_access.iam.decision import DecisionType, Layer, Reason
from temp_access.iam.document import Policy, Statement
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.request import ContextValue, Request, UnknownValue
from temp_access.whatif.answer import used_keys
from temp_access.whatif.circumstances import conditions_in_words, is_circumstance, is_feasible
from temp_access.whatif.model import LocatedStatement, PolicySource, Principal, Question, holder_key
from temp_access.whatif.places import Places, whole_account
from temp_access.whatif.who_model import Reach, RoleHolder, WhoStatement

# The actions that give a session.
ASSUME = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
# Those that a trust policy decides, in lower case: these, and what can be done in the same call.
ROLE_ACTIONS = (*(action.lower() for action in ASSUME), "sts:tagsession", "sts:setsourceidentity")
_NAMES = {
    CallerKind.USER: "user",
    CallerKind.ROLE: "role",
    CallerKind.FEDERATED: "user",
    CallerKind.ROOT: "account",
    CallerKind.SERVICE: "service",
    CallerKind.PROVIDER: "provider",
    CallerKind.CLOUDFRONT: "id",
    CallerKind.ANONYMOUS: "anyone",
}
_STAND_IN, _ELSEWHERE = "somebody", "0" * 12
_ANYONE = {
    CallerKind.ANONYMOUS: "anyone, without credentials",
    CallerKind.USER: "anyone with an AWS account",
    CallerKind.PROVIDER: "anyone with a token or an assertion",
}
# Of a caller that only its account or its provider is known of.
_UNKNOWN_CALLER: Mapping[str, ContextValue] = {
    "aws:PrincipalArn": UnknownValue.PRESENT,
    # Not PRESENT: the stand-in's own name would tell what it can be.
    "aws:userid": UnknownValue.POSSIBLE,
    "aws:username": UnknownValue.POSSIBLE,
    "aws:PrincipalType": UnknownValue.PRESENT,
}
_TOLD_BY_NAME = frozenset(["aws:principalarn", "aws:userid"])


class Holders:
    """Finds the holders of the sessions of roles; those of one role are found once."""

    def __init__(self, source: PolicySource, places: Places, context: Mapping[str, ContextValue] | None = None) -> None:
        self._source = source
        self._places = places
        self._context = context or {}
        self._found: dict[tuple[str, tuple[str, ...]], tuple[RoleHolder, ...]] = {}

    def of(self, role: RoleState, actions: tuple[str, ...] = ASSUME) -> tuple[RoleHolder, ...]:
        """Return who can assume the role by one of `actions`, also through other roles of ours."""
        return self._of(role, actions, frozenset())

    def _of(self, role: RoleState, actions: tuple[str, ...], before: frozenset[str]) -> tuple[RoleHolder, ...]:
        key = (role.name, actions)
        if key not in self._found:
            found = [holder for action in actions for holder in self._direct(role, action)]
            self._found[key] = tuple(dict.fromkeys(found))
        direct = self._found[key]
        further: list[RoleHolder] = []
        for holder in direct:
            other = self._source.role(holder.arn) if holder.ours else None
            if other and other.name not in before | {role.name}:
                further += [
                    replace(each, via=(*each.via, other.name), reach=_chained(each.reach, holder.reach))
                    for each in self._of(other, ASSUME, before | {role.name})
                ]
        return (*direct, *further)

    def _direct(self, role: RoleState, action: str) -> Iterator[RoleHolder]:
        call = _PolicyCall(
            policy=self._source.policies.trust_policy(role),
            resource=self._source.target.arn(f"role{role.path}{role.name}"),
            action=action,
            role=role,
        )
        for statement in _allowing(call.policy):
            for arn, kind in dict.fromkeys((*self._candidates(statement), *self._own(statement))):
                if _can_call(arn, action) and (holder := self._holder(arn, kind, statement, call)):
                    yield holder

    def of_bucket(
        self, question: Question, typical: Callable[[Principal], Mapping[str, ContextValue]]
    ) -> Iterator[RoleHolder]:
        """Yield whom else the bucket's policy lets make a call; `typical` returns the condition keys of its calls."""
        policy = self._source.policies.bucket_policy(self._source.policies.state.bucket)
        if policy is None:
            return
        for statement in _allowing(policy):
            for arn, kind in self._candidates(statement):
                if self._source.user(arn) or self._source.role(arn):
                    continue
                if kind == "account" and caller_account(arn) == self._source.target.account:
                    # Their own policies are enough, whether or not the bucket's says so.
                    continue
                context = typical(Principal(arn, PolicyOwner.OUTSIDER, arn))
                call = _PolicyCall(policy, question.resource, question.action, context=context)
                if holder := self._holder(arn, kind, statement, call):
                    yield holder

    def _candidates(self, statement: Statement) -> Iterator[tuple[str, str]]:
        """Yield the callers that a statement may name: an ARN, a service or a stand-in, and what it stands for."""
        principals, target = statement.principals, self._source.target
        if principals is None:
            return
        everyone = principals.matches_all or principals.negated
        named = () if everyone else sorted(principals.named - principals.accounts)
        for name in named:
            yield name, "id" if name in principals.ids else _NAMES[caller_kind(name)]
        for id_ in () if everyone else sorted(principals.ids - set(named)):
            yield id_, "id"
        for account in () if everyone else sorted(principals.accounts):
            yield f"arn:{target.partition}:iam::{account}:user/{_STAND_IN}", "account"
        if everyone:
            yield "*", "anyone"
            yield f"arn:{target.partition}:iam::{_ELSEWHERE}:user/{_STAND_IN}", "anyone"
            yield f"arn:{target.partition}:iam::{target.account}:oidc-provider/{_STAND_IN}", "anyone"

    def _own(self, statement: Statement) -> Iterator[tuple[str, str]]:
        """Yield the users and roles of ours, if a statement leaves it to their own policies, which are known."""
        principals, target, state = statement.principals, self._source.target, self._source.policies.state
        if principals and (principals.matches_all or principals.negated or target.account in principals.accounts):
            yield from ((target.arn(f"user/{name}"), "user") for name in (state.user.name, *state.users))
            roles = (state.role, *state.grant_roles.values())
            yield from ((target.arn(f"role{each.path}{each.name}"), "role") for each in roles)

    def _holder(self, arn: str, kind: str, statement: Statement, call: "_PolicyCall") -> RoleHolder | None:
        """Return the caller if the statement lets it make the call, in typical circumstances if there are any."""
        source = self._source
        is_stand_in = kind in ("account", "anyone", "provider")
        own = None if is_stand_in else source.user(arn) or source.role(arn)
        alone = replace(
            call.policy,
            statements=tuple(each for each in call.policy.statements if each is statement or each.effect == "Deny"),
        )
        sets = {each: _policy_set(source, own, each, alone, arn, call) for each in EXTREMES}
        given = {key.lower() for key in self._context}
        keys = {key for key in used_keys(sets[UnknownAs.ALLOW_NOTHING]) if is_circumstance(key)} - given
        attempt = partial(self._decided, arn, kind, statement, call, own, sets)
        if not call.context:
            return attempt(keys)
        found = attempt(set()) or attempt(keys)
        if found and found.reach.conditions:
            for key in sorted(keys):
                # What can stay as it is in a typical call is no condition.
                if fewer := attempt(keys - {key}):
                    keys, found = keys - {key}, fewer
        return found

    def _decided(
        self,
        arn: str,
        kind: str,
        statement: Statement,
        call: "_PolicyCall",
        own: UserState | RoleState | None,
        sets: Mapping[UnknownAs, PolicySet],
        keys: Set[str],
    ) -> RoleHolder | None:
        """Return the caller if it can make the call with some values of `keys`."""
        source, is_stand_in = self._source, kind in ("account", "anyone", "provider")
        named = self._places.named(call.role, call.policy.bodies[statement.index]) if call.role else None
        # People of IAM Identity Center come with sessions of roles.
        username = {"aws:username": None} if named and named[1] == BorrowerKind.SSO else {}
        request = Request(
            principal=_caller(arn),
            action=call.action,
            resource=call.resource,
            account=caller_account(arn) or "",
            resource_account=source.target.account,
            role_arn=arn if ":role/" in arn else None,
            context={
                "aws:CurrentTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                **{key: value for key, value in call.context.items() if key.lower() not in keys},
                **(_UNKNOWN_CALLER if is_stand_in else {}),
                **username,
                **dict.fromkeys(keys, UnknownValue.POSSIBLE),
                **self._context,
            },
        )
        decisions = [evaluate(policies, request) for policies in sets.values()]
        possible = [each for each in decisions if each.kind in (DecisionType.ALLOWED, DecisionType.UNDECIDED)]
        if not possible or not is_feasible(sets.values(), request, keys):
            return None
        unknown = dict.fromkeys(name for each in decisions for name in each.unknown)
        told = keys | (_TOLD_BY_NAME if is_stand_in else set())
        depends_on = [name for name in unknown if name.lower() not in told]
        if own and len(possible) < len(decisions):
            depends_on += source.policies.unknown_of(own)
        depends_on += that_can_change(
            source.unread, possible[0], call.action, by_user=isinstance(own, UserState), tags_are_unknown=True
        )
        words = conditions_in_words(
            sets[UnknownAs.ALLOW_ALL], request, possible[0], told, without=_TOLD_BY_NAME if named else ()
        )
        layer = Layer.TRUST if call.role else Layer.RESOURCE
        reason = Reason(layer, "Allow", call.policy.name, statement.index, statement.sid)
        place = source.locate(holder_key(call.role), layer, call.policy.name)
        text, kind, line = named or (self._text(arn, kind), kind, None)
        statements = (WhoStatement(LocatedStatement(reason, place), line),)
        reach = Reach(statements, tuple(words), tuple(dict.fromkeys(depends_on)))
        return RoleHolder(text, kind, own is not None, reach, arn=arn)

    def _text(self, arn: str, kind: str) -> str:
        account, own = caller_account(arn), self._source.target.account
        match kind:
            case "account":
                return whole_account(str(account))
            case "anyone":
                return _ANYONE[caller_kind(arn)]
            case "service":
                return f"service/{arn}"
            case "id":
                return f"the principal {arn}"
        return arn.rpartition(":")[2] if account == own and ":iam:" in arn else arn


@dataclass(frozen=True, slots=True)
class _PolicyCall:
    """A call that a resource's policy decides; `role` is the one whose trust policy it is, None for the bucket's.

    `context` has the condition keys of a typical call. Without them, whatever callers choose is a condition.
    """

    policy: Policy
    resource: str
    action: str
    role: RoleState | None = None
    context: Mapping[str, ContextValue] = field(default_factory=dict)


def _can_call(arn: str, action: str) -> bool:
    """Whether a caller of this kind makes such calls: with a token or an assertion, a call isn't signed."""
    if action.lower() not in ROLE_ACTIONS[:3]:
        return arn != "*"
    by_token = action.lower() != ROLE_ACTIONS[0]
    return arn != "*" and by_token is (caller_kind(arn) is CallerKind.PROVIDER)


def _allowing(policy: Policy) -> Iterator[Statement]:
    return (each for each in policy.statements if each.effect == "Allow" and each.principals is not None)


def _policy_set(
    source: PolicySource,
    own: UserState | RoleState | None,
    unknown_as: UnknownAs,
    policy: Policy,
    arn: str,
    call: _PolicyCall,
) -> PolicySet:
    """Return the policies that decide; those of others are for the others to say, so they allow everything.

    Not so of others of the own account on the bucket, because then its policy wouldn't matter.
    """
    needs_own = call.role is not None or caller_account(arn) != source.target.account
    others = outsider_policies(UnknownAs.ALLOW_ALL if needs_own else UnknownAs.ALLOW_NOTHING)
    principal = source.policies.of(own, unknown_as) if own else others
    return PolicySet(
        identity=principal.identity,
        boundary=principal.boundary,
        session=principal.session if caller_kind(arn) is CallerKind.FEDERATED else None,
        resource=policy,
        resource_is_trust_policy=call.role is not None,
    )


def _caller(arn: str) -> str:
    if ":role/" not in arn:
        return arn
    partition, account, name = arn.split(":")[1], arn.split(":")[4], arn.rpartition("/")[2]
    return role_session_arn(partition, account, name, "session")


def _chained(first: Reach, then: Reach) -> Reach:
    return Reach(
        (*first.statements, *then.statements),
        tuple(dict.fromkeys((*first.conditions, *then.conditions))),
        tuple(dict.fromkeys((*first.depends_on, *then.depends_on))),
    )
