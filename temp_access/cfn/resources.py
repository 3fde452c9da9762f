"""Resources of templates: those about users, roles and buckets, and the policy documents in any resource."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from temp_access.cfn.intrinsics import TemplateContext, UnresolvedError, resolve
from temp_access.cfn.opaque import OpaqueValue
from temp_access.cfn.read_properties import PROPERTIES
from temp_access.cfn.shapes import read_properties
from temp_access.cfn.unresolved import JsonText, has_reference, reference, render
from temp_access.errors import UserError
from temp_access.iam.statements import LocatedDocument, PolicyType, as_list, as_mapping

_NO_VALUE = {"Ref": "AWS::NoValue"}
# The property that holds the resource policy.
_RESOURCE_POLICIES = {
    "AWS::ECR::Repository": "RepositoryPolicyText",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::KMS::ReplicaKey": "KeyPolicy",
    "AWS::S3::AccessPoint": "Policy",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SecretsManager::ResourcePolicy": "ResourcePolicy",
    "AWS::SNS::TopicInlinePolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::SQS::QueueInlinePolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
}
# The properties of an IAM resource that name the identities with its policies.
_NAMES = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}
# What a policy or role can't be read without.
_REQUIRED = {
    "AWS::IAM::ManagedPolicy": ("PolicyDocument",),
    "AWS::IAM::Policy": ("PolicyDocument", "PolicyName"),
    "AWS::IAM::Role": ("AssumeRolePolicyDocument",),
    "AWS::IAM::RolePolicy": ("PolicyDocument", "PolicyName"),
    "AWS::IAM::UserPolicy": ("PolicyDocument", "PolicyName"),
    "AWS::S3::BucketPolicy": ("Bucket", "PolicyDocument"),
}
_HOLDERS = ("RoleName", "UserName", "GroupName", "Roles", "Users", "Groups")


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource with its references resolved; `kind` is its CloudFormation type, `name` what Ref returns.

    `unread` are properties that can't be read, as they are written, and `unread_parts` the values in policy documents
    that can't be.
    """

    stack: str
    logical_id: str
    kind: str
    name: str
    properties: Mapping[str, Any]
    unread: Mapping[str, Any] = field(default_factory=dict)
    unread_parts: Mapping[str, Sequence[OpaqueValue]] = field(default_factory=dict)


def resources(context: TemplateContext) -> tuple[Resource, ...]:
    """Return the users, roles, buckets and their policies, in the templates' order."""
    return tuple(
        _resource(stack, logical_id, resource, context)
        for stack, template in context.templates.items()
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] in PROPERTIES
    )


def _resource(stack: str, logical_id: str, resource: Mapping[str, Any], context: TemplateContext) -> Resource:
    kind, written = resource["Type"], resource.get("Properties", {})
    name, properties = resolve({"Ref": logical_id}, stack, context), _properties(kind, written, stack, context)
    if not context.keeps_unknown:
        return Resource(stack, logical_id, kind, name, properties)
    read = read_properties(kind, properties, _REQUIRED.get(kind, ()), written)
    # The ARN of a policy whose path isn't known.
    name = name if isinstance(name, str) else f"{stack}-{logical_id}"
    return Resource(stack, logical_id, kind, name, read.readable, read.unread, read.partly)


def _properties(kind: str, properties: Mapping[str, Any], stack: str, context: TemplateContext) -> Mapping[str, Any]:
    """Return the properties with their references resolved, where that is possible for those that aren't read."""
    if any(name.startswith("Fn::") and name != "Fn::Transform" for name in properties):
        resolved: Mapping[str, Any] = resolve(dict(properties), stack, context)
        return resolved
    read = {name: value for name, value in properties.items() if name in PROPERTIES[kind]}
    others = {name: value for name, value in properties.items() if name not in read and value != _NO_VALUE}
    return {
        **resolve(read, stack, context),
        **{name: _resolved_or_not(others[name], stack, context) for name in others},
    }


def _resolved_or_not(value: Any, stack: str, context: TemplateContext) -> Any:
    # A password is a dynamic reference, for example.
    try:
        return resolve(value, stack, context)
    except UnresolvedError:
        return value


def single(candidates: tuple[Resource, ...], kind: str) -> Resource:
    """Return the only resource of a type; raises UserError when there is none, or several."""
    matching = [resource for resource in candidates if resource.kind == kind]
    if len(matching) != 1:
        hint = "move the others to a stack of their own" if matching else "run `make synth` again"
        raise UserError(f"the templates have {len(matching)} resources of type {kind}, and must have one; {hint}")
    return matching[0]


def has_policies(resource: Mapping[str, object]) -> bool:
    """Whether policies of this type of resource are read."""
    type_ = str(resource.get("Type"))
    return type_ in _RESOURCE_POLICIES or type_ == "AWS::SSO::PermissionSet" or type_.startswith("AWS::IAM::")


def policy_documents(resource: Mapping[str, object]) -> Iterator[LocatedDocument]:
    """Yield the resource policy, or the trust policy, the policy document and the inline policies of a resource.

    The resource is a variant, without functions. A document with an Effect that isn't known is yielded with both.
    """
    properties = as_mapping(resource.get("Properties"))
    holders = tuple(str(holder) for name in _HOLDERS for holder in as_list(properties.get(name)))
    for kind, place, value in _documents(resource):
        attached = holders if kind is PolicyType.IDENTITY else ()
        if body := as_mapping(_parsed(value)):
            for variant in _with_each_effect(body):
                yield LocatedDocument(kind, place, variant, attached)


