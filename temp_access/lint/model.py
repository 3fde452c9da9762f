"""Violation, Finding, finding ids, variable keys."""

import re
from dataclasses import dataclass

# The plugin's name, which the CDK puts before the ids that are acknowledged.
NAMESPACE = "AccessChecks"


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule holds against a statement; `detail` is the value at fault, which tells its findings apart."""

    detail: str
    message: str
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule holds against one resource; `id` acknowledges it, `place` is the property's path.

    `severity` is "error" or "warning"; a warning doesn't fail a synthesis.
    """

    rule: str
    message: str
    construct_path: str | None
    template: str
    logical_id: str
    id: str = ""
    place: str = ""
    severity: str = "error"


_PAIRS = {"]": "[", ")": "(", "}": "{"}


def finding_id(rule: str, detail: str) -> str:
    """Return the id of what `rule` holds against `detail`, as `cdk.Acknowledgment` takes it."""
    return f"{NAMESPACE}::{rule}[{_safe(detail)}]"


def _safe(detail: str) -> str:
    # The CDK compares ids with dashes for spaces, and takes no brackets that don't pair.
    detail = detail.replace(" ", "-")
    return detail if _pair(detail) else re.sub(r"[\[\](){}]", "", detail)


def _pair(text: str) -> bool:
    open_: list[str] = []
    for character in text:
        if character in _PAIRS.values():
            open_.append(character)
        elif character in _PAIRS and (not open_ or open_.pop() != _PAIRS[character]):
            return False
    return not open_


_NAMES = """
aws:AssumedRoot aws:CalledVia aws:CalledViaFirst aws:CalledViaLast aws:ChatbotSourceArn aws:CurrentTime
aws:Ec2InstanceSourcePrivateIPv4 aws:Ec2InstanceSourceVpc aws:EpochTime aws:FederatedProvider
aws:MultiFactorAuthAge aws:MultiFactorAuthPresent aws:PrincipalAccount aws:PrincipalArn
aws:PrincipalIsAWSService aws:PrincipalOrgID aws:PrincipalOrgPaths aws:PrincipalServiceName
aws:PrincipalServiceNamesList aws:PrincipalType aws:referer aws:RequestedRegion aws:ResourceAccount
aws:ResourceOrgID aws:ResourceOrgPaths aws:SecureTransport aws:SignInSessionArn aws:SourceAccount aws:SourceArn
aws:SourceIdentity aws:SourceIp aws:SourceOrgID aws:SourceOrgPaths aws:SourceVpc aws:SourceVpcArn
aws:SourceVpce aws:TagKeys aws:TokenIssueTime aws:UserAgent aws:userid aws:username aws:ViaAWSService
aws:VpceAccount aws:VpceOrgID aws:VpceOrgPaths aws:VpcSourceIp
ec2:SourceInstanceARN iam:AWSServiceName iam:PassedToService s3:prefix s3:max-keys
saml:aud saml:iss saml:namequalifier saml:sub saml:sub_type
sts:ExternalId sts:RoleSessionName sts:SourceIdentity
transfer:HomeBucket transfer:HomeDirectory transfer:HomeFolder transfer:UserName
"""
KNOWN = {name.lower(): name for name in _NAMES.split()}
# Each goes on with a slash and a tag's key.
TAGS = {name.lower(): name for name in ("aws:PrincipalTag", "aws:RequestTag", "aws:ResourceTag")}
