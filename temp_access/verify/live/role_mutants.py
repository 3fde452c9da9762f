"""The mutation test of the probes of grants with borrowers: a role of the run's own with one defect each.

Nothing is deployed: the probes are evaluated on the role, as those of borrowers that no run can be.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from temp_access.config.borrower import Borrower, BorrowerKind, IdentityProvider
from temp_access.config.model import Conditions, Config, Grant, User
from temp_access.config.validation import RESERVED
from temp_access.deployment.effective_policies import EffectivePolicies, known_document
from temp_access.deployment.state import Permissions, RoleState, State, UserState
from temp_access.deployment.target import Target
from temp_access.iam.arn import bucket_arn
from temp_access.iam.policy_json import escape
from temp_access.policies.access_modes import grant_access
from temp_access.policies.borrower_trust import borrower_statement, grant_trust_policy
from temp_access.policies.role_names import grant_role_name, grant_role_resource, grant_session_maximum
from temp_access.policies.session_policy import folder_policy
from temp_access.policies.user_policies import assume_policy
from temp_access.verify.live.self_test import STATUSES, MutantResult, MutantStatus, replace_strings
from temp_access.verify.offline.run import evaluator_calls, run_offline
from temp_access.verify.plan.impersonation import Impersonation
from temp_access.verify.plan.plan import FolderPlans
from temp_access.verify.probes import Probe, Result, Verdict

_ISSUER, _SUBJECT = "https://self-test.example", "self-test:pipeline:*"
_HOST = _ISSUER.removeprefix("https://")
_ANN, _BEN = (Borrower(f"user/self-test-{name}", BorrowerKind.USER, f"self-test-{name}") for name in ("ann", "ben"))
_PIPELINE = Borrower(f"oidc/self-test/{_SUBJECT}", BorrowerKind.OIDC, "self-test", detail=_SUBJECT)


@dataclass(frozen=True, slots=True)
class RoleMutant:
    """A defect in the role of a grant, and the id of the probe that must fail with it."""

    name: str
    mutate: Callable[[RoleState], RoleState]
    killed_by: str


class RoleMutants:
    """The mutants of the role of a grant of the run's own, whose borrowers are a user and a pipeline."""

    def __init__(self, config: Config, target: Target, state: State, run: str) -> None:
        root = f"{RESERVED}{run}/"
        self._grant = Grant("self-test", "read-write", f"{root}self", borrowers=(_ANN, _PIPELINE))
        other = Grant("self-test-other", "read-write", f"{root}other", borrowers=(_BEN,))
        self._config = replace(
            config,
            grants={each.id: each for each in (self._grant, other)},
            any_id=None,
            users={each.name: User(each.name) for each in (_ANN, _BEN)},
            identity_providers={"self-test": IdentityProvider("self-test", _ISSUER, "self-test")},
            role=replace(config.role, conditions=Conditions(), permissions_boundary=None),
        )
        self._target = target
        self._state = replace(
            state,
            grant_roles={role.name: role for role in map(self._role, (self._grant, other))},
            users={name: self._user(name) for name in self._config.users},
        )
        plan = FolderPlans(self._config, [self._grant], target, run, Impersonation(self._config))
        self.probes = {probe.id: probe for probe in plan}
        self.role_name = grant_role_name(config.role.name, self._grant.id)

    def _role(self, grant: Grant) -> RoleState:
        config, target = self._config, self._target
        arn = bucket_arn(target.partition, target.bucket)
        policy = folder_policy(grant.folder, grant_access(grant), bucket_arn=arn)
        return RoleState(
            name=grant_role_name(config.role.name, grant.id),
            permissions=Permissions(inline={"Folder": policy}),
            trust=grant_trust_policy(grant, config, account=target.account, partition=target.partition),
            max_session_duration=grant_session_maximum(grant, config.role),
            tags={},
            path=config.role.path,
        )

    def _user(self, name: str) -> UserState:
        grants = self._config.grants_by_user[name]
        roles = [self._target.arn(grant_role_resource(self._config.role, grant.id)) for grant in grants]
        return UserState(name, Permissions(inline={"AssumeRole": assume_policy(*roles)}))

    def mutants(self) -> Iterator[RoleMutant]:
        """Yield all mutants."""
        group, folder = "grants.self-test", escape(self._grant.folder)
        yield RoleMutant("a borrower too many", self._with_borrower, f"{group}/assume/by-another-user/{_BEN.name}")
        yield RoleMutant(
            "a sub pattern without its literal part",
            _trusting(lambda text: "*" if text == _SUBJECT else text),
            f"{group}/assume/other-subject-1",
        )
        yield RoleMutant("no aud in a token's statement", _without_audience, f"{group}/assume/other-audience-1")
        yield RoleMutant(
            "a role policy without its slash",
            lambda role: replace(
                role,
                permissions=replace(
                    role.permissions,
                    inline=replace_strings(dict(role.permissions.inline), f"{folder}/*", f"{folder}*"),
                ),
            ),
            f"{group}/sibling/get",
        )

    def _with_borrower(self, role: RoleState) -> RoleState:
        target = self._target
        statement = borrower_statement(_BEN, self._config, account=target.account, partition=target.partition)
        return replace(role, trust={**role.trust, "Statement": [*role.trust["Statement"], statement]})

    def results(self) -> Iterator[MutantResult]:
        """Yield the result of each mutant; its probe must pass without the defect and fail with it."""
        for mutant in self.mutants():
            probe = self.probes[mutant.killed_by]
            role = self._state.grant_roles[self.role_name]
            original = self._evaluate(probe, role)
            if original.verdict is not Verdict.PASSED:
                observed = f"without the defect: {original.verdict}, {original.observed}"
                yield MutantResult(mutant, MutantStatus.UNDECIDED, observed)
                continue
            result = self._evaluate(probe, mutant.mutate(role))
            status = STATUSES.get(result.verdict, MutantStatus.UNDECIDED)
            yield MutantResult(mutant, status, f"{result.observed} (evaluated)")

    def _evaluate(self, probe: Probe, role: RoleState) -> Result:
        state = replace(self._state, grant_roles={**self._state.grant_roles, role.name: role})
        policies = EffectivePolicies(self._target, state, known_document)
        (result,) = run_offline([probe], evaluator_calls(self._config, policies))
        return result


def _trusting(change: Callable[[str], str]) -> Callable[[RoleState], RoleState]:
    """Return the edit of a role that changes each value of a token's conditions in its trust policy."""

    def edit(role: RoleState) -> RoleState:
        trust: dict[str, Any] = deepcopy(dict(role.trust))
        for statement in trust["Statement"]:
            for keys in statement.get("Condition", {}).values():
                keys.update({key: change(value) for key, value in keys.items() if isinstance(value, str)})
        return replace(role, trust=trust)

    return edit


def _without_audience(role: RoleState) -> RoleState:
    trust: dict[str, Any] = deepcopy(dict(role.trust))
    for statement in trust["Statement"]:
        conditions = statement.get("Condition", {})
        for operator in [name for name, keys in conditions.items() if keys.pop(f"{_HOST}:aud", None) and not keys]:
            del conditions[operator]
    return replace(role, trust=trust)
