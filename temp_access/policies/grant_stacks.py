"""The stacks with the roles of grants: which grant is in which one.

A grant's stack depends on its id alone, so a new grant moves no other one.
"""

import hashlib

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MAX_RESOURCES = 500
BORROWERS = "TempAccessBorrowers"
# An account has at most 1,000 roles by default: about 250 in each of four stacks.
GRANT_STACKS = tuple(f"TempAccessGrants{number}" for number in range(1, 5))


def grant_stack(id_: str) -> str:
    """Return the name of the stack with the role of the grant `id_`."""
    digest = hashlib.sha256(id_.encode("utf-8", "surrogatepass")).digest()
    return GRANT_STACKS[digest[0] % len(GRANT_STACKS)]
