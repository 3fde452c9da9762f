"""The mutation test of the probes: session policies with one defect each, which a probe must catch."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from temp_access.config.model import Config, Grant
from temp_access.config.validation import RESERVED
from temp_access.deployment.target import Target
from temp_access.iam.arn import bucket_arn, object_arn
from temp_access.iam.policy_json import LIST_BUCKET, LIST_BUCKET_VERSIONS, escape, minimal_json
from temp_access.policies.access_modes import ACCESS_MODES, grant_access, role_ceiling
from temp_access.policies.session_policy import session_policy
from temp_access.verify.live.run import LiveRun
from temp_access.verify.operations import OPERATIONS
from temp_access.verify.plan.folder import OF_EXTRAS, FolderProbes
from temp_access.verify.probes import Probe, Result, Verdict

Policy = dict[str, Any]
# Returns the policy with the defect, or None to send no session policy at all.
Mutation = Callable[[Policy], Policy | None]
_OBJECT_ACTIONS = {"get": "s3:GetObject", "put": "s3:PutObject"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A defect in the session policy of `grant`, and the id of the probe that must fail with it.

    `mutate` is None if the role has too few actions to show the defect.
    """

    name: str
    grant: Grant
    mutate: Mutation | None
    killed_by: str


class SelfTest:
    """The mutants, on grants of the run's own at the bucket's root, so that no borrower's folder is touched."""

    def __init__(self, config: Config, target: Target, run: str) -> None:
        self._target = target
        self._run = run
        self._ceiling = role_ceiling(config)
        # Without a grant that the one role serves, nothing is sent that could have a defect.
        self._is_shown = bool(config.modes)
        widest = next((mode for mode in reversed(ACCESS_MODES) if mode in config.modes), "list")
        root = f"{RESERVED}{run}/"
        self._plain = Grant("self-test", widest, f"{root}self")
        self._starred = Grant("self-test-*", widest, f"{root}self*")
        self._list_only = Grant("self-test-list", "list", f"{root}narrow")
        self._neighbour = Grant("self-test-neighbour", widest, f"{root}neighbour")
        # An operation on objects that the widest mode has; there is none if all modes only list.
        self._object_operation = next(
            (name for name, action in _OBJECT_ACTIONS.items() if ACCESS_MODES[widest].allows(action)), None
        )

        # An operation of an extra that the role has for some grant; those of the run have no extras.
        self._extra = next((name for name in OF_EXTRAS if self._ceiling.names(OPERATIONS[name].action)), None)

    def probes(self) -> dict[str, Probe]:
        """Return the probes of the three grants by their ids."""
        plans = (self._folder_probes(grant) for grant in (self._plain, self._starred, self._list_only))
        return {probe.id: probe for plan in plans for probe in plan.probes()}

    def _folder_probes(self, grant: Grant) -> FolderProbes:
        return FolderProbes(grant, neighbour=self._neighbour, ceiling=self._ceiling, target=self._target, run=self._run)

    def policy(self, grant: Grant, mutant: Mutant | None) -> str | None:
        """Return the session policy of `grant`, with the mutant's defect if it is in this grant's policy."""
        policy = session_policy(
            grant.folder, grant_access(grant), bucket=self._target.bucket, partition=self._target.partition
        )
        if mutant is None or mutant.mutate is None or mutant.grant != grant:
            return minimal_json(policy)
        mutated = mutant.mutate(deepcopy(policy))
        return minimal_json(mutated) if mutated is not None else None

    def mutants(self) -> Iterator[Mutant]:
        """Yield all mutants of session policies."""
        if not self._is_shown:
            return
        operation, lists = self._object_operation, self._ceiling.allows_listing
        reach = operation or "list-v2"
        plain, starred, list_only = self._plain, self._starred, self._list_only

        def mutant(name: str, grant: Grant, probe: str, mutate: Mutation, *, possible: object = True) -> Mutant:
            return Mutant(name, grant, mutate if possible else None, f"{self._folder_probes(grant).group}/{probe}")

        yield mutant("folder pattern without its slash", plain, f"sibling/{reach}", self._without_slash)
        yield mutant("bare prefix added", list_only, "listing/bare-prefix", self._with_bare_prefix, possible=lists)
        yield mutant("prefix condition removed", list_only, "listing/no-prefix", _without_condition, possible=lists)
        yield mutant(
            "one action beyond the mode", list_only, f"inside/{operation}", self._with_extra_action, possible=operation
        )
        yield mutant(
            "objects of the whole bucket", plain, f"neighbour/{operation}", self._with_whole_bucket, possible=operation
        )
        yield mutant("no session policy at all", plain, f"neighbour/{reach}", lambda _: None)
        if self._extra:
            yield mutant("an action of an extra", plain, f"inside/{self._extra}", self._with_action_of_extra)
        if self._ceiling.lists_versions:
            probe = "listing/sibling-versions"
            yield mutant("versions listed without the prefix condition", plain, probe, self._with_all_versions)
        yield mutant("an unescaped * in an id", starred, f"look-alike/{reach}", self._with_unescaped_star)
        yield mutant("object ARN without /*", plain, f"inside/{operation}", self._without_star, possible=operation)

    def _without_slash(self, policy: Policy) -> Policy:
        folder = escape(self._plain.folder)
        return _replace(policy, f"{folder}/*", f"{folder}*")

    def _with_bare_prefix(self, policy: Policy) -> Policy:
        folder = escape(self._list_only.folder)
        for statement in _statements(policy):
            if statement["Action"] == LIST_BUCKET:
                statement["Condition"]["StringLike"]["s3:prefix"] = [folder, f"{folder}/*"]
        return policy

    def _with_extra_action(self, policy: Policy) -> Policy:
        resource = self._objects(f"{escape(self._list_only.folder)}/*")
        return _add(policy, _OBJECT_ACTIONS[str(self._object_operation)], resource)

    def _with_action_of_extra(self, policy: Policy) -> Policy:
        resource = self._objects(f"{escape(self._plain.folder)}/*")
        return _add(policy, OPERATIONS[str(self._extra)].action, resource)

    def _with_all_versions(self, policy: Policy) -> Policy:
        return _add(policy, LIST_BUCKET_VERSIONS, bucket_arn(self._target.partition, self._target.bucket))

    def _with_whole_bucket(self, policy: Policy) -> Policy:
        return _replace(policy, self._objects(f"{escape(self._plain.folder)}/*"), self._objects("*"))

    def _with_unescaped_star(self, policy: Policy) -> Policy:
        return _replace(policy, escape(self._starred.folder), self._starred.folder)

    def _without_star(self, policy: Policy) -> Policy:
        folder = escape(self._plain.folder)
        return _replace(policy, self._objects(f"{folder}/*"), self._objects(folder))

    def _objects(self, pattern: str) -> str:
        return object_arn(self._target.partition, self._target.bucket, pattern)


