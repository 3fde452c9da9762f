"""The proof of a revocation: canary sessions, borrowed before and after it, that are refused or still work."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from temp_access.aws.answers import is_denied, is_missing, is_no_answer
from temp_access.aws.assume_role import assume_role
from temp_access.aws.clients import ClientFactory, endpoint_override
from temp_access.borrow.session_names import fill_pattern
from temp_access.config.model import Config, Grant
from temp_access.config.validation import RESERVED
from temp_access.error_guide.guide import summarize_client_error
from temp_access.errors import TempAccessError, UserError
from temp_access.iam.arn import Arn
from temp_access.iam.policy_json import minimal_json
from temp_access.iam.sts_limits import MIN_DURATION
from temp_access.policies.access_modes import ACCESS_MODES, access_of, role_ceiling
from temp_access.policies.session_policy import session_policy

if TYPE_CHECKING:
    import boto3


# IAM is eventually consistent: a single refusal may come from one server only.
_CONFIRMATIONS = 3
_FOLDER = f"{RESERVED}revoke"
# Makes a harmless call with a session, and returns whether it was allowed.
Attempt = Callable[[], bool]
# Borrows a session, and returns the attempt that uses it.
Borrow = Callable[[], Attempt]


@dataclass(frozen=True, slots=True)
class Proof:
    """The seconds from writing the policy until the old session was refused, and until a new one worked.

    `bystander_works` is whether a session that the revocation doesn't match was seen to work before and after it.
    """

    refused_after: float
    works_after: float
    bystander_works: bool = False


class NotProvedError(TempAccessError):
    """The policy was written, but its effect wasn't seen in time."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Polling:
    """How long to wait in all and between two attempts (seconds); `on_wait` gets the awaited event and the seconds."""

    wait: float
    pause: float
    on_wait: Callable[[str, float], None]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class CanarySessions:
    """Borrows sessions with temp-user's credentials, scoped to a folder that no grant has.

    With `grant`, which has `role_arn` for itself, the credentials are those of its borrower `user_name`, and the folder
    lies in the grant's own one.
    """

    def __init__(
        self,
        user: "boto3.Session",
        config: Config,
        *,
        role_arn: str,
        bucket: str,
        grant: Grant | None = None,
        user_name: str | None = None,
    ) -> None:
        self._factory = ClientFactory(user)
        self._role_arn = role_arn
        self._bucket = bucket
        self._partition = Arn.parse(role_arn).partition
        pattern = config.role.conditions.source_identity
        self._source_identity = pattern and fill_pattern(
            pattern, user_name=user_name or config.user.name, filler="temp-access-revoke"
        )
        self._requires_mfa = config.role.conditions.mfa
        self._whose = f"a borrower's of {grant.id}" if grant else "temp-user's"
        self._folder = f"{grant.folder}/{_FOLDER}" if grant else _FOLDER
        # Listing is the simplest call; a role that only uploads is tested with an upload that doesn't exist.
        self._lists = (access_of(grant.access) if grant else role_ceiling(config)).allows_listing

    def borrow(self, session_name: str) -> Attempt:
        """Return an attempt with a new session of this name; raises TempAccessError if STS refuses it."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            session = assume_role(
                self._factory.base().sts,
                role_arn=self._role_arn,
                session_name=session_name,
                duration=MIN_DURATION,
                policy=self._policy(),
                source_identity=self._source_identity,
            )
        except ClientError as error:
            if is_no_answer(error):
                raise TempAccessError(f"sts:AssumeRole got no answer: {error}; try again later", exit_code=3) from None
            local = (
                "; the role requires MFA, which the local AWS doesn't simulate"
                if self._requires_mfa and endpoint_override()
                else ""
            )
            raise UserError(
                f"the caller's credentials can't borrow a session for the proof: {error}{local}; pass {self._whose} "
                f"with --profile, or skip the proof with --no-proof{summarize_client_error(error)}"
            ) from None
        except BotoCoreError as error:
            raise TempAccessError(f"sts:AssumeRole failed: {error}; check the network", exit_code=3) from None
        s3 = self._factory.of(session.credentials).s3

        def is_allowed() -> bool:
            try:
                if self._lists:
                    s3.list_objects_v2(Bucket=self._bucket, Prefix=f"{self._folder}/", MaxKeys=0)
                else:
                    s3.list_parts(Bucket=self._bucket, Key=f"{self._folder}/none", UploadId="none")
            except ClientError as error:
                if is_missing(error, "NoSuchUpload"):
                    return True
                if is_denied(error):
                    return False
                raise TempAccessError(f"the proof's call to S3 was inconclusive: {error}", exit_code=3) from None
            except BotoCoreError as error:
                raise TempAccessError(f"the proof's call to S3 was inconclusive: {error}", exit_code=3) from None
            return True

        return is_allowed

    def bystander(self, session_name: str | None) -> Attempt | None:
        """Return an attempt with a session that the revocation doesn't match; None if there is no working one."""
        if session_name is None:
            return None
        try:
            attempt = self.borrow(session_name)
        except UserError:
            # The role's conditions may refuse this name.
            return None
        # Another revocation may deny it already; then it proves nothing.
        return attempt if attempt() else None

    def _policy(self) -> str:
        access = ACCESS_MODES["list" if self._lists else "write"]
        return minimal_json(session_policy(self._folder, access, bucket=self._bucket, partition=self._partition))


