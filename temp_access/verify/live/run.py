"""One run of the verification against the deployed stacks, from the first call to the last clean-up."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TextIO

from temp_access.aws.assume_role import Credentials
from temp_access.aws.clients import ClientFactory, Clients
from temp_access.config.model import Config
from temp_access.deployment.effective_policies import EffectivePolicies, managed_document
from temp_access.deployment.target import Target
from temp_access.policies.session_policy import PolicyForGrant, session_policy_for
from temp_access.verify import operations
from temp_access.verify.live.access_keys import create_key, record_run
from temp_access.verify.live.calls import LiveCalls
from temp_access.verify.live.cleanup import clean, defer_signals, signals_deferred_until_done, sweep
from temp_access.verify.live.credential_pool import CredentialPool
from temp_access.verify.live.drift_reader import StateReader
from temp_access.verify.live.journal import Journal, new_record
from temp_access.verify.live.objects import left, prefixes, put_seeds, seeds
from temp_access.verify.live.runner import LiveRunner
from temp_access.verify.offline.run import cross_check, evaluator_calls
from temp_access.verify.outcomes import ACCESS_DENIED, Outcome, OutcomeType, attempt
from temp_access.verify.plan.assume_role import baseline_call
from temp_access.verify.plan.plan import ProbePlan
from temp_access.verify.plan.selection import admitted_examples
from temp_access.verify.probes import Identity, Probe, ProbeCaller, Result, StateCheck, Verdict, VerificationReport
from temp_access.verify.report.terminal import ProgressView

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True)
class Deployment:
    """What a run needs: the deployed stacks, and the credentials to look at and to borrow with.

    `user` is a session with temp-user's credentials, None to mint a key for the run; `settle` is how
    many seconds to wait for IAM's delays.
    """

    config: Config
    target: Target
    deployer: "boto3.Session"
    user: "boto3.Session | None"
    mfa: tuple[str, str] | None
    settle: float


Planner = Callable[[str, Clients], ProbePlan]


def verify_live(
    deployment: Deployment,
    planner: Planner,
    state: StateReader,
    stream: TextIO,
    *,
    quiet: bool = False,
) -> VerificationReport:
    """Run what `planner` plans (given the run's name and the deployer) and return the report.

    The run's key and objects are gone afterwards, also after a failure or an interruption.
    """
    started = time.monotonic()
    with LiveRun(deployment, state, stream) as run:
        plan = planner(run.name, run.deployer)
        sizes = Counter(probe.group for probe in plan.probes)
        with ProgressView(len(plan.probes), stream, group_sizes=sizes, quiet=quiet) as progress:
            policy_for = session_policy_for(bucket=deployment.target.bucket, partition=deployment.target.partition)
            results = run.run(plan.probes, policy_for, progress.finished)
    results += [run.cross_check(results), run.nothing_left()]
    return VerificationReport(
        target=deployment.target,
        run=run.name,
        results=tuple(results),
        warnings=(*plan.warnings, *state.notes()),
        seconds=time.monotonic() - started,
    )


class LiveRun:
    """A context in which probes can be run; leaving it cleans up."""

    def __init__(self, deployment: Deployment, state: StateReader, stream: TextIO) -> None:
        self.name = operations.new_run()
        self._deployment = deployment
        self._state = state
        self._stream = stream
        self._factory = ClientFactory(deployment.deployer)
        self.deployer = self._factory.base()
        self._journal = Journal()
        target = deployment.target
        self._entry = new_record(
            self.name, account=target.account, user=target.user_name, bucket=target.bucket, prefixes=()
        )
        self._prefixes: list[str] = []
        self._user: Credentials | None = None
        # One for all probes: it has the session that the MFA code was good for.
        self._wallet: CredentialPool | None = None
        self._deadline = 0.0

    def __enter__(self) -> "LiveRun":
        config = self._deployment.config
        folders = [grant.folder for grant in (*config.grants.values(), *admitted_examples(config))]
        sweep(self._journal, self.deployer, self._deployment.target, folders, self._say)
        with signals_deferred_until_done():
            record_run(self.deployer.iam, self._journal, self._entry)
        try:
            if self._deployment.user is None:
                with signals_deferred_until_done():
                    self._user, self._entry = create_key(self.deployer.iam, self._journal, self._entry)
        except BaseException:
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
        """Put the probes' objects there, and run them; without `settle` each verdict is the first."""
        target, config = self._deployment.target, self._deployment.config
        self._expect(prefixes(probes, self.name))
        put_seeds(self.deployer.s3, target.bucket, seeds(probes, self.name))
        if self._wallet is None:
            self._wallet = CredentialPool(
                ClientFactory(self._deployment.user) if self._deployment.user else self._factory,
                target,
                user_key=self._user,
                deployer=self.deployer,
                baseline=baseline_call(config),
                policy_of=policy_of,
                mfa=self._deployment.mfa,
                mfa_required=config.role.conditions.mfa,
            )
        wallet = self._wallet
        wallet.policy_of = policy_of
        answerer = LiveCalls(wallet, self._state, baseline_call(config))
        wallet.unmet_condition = _unmet_condition(config, self._wait_until_known(answerer))
        deadline = self._deadline if settle else 0
        runner = LiveRunner(answerer, deadline=deadline, names_layers=target.names_layers)
        return runner.run(probes, finished)

    def cross_check(self, results: Sequence[Result]) -> Result:
        """Return whether the evaluator, asked about the templates, gives the same verdicts."""
        documents = partial(managed_document, self.deployer.iam)
        policies = EffectivePolicies(self._deployment.target, self._state.expected, documents)
        return cross_check(results, evaluator_calls(self._deployment.config, policies))

    def nothing_left(self) -> Result:
        """Return the last result of all: that of looking for what the run may have left behind."""
        target = self._deployment.target
        seen = attempt(lambda: str(left(self.deployer.s3, target.bucket, self._prefixes)))
        gone = seen.kind is OutcomeType.WORKED and seen.message == "0"
        probe = Probe(
            id="clean-up/nothing-left",
            group="clean-up",
            title="nothing of this run is left in the bucket",
            caller=ProbeCaller(Identity.DEPLOYER),
            call=StateCheck("clean-up"),
            allowed=True,
            cause="objects of the run couldn't be removed; run verify again, which removes them",
        )
        verdict = Verdict.INCONCLUSIVE if seen.kind is not OutcomeType.WORKED else Verdict.FAILED
        text = f"{seen.message} versions and uploads left" if seen.kind is OutcomeType.WORKED else seen.summary
        return Result(probe, Verdict.PASSED if gone else verdict, text)

    def _expect(self, more: list[str]) -> None:
        # The journal has it before the first object is made, so that a killed run can be cleaned up.
        self._prefixes = list(dict.fromkeys([*self._prefixes, *more]))
        self._entry = replace(self._entry, prefixes=tuple(self._prefixes))
        self._journal.write(self._entry)

    def _clean(self) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        with defer_signals():
            try:
                clean(self._journal, self.deployer, self._entry, self._prefixes)
            except (BotoCoreError, ClientError) as error:
                # The journal keeps what is left; the last probe says so, if there is a report.
                self._say(f"couldn't clean up: {error}; run verify again, which does")

    def _wait_until_known(self, answerer: LiveCalls) -> Outcome:
        """Wait until a new key works and the role can be assumed, or until the deadline; return what came of it."""
        pause, waited, passes = 0.5, False, 0
        while True:
            seen = answerer.answer(ProbeCaller(Identity.USER), answerer.baseline)
            passes = passes + 1 if seen.kind is OutcomeType.WORKED else 0
            if passes > 2 * waited or time.monotonic() + pause > self._deadline:
                return seen
            if not waited:
                self._say("waiting until IAM knows the new key and role everywhere")
            waited = True
            time.sleep(pause)
            pause = min(pause * 1.5, 5)

    def _say(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


def _unmet_condition(config: Config, seen: Outcome) -> str | None:
    """Return which condition of the trust policy can't be met from here, if that explains what was `seen`.

    If the deployed trust policy isn't the template's, the probe of it fails and says so.
    """
    networks = config.role.conditions.source_ip
    if not networks or seen.kind is not OutcomeType.REFUSED or seen.code not in ACCESS_DENIED:
        return None
    return (
        f"the trust policy admits callers from {' and '.join(networks)} only, and AssumeRole was refused: this "
        "machine's address seems to be another; run verify from that network"
    )
