"""What can't be read in a policy leaves a claim unknown if it changed, and named; unchanged, it changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from temp_access.cfn.assembly import Assembly
from temp_access.proofs import Claim, ClaimStatus
from tests.unit.support.proving import Change, add_statement, change_templates, decide_claims

Statement = dict[str, Any]
ARN = "arn:${AWS::Partition}:iam::${AWS::AccountId}:user/mallory"
OBJECTS = {"Fn::Sub": "arn:${AWS::Partition}:s3:::the-bucket-of-the-folders/*"}
NAMED: Statement = {"Principal": {"AWS": {"Fn::Sub": ARN}}}
# Of each policy: a statement that allows something new, and the claim that it concerns.
POLICIES: dict[str, tuple[Statement, str]] = {
    "bucket policy": ({**NAMED, "Action": "s3:*", "Resource": OBJECTS}, "no new access: any other caller"),
    "trust policy": ({**NAMED, "Action": "sts:AssumeRole"}, "no new access: any other caller"),
    "role's policy": ({"Action": "sqs:*", "Resource": "*"}, "no new access: the role"),
    "user's policy": ({"Action": "sqs:*", "Resource": "*"}, "no new access: the user"),
}
TAG = "aws:PrincipalTag/x"


def conditional(operator: str, key: str, value: Callable[[str], Any] = str) -> Callable[[Statement, str], Statement]:
    """Return a function that adds a condition with a value."""
    return lambda statement, x: {**statement, "Condition": {operator: {key: value(x)}}}


def replaced(element: str, value: Callable[[str], Any]) -> Callable[[Statement, str], Statement]:
    """Return a function that replaces an element."""
    return lambda statement, x: {**statement, element: value(x)}


# What can't be read, with a value that can change; and what the reason says about it.
EVERYWHERE = {
    "an unknown operator": (conditional("StringFoo", TAG), "unknown condition operator 'StringFoo'"),
    "an unknown set operator": (conditional("ForSome:StringEquals", TAG), "unknown set operator"),
    "a value of another type": (conditional("StringEquals", TAG, lambda x: {"a": x}), TAG),
    "a value that is no number": (conditional("NumericEquals", "s3:max-keys"), "isn't a number"),
    "a key without a service": (conditional("StringEquals", "key"), "has no service prefix"),
    "conditions as a list": (replaced("Condition", lambda x: [x]), "Condition"),
    "an unknown element": (replaced("Foo", str), "unknown element 'Foo'"),
    "an unknown effect": (replaced("Effect", str), "is neither 'Allow' nor 'Deny'"),
    "an unknown action": (replaced("Action", str), "isn't '*' or service:action"),
}
OF_RESOURCES = {
    "an unknown principal": (replaced("Principal", lambda x: {"AWS": f"role/{x}"}), "the principal role/"),
    "an unknown type of principal": (replaced("Principal", lambda x: {"Human": x}), "the principal Human"),
    "a principal with a wildcard": (replaced("Principal", lambda x: {"AWS": f"{ARN}{x}*"}), "the principal arn:"),
}
OF_OTHERS = {
    "no resource": (replaced("Resource", lambda x: f"queue/{x}"), "is neither '*' nor an ARN"),
    "a broken variable": (replaced("Resource", lambda x: f"arn:aws:sqs:::${{{x}"), "bad policy variable"),
}
ROWS = [
    pytest.param(policy, make, reason, id=f"{policy}: {form}")
    for policy in POLICIES
    for form, (make, reason) in {
        **EVERYWHERE,
        **(OF_RESOURCES if "Principal" in POLICIES[policy][0] else OF_OTHERS),
    }.items()
]


def templates(policy: str, statement: Statement | None) -> Assembly:
    """Return the example's templates with one more statement in a policy."""
    if statement is None:
        return change_templates()
    if policy == "bucket policy":
        return change_templates(bucket=add_statement(statement))
    if policy == "trust policy":
        return change_templates(role=add_statement(statement, "AssumeRolePolicyDocument"))

    def change(properties: dict[str, Any]) -> None:
        properties["Policies"][0]["PolicyDocument"]["Statement"].append(statement)

    changes: dict[str, Change] = {policy.partition("'")[0]: change}
    return change_templates(**changes)


def compared(policy: str, base: Statement | None, head: Statement | None) -> Claim:
    """Return the claim that the change of a statement concerns."""
    name = POLICIES[policy][1]
    (claim,) = decide_claims(name, assembly=templates(policy, head), base=templates(policy, base)).values()
    return claim


