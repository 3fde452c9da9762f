"""What isn't read in the templates and could give access, and how that differs between two outputs."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain
from operator import or_
from pathlib import Path
from typing import Any

from temp_access.cfn.assembly import MADE_RESOURCES, Assembly, Template
from temp_access.cfn.read_properties import HOLDERS, PROPERTIES
from temp_access.cfn.resources import Resource, resources
from temp_access.deployment.expected import inline_name
from temp_access.deployment.own_ids import OWN_KINDS, without_own_ids
from temp_access.deployment.readable import (
    ACCESS_PREFIXES,
    BUCKET_POLICY,
    CREDENTIAL_PROPERTIES,
    CREDENTIALS,
    HARMLESS,
    PRIVATE_ACLS,
    ROLE,
    USER,
)
from temp_access.deployment.stacks import FURTHER_STACKS
from temp_access.deployment.state import State
from temp_access.deployment.target import Target, template_context
from temp_access.deployment.unread_effects import (
    Unread,
    UnreadEffect,
    effect_of_property,
    effect_of_type,
    service_of_type,
)
from temp_access.iam.statements import as_list
from temp_access.policies.role_policy import CONFIG_TAG, TAG_PREFIX

# What a function in a resource can refer to outside of the resources.
_SECTIONS = ("Conditions", "Mappings", "Parameters", "Rules")
# Of properties that can't be read: settings that decide no call.
_EFFECTS = {
    **dict.fromkeys(
        (
            "BucketEncryption",
            "MaxSessionDuration",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "VersioningConfiguration",
        ),
        UnreadEffect.NONE,
    ),
    "AccessControl": UnreadEffect.ALLOW,
    "Tags": UnreadEffect.TAGS,
}
# These are known in the stacks for borrowers alone; elsewhere, they can let somebody assume the role.
_OF_BORROWERS = frozenset(("AWS::IAM::InstanceProfile", "AWS::IAM::OIDCProvider"))
_POLICY_OR_ROLE = re.compile(r'"(?:Statement|[^"]*(?i:role)(?i:arns?|names?|s)?)":')
_TAG_KEY = re.compile(r"(?i)(?:principal|resource|bucket)tag")


def unread(assembly: Assembly, target: Target, state: State) -> tuple[Unread, ...]:
    """Return everything in an assembly that could give access and isn't read, each once.

    Of the project's stacks, that is all that isn't known to be read or to give nobody access. Of other stacks in the
    same output, it is resources of IAM and S3, and those that can create others or name the user, role or bucket.
    """
    context = template_context(assembly, target)
    found = chain(
        chain.from_iterable(_in_template(*each, assembly) for each in assembly.templates.items()),
        _in_resources(resources(context), assembly, state),
        chain.from_iterable(_in_other(*each, assembly, state) for each in assembly.others.items()),
    )
    return tuple(dict.fromkeys(found))


def _in_template(stack: str, template: Template, assembly: Assembly) -> Iterator[Unread]:
    if _is_transformed(template) or '"Fn::Transform"' in json.dumps(template):
        # A macro gets the whole template, and a loop needs a Transform.
        name = f"the result of the Transform in {stack}"
        yield Unread(name, _content(template, ""), stack, effect=UnreadEffect.ANY)
    for logical_id, resource in template["Resources"].items():
        kind = resource["Type"]
        if kind not in PROPERTIES or (kind in _OF_BORROWERS and stack not in FURTHER_STACKS):
            if kind not in HARMLESS or _POLICY_OR_ROLE.search(json.dumps(resource.get("Properties", {}))):
                content = _content(_effective(resource), _nested(kind, assembly.folder), *_sections(template))
                content = without_own_ids(content, assembly)
                yield _of_type(kind, f"{stack}.{logical_id} ({kind})", content, stack, logical_id)
        elif "Condition" in resource:
            # Of the resource, because what it contains is read.
            condition = [kind, resource["Condition"], *_sections(template)]
            found = _of_type(kind, f"the Condition of {stack}.{logical_id}", _content(*condition), stack, logical_id)
            yield replace(found, effect=UnreadEffect.ANY)


def _is_transformed(template: Template) -> bool:
    return "Transform" in template or MADE_RESOURCES in template


def _in_resources(own: tuple[Resource, ...], assembly: Assembly, state: State) -> Iterator[Unread]:
    policies = [each for each in own if each.kind == BUCKET_POLICY]
    policy = next((each for each in policies if each.properties.get("Bucket") == state.bucket.name), None)
    tags_matter = any(_TAG_KEY.search(json.dumps(template)) for template in assembly.templates.values())
    users, roles = {state.user.name, *state.users}, {state.role.name, *state.grant_roles}
    names = {"Users": users, "UserName": users, "Roles": roles, "RoleName": roles}
    separate = [each for each in own if each.kind in HOLDERS and each.kind != "AWS::IAM::ManagedPolicy"]
    for each in own:
        sections = _sections(assembly.templates[each.stack])
        yield from _unknown_parts(each, sections)
        yield from _unread_properties(each, sections, tags_matter=tags_matter)
        if each in policies and each is not policy:
            yield _of(each, f"{each.stack}.{each.logical_id} ({each.kind})", each.properties)
        for holders in HOLDERS.get(each.kind, ()):
            # Without the name that it needs, a policy of one role or user can't be read either.
            held_by = as_list(each.properties.get(holders, "" if holders.endswith("Name") else None))
            others = [name for name in held_by if name not in names.get(holders, ())]
            if others:
                of_others = " of ".join(filter(None, [each.kind, ", ".join(map(str, others))]))
                description = f"{each.stack}.{each.logical_id} ({of_others})"
                found = _of(each, description, {holders: others, "of": each.properties})
                # A policy of others has no effect on the user and the role.
                yield replace(found, effect=UnreadEffect.NONE) if all(others) else found
        if each.kind == ROLE and each.stack in FURTHER_STACKS and CONFIG_TAG not in _tag_keys(each):
            found = _of(each, f"the role {each.name} of {each.stack}, which no grant has", each.properties)
            yield replace(found, effect=UnreadEffect.NONE, in_state=True)
        if each.kind in (ROLE, USER):
            for name, documents in _duplicate_policies(each, separate).items():
                found = _of(each, f"two policies {name} of {each.name}", documents)
                yield replace(found, effect=UnreadEffect.ANY)


def _tag_keys(resource: Resource) -> set[str]:
    return {str(tag.get("Key")) for tag in resource.properties.get("Tags", ())}


def _unknown_parts(resource: Resource, sections: list[object]) -> Iterator[Unread]:
    """Yield what isn't known before the deployment, or has a shape that can't be read."""
    place = f"{resource.stack}.{resource.logical_id} ({resource.kind})"
    for name, written in resource.unread.items():
        effect = _EFFECTS.get(name, UnreadEffect.ANY)
        yield replace(_of(resource, f"{name} of {place}", [name, written, sections]), effect=effect)
    for name, parts in resource.unread_parts.items():
        if parts:
            what = " and ".join(dict.fromkeys(part.text for part in parts))
            content = [name, [part.written for part in parts], sections]
            # An evaluation takes them for unknown by itself.
            yield replace(_of(resource, f"{what} in {name} of {place}", content), effect=UnreadEffect.NONE)


def _unread_properties(resource: Resource, sections: list[object], *, tags_matter: bool) -> Iterator[Unread]:
    properties, place = resource.properties, f"{resource.stack}.{resource.logical_id} ({resource.kind})"
    # A function among them is a macro, which is named by itself.
    for name in sorted(name for name in properties.keys() - PROPERTIES[resource.kind] if not name.startswith("Fn::")):
        found = _of(resource, f"{name} of {place}", [{name: properties[name]}, sections])
        if name in CREDENTIAL_PROPERTIES:
            yield replace(found, is_credentials=True, effect=UnreadEffect.NONE)
        else:
            yield replace(found, effect=effect_of_property(resource.kind, name))
    if resource.kind == USER and properties.get("Path", "/") != "/":
        # What names the user without its path is about nobody.
        found = _of(resource, f"the path of {resource.name}", properties["Path"])
        yield replace(found, effect=UnreadEffect.ANY)
    if properties.get("AccessControl") not in PRIVATE_ACLS:
        found = _of(resource, f"the ACL of {place}, {properties['AccessControl']}", properties["AccessControl"])
        yield replace(found, effect=UnreadEffect.ALLOW)
    tags = [tag for tag in properties.get("Tags", ()) if not str(tag.get("Key")).startswith(TAG_PREFIX)]
    if tags and tags_matter:
        found = _of(resource, f"Tags of {place}, while a condition tests tags", tags)
        yield replace(found, effect=UnreadEffect.TAGS, service="")


def _duplicate_policies(owner: Resource, separate: Iterable[Resource]) -> dict[str, list[object]]:
    """Return the documents of each name that several inline policies of a user or role have."""
    policies = [*owner.properties.get("Policies", ())]
    for each in separate:
        kinds = [name for name in HOLDERS[each.kind] if owner.kind.rpartition("::")[2] in name]
        if any(owner.name in as_list(each.properties.get(name)) for name in kinds):
            policies.append({**each.properties, "PolicyName": inline_name(each)})
    names = Counter(policy["PolicyName"] for policy in policies)
    return {
        name: [policy.get("PolicyDocument") for policy in policies if policy["PolicyName"] == name]
        for name, count in names.items()
        if count > 1
    }


def _in_other(stack: str, template: Template | None, assembly: Assembly, state: State) -> Iterator[Unread]:
    own_stacks = assembly.templates.keys()
    if template is None:
        # Which of the files are its own isn't known.
        content = _content(stack, _digests(assembly.folder, "**/*.template.json", own_stacks))
        yield Unread(f"the stack {stack} (its templates)", content, stack)
        return
    found = [(id_, each) for id_, each in template["Resources"].items() if _may_give_access(each, own_stacks, state)]
    if _is_transformed(template) or found:
        kinds = sorted({str(each["Type"]) for _, each in found}) or ["a Transform"]
        made = [template.get("Transform"), template.get(MADE_RESOURCES)]
        content = _content([_effective(each) for _, each in found], *made, *_sections(template))
        effects = [_effect_of_other(each, own_stacks, state) for _, each in found]
        effect = UnreadEffect.ADD if _is_transformed(template) else reduce(or_, effects, UnreadEffect.NONE)
        yield Unread(f"the stack {stack} ({', '.join(kinds)})", content, stack, effect=effect)


def _may_give_access(resource: Mapping[str, Any], own_stacks: Iterable[str], state: State) -> bool:
    kind = str(resource["Type"])
    if kind in HARMLESS:
        return False
    by_type = kind.startswith(ACCESS_PREFIXES) or kind.endswith("::MODULE")
    return by_type or _names_own(resource, own_stacks, state)


def _names_own(resource: Mapping[str, Any], own_stacks: Iterable[str], state: State) -> bool:
    properties = json.dumps(resource.get("Properties", {}))
    # An import names the stack that it imports from.
    names = (state.user.name, state.role.name, state.bucket.name, *state.users, *state.grant_roles, *own_stacks)
    return any(name in properties for name in names)


def _effect_of_other(resource: Mapping[str, Any], own_stacks: Iterable[str], state: State) -> UnreadEffect:
    kind = str(resource["Type"])
    if kind in OWN_KINDS and not _names_own(resource, own_stacks, state):
        # Another user, role or bucket.
        return UnreadEffect.NONE
    return effect_of_type(kind)


def _of(resource: Resource, description: str, content: object) -> Unread:
    return _of_type(resource.kind, description, _content(resource.kind, content), resource.stack, resource.logical_id)


def _of_type(kind: str, description: str, content: str, stack: str, logical_id: str) -> Unread:
    return Unread(
        description,
        content,
        stack,
        logical_id,
        kind in CREDENTIALS,
        effect_of_type(kind),
        service_of_type(kind),
        kind == "AWS::IAM::UserToGroupAddition",
    )


def _sections(template: Template) -> list[object]:
    return [template.get(name) for name in _SECTIONS]


def _effective(resource: Mapping[str, Any]) -> list[object]:
    # Metadata names the construct, and the other attributes say when CloudFormation creates and deletes the resource.
    return [resource.get(name) for name in ("Type", "Properties", "Condition")]


def _nested(kind: str, folder: Path) -> list[str]:
    """Return what a nested stack's template contains, as far as it is known: it is one of the folder's assets."""
    return _digests(folder, "*.nested.template.json") if kind.startswith("AWS::CloudFormation::Stack") else []


def _digests(folder: Path, pattern: str, without: Iterable[str] = ()) -> list[str]:
    excluded = {folder / f"{stack}.template.json" for stack in without}
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted({*folder.glob(pattern)} - excluded)]


def _content(*values: object) -> str:
    return json.dumps(values, sort_keys=True, default=str)


@dataclass(frozen=True, slots=True)
class UnreadDelta:
    """What only head or only base has (or has with another content), and what both have."""

    only_base: tuple[Unread, ...]
    only_head: tuple[Unread, ...]
    same: tuple[Unread, ...]


def compare_unread(base: Iterable[Unread], head: Iterable[Unread]) -> UnreadDelta:
    """Return the difference; something that is only renamed is the same."""
    before, after = tuple(base), tuple(head)
    remaining = Counter(each.content for each in before)
    same: list[Unread] = []
    only_head: list[Unread] = []
    for each in after:
        if remaining[each.content]:
            remaining[each.content] -= 1
            same.append(each)
        else:
            only_head.append(each)
    only_base = []
    for each in reversed(before):
        if remaining[each.content]:
            remaining[each.content] -= 1
            only_base.append(each)
    return UnreadDelta(tuple(reversed(only_base)), tuple(only_head), tuple(same))
