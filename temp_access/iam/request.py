"""The request that policies are evaluated against: principal, action, resource and condition keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

Scalar = str | bool | int | float
Value = TypeVar("Value")
ContextValue = Scalar | Sequence[Scalar] | None
_EMPTY: Mapping[str, Any] = MappingProxyType({})
_PRINCIPAL_TAG = "aws:principaltag/"


class Request(NamedTuple):
    """One request; `context` needn't contain the condition keys that follow from the principal.

    `principal` is the caller's ARN (for a role session, the session's), a service name, or `*` for an anonymous
    caller. A key of `context` whose value is None or an empty list counts as absent.
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

    def value(self, key: str) -> str | tuple[str, ...] | None:
        """Return the value of a condition key: a string, a tuple if it is multivalued, None if it is absent.

        Key names aren't case-sensitive:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
        """
        # Policy and request nearly always use the same case.
        value = self.context.get(key)
        if isinstance(value, str):
            return value
        key = key.lower()
        if value is None:
            value = _ignoring_case(self.context, key)
        if value is None:
            return self._derived(key)
        if isinstance(value, str | int | float):
            return scalar_text(value)
        return tuple(map(scalar_text, value)) or None

    def _derived(self, key: str) -> str | None:
        if key.startswith(_PRINCIPAL_TAG):
            return _ignoring_case(self.principal_tags, key.removeprefix(_PRINCIPAL_TAG))
        derive = _DERIVED.get(key)
        return derive(self) if derive else None


def scalar_text(value: Scalar) -> str:
    """Return a JSON scalar as the policy language writes it: `true` and `false` for booleans."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _ignoring_case(values: Mapping[str, Value], key: str) -> Value | None:
    for name, value in values.items():
        if name.lower() == key:
            return value
    return None


def _principal_arn(request: Request) -> str | None:
    return request.role or (request.principal if request.principal.startswith("arn:") else None)


def _username(request: Request) -> str | None:
    return request.principal.rsplit("/", 1)[-1] if ":user/" in request.principal else None


def _principal_type(request: Request) -> str:
    for part, name in _TYPES.items():
        if part in request.principal:
            return name
    return "Anonymous"


_TYPES = {
    ":user/": "User",
    ":assumed-role/": "AssumedRole",
    ":federated-user/": "FederatedUser",
    ":root": "Account",
}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_DERIVED: dict[str, Callable[[Request], str | None]] = {
    "aws:principalarn": _principal_arn,
    "aws:principalaccount": lambda request: request.account or None,
    "aws:resourceaccount": lambda request: request.resource_account or None,
    "aws:principaltype": _principal_type,
    "aws:username": _username,
}
