"""What is sent to STS to narrow a session: the same for people, for programs and for the verification."""

from collections.abc import Callable

from temp_access.config.model import Grant
from temp_access.policy.access import ACCESS_MODES
from temp_access.policy.session import minimal_json, session_policy
from temp_access.verify.model import Target

ALLOW_ALL = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'

PolicyForGrant = Callable[[Grant], str | None]


def session_policy_for(target: Target) -> PolicyForGrant:
    """Return the function that gives the session policy of a grant, as every caller sends it."""

    def policy_of(grant: Grant) -> str:
        access = ACCESS_MODES[grant.access]
        return minimal_json(session_policy(grant.folder, access, bucket=target.bucket, partition=target.partition))

    return policy_of
