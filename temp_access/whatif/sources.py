"""The sources of policies: the synthesized templates, or the deployed resources."""

from collections.abc import Callable, Iterable, Iterator, Mapping, ValuesView
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TYPE_CHECKING, TypeVar

from temp_access.cfn.assembly import Assembly
from temp_access.cfn.metadata import policy_locations
from temp_access.config.model import Config
from temp_access.deployment.effective_policies import (
    EffectivePolicies,
    managed_document,
    template_policies,
)
from temp_access.deployment.state import RoleState, State, UserState
from temp_access.deployment.target import Target, template_context
from temp_access.deployment.unread import unread
from temp_access.errors import TempAccessError, UserError
from temp_access.iam.decision import Layer
from temp_access.policies.role_names import grant_role_name
from temp_access.policies.role_policy import CONFIG_TAG
from temp_access.whatif.model import PolicySource

if TYPE_CHECKING:
    import boto3

AnyHolder = TypeVar("AnyHolder", bound=UserState | RoleState)
_AT_ONCE = 8


def from_templates(config: Config, assembly: Assembly) -> PolicySource:
    """Return the policies that the templates define."""
    policies = template_policies(config, assembly)
    target = policies.target
    locations = policy_locations(template_context(assembly, target))

    def locate(holder: str, layer: Layer, name: str) -> str:
        return locations.get((holder, layer, name)) or locations.get(("", layer, name)) or name

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
    from temp_access.deployment.deployed import read_deployed, read_role, read_user

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
    state = State(
        user,
        role,
        bucket,
        grant_roles=_Deployed(
            "role", [grant_role_name(config.role.name, id_) for id_ in config.own_role_grants], partial(read_role, iam)
        ),
        users=_Deployed("user", config.users, partial(read_user, iam)),
    )
    return PolicySource(
        policies=EffectivePolicies(target, state, cache(partial(managed_document, iam))),
        locate=partial(_deployed_location, target),
        description=f"the deployment in account {target.account}, {target.region}",
        notes=tuple(_stale_notes(config, role.tags)),
    )


class _Deployed(Mapping[str, AnyHolder]):
    """Deployed users or roles by name, each read when it is asked for; of many, few matter to a question.

    Looking one up raises UserError if it isn't deployed, and TempAccessError if it can't be read.
    """

    def __init__(self, kind: str, names: Iterable[str], read: Callable[[str], AnyHolder | None]) -> None:
        self._kind = kind
        self._names = dict.fromkeys(names)
        self._read: Callable[[str], AnyHolder | None] = cache(read)

    def __getitem__(self, name: str) -> AnyHolder:
        from botocore.exceptions import BotoCoreError, ClientError

        if name not in self._names:
            raise KeyError(name)
        try:
            holder = self._read(name)
        except (BotoCoreError, ClientError) as error:
            raise TempAccessError(f"the {self._kind} {name} can't be read: {error}", exit_code=3) from None
        if holder is None:
            raise UserError(f"not deployed: the {self._kind} {name}; run `make deploy` again")
        return holder

    def values(self) -> ValuesView[AnyHolder]:
        """Return all of them, which are read at the same time; each takes several calls."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            # list() raises the first error.
            list(pool.map(self.__getitem__, self._names))
        return super().values()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _deployed_location(target: Target, holder: str, layer: Layer, name: str) -> str:
    if layer is Layer.RESOURCE:
        return f"the policy of {target.bucket}"
    holder = holder.partition("/")[2]
    if layer is Layer.TRUST:
        return f"the trust policy of {holder}"
    return name if name.startswith("arn:") else f"inline policy {name} of {holder}"


def _stale_notes(config: Config, tags: Mapping[str, str]) -> list[str]:
    if tags.get(CONFIG_TAG) in (None, config.digest):
        return []
    return [f"{config.path.name} isn't the one that is deployed; the session policies of grants come from it"]
