"""A live run of the verification on the deployed stacks, from the first call to the clean-up."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TextIO

from temp_access.aws.answers import DENIED
from temp_access.aws.assume_role import Credentials
from temp_access.aws.clients import ClientFactory, Clients
from temp_access.aws.patience import PATIENCE
from temp_access.config.model import Config
from temp_access.deployment.effective_policies import EffectivePolicies, managed_document
from temp_access.deployment.state import State
from temp_access.deployment.target import Target
from temp_access.policies.session_policy import PolicyForGrant, session_policy_for
from temp_access.verify import operations
from temp_access.verify.identity_tokens import IdentityToken
from temp_access.verify.live.access_keys import create_key, keys_of, record_run, tags_of, untagging
from temp_access.verify.live.borrower_keys import BorrowerKeys, people_called, sweep_people
from temp_access.verify.live.borrowers import Borrowers
from temp_access.verify.live.calls import LiveCalls
from temp_access.verify.live.cleanup import clean, defer_signals, signals_deferred_until_done, sweep
from temp_access.verify.live.credential_pool import CredentialPool
from temp_access.verify.live.drift_reader import StateReader
from temp_access.verify.live.journal import TAG_PREFIX, Journal, endpoint_of, new_record
from temp_access.verify.live.objects import count_left, put_seeds, run_prefixes_of, seeds
from temp_access.verify.live.runner import LiveRunner
from temp_access.verify.offline.answers import EvaluatorCalls
from temp_access.verify.offline.run import cross_check, evaluator_calls
from temp_access.verify.outcomes import Outcome, OutcomeType, attempt
from temp_access.verify.plan.assume_role import baseline_call
from temp_access.verify.plan.plan import ProbePlan, evaluated_note
from temp_access.verify.plan.selection import admitted_examples
from temp_access.verify.probes import Identity, Probe, ProbeCaller, Result, StateCheck, Verdict, VerificationReport
from temp_access.verify.report.terminal import ProgressView

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True)
class Deployment:
    """The deployed stacks, and the credentials for a run.

    `user` is a session with temp-user's credentials, None to create an access key for the run. `mfa` is a device's
    ARN and a code. `settle` is how many seconds to wait for IAM's propagation delays. `tokens` are web identity tokens
    by their labels.
    """

    config: Config
    target: Target
    deployer: "boto3.Session"
    user: "boto3.Session | None"
    mfa: tuple[str, str] | None
    settle: float
    tokens: Mapping[str, IdentityToken] = field(default_factory=dict)


Planner = Callable[[str, Clients], ProbePlan]


def verify_live(
    deployment: Deployment,
    planner: Planner,
    state: StateReader,
    stream: TextIO,
    *,
    quiet: bool = False,
) -> VerificationReport:
    """Run the plan that `planner` returns for the run's name and the deployer's clients, and return the report.

    The run's key and objects are removed at the end, also after a failure or an interruption.
    """
    started = time.monotonic()
    with LiveRun(deployment, state, stream) as run:
        plan = planner(run.name, run.deployer)
        probes = plan.probes
        sizes = Counter(probe.group for probe in probes)
        with ProgressView(len(probes), stream, group_sizes=sizes, quiet=quiet) as progress:
            policy_for = session_policy_for(bucket=deployment.target.bucket, partition=deployment.target.partition)
            results = run.run(probes, policy_for, progress.finished)
    results += [run.cross_check(results), run.nothing_left()]
    return VerificationReport(
        target=deployment.target,
        run=run.name,
        results=tuple(results),
        warnings=(*plan.warnings, *evaluated_note(probes), *state.notes(), *filter(None, [PATIENCE.take_clock_note()])),
        seconds=time.monotonic() - started,
    )


class LiveRun:
    """A context manager that runs probes and cleans up at the end."""

    def __init__(self, deployment: Deployment, state: StateReader, stream: TextIO) -> None:
        self.name = operations.new_run()
        self._deployment = deployment
        self._state = state
        self._stream = stream
        self._factory = ClientFactory(deployment.deployer)
        self.deployer = self._factory.base()
        self._journal = Journal()
        target = deployment.target
        self._record = new_record(
            self.name,
            account=target.account,
            user=target.user_name,
            bucket=target.bucket,
            prefixes=(),
            endpoint=endpoint_of(self.deployer.iam),
        )
        self._people = BorrowerKeys(self._journal, self.deployer, target, self._print)
        self._prefixes: list[str] = []
        self._user: Credentials | None = None
        # Shared by all probes, because an MFA code is valid for one session.
        self._pool: CredentialPool | None = None
        self._deadline = 0.0

    def __enter__(self) -> "LiveRun":
        config = self._deployment.config
        folders = [grant.folder for grant in (*config.grants.values(), *admitted_examples(config))]
        sweep(self._journal, self.deployer, self._deployment.target, folders, self._print)
        sweep_people(self._journal, self.deployer, self._deployment.target, config.users, self._print)
        try:
            with signals_deferred_until_done():
                record_run(self.deployer.iam, self._journal, self._record)
            if self._deployment.user is None:
                with signals_deferred_until_done():
                    self._user, self._record = create_key(self.deployer.iam, self._journal, self._record)
        except BaseException:
            if self._journal.file(self.name).exists():
                self._clean()
            raise
        self._deadline = time.monotonic() + self._deployment.settle
        return self

    def __exit__(self, *_: object) -> None:
        self._clean()

    def run(
        self,
        probes: Sequence[Probe],
        policy_of: PolicyForGrant,
        finished: Callable[[Result], None],
        *,
        settle: bool = True,
    ) -> list[Result]:
        """Create the probes' objects and run the probes; without `settle` no probe is repeated."""
        target, config = self._deployment.target, self._deployment.config
        self._record_prefixes(run_prefixes_of(probes, self.name))
        put_seeds(self.deployer.s3, target.bucket, seeds(probes, self.name))
        if self._people.create(people_called(probes)):
            # Those keys are newer than the run.
            self._deadline = time.monotonic() + self._deployment.settle
        if self._pool is None:
            self._pool = CredentialPool(
                ClientFactory(self._deployment.user) if self._deployment.user else self._factory,
                target,
                user_key=self._user,
                deployer=self.deployer,
                baseline=baseline_call(config),
                policy_of=policy_of,
                borrowers=Borrowers(config, self._people, self._deployment.tokens),
                mfa=self._deployment.mfa,
                mfa_required=config.role.conditions.mfa,
            )
        pool = self._pool
        pool.policy_of = policy_of
        calls = LiveCalls(pool, self._state, baseline_call(config), self._evaluator)
        pool.unmet_condition = _unmet_condition(config, self._wait_for_propagation(calls))
        deadline = self._deadline if settle else 0
        runner = LiveRunner(calls, deadline=deadline, names_layers=target.names_layers)
        return runner.run(probes, finished)

    def _evaluator(self, state: State) -> EvaluatorCalls:
        """Return what evaluates a state's policies, with the documents of managed policies from AWS."""
        documents = partial(managed_document, self.deployer.iam)
        policies = EffectivePolicies(self._deployment.target, state, documents)
        claims = {label: token.claims for label, token in self._deployment.tokens.items()}
        return evaluator_calls(self._deployment.config, policies, tokens=claims)

    def cross_check(self, results: Sequence[Result]) -> Result:
        """Return the result of comparing the verdicts with the evaluator's."""
        return cross_check(results, self._evaluator(self._state.expected))

    def nothing_left(self) -> Result:
        """Return the result of the search for a key, a tag or objects that the run left behind."""
        outcome = attempt(lambda: "; ".join(self._left()))
        probe = Probe(
            id="clean-up/nothing-left",
            group="clean-up",
            title="the run leaves no access key, tag or object behind",
            caller=ProbeCaller(Identity.DEPLOYER),
            call=StateCheck("clean-up"),
            allowed=True,
            cause="what the run created couldn't be removed; run verify again, which removes it, or the commands above",
        )
        if outcome.kind is not OutcomeType.WORKED:
            return Result(probe, Verdict.INCONCLUSIVE, outcome.summary)
        verdict = Verdict.FAILED if outcome.message else Verdict.PASSED
        return Result(probe, verdict, outcome.message or "0 keys, tags, versions and uploads left")

    def _left(self) -> list[str]:
        target, record, iam = self._deployment.target, self._record, self.deployer.iam
        left = []
        if count := count_left(self.deployer.s3, target.bucket, self._prefixes):
            left.append(f"{count} versions and uploads left")
        if record.key_id and record.key_id in keys_of(iam, record.user):
            left.append(f"the access key …{record.key_id[-4:]} of {record.user} is left")
        if TAG_PREFIX + record.run in tags_of(iam, record.user):
            left.append(f"the tag of the run is left; remove it: {untagging(record)}")
        return left + self._people.left()

    def _record_prefixes(self, more: list[str]) -> None:
        # Written before the first object is created, so that a killed run can be cleaned up.
        self._prefixes = list(dict.fromkeys([*self._prefixes, *more]))
        self._record = replace(self._record, prefixes=tuple(self._prefixes))
        self._journal.write(self._record)

    def _clean(self) -> None:
        PATIENCE.begin_clean_up()
        with defer_signals():
            # The record may have become newer than this process knows, if an error came between.
            record = self._journal.read(self.name) or self._record
            own = clean(self._journal, self.deployer, record, self._prefixes)
            for problem in (*own, *self._people.clean()):
                # The journal keeps the record, and the last probe doesn't pass.
                self._print(f"couldn't clean up: {problem}; or run verify again to clean up")

    def _wait_for_propagation(self, calls: LiveCalls) -> Outcome:
        """Wait until the new key works and the role can be assumed, or until the deadline; return the last outcome."""
        pause, waited, passes = 0.5, False, 0
        while True:
            outcome = calls.answer(ProbeCaller(Identity.USER), calls.baseline)
            passes = passes + 1 if outcome.kind is OutcomeType.WORKED else 0
            if passes > 2 * waited or time.monotonic() + pause > self._deadline:
                return outcome
            if not waited:
                self._print("waiting until the new key and role have propagated")
            waited = True
            time.sleep(pause)
            pause = min(pause * 1.5, 5)

    def _print(self, message: str) -> None:
        print(message, file=self._stream, flush=True)


def _unmet_condition(config: Config, outcome: Outcome) -> str | None:
    """Return which condition of the trust policy this machine can't meet, if that explains the outcome.

    If the deployed trust policy differs from the template, its own probe fails.
    """
    networks = config.role.conditions.source_ip
    if not networks or outcome.kind is not OutcomeType.REFUSED or outcome.code not in DENIED:
        return None
    return (
        f"the trust policy allows callers from {' and '.join(networks)} only, and AssumeRole was refused: this "
        "machine's address seems to be outside; run verify from an allowed network"
    )
