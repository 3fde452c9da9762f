"""EffectivePolicies: which policies apply to user, role session, outsider; what is unknown."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from temp_access.cfn.assembly import Assembly
from temp_access.cfn.intrinsics import TemplateContext
from temp_access.cfn.resources import resources
from temp_access.config.model import Config
from temp_access.deployment.state import Permissions, State
from temp_access.deployment.target import Target, offline_target
from temp_access.errors import TempAccessError, UserError
from temp_access.iam.aws_managed import ALLOW_ALL, ALLOW_NOTHING, bundled_document
from temp_access.iam.decision import Layer
from temp_access.iam.document import Document, MalformedPolicy, Policy, minimal_json
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request
from temp_access.policies.session_policy import session_policy_for
from temp_access.verify.outcomes import SetupError
from temp_access.whatif.model import PolicyOwner, PolicySource, Principal

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


ManagedDocument = Callable[[str], Document | None]


@dataclass(frozen=True, slots=True)
class PrincipalPolicies:
    """The identity policies and the boundary of one principal, and its session's where no other are given."""

    identity: tuple[Policy, ...]
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None


class EffectivePolicies:
    """The parsed policies of a state; `managed` gives documents of managed policies that the state lacks."""

    def __init__(self, state: State, managed: ManagedDocument) -> None:
        self._managed = managed
        self._state = state
        self.bucket = state.bucket.policy and parse(state.bucket.policy, Layer.RESOURCE, "bucket policy")
        self.trust = parse(state.role.trust, Layer.TRUST, "trust policy")
        # With a session policy: a federated user may do nothing without one.
        self.administrator = PrincipalPolicies(
            (parse(ALLOW_ALL, Layer.IDENTITY, "administrator"),),
            session=(parse(ALLOW_ALL, Layer.SESSION, "administrator"),),
        )
        self._user: PrincipalPolicies | None = None
        self._role: PrincipalPolicies | None = None

    @property
    def user(self) -> PrincipalPolicies:
        """What temp-user holds; raises NotReadyError if a document isn't known."""
        if self._user is None:
            self._user = self._holder(self._state.user.permissions)
        return self._user

    @property
    def role(self) -> PrincipalPolicies:
        """What temp-role holds; raises NotReadyError if a document isn't known."""
        if self._role is None:
            self._role = self._holder(self._state.role.permissions)
        return self._role

    def on_bucket(self, holder: PrincipalPolicies, session: str | None = None) -> PolicySet:
        """Return the layers of a call on the bucket; `session` is the session policy's JSON."""
        return PolicySet(
            identity=holder.identity,
            boundary=holder.boundary,
            session=sessions(session) or holder.session,
            resource=self.bucket or None,
        )

    def elsewhere(self, holder: PrincipalPolicies, session: str | None = None) -> PolicySet:
        """Return the layers of a call on anything that has no policy here."""
        return PolicySet(
            identity=holder.identity,
            boundary=holder.boundary,
            session=sessions(session) or holder.session,
        )

    def on_role(self, holder: PrincipalPolicies) -> PolicySet:
        """Return the layers of sts:AssumeRole on temp-role."""
        return PolicySet(
            identity=holder.identity,
            boundary=holder.boundary,
            resource=self.trust,
            resource_is_trust_policy=True,
        )

    def _holder(self, permissions: Permissions) -> PrincipalPolicies:
        documents = list(permissions.inline.items())
        for arn, document in permissions.attached.items():
            documents.append((arn, document if document is not None else self._document(arn)))
        boundary = permissions.boundary
        return PrincipalPolicies(
            tuple(parse(document, Layer.IDENTITY, name) for name, document in documents),
            parse(self._document(boundary), Layer.BOUNDARY, boundary) if boundary else None,
        )

    def _document(self, arn: str) -> Document:
        document = self._managed(arn)
        if document is None:
            raise SetupError(
                f"the document of {arn} isn't kept here, so what it allows can't be told without the account"
            )
        return document


def sessions(session: str | None) -> tuple[Policy, ...] | None:
    """Return the session policies of AssumeRole's `Policy`, None for a session without one."""
    return None if session is None else (parse_policy(session, Layer.SESSION, "session policy"),)


