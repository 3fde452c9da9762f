"""Which resource types and properties of the stacks are read, and which can't give anybody access.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from types import MappingProxyType

BUCKET, BUCKET_POLICY, ROLE, USER = "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::IAM::Role", "AWS::IAM::User"
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
        USER: frozenset((*_OF_IDENTITIES, "Groups", "UserName")),
        ROLE: frozenset((*_OF_IDENTITIES, "AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "RoleName")),
        BUCKET_POLICY: frozenset(("Bucket", "PolicyDocument")),
        # What sends keys or objects elsewhere isn't among these: replication, inventory, analytics, notifications.
        BUCKET: frozenset(
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
# The default, and the canned ACL with the same effect:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
PRIVATE_ACLS = (None, "Private")
# Types without a policy, a role or code of their own. One that contains a policy or names a role counts as unread.
HARMLESS = frozenset(
    (
        "AWS::CDK::Metadata",
        "AWS::CloudFormation::WaitCondition",
        "AWS::CloudFormation::WaitConditionHandle",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::AnomalyDetector",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::Route",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::Subnet",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::KMS::Alias",
        "AWS::Logs::LogGroup",
        "AWS::Logs::LogStream",
        "AWS::Logs::MetricFilter",
        "AWS::Logs::QueryDefinition",
        "AWS::ResourceGroups::Group",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
        "AWS::ServiceCatalogAppRegistry::Application",
    )
)
# What creates or contains resources that the templates don't show, or gives access by its type.
ACCESS_PREFIXES = (
    "AWS::CloudFormation::",
    "AWS::IAM::",
    "AWS::RolesAnywhere::",
    "AWS::S3",
    "AWS::SSO::",
    "Custom::",
)
# Credentials of the user. They let somebody act as the user, but change nothing of what the user may do.
CREDENTIALS = frozenset(("AWS::IAM::AccessKey",))
CREDENTIAL_PROPERTIES = frozenset(("LoginProfile",))
