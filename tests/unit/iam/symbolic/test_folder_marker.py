"""The marker that stands for every folder is followed wherever a policy has it, or the claim is unknown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temp_access.config.validation import folder_problem
from temp_access.iam.decision import Layer
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.policy_json import escape
from temp_access.iam.request import Request
from temp_access.iam.symbolic.patterns import FOLDER, DefaultWithFolder, FolderPlaceholder, split_symbolic
from temp_access.iam.symbolic.solver import NotEncodableError
from tests.unit.support.examples import examples
from tests.unit.support.proving import formula_decision

HOME = "111122223333"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/temp-role/bob"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ESCAPED, BARE = "@escaped@", "@bare@"
texts = st.text(st.sampled_from("ab/*?$ {}'"), max_size=5)
folders = st.text(st.sampled_from("ab/*?$ {}'"), min_size=1, max_size=6).filter(lambda f: not folder_problem(f))
marker = st.sampled_from([ESCAPED, ESCAPED, BARE])
defaults = st.lists(st.sampled_from(["a", "/", "${*}", "*"]) | marker, max_size=3).map("".join)
pieces = st.one_of(
    st.sampled_from(["a", "b", "/", "*", "?", "$", "${*}", "${$}", "{", "}", "'", "${aws:username}"]),
    marker,
    defaults.map(lambda default: f"${{s3:prefix, '{default}'}}"),
    defaults.map(lambda default: f"${{aws:PrincipalTag/none, '{default}'}}"),
    marker.map(lambda mark: f"${{aws:PrincipalTag/{mark}}}"),
)
templates = st.lists(pieces, min_size=1, max_size=4).map("".join)
operators = st.sampled_from(["StringLike", "StringEquals", "StringNotLike", "StringEqualsIgnoreCase", "ArnLike"])


def filled(template: str, folder: str) -> str:
    """Return the template with the folder, escaped and as it is."""
    return template.replace(ESCAPED, escape(folder)).replace(BARE, folder)


def decide(
    folder: str, version: str, resource: str, condition: dict[str, str], request: Request, marked: str
) -> bool | None:
    """Return the decision on a request: the evaluator's, or with a marker the formula's for the folder."""
    body: dict[str, Any] = {
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::b/{filled(resource, folder)}",
    }
    body["Condition"] = {operator: {"s3:prefix": filled(value, folder)} for operator, value in condition.items()}
    policy = parse_policy({"Version": version, "Statement": [body]}, Layer.SESSION)
    policies = PolicySet((parse_policy(EVERYTHING, Layer.IDENTITY),), (policy,))
    return formula_decision(policies, request, folder=marked) if marked else evaluate(policies, request).allowed


@examples(300)
@given(
    folder=folders,
    resource=templates,
    condition=st.just({}) | st.dictionaries(operators, templates, max_size=1),
    version=st.sampled_from(["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"]),
    key=texts,
    around=st.sampled_from(["{}", "{0}{1}", "{1}", "{1}/{0}", "{0}{2}", "{2}", "a{1}"]),
    prefix=st.none() | st.sampled_from(["", "{}", "a{}", "{}/x"]),
)
def test_the_formula_agrees_with_the_evaluator_wherever_the_marker_is(
    folder: str,
    resource: str,
    condition: dict[str, str],
    version: str,
    key: str,
    around: str,
    prefix: str | None,
) -> None:
    """What the formula can't follow is open for the folder, or an error that makes the claim unknown."""
    context = {} if prefix is None else {"s3:prefix": prefix.format(folder)}
    name = around.format(key, folder, escape(folder))
    request = Request(SESSION, "s3:GetObject", f"arn:aws:s3:::b/{name}", HOME, HOME, context=context)
    try:
        decided = decide(folder, version, resource, condition, request, "")
        formula = decide(FOLDER, version, resource, condition, request, folder)
    except (NotEncodableError, ValueError):
        return

    assert formula in (None, decided)


@pytest.mark.parametrize("folder", ["bob", "b*", "o'brien", "{x}"])
def test_a_folder_in_the_default_of_a_variable_is_found(folder: str) -> None:
    """No escape is undone in a default, so there a folder `b*` means the key `b${*}`.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-default-values
    """
    parts = split_symbolic(f"x/${{aws:PrincipalTag/none, '{escape(FOLDER)}'}}/*", variables=True, wildcards=True)

    assert DefaultWithFolder("aws:PrincipalTag/none", (FolderPlaceholder.ESCAPED,)) in parts
    own = f"${{aws:PrincipalTag/none, '{ESCAPED}'}}/*"
    requests = [Request(SESSION, "s3:GetObject", f"arn:aws:s3:::b/{name}/x", HOME, HOME) for name in (folder, "other")]
    decided = [decide(FOLDER, "2012-10-17", own, {}, request, folder) for request in requests]
    assert decided == ([True, False] if folder in ("bob", "{x}") else [None, None])


@pytest.mark.parametrize("pattern", ["${aws:PrincipalTag/@}", "$@", "${@}", "a«any-folder", "${aws:@, 'x'}"])
def test_a_folder_that_cant_be_followed_is_an_error(pattern: str) -> None:
    """It names a condition key, may complete a variable, or was changed."""
    with pytest.raises((NotEncodableError, ValueError)):
        split_symbolic(pattern.replace("@", escape(FOLDER)), variables=True, wildcards=True)


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": f"s3:{FOLDER}", "Resource": "*"},
        {"Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {f"aws:PrincipalTag/{FOLDER}": "x"}}},
        {"Action": "s3:*", "Resource": "*", "Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": FOLDER}}},
        {"Action": "s3:*", "Resource": "*", "Condition": {"StringEqualsIgnoreCase": {"aws:RequestTag/x": FOLDER}}},
    ],
)
def test_a_folder_in_an_action_a_key_or_an_open_condition_stays_open(statement: dict[str, Any]) -> None:
    """Such a policy is one for each folder, and no formula covers them all."""
    request = Request(SESSION, "s3:GetObject", "arn:aws:s3:::b/x", HOME, HOME)
    try:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
        policies = PolicySet((parse_policy(document, Layer.IDENTITY),))
    except ValueError:
        # A folder can't be part of an action's name.
        return

    assert formula_decision(policies, request, folder="bob") is None
