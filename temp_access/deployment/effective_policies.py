"""Which policies apply to a user, a role's session or an outsider on a bucket, a role or anything else.

Users, roles and buckets are arguments: a deployment may have several of each.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from functools import cache
from typing import TYPE_CHECKING

from temp_access.cfn.assembly import Assembly
from temp_access.cfn.opaque import OpaqueValue
from temp_access.cfn.resources import resources
from temp_access.config.model import Config
from temp_access.deployment.deployed import managed_policy_document
from temp_access.deployment.state import BucketState, Permissions, RoleState, State, UserState
from temp_access.deployment.target import Target, template_context, template_target
from temp_access.deployment.undecided_policy import UndecidedPolicy, with_one_reason
from temp_access.errors import TempAccessError, UserError
from temp_access.iam.aws_managed import ALLOW_ALL, ALLOW_NOTHING, DENY_ALL, bundled_document
from temp_access.iam.decision import Layer
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.parser import parse_policy
from temp_access.iam.policy_json import Document
from temp_access.iam.reader import read_policy

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

# Returns the document of a managed policy by ARN, None if it isn't available.
ManagedDocument = Callable[[str], Document | None]


class MissingDocument(TempAccessError):
    """The document of a managed policy isn't available, so what the policy allows is unknown."""

    exit_code = 3


class PolicyOwner(StrEnum):
    """Whose identity-based policies apply; an outsider's are its own and aren't known."""

    USER = "user"
    ROLE = "role"
    OUTSIDER = "outsider"


class UnknownAs(Enum):
    """What a policy with an unknown document is taken to be; with NO_EFFECT it is left out, or limits nothing."""

    ALLOW_ALL = "allow all"
    ALLOW_NOTHING = "allow nothing"
    DENY_ALL = "deny all"
    NO_EFFECT = "no effect"

    def document(self, layer: Layer) -> Document:
        """Return the policy document that replaces the unknown one in `layer`."""
        if self is UnknownAs.DENY_ALL:
            return DENY_ALL
        allows_all = self is UnknownAs.ALLOW_ALL or (self is UnknownAs.NO_EFFECT and layer is Layer.BOUNDARY)
        return ALLOW_ALL if allows_all else ALLOW_NOTHING


# What an unknown policy can be: a decision that is the same with each of them is known.
EXTREMES = (UnknownAs.ALLOW_NOTHING, UnknownAs.ALLOW_ALL, UnknownAs.DENY_ALL)


@dataclass(frozen=True, slots=True)
class PrincipalPolicies:
    """The identity-based policies, permissions boundary and session policies of one principal.

    `session` is None for a principal without a session policy.
    """

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None

    def narrowed(self, session_policy: Document | str | None) -> "PrincipalPolicies":
        """Return these policies with AssumeRole's session policy, None for a session without one."""
        if session_policy is None:
            return replace(self, session=None)
        return replace(self, session=(parse_policy(session_policy, Layer.SESSION, "session policy"),))


@dataclass(frozen=True, slots=True)
class UnknownPolicies:
    """The unknown policies of one user or role: ARNs of managed policies without a document, names of groups."""

    documents: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def policy_names(self) -> frozenset[str]:
        """The names of the policies that replace them in a PolicySet."""
        return frozenset((*self.documents, *map(group_policies, self.groups)))


