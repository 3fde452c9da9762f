"""The service prefixes that an action in a policy may have."""

from functools import cache
from pathlib import Path

import botocore

# IAM prefixes that differ from the folder of the service in botocore.
_MORE = """
a4b activate apigateway app-integrations aws-marketplace aws-portal awsconnector billing bugbust cassandra
cloudwatch codewhisperer cognito-sync consolidatedbilling consoleapp cur dbqms discovery dms ec2messages
elasticfilesystem elasticloadbalancing elasticmapreduce es execute-api freertos geo grafana honeycode iot1click
iotdeviceadvisor kafka kafka-cluster kinesisanalytics launchwizard lex license-manager logs mobileanalytics
mobilehub mobiletargeting monitron networkmanager-chat notifications profile purchase-orders q quicksight rds-data
rds-db redshift-data rekognition resource-explorer s3-object-lambda s3-outposts s3express schemas sdb securityhub
serverlessrepo servicecatalog servicediscovery serviceextract shield signin sms-voice sqlworkbench ssmmessages sso
sso-directory states sumerian support tag tax textract ts user-subscriptions vpc-lattice-svcs vpce wam
waf-regional wellarchitected workmail
"""


@cache
def service_prefixes() -> frozenset[str]:
    """Return every prefix: what botocore has a folder for, and what IAM names otherwise."""
    folders = {folder.name for folder in (Path(botocore.__file__).parent / "data").iterdir() if folder.is_dir()}
    return frozenset(folders | set(_MORE.split()))
