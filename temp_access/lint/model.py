"""Violations and findings, the ids that acknowledge findings, and the condition keys that variables can name."""

import re
from dataclasses import dataclass

# The plugin's name, which the CDK puts before the ids that are acknowledged.
NAMESPACE = "AccessChecks"
# The severity of a finding that says what can't be decided, and the rules that aren't functions of a statement.
UNDECIDED = "undecided"
UNREAD = "Unread"
GRAMMAR = "Grammar"


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a statement breaks; `detail` is the value that breaks it, and distinguishes the finding's id.

    `severity` is "error", "warning" or "undecided"; only an error fails a synthesis.
    """

    detail: str
    message: str
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation in a resource; `id` is what acknowledges it, `place` the property's path in the resource."""

    rule: str
    message: str
    construct_path: str | None
    template: str
    logical_id: str
    id: str = ""
    place: str = ""
    severity: str = "error"


_OPENING = {"]": "[", ")": "(", "}": "{"}


def finding_id(rule: str, detail: str) -> str:
    """Return the id of a finding, as `cdk.Acknowledgment` takes it."""
    return f"{NAMESPACE}::{rule}[{_escaped(detail)}]"


def _escaped(detail: str) -> str:
    # The CDK compares ids with dashes for spaces, and takes no unbalanced brackets.
    detail = detail.replace(" ", "-")
    return detail if _is_balanced(detail) else re.sub(r"[\[\](){}]", "", detail)


def _is_balanced(detail: str) -> bool:
    open_brackets: list[str] = []
    for character in detail:
        if character in _OPENING.values():
            open_brackets.append(character)
        elif character in _OPENING and (not open_brackets or open_brackets.pop() != _OPENING[character]):
            return False
    return not open_brackets


_NAMES = """
aws:AssumedRoot aws:CalledVia aws:CalledViaAWSMCP aws:CalledViaFirst aws:CalledViaLast aws:ChatbotSourceArn
aws:CurrentTime aws:Ec2InstanceSourcePrivateIPv4 aws:Ec2InstanceSourceVpc aws:EpochTime aws:FederatedProvider
aws:IsMcpServiceAction aws:MultiFactorAuthAge aws:MultiFactorAuthPresent aws:PrincipalAccount aws:PrincipalArn
aws:PrincipalIsAWSService aws:PrincipalOrgID aws:PrincipalOrgPaths aws:PrincipalServiceName
aws:PrincipalServiceNamesList aws:PrincipalType aws:referer aws:RequestedRegion aws:ResourceAccount
aws:ResourceOrgID aws:ResourceOrgPaths aws:SecureTransport aws:SignInSessionArn aws:SourceAccount aws:SourceArn
aws:SourceIdentity aws:SourceIp aws:SourceOrgID aws:SourceOrgPaths aws:SourceOwner aws:SourceVpc aws:SourceVpcArn
aws:SourceVpce aws:TagKeys aws:TokenIssueTime aws:UserAgent aws:userid aws:username aws:ViaAWSMCPService
aws:ViaAWSService aws:ViaCustomerDomain aws:VpceAccount aws:VpceOrgID aws:VpceOrgPaths aws:VpcSourceIp
ec2:SourceInstanceARN iam:AWSServiceName iam:PassedToService s3:prefix s3:max-keys saml:aud saml:iss
saml:namequalifier saml:sub saml:sub_type sts:ExternalId sts:RoleSessionName sts:SourceIdentity transfer:HomeBucket
transfer:HomeDirectory transfer:HomeFolder transfer:UserName
"""
VARIABLE_KEYS = {name.lower(): name for name in _NAMES.split()}
# A slash and the tag's key follow.
TAG_KEYS = {name.lower(): name for name in ("aws:PrincipalTag", "aws:RequestTag", "aws:ResourceTag")}
