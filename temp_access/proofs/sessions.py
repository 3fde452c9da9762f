"""The sessions that a session policy scopes to a folder, for any folder at once."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from temp_access.config.id_pattern import Chars, Choice, LiteralText, Node, Repeat
from temp_access.config.id_pattern import Sequence as InOrder
from temp_access.deployment.effective_policies import EffectivePolicies, PrincipalPolicies, UnknownAs
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.policy_json import Document, escape
from temp_access.iam.symbolic.callers import SymbolicCaller, role_session
from temp_access.iam.symbolic.patterns import FOLDER
from temp_access.iam.symbolic.queries import (
    PoliciesFor,
    Query,
    RequestBuilder,
    SymbolicRequest,
    Witness,
    witness_preferences,
)
from temp_access.iam.symbolic.solver import Formula, RegularLanguage, Solver, StringTerm
from temp_access.policies.access_modes import AccessMode


def id_language(solver: Solver, node: Node) -> RegularLanguage:
    """Return the ids that a pattern of `[any_id]` admits."""
    match node:
        case LiteralText(text):
            return solver.literal(text)
        case Chars(ranges):
            return solver.union([solver.character_range(low, high) for low, high in ranges])
        case InOrder(parts):
            return solver.sequence([id_language(solver, part) for part in parts])
        case Choice(options):
            return solver.union([id_language(solver, option) for option in options])
        case Repeat(part, least, most):
            return solver.repeated(id_language(solver, part), least, most)


def alphabet(solver: Solver, node: Node) -> RegularLanguage:
    """Return the characters that an id of the pattern can have."""
    match node:
        case LiteralText(text):
            return solver.union([solver.literal(char) for char in sorted(set(text))])
        case Chars():
            return id_language(solver, node)
        case InOrder(children) | Choice(children):
            return solver.union([alphabet(solver, child) for child in children])
        case Repeat(part, _, _):
            return alphabet(solver, part)


def folder_language(solver: Solver) -> RegularLanguage:
    """Return the folders that access.toml can grant, and some that it refuses (`..`, or too long ones)."""
    # temp_access.config.validation: U+0020 to U+00FF without control characters; no part begins or ends with a blank.
    visible = [("!", "."), ("0", "~"), ("\xa1", "\xff")]
    edge = solver.union([solver.character_range(low, high) for low, high in visible])
    inner = solver.union([edge, solver.literal(" "), solver.literal("\xa0")])
    part = solver.sequence([edge, solver.repeated(solver.sequence([solver.repeated(inner), edge]), 0, 1)])
    return solver.sequence([part, solver.repeated(solver.sequence([solver.literal("/"), part]))])


class ResourceType(Enum):
    """The type of the resource that a claim is about; each has a resource-based policy of its own, or none."""

    OBJECT = "object"
    BUCKET = "bucket"
    ROLE = "role"
    OTHER = "other"


class SessionPolicyFactory(Protocol):
    """A function with the signature of `session_policy`; None means a session without a session policy."""

    def __call__(self, folder: str, access: AccessMode, *, bucket: str, partition: str) -> Document | None:
        """Return the session policy."""


@dataclass(frozen=True)
class ScopedSessions:
    """The sessions of one access mode with its extras.

    `folders` are pairs of granted folders, the most similar names first. `name` is that of a session policy of
    somebody's own.
    """

    effective: EffectivePolicies
    access: AccessMode
    compiler: SessionPolicyFactory
    folders: tuple[tuple[str, str], ...] = ()
    name: str = ""

    @property
    def description(self) -> str:
        """The name of such a session in messages."""
        return self.name or f"a {self.access.mode} session{self.access.with_extras}"

    @property
    def is_custom(self) -> bool:
        """Whether the session policy is somebody's own."""
        return bool(self.name)

    def requests(self, solver: Solver) -> RequestBuilder:
        """Return the builder of requests on the bucket of these sessions."""
        return RequestBuilder(solver, self.effective.target.bucket_arn)

    def caller(self, solver: Solver) -> SymbolicCaller:
        """Return such a session as a caller."""
        return role_session(solver, self.effective.target.role_arn, self.effective.target.account)

    def policies(self, resource_type: ResourceType = ResourceType.BUCKET) -> PoliciesFor:
        """Return the policies that apply to the session of a folder on a type of resource."""

        def for_folder(folder: str, permissive: bool) -> PolicySet:
            policy = compiled_policy(self, folder)
            unknown_as = UnknownAs.ALLOW_ALL if permissive else UnknownAs.ALLOW_NOTHING
            return policies_on(
                self.effective, resource_type, self.effective.of(self.effective.state.role, unknown_as).narrowed(policy)
            )

        return for_folder


