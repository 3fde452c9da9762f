"""Folder-scoped sessions, symbolically."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from temp_access.config.id_pattern import Chars, Choice, LiteralText, Node, Repeat
from temp_access.config.id_pattern import Sequence as InOrder
from temp_access.deployment.effective_policies import EffectivePolicies, PrincipalPolicies, UnknownAs
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.patterns import escape
from temp_access.iam.symbolic.callers import role_session
from temp_access.iam.symbolic.patterns import FOLDER
from temp_access.iam.symbolic.queries import Query, SymbolicRequest, Witness, witness_preferences
from temp_access.iam.symbolic.solver import Formula, RegularLanguage, Solver, StringTerm
from temp_access.policies.access_modes import AccessMode


def id_language(logic: Solver, node: Node) -> RegularLanguage:
    """Return the ids that a pattern of `[any_id]` admits."""
    match node:
        case LiteralText(text):
            return logic.exactly(text)
        case Chars(ranges):
            return logic.either([logic.characters(low, high) for low, high in ranges])
        case InOrder(parts):
            return logic.sequence([id_language(logic, part) for part in parts])
        case Choice(options):
            return logic.either([id_language(logic, option) for option in options])
        case Repeat(part, least, most):
            return logic.repeated(id_language(logic, part), least, most)


def alphabet(logic: Solver, node: Node) -> RegularLanguage:
    """Return every character that an id of the pattern can have."""
    match node:
        case LiteralText(text):
            return logic.either([logic.exactly(char) for char in sorted(set(text))])
        case Chars():
            return id_language(logic, node)
        case InOrder(children) | Choice(children):
            return logic.either([alphabet(logic, child) for child in children])
        case Repeat(part, _, _):
            return alphabet(logic, part)


def folder_language(logic: Solver) -> RegularLanguage:
    """Return the folders that access.toml can give, and some that it refuses (`..`, or too long ones)."""
    # temp_access.config.validation: U+0020 to U+00FF without controls, no blank at either end of a part.
    visible = [("!", "."), ("0", "~"), ("\xa1", "\xff")]
    edge = logic.either([logic.characters(low, high) for low, high in visible])
    inner = logic.either([edge, logic.exactly(" "), logic.exactly("\xa0")])
    part = logic.sequence([edge, logic.repeated(logic.sequence([logic.repeated(inner), edge]), 0, 1)])
    return logic.sequence([part, logic.repeated(logic.sequence([logic.exactly("/"), part]))])


Policy = Mapping[str, Any]


class SessionPolicyFactory(Protocol):
    """A function of the form of `session_policy`; None is a session without a policy."""

    def __call__(self, folder: str, access: AccessMode, *, bucket: str, partition: str) -> Policy | None:
        """Return the session policy."""


@dataclass(frozen=True)
class ScopedSessions:
    """The sessions of one access mode; `folders` are two different listed ones, the likeliest to be mixed up first."""

    world: EffectivePolicies
    access: AccessMode
    compiler: SessionPolicyFactory
    folders: tuple[tuple[str, str], ...] = ()
    called: str = ""

    @property
    def words(self) -> str:
        """How a person calls such a session."""
        return self.called or f"a {self.access.mode} session"

    def layers(self, *, on: str = "bucket") -> Callable[[str, bool], PolicySet]:
        """Return what counts for the session of a folder."""

        def of(folder: str, permissive: bool) -> PolicySet:
            policy = self.compiler(
                folder, self.access, bucket=self.world.target.bucket, partition=self.world.target.partition
            )
            unknown_as = UnknownAs.ALLOW_ALL if permissive else UnknownAs.ALLOW_NOTHING
            return policies_on(self.world, on, self.world.of(self.world.state.role, unknown_as).narrowed(policy))

        return of


def policies_on(world: EffectivePolicies, on: str, principal: PrincipalPolicies) -> PolicySet:
    """Return the policies that decide a call of `principal` on the "bucket", the "role" or "elsewhere"."""
    resource = world.state.role if on == "role" else world.state.bucket if on == "bucket" else None
    return world.on(resource, principal)


def any_folder(logic: Solver, folder: str | None) -> tuple[StringTerm, Formula]:
    """Return the session's folder, and the rule for it; the one `folder` if it is given."""
    text = logic.variable("folder") if folder is None else logic.text(folder)
    return text, is_folder(logic, text)


def is_folder(logic: Solver, folder: StringTerm) -> Formula:
    """Whether a text is a folder that access.toml can give."""
    return logic.in_language(folder, folder_language(logic))


def inside(logic: Solver, folder: StringTerm, value: StringTerm) -> Formula:
    """Whether a key or prefix lies in the folder."""
    return logic.prefix_of(value, logic.concat([folder, logic.text("/")]))


def scoped_query(
    sessions: ScopedSessions,
    logic: Solver,
    own: StringTerm,
    asked: SymbolicRequest,
    rules: tuple[Formula, ...],
    *,
    may: Literal["may", "may not"],
    other: StringTerm | None = None,
    words: tuple[StringTerm, ...] = (),
    own_name: bool = True,
    on: str = "bucket",
) -> Query:
    """Return the problem of a request by the session of the folder `own`: refuted if it `may` (or `may not`).

    Without `own_name`, the session's folder follows from the other's name and the `words`.
    """
    world = sessions.world
    named = own if own_name else None
    wishes = witness_preferences(logic, asked, folder=named, other=other, folders=sessions.folders, words=words)
    return Query(
        layers=sessions.layers(on=on),
        caller=role_session(logic, world.target.role_arn, world.target.account),
        asked=asked,
        words=lambda witness: _words(sessions.words, may, witness),
        matching=may == "may",
        folder=own,
        unknown=world.unknown_names,
        rules=rules,
        preferences=tuple(wishes),
        names={"other": other} if other is not None else {},
    )


def _words(who: str, may: str, witness: Witness) -> str:
    called = f"{who} for {witness.folder}/ {may} call {witness.action}"
    if witness.key is not None:
        return f"{called} on {witness.key}" + (f", which is in {witness.other}/" if witness.other is not None else "")
    shown = f", which shows {witness.other}/…" if witness.other is not None else ""
    if witness.other is not None or witness.prefix is not None:
        how = "without a prefix" if witness.prefix is None else f"with the prefix {witness.prefix!r}"
        return f"{called} {how}{shown}"
    return f"{called} on {witness.resource}"


def is_uniform(sessions: ScopedSessions, folder: str, pattern: Any) -> bool:
    """Whether the session policy of `folder` is `pattern`, the one of MARKER, with the folder put in."""
    return bool(substitute_folder(pattern, folder) == compiled(sessions, folder))


def compiled(sessions: ScopedSessions, folder: str) -> Any:
    """Return the session policy of a folder."""
    world = sessions.world
    return sessions.compiler(folder, sessions.access, bucket=world.target.bucket, partition=world.target.partition)


def substitute_folder(value: Any, folder: str) -> Any:
    """Return a policy of MARKER with `folder` in each of its places."""
    if isinstance(value, str):
        return value.replace(escape(FOLDER), escape(folder)).replace(FOLDER, folder)
    if isinstance(value, dict):
        return {key: substitute_folder(item, folder) for key, item in value.items()}
    return [substitute_folder(item, folder) for item in value] if isinstance(value, list) else value
