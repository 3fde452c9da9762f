"""The user's own two policies: finding and assuming the roles, and rotating its own access keys."""

from typing import Any

from temp_access.iam.policy_json import VERSION

ROTATE_KEYS = "RotateOwnAccessKeys"


def assume_policy(*role_arns: str) -> dict[str, Any]:
    """Return the policy that lets the user look up and assume the roles, and nothing else."""
    resource = role_arns[0] if len(role_arns) == 1 else list(role_arns)
    return {
        "Version": VERSION,
        "Statement": [
            {"Effect": "Allow", "Action": ["iam:GetRole", "sts:AssumeRole"], "Resource": resource},
        ],
    }


def rotate_keys_policy(user_arn: str) -> dict[str, Any]:
    """Return the policy that lets the user list and rotate its own access keys."""
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "iam:CreateAccessKey",
                    "iam:DeleteAccessKey",
                    "iam:GetAccessKeyLastUsed",
                    "iam:ListAccessKeys",
                    "iam:UpdateAccessKey",
                ],
                "Resource": user_arn,
            },
        ],
    }
