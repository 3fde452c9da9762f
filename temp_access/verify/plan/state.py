"""The probes of the deployed state: each aspect is as the synthesized template says."""

from collections.abc import Iterator

from temp_access.verify.model import LIVE_ONLY, Caller, Probe, StateCheck, Who
from temp_access.verify.state.compare import ASPECTS


def state_probes() -> Iterator[Probe]:
    """Yield a probe for each aspect."""
    for aspect, title in ASPECTS.items():
        yield Probe(
            id=f"state/{aspect}",
            group="deployed state",
            title=title,
            caller=Caller(Who.DEPLOYER),
            call=StateCheck(aspect),
            allowed=True,
            cause="it was changed by hand, or another access.toml was deployed; each difference says how to undo it",
            runners=LIVE_ONLY,
        )
