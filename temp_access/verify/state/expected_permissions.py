"""The policies that the templates give a user or role."""

from temp_access.verify.state.model import Document, Permissions
from temp_access.verify.state.resources import Resource


def expected_permissions(owner: Resource, found: tuple[Resource, ...], holders: str) -> Permissions:
    """Return the policies of `owner`; other resources name it in the property `holders` (Users or Roles)."""
    inline: dict[str, Document] = {
        policy["PolicyName"]: policy["PolicyDocument"] for policy in owner.properties.get("Policies", ())
    }
    attached: dict[str, Document | None] = dict.fromkeys(owner.properties.get("ManagedPolicyArns", ()))
    for policy in found:
        if policy.kind == "AWS::IAM::ManagedPolicy" and (
            policy.name in attached or owner.name in policy.properties.get(holders, ())
        ):
            attached[policy.name] = policy.properties["PolicyDocument"]
        if policy.kind == "AWS::IAM::Policy" and owner.name in policy.properties.get(holders, ()):
            inline[policy.properties["PolicyName"]] = policy.properties["PolicyDocument"]
    return Permissions(inline, attached, owner.properties.get("PermissionsBoundary"))
