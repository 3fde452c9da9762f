"""The policy statements that a CloudFormation resource holds."""

from collections.abc import Iterator

from temp_access.lint.model import Statement, as_list, as_mapping
from temp_access.lint.texts import text


def statements(properties: object) -> Iterator[Statement]:
    """Yield every statement of a resource's trust policy, policy document and inline policies."""
    found = as_mapping(properties)
    yield from _document(found.get("AssumeRolePolicyDocument"), trust=True)
    yield from _document(found.get("PolicyDocument"), trust=False)
    for policy in as_list(found.get("Policies")):
        yield from _document(as_mapping(policy).get("PolicyDocument"), trust=False)


def _document(document: object, *, trust: bool) -> Iterator[Statement]:
    policy = as_mapping(document)
    version = policy.get("Version")
    for body in map(as_mapping, as_list(policy.get("Statement"))):
        principal = body.get("Principal")
        named = as_mapping(principal)
        yield Statement(
            trust=trust,
            version=None if version is None else str(version),
            allow=body.get("Effect") == "Allow",
            principals=_texts(named.get("AWS") if named else principal),
            actions=_texts(body.get("Action")),
            resources=_texts(body.get("Resource")),
            conditions=tuple(
                (operator, key, _texts(values))
                for operator, keys in as_mapping(body.get("Condition")).items()
                for key, values in as_mapping(keys).items()
            ),
        )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text(item) for item in as_list(value))
