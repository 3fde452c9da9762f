"""The formulas agree with the evaluator: on known cases, random policies, and compiled session policies."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.config.validation import folder_problem
from temp_access.iam.cases import MALFORMED, Case, read_cases, to_policy_set, to_request
from temp_access.iam.decision import DecisionType, Layer
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request
from temp_access.iam.symbolic.patterns import FOLDER
from temp_access.policies.access_modes import ACCESS_MODES
from temp_access.policies.session_policy import session_policy
from tests.unit.support.examples import examples
from tests.unit.support.proving import formula_holds

HOME = "111122223333"
OTHER = "444455556666"
USER = f"arn:aws:iam::{HOME}:user/bob"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/temp-role/bob"
ROLE = f"arn:aws:iam::{HOME}:role/temp-role"
ROOT = f"arn:aws:iam::{HOME}:root"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
NOTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "none:none", "Resource": "*"}]}
UNENCODED = ("Numeric", "Date", "IpAddress", "Binary", "ForA", "TagKeys")
CASES = [
    case
    for case in read_cases(Path(__file__).parents[3] / "data" / "iam-cases.json")
    if case.expected != MALFORMED
    and not (case.policies.get("scp") or case.policies.get("rcp"))
    and not any(word in str(case.policies) for word in UNENCODED)
    and not any(isinstance(value, list) for value in (case.request.get("context") or {}).values())
]
texts = st.text(st.sampled_from("ab/*?$ {}é\\:\"'"), min_size=0, max_size=6)
folders = st.text(st.sampled_from("ab/*?$ {}é\\:\"'"), min_size=1, max_size=6).filter(lambda f: not folder_problem(f))
thorough = examples(150)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees_on_the_known_cases(case: Case) -> None:
    """The cases whose conditions have formulas are at least 20."""
    request = to_request(case.request)
    tls = {key: str(value).lower() if isinstance(value, bool) else value for key, value in request.context.items()}

    assert formula_holds(to_policy_set(case.policies), request._replace(context=tls)) == (case.expected == "allow")
    assert len(CASES) >= 20


@thorough
@given(
    folder=folders,
    mode=st.sampled_from(sorted(ACCESS_MODES)),
    action=st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectAcl", "s3:ListBucket"]),
    tail=texts,
    inside=st.booleans(),
    prefix=st.none() | texts,
)
def test_agrees_on_a_compiled_session_policy(
    folder: str, mode: str, action: str, tail: str, inside: bool, prefix: str | None
) -> None:
    """The formula comes from the placeholder's policy, the decision from the folder's own policy."""
    key = f"{folder}/{tail}" if inside else tail
    prefix = f"{folder}{prefix}" if prefix is not None and inside else prefix
    request = Request(
        principal=SESSION,
        action=action,
        resource="arn:aws:s3:::b" if action == "s3:ListBucket" else f"arn:aws:s3:::b/{key}",
        account=HOME,
        resource_account=HOME,
        context={} if prefix is None else {"s3:prefix": prefix},
    )

    concrete = evaluate(narrowed(session_policy(folder, ACCESS_MODES[mode], bucket="b")), request).allowed

    assert (
        formula_holds(narrowed(session_policy(FOLDER, ACCESS_MODES[mode], bucket="b")), request, folder=folder)
        == concrete
    )


def narrowed(policy: dict[str, Any]) -> PolicySet:
    """Return the policies of a session whose role allows everything."""
    return PolicySet((parse_policy(EVERYTHING, Layer.IDENTITY),), (parse_policy(policy, Layer.SESSION),))


conditions = st.sampled_from(
    [
        {},
        {"StringLike": {"s3:prefix": ["a*b", "?/*"]}},
        {"StringNotLike": {"s3:prefix": "a*"}},
        {"StringLikeIfExists": {"s3:prefix": "${aws:username}/*"}},
        {"StringEquals": {"s3:prefix": ["a/", "${*}"]}},
        {"StringNotEqualsIfExists": {"s3:prefix": "a/"}},
        {"StringEqualsIgnoreCase": {"S3:Prefix": ["A/", "kB"]}},
        {"Null": {"s3:prefix": "true"}},
        {"Null": {"s3:prefix": "false"}},
        {"Bool": {"aws:SecureTransport": "false"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:*:*:*:role/*"}},
        {"ArnNotEquals": {"aws:PrincipalArn": ROLE}},
        {"StringEquals": {"aws:PrincipalAccount": HOME, "aws:PrincipalType": ["User", "AssumedRole"]}},
        {"StringLike": {"aws:username": "${s3:prefix, 'bo'}*"}},
    ]
)
resources = st.sampled_from(
    [
        "*",
        "arn:aws:s3:::b",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b/a*b/?",
        "arn:aws:s3:::b/${aws:username}/*",
        "arn:aws:s3:*:*:b/b*",
        "arn:aws:s3::${aws:username}:b/*",
    ]
)
incomplete = st.sampled_from(["arn:aws:s3", "arn:aws:s3:*", "arn:aws:sts"])
actions = st.sampled_from(["*", "s3:*", "s3:Get*", "s3:?etObject", "S3:listbucket", "sts:*"])
principals = st.lists(
    st.sampled_from(["*", USER, SESSION, ROLE, ROOT, OTHER]), min_size=1, max_size=3, unique=True
) | st.just({"Service": "x.amazonaws.com"})
# Whom a NotPrincipal spares is a matter of all its levels: account, role, session.
LEVELS = [ROOT, ROLE, SESSION]
spared = st.lists(st.sampled_from([*LEVELS, USER]), min_size=1, max_size=3, unique=True) | st.just(LEVELS)


@st.composite
def statements(draw: st.DrawFn, layer: Layer) -> dict[str, Any]:
    """Draw a statement that is well formed in the layer."""
    effect = draw(st.sampled_from(["Allow", "Allow", "Deny"]))
    statement = {"Effect": effect, "Condition": draw(conditions)}
    statement[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(
        st.lists(actions, min_size=1, max_size=2)
    )
    named = draw(st.sampled_from(["Resource", "Resource", "NotResource"]))
    drawn = resources if layer is Layer.SESSION else resources | incomplete
    statement[named] = draw(st.lists(drawn, min_size=1, max_size=2))
    if layer is Layer.RESOURCE:
        negated = effect == "Deny" and draw(st.booleans())
        who = draw(spared if negated else principals)
        statement["NotPrincipal" if negated else "Principal"] = {"AWS": who} if isinstance(who, list) else who
    return statement


def policies(layer: Layer) -> st.SearchStrategy[Any]:
    """Return well-formed policies of the layer, of both versions."""
    return st.builds(
        lambda body, version: parse_policy({"Version": version, "Statement": body}, layer),
        st.lists(statements(layer), min_size=1, max_size=2),
        st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"]),
    )


layer_sets = st.builds(
    PolicySet,
    identity=st.tuples(policies(Layer.IDENTITY)),
    session=st.none() | st.tuples(policies(Layer.SESSION)),
    boundary=st.none() | policies(Layer.BOUNDARY),
    resource=st.none() | policies(Layer.RESOURCE),
)
requests = st.builds(
    Request,
    principal=st.sampled_from([USER, SESSION, ROOT, "*", "x.amazonaws.com"]),
    action=st.sampled_from(["s3:GetObject", "s3:ListBucket", "sts:AssumeRole"]),
    resource=st.sampled_from(["arn:aws:s3:::b", "arn:aws:s3:::b/bob/x", "arn:aws:s3:::b/axb/x", "arn:aws:s3:::b/b"]),
    account=st.just(HOME),
    resource_account=st.sampled_from([HOME, HOME, OTHER]),
    context=st.dictionaries(st.just("s3:prefix"), st.sampled_from(["", "a/", "ab", "x/y", "bob/", "*", "\u212ab"]))
    | st.just({"aws:SecureTransport": "False"}),
    role_arn=st.none(),
    principal_tags=st.just({}),
).map(lambda r: r if r.principal.startswith("arn:") else r._replace(account=""))


@examples(300)
@given(layers=layer_sets, request=requests)
def test_agrees_on_random_policies(layers: PolicySet, request: Request) -> None:
    """All layers, elements, and the conditions that have formulas."""
    assert agrees(layers, request)


def agrees(layers: PolicySet, request: Request) -> bool:
    """Whether the formula says what the evaluator says; what it leaves open, or a service decides, isn't compared."""
    decision = evaluate(layers, request)
    return (
        decision.kind is DecisionType.UNDECIDED
        or bool(decision.rule)
        or formula_holds(layers, request) is decision.allowed
    )


