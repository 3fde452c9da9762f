"""What an answer of AWS means: the one table of error codes, and the signs of an answer that isn't AWS's.

Only a code of this table decides anything. Every other answer (throttling in any spelling, a server's error, expired
or unknown credentials, a page of a proxy) is none: the call can be repeated, and its result stays unknown.
"""

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any


class AnswerType(Enum):
    """What an error says about the call."""

    DENIED = "denied"
    REJECTED = "rejected"
    MISSING = "missing"
    NO_ANSWER = "no answer"


# By which a service denies a call, after it has evaluated the policies:
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
# By which STS rejects the parameters of a call, and S3 its condition; a repetition is rejected too. From botocore's
# models of AssumeRole and AssumeRoleWithWebIdentity, and https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
REJECTED = frozenset(
    {
        "IDPRejectedClaim",
        "InvalidIdentityToken",
        "MalformedPolicyDocument",
        "MalformedPolicyDocumentException",
        "PackedPolicyTooLarge",
        "PackedPolicyTooLargeException",
        "PreconditionFailed",
        "RegionDisabledException",
        "ValidationError",
    }
)
# By which IAM, S3 and CloudFormation say that something isn't there, from botocore's models (status 404) and
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
MISSING = frozenset(
    {
        "ChangeSetNotFound",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchEntity",
        "NoSuchKey",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "NoSuchUpload",
        "NoSuchVersion",
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
        "StackNotFoundException",
    }
)
# What botocore makes of S3's answer to HEAD that the object isn't there: such an answer has no body, so no code.
HEAD_MISSING = "404"
# With which services ask for fewer calls. The first are those of botocore's retry modes, with status 503 and 429 if
# there is no code: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
        "TooManyRequestsException",
        "TransactionInProgressException",
        "429",
        "503",
    }
)
# With which a service says that it doesn't know or accept the credentials. It decided nothing about the call: they
# may be new, expired, signed with a wrong clock, or forgotten by a local AWS that was restarted.
CREDENTIAL_CODES = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    }
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})
# The headers with which every service of AWS names the request. What a proxy or a login page answers has none.
_REQUEST_IDS = frozenset({"x-amz-request-id", "x-amzn-requestid"})
# With this message STS says that the issuer of a token didn't answer it, by the code with which it rejects tokens.
_NO_KEYS = "verification key from your identity provider"
# S3's answer to a presigned URL whose time is over, which says nothing about the permissions.
_EXPIRED_URL = ("Request has expired", "Request is not valid yet", "Request is not yet valid")
# What is in every answer to these operations; botocore's models require it of IAM's only.
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "AssumeRole": ("AssumedRoleUser", "Credentials"),
    "AssumeRoleWithWebIdentity": ("AssumedRoleUser", "Credentials"),
    "CompleteMultipartUpload": ("ETag",),
    "CopyObject": ("CopyObjectResult",),
    "CreateMultipartUpload": ("UploadId",),
    "DescribeStackResources": ("StackResources",),
    "DescribeStacks": ("Stacks",),
    "GetBucketEncryption": ("ServerSideEncryptionConfiguration",),
    "GetBucketOwnershipControls": ("OwnershipControls",),
    "GetCallerIdentity": ("Account", "Arn"),
    "GetObject": ("ETag",),
    "GetObjectAcl": ("Owner",),
    "GetObjectTagging": ("TagSet",),
    "GetPublicAccessBlock": ("PublicAccessBlockConfiguration",),
    "GetSessionToken": ("Credentials",),
    "GetTemplate": ("TemplateBody",),
    "ListAttachedRolePolicies": ("AttachedPolicies",),
    "ListAttachedUserPolicies": ("AttachedPolicies",),
    "HeadObject": ("ETag",),
    "ListBuckets": ("Owner",),
    "ListStackResources": ("StackResourceSummaries",),
    "ListMultipartUploads": ("Bucket",),
    "ListObjectVersions": ("Name",),
    "ListObjects": ("Name",),
    "ListObjectsV2": ("Name",),
    "PutObject": ("ETag",),
    "UploadPart": ("ETag",),
}


# S3's answers that may have no member at all, with the element that they consist of.
_ROOTS: Mapping[str, str] = {
    "DeleteObjects": "DeleteResult",
    "GetBucketLocation": "LocationConstraint",
    "GetBucketVersioning": "VersioningConfiguration",
}
# The status of answers that have no body.
_EMPTY = {"AbortMultipartUpload": 204, "DeleteObject": 204}


