"""The shape of the JSON report. `schema` goes up when a key is removed, or changes its meaning or type."""

from typing import Literal, TypedDict


class CallerJson(TypedDict):
    """Whose credentials: a name of `Who` in lower case (`user`, `role`, `grant` …), and the grant's id."""

    who: str
    grant: str | None


class ControlJson(TypedDict):
    """The same call by somebody who must succeed; `outcome` is null when it wasn't made."""

    caller: CallerJson | None
    outcome: str | None


class CallJson(TypedDict, total=False):
    """What is called. `type` says which other keys there are; null is a parameter that isn't sent.

    service: operation, action (of IAM), bucket, key, prefix, source.
    assume: operation, action, duration (seconds), session_name, source_identity, external_id (whether one is
    sent), policy_characters. state: aspect. trust: principal, context.
    """

    type: Literal["service", "assume", "state", "trust"]
    operation: str
    action: str | None
    bucket: str
    key: str
    prefix: str | None
    source: str | None
    duration: int | None
    session_name: str
    source_identity: str | None
    external_id: bool
    policy_characters: int | None
    aspect: str
    principal: str
    context: dict[str, str]


class ProbeJson(TypedDict):
    """One probe and what came of it; `cause` is null when it passed, `codes` empty for any AccessDenied."""

    id: str
    group: str
    title: str
    caller: CallerJson
    call: CallJson
    expected: Literal["allowed", "denied"]
    layer: str | None
    codes: list[str]
    verdict: Literal["passed", "failed", "inconclusive"]
    observed: str
    control: ControlJson | None
    cause: str | None
    runners: list[str]
    seconds: float


class SummaryJson(TypedDict):
    """How many probes there are, and how they ended."""

    probes: int
    passed: int
    failed: int
    inconclusive: int


class ReportJson(TypedDict):
    """The whole report; `endpoint` is null for AWS itself, `role` and `user` are names."""

    schema: Literal[1]
    account: str
    region: str
    endpoint: str | None
    bucket: str
    role: str
    user: str
    run: str
    config_digest: str
    seconds: float
    summary: SummaryJson
    warnings: list[str]
    probes: list[ProbeJson]
