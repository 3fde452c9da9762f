"""The roles whose sessions a revocation names: the one that grants share, and those of grants with borrowers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temp_access.aws.clients import service_client
from temp_access.config.model import Config, Grant
from temp_access.deployment.target import Target, find_stack
from temp_access.errors import TempAccessError, UserError
from temp_access.policies.grant_stacks import GRANT_STACKS, grant_stack
from temp_access.policies.role_names import grant_role_name
from temp_access.revoke.model import LONGEST_SESSION, RevocationScope, ScopeType
from temp_access.revoke.role import RolePolicies
from temp_access.revoke.scopes import borrower_scope, grant_scopes, session_scope

if TYPE_CHECKING:
    import boto3
    from types_boto3_iam import IAMClient

ALL = (RevocationScope(ScopeType.ALL),)


@dataclass(frozen=True, slots=True)
class RevokedRole:
    """A role, its policies, and the scopes of those of its sessions that a command names.

    `is_shared` is whether it is the one of grants without borrowers. `grant` has the role for itself; it is None for
    the shared one, and if access.toml doesn't have such a grant any more.
    """

    arn: str
    policies: RolePolicies
    scopes: tuple[RevocationScope, ...]
    is_shared: bool = False
    grant: Grant | None = None

    @property
    def name(self) -> str:
        """The role's name."""
        return self.policies.role_name


class DeployedRoles:
    """The roles of a deployment, found with the deployer's credentials."""

    def __init__(self, session: "boto3.Session", config: Config, target: Target) -> None:
        self._session = session
        self._config = config
        self._target = target
        self._iam: IAMClient = service_client(session, "iam")
        self._grants = {grant_role_name(config.role.name, id_): grant for id_, grant in config.own_role_grants.items()}

    def of_all_sessions(self) -> list[RevokedRole]:
        """Return all roles, with all of their sessions."""
        return [self._shared(ALL), *(self._own(name, ALL) for name in self._own_names(GRANT_STACKS))]

    def of_session(self, name: str) -> list[RevokedRole]:
        """Return all roles, with their sessions of this name: any role can have one."""
        shared = [self._shared((session_scope(self._policies(self._target.role_name).snapshot().role_id, name),))]
        return shared + [
            self._own(role, (session_scope(self._policies(role).snapshot().role_id, name),))
            for role in self._own_names(GRANT_STACKS)
        ]

    def of_grant(self, id_: str) -> list[RevokedRole]:
        """Return the grant's own role, if it has one, and the shared one, if it may have sessions of the grant."""
        config = self._config
        own_name, grant = grant_role_name(config.role.name, id_), config.grants.get(id_)
        own = [name for name in self._own_names([grant_stack(id_)]) if name == own_name]
        roles = [self._own(name, ALL) for name in own]
        if not roles or grant is None or not grant.borrowers or self._is_new(own_name):
            roles.append(self._shared(grant_scopes(config, id_, user_name=self._target.user_name)))
        return roles

    def of_borrower(self, id_: str, borrower: str) -> list[RevokedRole]:
        """Return the grant's own role, with the sessions of one of its borrowers.

        Raises UserError if the grant has no own role, or the sessions can't be told from others.
        """
        grant = self._config.own_role_grants.get(id_)
        if grant is None:
            raise UserError(f"access.toml has no grant {id_!r} with borrowers; leave out --borrower")
        scope = borrower_scope(self._config, grant, borrower)
        return [self._own(grant_role_name(self._config.role.name, id_), (scope,))]

    def _is_new(self, role_name: str) -> bool:
        """Whether sessions can exist that are older than the role: those of the role that grants share."""
        snapshot = self._policies(role_name).snapshot()
        return snapshot.created > snapshot.time - LONGEST_SESSION

    def _shared(self, scopes: tuple[RevocationScope, ...]) -> RevokedRole:
        return RevokedRole(self._target.role_arn, self._policies(self._target.role_name), scopes, is_shared=True)

    def _own(self, name: str, scopes: tuple[RevocationScope, ...]) -> RevokedRole:
        arn = self._target.arn(f"role{self._config.role.path}{name}")
        return RevokedRole(arn, self._policies(name), scopes, grant=self._grants.get(name))

    def _policies(self, role_name: str) -> RolePolicies:
        return RolePolicies(self._iam, role_name)

    def _own_names(self, stacks: Iterable[str]) -> list[str]:
        """Return the names of the roles in the stacks, as they are deployed: access.toml may have changed."""
        return [name for stack in stacks if find_stack(self._session, stack) is not None for name in self._in(stack)]

    def _in(self, stack: str) -> list[str]:
        from botocore.exceptions import BotoCoreError, ClientError

        cloudformation = service_client(self._session, "cloudformation")
        try:
            pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
            return [
                each["PhysicalResourceId"]
                for page in pages
                for each in page["StackResourceSummaries"]
                if each["ResourceType"] == "AWS::IAM::Role"
                and each.get("PhysicalResourceId")
                and each["ResourceStatus"] != "DELETE_COMPLETE"
            ]
        except (ClientError, BotoCoreError) as error:
            raise TempAccessError(f"the stack {stack} can't be read: {error}", exit_code=3) from None
