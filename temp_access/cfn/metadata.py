"""Metadata of a cloud assembly: construct paths, acknowledged findings, and where each policy is defined."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temp_access.cfn.intrinsics import TemplateContext, resolve
from temp_access.files import MAX_OBJECT_SIZE, read_bounded_text
from temp_access.iam.decision import Layer
from temp_access.iam.statements import as_list, as_mapping

# The stack, the construct's path, and the type and data of one metadata entry.
_Entry = tuple[str, str, str, object]
# A policy's location by its holder (`user/NAME` or `role/NAME` for inline and trust policies, "" for any other
# policy, and where the holder is unknown), its layer, and its name as in `temp_access.deployment.effective_policies`.
PolicyLocations = Mapping[tuple[str, Layer, str], str]


@dataclass(frozen=True, slots=True)
class ConstructMetadata:
    """The reasons of acknowledgments by finding id and construct path, and construct paths by stack and logical id."""

    reasons: Mapping[tuple[str, str], str]
    paths: Mapping[tuple[str, str], str]

    def path(self, stack: str, logical_id: str) -> str | None:
        """Return the path of the construct that defines a resource, None if it isn't known."""
        return self.paths.get((stack, logical_id))

    def reason(self, finding_id: str, construct_path: str) -> str | None:
        """Return the reason of the acknowledgment on the construct, or else on the nearest one that contains it."""
        parts = construct_path.split("/")
        for end in range(len(parts), -1, -1):
            reason = self.reasons.get((finding_id, "/".join(parts[:end])))
            if reason is not None:
                return reason
        return None


def read_construct_metadata(folder: Path) -> ConstructMetadata:
    """Return the metadata in a cloud assembly's folder, empty where there is none."""
    reasons = dict(_report_reasons(folder))
    paths: dict[tuple[str, str], str] = {}
    for stack, path, type_, data in _entries(folder):
        if type_ == "aws:cdk:logicalId":
            paths[stack, str(data)] = path
        elif type_ == "aws:cdk:acknowledged-rules":
            reasons.update({(id_, path): str(reason) for id_, reason in as_mapping(data).items()})
    return ConstructMetadata(reasons, paths)


def policy_locations(context: TemplateContext) -> PolicyLocations:
    """Return where each policy of the templates is defined."""
    return {
        key: _location(stack, logical_id, resource)
        for stack, template in context.templates.items()
        for logical_id, resource in template["Resources"].items()
        for key in _policy_keys(stack, logical_id, resource, context)
    }


def _report_reasons(folder: Path) -> Iterator[tuple[tuple[str, str], str]]:
    # Acknowledgments on the app or a stage are in the report alone, which a plugin writes at synthesis.
    for plugin in map(as_mapping, as_list(_read_json(folder / "validation-report.json").get("pluginReports"))):
        for violation in map(as_mapping, as_list(plugin.get("suppressedViolations"))):
            key = (str(violation.get("acknowledgedId")), str(violation.get("acknowledgedAt", "")))
            yield key, str(violation.get("reason"))


def _entries(folder: Path) -> Iterator[_Entry]:
    for id_, value in as_mapping(_read_json(folder / "manifest.json").get("artifacts")).items():
        artifact, properties = as_mapping(value), as_mapping(as_mapping(value).get("properties"))
        if artifact.get("type") == "cdk:cloud-assembly" and (stage := _file_name(properties.get("directoryName"))):
            yield from _entries(folder / stage)
        metadata_file = _file_name(artifact.get("additionalMetadataFile"))
        additional = _read_json(folder / metadata_file) if metadata_file else {}
        for metadata in (as_mapping(artifact.get("metadata")), additional):
            for path, entries in metadata.items():
                for entry in map(as_mapping, as_list(entries)):
                    stack = str(properties.get("stackName", id_))
                    yield stack, path.removeprefix("/"), str(entry.get("type")), entry.get("data")


def _file_name(value: object) -> str | None:
    return value if isinstance(value, str) and Path(value).name == value else None


def _read_json(file: Path) -> Mapping[str, object]:
    try:
        return as_mapping(json.loads(read_bounded_text(file, MAX_OBJECT_SIZE, "utf-8")))
    except (OSError, ValueError):
        return {}


def _policy_keys(
    stack: str, logical_id: str, resource: Mapping[str, Any], context: TemplateContext
) -> Iterator[tuple[str, Layer, str]]:
    type_, properties = resource["Type"], resource.get("Properties", {})
    if type_ == "AWS::S3::BucketPolicy":
        yield "", Layer.RESOURCE, "bucket policy"
    elif type_ == "AWS::IAM::ManagedPolicy":
        arn = str(resolve({"Ref": logical_id}, stack, context))
        yield from (("", layer, arn) for layer in (Layer.IDENTITY, Layer.BOUNDARY))
    elif type_ == "AWS::IAM::Policy":
        name = str(resolve(properties.get("PolicyName"), stack, context))
        held_by = [
            f"{kind}/{holder}"
            for kind in ("user", "role")
            for holder in as_list(resolve(properties.get(f"{kind.title()}s", []), stack, context))
        ]
        yield from ((holder, Layer.IDENTITY, name) for holder in (held_by or [""]))
    elif type_ in ("AWS::IAM::UserPolicy", "AWS::IAM::RolePolicy"):
        kind = type_.rpartition("::")[2].removesuffix("Policy")
        holder = resolve(properties.get(f"{kind}Name"), stack, context)
        name = str(resolve(properties.get("PolicyName"), stack, context))
        yield f"{kind.lower()}/{holder}", Layer.IDENTITY, name
    elif type_ in ("AWS::IAM::User", "AWS::IAM::Role"):
        kind = type_.rpartition("::")[2].lower()
        holder = f"{kind}/{resolve({'Ref': logical_id}, stack, context)}"
        if kind == "role":
            yield holder, Layer.TRUST, "trust policy"
        for policy in as_list(resolve(properties.get("Policies", []), stack, context)):
            yield holder, Layer.IDENTITY, str(as_mapping(policy).get("PolicyName"))


def _location(stack: str, logical_id: str, resource: Mapping[str, Any]) -> str:
    path = resource.get("Metadata", {}).get("aws:cdk:path")
    return f"{logical_id} ({path or stack})"
