"""From what was observed to a verdict."""

from temp_access.verify.model import Probe, Verdict
from temp_access.verify.observe import ACCESS_DENIED, NOT_PROPAGATED, Outcome, OutcomeType


def judge(probe: Probe, seen: Outcome, control: Outcome | None, *, names_layers: bool) -> tuple[Verdict, str]:
    """Return the verdict on `probe` and what to say was observed.

    A refusal only counts if its `control` worked: else something else refuses everybody.
    """
    if seen.kind is OutcomeType.UNDECIDED:
        return Verdict.INCONCLUSIVE, seen.text
    if probe.allowed:
        return (Verdict.PASSED if seen.kind is OutcomeType.WORKED else Verdict.FAILED), seen.text
    if seen.kind is OutcomeType.WORKED:
        return Verdict.FAILED, seen.text
    accepted = probe.codes or ACCESS_DENIED
    if seen.code not in accepted:
        return Verdict.FAILED, f"{seen.text}; expected {' or '.join(sorted(accepted))}"
    if control is not None and control.kind is not OutcomeType.WORKED:
        return (
            Verdict.INCONCLUSIVE,
            f"{seen.text}; but the control didn't work either, so this refusal proves nothing",
        )
    if names_layers and probe.layer and (other := _another_layer(probe, seen)):
        return Verdict.FAILED, f"{seen.text}; expected the {probe.layer.value} to refuse, not {other}"
    return Verdict.PASSED, seen.text


def may_be_transient(probe: Probe, seen: Outcome) -> bool:
    """Whether waiting could change what was observed: a delay of IAM, throttling, the network."""
    if seen.kind is OutcomeType.UNDECIDED:
        return True
    if seen.kind is OutcomeType.WORKED:
        return not probe.allowed
    return seen.code in ACCESS_DENIED | NOT_PROPAGATED


def _another_layer(probe: Probe, seen: Outcome) -> str | None:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    _, because, reason = seen.message.partition("because ")
    if not because or probe.layer is None or probe.layer.value in reason:
        return None
    return reason
