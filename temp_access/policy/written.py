"""The policies written in access.toml, held against IAM's grammar before anything is made of them."""

from collections.abc import Iterator

from temp_access.config.model import User
from temp_access.policy.decision import Layer
from temp_access.policy.document import MalformedPolicy
from temp_access.policy.parse import parse_policy
from temp_access.policy.user import ROTATE_KEYS


def document_findings(user: User) -> Iterator[str]:
    """Yield a finding for each of the user's policies that IAM would refuse as malformed, or that hides our own."""
    if any(policy.name == ROTATE_KEYS for policy in user.inline):
        yield f"user.inline: {ROTATE_KEYS!r} is the name of the project's own policy; choose another"
    for key, policies in (("customer_managed", user.customer_managed), ("inline", user.inline)):
        for policy in policies:
            try:
                parse_policy(policy.document, Layer.IDENTITY, repr(policy.name))
            except MalformedPolicy as error:
                yield f"user.{key}: {error}; IAM would refuse it"