def _statements(policy: Policy) -> list[dict[str, Any]]:
    statements = policy["Statement"]
    return statements if isinstance(statements, list) else [statements]


def _add(policy: Policy, action: str, resource: str) -> Policy:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**policy, "Statement": [*_statements(policy), statement]}


def _without_condition(policy: Policy) -> Policy:
    for statement in _statements(policy):
        statement.pop("Condition", None)
    return policy


def _replace(policy: Policy, old: str, new: str) -> Policy:
    replaced: Policy = replace_strings(policy, old, new)
    return replaced


def replace_strings(value: Any, old: str, new: str) -> Any:
    """Return a JSON value in which `new` replaces `old` in every string."""
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, list):
        return [replace_strings(item, old, new) for item in value]
    if isinstance(value, dict):
        return {key: replace_strings(item, old, new) for key, item in value.items()}
    return value


class MutantStatus(Enum):
    """The result of a mutant: its probe caught it, missed it, or couldn't decide."""

    KILLED = "caught"
    SURVIVED = "survived"
    UNDECIDED = "undecided"


class AnyMutant(Protocol):
    """What a mutant of any kind has: its name, and the id of the probe that must fail with it."""

    @property
    def name(self) -> str: ...
    @property
    def killed_by(self) -> str: ...


@dataclass(frozen=True, slots=True)
class MutantResult:
    """A mutant, its status, and what its probe observed."""

    mutant: AnyMutant
    status: MutantStatus
    observed: str


STATUSES = {Verdict.FAILED: MutantStatus.KILLED, Verdict.PASSED: MutantStatus.SURVIVED}


def run_mutants(run: LiveRun, test: SelfTest) -> Iterator[MutantResult]:
    """Yield the result of each mutant; its probe must pass without the defect and fail with it."""
    probes = test.probes()
    for mutant in test.mutants():
        if mutant.mutate is None:
            yield MutantResult(mutant, MutantStatus.UNDECIDED, "the role has too few actions to show it")
            continue
        probe = probes[mutant.killed_by]
        original = _run_once(run, test, probe, None)
        if original.verdict is not Verdict.PASSED:
            observed = f"without the defect: {original.verdict}, {original.observed}"
            yield MutantResult(mutant, MutantStatus.UNDECIDED, observed)
            continue
        result = _run_once(run, test, probe, mutant)
        status = STATUSES.get(result.verdict, MutantStatus.UNDECIDED)
        yield MutantResult(mutant, status, result.observed)


def _run_once(run: LiveRun, test: SelfTest, probe: Probe, mutant: Mutant | None) -> Result:
    (result,) = run.run(
        [probe],
        lambda grant: test.policy(grant, mutant),
        lambda _: None,
        settle=mutant is None,
    )
    return result
