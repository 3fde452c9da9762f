"""Checks of the policies that access.toml defines: the quotas of IAM and STS, and their grammar.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.config.model import Config, Grant, User
from temp_access.config.table import key_path
from temp_access.iam.arn import iam_arn
from temp_access.iam.policy_json import escape, minimal_json
from temp_access.policies.access_modes import grant_access
from temp_access.policies.session_policy import session_policy
from temp_access.policies.trust_policy import trust_policy
from temp_access.policies.user_policies import ROTATE_KEYS, rotate_keys_policy

MAX_SESSION_POLICY, MAX_TRUST_POLICY, MAX_MANAGED_POLICY, MAX_USER_INLINE = 2048, 2048, 6144, 2048
MAX_ATTACHED_POLICIES = 10
# The longest names, where a name isn't known before the deployment.
_LONGEST_BUCKET, _LONGEST_PARTITION, _ANY_ACCOUNT = "b" * 63, "aws-us-gov", "1" * 12


def quota_findings(config: Config) -> Iterator[str]:
    """Yield a finding for each policy that would exceed a quota."""
    bucket = config.bucket_name or _LONGEST_BUCKET
    for grant in config.grants.values():
        size = session_policy_size(grant, bucket=bucket, partition=_LONGEST_PARTITION)
        if size > MAX_SESSION_POLICY:
            yield (
                f"{key_path('grants', grant.id)}.folder: the session policy has {size} characters, and the maximum is "
                f"{MAX_SESSION_POLICY}; shorten the folder{' or remove an extra' if grant.extras else ''}"
            )
    if config.any_id:
        longest, access = config.any_id.grant(""), grant_access(config.any_id.grant(""))
        cost = config.any_id.pattern.longest_cost(lambda c: len(json.dumps(escape(c), ensure_ascii=False)) - 2)
        # The statements that name the folder.
        copies = bool(access.prefix_actions) + bool(access.object_actions)
        size = session_policy_size(longest, bucket=bucket, partition=_LONGEST_PARTITION) + copies * cost
        if size > MAX_SESSION_POLICY:
            remedy = "shorten the pattern or the folder" + (", or remove an extra" if longest.extras else "")
            yield (
                f"any_id.pattern: the session policy of the longest id has {size} characters, and the maximum is "
                f"{MAX_SESSION_POLICY}; {remedy}"
            )
    user_arn = iam_arn(_LONGEST_PARTITION, _ANY_ACCOUNT, f"user/{config.user.name}")
    size = policy_size(trust_policy(config.role, user_arn=user_arn, account=_ANY_ACCOUNT, partition=_LONGEST_PARTITION))
    if size > MAX_TRUST_POLICY:
        yield (
            f"role.trusted: the trust policy has {size} characters, and the maximum is {MAX_TRUST_POLICY}; "
            "trust fewer principals, or an account instead of many of its users"
        )
    yield from user_findings(config.user, "user", user_arn)


def session_policy_size(grant: Grant, *, bucket: str, partition: str) -> int:
    """Return the number of characters in the session policy of `grant`."""
    policy = session_policy(grant.folder, grant_access(grant), bucket=bucket, partition=partition)
    return len(minimal_json(policy))


def user_findings(user: User, path: str, user_arn: str) -> Iterator[str]:
    """Yield a finding for each quota that the policies of the user at `path` exceed."""
    total = sum(policy_size(policy.document) for policy in user.inline) + policy_size(rotate_keys_policy(user_arn))
    if total > MAX_USER_INLINE:
        yield (
            f"{path}.inline: the inline policies have {total} characters in total (one is added by the project), and "
            f"the maximum is {MAX_USER_INLINE}; make one of them a customer managed policy"
        )
    for index, policy in enumerate(user.customer_managed):
        size = policy_size(policy.document)
        if size > MAX_MANAGED_POLICY:
            yield (
                f"{path}.customer_managed[{index}]: {policy.name!r} has {size} characters, and the maximum is "
                f"{MAX_MANAGED_POLICY}; split it"
            )
    attached = len(user.aws_managed) + len(user.customer_managed) + 1
    if attached > MAX_ATTACHED_POLICIES:
        yield (
            f"{path}: {attached} managed policies would be attached (one is added by the project), and the maximum is "
            f"{MAX_ATTACHED_POLICIES}; merge some of them"
        )


def policy_size(policy: Mapping[str, Any]) -> int:
    """Return the characters that IAM counts in a policy."""
    # IAM doesn't count white space.
    return sum(not character.isspace() for character in json.dumps(policy, separators=(",", ":")))


def document_findings(user: User, path: str) -> Iterator[str]:
    """Yield a finding for each malformed policy of the user at `path`, and for one named like the project's own."""
    if any(policy.name == ROTATE_KEYS for policy in user.inline):
        yield f"{path}.inline: {ROTATE_KEYS!r} is the name of a policy that the project adds; choose another name"
    for key, policies in (("customer_managed", user.customer_managed), ("inline", user.inline)):
        for policy in policies:
            # Imported here: borrowing without policies of the user's own imports nothing of the evaluator.
            from temp_access.iam.decision import Layer
            from temp_access.iam.document import MalformedPolicy
            from temp_access.iam.parser import parse_policy

            try:
                parse_policy(policy.document, Layer.IDENTITY, repr(policy.name))
            except MalformedPolicy as error:
                yield f"{path}.{key}: {error}; correct it, or IAM rejects the policy"
