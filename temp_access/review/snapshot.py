"""Snapshot of base or head; names normalized across both; its grants paired."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from temp_access.access_file import load
from temp_access.cfn.assembly import Assembly
from temp_access.config.key_lines import toml_lines
from temp_access.config.model import Config, Grant
from temp_access.deployment.effective_policies import EffectivePolicies
from temp_access.deployment.stacks import read_stacks
from temp_access.deployment.state import State
from temp_access.deployment.target import Target, offline_target
from temp_access.iam.aws_managed import ALLOW_ALL, ALLOW_NOTHING, bundled_document

# No policy, name or key can hold a NUL, so that nothing else looks like a token.
BUCKET, ROLE, SESSIONS, USER, ACCOUNT, PARTITION = (
    f"\0{name}\0" for name in ("bucket", "role", "sessions", "user", "account", "partition")
)
_MOST_KNOWN = 10_000


def normalize(side: "Snapshot", text: str) -> str:
    """Return `text` with this side's bucket, role, user, account and partition as tokens."""
    for token, own in side.names.pairs:
        if token in (BUCKET, ROLE, USER):
            # Only the whole name: the bucket `a` isn't the beginning of the bucket `ab`.
            if text == own:
                text = token
            elif text.startswith(f"{own}/"):
                text = token + text.removeprefix(own)
        else:
            text = text.replace(own, token)
    return text


def localize(side: "Snapshot", text: str) -> str:
    """Return the text that a shared form stands for on this side."""
    return side.names.localize(text) if "\0" in text else text


class NameTable:
    """The tokens of one target, with what was asked before kept: a review asks for the same few texts all the time."""

    def __init__(self, target: Target) -> None:
        self.pairs = _pairs(target)
        self._known: dict[str, str] = {}

    def localize(self, text: str) -> str:
        """Return what `text` stands for."""
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = text
            for token, own in reversed(self.pairs):
                found = found.replace(token, own)
            self._known[text] = found
        return found


def _pairs(target: Target) -> tuple[tuple[str, str], ...]:
    partition, account = target.partition, target.account
    return (
        (BUCKET, f"arn:{partition}:s3:::{target.bucket}"),
        (ROLE, target.role_arn),
        (USER, target.user_arn),
        (SESSIONS, f"arn:{partition}:sts::{account}:assumed-role/{target.role_name}/"),
        (ACCOUNT, f":{account}:"),
        (PARTITION, f"arn:{partition}:"),
    )


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
    assembly = read_stacks(folder, digest=config.digest)
    target, state = offline_target(config, assembly)
    limits = {state.user.permissions.boundary, state.role.permissions.boundary}
    # What isn't kept takes no part in the comparison; that it is attached is a change of its own.
    policies = EffectivePolicies(
        state, lambda arn: bundled_document(arn) or (ALLOW_ALL if arn in limits else ALLOW_NOTHING)
    )
    lines = toml_lines(file.read_text(encoding="utf-8-sig"))
    return Snapshot(name, config, assembly, target, state, policies, lines, NameTable(target))


UNLISTED = "any other id"


def grant_pairs(base: Snapshot, head: Snapshot) -> Iterator[tuple[str, Grant | None, Grant | None]]:
    """Yield each listed id of either side and the unlisted ones as one, with base's and head's grant."""
    for id_ in dict.fromkeys([*head.config.grants, *base.config.grants]):
        yield id_, base.config.grant_for(id_), head.config.grant_for(id_)
    before, after = base.config.any_id, head.config.any_id
    if some := after or before:
        # An id that head admits, so that what is said of it is so.
        id_ = (*some.pattern.examples(1), "example")[0]
        yield UNLISTED, before.grant(id_) if before else None, after.grant(id_) if after else None


def folder_of(side: Snapshot, id_: str, grant: Grant) -> str:
    """Return the grant's folder with its slash, for unlisted ids as `[any_id]` writes it."""
    any_id = side.config.any_id
    return f"{any_id.folder if any_id and id_ == UNLISTED else grant.folder}/"
