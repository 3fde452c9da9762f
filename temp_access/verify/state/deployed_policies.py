"""The documents of policies as IAM has them."""

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from temp_access.verify.state.missing import none_if_missing
from temp_access.verify.state.model import Document

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


def inline(names: Iterable[str], get: Callable[[str], Any]) -> dict[str, Document]:
    """Return the inline policies' documents by name, leaving out one that is deleted meanwhile."""
    answers = {name: none_if_missing("NoSuchEntity", get, name) for name in names}
    return {name: document(answer["PolicyDocument"]) for name, answer in answers.items() if answer}


def attached(iam: "IAMClient", arns: Iterable[str]) -> dict[str, Document | None]:
    """Return the attached policies' documents by ARN; None for AWS's own, which nobody here can change."""
    return {arn: None if is_aws_managed(arn) else _default_version(iam, arn) for arn in arns}


def is_aws_managed(arn: str) -> bool:
    """Whether a managed policy is AWS's own: its ARN has `aws` in the account's place."""
    return arn.split(":")[4:5] == ["aws"]


def document(value: Any) -> Document:
    """Return a policy document as a dict; boto3 decodes those of IAM, and passes on what it can't."""
    decoded = json.loads(unquote(value)) if isinstance(value, str) else value
    return decoded if isinstance(decoded, dict) else {"Statement": decoded}


def _default_version(iam: "IAMClient", arn: str) -> Document:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return document(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])