@dataclass(frozen=True)
class EffectivePolicies:
    """The parsed policies of a deployment.

    `documents` returns the documents of managed policies that the state lacks.
    """

    target: Target
    state: State
    documents: ManagedDocument
    _principals: dict[tuple[object, ...], PrincipalPolicies] = field(default_factory=dict, init=False, repr=False)
    _resources: dict[tuple[type, str], Policy] = field(default_factory=dict, init=False, repr=False)

    def of(
        self,
        owner: UserState | RoleState,
        unknown_as: UnknownAs | None = None,
        undecided: frozenset[UndecidedPolicy] = frozenset(),
    ) -> PrincipalPolicies:
        """Return the policies of a user or role.

        Without `unknown_as`, groups are left out, and an unknown document raises MissingDocument. What an `undecided`
        policy allows is unknown to an evaluation.
        """
        key = (type(owner), owner.name, unknown_as, undecided)
        if key not in self._principals:
            groups = owner.groups if isinstance(owner, UserState) else ()
            policies = principal_policies(owner.permissions, self.documents, groups, unknown_as)
            self._principals[key] = with_undecided(policies, undecided)
        return self._principals[key]

    def of_owner(
        self, owner: PolicyOwner, unknown_as: UnknownAs, undecided: frozenset[UndecidedPolicy] = frozenset()
    ) -> PrincipalPolicies:
        """Return the policies of the state's user or role, or an outsider's taken to be `unknown_as`."""
        state = self.owner_state(owner)
        return self.of(state, unknown_as, undecided) if state else outsider_policies(unknown_as)

    def unknown_of(self, owner: UserState | RoleState) -> tuple[str, ...]:
        """Return descriptions of the unknown policies of a user or role."""
        unknown = self.unknown(owner)
        documents = [f"the document of {arn}" for arn in unknown.documents]
        groups = f"the policies of {owner.name}'s groups ({', '.join(unknown.groups)})"
        return (*documents, *([groups] if unknown.groups else []))

    def owner_state(self, owner: PolicyOwner) -> UserState | RoleState | None:
        """Return the state of a user or role, None for an outsider."""
        if owner is PolicyOwner.OUTSIDER:
            return None
        return self.state.user if owner is PolicyOwner.USER else self.state.role

    def on(self, resource: BucketState | RoleState | None, principal: PrincipalPolicies) -> PolicySet:
        """Return the policies that decide a call on a bucket and its objects, on a role, or elsewhere (None)."""
        if isinstance(resource, RoleState):
            policy: Policy | None = self.trust_policy(resource)
        else:
            policy = self.bucket_policy(resource) if resource else None
        return PolicySet(
            identity=principal.identity,
            boundary=principal.boundary,
            session=principal.session,
            resource=policy,
            resource_is_trust_policy=isinstance(resource, RoleState),
        )

    def bucket_policy(self, bucket: BucketState) -> Policy | None:
        """Return the bucket's policy, None for a bucket without one."""
        if bucket.policy is None:
            return None
        return self._parse_once(bucket, bucket.policy, Layer.RESOURCE, "bucket policy")

    def trust_policy(self, role: RoleState) -> Policy:
        """Return the role's trust policy."""
        return self._parse_once(role, role.trust, Layer.TRUST, "trust policy")

    def _parse_once(self, resource: BucketState | RoleState, document: Document, layer: Layer, name: str) -> Policy:
        key = (type(resource), resource.name)
        if key not in self._resources:
            self._resources[key] = parse(document, layer, name)
        return self._resources[key]

    def unknown(self, owner: UserState | RoleState) -> UnknownPolicies:
        """Return the policies of a user or role that can't be read here."""
        permissions = owner.permissions
        arns = [arn for arn, document in permissions.attached.items() if document is None]
        arns += [permissions.boundary] if permissions.boundary else []
        documents = tuple(arn for arn in arns if self.documents(arn) is None)
        return UnknownPolicies(documents, owner.groups if isinstance(owner, UserState) else ())

    @property
    def unknown_names(self) -> frozenset[str]:
        """The names of all unknown policies of the deployment's users and roles."""
        return frozenset(name for owner in self.state.owners for name in self.unknown(owner).policy_names)


