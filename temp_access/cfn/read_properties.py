"""The properties of users, roles, buckets and their policies that are read.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from types import MappingProxyType

# The properties with the names of the users, roles and groups that get a policy, by the policy's type.
HOLDERS = MappingProxyType(
    {
        "AWS::IAM::ManagedPolicy": ("Users", "Roles", "Groups"),
        "AWS::IAM::Policy": ("Users", "Roles", "Groups"),
        "AWS::IAM::RolePolicy": ("RoleName",),
        "AWS::IAM::UserPolicy": ("UserName",),
    }
)
# The properties that are read, or that describe only. A property that isn't listed may give access.
_OF_IDENTITIES = ("ManagedPolicyArns", "Path", "PermissionsBoundary", "Policies", "Tags")
PROPERTIES = MappingProxyType(
    {
        "AWS::IAM::User": frozenset((*_OF_IDENTITIES, "Groups", "UserName")),
        "AWS::IAM::Role": frozenset(
            (*_OF_IDENTITIES, "AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "RoleName")
        ),
        "AWS::IAM::OIDCProvider": frozenset(("ClientIdList", "Tags", "ThumbprintList", "Url")),
        "AWS::IAM::InstanceProfile": frozenset(("InstanceProfileName", "Path", "Roles")),
        "AWS::S3::BucketPolicy": frozenset(("Bucket", "PolicyDocument")),
        # What sends keys or objects elsewhere isn't among these: replication, inventory, analytics, notifications.
        "AWS::S3::Bucket": frozenset(
            (
                "AccelerateConfiguration",
                "AccessControl",
                "BucketEncryption",
                "BucketName",
                "CorsConfiguration",
                "IntelligentTieringConfigurations",
                "LifecycleConfiguration",
                "LoggingConfiguration",
                "MetricsConfigurations",
                "OwnershipControls",
                "PublicAccessBlockConfiguration",
                "Tags",
                "VersioningConfiguration",
                "WebsiteConfiguration",
            )
        ),
        **{
            kind: frozenset(("Description", "ManagedPolicyName", "Path", "PolicyDocument", "PolicyName", *holders))
            for kind, holders in HOLDERS.items()
        },
    }
)
