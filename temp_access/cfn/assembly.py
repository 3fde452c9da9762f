"""A cloud assembly (`cdk.out`): its manifest, and the templates of its stacks, stages and nested stacks.

https://docs.aws.amazon.com/cdk/api/v2/docs/cloud-assembly-schema-readme.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temp_access.errors import UserError
from temp_access.files import read_object
from temp_access.iam.statements import as_mapping

Template = Mapping[str, Any]
# The loops and macros among the resources of a template: what they make isn't in it.
MADE_RESOURCES = "Fn::Resources"
_SYNTH = "run `make synth` (or `cdk synth`)"


@dataclass(frozen=True, slots=True)
class Assembly:
    """The templates of some stacks by stack name, and their account and Region, None for the caller's.

    `others` has the templates of all further stacks, None for a template that can't be read and for a stage.
    """

    folder: Path
    templates: Mapping[str, Template]
    account: str | None = None
    region: str | None = None
    others: Mapping[str, Template | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StackTemplate:
    """A template, its file, and the name of its stack (for a nested template, that of the outermost stack)."""

    stack: str
    file: Path
    body: Mapping[str, object]


def read_assembly(folder: Path, stacks: Sequence[str], optional: Sequence[str] = ()) -> Assembly:
    """Return the templates of the named stacks; account and Region are those of the last one in `stacks`.

    Those of `optional` need not be there.

    Raises UserError when the folder is missing or corrupt, or lacks one of the stacks.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such folder; {_SYNTH}")
    artifacts = _artifacts(folder)
    by_name = {_stack_name(id_, artifact): artifact for id_, artifact in artifacts.items() if _is_stack(artifact)}
    missing = [name for name in stacks if name not in by_name]
    if missing:
        raise UserError(f"{folder / 'manifest.json'}: has no stack {' and no stack '.join(missing)}; {_SYNTH}")
    named = (*stacks, *(name for name in optional if name in by_name))
    templates = {name: _template(folder, by_name[name]) for name in named}
    account, region = _environment(by_name[stacks[-1]])
    others = {name: _readable(folder, artifact) for name, artifact in by_name.items() if name not in named}
    # The stacks of a stage are in a folder of their own.
    others |= dict.fromkeys(id_ for id_, artifact in artifacts.items() if _is_stage(artifact))
    return Assembly(folder, templates, account, region, others)


def read_templates(folder: Path) -> Iterator[StackTemplate]:
    """Yield every template of an assembly, those of its stages and nested stacks too.

    Raises UserError when the folder isn't what `cdk synth` writes.
    """
    for id_, artifact in _artifacts(folder).items():
        if _is_stack(artifact):
            yield from with_nested(_stack_name(id_, artifact), _template_file(folder, artifact))
        elif _is_stage(artifact):
            yield from read_templates(_inside(folder, _properties(artifact).get("directoryName")))


def with_nested(stack: str, file: Path) -> Iterator[StackTemplate]:
    """Yield a stack's template and those of its nested stacks, which are among its assets."""
    yield StackTemplate(stack, file, read_object(file, _SYNTH))
    assets = file.with_name(file.name.replace(".template.json", ".assets.json"))
    for asset in as_mapping(read_object(assets, _SYNTH).get("files") if assets.exists() else None).values():
        name = as_mapping(as_mapping(asset).get("source")).get("path")
        if str(name).endswith(".nested.template.json"):
            nested = _inside(file.parent, name)
            yield StackTemplate(stack, nested, read_object(nested, _SYNTH))


def _artifacts(folder: Path) -> dict[str, Mapping[str, object]]:
    artifacts = as_mapping(read_object(folder / "manifest.json", _SYNTH).get("artifacts"))
    return {id_: as_mapping(artifact) for id_, artifact in artifacts.items()}


def _is_stack(artifact: Mapping[str, object]) -> bool:
    return artifact.get("type") == "aws:cloudformation:stack"


def _is_stage(artifact: Mapping[str, object]) -> bool:
    return artifact.get("type") == "cdk:cloud-assembly"


def _properties(artifact: Mapping[str, object]) -> Mapping[str, object]:
    return as_mapping(artifact.get("properties"))


def _stack_name(id_: str, artifact: Mapping[str, object]) -> str:
    return str(_properties(artifact).get("stackName", id_))


def _template_file(folder: Path, artifact: Mapping[str, object]) -> Path:
    return _inside(folder, _properties(artifact).get("templateFile"))


def _inside(folder: Path, name: object) -> Path:
    if not isinstance(name, str) or Path(name).name != name:
        raise UserError(f"{folder / 'manifest.json'}: {name!r} isn't the name of a file in this folder; {_SYNTH}")
    return folder / name


def _template(folder: Path, artifact: Mapping[str, object]) -> Template:
    file = _template_file(folder, artifact)
    template = read_object(file, _SYNTH)
    resources = template.get("Resources")
    if isinstance(resources, dict) and (made := {key: resources[key] for key in resources if key.startswith("Fn::")}):
        resources = {key: resource for key, resource in resources.items() if key not in made}
        template = {**template, "Resources": resources, MADE_RESOURCES: made}
    if not isinstance(resources, dict) or not all(_is_resource(resource) for resource in resources.values()):
        raise UserError(f"{file}: isn't a CloudFormation template; {_SYNTH}")
    return template


def _is_resource(resource: object) -> bool:
    return (
        isinstance(resource, dict)
        and isinstance(resource.get("Type"), str)
        and isinstance(resource.get("Properties", {}), dict)
    )


def _readable(folder: Path, artifact: Mapping[str, object]) -> Template | None:
    try:
        return _template(folder, artifact)
    except UserError:
        return None


def _environment(artifact: Mapping[str, object]) -> tuple[str | None, str | None]:
    # aws://unknown-account/unknown-region where the caller's credentials decide.
    account, _, region = str(artifact.get("environment", "")).removeprefix("aws://").partition("/")
    return (
        account if account.isdecimal() else None,
        region if region and not region.startswith("unknown") else None,
    )