def with_all_holders(document: LocatedDocument, logical_id: str, resources: Mapping[str, object]) -> LocatedDocument:
    """Return a document with all names of its holders in a template: the reference to each one, and its name.

    A managed policy's holders also name it in their ManagedPolicyArns.
    """
    if document.kind is not PolicyType.IDENTITY:
        return document
    holders = dict.fromkeys(document.holders)
    for id_, resource in resources.items():
        type_, properties = as_mapping(resource).get("Type"), as_mapping(as_mapping(resource).get("Properties"))
        if key := _NAMES.get(str(type_)):
            names = [reference(id_), *(render(name) for name in as_list(properties.get(key)))]
            if not holders.keys().isdisjoint(names) or _refers_to(properties.get("ManagedPolicyArns"), logical_id):
                holders |= dict.fromkeys(names)
    return replace(document, holders=tuple(holders))


def _refers_to(value: object, logical_id: str) -> bool:
    if isinstance(value, Mapping):
        return value.get("Ref") == logical_id or any(_refers_to(each, logical_id) for each in value.values())
    return isinstance(value, list) and any(_refers_to(each, logical_id) for each in value)


def unread_parts(resource: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the path and the description of each part of a variant's policies that isn't known, or can't be read."""
    properties = resource.get("Properties")
    yield from _unread("Properties", properties)
    for index, policy in enumerate(as_list(as_mapping(properties).get("Policies"))):
        place = "Properties.Policies" if isinstance(as_mapping(properties).get("Policies"), str) else ""
        yield from _unread(place or f"Properties.Policies.{index}", policy)
    for _, place, value in _documents(resource):
        document = _parsed(value)
        if isinstance(document, str | Mapping):
            yield from _unread(place, document)
        else:
            yield place, "isn't a JSON object"
        statements = as_mapping(document).get("Statement")
        for index, statement in enumerate(as_list(statements)):
            at = f"{place}.Statement.{index}" if isinstance(statements, list) else f"{place}.Statement"
            yield from _unread(at, statement)
            for element in ("Principal", "NotPrincipal"):
                yield from _unread_principal(f"{at}.{element}", as_mapping(statement).get(element))
            yield from _unread(f"{at}.Condition", as_mapping(as_mapping(statement).get("Condition")))
            yield from _transformed(at, as_mapping(statement))


def _transformed(place: str, statement: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the elements with a value from a macro, which can be anything: also a `*` or a list."""
    for element, value in statement.items():
        if element not in ("Principal", "NotPrincipal") and "<Transform>" in json.dumps(value, default=str):
            yield f"{place}.{element}", "has an Fn::Transform, whose result isn't in the template"


def _unread_principal(place: str, value: object) -> Iterator[tuple[str, str]]:
    # Text is no principal, except for "*"; a reference to an attribute can be an object after the deployment.
    if not isinstance(value, str) or has_reference(value):
        yield from _unread(place, value)


def _unread(place: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        what = f"is {value}, which isn't known before the deployment" if has_reference(value) else "isn't a JSON object"
        yield place, what
    elif "Fn::Transform" in as_mapping(value):
        yield place, "has an Fn::Transform, whose result isn't in the template"


def _documents(resource: Mapping[str, object]) -> Iterator[tuple[PolicyType, str, object]]:
    type_, properties = str(resource.get("Type")), as_mapping(resource.get("Properties"))
    found: list[tuple[PolicyType, str, object]] = []
    if type_ in _RESOURCE_POLICIES:
        key = _RESOURCE_POLICIES[type_]
        found.append((PolicyType.RESOURCE, key, properties.get(key)))
    elif type_ == "AWS::SSO::PermissionSet":
        found.append((PolicyType.IDENTITY, "InlinePolicy", properties.get("InlinePolicy")))
    elif type_.startswith("AWS::IAM::"):
        found.append((PolicyType.TRUST, "AssumeRolePolicyDocument", properties.get("AssumeRolePolicyDocument")))
        found.append((PolicyType.IDENTITY, "PolicyDocument", properties.get("PolicyDocument")))
        for index, policy in enumerate(map(as_mapping, as_list(properties.get("Policies")))):
            found.append((PolicyType.IDENTITY, f"Policies.{index}.PolicyDocument", policy.get("PolicyDocument")))
    yield from ((kind, f"Properties.{key}", value) for kind, key, value in found if value not in (None, ""))


def _parsed(value: object) -> object:
    """Return a document that is written as a string; text that isn't JSON is returned as it is."""
    if isinstance(value, JsonText):
        return value.value
    if not isinstance(value, str):
        return value
    try:
        document: object = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return document if isinstance(document, dict) else value


def _with_each_effect(body: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    statements = as_list(body.get("Statement"))
    if not any(_has_open_effect(statement) for statement in statements):
        yield body
        return
    for effect in ("Allow", "Deny"):
        decided = [{**as_mapping(each), "Effect": effect} if _has_open_effect(each) else each for each in statements]
        yield {**body, "Statement": decided}


def _has_open_effect(statement: object) -> bool:
    effect = as_mapping(statement).get("Effect")
    return isinstance(effect, str) and has_reference(effect)