@pytest.mark.parametrize(("policy", "make", "reason"), ROWS)
def test_what_cant_be_read_is_unknown_if_it_changed(
    policy: str, make: Callable[[Statement, str], Statement], reason: str
) -> None:
    """It is never proved, never refuted, and named; the same twice is proved."""
    statement = {"Effect": "Allow", **POLICIES[policy][0]}
    one, other = make(statement, "x"), make(statement, "y")

    changed = compared(policy, one, other)

    assert (changed.status, changed.witness) == (ClaimStatus.UNKNOWN, None)
    assert reason in changed.note
    assert "disagreement" not in changed.note
    assert compared(policy, one, one).status is ClaimStatus.PROVED


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("form", ["an unknown operator", "an unknown element"])
def test_what_cant_be_read_is_unknown_if_it_allows_more(policy: str, form: str) -> None:
    """An Allow that is added, and a Deny that is removed, are unknown; the reverse is no new access."""
    statement = POLICIES[policy][0]
    allow = EVERYWHERE[form][0]({"Effect": "Allow", **statement}, "x")
    everyone = {"Principal": "*"} if "Principal" in statement else {}
    deny = EVERYWHERE[form][0]({"Effect": "Deny", **statement, **everyone, "Action": "sts:*"}, "x")

    assert compared(policy, None, allow).status is ClaimStatus.UNKNOWN
    assert compared(policy, allow, None).status is ClaimStatus.PROVED
    assert compared(policy, None, deny).status is ClaimStatus.PROVED


@pytest.mark.parametrize("policy", ["bucket policy", "role's policy"])
def test_new_access_beside_what_cant_be_read_is_refuted(policy: str) -> None:
    """The witness doesn't depend on it; a part of the statement that can be read may already exclude it."""
    statement, name = POLICIES[policy]
    odd = conditional("StringFoo", TAG)({"Effect": "Allow", **statement, "Action": "s3:GetObjectAcl"}, "x")
    new = {"Effect": "Allow", **statement, "Action": ["s3:GetObjectTagging", "sqs:SendMessage"]}
    head = templates(policy, odd)
    for template in head.templates.values():
        for resource in template["Resources"].values():
            properties = resource.get("Properties", {})
            documents = [
                properties.get("PolicyDocument"),
                *(p["PolicyDocument"] for p in properties.get("Policies", ())),
            ]
            for document in documents:
                if document and odd in document["Statement"]:
                    document["Statement"].append(new)

    (claim,) = decide_claims(name, assembly=head, base=templates(policy, odd)).values()

    assert claim.status is ClaimStatus.REFUTED
    assert claim.witness
    assert claim.witness.action in ("s3:GetObjectTagging", "sqs:SendMessage")


@pytest.mark.parametrize("value", ["x", "y"])
def test_what_is_odd_in_no_statement_is_unknown_if_it_changed(value: str) -> None:
    """An unknown element of the policy itself, and a Version that isn't known, concern each statement."""

    def odd(element: str, text: str) -> Assembly:
        return change_templates(role=lambda properties: policy_of(properties).update({element: text}))

    def policy_of(properties: dict[str, Any]) -> dict[str, Any]:
        document: dict[str, Any] = properties["Policies"][0]["PolicyDocument"]
        return document

    def claim(head: Assembly, base: Assembly) -> Claim:
        return next(iter(decide_claims("no new access: the role", assembly=head, base=base).values()))

    for element in ("Foo", "Version"):
        changed = claim(odd(element, "x"), odd(element, value))
        assert changed.status is (ClaimStatus.PROVED if value == "x" else ClaimStatus.UNKNOWN)


@pytest.mark.parametrize("resource", ["arn:aws:sqs:*:${aws:PrincipalAccount}:q", "arn:aws:sqs:${aws:RequestedRegion}"])
def test_a_variable_before_the_fifth_colon(resource: str) -> None:
    """An Allow with it allows nothing; a Deny with it may deny, or not, whatever else it names is denied.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-resourceelement
    """
    policy = "role's policy"
    allow, every = ({"Effect": "Allow", "Action": "sqs:*", "Resource": each} for each in (resource, "*"))
    deny = {"Effect": "Deny", "Action": "sqs:*", "Resource": resource}

    assert compared(policy, None, allow).status is ClaimStatus.PROVED
    assert compared(policy, allow, {**every, "Action": "sqs:SendMessage"}).status is ClaimStatus.REFUTED
    assert compared(policy, None, deny).status is ClaimStatus.PROVED
    assert compared(policy, {**allow, "Resource": [resource, "*"]}, every).status is ClaimStatus.PROVED
    either = {**every, "NotResource": resource}
    del either["Resource"]
    assert compared(policy, None, either).status is ClaimStatus.REFUTED
    assert compared(policy, either, every).status is ClaimStatus.UNKNOWN
