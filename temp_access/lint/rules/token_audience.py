"""A role trusts the tokens of an identity provider only for a fixed audience.

Of a provider in the account, AWS accepts the audiences that are registered there; of those that AWS knows by itself,
every app's and every identity pool's.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
"""

from collections.abc import Iterator

from temp_access.iam.statements import StatementView
from temp_access.lint.meaning.conditions import may_limit
from temp_access.lint.meaning.tokens import BUILT_IN, token_providers
from temp_access.lint.model import Violation


def check(statement: StatementView) -> Iterator[Violation]:
    """Yield each provider whose tokens are accepted for every audience."""
    if any(map(may_limit, statement.conditions)):
        return
    for provider in token_providers(statement):
        claims = BUILT_IN.get(provider.host or "", ("aud",))
        if not provider.limits(*claims):
            key = f"{provider.host or 'PROVIDER'}:{claims[0]}"
            if provider.is_built_in:
                yield Violation(
                    provider.shown,
                    f"tokens of {provider.shown} for any app can assume the role; require a value of {key}",
                )
            else:
                yield Violation(
                    provider.shown,
                    f"tokens of {provider.shown} for every audience of the provider can assume the role, such as those "
                    f"that were issued for another service; require a value of {key}",
                    "warning",
                )
