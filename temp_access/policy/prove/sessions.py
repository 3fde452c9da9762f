"""Sessions that are narrowed to a folder, as the compiler of session policies gives it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from temp_access.policy.access import Access
from temp_access.policy.evaluate import Layers
from temp_access.policy.extremes import EVERYTHING, NOTHING
from temp_access.policy.prove.languages import folder_language
from temp_access.policy.prove.solver import Formula, Logic, Text
from temp_access.policy.prove.world import World

Policy = Mapping[str, Any]


class Compiler(Protocol):
    """temp_access.policy.session.session_policy, or another one of its form; None is a session without a policy."""

    def __call__(self, folder: str, access: Access, *, bucket: str, partition: str) -> Policy | None:
        """Return the session policy."""


@dataclass(frozen=True)
class Sessions:
    """The sessions of one access mode; `folders` are two different listed ones, the likeliest to be mixed up first."""

    world: World
    access: Access
    compiler: Compiler
    folders: tuple[tuple[str, str], ...] = ()
    called: str = ""

    @property
    def words(self) -> str:
        """How a person calls such a session."""
        return self.called or f"a {self.access.mode} session"

    def layers(self, *, on: str = "bucket") -> Callable[[str, bool], Layers]:
        """Return what counts for the session of a folder."""

        def of(folder: str, permissive: bool) -> Layers:
            policy = self.compiler(folder, self.access, bucket=self.world.bucket, partition=self.world.partition)
            return self.world.of_role(policy, otherwise=EVERYTHING if permissive else NOTHING, on=on)

        return of


def any_folder(logic: Logic, folder: str | None) -> tuple[Text, Formula]:
    """Return the session's folder, and the rule for it; the one `folder` if it is given."""
    text = logic.variable("folder") if folder is None else logic.text(folder)
    return text, is_folder(logic, text)


def is_folder(logic: Logic, folder: Text) -> Formula:
    """Whether a text is a folder that access.toml can give."""
    return logic.within(folder, folder_language(logic))


def inside(logic: Logic, folder: Text, value: Text) -> Formula:
    """Whether a key or prefix lies in the folder."""
    return logic.begins(value, logic.joined([folder, logic.text("/")]))
