"""Mutation test of the probes."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from enum import Enum
from typing import Any

from temp_access.config.model import Config, Grant
from temp_access.config.validation import RESERVED
from temp_access.deployment.target import Target
from temp_access.iam.document import minimal_json
from temp_access.iam.patterns import escape
from temp_access.iam.request import LIST_BUCKET
from temp_access.policies.access_modes import ACCESS_MODES, combined_mode
from temp_access.policies.session_policy import session_policy
from temp_access.verify.live.run import LiveRun
from temp_access.verify.plan.folder import FolderProbes
from temp_access.verify.probes import Probe, Result, Verdict

Policy = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A defect put into the session policy: which grant it is for, what it does, and which probe catches it.

    `change` is None where nothing of the role's could show it, and `caught_by` then says why.
    """

    name: str
    grant: Grant
    mutate: Callable[[Policy], Policy | None] | None
    killed_by: str


class SelfTest:
    """The mutants, on grants of the run's own at the bucket's root: no borrower's folder is touched."""

    def __init__(self, config: Config, target: Target, run: str) -> None:
        self._target = target
        self._run = run
        self._ceiling = combined_mode(ACCESS_MODES[mode] for mode in config.modes)
        widest = next(mode for mode in reversed(ACCESS_MODES) if mode in config.modes)
        base = f"{RESERVED}{run}/"
        self._plain = Grant("self-test", widest, f"{base}self")
        self._starred = Grant("self-test-*", widest, f"{base}self*")
        self._narrow = Grant("self-test-list", "list", f"{base}narrow")
        self._neighbour = Grant("self-test-neighbour", widest, f"{base}neighbour")
        self._action = self._an_object_action()

    def probes(self) -> dict[str, Probe]:
        """Return the probes of the three grants by their ids."""
        found: dict[str, Probe] = {}
        for grant in (self._plain, self._starred, self._narrow):
            plan = FolderProbes(
                grant,
                neighbour=self._neighbour,
                ceiling=self._ceiling,
                target=self._target,
                run=self._run,
            )
            found |= {probe.id: probe for probe in plan.probes()}
        return found

    def policy(self, grant: Grant, mutant: Mutant | None) -> str | None:
        """Return the session policy of `grant`, with the mutant's defect."""
        policy = session_policy(
            grant.folder, ACCESS_MODES[grant.access], bucket=self._target.bucket, partition=self._target.partition
        )
        if mutant is None or mutant.mutate is None or mutant.grant != grant:
            return minimal_json(policy)
        changed = mutant.mutate(deepcopy(policy))
        return minimal_json(changed) if changed is not None else None

    def mutants(self) -> Iterator[Mutant]:
        """Yield all mutants."""
        on_objects = self._action or "list-v2"
        yield self._mutant("folder pattern without its slash", self._without_slash, f"sibling/{on_objects}")
        # The widest mode may be one that doesn't list.
        lists = self._ceiling.allows_listing
        bare = self._bare_prefix if lists else None
        yield self._mutant("bare prefix added", bare, "listing/bare-prefix", self._narrow)
        no_condition = _no_condition if lists else None
        yield self._mutant("prefix condition removed", no_condition, "listing/no-prefix", self._narrow)
        beyond = self._one_more if self._action else None
        yield self._mutant("one action beyond the mode", beyond, f"inside/{self._action}", self._narrow)
        wide = self._whole_bucket if self._action else None
        yield self._mutant("objects of the whole bucket", wide, f"neighbour/{self._action}")
        yield self._mutant("no session policy at all", lambda _: None, f"neighbour/{on_objects}")
        yield self._mutant("an unescaped * in an id", self._unescaped, f"look-alike/{on_objects}", self._starred)
        narrow = self._without_star if self._action else None
        yield self._mutant("object ARN without /*", narrow, f"inside/{self._action}")

    def _mutant(
        self,
        name: str,
        change: Callable[[Policy], Policy | None] | None,
        probe: str,
        grant: Grant | None = None,
    ) -> Mutant:
        grant = grant or self._plain
        group = FolderProbes(grant, neighbour=None, ceiling=self._ceiling, target=self._target, run=self._run).group
        return Mutant(name, grant, change, f"{group}/{probe}")

    def _an_object_action(self) -> str | None:
        for name, action in (("get", "s3:GetObject"), ("put", "s3:PutObject")):
            if self._ceiling.allows(action) and ACCESS_MODES[self._plain.access].allows(action):
                return name
        return None

    def _without_slash(self, policy: Policy) -> Policy:
        path = escape(self._plain.folder)
        return _replaced(policy, f"{path}/*", f"{path}*")

    def _bare_prefix(self, policy: Policy) -> Policy:
        path = escape(self._narrow.folder)
        for statement in _statements(policy):
            if statement["Action"] == LIST_BUCKET:
                statement["Condition"]["StringLike"]["s3:prefix"] = [path, f"{path}/*"]
        return policy

    def _one_more(self, policy: Policy) -> Policy:
        more = {
            "Effect": "Allow",
            "Action": {"get": "s3:GetObject", "put": "s3:PutObject"}[self._action or ""],
            "Resource": self._objects(f"{escape(self._narrow.folder)}/*"),
        }
        return {**policy, "Statement": [*_statements(policy), more]}

    def _whole_bucket(self, policy: Policy) -> Policy:
        return _replaced(policy, self._objects(f"{escape(self._plain.folder)}/*"), self._objects("*"))

    def _unescaped(self, policy: Policy) -> Policy:
        return _replaced(policy, escape(self._starred.folder), self._starred.folder)

    def _without_star(self, policy: Policy) -> Policy:
        path = escape(self._plain.folder)
        return _replaced(policy, self._objects(f"{path}/*"), self._objects(path))

    def _objects(self, path: str) -> str:
        return f"arn:{self._target.partition}:s3:::{self._target.bucket}/{path}"