def policies_on(effective: EffectivePolicies, resource_type: ResourceType, principal: PrincipalPolicies) -> PolicySet:
    """Return the policies that decide a call of `principal` on a type of resource."""
    match resource_type:
        case ResourceType.OBJECT | ResourceType.BUCKET:
            return effective.on(effective.state.bucket, principal)
        case ResourceType.ROLE:
            return effective.on(effective.state.role, principal)
        case ResourceType.OTHER:
            return effective.on(None, principal)


def any_folder(solver: Solver, folder: str | None) -> tuple[StringTerm, Formula]:
    """Return the session's folder as a term and the rule for it: the given `folder`, or any."""
    term = solver.string("folder") if folder is None else solver.constant(folder)
    return term, is_folder(solver, term)


def is_folder(solver: Solver, folder: StringTerm) -> Formula:
    """Whether a string is a folder that access.toml can grant."""
    return solver.in_language(folder, folder_language(solver))


def inside(solver: Solver, folder: StringTerm, value: StringTerm) -> Formula:
    """Whether a key or prefix is in the folder."""
    return solver.prefix_of(value, solver.concat([folder, solver.constant("/")]))


def scoped_query(
    sessions: ScopedSessions,
    solver: Solver,
    own: StringTerm,
    request: SymbolicRequest,
    rules: tuple[Formula, ...],
    *,
    expect_allowed: bool = True,
    other: StringTerm | None = None,
    readable: tuple[StringTerm, ...] = (),
    own_name: bool = True,
    resource_type: ResourceType = ResourceType.BUCKET,
) -> Query:
    """Return the query for an allowed (without `expect_allowed`: refused) request by the session of a folder, `own`.

    `readable` are terms that make a witness easier to read if they are words. Without `own_name`, the session's
    folder follows from the other folder's name and the `readable` terms.
    """
    effective = sessions.effective
    folder, verb = own if own_name else None, "can" if expect_allowed else "can't"
    preferences = witness_preferences(
        solver, request, folder=folder, other=other, folders=sessions.folders, readable=readable
    )
    return Query(
        policies=sessions.policies(resource_type),
        caller=sessions.caller(solver),
        request=request,
        describe=lambda witness: _describe(f"{sessions.description} for {witness.folder}/ {verb}", witness),
        expect_allowed=expect_allowed,
        folder=own,
        unknown=effective.unknown_names,
        rules=rules,
        preferences=tuple(preferences),
        names={"other": other} if other is not None else {},
    )


def _describe(subject: str, witness: Witness) -> str:
    call = f"{subject} call {witness.action}"
    if witness.key is not None:
        return f"{call} on {witness.key}" + (f", which is in {witness.other}/" if witness.other is not None else "")
    listing = f", which lists {witness.other}/…" if witness.other is not None else ""
    if witness.other is not None or witness.prefix is not None:
        prefix = "without a prefix" if witness.prefix is None else f"with the prefix {witness.prefix!r}"
        return f"{call} {prefix}{listing}"
    return f"{call} on {witness.resource}"


def is_uniform(sessions: ScopedSessions, folder: str, pattern: Any) -> bool:
    """Whether the session policy of `folder` is `pattern`, that of the placeholder FOLDER, with the folder inserted."""
    return bool(substitute_folder(pattern, folder) == compiled_policy(sessions, folder))


def compiled_policy(sessions: ScopedSessions, folder: str) -> Any:
    """Return the session policy of a folder."""
    target = sessions.effective.target
    return sessions.compiler(folder, sessions.access, bucket=target.bucket, partition=target.partition)


def substitute_folder(value: Any, folder: str) -> Any:
    """Return a policy for FOLDER with `folder` in place of the placeholder."""
    if isinstance(value, str):
        return value.replace(escape(FOLDER), escape(folder)).replace(FOLDER, folder)
    if isinstance(value, dict):
        return {substitute_folder(key, folder): substitute_folder(item, folder) for key, item in value.items()}
    return [substitute_folder(item, folder) for item in value] if isinstance(value, list) else value