def prove_with_canaries(
    canaries: CanarySessions,
    name: str,
    bystander_name: str | None,
    write_policy: Callable[[], None],
    polling: Polling,
) -> Proof:
    """Borrow a session called `name` and a bystander, write the policy, and return the proof.

    Raises NotProvedError, and TempAccessError if a session can't be borrowed.
    """

    def borrow() -> Attempt:
        return canaries.borrow(name)

    before = wait_until_works(borrow, polling, "a session that is borrowed for the proof to work")
    bystander = canaries.bystander(bystander_name)
    proof = prove(before, bystander, borrow, write_policy, polling)
    return replace(proof, bystander_works=bystander is not None)


def wait_until_works(borrow: Borrow, polling: Polling, event: str) -> Attempt:
    """Borrow until a session works, and return its attempt; raises NotProvedError after the waiting time.

    An earlier revocation can deny a session that is borrowed in the same second.
    """
    attempts: list[Attempt] = []

    def works() -> bool:
        attempts.append(borrow())
        return attempts[-1]()

    _wait_until(works, polling, event)
    return attempts[-1]


def prove(
    before: Attempt, bystander: Attempt | None, borrow: Borrow, write_policy: Callable[[], None], polling: Polling
) -> Proof:
    """Write the policy, and wait until the session `before` is refused and a new one works.

    `bystander` is a session that the revocation doesn't match; it must still work. Raises NotProvedError.
    """
    write_policy()
    started = polling.clock()
    refusals = 0

    def is_refused() -> bool:
        nonlocal refusals
        refusals = 0 if before() else refusals + 1
        return refusals >= _CONFIRMATIONS

    _wait_until(is_refused, polling, "a session borrowed before to be refused")
    refused_after = polling.clock() - started
    wait_until_works(borrow, polling, "a session borrowed after to work")
    works_after = polling.clock() - started
    if bystander is not None and not bystander():
        raise NotProvedError(
            "a session that the revocation doesn't match is refused too; remove the revocation with --undo, and check "
            "the role's other policies"
        )
    return Proof(refused_after, works_after)


def _wait_until(happened: Callable[[], bool], polling: Polling, event: str) -> None:
    started = polling.clock()
    while not happened():
        passed = polling.clock() - started
        if passed + polling.pause > polling.wait:
            raise NotProvedError(
                f"waited {passed:.0f} s in vain for {event}; try again with a longer --wait, and check the role's "
                "policies (aws iam list-role-policies)"
            )
        polling.on_wait(event, passed)
        polling.sleep(polling.pause)
