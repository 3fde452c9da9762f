"""`temp-access simulate`: a file of test cases with known results."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from temp_access.cli.main import main

CASES = Path(__file__).parents[2] / "data" / "iam-cases.json"
Case = dict[str, Any]


@pytest.fixture(name="cases")
def _cases() -> list[Case]:
    cases: list[Case] = json.loads(CASES.read_text(encoding="utf-8"))["cases"]
    return copy.deepcopy(cases[:3])


@pytest.fixture(name="simulate")
def _simulate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def simulate(content: Any, *arguments: str) -> tuple[int, str]:
        path = tmp_path / "cases.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        code = main(["simulate", str(path), *arguments])
        out, err = capsys.readouterr()
        return code, out + err

    return simulate


def test_passes_the_projects_cases(capsys: pytest.CaptureFixture[str]) -> None:
    """The example of --help works in a fresh clone."""
    assert main(["simulate", str(CASES)]) == 0
    assert capsys.readouterr().out == "38 passed, 0 failed\n"


def test_shows_a_failing_case_with_its_reasons(simulate: Any, cases: list[Case]) -> None:
    """The expected and the actual result, the statements, and the source of the expectation."""
    cases[0] |= {"expected": "deny", "decision": "implicitDeny"}

    code, output = simulate({"cases": cases})

    assert code == 1
    assert output.splitlines() == [
        "failed: session-and-role-both-allow",
        "  expected deny (implicitDeny), got allow (allowed)",
        "  Allow by statement 0 of identity-based policy 1",
        "  Allow by statement 1 (AllowAllS3ActionsInUserFolder) of session policy 1",
        f"  source: {cases[0]['source']}",
        "2 passed, 1 failed",
    ]


def test_names_the_layers_that_were_missing(simulate: Any, cases: list[Case]) -> None:
    """An implicit deny has no statement."""
    cases[1] |= {"expected": "allow", "decision": None}

    _, output = simulate({"cases": cases})

    assert "  expected allow, got deny (implicitDeny)\n  no identity-based policy allows it\n" in output


def test_reports_a_malformed_policy(simulate: Any, cases: list[Case]) -> None:
    """The policy, the element, and what is wrong with it."""
    cases[0]["policies"]["session"]["Statement"][0]["Effect"] = "allow"

    code, output = simulate({"cases": cases})

    assert code == 1
    assert "  expected allow (allowed), got malformed\n" in output
    assert "  session policy 1: Statement[0].Effect: 'allow' is neither 'Allow' nor 'Deny'" in output


def test_a_case_can_expect_a_malformed_policy(simulate: Any, cases: list[Case]) -> None:
    """It passes then."""
    cases[0]["policies"]["session"]["Statement"] = []
    cases[0] |= {"expected": "malformed", "decision": None}

    assert simulate({"cases": cases}) == (0, "3 passed, 0 failed\n")


@pytest.mark.parametrize("policy", ["", 0, {}])
@pytest.mark.parametrize("layer", ["identity", "session", "boundary", "resource"])
def test_an_empty_policy_is_malformed(simulate: Any, cases: list[Case], layer: str, policy: Any) -> None:
    """It differs from no policy."""
    cases[0]["policies"][layer] = policy

    code, output = simulate({"cases": cases})

    assert code == 1
    assert f"got malformed\n  {layer}" in output.replace("-", " ").replace("permissions ", "")


def test_an_empty_list_of_session_policies_means_none(simulate: Any, cases: list[Case]) -> None:
    """The session has the role's permissions then."""
    cases[0]["policies"]["session"] = []

    assert simulate({"cases": cases}) == (0, "3 passed, 0 failed\n")


