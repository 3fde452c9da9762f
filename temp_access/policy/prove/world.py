"""The policies of a set of templates, as the evaluator takes them, and what of them isn't at hand.

The one file here that looks at rooms above `policy`: it reads the templates as the verification does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from temp_access.config.model import Config
from temp_access.errors import UserError
from temp_access.policy.aws_managed import bundled_document
from temp_access.policy.decision import Layer
from temp_access.policy.evaluate import PolicySet
from temp_access.policy.extremes import ALLOW_NOTHING
from temp_access.policy.parse import parse_policy
from temp_access.policy.session import minimal_json
from temp_access.verify.model import Target
from temp_access.verify.offline.layers import EffectivePolicies
from temp_access.verify.offline.target import offline_target
from temp_access.verify.state.assembly import Assembly
from temp_access.verify.state.model import Permissions, State
from temp_access.verify.state.names import TemplateContext
from temp_access.verify.state.resources import resources

Document = Mapping[str, Any]

_GROUP = "the policies of the group {}"


@dataclass(frozen=True)
class World:
    """The names and policies of one set of templates; `unknown` names policies that aren't at hand."""

    account: str
    partition: str
    bucket: str
    role_arn: str
    user_arn: str
    state: State
    own: Mapping[str, Document]

    @property
    def bucket_arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:{self.partition}:s3:::{self.bucket}"

    @property
    def unknown(self) -> frozenset[str]:
        """The names of the policies whose documents aren't at hand."""
        found = [name for held in (self.state.user.permissions, self.state.role.permissions) for name in _named(held)]
        groups = [_GROUP.format(name) for name in self.state.user.groups]
        return frozenset([name for name in found if self._document(name) is None] + groups)

    def for_role(
        self, session: Document | None, *, unknown_as: Document = ALLOW_NOTHING, on: str = "bucket"
    ) -> PolicySet:
        """Return what counts for a session of the role; a policy that isn't at hand is taken to be `otherwise`."""
        policies = self._policies(unknown_as)
        held = policies.role
        text = None if session is None else minimal_json(dict(session))
        return self._on(policies, on, policies.on_bucket(held, text))

    def for_user(self, *, unknown_as: Document = ALLOW_NOTHING, on: str = "bucket") -> PolicySet:
        """Return what counts for the user."""
        policies = self._policies(unknown_as)
        held = policies.user
        names = [_GROUP.format(name) for name in self.state.user.groups]
        groups = [parse_policy(unknown_as, Layer.IDENTITY, name) for name in names]
        return self._on(policies, on, policies.on_bucket(replace(held, identity=(*held.identity, *groups))))

    def for_outsider(self, *, unknown_as: Document = ALLOW_NOTHING, on: str = "bucket") -> PolicySet:
        """Return what counts for somebody whose own policies allow everything."""
        policies = self._policies(unknown_as)
        return self._on(policies, on, policies.on_bucket(policies.administrator))

    def for_anonymous(self, *, on: str = "bucket") -> PolicySet:
        """Return what counts for somebody who has no policies at all."""
        return replace(self.for_outsider(on=on), identity=())

    def _policies(self, unknown_as: Document) -> EffectivePolicies:
        return EffectivePolicies(self.state, lambda arn: self._document(arn) or unknown_as)

    def _on(self, policies: EffectivePolicies, on: str, layers: PolicySet) -> PolicySet:
        if on == "role":
            return replace(layers, resource=policies.trust, resource_is_trust_policy=True)
        return layers if on == "bucket" else replace(layers, resource=None)

    def _document(self, arn: str) -> Document | None:
        return self.own.get(arn) or bundled_document(arn)


def _named(held: Permissions) -> list[str]:
    unread = [arn for arn, document in held.attached.items() if document is None]
    return unread + ([held.boundary] if held.boundary else [])


def read_world(config: Config, assembly: Assembly) -> World:
    """Return the policies of `assembly`; names that only exist once deployed have stand-ins.

    Raises UserError when the templates can't be followed, or hold a malformed policy.
    """
    target, state = offline_target(config, assembly)
    return World(
        account=target.account,
        partition=target.partition,
        bucket=target.bucket,
        role_arn=target.role_arn,
        user_arn=target.user_arn,
        state=state,
        own=_managed(assembly, target),
    )


def _managed(assembly: Assembly, target: Target) -> dict[str, Document]:
    scope = TemplateContext(assembly.templates, target.account, target.region, target.partition)
    found = [resource for resource in resources(scope) if resource.kind == "AWS::IAM::ManagedPolicy"]
    if bare := next((resource.name for resource in found if "PolicyDocument" not in resource.properties), None):
        raise UserError(f"{assembly.folder}: the managed policy {bare} has no PolicyDocument; run `make synth` again")
    return {resource.name: resource.properties["PolicyDocument"] for resource in found}
