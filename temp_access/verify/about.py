"""What each group of probes shows, in a few words for the reports."""

from collections.abc import Iterable

from temp_access.verify.model import Probe

_FIXED = {
    "deployed state": "as the template says",
    "user": "only what [user] says",
    "assume": "who, how long, how",
    "role": "the one bucket only",
    "widened": "no more than the role",
    "agreement": "the evaluator agrees",
    "clean-up": "nothing is left",
}


def group_summary(group: str, probes: Iterable[Probe]) -> str:
    """Return what holds if all of the group's probes pass; an empty string for an unknown group."""
    grants = {probe.caller.grant for probe in probes if probe.caller.grant}
    if len(grants) == 1:
        (grant,) = grants
        return f"{grant.access} in {grant.folder}/"
    return _FIXED.get(group, "")