def _statements(policy: Policy) -> list[dict[str, Any]]:
    found = policy["Statement"]
    return found if isinstance(found, list) else [found]


def _no_condition(policy: Policy) -> Policy:
    for statement in _statements(policy):
        statement.pop("Condition", None)
    return policy


def _replaced(policy: Policy, old: str, new: str) -> Policy:
    changed: Policy = _replace(policy, old, new)
    return changed


def _replace(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, list):
        return [_replace(item, old, new) for item in value]
    if isinstance(value, dict):
        return {key: _replace(item, old, new) for key, item in value.items()}
    return value


class MutantStatus(Enum):
    """What became of a mutant."""

    KILLED = "caught"
    SURVIVED = "survived"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class MutantResult:
    """A mutant, its fate, and what the probe meant for it observed."""

    mutant: Mutant
    status: MutantStatus
    observed: str


def run_mutants(run: LiveRun, test: SelfTest) -> Iterator[MutantResult]:
    """Yield what became of each mutant; its probe must pass without the defect, and fail with it."""
    probes = test.probes()
    for mutant in test.mutants():
        if mutant.mutate is None:
            yield MutantResult(mutant, MutantStatus.UNDECIDED, "the role's own actions are too few to show it")
            continue
        probe = probes[mutant.killed_by]
        sound = _once(run, test, probe, None)
        if sound.verdict is not Verdict.PASSED:
            yield MutantResult(mutant, MutantStatus.UNDECIDED, f"without the defect: {sound.verdict}, {sound.observed}")
            continue
        result = _once(run, test, probe, mutant)
        fate = {Verdict.FAILED: MutantStatus.KILLED, Verdict.PASSED: MutantStatus.SURVIVED}.get(
            result.verdict, MutantStatus.UNDECIDED
        )
        yield MutantResult(mutant, fate, result.observed)


def _once(run: LiveRun, test: SelfTest, probe: Probe, mutant: Mutant | None) -> Result:
    (result,) = run.run(
        [probe],
        lambda grant: test.policy(grant, mutant),
        lambda _: None,
        settle=mutant is None,
    )
    return result
