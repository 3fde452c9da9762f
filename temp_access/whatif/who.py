"""Everybody who can do something: users and sessions of the stacks, and whomever they and the bucket let in."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import chain

from temp_access.config.model import Config, Grant, IdPatternGrant
from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.deployment.state import RoleState
from temp_access.errors import UserError
from temp_access.iam.request import ContextValue
from temp_access.iam.statements import PREFIX_ACTIONS
from temp_access.policies.access_modes import grant_access
from temp_access.whatif.answer import decide
from temp_access.whatif.context import assumed_context, merge_context
from temp_access.whatif.holders import ROLE_ACTIONS, Holders
from temp_access.whatif.model import PolicySource, Principal, Question
from temp_access.whatif.places import Places
from temp_access.whatif.principal import own_role_session, role_session
from temp_access.whatif.reach import QuestionForAll
from temp_access.whatif.who_model import ANY_ID, Reach, RoleHolder, Way, WhoAnswer

_LISTINGS = frozenset(action.lower() for action in PREFIX_ACTIONS)


def require_one_resource(resource: str) -> None:
    """Raise UserError for a pattern: the answer may differ between the resources that it matches."""
    if resource != "*" and ("*" in resource or "?" in resource):
        raise UserError(
            f"{resource!r} is a pattern, and who can do it may differ between what it matches; name one resource, such "
            "as bob/x (for a key that contains * or ?, ask `temp-access can`)"
        )


def ask_who(question: Question, context: Mapping[str, ContextValue], source: PolicySource, config: Config) -> WhoAnswer:
    """Return everybody who can make the call, by which way, and what isn't known.

    `context` holds condition keys that replace the assumed ones, as for `temp-access can`.
    """
    search = _Search(question, context, source, config)
    sure: list[Way] = []
    depends_on: dict[str, None] = {}
    for way in search.ways():
        if way.reach.statements or not way.reach.depends_on:
            sure.append(way)
        else:
            # Without a statement that allows it, something unknown may let anybody do it: it is named once.
            depends_on |= dict.fromkeys(way.reach.depends_on)
    return WhoAnswer(
        question=question,
        ways=tuple(sorted(dict.fromkeys(sure), key=_order)),
        depends_on=tuple(depends_on),
        not_modelled=(search.not_modelled(),),
        notes=(*source.notes, *question.notes),
        source=source.description,
        file=config.path.name,
        assumed=search.assumed,
    )


def _order(way: Way) -> tuple[object, ...]:
    grant = (way.grant is None, way.grant or "")
    return (
        bool(way.depends_on),
        not way.holder.ours,
        way.holder.kind,
        way.holder.who,
        len(way.roles),
        grant,
        way.roles,
    )


class _Search:
    def __init__(
        self, question: Question, context: Mapping[str, ContextValue], source: PolicySource, config: Config
    ) -> None:
        self._question = question
        self._context = context
        self._source = source
        self._config = config
        self._places = Places(config, source)
        self._caller = QuestionForAll(question, context, source, config, self._places)
        self._holders = Holders(source, self._places)
        self._by_access: dict[tuple[str, tuple[str, ...]], Reach | None] = {}

    @property
    def assumed(self) -> Mapping[str, str]:
        """The condition keys that are assumed of a typical call, and that a policy tests."""
        return self._caller.assumed

    def ways(self) -> Iterator[Way]:
        question = self._question
        role = self._source.role(question.resource)
        if role and question.action.lower() in ROLE_ACTIONS:
            holders = Holders(self._source, self._places, self._context)
            for holder in holders.of(role, (question.action,)):
                yield Way(holder, Reach(()), roles=holder.via)
            return
        yield from self._users()
        yield from self._sessions()
        if f"{question.resource}/".startswith(f"{self._source.target.bucket_arn}/"):
            for holder in self._holders.of_bucket(question, self._typical):
                yield Way(holder, Reach(()))

    def _users(self) -> Iterator[Way]:
        state, target = self._source.policies.state, self._source.target
        for user in (state.user, *state.users.values()):
            arn = target.user_arn if user is state.user else target.arn(f"user/{user.name}")
            principal = Principal(arn, PolicyOwner.USER, user.name, holder=user)
            if reach := self._caller.reach(principal):
                yield Way(RoleHolder(f"user/{user.name}", "user", True, Reach(()), arn=arn), reach)

    def _sessions(self) -> Iterator[Way]:
        config, source, state = self._config, self._source, self._source.policies.state
        if reach := self._caller.reach(role_session(config, source, None)):
            yield from self._borrowed(state.role, reach)
            # A session policy only takes away.
            for grant in filter(self._may_concern, config.shared_role_grants.values()):
                if reach := self._session_reach(grant):
                    yield from self._borrowed(state.role, reach, grant.id, has_session_policy=True)
            for grant in self._unlisted():
                if reach := self._session_reach(grant):
                    yield from self._borrowed(state.role, reach, ANY_ID, id_=grant.id, has_session_policy=True)
        for role in state.grant_roles.values():
            own = self._places.grant_of(role)
            if reach := self._caller.reach(own_role_session(role, own, source)):
                yield from self._borrowed(role, reach, own.id if own else None)

    def _session_reach(self, grant: Grant) -> Reach | None:
        """Return how a session for the grant gets there; on the bucket itself, those of one access mode do alike."""
        principal = role_session(self._config, self._source, grant)
        question = self._question
        if question.resource != self._source.target.bucket_arn or question.action.lower() in _LISTINGS:
            return self._caller.reach(principal)
        if self._names_sessions:
            return self._caller.reach(principal)
        key = (grant.access, grant.extras)
        if key not in self._by_access:
            self._by_access[key] = self._caller.reach(principal)
        reach = self._by_access[key]
        return reach and self._places.of_session(reach, grant)

    @cached_property
    def _names_sessions(self) -> bool:
        """Whether the bucket's policy tells one session of a role from another."""
        policy = self._source.policies.bucket_policy(self._source.policies.state.bucket)
        return policy is not None and any(
            each.principals and (each.principals.ids or any(":assumed-role/" in arn for arn in each.principals.named))
            for each in policy.statements
        )

    def _borrowed(
        self,
        role: RoleState,
        reach: Reach,
        grant: str | None = None,
        *,
        id_: str | None = None,
        has_session_policy: bool = False,
    ) -> Iterator[Way]:
        for holder in self._holders.of(role):
            yield Way(holder, reach, grant, (*holder.via, role.name), id_, has_session_policy)

    def _may_concern(self, grant: Grant) -> bool:
        """Whether the grant's session policy can allow the call; a quick test, for thousands of grants."""
        question, bucket = self._question, self._source.target.bucket_arn
        if question.resource != bucket:
            return question.resource.startswith(f"{bucket}/{grant.folder}/")
        if question.action.lower() in _LISTINGS:
            return f"{question.prefix or ''}".startswith(f"{grant.folder}/")
        actions = {action.lower() for action in grant_access(grant).bucket_actions}
        return question.action.lower() in actions

    def _unlisted(self) -> Iterator[Grant]:
        """Yield the grants of `[any_id]` that can concern the call; one of them, if it is about the bucket alone."""
        any_id, bucket, question = self._config.any_id, self._source.target.bucket_arn, self._question
        if any_id is None:
            return
        in_bucket = question.prefix if question.action.lower() in _LISTINGS else None
        key = question.resource.removeprefix(f"{bucket}/") if question.resource.startswith(f"{bucket}/") else in_bucket
        ids = any_id.pattern.examples(1, self._config.grants) if key is None else _ids_of(any_id, key)
        for id_ in ids:
            if any_id.admits(id_, self._config.grants) and self._may_concern(grant := any_id.grant(id_)):
                yield grant

    def _typical(self, principal: Principal) -> Mapping[str, ContextValue]:
        assumed = assumed_context(principal, self._question, self._config, self._source.target)
        return merge_context(assumed, self._context)

    def not_modelled(self) -> str:
        """Return who isn't counted, because nothing here says who they are."""
        target = self._source.target
        stranger = Principal(target.arn("user/somebody-else"), PolicyOwner.OUTSIDER, "somebody else")
        answer = decide(stranger, self._question, self._context, self._source, self._config)
        administrators = f"administrators of account {target.account}, who can change these policies"
        if answer.verdict == "denied":
            return administrators
        return f"{administrators}, and others there whose own policies allow it"


def _ids_of(any_id: IdPatternGrant, key: str) -> Iterator[str]:
    """Yield each id whose folder the key may be in: what stands at the place of the first `{id}`."""
    before, placeholder, _ = any_id.folder.partition("{id}")
    if placeholder and key.startswith(before):
        yield from (key[len(before) : end] for end in range(len(before) + 1, len(key) + 1))
    elif not placeholder:
        yield from chain(any_id.pattern.examples(1))
