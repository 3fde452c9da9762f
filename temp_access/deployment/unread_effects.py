"""What isn't read in the templates, and which decisions it can change.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Flag, auto
from types import MappingProxyType

from temp_access.iam.decision import Decision, DecisionType


class UnreadEffect(Flag):
    """What something can do to a call: allow it, deny it, or remove a statement that is read.

    TAGS: it gives the user, the role or the bucket tags, and nothing else.
    """

    NONE = 0
    ALLOW = auto()
    DENY = auto()
    REMOVE = auto()
    TAGS = auto()
    ADD = ALLOW | DENY
    ANY = ALLOW | DENY | REMOVE


@dataclass(frozen=True, slots=True)
class Unread:
    """A resource, property or template that isn't read, in words; the same in two outputs if `content` is equal.

    `logical_id` is "" for what isn't one resource. With `is_credentials`, it changes who can act as the user, and not
    what the user may do. `effect` is what it can do to a call: of `service`, or of any service if that is "", and of
    the user only with `of_user`. What is `in_state` is a part of the state, which a comparison of two states reads.
    """

    description: str
    content: str
    stack: str
    logical_id: str = ""
    is_credentials: bool = False
    effect: UnreadEffect = UnreadEffect.ADD
    service: str = ""
    of_user: bool = False
    in_state: bool = False


# By type or its beginning, the longest first. A type that isn't here can add statements of both effects.
_BY_TYPE = MappingProxyType(
    {
        # Who has an identity's credentials changes nothing of what the identity may do.
        "AWS::EC2::Instance": UnreadEffect.NONE,
        "AWS::ECS::TaskDefinition": UnreadEffect.NONE,
        "AWS::EKS::PodIdentityAssociation": UnreadEffect.NONE,
        "AWS::IAM::AccessKey": UnreadEffect.NONE,
        "AWS::IAM::InstanceProfile": UnreadEffect.NONE,
        "AWS::IAM::OIDCProvider": UnreadEffect.NONE,
        "AWS::IAM::SAMLProvider": UnreadEffect.NONE,
        "AWS::Lambda::Function": UnreadEffect.NONE,
        "AWS::RolesAnywhere::": UnreadEffect.NONE,
        # A group has an effect on its members, and a member's group is unknown anyway.
        "AWS::IAM::Group": UnreadEffect.NONE,
        "AWS::IAM::GroupPolicy": UnreadEffect.NONE,
        # Roles of their own.
        "AWS::IAM::ServiceLinkedRole": UnreadEffect.NONE,
        "AWS::SSO::": UnreadEffect.NONE,
        # These give another way to the objects, which allows no less on the bucket itself:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
        "AWS::S3::AccessGrant": UnreadEffect.ALLOW,
        "AWS::S3::AccessPoint": UnreadEffect.ALLOW,
        "AWS::S3::MultiRegionAccessPoint": UnreadEffect.ALLOW,
        "AWS::S3ObjectLambda::": UnreadEffect.ALLOW,
        "AWS::S3::StorageLens": UnreadEffect.NONE,
        # Policies that only limit:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
        "AWS::EC2::VPCEndpoint": UnreadEffect.DENY,
        "AWS::Organizations::Policy": UnreadEffect.DENY,
    }
)
# Properties of a bucket that send keys or objects elsewhere, or keep objects from being deleted.
_OF_BUCKETS = MappingProxyType(
    {
        "AnalyticsConfigurations": UnreadEffect.NONE,
        "InventoryConfigurations": UnreadEffect.NONE,
        "MetadataConfiguration": UnreadEffect.NONE,
        "MetadataTableConfiguration": UnreadEffect.NONE,
        "NotificationConfiguration": UnreadEffect.NONE,
        "ObjectLockConfiguration": UnreadEffect.DENY,
        "ObjectLockEnabled": UnreadEffect.DENY,
        "ReplicationConfiguration": UnreadEffect.NONE,
    }
)
# Services whose resources have a policy about calls of the same service only.
_OWN_SERVICE = MappingProxyType(
    {
        "AWS::ECR::": "ecr",
        "AWS::KMS::": "kms",
        "AWS::S3": "s3",
        "AWS::SNS::": "sns",
        "AWS::SQS::": "sqs",
        "AWS::SecretsManager::": "secretsmanager",
    }
)
_OPEN = MappingProxyType(
    {
        DecisionType.ALLOWED: UnreadEffect.DENY,
        DecisionType.EXPLICIT_DENY: UnreadEffect.REMOVE,
        DecisionType.IMPLICIT_DENY: UnreadEffect.ALLOW,
        DecisionType.UNDECIDED: UnreadEffect.ADD,
    }
)


def effect_of_type(kind: str) -> UnreadEffect:
    """Return what a resource of a CloudFormation type that isn't read can do to a call."""
    names = [name for name in _BY_TYPE if kind.startswith(name)]
    return _BY_TYPE[max(names, key=len)] if names else UnreadEffect.ADD


def effect_of_property(kind: str, name: str) -> UnreadEffect:
    """Return what a property that isn't read can do to a call."""
    return _OF_BUCKETS.get(name, UnreadEffect.ADD) if kind == "AWS::S3::Bucket" else UnreadEffect.ADD


def service_of_type(kind: str) -> str:
    """Return the service whose calls alone a resource of this type can concern, "" if others can be."""
    return next((service for prefix, service in _OWN_SERVICE.items() if kind.startswith(prefix)), "")


def that_can_change(
    found: Iterable[Unread], decision: Decision, action: str, *, by_user: bool, tags_are_unknown: bool = False
) -> tuple[str, ...]:
    """Return the descriptions of those that can change the decision about an action, by the user or by another.

    The decision was made from what is read; with `tags_are_unknown` it takes tags for unknown already.
    """
    return tuple(
        each.description
        for each in found
        if each.service in ("", action.partition(":")[0].lower())
        and (by_user or not each.of_user)
        and _can_change(each.effect, decision, tags_are_unknown)
    )


def _can_change(effect: UnreadEffect, decision: Decision, tags_are_unknown: bool) -> bool:
    if decision.rule:
        # A rule of the service stands above policies.
        return False
    if effect & UnreadEffect.TAGS:
        return not tags_are_unknown
    return bool(effect & _OPEN[decision.kind])
