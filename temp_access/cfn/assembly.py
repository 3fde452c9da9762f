"""Cdk.out: manifest, templates, stages, nested stacks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temp_access.errors import UserError
from temp_access.files import read_object
from temp_access.iam.statements import as_mapping
from temp_access.policies.role_policy import BUCKET_TAG, CONFIG_TAG

TAG_PREFIX = BUCKET_TAG.partition(":")[0] + ":"
STACKS = (STORAGE, ACCESS) = ("TempAccessStorage", "TempAccess")
Template = Mapping[str, Any]
_AGAIN = "run `make synth` (or `cdk synth`)"


@dataclass(frozen=True, slots=True)
class Assembly:
    """The templates by stack name, and the account and Region they are for; None where left to the caller.

    `others` has those of stacks that aren't the project's own, None for what can't be read here.
    """

    folder: Path
    templates: Mapping[str, Template]
    account: str | None = None
    region: str | None = None
    others: Mapping[str, Template | None] = field(default_factory=dict)


def read_assembly(folder: Path, *, digest: str | None = None) -> Assembly:
    """Return the two stacks' templates; `digest` is that of the access.toml they must have been made from.

    Raises UserError when the folder is missing, corrupt, or made from another access.toml.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such folder; {_AGAIN}")
    artifacts = _artifacts(folder)
    stacks = _stacks(artifacts)
    missing = [name for name in STACKS if name not in stacks]
    if missing:
        raise UserError(f"{folder / 'manifest.json'}: has no stack {' and no stack '.join(missing)}; {_AGAIN}")
    templates = {name: _template(folder, stacks[name]) for name in STACKS}
    if digest is not None:
        _require_digest(folder, templates[ACCESS], digest)
    account, region = _environment(stacks[ACCESS])
    others = {name: _other(folder, artifact) for name, artifact in stacks.items() if name not in STACKS}
    # A stage's stacks are in a folder of their own.
    others |= dict.fromkeys(id_ for id_, artifact in artifacts.items() if artifact.get("type") == "cdk:cloud-assembly")
    return Assembly(folder, templates, account, region, others)


def _artifacts(folder: Path) -> dict[str, Mapping[str, Any]]:
    # https://docs.aws.amazon.com/cdk/api/v2/docs/cloud-assembly-schema-readme.html
    artifacts = read_object(folder / "manifest.json", _AGAIN).get("artifacts")
    found = artifacts.items() if isinstance(artifacts, dict) else ()
    return {id_: artifact for id_, artifact in found if isinstance(artifact, dict)}


def _stacks(artifacts: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {
        str(_properties(artifact).get("stackName", id_)): artifact
        for id_, artifact in artifacts.items()
        if artifact.get("type") == "aws:cloudformation:stack"
    }


def _template(folder: Path, artifact: Mapping[str, Any]) -> Template:
    file = _properties(artifact).get("templateFile")
    if not isinstance(file, str) or Path(file).name != file:
        raise UserError(f"{folder / 'manifest.json'}: {file!r} isn't a template in this folder; {_AGAIN}")
    template = read_object(folder / file, _AGAIN)
    resources = template.get("Resources")
    if not isinstance(resources, dict) or not all(_is_resource(resource) for resource in resources.values()):
        raise UserError(f"{folder / file}: isn't a CloudFormation template; {_AGAIN}")
    return template


def _other(folder: Path, artifact: Mapping[str, Any]) -> Template | None:
    try:
        return _template(folder, artifact)
    except UserError:
        return None


def _is_resource(resource: object) -> bool:
    return (
        isinstance(resource, dict)
        and isinstance(resource.get("Type"), str)
        and isinstance(resource.get("Properties", {}), dict)
    )


def _properties(artifact: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = artifact.get("properties")
    return properties if isinstance(properties, dict) else {}


def _environment(artifact: Mapping[str, Any]) -> tuple[str | None, str | None]:
    # aws://unknown-account/unknown-region where the stack goes wherever the caller's credentials lead.
    account, _, region = str(artifact.get("environment", "")).removeprefix("aws://").partition("/")
    return (
        account if account.isdecimal() else None,
        region if region and not region.startswith("unknown") else None,
    )


def _require_digest(folder: Path, template: Template, digest: str) -> None:
    found = sorted(set(_config_tags(template)))
    if found != [digest]:
        raise UserError(
            f"{folder}: was made from another access.toml (its {CONFIG_TAG} is "
            f"{', '.join(tag[:12] for tag in found) or 'missing'}, this file's is {digest[:12]}); run `make deploy` "
            "to deploy this one, or `make synth` to look at its templates only"
        )


def _config_tags(template: Template) -> list[str]:
    return [
        str(tag.get("Value"))
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Role"
        for tag in _list(resource.get("Properties", {}).get("Tags"))
        if isinstance(tag, dict) and tag.get("Key") == CONFIG_TAG
    ]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


_SYNTHESIZE_AGAIN = "run `cdk synth`"


@dataclass(frozen=True, slots=True)
class StackTemplate:
    """A template, the stack it is of, and its file."""

    stack: str
    file: Path
    body: Mapping[str, object]


def read_templates(folder: Path) -> Iterator[StackTemplate]:
    """Yield the templates of a folder's stacks, of its stages and of nested stacks.

    Raises UserError when the folder isn't what `cdk synth` writes.
    """
    for id_, artifact in as_mapping(read_object(folder / "manifest.json", _SYNTHESIZE_AGAIN).get("artifacts")).items():
        type_, properties = as_mapping(artifact).get("type"), as_mapping(as_mapping(artifact).get("properties"))
        if type_ == "aws:cloudformation:stack":
            name = str(properties.get("stackName", id_))
            yield from with_nested(name, _inside(folder, properties.get("templateFile")))
        elif type_ == "cdk:cloud-assembly":
            yield from read_templates(_inside(folder, properties.get("directoryName")))


def with_nested(stack: str, file: Path) -> Iterator[StackTemplate]:
    """Yield a template and those of its nested stacks, which are among its assets.

    https://docs.aws.amazon.com/cdk/api/v2/docs/cloud-assembly-schema-readme.html
    """
    yield StackTemplate(stack, file, read_object(file, _SYNTHESIZE_AGAIN))
    assets = file.with_name(file.name.replace(".template.json", ".assets.json"))
    for asset in as_mapping(read_object(assets, _SYNTHESIZE_AGAIN).get("files") if assets.exists() else None).values():
        name = as_mapping(as_mapping(asset).get("source")).get("path")
        if str(name).endswith(".nested.template.json"):
            nested = _inside(file.parent, name)
            yield StackTemplate(stack, nested, read_object(nested, _SYNTHESIZE_AGAIN))


def _inside(folder: Path, name: object) -> Path:
    if not isinstance(name, str) or Path(name).name != name:
        raise UserError(f"{folder}: {name!r} isn't a name in this folder; {_SYNTHESIZE_AGAIN}")
    return folder / name