def test_prints_json(simulate: Any, cases: list[Case]) -> None:
    """Every case with its result."""
    cases[0] |= {"expected": "deny", "decision": None}

    code, output = simulate({"cases": cases}, "--json")
    result = json.loads(output)

    assert (code, result["passed"], result["failed"]) == (1, 2, 1)
    assert [case["passed"] for case in result["cases"]] == [False, True, True]
    assert result["cases"][0]["decision"] == "allowed"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"expectd": 1}, "case 'session-and-role-both-allow': expectd: is unknown; use "),
        ({"expected": "denied"}, "expected: 'denied' is unknown; use allow, deny, undecided, malformed"),
        ({"expected": None}, "expected: None is unknown; use"),
        ({"decision": "deny"}, "decision: 'deny' is unknown; use allowed, explicitDeny, implicitDeny"),
        ({"expected": "deny"}, "decision: 'allowed' contradicts expected: 'deny'"),
        ({"name": 7}, "case 1: name: must be a string"),
        ({"name": "session-cannot-extend-role"}, "case 'session-cannot-extend-role': name: 2 cases have it"),
        ({"policies": []}, "policies: must be an object"),
        ({"policies": {"idntity": []}}, "policies.idntity: is unknown"),
        ({"policies": {"resource_is_trust_policy": 1}}, "policies.resource_is_trust_policy: must be true or false"),
        ({"policies": {"boundary": []}}, "policies.boundary: must be one policy or null"),
        ({"policies": {"scp": {}}, "request": 7}, "request: must be an object"),
        ({"policies": {"scp": {"a": 1}}}, "policies.scp: must be a list of policies"),
        ({"policies": {"scp": ""}}, "policies.scp: must be a list of policies"),
        ({"policies": {"rcp": [[], {}]}}, "policies.rcp: must be a list of policies"),
        ({"source": 1}, "source: must be a string"),
    ],
)
def test_names_the_invalid_key_of_a_case(
    simulate: Any, cases: list[Case], change: dict[str, Any], message: str
) -> None:
    """An invalid file gives exit code 2, and no case is evaluated."""
    cases[0] |= change

    code, output = simulate({"cases": cases})

    assert code == 2
    assert message in output
    assert "passed" not in output


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("action", "GetObject", "request.action: 'GetObject' isn't one action, like s3:GetObject"),
        ("action", "s3:*", "request.action: 's3:*' isn't one action"),
        ("principal", 7, "request.principal: must be a string, not 7"),
        ("principal", None, "request.principal: must be a string, not None"),
        ("principal", {}, "request.principal: must be a string, not {}"),
        ("action", 0, "request.action: must be a string, not 0"),
        ("resource", [], "request.resource: must be a string, not []"),
        ("role_arn", {}, "request.role_arn: must be a string, not {}"),
        ("role_arn", None, None),
        ("resource_account", None, None),
        (
            "principal",
            "bob",
            "request.principal: 'bob' isn't a principal's ARN, an id that AWS",
        ),
        ("principal", "arn:aws:iam::111122223333:usr/bob", "isn't a principal's ARN"),
        ("account", None, "request.account: None isn't the account of the principal, 111122223333"),
        ("account", "444455556666", "request.account: '444455556666' isn't the account of the principal, 111122223333"),
        ("rol_arn", "x", "request.rol_arn: is unknown"),
        ("context", [], None),
        ("context", 7, "request.context: must be an object"),
        ("context", {"s3:prefix": {}}, "request.context.s3:prefix: must be a string, a number, true, false or a list"),
        ("context", {"s3:prefix": ["a", None]}, "request.context.s3:prefix: must be"),
        ("principal_tags", {"a": ["b"]}, "request.principal_tags.a: must be a string"),
    ],
)
def test_names_the_invalid_key_of_a_request(
    simulate: Any, cases: list[Case], key: str, value: Any, message: str | None
) -> None:
    """The same for the request."""
    cases[0]["request"][key] = value

    code, output = simulate({"cases": cases})

    assert code == (2 if message else 0)
    assert message is None or message in output


@pytest.mark.parametrize("key", ["principal", "action", "resource", "account"])
def test_names_the_missing_key_of_a_request(simulate: Any, cases: list[Case], key: str) -> None:
    """These four keys are required."""
    del cases[0]["request"][key]

    assert f"case 'session-and-role-both-allow': request.{key}: is missing" in simulate({"cases": cases})[1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "can't be read as JSON"),
        ("[" * 100_000, "can't be read as JSON"),
        ([], "must be an object with a list of cases"),
        ({"cases": []}, "must be an object with a list of cases"),
        ('{"cases": [{"policies": {"session": {"Condition": {}, "Condition": {}}}}]}', "'Condition' occurs twice"),
        ({"cases": [7]}, "case 1: must be an object, not 7"),
    ],
)
def test_reports_an_invalid_file(simulate: Any, content: Any, message: str) -> None:
    """Without a traceback."""
    code, output = simulate(content)

    assert code == 2
    assert message in output


def test_reports_a_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With an example of a valid file."""
    assert main(["simulate", str(tmp_path / "none.json")]) == 2
    assert "no such file; tests/data/iam-cases.json is an example" in capsys.readouterr().err


def test_shows_no_control_characters(simulate: Any, cases: list[Case]) -> None:
    """Another person's file can't control the terminal."""
    cases[0] |= {"name": "\x1b[2J\ud800", "expected": "deny", "decision": None}

    assert "failed: \\x1b[2J\\ud800" in simulate({"cases": cases})[1]
