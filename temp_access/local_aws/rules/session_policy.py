"""The characters, size and grammar that STS accepts in a session policy."""

import math
import re
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore

from temp_access.local_aws.rules.call import AwsError, Call, parse_json

# One figure of the range that temp_access.iam.packed_size estimates, close to the sizes published since 2026-09-15.
_PACKED_LIMIT_BYTES = 1024
_STATEMENT_ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
# The IAM prefixes that differ from the name of the service's folder in botocore.
_FURTHER_PREFIXES = """
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
    """Return the prefixes of all actions: the names of botocore's folders, and the prefixes that differ from them."""
    folders = {folder.name for folder in (Path(botocore.__file__).parent / "data").iterdir() if folder.is_dir()}
    return frozenset(folders | set(_FURTHER_PREFIXES.split()))


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", message)


def characters(call: Call) -> None:
    """A session policy has only tabs, line feeds, carriage returns and the characters U+0020 to U+00FF.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    if not re.fullmatch(r"[\t\n\r\x20-\xff]*", call.get("Policy") or ""):
        raise _malformed("The policy has characters outside U+0009, U+000A, U+000D and U+0020 to U+00FF")


def size(call: Call) -> None:
    """Session policies and the ARNs of managed ones have at most 2048 characters together; at most 10 are managed.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    arns = call.members("PolicyArns", "arn")
    if len(arns) > 10:
        raise AwsError("ValidationError", f"{len(arns)} managed session policies were passed; at most 10 are accepted")
    if len(call.get("Policy") or "") + sum(map(len, arns)) > 2048:
        raise AwsError("ValidationError", "The session policies have more than 2048 characters together")


def grammar(call: Call) -> None:
    """A session policy is a JSON policy without principals, whose actions have the prefix of a known service.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    policy = call.get("Policy")
    if policy is None:
        return
    try:
        document = parse_json(policy)
    except ValueError:
        raise _malformed("This policy contains invalid Json") from None
    if not isinstance(document, dict) or not set(document) <= {"Version", "Id", "Statement"}:
        raise _malformed("Syntax errors in policy.")
    if document.get("Version", "2008-10-17") not in ("2012-10-17", "2008-10-17"):
        raise _malformed("The policy must contain a valid version string")
    for statement in _items(document.get("Statement")):
        _check_statement(statement)


def _check_statement(statement: Any) -> None:
    if not isinstance(statement, dict):
        raise _malformed("Syntax errors in policy.")
    if "Principal" in statement or "NotPrincipal" in statement:
        raise _malformed("Policy document should not specify a principal.")
    if not set(statement) <= _STATEMENT_ELEMENTS:
        raise _malformed("Syntax errors in policy.")
    for action in (*_items(statement.get("Action")), *_items(statement.get("NotAction"))):
        _check_action(action)
    for resource in (*_items(statement.get("Resource")), *_items(statement.get("NotResource"))):
        if not isinstance(resource, str) or (resource != "*" and len(resource.split(":", 5)) < 6):
            raise _malformed(f'Resource {resource} must be in ARN format or "*".')


def _check_action(action: Any) -> None:
    if action == "*":
        return
    prefix, colon, name = str(action).partition(":")
    if not colon or not name:
        raise _malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    if prefix != "*" and prefix.lower() not in service_prefixes():
        raise _malformed(f"Vendor {prefix} is not valid")


def packed_percent(call: Call) -> int:
    """Return the estimated PackedPolicySize of the call's policies and tags: a percentage of the limit."""
    parts = [call.get("Policy") or "", *call.members("PolicyArns", "arn")]
    parts += [part for tag in call.tags.items() for part in tag]
    joined = "\n".join(parts).strip()
    return math.ceil(100 * len(zlib.compress(joined.encode(), 9)) / _PACKED_LIMIT_BYTES) if joined else 0


def packed_size(call: Call) -> None:
    """STS refuses policies and tags whose packed size exceeds its limit, even below 2048 characters.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    percent = packed_percent(call)
    if percent > 100:
        raise AwsError(
            "PackedPolicyTooLarge",
            f"Packed size of session policies and tags consumes {percent}% of allotted space.",
        )


def _items(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else () if value is None else (value,)
