"""Which resource types and settings of the stacks can't give anybody access, and which surely do.

`temp_access.cfn.read_properties` has the types and properties that are read.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

BUCKET, BUCKET_POLICY, ROLE, USER = "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::IAM::Role", "AWS::IAM::User"
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