def root_element(operation: str, protocol: str) -> str | None:
    """Return the element that the body of each answer to `operation` consists of, None where members tell enough."""
    return f"{operation}Response" if protocol == "query" else _ROOTS.get(operation)


def answer_type(error: Exception) -> AnswerType:
    """Return what botocore's ClientError says about the call."""
    response = _response(error)
    details = response.get("Error", {})
    code, message = str(details.get("Code", "")), str(details.get("Message", ""))
    metadata = response.get("ResponseMetadata", {})
    if code == HEAD_MISSING and is_head(error) and metadata.get("HTTPStatusCode") == 404 and is_from_aws(metadata):
        return AnswerType.MISSING
    answer = classify(code, message, metadata)
    # No credentials sign this call, so it's the token that has expired.
    is_token = getattr(error, "operation_name", None) == "AssumeRoleWithWebIdentity" and code in _EXPIRED
    return AnswerType.REJECTED if is_token and not metadata.get("HTTPStatusCode", 0) >= 500 else answer


def classify(code: str, message: str, metadata: Mapping[str, Any]) -> AnswerType:
    """Return what an error code says; `metadata` is botocore's ResponseMetadata, as far as it is known."""
    status = int(metadata.get("HTTPStatusCode", 0))
    if status >= 500 or status in (408, 429) or _is_a_page(metadata) or message.startswith(_EXPIRED_URL):
        return AnswerType.NO_ANSWER
    if _NO_KEYS in message:
        return AnswerType.NO_ANSWER
    if code in DENIED:
        return AnswerType.DENIED
    if code in MISSING or (code == "ValidationError" and "does not exist" in message):
        return AnswerType.MISSING
    return AnswerType.REJECTED if code in REJECTED else AnswerType.NO_ANSWER


def is_denied(error: Exception) -> bool:
    """Whether the service denied the call."""
    return answer_type(error) is AnswerType.DENIED


def is_missing(error: Exception, code: str | None = None) -> bool:
    """Whether the service said that something isn't there, with this error code (None: any)."""
    details = _response(error).get("Error", {})
    return answer_type(error) is AnswerType.MISSING and code in (None, details.get("Code"))


def is_no_answer(error: Exception) -> bool:
    """Whether the error leaves open what the service would answer."""
    return answer_type(error) is AnswerType.NO_ANSWER


def is_head(error: Exception) -> bool:
    """Whether the error answers a HEAD call; the answer to any other call without a code was damaged on its way."""
    return str(getattr(error, "operation_name", "")).startswith("Head")


def lacks_code(error: Exception) -> bool:
    """Whether S3 refused a HEAD call, in an answer without a body, so without a code; GET would get one."""
    response = _response(error)
    code = response.get("Error", {}).get("Code")
    return is_head(error) and code in ("400", "403") and is_from_aws(response.get("ResponseMetadata", {}))


def _response(error: Exception) -> Mapping[str, Any]:
    # botocore's errors of a connection have one too, and it is None.
    response: Mapping[str, Any] | None = getattr(error, "response", None)
    return response or {}


def _is_a_page(metadata: Mapping[str, Any]) -> bool:
    headers: Mapping[str, str] = metadata.get("HTTPHeaders") or {}
    return any(name.lower() == "content-type" and "html" in value.lower() for name, value in headers.items())


def _is_json(text: Any) -> bool:
    # The body of the answer is the policy, so no parser has read it yet.
    try:
        json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def is_from_aws(metadata: Mapping[str, Any]) -> bool:
    """Whether an answer has the request id that AWS gives each one; an answer without known headers counts as its."""
    headers = metadata.get("HTTPHeaders")
    return headers is None or not _REQUEST_IDS.isdisjoint(name.lower() for name in headers)


def defect(operation: str, response: Mapping[str, Any], required: tuple[str, ...] = ()) -> str | None:
    """Return why a response without an error isn't the service's whole answer to `operation`; None if it is.

    `required` are the members that botocore's model requires.
    """
    if not is_from_aws(response.get("ResponseMetadata", {})):
        return "it has no request id, so something between this machine and the service answered"
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if status not in (None, _EMPTY.get(operation, status)):
        return f"its status is {status}"
    if operation == "GetBucketPolicy" and not _is_json(response.get("Policy")):
        return "its policy isn't JSON"
    missing = [name for name in (*_MEMBERS.get(operation, ()), *required) if name not in response]
    return f"it has no {' and no '.join(dict.fromkeys(missing))}" if missing else None
