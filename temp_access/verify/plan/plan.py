"""The whole plan: one list of probes, built from the configuration and what is deployed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from temp_access.config.model import Config, Grant
from temp_access.config.table import key_path
from temp_access.policy.access import ACCESS_MODES, combined_mode
from temp_access.verify.model import Identity, Probe, ServiceCall, Target
from temp_access.verify.plan.assuming import AssumeRoleProbes, grant_probe
from temp_access.verify.plan.choose import admitted_examples
from temp_access.verify.plan.folder import FolderProbes
from temp_access.verify.plan.neighbours import neighbours
from temp_access.verify.plan.role import role_probes
from temp_access.verify.plan.state import state_probes
from temp_access.verify.plan.user import boundary_warning, user_probes


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """The probes in the order of the report, and what the reader should be warned of."""

    probes: tuple[Probe, ...]
    warnings: tuple[str, ...]


def make_plan(
    config: Config,
    grants: Sequence[Grant],
    target: Target,
    run: str,
    *,
    user_allows: Callable[[ServiceCall], bool],
    other_bucket: str,
    deployer_is_stranger: bool,
) -> ProbePlan:
    """Return the plan for `grants`; the number of probes is linear in them."""
    of_user = list(
        user_probes(
            target,
            run,
            user_allows,
            has_boundary=config.user.permissions_boundary is not None,
            # The role may ask for MFA; what the user may do alone doesn't.
            who=Identity.USER_WITHOUT_MFA if config.role.conditions.mfa else Identity.USER,
        )
    )
    probes = [
        *state_probes(),
        *of_user,
        *AssumeRoleProbes(config, target, deployer_is_stranger).probes(),
        *role_probes(target, run, other_bucket),
        *grant_probes(config, grants, target, run),
    ]
    warning = boundary_warning(of_user, target.user_name)
    return ProbePlan(tuple(probes), (*config.warnings, *([warning] if warning else [])))


def grant_probes(config: Config, grants: Sequence[Grant], target: Target, run: str) -> list[Probe]:
    """Return the probes of each of `grants`, against its neighbour among all that the file admits."""
    ceiling = combined_mode(ACCESS_MODES[mode] for mode in config.modes)
    beside = neighbours({g.id: g for g in (*config.grants.values(), *admitted_examples(config), *grants)}.values())
    probes: list[Probe] = []
    for grant in grants:
        probes.append(grant_probe(config, grant, key_path("grants", grant.id)))
        plan = FolderProbes(grant, neighbour=beside.get(grant.id), ceiling=ceiling, target=target, run=run)
        probes.extend(plan.probes())
    return probes