def principal_policies(
    permissions: Permissions,
    documents: ManagedDocument,
    groups: tuple[str, ...] = (),
    unknown_as: UnknownAs | None = None,
) -> PrincipalPolicies:
    """Return the parsed policies of a user or role; see EffectivePolicies.of."""

    def known(arn: str, document: Document | None, layer: Layer) -> Document:
        document = document if document is not None else documents(arn)
        if document is not None:
            return document
        if unknown_as is None:
            raise MissingDocument(
                f"the document of {arn} isn't bundled, so what it allows is unknown without the account"
            )
        return unknown_as.document(layer)

    policies = list(permissions.inline.items())
    for arn, document in permissions.attached.items():
        if unknown_as is not UnknownAs.NO_EFFECT or (document or documents(arn)) is not None:
            policies.append((arn, known(arn, document, Layer.IDENTITY)))
    if unknown_as and unknown_as is not UnknownAs.NO_EFFECT:
        policies += [(group_policies(group), unknown_as.document(Layer.IDENTITY)) for group in groups]
    boundary = permissions.boundary
    return PrincipalPolicies(
        tuple(parse(document, Layer.IDENTITY, name) for name, document in policies),
        parse(known(boundary, None, Layer.BOUNDARY), Layer.BOUNDARY, boundary) if boundary else None,
    )


def with_undecided(policies: PrincipalPolicies, undecided: frozenset[UndecidedPolicy]) -> PrincipalPolicies:
    """Return the policies with those that are undecided; one replaces the permissions boundary."""
    added = [each.parsed() for each in undecided if each.layer is Layer.IDENTITY]
    boundary = next((each.parsed() for each in undecided if each.layer is Layer.BOUNDARY), policies.boundary)
    return replace(policies, identity=(*policies.identity, *added), boundary=boundary)


def group_policies(group: str) -> str:
    """Return the name of the policies of a group."""
    return f"the policies of the group {group}"


@cache
def outsider_policies(own: UnknownAs) -> PrincipalPolicies:
    """Return the policies of a principal outside the deployment, its own taken to be `own`.

    They include a session policy, without which a federated user may do nothing.
    """
    return PrincipalPolicies(
        (parse(own.document(Layer.IDENTITY), Layer.IDENTITY, "own policies"),),
        session=(parse(ALLOW_ALL, Layer.SESSION, "own session policy"),),
    )


def parse(document: Document, layer: Layer, name: str) -> Policy:
    """Return the policy; what can't be read in it is unknown, and an evaluation that depends on it is undecided."""
    policy = read_policy(document, layer, name)
    return with_one_reason(policy, f"{name}: {document.text}") if isinstance(document, OpaqueValue) else policy


def template_policies(config: Config, assembly: Assembly, *, keeps_unknown: bool = True) -> EffectivePolicies:
    """Return the policies in synthesized templates; names that CloudFormation chooses have stand-ins.

    Documents come from the templates, else from the bundled AWS managed policies. What isn't known before the
    deployment is unknown to an evaluation; unless `keeps_unknown`, it raises UnresolvedError.
    """
    target, state = template_target(config, assembly, keeps_unknown=keeps_unknown)
    own = _template_documents(assembly, target, keeps_unknown)
    return EffectivePolicies(target, state, lambda arn: own.get(arn) or bundled_document(arn))


def _template_documents(assembly: Assembly, target: Target, keeps_unknown: bool) -> dict[str, Document]:
    context = template_context(assembly, target, keeps_unknown=keeps_unknown)
    policies = [resource for resource in resources(context) if resource.kind == "AWS::IAM::ManagedPolicy"]
    for policy in policies:
        if "PolicyDocument" not in policy.properties:
            raise UserError(
                f"{assembly.folder}: the managed policy {policy.name} has no PolicyDocument; run `make synth` again"
            )
    return {policy.name: policy.properties["PolicyDocument"] for policy in policies}


def managed_document(iam: "IAMClient", arn: str) -> Document:
    """Return the policy's default version; raises TempAccessError (inconclusive) if it can't be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return managed_policy_document(iam, arn)
    except (ClientError, BotoCoreError) as error:
        raise TempAccessError(f"the managed policy {arn} can't be read: {error}", exit_code=3) from None


def known_document(arn: str) -> Document:
    """Return the bundled document of the AWS managed policy `arn`; raises UserError if it isn't bundled."""
    document = bundled_document(arn)
    if document is None:
        raise UserError(
            f"the document of {arn} isn't bundled, so what it allows is unknown without the account; "
            "run verify without --offline"
        )
    return document
