"""Construct paths, acknowledgments, where each policy is defined."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temp_access.cfn.intrinsics import TemplateContext, resolve
from temp_access.iam.decision import Layer
from temp_access.iam.statements import as_list, as_mapping

_Entry = tuple[str, str, str, object]


@dataclass(frozen=True, slots=True)
class ConstructMetadata:
    """The reasons by id and construct path, and the paths by stack and logical id."""

    reasons: Mapping[tuple[str, str], str]
    paths: Mapping[tuple[str, str], str]

    def path(self, stack: str, logical_id: str) -> str | None:
        """Return the path of the construct that a resource comes from, None if it isn't known."""
        return self.paths.get((stack, logical_id))

    def reason(self, finding_id: str, construct_path: str) -> str | None:
        """Return the acknowledgment on the construct or else on the nearest construct around it, None without one."""
        parts = construct_path.split("/")
        for end in range(len(parts), -1, -1):
            reason = self.reasons.get((finding_id, "/".join(parts[:end])))
            if reason is not None:
                return reason
        return None


def read_construct_metadata(folder: Path) -> ConstructMetadata:
    """Return what is kept of a cloud assembly's constructs; nothing where it has no such record."""
    reasons = dict(_reported(folder))
    paths: dict[tuple[str, str], str] = {}
    for stack, path, type_, data in _entries(folder):
        if type_ == "aws:cdk:logicalId":
            paths[stack, str(data)] = path
        elif type_ == "aws:cdk:acknowledged-rules":
            reasons.update({(id_, path): str(reason) for id_, reason in as_mapping(data).items()})
    return ConstructMetadata(reasons, paths)


def _reported(folder: Path) -> Iterator[tuple[tuple[str, str], str]]:
    # What is acknowledged on the app or a stage stands in the report alone, and there if the plugin ran.
    for plugin in map(as_mapping, as_list(_json(folder / "validation-report.json").get("pluginReports"))):
        for found in map(as_mapping, as_list(plugin.get("suppressedViolations"))):
            yield (str(found.get("acknowledgedId")), str(found.get("acknowledgedAt", ""))), str(found.get("reason"))


def _entries(folder: Path) -> Iterator[_Entry]:
    for id_, value in as_mapping(_json(folder / "manifest.json").get("artifacts")).items():
        artifact, properties = as_mapping(value), as_mapping(as_mapping(value).get("properties"))
        if artifact.get("type") == "cdk:cloud-assembly" and (stage := _name(properties.get("directoryName"))):
            yield from _entries(folder / stage)
        more = _name(artifact.get("additionalMetadataFile"))
        for metadata in (as_mapping(artifact.get("metadata")), _json(folder / more) if more else {}):
            for path, entries in metadata.items():
                for entry in map(as_mapping, as_list(entries)):
                    stack = str(properties.get("stackName", id_))
                    yield stack, path.removeprefix("/"), str(entry.get("type")), entry.get("data")


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and Path(value).name == value else None


def _json(file: Path) -> Mapping[str, object]:
    try:
        return as_mapping(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


# Whose an inline policy is ("user", "role", "" for all other policies), its layer, and its name as
# `temp_access.deployment.effective_policies` gives it: where it is.
PolicyLocations = Mapping[tuple[str, Layer, str], str]


def policy_locations(scope: TemplateContext) -> PolicyLocations:
    """Return the place of every policy that the templates hold."""
    return {
        key: _place(stack, logical_id, resource)
        for stack, template in scope.templates.items()
        for logical_id, resource in template["Resources"].items()
        for key in _keys(stack, logical_id, resource, scope)
    }


def _keys(
    stack: str, logical_id: str, resource: Mapping[str, Any], scope: TemplateContext
) -> Iterator[tuple[str, Layer, str]]:
    kind, properties = resource["Type"], resource.get("Properties", {})
    if kind == "AWS::S3::BucketPolicy":
        yield "", Layer.RESOURCE, "bucket policy"
    elif kind == "AWS::IAM::ManagedPolicy":
        arn = str(resolve({"Ref": logical_id}, stack, scope))
        yield from (("", layer, arn) for layer in (Layer.IDENTITY, Layer.BOUNDARY))
    elif kind == "AWS::IAM::Policy":
        name = str(resolve(properties["PolicyName"], stack, scope))
        yield from (
            (holder, Layer.IDENTITY, name) for holder in ("user", "role") if properties.get(f"{holder.title()}s")
        )
    elif kind in ("AWS::IAM::User", "AWS::IAM::Role"):
        holder = kind.rpartition("::")[2].lower()
        if holder == "role":
            yield "", Layer.TRUST, "trust policy"
        for policy in resolve(properties.get("Policies", []), stack, scope):
            yield holder, Layer.IDENTITY, str(policy["PolicyName"])


def _place(stack: str, logical_id: str, resource: Mapping[str, Any]) -> str:
    path = resource.get("Metadata", {}).get("aws:cdk:path")
    return f"{logical_id} ({path or stack})"
