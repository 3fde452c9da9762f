"""The stacks with the roles of grants that have borrowers."""

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from access_constructs import GrantRole
from temp_access.config.model import Config, Grant
from temp_access.policies.borrower_trust import grant_trust_policy
from temp_access.policies.grant_stacks import needs_instance_profile
from temp_access.policies.role_names import grant_role_name, grant_session_maximum
from temp_access.policies.role_policy import CONFIG_TAG


class GrantsStack(cdk.Stack):
    """Defines the role of each of `grants`, which only its borrowers can assume.

    Each role's tag `temp-access:config` contains the digest of its own grant, so another grant doesn't change it.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: Config,
        grants: Iterable[Grant],
        bucket: s3.IBucket,
        env: cdk.Environment,
    ) -> None:
        super().__init__(scope, id_, env=env, termination_protection=config.environment.termination_protection)
        for grant in grants:
            name = grant_role_name(config.role.name, grant.id)
            role = GrantRole(
                self,
                name,
                bucket=bucket,
                folder=grant.folder,
                access=grant.access,
                extras=grant.extras,
                trust_policy=grant_trust_policy(grant, config, account=self.account, partition=self.partition),
                role_name=name,
                path=config.role.path if config.role.path != "/" else None,
                permissions_boundary=config.role.permissions_boundary,
                max_session_duration=cdk.Duration.seconds(grant_session_maximum(grant, config.role)),
                instance_profile=needs_instance_profile(grant),
            )
            cdk.Tags.of(role.role).add(CONFIG_TAG, config.grant_digests[grant.id])
