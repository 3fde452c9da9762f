"""Sessions of roles of the deployment, of several roles at once."""

from collections.abc import Sequence

from temp_access.deployment.state import RoleState, State
from temp_access.deployment.target import Target
from temp_access.iam.arn import role_session_arn
from temp_access.iam.callers import CallerKind
from temp_access.iam.symbolic.callers import SymbolicCaller, make_caller, session_names
from temp_access.iam.symbolic.solver import Solver


def role_arn_of(target: Target, role: RoleState) -> str:
    """Return the ARN of a role, with its path."""
    return target.arn(f"role{role.path}{role.name}")


def own_roles(state: State) -> dict[str, list[RoleState]]:
    """Return the roles of the deployment by their path."""
    roles: dict[str, list[RoleState]] = {}
    for role in (state.role, *state.grant_roles.values()):
        roles.setdefault(role.path, []).append(role)
    return roles


def sessions_of(solver: Solver, roles: Sequence[RoleState], target: Target) -> SymbolicCaller:
    """Return any session of any of the roles, which have the same path."""
    names, session = sorted(role.name for role in roles), solver.string("role session name")
    name = solver.constant(names[0]) if len(names) == 1 else solver.string("role name")
    beginning = role_session_arn(target.partition, target.account, "", "").removesuffix("/")
    is_one = solver.in_language(name, solver.union([solver.literal(each) for each in names]))
    return make_caller(
        solver,
        CallerKind.ROLE,
        solver.concat([solver.constant(beginning), name, solver.constant("/"), session]),
        solver.constant(target.account),
        resource_account=target.account,
        name=session,
        role=solver.concat([solver.constant(target.arn(f"role{roles[0].path}")), name]),
        rules=(is_one, solver.in_language(session, session_names(solver))),
    )
