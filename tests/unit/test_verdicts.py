"""From what was observed to a verdict: a refusal proves something only if somebody else isn't refused."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, NoCredentialsError

from temp_access.verify.judge import judge, may_settle
from temp_access.verify.model import AssumeCall, Caller, Layer, Probe, Report, Result, ServiceCall, Verdict, Who
from temp_access.verify.observe import Kind, NotReadyError, Observation, WrongFormError, observe
from tests.unit.planning import TARGET

WORKED = Observation(Kind.WORKED)
BECAUSE = "User: arn:… is not authorized to perform: s3:GetObject because no {} allows the s3:GetObject action"
DENIED = Observation(Kind.REFUSED, "AccessDenied", BECAUSE.format("session policy"))
BUSY = Observation(Kind.UNDECIDED, "SlowDown", "SlowDown: please")
ALLOWED = Probe("x", "g", "t", Caller(Who.GRANT), ServiceCall("get"), True, "cause")
REFUSED = Probe(
    "x", "g", "t", Caller(Who.GRANT), ServiceCall("get"), False, "cause", layer=Layer.SESSION, control=Caller(Who.ROLE)
)
MALFORMED = Probe(
    "x", "g", "t", Caller(Who.USER), AssumeCall(900, "x", "y"), False, "cause", codes=("MalformedPolicyDocument",)
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
        (REFUSED, Observation(Kind.REFUSED, "NoSuchKey"), WORKED, Verdict.FAILED),
        (REFUSED, Observation(Kind.REFUSED, "403"), WORKED, Verdict.PASSED),
        (MALFORMED, Observation(Kind.REFUSED, "MalformedPolicyDocument"), WORKED, Verdict.PASSED),
        (MALFORMED, Observation(Kind.REFUSED, "AccessDenied"), WORKED, Verdict.FAILED),
    ],
)
def test_the_verdict_follows_from_what_was_seen_and_its_control(
    probe: Probe, seen: Observation, control: Observation | None, verdict: Verdict
) -> None:
    """Undecided, or refused together with its control, is inconclusive; another code than AWS's has failed."""
    assert judge(probe, seen, control, names_layers=True)[0] is verdict


def test_a_refusal_without_a_working_control_says_that_it_proves_nothing() -> None:
    """Else the reader would take it for the session policy's."""
    said = judge(REFUSED, DENIED, DENIED, names_layers=False)[1]
    assert said.endswith("but the control didn't work either, so this refusal proves nothing")


def test_a_wrong_code_says_which_was_expected() -> None:
    """A missing object isn't a refusal."""
    said = judge(MALFORMED, Observation(Kind.REFUSED, "ValidationError", "no"), WORKED, names_layers=False)[1]
    assert said == "refused with ValidationError: no; expected MalformedPolicyDocument"


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
def test_the_layer_is_checked_where_the_message_names_it(message: str, names_layers: bool, verdict: Verdict) -> None:
    """AWS says which layer refused; another one means that the session policy may not be what narrows."""
    seen = Observation(Kind.REFUSED, "AccessDenied", message)
    assert judge(REFUSED, seen, WORKED, names_layers=names_layers)[0] is verdict


@pytest.mark.parametrize("code", ["Throttling", "RequestLimitExceeded", "SlowDown", "ExpiredToken", "RequestTimeout"])
def test_throttling_and_expired_credentials_decide_nothing(code: str) -> None:
    """Neither refused nor allowed."""
    assert observe(raising(error(code))).kind is Kind.UNDECIDED


@pytest.mark.parametrize(
    ("status", "kind"), [(500, Kind.UNDECIDED), (503, Kind.UNDECIDED), (429, Kind.UNDECIDED), (403, Kind.REFUSED)]
)
def test_a_servers_own_fault_decides_nothing(status: int, kind: Kind) -> None:
    """Whatever the code says."""
    assert observe(raising(error("AccessDenied", status=status))).kind is kind


@pytest.mark.parametrize(
    "problem",
    [
        EndpointConnectionError(endpoint_url="https://x"),
        ConnectTimeoutError(endpoint_url="https://x"),
        NoCredentialsError(),
        ConnectionResetError("reset"),
        NotReadyError("no credentials"),
    ],
)
def test_a_call_that_wasnt_answered_decides_nothing(problem: Exception) -> None:
    """The network, or what the call needed."""
    assert observe(raising(problem)).kind is Kind.UNDECIDED


def test_a_call_that_worked_says_what_it_gave_and_a_wrong_form_isnt_one() -> None:
    """What AssumeRole gives is looked at, too."""
    assert observe(lambda: "ASIA key") == Observation(Kind.WORKED, message="ASIA key")
    assert observe(lambda: None).text == "allowed"
    assert observe(raising(error("AccessDenied", "no"))).text == "refused with AccessDenied: no"
    wrong = observe(raising(WrongFormError("begins with AKIA")))
    assert (wrong.kind, wrong.text) == (Kind.REFUSED, "begins with AKIA")
    assert judge(ALLOWED, wrong, None, names_layers=True)[0] is Verdict.FAILED


@pytest.mark.parametrize(
    ("probe", "seen", "waits"),
    [
        (ALLOWED, DENIED, True),
        (ALLOWED, Observation(Kind.REFUSED, "InvalidClientTokenId"), True),
        (ALLOWED, Observation(Kind.REFUSED, "NoSuchBucket"), False),
        (ALLOWED, WORKED, False),
        (REFUSED, WORKED, True),
        (REFUSED, BUSY, True),
        (MALFORMED, Observation(Kind.REFUSED, "ValidationError"), False),
    ],
)
def test_only_what_a_delay_could_explain_is_waited_for(probe: Probe, seen: Observation, waits: bool) -> None:
    """IAM's delays refuse the new and allow the old for a while; a wrong request stays wrong."""
    assert may_settle(probe, seen) == waits


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([Verdict.PASSED, Verdict.PASSED], 0),
        ([Verdict.PASSED, Verdict.INCONCLUSIVE], 3),
        ([Verdict.INCONCLUSIVE, Verdict.FAILED], 1),
        ([], 3),
    ],
)
def test_the_exit_code_is_the_worst_verdicts(verdicts: list[Verdict], code: int) -> None:
    """A failure counts more than what is undecided, and no probe at all proves nothing."""
    results = tuple(Result(ALLOWED, verdict, "") for verdict in verdicts)
    assert Report(target=TARGET, run="r", results=results).exit_code == code
