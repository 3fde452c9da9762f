"""Verdicts: a refusal proves something only if the control is allowed."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, NoCredentialsError

from temp_access.iam.decision import Layer
from temp_access.verify.outcomes import (
    Outcome,
    OutcomeType,
    SetupError,
    UnexpectedResponse,
    attempt,
    judge,
    may_be_transient,
)
from temp_access.verify.probes import (
    AssumeCall,
    Identity,
    Probe,
    ProbeCaller,
    Result,
    ServiceCall,
    Verdict,
    VerificationReport,
)
from tests.unit.support.planning import TARGET

WORKED = Outcome(OutcomeType.WORKED)
BECAUSE = "User: arn:… is not authorized to perform: s3:GetObject because no {} allows the s3:GetObject action"
DENIED = Outcome(OutcomeType.REFUSED, "AccessDenied", BECAUSE.format("session policy"))
BUSY = Outcome(OutcomeType.UNDECIDED, "SlowDown", "SlowDown: please")
ALLOWED = Probe("x", "g", "t", ProbeCaller(Identity.GRANT), ServiceCall("get"), True, "cause")
REFUSED = Probe(
    "x",
    "g",
    "t",
    ProbeCaller(Identity.GRANT),
    ServiceCall("get"),
    False,
    "cause",
    layer=Layer.SESSION,
    control=ProbeCaller(Identity.ROLE),
)
MALFORMED = Probe(
    "x",
    "g",
    "t",
    ProbeCaller(Identity.USER),
    AssumeCall(900, "x", "y"),
    False,
    "cause",
    codes=("MalformedPolicyDocument",),
)


def error(code: str, message: str = "", status: int = 403) -> ClientError:
    """Return what boto3 raises for this answer."""
    metadata = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, "Call")  # type: ignore[typeddict-item]


def raising(problem: Exception) -> Callable[[], str | None]:
    """Return a call that ends with this."""

    def call() -> str | None:
        raise problem

    return call


@pytest.mark.parametrize(
    ("probe", "seen", "control", "verdict"),
    [
        (ALLOWED, WORKED, None, Verdict.PASSED),
        (ALLOWED, DENIED, None, Verdict.FAILED),
        (ALLOWED, BUSY, None, Verdict.INCONCLUSIVE),
        (REFUSED, DENIED, WORKED, Verdict.PASSED),
        (REFUSED, WORKED, None, Verdict.FAILED),
        (REFUSED, BUSY, None, Verdict.INCONCLUSIVE),
        (REFUSED, DENIED, DENIED, Verdict.INCONCLUSIVE),
        (REFUSED, DENIED, BUSY, Verdict.INCONCLUSIVE),
        (REFUSED, Outcome(OutcomeType.REFUSED, "NoSuchKey"), WORKED, Verdict.FAILED),
        # The answer to HEAD has no code; the call asks GET for it.
        (REFUSED, Outcome(OutcomeType.REFUSED, "403"), WORKED, Verdict.FAILED),
        (ALLOWED, Outcome(OutcomeType.REFUSED, "NoSuchKey"), None, Verdict.INCONCLUSIVE),
        (ALLOWED, Outcome(OutcomeType.REFUSED, "PackedPolicyTooLarge"), None, Verdict.FAILED),
        (MALFORMED, Outcome(OutcomeType.REFUSED, "MalformedPolicyDocument"), WORKED, Verdict.PASSED),
        (MALFORMED, Outcome(OutcomeType.REFUSED, "AccessDenied"), WORKED, Verdict.FAILED),
    ],
)
def test_the_verdict_follows_from_outcome_and_control(
    probe: Probe, seen: Outcome, control: Outcome | None, verdict: Verdict
) -> None:
    """Undecided, or refused together with its control, is inconclusive; an unexpected error code fails."""
    assert judge(probe, seen, control, names_layers=True)[0] is verdict


def test_a_refusal_without_a_working_control_proves_nothing() -> None:
    """The observation says so."""
    observed = judge(REFUSED, DENIED, DENIED, names_layers=False)[1]
    assert observed.endswith("but the control failed too, so this refusal proves nothing")


def test_an_unexpected_code_names_the_expected_ones() -> None:
    """A missing object isn't a refusal."""
    observed = judge(MALFORMED, Outcome(OutcomeType.REFUSED, "ValidationError", "no"), WORKED, names_layers=False)[1]
    assert observed == "refused with ValidationError: no; expected MalformedPolicyDocument"


