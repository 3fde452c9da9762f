"""The project's stacks in a cloud assembly."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from temp_access.cfn.assembly import Assembly, Template, read_assembly
from temp_access.config.model import Config
from temp_access.errors import UserError
from temp_access.iam.statements import as_list, as_mapping
from temp_access.policies.grant_stacks import BORROWERS, GRANT_STACKS, grant_stack
from temp_access.policies.role_names import grant_role_name
from temp_access.policies.role_policy import CONFIG_OUTPUT, CONFIG_TAG

NO_RESOURCES: Mapping[str, Any] = {"Resources": {}}

# These are always there.
STACKS = (STORAGE, ACCESS) = ("TempAccessStorage", "TempAccess")
# These are there for grants with borrowers, and for users for people.
FURTHER_STACKS = (BORROWERS, *GRANT_STACKS)


def needed_stacks(config: Config) -> tuple[str, ...]:
    """Return the stacks that the app defines for access.toml, in the order of their dependencies."""
    has_borrowers = config.users or any(provider.create for provider in config.identity_providers.values())
    grants = sorted({grant_stack(id_) for id_ in config.own_role_grants})
    return (*STACKS, *((BORROWERS,) if has_borrowers else ()), *grants)


def read_stacks(folder: Path, *, config: Config | None = None) -> Assembly:
    """Return the stacks' templates; `config` is the access.toml that they must come from.

    Raises UserError when the folder is missing, corrupt, or made from another access.toml.
    """
    assembly = read_assembly(folder, STACKS, FURTHER_STACKS)
    if config is not None:
        _require_digest(assembly, config.digest)
        _require_grants(assembly, config)
    return assembly


def _require_grants(assembly: Assembly, config: Config) -> None:
    found = Counter(
        (stack, str(role.get("RoleName")), tag)
        for stack in GRANT_STACKS
        for role in _properties(assembly.templates.get(stack, NO_RESOURCES), "AWS::IAM::Role")
        for tag in _tags(role)
    )
    needed = Counter(
        (grant_stack(id_), grant_role_name(config.role.name, id_), digest)
        for id_, digest in config.grant_digests.items()
    )
    people = _properties(assembly.templates.get(BORROWERS, NO_RESOURCES), "AWS::IAM::User")
    users = {str(each.get("UserName")) for each in people}
    outputs = as_mapping(assembly.templates.get(BORROWERS, NO_RESOURCES).get("Outputs"))
    borrowers = as_mapping(outputs.get(CONFIG_OUTPUT)).get("Value")
    is_other = borrowers != (config.borrowers_digest if BORROWERS in needed_stacks(config) else None)
    if found != needed or users != config.users.keys() or is_other:
        raise UserError(
            f"{assembly.folder}: was made from another access.toml (its grants with borrowers, its users for people or "
            "its identity providers are others); run `make deploy` to deploy this one, or `make synth` to look at its "
            "templates only"
        )


def _properties(template: Template, kind: str) -> Iterator[Mapping[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == kind:
            yield as_mapping(resource.get("Properties"))


def _require_digest(assembly: Assembly, digest: str) -> None:
    roles = _properties(assembly.templates[ACCESS], "AWS::IAM::Role")
    digests = sorted({tag for role in roles for tag in _tags(role)})
    if digests != [digest]:
        raise UserError(
            f"{assembly.folder}: was made from another access.toml (its {CONFIG_TAG} is "
            f"{', '.join(other[:12] for other in digests) or 'missing'}, this file's is {digest[:12]}); run "
            "`make deploy` to deploy this one, or `make synth` to look at its templates only"
        )


def _tags(role: Mapping[str, Any]) -> Iterator[str]:
    """Yield the digest in the role's tag."""
    for tag in map(as_mapping, as_list(role.get("Tags"))):
        if tag.get("Key") == CONFIG_TAG:
            yield str(tag.get("Value"))
