"""Every template of a cloud assembly, whoever's stacks they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from temp_access.errors import UserError
from temp_access.json_object import read_object
from temp_access.lint.model import as_mapping

_AGAIN = "run `cdk synth`"


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
    for id_, artifact in as_mapping(read_object(folder / "manifest.json", _AGAIN).get("artifacts")).items():
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
    yield StackTemplate(stack, file, read_object(file, _AGAIN))
    assets = file.with_name(file.name.replace(".template.json", ".assets.json"))
    for asset in as_mapping(read_object(assets, _AGAIN).get("files") if assets.exists() else None).values():
        name = as_mapping(as_mapping(asset).get("source")).get("path")
        if str(name).endswith(".nested.template.json"):
            nested = _inside(file.parent, name)
            yield StackTemplate(stack, nested, read_object(nested, _AGAIN))


def _inside(folder: Path, name: object) -> Path:
    if not isinstance(name, str) or Path(name).name != name:
        raise UserError(f"{folder}: {name!r} isn't a name in this folder; {_AGAIN}")
    return folder / name
