"""What the review can't tell: what isn't read in the templates, and policies and groups that only AWS knows."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from temp_access.cfn.source_location import SourceLocation
from temp_access.deployment.effective_policies import UnknownPolicies
from temp_access.deployment.unread import UnreadDelta, compare_unread, unread
from temp_access.deployment.unread_effects import Unread
from temp_access.iam.diff import statements
from temp_access.review.holders import Holder
from temp_access.review.locations import locate_construct, locate_holder, locate_policy
from temp_access.review.model import Unknown, counted
from temp_access.review.snapshot import Snapshot, holders

# Stands for the names of the users and roles of which the same is to be said.
_NAME = "\0name\0"


def unread_changes(base: Snapshot, head: Snapshot) -> Iterator[Unknown]:
    """Yield what isn't read and differs, then each unknown policy, boundary and group that only one snapshot has."""
    delta = _delta(base, head)
    before = {(each.stack, each.logical_id) for each in delta.only_base}
    after = {(each.stack, each.logical_id) for each in delta.only_head}
    for each in delta.only_head:
        verb = "changed" if (each.stack, each.logical_id) in before else "is new"
        yield _unknown(head, each, f"{each.description} {verb}, and isn't read")
    for each in delta.only_base:
        if (each.stack, each.logical_id) not in after:
            yield _unknown(base, each, f"{each.description} was removed, and isn't read")
    grouped: dict[str, tuple[list[str], Unknown]] = {}
    for owner in holders(base, head):
        if head.state_of(owner) is None:
            # Who is gone can do nothing.
            continue
        for found in (*_attachment_changes(base, head, owner), *_lifted_limits(base, head, owner)):
            grouped.setdefault(found.description, ([], found))[0].append(head.name_of(owner))
    for names, found in grouped.values():
        of = names[0] if len(names) == 1 else f"{names[0]} and {counted(len(names) - 1, 'other')}"
        yield replace(found, description=found.description.replace(_NAME, of))


def same_unread(base: Snapshot, head: Snapshot) -> tuple[str, ...]:
    """Return what isn't read or known in both snapshots, with the same content, in words."""
    descriptions = [each.description for each in _delta(base, head).same]
    for owner in holders(base, head):
        old, new = _unknown_policies(base, owner), _unknown_policies(head, owner)
        descriptions += [f"the document of {arn}" for arn in new.documents if arn in old.documents]
        descriptions += [f"the policies of the group {group}" for group in new.groups if group in old.groups]
    return tuple(dict.fromkeys(descriptions))


def _delta(base: Snapshot, head: Snapshot) -> UnreadDelta:
    found = (unread(each.assembly, each.target, each.state) for each in (base, head))
    return compare_unread(*([each for each in side if not each.in_state] for side in found))


def _unknown(snapshot: Snapshot, found: Unread, description: str) -> Unknown:
    template = snapshot.assembly.templates.get(found.stack)
    if template and found.logical_id in template["Resources"]:
        return Unknown(description, (locate_construct(snapshot, found.stack, found.logical_id),))
    return Unknown(description, (SourceLocation(description=f"stack {found.stack}", before=snapshot.name == "base"),))


def _attachment_changes(base: Snapshot, head: Snapshot, owner: Holder) -> Iterator[Unknown]:
    name = _NAME
    old, new = (_attached(each, owner) for each in (base, head))
    for snapshot, arns, others, verb in ((head, new, old, "now has"), (base, old, new, "no longer has")):
        for arn in sorted(arns - others):
            description = f"the document of {arn} isn't known; {name} {verb} this policy"
            yield Unknown(description, (locate_policy(snapshot, owner, arn),))
    before, after = (_boundary(each, owner) for each in (base, head))
    # The boundary of a new role or user only limits what is told of it.
    if before != after and base.state_of(owner) is not None:
        for arn in _unknown_boundaries(base, head, owner):
            description = (
                f"the document of {arn} isn't known; the permissions boundary of {name} is {after or 'none'} "
                f"instead of {before or 'none'}"
            )
            location = locate_policy(head, owner, after) if after else locate_holder(head, owner)
            yield Unknown(description, (location,))
    old_groups, new_groups = (set(_unknown_policies(each, owner).groups) for each in (base, head))
    for group in sorted(old_groups ^ new_groups):
        verb = "now" if group in new_groups else "no longer"
        description = f"the policies of the group {group} aren't known; {name} is {verb} in it"
        yield Unknown(description, (locate_holder(head, owner),))


def _lifted_limits(base: Snapshot, head: Snapshot, owner: Holder) -> Iterator[Unknown]:
    """Yield each unknown policy of both snapshots, if something that limited it before is gone."""
    old, new = _unknown_policies(base, owner), _unknown_policies(head, owner)
    arns = sorted(_attached(base, owner) & _attached(head, owner))
    same = [f"the document of {arn} isn't known" for arn in arns]
    same += [f"the policies of the group {group} aren't known" for group in new.groups if group in old.groups]
    if same and base.state_of(owner) is not None and not (_limits(base, owner) <= _limits(head, owner)):
        name = _NAME
        for description in same:
            more = f"they may allow {name} what a Deny or the permissions boundary no longer stops"
            yield Unknown(f"{description}; {more}", (locate_holder(head, owner),))


def _limits(snapshot: Snapshot, owner: Holder) -> frozenset[str]:
    """Return the Deny statements that apply to the user or role, and the permissions boundary, in a normal form."""
    own = snapshot.policies_of(owner)
    bucket_policy = snapshot.policies.bucket_policy(snapshot.state.bucket)
    policies = [*own.identity, *([bucket_policy] if bucket_policy else []), *([own.boundary] if own.boundary else [])]
    denies = [body for policy in policies for body in policy.bodies if body.get("Effect") == "Deny"]
    boundary = [sorted(_normal(snapshot, body) for body in own.boundary.bodies)] if own.boundary else []
    return frozenset((*(_normal(snapshot, body) for body in denies), *(json.dumps(each) for each in boundary)))


def _normal(snapshot: Snapshot, body: Mapping[str, object]) -> str:
    [statement] = statements({"Statement": [body]})
    normalize = snapshot.names.normalize
    return json.dumps({name: sorted(map(normalize, values)) for name, values in sorted(statement.items())})


def _unknown_policies(snapshot: Snapshot, owner: Holder) -> UnknownPolicies:
    state = snapshot.state_of(owner)
    return snapshot.policies.unknown(state) if state else UnknownPolicies()


def _attached(snapshot: Snapshot, owner: Holder) -> set[str]:
    """Return the attached policies without a document; a boundary isn't attached."""
    state = snapshot.state_of(owner)
    return set(_unknown_policies(snapshot, owner).documents) & state.permissions.attached.keys() if state else set()


def _boundary(snapshot: Snapshot, owner: Holder) -> str | None:
    state = snapshot.state_of(owner)
    return state.permissions.boundary if state else None


def _unknown_boundaries(base: Snapshot, head: Snapshot, owner: Holder) -> list[str]:
    boundaries = [(each, _boundary(each, owner)) for each in (base, head)]
    unknown = [arn for each, arn in boundaries if arn and arn in _unknown_policies(each, owner).documents]
    return list(dict.fromkeys(unknown))
