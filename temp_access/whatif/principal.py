"""Reads the caller of a question: WHO, in each spelling of access.toml, of policies and of AWS."""

from temp_access.aws.errors import GrantNotFound
from temp_access.borrow.grants import find_grant
from temp_access.borrow.session_names import fill_pattern, session_name
from temp_access.config.model import Config, Grant
from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.deployment.target import Target
from temp_access.errors import UserError
from temp_access.iam.arn import Arn, iam_arn, role_session_arn
from temp_access.iam.callers import ACCOUNT_NUMBER, IAM, SERVICE_NAME, CallerKind, caller_kind, is_caller
from temp_access.policies.access_modes import grant_access
from temp_access.whatif.model import Principal
from temp_access.whatif.question import IAM_PATHS

_FORMS = (
    "user, role, a grant's id, user/NAME, role/NAME, an account, a service, * for an anonymous caller, a principal's "
    "id, or the ARN of a user, a role, a role session, a federated user, root, an identity provider or an origin "
    "access identity"
)


def read_principal(name: str, session: str | None, config: Config, target: Target) -> Principal:
    """Return the caller called `name`, narrowed to the grant `session`.

    A grant's id stands for a session of the role for that grant. `role --session ID` means the same, and also works
    for the ids `user` and `role`. Raises UserError.
    """
    if name.startswith(IAM_PATHS):
        name = iam_arn(target.partition, target.account, name)
    if not (name in ("user", "role", "*") or name.startswith("arn:") or SERVICE_NAME.fullmatch(name)):
        if session not in (None, name):
            raise UserError(f"{name} is a grant, but --session {session} names another one; leave one of them out")
        try:
            return _role_session(config, target, find_grant(config, name))
        except GrantNotFound as error:
            if not is_caller(name):
                raise UserError(f"{error.cause}; WHO is {_FORMS}") from None
    if ACCOUNT_NUMBER.fullmatch(name):
        name = iam_arn(target.partition, name, "root")
    arn = {"user": target.user_arn, "role": target.role_arn}.get(name, name)
    if not is_caller(arn):
        raise UserError(f"{arn!r} isn't a principal; use {_FORMS}")
    grant = find_grant(config, session) if session is not None else None
    if arn == target.role_arn:
        return _role_session(config, target, grant)
    if arn.startswith(target.session_arn("")):
        return _role_session(config, target, grant, arn)
    if grant:
        raise UserError(
            f"--session narrows a session of {target.role_name}, and {name} isn't one; write role --session {session}"
        )
    if arn == target.user_arn:
        return Principal(arn, PolicyOwner.USER, target.user_name)
    if ":role/" in arn:
        role = Arn.parse(arn)
        session_arn = role_session_arn(role.partition, role.account, role.name, "session")
        return Principal(session_arn, PolicyOwner.OUTSIDER, f"a session of {arn}", arn)
    return Principal(arn, PolicyOwner.OUTSIDER, _description(arn))


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


def _role_session(config: Config, target: Target, grant: Grant | None, arn: str | None = None) -> Principal:
    pattern, user = config.role.conditions.session_name, config.user.name
    if grant:
        description = f"{grant.id} ({grant_access(grant).name} in {grant.folder}/)"
        name = session_name(pattern, grant.id, user_name=user, principal=user)
    else:
        description = f"{target.role_name}, without a session policy"
        name = fill_pattern(pattern, user_name=user, filler="session")
    return Principal(arn or target.session_arn(name), PolicyOwner.ROLE, description, target.role_arn, grant)
