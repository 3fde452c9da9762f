"""Which AWS services say on whose behalf they assume a role, by aws:SourceAccount or by an ARN with an account.

A service that sends neither can't assume a role whose trust policy requires one. What keeps other accounts from such
a role is that a role can only be passed to a service by principals of its own account.
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceaccount
"""

from __future__ import annotations

import re
from typing import Final

_DOCS = "https://docs.aws.amazon.com/"
# The services that send it, each with the page whose trust policy of a role has a condition on it.
SENDERS: Final = {
    name: _DOCS + page
    for name, page in {
        "airflow": "mwaa/latest/userguide/cross-service-confused-deputy-prevention.html",
        "airflow-env": "mwaa/latest/userguide/cross-service-confused-deputy-prevention.html",
        "amplify": "amplify/latest/userguide/cross-service-confused-deputy-prevention.html",
        "amplifybackend": "amplify/latest/userguide/cross-service-confused-deputy-prevention.html",
        "appstream": "appstream2/latest/developerguide/example-fleet-machine.html",
        "autoscaling": "autoscaling/ec2/userguide/cross-service-confused-deputy-prevention.html",
        "batch": "batch/latest/userguide/cross-service-confused-deputy-prevention.html",
        "bedrock": "bedrock/latest/userguide/kb-permissions.html",
        "cloudtrail": "IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention",
        "codebuild": "codebuild/latest/userguide/setting-up-service-role.html",
        "comprehend": "comprehend/latest/dg/cross-service-confused-deputy-prevention.html",
        "config": "config/latest/developerguide/iamrole-permissions.html",
        "datasync": "datasync/latest/userguide/cross-service-confused-deputy-prevention.html",
        "datazone": "sagemaker-unified-studio/latest/adminguide/AmazonSageMakerDomainExecution.html",
        "dms": "dms/latest/userguide/cross-service-confused-deputy-prevention.html",
        "ecs-tasks": "AmazonECS/latest/developerguide/task-iam-roles.html",
        "es": "opensearch-service/latest/developerguide/cross-service-confused-deputy-prevention.html",
        "fis": "resilience-hub/latest/userguide/next-gen-resilience-testing-iam-single-account.html",
        "iot": "iot/latest/developerguide/cross-service-confused-deputy-prevention.html",
        "iotevents": "iotevents/latest/developerguide/cross-service-confused-deputy-prevention.html",
        "kafkaconnect": "msk/latest/developerguide/cross-service-confused-deputy-prevention.html",
        "mediaconvert": "mediaconvert/latest/ug/cross-service-confused-deputy-prevention.html",
        "mediatailor": "mediatailor/latest/ug/cross-service-confused-deputy-prevention.html",
        "personalize": "personalize/latest/dg/cross-service-confused-deputy-prevention.html",
        "proton": "proton/latest/userguide/cross-service-confused-deputy-prevention.html",
        "rds": "AmazonRDS/latest/UserGuide/cross-service-confused-deputy-prevention.html",
        "rekognition": "rekognition/latest/dg/cross-service-confused-deputy-prevention.html",
        "sagemaker": "sagemaker/latest/dg/security-confused-deputy-prevention.html",
        "scheduler": "scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html",
        "sms-voice": "sms-voice/latest/userguide/configuration-sets-kinesis-creating-role.html",
        "ssm": "systems-manager/latest/userguide/cross-service-confused-deputy-prevention.html",
        "states": "step-functions/latest/dg/procedure-create-iam-role.html",
        "textract": "textract/latest/dg/cross-service-confused-deputy-prevention.html",
        "transfer": "transfer/latest/userguide/confused-deputy.html",
        "vpc-flow-logs": "vpc/latest/userguide/flow-logs-iam-role.html",
    }.items()
}
# Those whose page has a condition on aws:SourceArn only, with the account in the ARN.
SENDERS_OF_ARNS: Final = {
    name: _DOCS + page
    for name, page in {
        "eks-fargate-pods": "eks/latest/userguide/pod-execution-role.html",
        "logs": "AmazonCloudWatch/latest/logs/SubscriptionFilters.html",
        "rolesanywhere": "rolesanywhere/latest/userguide/trust-model.html",
        "ssm-incidents": "incident-manager/latest/userguide/cross-service-confused-deputy-prevention.html",
    }.items()
}
# Those whose page has the trust policy of their roles without such a condition, and names neither key.
OTHERS: Final = {
    name: _DOCS + page
    for name, page in {
        "apigateway": "apigateway/latest/developerguide/set-up-logging.html",
        "batchoperations.s3": "AmazonS3/latest/userguide/batch-ops-iam-role-policies.html",
        "ec2": "IAM/latest/UserGuide/id_roles_create_for-service.html",
        "lambda": "lambda/latest/dg/lambda-intro-execution-role.html",
        "pods.eks": "eks/latest/userguide/pod-id-role.html",
        "s3": "AmazonS3/latest/userguide/setting-repl-config-perm-overview.html",
        "streams.metrics.cloudwatch": "AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-trustpolicy.html",
    }.items()
}
# A Region can follow the service's name: https://docs.aws.amazon.com/IAM/latest/UserGuide/
# reference_policies_elements_principal.html#principal-services-in-opt-in-regions
_PRINCIPAL = re.compile(
    r"(?P<name>[a-z0-9-]+(?:\.[a-z0-9-]+)*?)(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?"
)


def sends_source_account(service: str) -> bool | None:
    """Return whether a service (`ecs-tasks.amazonaws.com`) sends aws:SourceAccount when it assumes a role.

    The spellings with a Region and with `.amazonaws.com.cn` are the same service. None: AWS's documentation of the
    service doesn't say, or depends on what it does; a condition on the key could lock the service out.
    """
    name = _name(service)
    return True if name in SENDERS else False if name in OTHERS else None


def source_keys(service: str) -> tuple[str, ...]:
    """Return the keys that a trust policy can have a condition on for a service, by which an account is named."""
    name = _name(service)
    if name in SENDERS:
        return ("aws:SourceAccount", "aws:SourceArn")
    return ("aws:SourceArn",) if name in SENDERS_OF_ARNS else ()


def _name(service: str) -> str:
    match = _PRINCIPAL.fullmatch(service.lower())
    return match["name"] if match else ""
