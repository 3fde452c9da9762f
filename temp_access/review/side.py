"""One of the two synthesized outputs that are compared: its file, its templates, and what they ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from temp_access.config.model import Config
from temp_access.load import load
from temp_access.policy.aws_managed import bundled_document
from temp_access.policy.extremes import ALLOW_ALL, ALLOW_NOTHING
from temp_access.review.tokens import NameTable
from temp_access.review.toml_lines import toml_lines
from temp_access.verify.model import Target
from temp_access.verify.offline.layers import EffectivePolicies
from temp_access.verify.offline.target import offline_target
from temp_access.verify.state.assembly import Assembly, read_assembly
from temp_access.verify.state.model import State


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one output says; `name` is base or head, `lines` has the line of each path of its access.toml."""

    name: str
    config: Config
    assembly: Assembly
    target: Target
    state: State
    policies: EffectivePolicies
    lines: Mapping[str, int]
    names: NameTable


def read_snapshot(name: str, folder: Path, config_file: Path | None) -> Snapshot:
    """Return the side in `folder`; raises UserError if it can't be read or was made from another access.toml."""
    file = config_file or folder.resolve().parent / "access.toml"
    config = load(file)
    assembly = read_assembly(folder, digest=config.digest)
    target, state = offline_target(config, assembly)
    limits = {state.user.permissions.boundary, state.role.permissions.boundary}
    # What isn't kept takes no part in the comparison; that it is attached is a change of its own.
    policies = EffectivePolicies(
        state, lambda arn: bundled_document(arn) or (ALLOW_ALL if arn in limits else ALLOW_NOTHING)
    )
    lines = toml_lines(file.read_text(encoding="utf-8-sig"))
    return Snapshot(name, config, assembly, target, state, policies, lines, NameTable(target))
