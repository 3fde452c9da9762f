"""Policies that AWS would refuse are refused, with the element and the reason."""

from typing import Any

import pytest

from temp_access.iam.decision import Layer
from temp_access.iam.document import MalformedPolicy
from temp_access.iam.parser import parse_policy

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
ANYONE = {**ALLOW, "Principal": "*"}


def without(statement: dict[str, Any], element: str) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key != element}


def policy(statement: Any, **elements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statement, **elements}


IDENTITY = [
    (policy(ALLOW, Version="2012-10-18"), "Version", "'2012-10-18' is none of"),
    (policy(ALLOW, Statements=[]), "policy", "unknown element 'Statements'"),
    (policy(ALLOW, Id="x"), "Id", "not allowed"),
    ({"Version": "2012-10-17"}, "Statement", "missing"),
    (policy([]), "Statement", "at least one"),
    (policy(["x"]), "Statement[0]", "must be an object"),
    (policy({**ALLOW, "action": "s3:*"}), "Statement[0]", "unknown element 'action'"),
    (policy(without(ALLOW, "Effect")), "Statement[0].Effect", "missing"),
    (policy({**ALLOW, "Effect": "allow"}), "Statement[0].Effect", "case matters"),
    (policy(without(ALLOW, "Action")), "Statement[0]", "needs Action or NotAction"),
    (policy({**ALLOW, "NotAction": "s3:*"}), "Statement[0]", "both Action and NotAction"),
    (policy({**ALLOW, "Action": "GetObject"}), "Statement[0].Action", "service:action"),
    (policy({**ALLOW, "Action": []}), "Statement[0].Action", "no values"),
    (policy({**ALLOW, "Action": {"Ref": "x"}}), "Statement[0].Action", "must be a string"),
    (policy(without(ALLOW, "Resource")), "Statement[0]", "needs Resource or NotResource"),
    (policy({**ALLOW, "NotResource": "*"}), "Statement[0]", "both Resource and NotResource"),
    (policy({**ALLOW, "Resource": "bucket/*"}), "Statement[0].Resource", "neither '*' nor an ARN"),
    (policy({**ALLOW, "Resource": "arn:aws:s3:::b/${aws:username"}), "Statement[0].Resource", "variable"),
    (policy({**ALLOW, "Resource": "arn:aws:s3:::b/${}"}), "Statement[0].Resource", "variable"),
    (policy({**ALLOW, "Resource": "arn:aws:*:::b"}), "Statement[0].Resource", "names no service"),
    (policy({**without(ALLOW, "Resource"), "NotResource": "arn:aws"}), "Statement[0].NotResource", "names no service"),
    (policy({**ALLOW, "Sid": "not plain"}), "Statement[0].Sid", "characters"),
    (policy([{**ALLOW, "Sid": "A"}, {**ALLOW, "Sid": "A"}]), "Statement[1].Sid", "is the Sid of two statements"),
    (policy({**ALLOW, "NotAction": None}), "Statement[0].NotAction", "is null"),
    (policy({**ALLOW, "NotResource": None}), "Statement[0].NotResource", "is null"),
    (policy({**ALLOW, "Condition": None}), "Statement[0].Condition", "is null"),
    (policy(ANYONE), "Statement[0].Principal", "not allowed"),
    (policy({**ALLOW, "NotPrincipal": "*"}), "Statement[0].NotPrincipal", "not allowed"),
]


@pytest.mark.parametrize("layer", [Layer.IDENTITY, Layer.SESSION, Layer.BOUNDARY, Layer.SCP])
@pytest.mark.parametrize(("document", "element", "reason"), IDENTITY)
def test_refuses_an_element_that_is_wrong_in_a_principal_s_policies(
    document: dict[str, Any], element: str, reason: str, layer: Layer
) -> None:
    """Identity, session and SCP documents have no Principal; every other element must be valid."""
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(document, layer, "mine")

    assert (element, "mine") == (caught.value.element, caught.value.policy)
    assert reason in caught.value.reason


