"""The probes of the deployed state: each aspect is as the synthesized template says."""

from collections.abc import Iterator

from temp_access.verify.model import LIVE_ONLY, Identity, Probe, ProbeCaller, StateCheck
from temp_access.verify.state.compare import DRIFT_CHECKS


def state_probes() -> Iterator[Probe]:
    """Yield a probe for each aspect."""
    for aspect, title in DRIFT_CHECKS.items():
        yield Probe(
            id=f"state/{aspect}",
            group="deployed state",
            title=title,
            caller=ProbeCaller(Identity.DEPLOYER),
            call=StateCheck(aspect),
            allowed=True,
            cause="it was changed by hand, or another access.toml was deployed; each difference says how to undo it",
            runners=LIVE_ONLY,
        )
