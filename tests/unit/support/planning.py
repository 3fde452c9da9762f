"""Plan a verification as the command does, without a deployment."""

from collections.abc import Sequence

from temp_access.config.model import Config, Grant
from temp_access.deployment.effective_policies import known_document
from temp_access.deployment.target import Target
from temp_access.verify.plan.plan import ProbePlan, make_plan
from temp_access.verify.plan.selection import choose_grants
from temp_access.verify.plan.user import decide_for_user
from temp_access.verify.probes import Probe, ServiceCall

RUN = "20260101T000000Z-0123abcd"
MARK = f".temp-access-probe-{RUN}/"
OTHER_BUCKET = "another-bucket"
TARGET = Target(
    account="111122223333",
    region="eu-central-1",
    partition="aws",
    bucket="the-bucket",
    role_name="temp-role",
    role_arn="arn:aws:iam::111122223333:role/temp-role",
    user_name="temp-user",
    user_arn="arn:aws:iam::111122223333:user/temp-user",
    digest="",
)


def plan_of(config: Config, grants: Sequence[Grant] | None = None, *, deployer_is_untrusted: bool = True) -> ProbePlan:
    """Return the plan for `grants`, or for those that the command would choose."""
    return make_plan(
        config,
        choose_grants(config, (), None, 0) if grants is None else grants,
        TARGET,
        RUN,
        decide_for_user=decide_for_user(config, TARGET, known_document),
        other_bucket=OTHER_BUCKET,
        deployer_is_untrusted=deployer_is_untrusted,
    )


def probe(plan: ProbePlan, id_: str) -> Probe:
    """Return the probe with the id `id_`."""
    (probe_,) = (probe for probe in plan.probes if probe.id == id_)
    return probe_


def service_probes(plan: ProbePlan) -> list[tuple[Probe, ServiceCall]]:
    """Return the probes that call S3 or IAM, with their calls."""
    return [(probe, probe.call) for probe in plan.probes if isinstance(probe.call, ServiceCall)]
