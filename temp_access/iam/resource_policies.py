"""The resources that can have a policy of their own, by service: the one table of them.

They are those on which AWS's service authorization reference has an action that sets a policy or a permission, and
those of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html beside them.
"""

from __future__ import annotations

from temp_access.iam.arn import Arn

# Each service with the beginnings of the last part of its ARNs; `*` for all of its resources. Roles and KMS keys aren't
# here: their policies must allow (temp_access.iam.service_rules).
_TABLE = """
acm-pca certificate-authority/
agent-registry registry/
aiops investigation-group/
apigateway /restapis /portalproducts/ /domainnames/
aps workspace/
arc-region-switch plan/
aws-marketplace *
backup backup-vault:
bedrock custom-model/ guardrail/ guardrail-profile/ knowledge-base/
bedrock-agentcore gateway/ runtime/
billing billingview/
cleanrooms-ml configured-audience-model/
cloudfront vpcorigin/
cloudhsm backup/
cloudtrail channel/ dashboard/ eventdatastore/
codeartifact domain/ repository/
codebuild project/ report-group/
codeguru-profiler profilingGroup/
comprehend document-classifier/ entity-recognizer/
continuum collectors/
dsql cluster/
dynamodb table/
ec2 ipam-pool/ placement-group/ verified-access-group/
ecr repository/
ecr-public repository/
elasticfilesystem file-system/
elasticloadbalancing truststore/
entityresolution *
es domain/
events event-bus/ event-busv2/
execute-api *
fsx volume/
glacier vaults/
glue catalog database/ table/
imagebuilder component/ container-recipe/ image-recipe/ image/
kafka cluster/
kinesis *
lambda function: layer: web-function/
lex bot/ bot-alias/ bot:
logs log-group: destination: delivery-destination:
lookoutequipment dataset/ model/
mediapackagev2 channelGroup/
mediastore container/
mediatailor channel/
network-firewall *
networkmanager core-network/
odb cloud-exadata-infrastructure/ exascale-db-storage-vault/ odb-network/
omics sequenceStore/
osis pipeline/
payment-cryptography key/
qbusiness application/
redshift namespace:
redshift-serverless *
refactor-spaces *
rekognition project/
resource-explorer-2 view/
resource-groups group/
route53-recovery-control cluster/
route53profiles profile/
route53resolver firewall-rule-group/ resolver-query-log-config/ resolver-rule/
rum appmonitor/
s3 *
s3-object-lambda accesspoint/
s3-outposts outpost/
s3express *
s3files file-system/
s3tables bucket/
s3vectors bucket/
sagemaker *
schemas registry/
secretsmanager secret:
serverlessrepo applications/
servicecatalog /applications/ /attribute-groups/
servicediscovery namespace/
ses identity/
signer /signing-profiles/
sms-voice opt-out-list/ phone-number/ pool/ sender-id/
sns *
sqs *
ssm document/ opsitemgroup/ parameter/
ssm-contacts contact/
ssm-incidents response-plan/
verifiedpermissions policy-store/
vpc-lattice resourceconfiguration/ service/ servicenetwork/
waf rulegroup/
waf-regional rulegroup/
wafv2 regional/rulegroup/ global/rulegroup/
"""
RESOURCES_WITH_POLICIES = {
    service: tuple("" if each == "*" else each for each in beginnings)
    for service, *beginnings in map(str.split, _TABLE.strip().splitlines())
}


def can_have_policy(resource: str) -> bool:
    """Whether the resource with this ARN can have a policy that allows or denies calls on it."""
    try:
        arn = Arn.parse(resource)
    except ValueError:
        return False
    return arn.resource.startswith(RESOURCES_WITH_POLICIES.get(arn.service, ("\0",)))
