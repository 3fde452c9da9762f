"""The project's stacks in a cloud assembly."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from temp_access.cfn.assembly import Assembly, Template, read_assembly
from temp_access.config.model import Config
from temp_access.errors import UserError
from temp_access.iam.statements import as_list, as_mapping
from temp_access.policies.grant_stacks import BORROWERS, GRANT_STACKS
from temp_access.policies.role_policy import CONFIG_TAG

NO_RESOURCES: Mapping[str, Any] = {"Resources": {}}

# These are always there.
STACKS = (STORAGE, ACCESS) = ("TempAccessStorage", "TempAccess")
# These are there for grants with borrowers, and for users for people.
FURTHER_STACKS = (BORROWERS, *GRANT_STACKS)


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
    found = Counter(tag for name in GRANT_STACKS for tag in _config_tags(assembly.templates.get(name, NO_RESOURCES)))
    users = set(_names(assembly.templates.get(BORROWERS, NO_RESOURCES), "AWS::IAM::User", "UserName"))
    is_other = found != Counter(config.grant_digests.values()) or users != config.users.keys()
    if is_other:
        raise UserError(
            f"{assembly.folder}: was made from another access.toml (its grants with borrowers or its users for people "
            "are others); run `make deploy` to deploy this one, or `make synth` to look at its templates only"
        )


def _names(template: Template, kind: str, key: str) -> Iterator[str]:
    for resource in template["Resources"].values():
        if resource["Type"] == kind:
            yield str(resource.get("Properties", {}).get(key))


def _require_digest(assembly: Assembly, digest: str) -> None:
    digests = sorted(set(_config_tags(assembly.templates[ACCESS])))
    if digests != [digest]:
        raise UserError(
            f"{assembly.folder}: was made from another access.toml (its {CONFIG_TAG} is "
            f"{', '.join(other[:12] for other in digests) or 'missing'}, this file's is {digest[:12]}); run "
            "`make deploy` to deploy this one, or `make synth` to look at its templates only"
        )


def _config_tags(template: Template) -> Iterator[str]:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Role":
            for tag in map(as_mapping, as_list(resource.get("Properties", {}).get("Tags"))):
                if tag.get("Key") == CONFIG_TAG:
                    yield str(tag.get("Value"))
