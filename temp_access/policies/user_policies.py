"""The user's own two policies: finding and assuming the one role, and rotating its own access keys."""

from typing import Any

from temp_access.iam.document import VERSION

ROTATE_KEYS = "RotateOwnAccessKeys"


def assume_policy(role_arn: str) -> dict[str, Any]:
    """Return the policy that lets the user look the role up and assume it, and nothing else."""
    return {
        "Version": VERSION,
        "Statement": [
            {"Effect": "Allow", "Action": ["iam:GetRole", "sts:AssumeRole"], "Resource": role_arn},
        ],
    }


def rotate_keys_policy(user_arn: str) -> dict[str, Any]:
    """Return the policy that lets the user see and rotate its own access keys."""
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
