"""The lint rules by id: functions that yield the violations in a statement, or in a resource."""

from collections.abc import Callable, Iterator, Mapping

from temp_access.iam.statements import StatementView
from temp_access.lint.model import Violation
from temp_access.lint.rules import (
    account_trust,
    escalating_policy,
    everyone,
    list_without_prefix,
    misspelt_variable,
    prefix_on_other_action,
    prefix_without_slash,
    self_escalation,
    service_source,
    session_principal,
    session_tags,
    string_equals_wildcard,
    token_audience,
    token_subject,
    variable_version,
)

RULES: Mapping[str, Callable[[StatementView], Iterator[Violation]]] = {
    "AccountTrust": account_trust.check,
    "Everyone": everyone.check,
    "ListWithoutPrefix": list_without_prefix.check,
    "MisspeltVariable": misspelt_variable.check,
    "PrefixOnOtherAction": prefix_on_other_action.check,
    "PrefixWithoutSlash": prefix_without_slash.check,
    "SelfEscalation": self_escalation.check,
    "ServiceSource": service_source.check,
    "SessionPrincipal": session_principal.check,
    "SessionTags": session_tags.check,
    "StringEqualsWildcard": string_equals_wildcard.check,
    "TokenAudience": token_audience.check,
    "TokenSubject": token_subject.check,
    "VariableVersion": variable_version.check,
}
# These also yield the path of the property.
RESOURCE_RULES: Mapping[str, Callable[[Mapping[str, object]], Iterator[tuple[str, Violation]]]] = {
    "EscalatingPolicy": escalating_policy.check,
}
