"""The project's two stacks in a cloud assembly."""

from collections.abc import Iterator
from pathlib import Path

from temp_access.cfn.assembly import Assembly, Template, read_assembly
from temp_access.errors import UserError
from temp_access.iam.statements import as_list, as_mapping
from temp_access.policies.role_policy import CONFIG_TAG

STACKS = (STORAGE, ACCESS) = ("TempAccessStorage", "TempAccess")


def read_stacks(folder: Path, *, digest: str | None = None) -> Assembly:
    """Return the two stacks' templates; `digest` is that of the access.toml they must come from.

    Raises UserError when the folder is missing, corrupt, or made from another access.toml.
    """
    assembly = read_assembly(folder, STACKS)
    if digest is not None:
        _require_digest(assembly, digest)
    return assembly


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
