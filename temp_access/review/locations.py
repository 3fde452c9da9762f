"""Where a statement, setting or grant is written."""

from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.cfn.intrinsics import TemplateContext, resolve
from temp_access.cfn.source_location import SourceLocation, find_construct_call
from temp_access.config.model import Grant
from temp_access.config.table import key_path
from temp_access.iam.decision import Layer, Reason
from temp_access.review.compare.principals import ComparedPrincipal, PolicyOwner
from temp_access.review.snapshot import Snapshot

_KINDS = {"User": "AWS::IAM::User", "Role": "AWS::IAM::Role"}


def locate_key(side: Snapshot, path: str) -> SourceLocation | None:
    """Return the line of `path` in access.toml, None if it isn't written there."""
    number = side.lines.get(path)
    if number is None:
        return None
    return SourceLocation(file=side.config.path.name, line=number, key=path, before=_before(side))


def locate_construct(side: Snapshot, stack: str, logical_id: str) -> SourceLocation:
    """Return the construct path of a resource, or its template and logical id if there is none."""
    resource = side.assembly.templates[stack]["Resources"][logical_id]
    metadata = resource.get("Metadata")
    path = metadata.get("aws:cdk:path") if isinstance(metadata, Mapping) else None
    path = path if isinstance(path, str) else None
    source = find_construct_call(side.config.path.parent, path) if path else None
    return SourceLocation(
        file=source.file if source else None,
        line=source.line if source else None,
        construct=path,
        id_=source.id_ if source else None,
        template=stack,
        logical_id=logical_id,
        before=_before(side),
    )


def locate_type(side: Snapshot, kind: str) -> SourceLocation:
    """Return the place of the one resource of a type."""
    for stack, id_, resource in _resources(side):
        if resource["Type"] == kind:
            return locate_construct(side, stack, id_)
    return SourceLocation(description=f"no {kind} in the templates", before=_before(side))


def locate_reason(side: Snapshot, actor: ComparedPrincipal, reason: Reason) -> SourceLocation:
    """Return the place of the statement that decided about the actor."""
    if reason.layer is Layer.RESOURCE:
        return locate_type(side, "AWS::S3::BucketPolicy")
    if reason.layer is Layer.TRUST:
        return locate_type(side, "AWS::IAM::Role")
    if actor.holds not in (PolicyOwner.USER, PolicyOwner.ROLE):
        return SourceLocation(description="its own policies")
    return locate_policy(side, "User" if actor.holds is PolicyOwner.USER else "Role", reason.policy)


def locate_policy(side: Snapshot, holder: str, name: str) -> SourceLocation:
    """Return the place of the policy `name` (a managed one's ARN) that the user or role has."""
    return (locate_key(side, path) if holder == "User" and (path := _written(side, name)) else None) or _in_template(
        side, holder, name
    )


def _before(side: Snapshot) -> bool:
    return side.name == "base"


def _written(side: Snapshot, name: str) -> str | None:
    user, managed = side.config.user, name.partition(":iam::aws:policy/")[2]
    if name == user.permissions_boundary:
        return "user.permissions_boundary"
    for index, policy in enumerate(user.aws_managed):
        if policy.name == managed:
            return f"user.aws_managed[{index}].name"
    permissions = side.state.user.permissions
    there = {**permissions.attached, **permissions.inline}.get(name)
    short = name.rpartition(":policy/")[2]
    for key, documents in (("customer_managed", user.customer_managed), ("inline", user.inline)):
        for index, document in enumerate(documents):
            # One that the app rewrote isn't written in that line.
            if document.name in (name, short) and document.document == there:
                return f"user.{key}[{index}].name"
    return None


def _in_template(side: Snapshot, holder: str, name: str) -> SourceLocation:
    scope = TemplateContext(side.assembly.templates, side.target.account, side.target.region, side.target.partition)
    for stack, id_, resource in _resources(side):
        properties = resource.get("Properties", {})
        inline = resource["Type"] == _KINDS[holder] and any(
            policy.get("PolicyName") == name for policy in properties.get("Policies", ())
        )
        named = resource["Type"] == "AWS::IAM::Policy" and properties.get("PolicyName") == name
        if inline or named:
            return locate_construct(side, stack, id_)
        if resource["Type"] == "AWS::IAM::ManagedPolicy" and resolve({"Ref": id_}, stack, scope) == name:
            return locate_construct(side, stack, id_)
    return locate_type(side, _KINDS[holder])


def _resources(side: Snapshot) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for stack, template in side.assembly.templates.items():
        for id_, resource in template["Resources"].items():
            yield stack, id_, resource


_SAID = ("access", "folder")


def table_path(side: Snapshot, id_: str) -> str:
    """Return the path of the table that serves `id_` on `side`."""
    return key_path("grants", id_) if id_ in side.config.grants else "any_id"


def table_place(side: Snapshot, id_: str) -> SourceLocation:
    """Return the line where the table of a grant begins."""
    return locate_key(side, table_path(side, id_)) or locate_type(side, "AWS::IAM::Role")


def changed_places(
    base: Snapshot, head: Snapshot, id_: str, grants: tuple[Grant, Grant], *keys: str
) -> tuple[SourceLocation, ...]:
    """Return the line of each of `keys` that differs: head's, else base's; of the table if none is written."""
    before, after = grants
    names = [key for key in keys or _SAID if _grant_line(base, id_, key) or _grant_line(head, id_, key)]
    differing = [key for key in names if getattr(before, key) != getattr(after, key)]
    found = tuple(
        place for key in differing or names if (place := _grant_line(head, id_, key) or _grant_line(base, id_, key))
    )
    return found or (table_place(head, id_),)


def _grant_line(side: Snapshot, id_: str, key: str) -> SourceLocation | None:
    return locate_key(side, f"{table_path(side, id_)}.{key}")
