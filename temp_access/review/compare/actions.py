"""Actions that stand for what a pattern of actions allows, and which resources they are about."""

from functools import lru_cache

from temp_access.iam.patterns import PatternSet, compile_patterns
from temp_access.iam.request import Request
from temp_access.iam.statements import PREFIX_ACTIONS

# Some of each kind, named because a reviewer asks about them first.
KNOWN = (
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
_OF_OBJECTS = ("s3:abortmultipartupload", "s3:listmultipartuploadparts", "s3:bypassgovernanceretention")
_INVENTED = "Example"
_NOBODY = Request("*", "", "", "", "")


def actions_of(pattern: str) -> tuple[str, ...]:
    """Return actions that `pattern` matches: the known ones, else one that its wildcards are filled in of."""
    if not is_pattern(pattern):
        return (pattern,)
    found = tuple(action for action in KNOWN if action_matches(pattern, action))
    return (*found, pattern.replace("*", _INVENTED).replace("?", "x")) if ":" in pattern else found


def is_pattern(text: str) -> bool:
    """Whether `text` has wildcards."""
    return "*" in text or "?" in text


def is_invented(action: str) -> bool:
    """Whether `action` stands for those that aren't known here."""
    return _INVENTED in action


def service_of(action: str) -> str:
    """Return the service of an action, as ARNs write it."""
    return action.partition(":")[0].lower()


def action_matches(pattern: str, action: str) -> bool:
    """Whether `pattern` contains `action`, whatever their case."""
    return _compiled(pattern).matches(action.lower(), _NOBODY)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> PatternSet:
    return compile_patterns([pattern], variables=False, ignore_case=True)


def fits(action: str, arn: str) -> bool:
    """Whether `action` can be about the resource `arn`: object actions about keys, S3's about S3's, …"""
    service = service_of(action)
    if service == "sts" and ":role/" in arn:
        return True
    if service != "s3" or arn.split(":")[2] != "s3":
        return service == arn.split(":")[2]
    if is_invented(action):
        return True
    of_objects = action.lower() in _OF_OBJECTS or ("object" in action.lower() and "bucket" not in action.lower())
    return of_objects is ("/" in arn)
