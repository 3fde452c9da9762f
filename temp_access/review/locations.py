"""The locations of statements, settings and grants: a line of access.toml, a construct or a template's resource."""

from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.cfn.intrinsics import resolve
from temp_access.cfn.source_location import SourceLocation, find_construct_call
from temp_access.config.model import Grant, User
from temp_access.config.table import key_path
from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.deployment.target import template_context
from temp_access.iam.decision import Layer, Reason
from temp_access.iam.statements import as_list, as_mapping
from temp_access.review.compare.principals import ComparedPrincipal
from temp_access.review.holders import ROLE_HOLDER, Holder
from temp_access.review.snapshot import Snapshot

_RESOURCE_TYPES = {PolicyOwner.USER: "AWS::IAM::User", PolicyOwner.ROLE: "AWS::IAM::Role"}
_NAMES = {PolicyOwner.USER: "UserName", PolicyOwner.ROLE: "RoleName"}
_ACCESS_KEYS = ("access", "extras", "folder")


def locate_key(snapshot: Snapshot, path: str) -> SourceLocation | None:
    """Return the line of the key `path` in access.toml, None if the file doesn't set it."""
    line = snapshot.lines.get(path)
    if line is None:
        return None
    return SourceLocation(file=snapshot.config.path.name, line=line, key=path, before=_is_base(snapshot))


def locate_construct(snapshot: Snapshot, stack: str, logical_id: str) -> SourceLocation:
    """Return the construct path of a resource, or its template and logical id if it has no path."""
    # What a transform or a loop makes isn't in the template.
    resource = snapshot.assembly.templates[stack]["Resources"].get(logical_id, {})
    metadata = resource.get("Metadata")
    path = metadata.get("aws:cdk:path") if isinstance(metadata, Mapping) else None
    path = path if isinstance(path, str) else None
    source = find_construct_call(snapshot.config.path.parent, path) if path else None
    return SourceLocation(
        file=source.file if source else None,
        line=source.line if source else None,
        construct=path,
        id_=source.id_ if source else None,
        template=stack,
        logical_id=logical_id,
        before=_is_base(snapshot),
    )


def locate_type(snapshot: Snapshot, kind: str) -> SourceLocation:
    """Return the location of the first resource of a type: of users and roles, the one of `[user]` or `[role]`."""
    for stack, id_, resource in _resources(snapshot):
        if resource["Type"] == kind:
            return locate_construct(snapshot, stack, id_)
    return SourceLocation(description=f"no {kind} in the templates", before=_is_base(snapshot))


def locate_holder(snapshot: Snapshot, holder: Holder) -> SourceLocation:
    """Return the location of a user or role."""
    if not holder.is_further:
        return locate_type(snapshot, _RESOURCE_TYPES[holder.owner])
    for stack, id_, _ in _own_resources(snapshot, holder):
        return locate_construct(snapshot, stack, id_)
    return SourceLocation(description=f"no {snapshot.name_of(holder)} in the templates", before=_is_base(snapshot))


def _own_resources(snapshot: Snapshot, holder: Holder) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the resource of a user or role."""
    context, name = template_context(snapshot.assembly, snapshot.target), snapshot.name_of(holder)
    for stack, id_, resource in _resources(snapshot):
        if resource["Type"] == _RESOURCE_TYPES[holder.owner]:
            written = resource.get("Properties", {}).get(_NAMES[holder.owner])
            if written == name or (not isinstance(written, str) and resolve({"Ref": id_}, stack, context) == name):
                yield stack, id_, resource


def locate_reason(snapshot: Snapshot, principal: ComparedPrincipal, reason: Reason) -> SourceLocation:
    """Return the location of the statement that decided the principal's request."""
    holder = principal.holder(snapshot)
    if reason.layer is Layer.RESOURCE:
        return locate_type(snapshot, "AWS::S3::BucketPolicy")
    if reason.layer is Layer.TRUST:
        return locate_holder(snapshot, holder if holder.owner is PolicyOwner.ROLE else ROLE_HOLDER)
    if holder.owner is PolicyOwner.OUTSIDER:
        return SourceLocation(description="the principal's own policies")
    return locate_policy(snapshot, holder, reason.policy)


