"""The request that policies are evaluated against: principal, action, resource and condition keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from temp_access.iam.condition_keys import CONDITION_KEYS
from temp_access.iam.token_keys import token_key
from temp_access.iam.unknown import UnknownValue

__all__ = ["ContextValue", "Request", "Scalar", "UnknownValue", "scalar_text"]
Scalar = str | bool | int | float
ContextValue = Scalar | Sequence[Scalar] | UnknownValue | None
_EMPTY: Mapping[str, Any] = MappingProxyType({})
_PRINCIPAL_TAG = "aws:principaltag/"
_NOT_GIVEN = object()


class Request(NamedTuple):
    """One request; `context` needn't contain the condition keys that follow from the principal.

    `principal` is the caller's ARN (for a role session, the session's), a service name, or `*` for an anonymous
    caller. A key of `context` whose value is None or an empty list is absent; a member of `UnknownValue` says that its
    value isn't known. For other keys, `temp_access.iam.condition_keys` has what every request has.
    """

    principal: str
    action: str
    resource: str
    account: str
    resource_account: str
    role_arn: str | None = None
    context: Mapping[str, ContextValue] = _EMPTY
    principal_tags: Mapping[str, str] = _EMPTY

    @property
    def role(self) -> str | None:
        """The ARN of the role whose session calls; without `role_arn`, it is built from the session's ARN."""
        if self.role_arn is not None or ":assumed-role/" not in self.principal:
            return self.role_arn
        partition = self.principal.split(":", 2)[1]
        return f"arn:{partition}:iam::{self.account}:role/{self.principal.split('/')[1]}"

    def value(self, key: str) -> str | tuple[str, ...] | UnknownValue | None:
        """Return the value of a condition key: a string, a tuple if it is multivalued, None if it is absent.

        Key names aren't case-sensitive:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
        """
        # Policy and request nearly always use the same case.
        value = self.context.get(key)
        if isinstance(value, str):
            return value
        key = key.lower()
        given = _ignoring_case(self.context, key)
        if given is not _NOT_GIVEN:
            return _context_value(given)
        if key.startswith(_PRINCIPAL_TAG):
            tag = _ignoring_case(self.principal_tags, key.removeprefix(_PRINCIPAL_TAG))
            return tag if isinstance(tag, str) else None
        if condition_key := CONDITION_KEYS.get(key):
            return condition_key.default(self)
        said = token_key(key)
        return said.availability(self.principal) if said else None

    def given(self, key: str) -> str | tuple[str, ...] | UnknownValue | None:
        """Return the value that `context` has for a key (in lower case), None if it is absent there."""
        given = _ignoring_case(self.context, key)
        return None if given is _NOT_GIVEN else _context_value(given)


def scalar_text(value: Scalar) -> str:
    """Return a JSON scalar as the policy language writes it: `true` and `false` for booleans."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _context_value(value: object) -> str | tuple[str, ...] | UnknownValue | None:
    if value is None or isinstance(value, UnknownValue):
        return value
    if isinstance(value, str | int | float):
        return scalar_text(value)
    return tuple(map(scalar_text, value)) or None if isinstance(value, Sequence) else None


def _ignoring_case(values: Mapping[str, object], key: str) -> object:
    for name, value in values.items():
        if name.lower() == key:
            return value
    return _NOT_GIVEN
