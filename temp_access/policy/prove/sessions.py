"""Sessions that are narrowed to a folder, as the compiler of session policies gives it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from temp_access.policy.access import AccessMode
from temp_access.policy.evaluate import PolicySet
from temp_access.policy.extremes import ALLOW_ALL, ALLOW_NOTHING
from temp_access.policy.prove.languages import folder_language
from temp_access.policy.prove.solver import Formula, Solver, StringTerm
from temp_access.policy.prove.world import World

Policy = Mapping[str, Any]


class SessionPolicyFactory(Protocol):
    """temp_access.policy.session.session_policy, or another one of its form; None is a session without a policy."""

    def __call__(self, folder: str, access: AccessMode, *, bucket: str, partition: str) -> Policy | None:
        """Return the session policy."""


@dataclass(frozen=True)
class ScopedSessions:
    """The sessions of one access mode; `folders` are two different listed ones, the likeliest to be mixed up first."""

    world: World
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
            policy = self.compiler(folder, self.access, bucket=self.world.bucket, partition=self.world.partition)
            return self.world.for_role(policy, unknown_as=ALLOW_ALL if permissive else ALLOW_NOTHING, on=on)

        return of


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