CONDITIONS = [
    ({"StringLikes": {"s3:prefix": "a"}}, "unknown condition operator 'StringLikes'"),
    ({"ForSomeValues:StringLike": {"s3:prefix": "a"}}, "unknown set operator"),
    ({"NullIfExists": {"s3:prefix": "true"}}, "unknown condition operator"),
    ({"Null": {"s3:prefix": "yes"}}, "isn't true or false"),
    ({"Bool": {"aws:SecureTransport": "no"}}, "isn't true or false"),
    ({"NumericEquals": {"s3:max-keys": "ten"}}, "isn't a number"),
    ({"NumericEquals": {"s3:max-keys": "${aws:username}"}}, "isn't a number"),
    ({"DateLessThan": {"aws:CurrentTime": "tomorrow"}}, "ISO 8601"),
    ({"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}, "10.0.0.0/33"),
    ({"BinaryEquals": {"x:y": "not base64!"}}, "base64"),
    ({"StringLike": {"prefix": "a"}}, "no service prefix"),
    ({"StringLike": {"s3:prefix": []}}, "no values"),
    ({"StringLike": "s3:prefix"}, "must be an object"),
    ({"StringLike": {"s3:prefix": None}}, "is null"),
    ([], "must be an object"),
]


@pytest.mark.parametrize(("condition", "reason"), CONDITIONS)
def test_refuses_an_invalid_condition(condition: Any, reason: str) -> None:
    """The error names the condition with an unknown operator or an invalid value."""
    with pytest.raises(MalformedPolicy, match=r"Statement\[0\]\.Condition") as caught:
        parse_policy(policy({**ALLOW, "Condition": condition}), Layer.IDENTITY)

    assert reason.lower() in caught.value.reason.lower()


RESOURCE = [
    (ALLOW, Layer.RESOURCE, "needs Principal or NotPrincipal"),
    ({"Effect": "Allow", "Action": "sts:AssumeRole"}, Layer.TRUST, "needs Principal or NotPrincipal"),
    ({**ANYONE, "Action": "sts:AssumeRole"}, Layer.TRUST, "not allowed in a role trust policy"),
    (without(ANYONE, "Resource"), Layer.TRUST, "'s3:GetObject' isn't an action of sts"),
    ({**without(ANYONE, "Resource"), "Action": ["STS:AssumeRole", "*"]}, Layer.TRUST, "'*' isn't an action of sts"),
    ({**ANYONE, "NotPrincipal": "*"}, Layer.RESOURCE, "both Principal and NotPrincipal"),
    ({**ANYONE, "NotPrincipal": None}, Layer.RESOURCE, "is null"),
    ({**ALLOW, "NotPrincipal": {"AWS": "111122223333"}}, Layer.RESOURCE, "only allowed with Effect Deny"),
    (
        {"Effect": "Deny", "Action": "sts:*", "NotPrincipal": {"AWS": "111122223333"}},
        Layer.TRUST,
        "not allowed in a role trust policy",
    ),
    ({**ALLOW, "Principal": {}}, Layer.RESOURCE, "names no principal"),
    ({**ALLOW, "Principal": {"User": "bob"}}, Layer.RESOURCE, "unknown type"),
    ({**ALLOW, "Principal": {"AWS": "bob"}}, Layer.RESOURCE, "isn't an account, an ARN or a unique ID"),
    ({**ALLOW, "Principal": {"AWS": "arn:aws:iam::111122223333:user/*"}}, Layer.RESOURCE, "wildcard"),
    ({**ALLOW, "Principal": {"AWS": "111122223333"}}, Layer.RCP, "supports only '*'"),
]


@pytest.mark.parametrize(("statement", "layer", "reason"), RESOURCE)
def test_refuses_a_resource_policy_with_the_wrong_principal(
    statement: dict[str, Any], layer: Layer, reason: str
) -> None:
    """Each kind of resource-based policy has its own rules for Principal and NotPrincipal."""
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(policy(statement), layer)

    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("{", "can't be read as JSON"),
        ("[]", "must be an object"),
        ("[" * 100_000, "can't be read as JSON"),
        ('{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}', "occurs twice"),
    ],
)
def test_refuses_json_that_isnt_a_policy(document: str, reason: str) -> None:
    """The JSON is read strictly: a key that occurs twice is an error."""
    with pytest.raises(MalformedPolicy, match=reason):
        parse_policy(document, Layer.IDENTITY)


@pytest.mark.parametrize("layer", [Layer.IDENTITY, Layer.SESSION, Layer.BOUNDARY, Layer.SCP])
def test_reads_a_single_statement_without_a_list(layer: Layer) -> None:
    """A single statement needs no list, and a policy without a Version has 2008-10-17."""
    parsed = parse_policy({"Statement": ALLOW}, layer)

    assert [parsed.version, len(parsed.statements)] == ["2008-10-17", 1]


def test_only_a_session_policy_needs_full_arns() -> None:
    """AWS completes it in the others: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""
    document = policy({**ALLOW, "Resource": "arn:aws:s3"})

    assert parse_policy(document, Layer.IDENTITY).statements
    with pytest.raises(MalformedPolicy, match=r"'arn:aws:s3' has fewer than the six parts"):
        parse_policy(document, Layer.SESSION)


def test_a_resource_policy_may_have_an_id_any_sid_and_no_resource() -> None:
    """The service of a resource-based policy decides about Sid and Resource."""
    statement = {**without(ANYONE, "Resource"), "Sid": "may have spaces"}

    assert parse_policy(policy(statement, Id="x"), Layer.RESOURCE).statements[0].resources is None
