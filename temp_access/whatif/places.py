"""Where access.toml defines a statement: the line of a grant, a borrower, a trusted principal or a user's policy."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from temp_access.config.borrower import BorrowerKind
from temp_access.config.key_lines import toml_lines
from temp_access.config.model import Config, Grant, User
from temp_access.config.table import key_path
from temp_access.deployment.state import RoleState, UserState
from temp_access.files import read_bounded_text
from temp_access.iam.decision import Layer
from temp_access.policies.access_modes import grant_access
from temp_access.policies.borrower_trust import grant_trust_policy
from temp_access.policies.role_names import grant_role_name
from temp_access.policies.session_policy import session_policy
from temp_access.policies.trust_policy import trust_policy
from temp_access.whatif.answer import session_policy_location
from temp_access.whatif.model import LocatedStatement, PolicySource, Principal
from temp_access.whatif.who_model import Reach, WhoStatement

# What access.toml calls a principal that a trust policy names, what kind of borrower it is, and its line.
Named = tuple[str, str, int | None]


class Places:
    """Finds the lines; a statement that isn't what the file's values make has none, because somebody changed it."""

    def __init__(self, config: Config, source: PolicySource) -> None:
        self._config = config
        self._source = source

    @cached_property
    def _lines(self) -> Mapping[str, int]:
        return toml_lines(read_bounded_text(self._config.path))

    @cached_property
    def _grants_by_role(self) -> Mapping[str, Grant]:
        config = self._config
        return {grant_role_name(config.role.name, id_): grant for id_, grant in config.own_role_grants.items()}

    def grant_of(self, role: RoleState) -> Grant | None:
        """Return the grant that has this role for its own."""
        return self._grants_by_role.get(role.name)

    def allowing(self, principal: Principal, statement: LocatedStatement) -> WhoStatement:
        """Return a statement of the principal's own policies, or of the bucket's, with its line."""
        reason, holder = statement.reason, principal.holder
        grant = principal.grant
        line = None
        if reason.layer is Layer.SESSION and grant:
            line = self._grant_line(grant)
        elif reason.layer is Layer.IDENTITY and isinstance(holder, UserState):
            line = self._user_policy_line(holder, reason.policy)
        elif reason.layer is Layer.IDENTITY and grant and isinstance(holder, RoleState) and grant.borrowers:
            document = holder.permissions.inline.get(reason.policy)
            target = self._source.target
            own = session_policy(grant.folder, grant_access(grant), bucket=target.bucket, partition=target.partition)
            line = self._grant_line(grant) if _canonical(document) == _canonical(own) else None
        return WhoStatement(statement, line)

    def of_session(self, reach: Reach, grant: Grant) -> Reach:
        """Return how a session for the grant gets there, if one for another grant of the same access does so."""
        line, location = self._grant_line(grant), session_policy_location(grant, self._config)
        statements = tuple(
            WhoStatement(replace(each.statement, location=location), line)
            if each.statement.reason.layer is Layer.SESSION
            else each
            for each in reach.statements
        )
        return replace(reach, statements=statements)

    def _grant_line(self, grant: Grant) -> int | None:
        return self._lines.get(key_path("grants", grant.id) if grant.id in self._config.grants else "any_id")

    def _user_policy_line(self, holder: UserState, name: str) -> int | None:
        is_shared = holder is self._source.policies.state.user
        user = self._config.user if is_shared else self._config.users.get(holder.name)
        table = "user" if is_shared else key_path("users", holder.name)
        permissions = holder.permissions
        document = permissions.inline.get(name) or permissions.attached.get(name)
        for path, own_name, own in _policies(user) if user else ():
            is_it = name.rpartition(":policy/")[2] == own_name if name.startswith("arn:") else name == own_name
            if is_it and (own is None or _canonical(own) == _canonical(document)):
                return self._lines.get(f"{table}.{path}.name")
        return None

    def named(self, role: RoleState, body: Mapping[str, Any]) -> Named | None:
        """Return whom a statement of the role's trust policy names, None unless the file has it just so."""
        return self._named(role.name).get(_canonical(body))

    def _named(self, role_name: str) -> dict[str, Named]:
        config, target = self._config, self._source.target
        named: dict[str, Named] = {}
        if grant := self._grants_by_role.get(role_name):
            document = grant_trust_policy(grant, config, account=target.account, partition=target.partition)
            for index, (each, body) in enumerate(zip(grant.borrowers, document["Statement"], strict=True)):
                line = self._lines.get(f"{key_path('grants', grant.id)}.borrowers[{index}]")
                named[_canonical(body)] = (each.text, each.kind.value, line)
        elif role_name == target.role_name:
            document = trust_policy(
                config.role, user_arn=target.user_arn, account=target.account, partition=target.partition
            )
            user, *others = document["Statement"]
            line = self._lines.get("user.name") or self._lines.get("user")
            named[_canonical(user)] = (f"user/{target.user_name}", BorrowerKind.USER.value, line)
            for index, (trusted, body) in enumerate(zip(config.role.trusted, others, strict=True)):
                kind, _, _ = trusted.resource.partition("/")
                text = trusted.resource if trusted.account is None else body["Principal"]["AWS"]
                if kind == "root":
                    text, kind = whole_account(trusted.account or target.account), "account"
                named[_canonical(body)] = (text, kind, self._lines.get(f"role.trusted[{index}].principal"))
        return named


def whole_account(account: str) -> str:
    """Return what everybody in an account is called, whom a policy leaves to the account's own policies."""
    return f"account {account}: whoever its own policies allow"


def _policies(user: User) -> Iterator[tuple[str, str, Mapping[str, Any] | None]]:
    for index, managed in enumerate(user.aws_managed):
        yield f"aws_managed[{index}]", managed.name, None
    for kind, policies in (("customer_managed", user.customer_managed), ("inline", user.inline)):
        for index, policy in enumerate(policies):
            yield f"{kind}[{index}]", policy.name, policy.document


def _canonical(value: object) -> str:
    """Return JSON that is the same for one value alone and for a list with it, as IAM takes them."""
    return json.dumps(_unwrapped(value), sort_keys=True, default=str)


def _unwrapped(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _unwrapped(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        items = [_unwrapped(each) for each in value]
        return items[0] if len(items) == 1 else items
    return value
