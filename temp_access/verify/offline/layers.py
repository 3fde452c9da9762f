"""Which policies take part when somebody calls something, from a state (of the templates, or deployed)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from temp_access.errors import UserError
from temp_access.policy.decision import Layer
from temp_access.policy.document import MalformedPolicy, Policy
from temp_access.policy.evaluate import PolicySet
from temp_access.policy.extremes import ALLOW_ALL
from temp_access.policy.parse import parse_policy
from temp_access.verify.observe import SetupError
from temp_access.verify.state.model import Permissions, State

Document = Mapping[str, Any]
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
