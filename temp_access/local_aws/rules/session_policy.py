"""What STS takes as a session policy."""

import json
import math
import re
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore

from temp_access.local_aws.rules.call import AwsError, Call

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


_STATEMENT = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
# STS doesn't publish its packed format; public reports of refused calls put the room at about a kilobyte of
# what is left after packing, which deflate comes near to. An estimate: only what is far over or under is sure.
PACKED_BYTES = 1024


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", message)


def characters(call: Call) -> None:
    """A session policy holds tab, line feed, carriage return and U+0020 to U+00FF only.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    if not re.fullmatch(r"[\t\n\r\x20-\xff]*", call.get("Policy") or ""):
        raise _malformed("The policy holds characters outside U+0009, U+000A, U+000D and U+0020 to U+00FF")


def size(call: Call) -> None:
    """Inline and managed session policies have at most 2048 characters together, and at most 10 are managed.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    arns = call.members("PolicyArns", "arn")
    if len(arns) > 10:
        raise AwsError("ValidationError", f"{len(arns)} managed session policies were passed; at most 10 are accepted")
    if len(call.get("Policy") or "") + sum(map(len, arns)) > 2048:
        raise AwsError("ValidationError", "The session policies have more than 2048 characters together")


def grammar(call: Call) -> None:
    """A session policy is a JSON policy without a principal, whose actions have a known vendor prefix.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    text = call.get("Policy")
    if text is None:
        return
    try:
        document = json.loads(text)
    except ValueError:
        raise _malformed("This policy contains invalid Json") from None
    if not isinstance(document, dict) or not set(document) <= {"Version", "Id", "Statement"}:
        raise _malformed("Syntax errors in policy.")
    if document.get("Version", "2008-10-17") not in ("2012-10-17", "2008-10-17"):
        raise _malformed("The policy must contain a valid version string")
    for statement in _listed(document.get("Statement")):
        _check(statement)


def _check(statement: Any) -> None:
    if not isinstance(statement, dict):
        raise _malformed("Syntax errors in policy.")
    if "Principal" in statement or "NotPrincipal" in statement:
        raise _malformed("Policy document should not specify a principal.")
    if not set(statement) <= _STATEMENT:
        raise _malformed("Syntax errors in policy.")
    for action in (*_listed(statement.get("Action")), *_listed(statement.get("NotAction"))):
        _vendor(action)
    for resource in (*_listed(statement.get("Resource")), *_listed(statement.get("NotResource"))):
        if not isinstance(resource, str) or (resource != "*" and len(resource.split(":", 5)) < 6):
            raise _malformed(f'Resource {resource} must be in ARN format or "*".')


def _vendor(action: Any) -> None:
    if action == "*":
        return
    vendor, colon, name = str(action).partition(":")
    if not colon or not name:
        raise _malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    if vendor != "*" and vendor.lower() not in service_prefixes():
        raise _malformed(f"Vendor {vendor} is not valid")


def packed_percent(call: Call) -> int:
    """Return the estimated PackedPolicySize: deflated policies and tags, as a percentage of the room."""
    parts = [call.get("Policy") or "", *call.members("PolicyArns", "arn")]
    parts += [part for pair in call.tags.items() for part in pair]
    text = "\n".join(parts).strip()
    return math.ceil(100 * len(zlib.compress(text.encode(), 9)) / PACKED_BYTES) if text else 0


def packed_size(call: Call) -> None:
    """Policies and tags that pack to more than STS has room for are refused, even below 2048 characters.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    percent = packed_percent(call)
    if percent > 100:
        raise AwsError(
            "PackedPolicyTooLarge",
            f"Packed size of session policies and tags consumes {percent}% of allotted space.",
        )


def _listed(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else () if value is None else (value,)