@pytest.mark.parametrize(
    ("message", "names_layers", "verdict"),
    [
        (BECAUSE.format("session policy"), True, Verdict.PASSED),
        (BECAUSE.format("identity-based policy"), True, Verdict.FAILED),
        ("… with an explicit deny in a resource-based policy", True, Verdict.PASSED),
        ("because … with an explicit deny in a resource-based policy", True, Verdict.FAILED),
        (BECAUSE.format("identity-based policy"), False, Verdict.PASSED),
        ("Access Denied", True, Verdict.PASSED),
    ],
)
def test_checks_the_layer_that_the_message_names(message: str, names_layers: bool, verdict: Verdict) -> None:
    """If AWS names another layer, the session policy may not be what limits the session."""
    seen = Outcome(OutcomeType.REFUSED, "AccessDenied", message)
    assert judge(REFUSED, seen, WORKED, names_layers=names_layers)[0] is verdict


@pytest.mark.parametrize("code", ["Throttling", "SlowDown", "ExpiredToken", "400", "403", "SomethingNew", ""])
def test_what_is_no_answer_is_undecided(code: str) -> None:
    """Neither refused nor allowed."""
    assert attempt(raising(error(code))).kind is OutcomeType.UNDECIDED


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, OutcomeType.UNDECIDED),
        (503, OutcomeType.UNDECIDED),
        (429, OutcomeType.UNDECIDED),
        (403, OutcomeType.REFUSED),
    ],
)
def test_a_server_error_is_undecided(status: int, kind: OutcomeType) -> None:
    """Whatever its code."""
    assert attempt(raising(error("AccessDenied", status=status))).kind is kind


@pytest.mark.parametrize(
    "problem",
    [
        EndpointConnectionError(endpoint_url="https://x"),
        ConnectTimeoutError(endpoint_url="https://x"),
        NoCredentialsError(),
        ConnectionResetError("reset"),
        KeyError("GetCallerIdentityResult"),
        SetupError("no credentials"),
    ],
)
def test_a_call_without_a_response_is_undecided(problem: Exception) -> None:
    """Because of the network, or because something that the call needs is missing."""
    assert attempt(raising(problem)).kind is OutcomeType.UNDECIDED


def test_a_success_has_a_message_and_an_unexpected_response_is_a_refusal() -> None:
    """The response of AssumeRole is checked too."""
    assert attempt(lambda: "ASIA key") == Outcome(OutcomeType.WORKED, message="ASIA key")
    assert attempt(lambda: None).summary == "allowed"
    assert attempt(raising(error("AccessDenied", "no"))).summary == "refused with AccessDenied: no"
    wrong = attempt(raising(UnexpectedResponse("begins with AKIA")))
    assert (wrong.kind, wrong.summary) == (OutcomeType.REFUSED, "begins with AKIA")
    assert judge(ALLOWED, wrong, None, names_layers=True)[0] is Verdict.FAILED


@pytest.mark.parametrize(
    ("probe", "seen", "waits"),
    [
        (ALLOWED, DENIED, True),
        (ALLOWED, Outcome(OutcomeType.UNDECIDED, "InvalidClientTokenId"), True),
        (ALLOWED, Outcome(OutcomeType.REFUSED, "NoSuchBucket"), False),
        (ALLOWED, WORKED, False),
        (REFUSED, WORKED, True),
        (REFUSED, BUSY, True),
        (MALFORMED, Outcome(OutcomeType.REFUSED, "ValidationError"), False),
    ],
)
def test_waits_only_for_outcomes_that_a_delay_explains(probe: Probe, seen: Outcome, waits: bool) -> None:
    """Propagation refuses new and allows old permissions for a while; an invalid request stays invalid."""
    assert may_be_transient(probe, seen) == waits


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([Verdict.PASSED, Verdict.PASSED], 0),
        ([Verdict.PASSED, Verdict.INCONCLUSIVE], 3),
        ([Verdict.INCONCLUSIVE, Verdict.FAILED], 1),
        ([], 3),
    ],
)
def test_the_exit_code_is_that_of_the_worst_verdict(verdicts: list[Verdict], code: int) -> None:
    """Failed is worse than inconclusive, and no probe at all is inconclusive."""
    results = tuple(Result(ALLOWED, verdict, "") for verdict in verdicts)
    assert VerificationReport(target=TARGET, run="r", results=results).exit_code == code
