"""The stacks with the roles of grants: which grant is in which one.

A grant's stack depends on its id alone, so a new grant moves no other one.
"""

import hashlib
from typing import TYPE_CHECKING

from temp_access.config.borrower import BorrowerKind

if TYPE_CHECKING:
    from temp_access.config.model import Grant

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MAX_RESOURCES = 500
BORROWERS = "TempAccessBorrowers"
# An account has at most 1,000 roles by default: about 250 in each of four stacks.
GRANT_STACKS = tuple(f"TempAccessGrants{number}" for number in range(1, 5))


def grant_stack(id_: str) -> str:
    """Return the name of the stack with the role of the grant `id_`."""
    digest = hashlib.sha256(id_.encode("utf-8", "surrogatepass")).digest()
    return GRANT_STACKS[digest[0] % len(GRANT_STACKS)]


def needs_instance_profile(grant: "Grant") -> bool:
    """Whether EC2 is among the borrowers: an instance gets a role through an instance profile only.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
    """
    names = ("ec2.amazonaws.com", "ec2.amazonaws.com.cn")
    return any(each.kind is BorrowerKind.SERVICE and each.name in names for each in grant.borrowers)