def parse(document: Document, layer: Layer, name: str) -> Policy:
    """Return the parsed policy; raises UserError if it is malformed."""
    try:
        return parse_policy(document, layer, name)
    except MalformedPolicy as error:
        raise UserError(f"the policy {name} is malformed: {error}; IAM would refuse it") from None


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


ANY_ACTION, NO_ACTION = "*", "none:none"


def layers_of(who: Principal, request: Request, source: PolicySource, *, unknown_as: str) -> PolicySet:
    """Return the layers; each policy that isn't known is taken to allow the action `otherwise`."""
    statement = {"Effect": "Allow", "Action": unknown_as, "Resource": "*"}
    policies = EffectivePolicies(source.state, lambda arn: source.document(arn) or _document(statement))
    if who.owner is PolicyOwner.OTHER:
        held = PrincipalPolicies((parse(_document(statement), Layer.IDENTITY, "own policies"),))
    else:
        held = policies.user if who.owner is PolicyOwner.USER else policies.role
        if who.owner is PolicyOwner.USER and source.state.user.groups:
            of_groups = parse(_document(statement), Layer.IDENTITY, "policies of groups")
            held = replace(held, identity=(*held.identity, of_groups))
    target = source.target
    if f"{request.resource}/".startswith(f"arn:{target.partition}:s3:::{target.bucket}/"):
        layers = policies.on_bucket(held)
    elif request.resource == target.role_arn and request.action.lower().startswith("sts:"):
        layers = policies.on_role(held)
    else:
        layers = policies.elsewhere(held)
        if request.resource_account != target.account:
            theirs = {**statement, "Principal": {"AWS": request.account}}
            layers = replace(layers, resource=parse(_document(theirs), Layer.RESOURCE, "resource-based policy"))
    policy_for = session_policy_for(bucket=target.bucket, partition=target.partition)
    return replace(layers, session=sessions(policy_for(who.grant) if who.grant else None))


def unknown_policies(who: Principal, request: Request, source: PolicySource) -> Iterator[str]:
    """Yield what isn't known of the policies that take part."""
    if who.owner is PolicyOwner.OTHER:
        yield f"the own policies of {who.role_arn or who.principal}"
    else:
        state = source.state.user if who.owner is PolicyOwner.USER else source.state.role
        held = state.permissions
        arns = [arn for arn, document in held.attached.items() if document is None]
        arns += [held.boundary] if held.boundary else []
        yield from (f"the document of {arn}" for arn in arns if source.document(arn) is None)
        if who.owner is PolicyOwner.USER and source.state.user.groups:
            yield f"the policies of {source.target.user_name}'s groups ({', '.join(source.state.user.groups)})"
    if request.resource_account != source.target.account:
        yield f"the policy of {request.resource}"


def condition_keys(layers: PolicySet) -> frozenset[str]:
    """Return the condition keys that any of the policies asks for, in lower case."""
    policies = (*layers.identity, *(layers.session or ()), layers.boundary, layers.resource)
    return frozenset(
        key.lower()
        for policy in policies
        if policy
        for body in policy.bodies
        for keys in (body.get("Condition") or {}).values()
        for key in keys
    )


def _document(statement: Mapping[str, Any]) -> Document:
    return {"Version": "2012-10-17", "Statement": [statement]}


def managed_document(iam: "IAMClient", arn: str) -> Mapping[str, Any]:
    """Return the policy's default version; raises TempAccessError (inconclusive) if it can't be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document: Any = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    except (ClientError, BotoCoreError) as error:
        raise TempAccessError(f"the managed policy {arn} can't be read: {error}", exit_code=3) from None
    found: Mapping[str, Any] = document
    return found


def known_document(arn: str) -> Mapping[str, Any]:
    """Return the kept document of the AWS managed policy `arn`; raises UserError if it isn't kept."""
    document = bundled_document(arn)
    if document is None:
        raise UserError(
            f"the document of {arn} isn't kept here, so what it allows can't be told without the account; "
            "run verify without --offline"
        )
    return document
