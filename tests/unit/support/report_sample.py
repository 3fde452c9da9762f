"""A realistic verification report, for the tests of the report formats."""

from dataclasses import replace

from temp_access.config.model import Grant
from temp_access.deployment.target import Target
from temp_access.iam.decision import Layer
from temp_access.verify.probes import (
    LIVE_ONLY,
    AssumeCall,
    Identity,
    Probe,
    ProbeCaller,
    Result,
    ServiceCall,
    StateCheck,
    TrustCheck,
    Verdict,
    VerificationReport,
)

BUCKET = "temp-access-123456789012-us-east-1"
TARGET = Target(
    account="123456789012",
    region="us-east-1",
    partition="aws",
    bucket=BUCKET,
    role_name="temp-role",
    role_arn="arn:aws:iam::123456789012:role/temp-role",
    user_name="temp-user",
    user_arn="arn:aws:iam::123456789012:user/temp-user",
    digest="5d41402abc4b2a76b9719d911017c592ae2f1d7c4f3b0d8c0b7d4e6f1a2b3c4d",
)
USER, ROLE = ProbeCaller(Identity.USER), ProbeCaller(Identity.ROLE)
BOB = Grant("bob", "read-write", "bob")
BOBBY = Grant("bobby", "read", "bobby")
HOSTILE = "[red]evil[/red]|`x`<img src=x>\x1b[31m\r\n\u202e\x00*b* $x$ @octocat https://evil.example"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEOz//////////wEaCXVzLWVhc3QtMSJHMEUCIQDx7" * 6 + "=="
KEY_ID = "ASIAIOSFODNN7EXAMPLE"


def put_probe(grant: Grant = BOB, **changes: object) -> Probe:
    """Return a probe that must be allowed."""
    probe = Probe(
        id=f"{grant.id}/put-inside",
        group=grant.id,
        title="inside the folder: put",
        caller=ProbeCaller(Identity.GRANT, grant),
        call=ServiceCall("put", BUCKET, f"{grant.folder}/.temp-access-probe-7f3a/object"),
        allowed=True,
        cause="the role lacks s3:PutObject, or its session policy does; deploy this access.toml again",
    )
    return replace(probe, **changes)  # type: ignore[arg-type]


def list_probe(grant: Grant = BOB, **changes: object) -> Probe:
    """Return a probe that the session policy must deny, with a control."""
    probe = Probe(
        id=f"{grant.id}/list-bare-prefix",
        group=grant.id,
        title=f"list with the bare prefix {grant.folder}",
        caller=ProbeCaller(Identity.GRANT, grant),
        call=ServiceCall("list-v2", BUCKET, prefix=grant.folder),
        allowed=False,
        cause=(
            "the session policy admits the prefix without a slash, so that bob sees bobby's keys; "
            "list only bob/ and bob/*"
        ),
        layer=Layer.SESSION,
        control=ROLE,
    )
    return replace(probe, **changes)  # type: ignore[arg-type]


def assume_probe() -> Probe:
    """Return a probe of AssumeRole that must be refused for its parameter."""
    return Probe(
        id="assume/too-short",
        group="assume",
        title="a session of less than 900 s is refused",
        caller=USER,
        call=AssumeCall(899, '{"Version":"2012-10-17"}', "probe-7f3a", external_id="external-9"),
        allowed=False,
        cause="STS has changed its rule",
        codes=("ValidationError",),
        runners=LIVE_ONLY,
    )


def trust_probe() -> Probe:
    """Return a probe of the deployed trust policy."""
    return Probe(
        id="role/trust-ip",
        group="role",
        title="the role is refused outside 203.0.113.0/24",
        caller=USER,
        call=TrustCheck("arn:aws:iam::123456789012:user/temp-user", (("aws:SourceIp", "198.51.100.7"),)),
        allowed=False,
        cause="the trust policy has lost its condition aws:SourceIp; deploy again",
        layer=Layer.TRUST,
    )


def state_probe() -> Probe:
    """Return a probe of the deployed state."""
    return Probe(
        id="state/user-policies",
        group="deployed state",
        title="temp-user has the reviewed policies and no others",
        caller=ProbeCaller(Identity.DEPLOYER),
        call=StateCheck("user policies"),
        allowed=True,
        cause="AmazonS3FullAccess was attached by hand; detach it, or write it into access.toml",
        runners=LIVE_ONLY,
    )


def passed(probe: Probe, observed: str = "as expected") -> Result:
    """Return a passed result."""
    return Result(probe, Verdict.PASSED, observed, 0.05, "succeeded" if probe.control else None)


def sample_report(*results: Result, warnings: tuple[str, ...] = ()) -> VerificationReport:
    """Return a report on `results`; without any, on a run with one failed and one inconclusive probe."""
    return VerificationReport(TARGET, "7f3a9c", results or _results(), warnings, 6.2)


def _results() -> tuple[Result, ...]:
    reads = [put_probe(BOBBY, id=f"bobby/get-{n}", title=f"inside the folder: get object {n}") for n in range(12)]
    return (
        passed(assume_probe(), "refused: ValidationError"),
        passed(state_probe()),
        Result(trust_probe(), Verdict.INCONCLUSIVE, "undecided: Throttling: Rate exceeded, for 60 s", 60.0),
        Result(list_probe(), Verdict.FAILED, "allowed: 3 keys returned", 0.21, "succeeded"),
        passed(put_probe()),
        *(passed(probe) for probe in reads),
    )
