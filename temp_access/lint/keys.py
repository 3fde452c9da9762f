"""The condition keys that serve as policy variables, by their lower case.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

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
