"""A document with made-up values in place of its references, so that its grammar can be checked."""

import re
from collections.abc import Mapping

from temp_access.iam.statements import ConditionEntry

_ACCOUNT = "111122223333"
_KNOWN = {"<AWS.Partition>": "aws", "<AWS.AccountId>": _ACCOUNT, "<AWS.Region>": "eu-central-1"}
_KNOWN |= {"<AWS.URLSuffix>": "amazonaws.com"}
_REFERENCE = re.compile(r"<[^<>]*>")
_ACCOUNTS_PLACE = re.compile(r"^(arn:[^:]*:[^:]*:[^:]*:)<[^<>]*>(?=:)")
_IAM = f"arn:aws:iam::{_ACCOUNT}:"
_ARN = f"{_IAM}role/r"
# By the beginning of the operator; a text may be anything, an ARN as well.
_VALUES = {"Numeric": "1", "Date": "2030-01-01T00:00:00Z", "Bool": "true", "Null": "true", "Ip": "192.0.2.0/24"}
_VALUES |= {"NotIp": "192.0.2.0/24", "Binary": "cg=="}


def with_sample_values(body: dict[str, object]) -> dict[str, object]:
    """Return a statement with each reference replaced by what stands there after a deployment."""
    return {element: _element(element, value, body) for element, value in body.items()}


def _element(element: str, value: object, body: Mapping[str, object]) -> object:
    if element == "Condition" and isinstance(value, dict):
        checked = {operator: _keys(operator, keys) for operator, keys in value.items()}
        return {operator: keys for operator, keys in checked.items() if keys != {}}
    if element in ("Principal", "NotPrincipal"):
        provider = "saml-provider/r" if "SAML" in str(body.get("Action")) else "oidc-provider/provider-url"
        whole = {"Federated": f"{_IAM}{provider}", "Service": "s3.amazonaws.com"}
        if isinstance(value, dict):
            return {type_: _replaced(named, whole.get(type_, _ARN)) for type_, named in value.items()}
        return _replaced(value, _ARN)
    if element in ("Action", "NotAction", "Effect"):
        return _replaced(value, "Allow" if element == "Effect" else "*", always=True)
    if element in ("Resource", "NotResource"):
        # Of which service what begins with a reference is isn't known.
        return _replaced(value, "*")
    return _replaced(value, "r")


def _keys(operator: str, keys: object) -> object:
    name = ConditionEntry(operator, "", ()).name
    value = next((value for start, value in _VALUES.items() if name.startswith(start)), None)
    if not isinstance(keys, dict):
        # As for the roles of EKS service accounts: the keys themselves are known at deployment.
        return {} if isinstance(keys, str) and _REFERENCE.fullmatch(keys) else keys
    # What a service says of its encryption, and how it is compared, has no reference.
    return {
        # Case doesn't matter to AWS; the library looks for the keys of a service as its reference writes them.
        re.sub("^aws:", "aws:", _text(key, "r"), flags=re.IGNORECASE): _replaced(
            values, value or _ARN, always=value is not None
        )
        for key, values in keys.items()
        if not key.lower().startswith("kms:encryptioncontext:")
    }


def _replaced(value: object, whole: str, *, always: bool = False) -> object:
    if isinstance(value, list):
        return [_replaced(item, whole, always=always) for item in value]
    return _text(value, whole, always=always) if isinstance(value, str) else value


def _text(text: str, whole: str, *, always: bool = False) -> str:
    """Return `text` with `whole` for a reference that it is or begins with, or for any if `always`."""
    for reference, known in _KNOWN.items():
        text = text.replace(reference, known)
    if always and _REFERENCE.search(text):
        return whole
    text = _ACCOUNTS_PLACE.sub(rf"\g<1>{_ACCOUNT}", text)
    if text.startswith("<"):
        text = whole if whole == "*" else _REFERENCE.sub(whole, text, count=1)
    return _REFERENCE.sub("r", text)
