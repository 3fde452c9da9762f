"""The sources of policies: the synthesized templates, or the deployed resources."""

from collections.abc import Mapping
from functools import cache, partial
from typing import TYPE_CHECKING

from temp_access.cfn.assembly import Assembly
from temp_access.cfn.metadata import policy_locations
from temp_access.config.model import Config
from temp_access.deployment.effective_policies import (
    EffectivePolicies,
    PolicyOwner,
    managed_document,
    template_policies,
)
from temp_access.deployment.state import State
from temp_access.deployment.target import Target, template_context
from temp_access.deployment.unread import unread
from temp_access.errors import TempAccessError, UserError
from temp_access.iam.decision import Layer
from temp_access.policies.role_policy import CONFIG_TAG
from temp_access.whatif.model import PolicySource

if TYPE_CHECKING:
    import boto3


def from_templates(config: Config, assembly: Assembly) -> PolicySource:
    """Return the policies that the templates define."""
    policies = template_policies(config, assembly)
    target = policies.target
    locations = policy_locations(template_context(assembly, target))

    def locate(owner: PolicyOwner, layer: Layer, name: str) -> str:
        return locations.get((owner.value, layer, name)) or locations.get(("", layer, name)) or name

    for_anyone = "" if assembly.account else f" (for any account; {target.account} stands for it)"
    return PolicySource(
        policies=policies,
        locate=locate,
        description=f"the templates in {assembly.folder}{for_anyone}",
        bucket_is_named=config.bucket_name is not None,
        unread=unread(assembly, target, policies.state),
    )


def from_deployed(config: Config, target: Target, session: "boto3.Session") -> PolicySource:
    """Return the deployed policies; raises UserError if the user, the role or the bucket doesn't exist."""
    from botocore.exceptions import BotoCoreError, ClientError

    from temp_access.aws.clients import service_client
    from temp_access.deployment.deployed import read_deployed

    iam = service_client(session, "iam")
    try:
        deployed = read_deployed(iam, service_client(session, "s3"), target)
    except (BotoCoreError, ClientError) as error:
        raise TempAccessError(f"the deployed policies can't be read: {error}", exit_code=3) from None
    user, role, bucket = deployed.user, deployed.role, deployed.bucket
    if user is None or role is None or bucket is None:
        names = ((user, target.user_name), (role, target.role_name), (bucket, target.bucket))
        missing = " and ".join(name for state, name in names if state is None)
        raise UserError(f"not deployed: {missing}; run `make deploy` again")
    return PolicySource(
        policies=EffectivePolicies(target, State(user, role, bucket), cache(partial(managed_document, iam))),
        locate=partial(_deployed_location, target),
        description=f"the deployment in account {target.account}, {target.region}",
        notes=tuple(_stale_notes(config, role.tags)),
    )


def _deployed_location(target: Target, owner: PolicyOwner, layer: Layer, name: str) -> str:
    if layer is Layer.RESOURCE:
        return f"the policy of {target.bucket}"
    if layer is Layer.TRUST:
        return f"the trust policy of {target.role_name}"
    owner_name = target.user_name if owner is PolicyOwner.USER else target.role_name
    return name if name.startswith("arn:") else f"inline policy {name} of {owner_name}"


def _stale_notes(config: Config, tags: Mapping[str, str]) -> list[str]:
    if tags.get(CONFIG_TAG) in (None, config.digest):
        return []
    return [f"{config.path.name} isn't the one that is deployed; the session policies of grants come from it"]
