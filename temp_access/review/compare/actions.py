"""Sample actions for a pattern of actions, and the resources that they apply to."""

from functools import lru_cache, partial

from temp_access.iam.patterns import PatternSet, compile_patterns
from temp_access.iam.request import Request
from temp_access.iam.statements import PREFIX_ACTIONS

# Some of each kind: those that a reviewer looks for first.
SAMPLE_ACTIONS = (
    *PREFIX_ACTIONS,
    "s3:AbortMultipartUpload",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetBucketLocation",
    "s3:GetBucketPolicy",
    "s3:GetObject",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
    "s3:PutBucketPolicy",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:GetUser",
    "iam:PassRole",
    "iam:PutUserPolicy",
    "ec2:RunInstances",
    "sts:AssumeRole",
)
_OBJECT_ACTIONS = ("s3:abortmultipartupload", "s3:listmultipartuploadparts", "s3:bypassgovernanceretention")
# The actions on buckets with "object" in their names: another pattern with it is about objects.
_LOCKS = ("s3:GetBucketObjectLockConfiguration", "s3:PutBucketObjectLockConfiguration")
_PLACEHOLDER = "Example"
_ANY_REQUEST = Request("*", "", "", "", "")


def sample_actions(pattern: str) -> tuple[str, ...]:
    """Return actions that `pattern` matches: those listed here, and a placeholder for all others."""
    if not is_pattern(pattern):
        return (pattern,)
    listed = tuple(action for action in SAMPLE_ACTIONS if action_matches(pattern, action))
    return (*listed, pattern.replace("*", _PLACEHOLDER).replace("?", "x")) if ":" in pattern else listed


def is_pattern(name: str) -> bool:
    """Whether `name` has wildcards."""
    return "*" in name or "?" in name


def is_placeholder(action: str) -> bool:
    """Whether `action` represents the actions that aren't listed here."""
    return _PLACEHOLDER in action


def service_of(action: str) -> str:
    """Return the service prefix of an action, as ARNs spell it."""
    return action.partition(":")[0].lower()


def action_matches(pattern: str, action: str) -> bool:
    """Whether `pattern` matches `action`, regardless of case."""
    return _compiled(pattern).matches(action.lower(), _ANY_REQUEST)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> PatternSet:
    return compile_patterns([pattern], variables=False, ignore_case=True)


def applies_to(action: str, arn: str) -> bool:
    """Whether `action` can apply to the resource `arn`: an object action to an object, an S3 action to S3, …"""
    service = service_of(action)
    if service == "sts" and ":role/" in arn:
        return True
    if service != "s3" or arn.split(":")[2] != "s3":
        return service == arn.split(":")[2]
    pattern = action.replace(_PLACEHOLDER, "*")
    if is_placeholder(action) and (
        "object" not in action.lower() or any(map(partial(action_matches, pattern), _LOCKS))
    ):
        return True
    on_objects = action.lower() in _OBJECT_ACTIONS or ("object" in action.lower() and "bucket" not in action.lower())
    return on_objects is ("/" in arn)
