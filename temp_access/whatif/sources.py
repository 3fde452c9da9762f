"""Where the policies come from: the synthesized templates, or what is deployed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from temp_access.cfn.assembly import Assembly
from temp_access.cfn.intrinsics import TemplateContext
from temp_access.cfn.metadata import policy_locations
from temp_access.config.model import Config
from temp_access.deployment.state import State
from temp_access.deployment.target import Target, offline_target
from temp_access.errors import TempAccessError, UserError
from temp_access.iam.aws_managed import bundled_document
from temp_access.iam.decision import Layer
from temp_access.iam.document import Document
from temp_access.policies.role_policy import CONFIG_TAG
from temp_access.whatif.model import PolicySource

if TYPE_CHECKING:
    import boto3


def from_templates(config: Config, assembly: Assembly) -> PolicySource:
    """Return the policies that the templates ask for."""
    target, state = offline_target(config, assembly)
    places = policy_locations(TemplateContext(assembly.templates, target.account, target.region, target.partition))

    def place(holder: str, layer: Layer, name: str) -> str:
        return places.get((holder, layer, name)) or places.get(("", layer, name)) or name

    for_anyone = "" if assembly.account else f" (for any account; {target.account} stands for it)"
    return PolicySource(
        target=target,
        state=state,
        document=bundled_document,
        place=place,
        words=f"the templates in {assembly.folder}{for_anyone}",
        bucket_is_named=config.bucket_name is not None,
    )


def from_deployed(config: Config, target: Target, session: "boto3.Session") -> PolicySource:
    """Return the policies that are deployed; raises UserError if something isn't there."""
    from botocore.exceptions import BotoCoreError, ClientError

    from temp_access.deployment.deployed import read_deployed
    from temp_access.deployment.effective_policies import managed_document

    iam = session.client("iam")
    try:
        found = read_deployed(iam, session.client("s3"), target)
    except (BotoCoreError, ClientError) as error:
        raise TempAccessError(f"what is deployed can't be read: {error}", exit_code=3) from None
    if found.user is None or found.role is None or found.bucket is None:
        names = ((found.user, target.user_name), (found.role, target.role_name), (found.bucket, target.bucket))
        missing = " and ".join(name for there, name in names if there is None)
        raise UserError(f"{missing}: isn't there; run `make deploy` again")
    state = State(found.user, found.role, found.bucket)
    documents: dict[str, Document] = {}

    def document(arn: str) -> Document:
        if arn not in documents:
            documents[arn] = managed_document(iam, arn)
        return documents[arn]

    return PolicySource(
        target=target,
        state=state,
        document=document,
        place=lambda holder, layer, name: _deployed_place(target, holder, layer, name),
        words=f"what is deployed in account {target.account}, {target.region}",
        notes=tuple(_stale(config, state.role.tags)),
    )


def _deployed_place(target: Target, holder: str, layer: Layer, name: str) -> str:
    if layer is Layer.RESOURCE:
        return f"the policy of {target.bucket}"
    if layer is Layer.TRUST:
        return f"the trust policy of {target.role_name}"
    owner = target.user_name if holder == "user" else target.role_name
    return name if name.startswith("arn:") else f"inline policy {name} of {owner}"


def _stale(config: Config, tags: Mapping[str, str]) -> list[str]:
    if tags.get(CONFIG_TAG) in (None, config.digest):
        return []
    return [f"{config.path.name} isn't the one that is deployed; a grant's session policy is made from it"]
