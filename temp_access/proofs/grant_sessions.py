"""The sessions of grants' own roles, for any folder at once, and for the roles whose policies differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from temp_access.config.folders import confusable_folders
from temp_access.config.model import Config, Grant
from temp_access.deployment.effective_policies import EffectivePolicies, UnknownAs, principal_policies
from temp_access.deployment.state import RoleState
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.policy_json import Document
from temp_access.iam.statements import as_list
from temp_access.iam.symbolic.callers import SymbolicCaller
from temp_access.iam.symbolic.queries import PoliciesFor
from temp_access.iam.symbolic.solver import Solver
from temp_access.policies.access_modes import AccessMode, access_of
from temp_access.policies.role_names import grant_role_name
from temp_access.policies.session_policy import session_policy
from temp_access.proofs.role_sessions import sessions_of
from temp_access.proofs.sessions import ResourceType, ScopedSessions, policies_on

POLICY_NAME = "Folder"


@dataclass(frozen=True)
class GrantSessions(ScopedSessions):
    """The sessions of grants' own roles, without a session policy: with one, a session can do nothing more.

    The roles have the same policies but for the folder, and the same path. With `own_folder`, it is one role, and its
    policies are taken as they are.
    """

    roles: tuple[RoleState, ...] = ()
    own_folder: str | None = None

    @property
    def is_custom(self) -> bool:
        """Whether the policy is somebody's own: it never is."""
        return False

    def caller(self, solver: Solver) -> SymbolicCaller:
        """Return a session of one of the roles."""
        return sessions_of(solver, self.roles, self.effective.target)

    def policies(self, resource_type: ResourceType = ResourceType.BUCKET) -> PoliciesFor:
        """Return the policies that apply to the session of a folder on a type of resource."""

        def for_folder(folder: str, permissive: bool) -> PolicySet:
            permissions = self.roles[0].permissions
            if self.own_folder is None:
                permissions = replace(permissions, inline={POLICY_NAME: _expected(self, folder)})
            unknown_as = UnknownAs.ALLOW_ALL if permissive else UnknownAs.ALLOW_NOTHING
            principal = principal_policies(permissions, self.effective.documents, (), unknown_as)
            return policies_on(self.effective, resource_type, principal)

        return for_folder


def _as_template(policies: Mapping[str, Document]) -> dict[str, Any]:
    """Return the policies with a list of statements, as templates have them."""
    return {name: {**document, "Statement": as_list(document.get("Statement"))} for name, document in policies.items()}


def _expected(sessions: ScopedSessions, folder: str) -> Any:
    target = sessions.effective.target
    return session_policy(folder, sessions.access, bucket=target.bucket, partition=target.partition)


def grant_sessions(
    config: Config, effective: EffectivePolicies, access: AccessMode, grants: list[Grant]
) -> Iterator[GrantSessions]:
    """Yield the sessions of the roles of `grants`, which all have this access: those alike together."""
    folders = confusable_folders(config.grants, [(access.mode, access.extras)])
    alike: dict[str | None, list[RoleState]] = {}
    for grant in grants:
        role = effective.state.grant_roles.get(grant_role_name(config.role.name, grant.id))
        if role is None:
            continue
        own = GrantSessions(
            effective, access, session_policy, folders, f"a session of {role.name}", (role,), grant.folder
        )
        permissions = role.permissions
        usual = _as_template(permissions.inline) == _as_template({POLICY_NAME: _expected(own, grant.folder)})
        usual = usual and not permissions.attached
        if usual and role.path == config.role.path:
            alike.setdefault(permissions.boundary, []).append(role)
        else:
            yield own
    for roles in alike.values():
        name = f"a session of a {access.mode} grant's own role{access.with_extras}"
        yield GrantSessions(effective, access, session_policy, folders, name, tuple(roles))


def grants_by_access(config: Config) -> list[tuple[AccessMode, list[Grant]]]:
    """Return the grants with borrowers by their access mode with its extras, sorted."""
    found: dict[tuple[str, tuple[str, ...]], list[Grant]] = {}
    for grant in config.own_role_grants.values():
        found.setdefault((grant.access, grant.extras), []).append(grant)
    return [(access_of(*access), found[access]) for access in sorted(found)]