@examples(100)
@given(layers=layer_sets, request=requests, who=principals, more=conditions)
def test_agrees_on_trust_policies(layers: PolicySet, request: Request, who: Any, more: dict[str, Any]) -> None:
    """A trust policy must allow the request, whatever the caller's own policies allow."""
    principal = {"AWS": who} if isinstance(who, list) else who
    body = [{"Effect": "Allow", "Principal": principal, "Action": "sts:*", "Condition": more}]
    trust = parse_policy({"Version": "2012-10-17", "Statement": body}, Layer.TRUST)
    trusting = replace(layers, resource=trust, resource_is_trust_policy=True)
    assume_role = request._replace(action="sts:AssumeRole", resource=ROLE)

    assert agrees(trusting, assume_role)


@pytest.mark.parametrize("key", ["bob", "bobob", "bobbob", "bobxbob", "xbobbob", "bobbobx", "bob/x/bob", "bob/x"])
@pytest.mark.parametrize(
    "pattern", ["${aws:username}*${aws:username}", "${aws:username}*x*b", "*${aws:username}*", "${aws:username}*/x"]
)
def test_agrees_on_patterns_with_a_variable_between_wildcards(pattern: str, key: str) -> None:
    """The strings around a `*` don't overlap, and each is matched at its first position."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": f"arn:aws:s3:::b/{pattern}"}
    layers = PolicySet((parse_policy({"Version": "2012-10-17", "Statement": [statement]}, Layer.IDENTITY),))
    request = Request(USER, "s3:GetObject", f"arn:aws:s3:::b/{key}", HOME, HOME)

    assert agrees(layers, request)


@pytest.mark.parametrize("prefix", ["KB", "kb", "\u212ab", "xb", "kb "])
def test_agrees_on_the_case_of_letters(prefix: str) -> None:
    """The kelvin sign has the same lower case as K."""
    condition = {"StringEqualsIgnoreCase": {"s3:prefix": "kB"}}
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    layers = PolicySet((parse_policy({"Version": "2012-10-17", "Statement": [statement]}, Layer.IDENTITY),))
    request = Request(USER, "s3:ListBucket", "arn:aws:s3:::b", HOME, HOME, context={"s3:prefix": prefix})

    assert agrees(layers, request)


@pytest.mark.parametrize("count", range(1, 4))
@pytest.mark.parametrize("principal", [SESSION, USER, ROOT])
def test_agrees_on_the_exemptions_of_not_principal(principal: str, count: int) -> None:
    """NotPrincipal must name each level: the account, a session's role, the caller itself."""
    for named in combinations([*LEVELS, USER], count):
        deny = {"Effect": "Deny", "NotPrincipal": {"AWS": list(named)}, "Action": "*", "Resource": "*"}
        bucket = parse_policy({"Version": "2012-10-17", "Statement": [deny]}, Layer.RESOURCE)
        layers = PolicySet((parse_policy(EVERYTHING, Layer.IDENTITY),), resource=bucket)
        request = Request(principal, "s3:GetObject", "arn:aws:s3:::b/x", HOME, HOME)

        assert agrees(layers, request)


@pytest.mark.parametrize("named", [ROLE, SESSION, ROOT, OTHER])
@pytest.mark.parametrize("held", [EVERYTHING, NOTHING])
@pytest.mark.parametrize("limit", [None, EVERYTHING, NOTHING])
def test_agrees_on_the_layers_beside_a_trust_policy(named: str, held: Any, limit: Any) -> None:
    """A trust policy that names the role needs no identity policy; one that names the session isn't limited at all."""
    body = [{"Effect": "Allow", "Principal": {"AWS": named}, "Action": "sts:AssumeRole"}]
    layers = PolicySet(
        identity=(parse_policy(held, Layer.IDENTITY),),
        session=None if limit is None else (parse_policy(limit, Layer.SESSION),),
        resource=parse_policy({"Version": "2012-10-17", "Statement": body}, Layer.TRUST),
        resource_is_trust_policy=True,
    )
    request = Request(SESSION, "sts:AssumeRole", ROLE, HOME, HOME)

    assert agrees(layers, request)
