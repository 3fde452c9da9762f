"""Parts of a template whose resources can't be read from it."""

from collections.abc import Iterator, Mapping

from temp_access.cfn.loops import Loops
from temp_access.iam.statements import as_list, as_mapping

# Its functions are read here:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html
_READ = "AWS::LanguageExtensions"


def unread_sections(loops: Loops) -> Iterator[tuple[str, str, str]]:
    """Yield what isn't read, each as a logical id, a path and a description."""
    template = loops.template
    for transform in as_list(template.get("Transform")):
        name = str(as_mapping(transform).get("Name", transform))
        if name != _READ:
            yield "Transform", name, f"the transform {name} changes the template, and what it makes isn't read"
    for section in ("", "Resources", "Mappings", "Conditions", "Parameters"):
        if "Fn::Transform" in (as_mapping(template.get(section)) if section else template):
            place = f"{section}.Fn::Transform".lstrip(".")
            yield "Transform", place, f"{place} changes the template, and what it makes isn't read"
    for section, logical_id, loop in loops.unread:
        yield logical_id or loop, loop, f"{loop} in {section} can't be expanded, and what it makes isn't read"
    for logical_id, resource in as_mapping(template.get("Resources")).items():
        if logical_id != "Fn::Transform" and (reason := _unread_resource(resource)):
            yield logical_id, "Type", reason


def _unread_resource(resource: object) -> str | None:
    if not isinstance(resource, Mapping) or not isinstance(resource.get("Type"), str):
        return "this isn't a resource with a Type"
    if "Fn::Transform" in resource:
        return "the Fn::Transform of this resource isn't read"
    type_ = resource["Type"]
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/modules.html
    if type_.endswith("::MODULE"):
        return f"{type_} is a module, and the resources in it aren't read"
    if type_ == "AWS::CloudFormation::Stack" and not _is_asset(resource):
        return "the template of this nested stack isn't among the assets, and isn't read"
    return None


def _is_asset(resource: Mapping[str, object]) -> bool:
    """Whether the CDK wrote the template of a nested stack."""
    path = str(as_mapping(resource.get("Metadata")).get("aws:asset:path"))
    url = str(as_mapping(resource.get("Properties")).get("TemplateURL"))
    return path.endswith(".nested.template.json") or ("cdk-" in url and "-assets-" in url)
