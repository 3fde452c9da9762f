"""Sample values in place of a statement's references, so that its grammar can be checked."""

import re
from collections.abc import Mapping

from temp_access.iam.statements import ConditionEntry
from temp_access.lint.meaning.conditions import operator_name

_ACCOUNT = "111122223333"
_KNOWN = {"<AWS.Partition>": "aws", "<AWS.AccountId>": _ACCOUNT, "<AWS.Region>": "eu-central-1"}
_KNOWN |= {"<AWS.URLSuffix>": "amazonaws.com"}
_REFERENCE = re.compile(r"<[^<>]*>")
_ARN_ACCOUNT = re.compile(r"^(arn:[^:]*:[^:]*:[^:]*:)<[^<>]*>(?=:)")
_IAM = f"arn:aws:iam::{_ACCOUNT}:"
_ARN = f"{_IAM}role/r"
# By the beginning of the operator; a string can be anything, and an ARN fits most keys.
_VALUES = {"numeric": "1", "date": "2030-01-01T00:00:00Z", "bool": "true", "null": "true", "ip": "192.0.2.0/24"}
_VALUES |= {"notip": "192.0.2.0/24", "binary": "cg=="}


def with_sample_values(body: dict[str, object]) -> dict[str, object]:
    """Return a statement with each reference replaced by a value that it can have after the deployment."""
    return {
        element: _element(element, value, body)
        for element, value in body.items()
        # A reference to a whole condition.
        if not (element == "Condition" and isinstance(value, str))
    }


def _element(element: str, value: object, body: Mapping[str, object]) -> object:
    if element == "Condition" and isinstance(value, dict):
        conditions = {operator: _keys(operator, keys) for operator, keys in value.items()}
        return {operator: keys for operator, keys in conditions.items() if keys != {}}
    if element in ("Principal", "NotPrincipal"):
        provider = "saml-provider/r" if "SAML" in str(body.get("Action")) else "oidc-provider/provider-url"
        samples = {"Federated": f"{_IAM}{provider}", "Service": "s3.amazonaws.com"}
        if isinstance(value, dict):
            return {type_: _replaced(names, samples.get(type_, _ARN)) for type_, names in value.items()}
        # AWS takes no text here, so that what is known only at deployment is an object.
        return {"AWS": _ARN} if isinstance(value, str) and _REFERENCE.fullmatch(value) else value
    if element in ("Action", "NotAction", "Effect"):
        return _replaced(value, "Allow" if element == "Effect" else "*", always=True)
    if element in ("Resource", "NotResource"):
        # The service of a resource that begins with a reference isn't known.
        return _replaced(value, "*")
    return _replaced(value, "r")


def _keys(operator: str, keys: object) -> object:
    name = operator_name(ConditionEntry(operator, "", ()))
    value = next((value for start, value in _VALUES.items() if name.startswith(start)), None)
    if not isinstance(keys, dict):
        # The keys themselves are known only at deployment, as for the roles of EKS service accounts.
        return {} if isinstance(keys, str) and _REFERENCE.fullmatch(keys) else keys
    # The service reference doesn't list the keys of encryption contexts.
    return {
        # AWS ignores the case of a key; the library expects the spelling of the service reference.
        re.sub("^aws:", "aws:", _with_sample(key, "example.com"), flags=re.IGNORECASE): _replaced(
            values, value or _ARN, always=value is not None
        )
        for key, values in keys.items()
        if not key.lower().startswith("kms:encryptioncontext:")
    }


def _replaced(value: object, sample: str, *, always: bool = False) -> object:
    if isinstance(value, list):
        return [_replaced(item, sample, always=always) for item in value]
    return _with_sample(value, sample, always=always) if isinstance(value, str) else value


def _with_sample(value: str, sample: str, *, always: bool = False) -> str:
    """Return a string with `sample` for a reference at its beginning; `sample` alone for any reference if `always`."""
    for reference, known in _KNOWN.items():
        value = value.replace(reference, known)
    if always and _REFERENCE.search(value):
        return sample
    value = _ARN_ACCOUNT.sub(rf"\g<1>{_ACCOUNT}", value)
    if value.startswith("<"):
        value = sample if sample == "*" else _REFERENCE.sub(sample, value, count=1)
    return _REFERENCE.sub("r", value)