def locate_policy(snapshot: Snapshot, holder: Holder, name: str) -> SourceLocation:
    """Return the location of the policy `name` (the ARN of a managed one) that the user or role has."""
    if (path := _config_path(snapshot, holder, name)) and (location := locate_key(snapshot, path)):
        return location
    return _locate_in_template(snapshot, holder, name)


def _is_base(snapshot: Snapshot) -> bool:
    return snapshot.name == "base"


def user_settings(snapshot: Snapshot, holder: Holder) -> tuple[str, User | None]:
    """Return the path of a user's table in access.toml, and its settings."""
    if holder.name is None:
        return "user", snapshot.config.user
    return key_path("users", holder.name), snapshot.config.users.get(holder.name)


def _config_path(snapshot: Snapshot, holder: Holder, name: str) -> str | None:
    if holder.owner is PolicyOwner.ROLE:
        boundary = snapshot.config.role.permissions_boundary
        return "role.permissions_boundary" if name == boundary else None
    table, user = user_settings(snapshot, holder)
    state = snapshot.state_of(holder)
    if user is None or state is None:
        return None
    managed = name.partition(":iam::aws:policy/")[2]
    if name == user.permissions_boundary:
        return f"{table}.permissions_boundary"
    for index, policy in enumerate(user.aws_managed):
        if policy.name == managed:
            return f"{table}.aws_managed[{index}].name"
    in_template = {**state.permissions.attached, **state.permissions.inline}.get(name)
    short = name.rpartition(":policy/")[2]
    for key, documents in (("customer_managed", user.customer_managed), ("inline", user.inline)):
        for index, document in enumerate(documents):
            # If app.py rewrote the document, that line isn't its source.
            if document.name in (name, short) and document.document == in_template:
                return f"{table}.{key}[{index}].name"
    return None


def _locate_in_template(snapshot: Snapshot, holder: Holder, name: str) -> SourceLocation:
    context = template_context(snapshot.assembly, snapshot.target)
    for stack, id_, resource in _own_resources(snapshot, holder):
        inline = as_list(resource.get("Properties", {}).get("Policies"))
        if any(as_mapping(policy).get("PolicyName") == name for policy in inline):
            return locate_construct(snapshot, stack, id_)
    for stack, id_, resource in _resources(snapshot):
        properties = resource.get("Properties", {})
        kinds = ("AWS::IAM::Policy", f"{_RESOURCE_TYPES[holder.owner]}Policy")
        if resource["Type"] in kinds and properties.get("PolicyName") == name:
            return locate_construct(snapshot, stack, id_)
        if resource["Type"] == "AWS::IAM::ManagedPolicy" and resolve({"Ref": id_}, stack, context) == name:
            return locate_construct(snapshot, stack, id_)
    return locate_holder(snapshot, holder)


def _resources(snapshot: Snapshot) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for stack, template in snapshot.assembly.templates.items():
        for id_, resource in template["Resources"].items():
            yield stack, id_, resource


def table_location(snapshot: Snapshot, id_: str) -> SourceLocation:
    """Return the line where the table of a grant begins."""
    return locate_key(snapshot, _table_path(snapshot, id_)) or locate_type(snapshot, "AWS::IAM::Role")


def changed_locations(
    base: Snapshot, head: Snapshot, id_: str, grants: tuple[Grant, Grant], *keys: str
) -> tuple[SourceLocation, ...]:
    """Return the line of each of `keys` that differs, in head if possible, else in base.

    If the files set none of the keys, this is the line of the grant's table. The default keys are those of access.
    """
    before, after = grants
    written = [key for key in keys or _ACCESS_KEYS if _grant_line(base, id_, key) or _grant_line(head, id_, key)]
    differing = [key for key in written if getattr(before, key) != getattr(after, key)]
    lines = (_grant_line(head, id_, key) or _grant_line(base, id_, key) for key in differing or written)
    return tuple(line for line in lines if line) or (table_location(head, id_),)


def _grant_line(snapshot: Snapshot, id_: str, key: str) -> SourceLocation | None:
    return locate_key(snapshot, f"{_table_path(snapshot, id_)}.{key}")


def _table_path(snapshot: Snapshot, id_: str) -> str:
    return key_path("grants", id_) if id_ in snapshot.config.grants else "any_id"
