"""Reads the caller of a question: WHO, in each spelling of access.toml, of policies and of AWS."""

from temp_access.aws.errors import GrantNotFound
from temp_access.borrow.grants import find_grant
from temp_access.borrow.session_names import fill_pattern, session_name
from temp_access.config.model import Config, Grant
from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.deployment.state import RoleState
from temp_access.errors import UserError
from temp_access.iam.arn import Arn, iam_arn, role_session_arn
from temp_access.iam.callers import ACCOUNT_NUMBER, IAM, SERVICE_NAME, CallerKind, caller_kind, is_caller
from temp_access.policies.access_modes import grant_access
from temp_access.policies.role_names import grant_role_name
from temp_access.whatif.borrowers import BORROWER_PATHS, borrower_notes, read_borrower
from temp_access.whatif.model import PolicySource, Principal
from temp_access.whatif.question import IAM_PATHS

_FORMS = (
    "user, role, a grant's id, user/NAME, role/NAME, sso/SET/USERNAME, oidc/PROVIDER/SUBJECT, an account, a service, * "
    "for an anonymous caller, a principal's id, or the ARN of a user, a role, a role session, a federated user, root, "
    "an identity provider or an origin access identity"
)


def read_principal(name: str, session: str | None, config: Config, source: PolicySource) -> Principal:
    """Return the caller called `name`, narrowed to the grant `session`.

    A grant's id stands for a session of its own role, or of the one role for that grant. `role --session ID` means the
    latter, and also works for the ids `user` and `role`. Raises UserError.
    """
    target = source.target
    if name.startswith(IAM_PATHS):
        name = source.iam_arn(name)
    if name.startswith(BORROWER_PATHS) and name not in config.grants:
        return _unnarrowed(read_borrower(name, config, target), name, session, config)
    if not (name in ("user", "role", "*") or name.startswith("arn:") or SERVICE_NAME.fullmatch(name)):
        if session not in (None, name):
            raise UserError(f"{name} is a grant, but --session {session} names another one; leave one of them out")
        try:
            return grant_session(find_grant(config, name), config, source)
        except GrantNotFound as error:
            if not is_caller(name):
                raise UserError(f"{error.cause}; WHO is {_FORMS}") from None
    if ACCOUNT_NUMBER.fullmatch(name):
        name = iam_arn(target.partition, name, "root")
    arn = {"user": target.user_arn, "role": target.role_arn}.get(name, name)
    if not is_caller(arn):
        raise UserError(f"{arn!r} isn't a principal; use {_FORMS}")
    if arn == target.role_arn or arn.startswith(target.session_arn("")):
        grant = find_grant(config, session) if session is not None else None
        if grant and grant.borrowers:
            raise UserError(
                f"{session} has a role of its own, and isn't for sessions of {target.role_name}; write {session} as WHO"
            )
        return role_session(config, source, grant, None if arn == target.role_arn else arn)
    return _unnarrowed(_other(arn, config, source), name, session, config)


def _unnarrowed(principal: Principal, name: str, session: str | None, config: Config) -> Principal:
    if session is not None:
        find_grant(config, session)
        raise UserError(
            f"--session narrows a session of {config.role.name}, and {name} isn't one; write role --session {session}"
        )
    return principal


def _other(arn: str, config: Config, source: PolicySource) -> Principal:
    """Return a caller that isn't a session of the one role."""
    target, parsed = source.target, Arn.parse(arn) if arn.startswith("arn:") else None
    if user := source.user(arn):
        name = user.name if user is source.policies.state.user else f"user/{user.name}"
        return Principal(arn, PolicyOwner.USER, name, holder=user, notes=borrower_notes(config, target, arn))
    if role := source.role(arn):
        return own_role_session(role, _grant_of(role, config), source)
    if parsed and parsed.resource.startswith("assumed-role/") and parsed.account == target.account:
        name = parsed.resource.split("/")[1]
        if role := source.policies.state.grant_roles.get(name):
            return own_role_session(role, _grant_of(role, config), source, arn)
    if parsed and parsed.resource.startswith("role/"):
        session_arn = role_session_arn(parsed.partition, parsed.account, parsed.name, "session")
        notes = borrower_notes(config, target, arn)
        return Principal(session_arn, PolicyOwner.OUTSIDER, f"a session of {arn}", arn, notes=notes)
    return Principal(arn, PolicyOwner.OUTSIDER, _description(arn), notes=borrower_notes(config, target, arn))


def _description(principal: str) -> str:
    kind = caller_kind(principal)
    if kind is CallerKind.ANONYMOUS:
        return "an anonymous caller"
    if kind is CallerKind.SERVICE:
        return f"the service {principal}"
    if kind is CallerKind.PROVIDER:
        return f"a user of {principal}"
    if kind is CallerKind.ROOT and principal.startswith("arn:"):
        return f"the root user of account {Arn.parse(principal).account}"
    return principal if principal.startswith("arn:") or kind not in IAM else f"the principal {principal}"


def grant_session(grant: Grant, config: Config, source: PolicySource) -> Principal:
    """Return a session for a grant: of its own role, or of the one role with its session policy."""
    if not grant.borrowers:
        return role_session(config, source, grant)
    name = grant_role_name(config.role.name, grant.id)
    role = source.policies.state.grant_roles.get(name)
    if role is None:
        raise UserError(f"there is no role {name} for the grant {grant.id} in {source.description}")
    return own_role_session(role, grant, source)


def _grant_of(role: RoleState, config: Config) -> Grant | None:
    grants = config.own_role_grants.items()
    return next((grant for id_, grant in grants if grant_role_name(config.role.name, id_) == role.name), None)


def own_role_session(role: RoleState, grant: Grant | None, source: PolicySource, arn: str | None = None) -> Principal:
    """Return a session of a grant's own role; `grant` is None for a role of the stacks that no grant has."""
    target = source.target
    text = f"{grant.id} ({grant_access(grant).name} in {grant.folder}/), a session of {role.name}" if grant else None
    return Principal(
        arn or role_session_arn(target.partition, target.account, role.name, "session"),
        PolicyOwner.ROLE,
        text or f"a session of {role.name}, which is for no grant",
        target.arn(f"role{role.path}{role.name}"),
        grant,
        role,
    )


def role_session(config: Config, source: PolicySource, grant: Grant | None, arn: str | None = None) -> Principal:
    """Return a session of the one role, narrowed by the session policy of `grant`, None for a session without one."""
    target = source.target
    pattern, user = config.role.conditions.session_name, config.user.name
    if grant:
        description = f"{grant.id} ({grant_access(grant).name} in {grant.folder}/)"
        name = session_name(pattern, grant.id, user_name=user, principal=user)
    else:
        description = f"{target.role_name}, without a session policy"
        name = fill_pattern(pattern, user_name=user, filler="session")
    role = source.policies.state.role
    return Principal(arn or target.session_arn(name), PolicyOwner.ROLE, description, target.role_arn, grant, role)
