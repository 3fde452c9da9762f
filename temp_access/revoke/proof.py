"""Canary sessions before and after."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from temp_access.aws.assume_role import assume_role
from temp_access.aws.clients import ClientFactory
from temp_access.borrow.session_names import fill_pattern
from temp_access.config.model import Config
from temp_access.config.validation import RESERVED
from temp_access.error_guide.guide import summarize_client_error
from temp_access.errors import TempAccessError, UserError
from temp_access.iam.document import minimal_json
from temp_access.policies.access_modes import ACCESS_MODES, combined_mode
from temp_access.policies.session_policy import session_policy

if TYPE_CHECKING:
    import boto3


# What has just become known is known by some servers only: one refusal may be luck.
_CONFIRMATIONS = 3
# Makes one harmless call with one session, and returns whether it was let through.
Attempt = Callable[[], bool]
# Borrows a session; None where none can be.
Borrow = Callable[[], Attempt]


@dataclass(frozen=True, slots=True)
class Proof:
    """How many seconds after the policy was put the old session was refused, and a new one worked."""

    refused_after: float
    works_after: float


class NotProvedError(TempAccessError):
    """The policy was put, but what it should do wasn't seen in time."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Polling:
    """How long to wait in all and between two tries (seconds), and who hears what is waited for."""

    wait: float
    pause: float
    on_wait: Callable[[str, float], None]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def wait_until_works(borrow: Borrow, polling: Polling, what: str) -> Attempt:
    """Borrow until a session works, and return it; raises NotProvedError when the time is over.

    An earlier revocation can deny what is borrowed in its own second.
    """
    found: list[Attempt] = []

    def one_works() -> bool:
        session = borrow()
        found.append(session)
        return session()

    _until(one_works, polling, what)
    return found[-1]


def prove(
    before: Attempt, bystander: Attempt | None, borrow: Borrow, write_policy: Callable[[], None], polling: Polling
) -> Proof:
    """Put the policy and return how long it took until `before` was refused and a new session worked.

    `bystander` is a session that isn't meant and has to go on working. Raises NotProvedError.
    """
    write_policy()
    started = polling.clock()
    refusals = 0

    def refused_often_enough() -> bool:
        nonlocal refusals
        refusals = 0 if before() else refusals + 1
        return refusals >= _CONFIRMATIONS

    _until(refused_often_enough, polling, "a session borrowed before to be refused")
    refused_after = polling.clock() - started
    wait_until_works(borrow, polling, "a session borrowed after to work")
    works_after = polling.clock() - started
    if bystander is not None and not bystander():
        raise NotProvedError(
            "a session that wasn't meant is refused as well; take the revocation back with --undo, and look at "
            "the role's other policies"
        )
    return Proof(refused_after, works_after)


def _until(done: Callable[[], bool], polling: Polling, what: str) -> None:
    started = polling.clock()
    while not done():
        passed = polling.clock() - started
        if passed + polling.pause > polling.wait:
            raise NotProvedError(
                f"waited {passed:.0f} s in vain for {what}; try again with a longer --wait, and look at the role's "
                "policies (aws iam list-role-policies)"
            )
        polling.on_wait(what, passed)
        polling.sleep(polling.pause)


_FOLDER = f"{RESERVED}revoke"
# Sessions this short leave nothing behind for long: STS's least.
_SECONDS = 900
_DENIED = ("AccessDenied", "AccessDeniedException", "403")


class CanarySessions:
    """Borrows sessions with temp-user's credentials, narrowed to a folder that nobody has."""

    def __init__(self, user: "boto3.Session", config: Config, *, role_arn: str, bucket: str) -> None:
        self._factory = ClientFactory(user)
        self._role_arn = role_arn
        self._bucket = bucket
        self._partition = role_arn.split(":")[1]
        pattern = config.role.conditions.source_identity
        self._source_identity = pattern and fill_pattern(
            pattern, user_name=config.user.name, filler="temp-access-revoke"
        )
        # Listing is seen best; a role whose grants only upload is asked about an upload that doesn't exist.
        self._lists = combined_mode(ACCESS_MODES[mode] for mode in config.modes).allows_listing

    def borrow(self, session_name: str) -> Attempt:
        """Return a call with a new session of this name; raises TempAccessError if STS gives none."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            session = assume_role(
                self._factory.base().sts,
                role_arn=self._role_arn,
                session_name=session_name,
                duration=_SECONDS,
                policy=self._policy(),
                source_identity=self._source_identity,
            )
        except ClientError as error:
            raise UserError(
                f"temp-user's credentials don't borrow a session called {session_name!r} for the proof: {error}; pass "
                f"temp-user's with --profile, or leave the proof out with --no-proof{summarize_client_error(error)}"
            ) from None
        except BotoCoreError as error:
            raise TempAccessError(f"sts:AssumeRole didn't work: {error}", exit_code=3) from None
        s3 = self._factory.of(session.credentials).s3

        def is_let_through() -> bool:
            try:
                if self._lists:
                    s3.list_objects_v2(Bucket=self._bucket, Prefix=f"{_FOLDER}/", MaxKeys=0)
                else:
                    s3.list_parts(Bucket=self._bucket, Key=f"{_FOLDER}/none", UploadId="none")
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "NoSuchUpload":
                    return True
                if code in _DENIED:
                    return False
                raise TempAccessError(f"the proof's call to S3 decided nothing: {error}", exit_code=3) from None
            except BotoCoreError as error:
                raise TempAccessError(f"the proof's call to S3 decided nothing: {error}", exit_code=3) from None
            return True

        return is_let_through

    def _policy(self) -> str:
        access = ACCESS_MODES["list" if self._lists else "write"]
        return minimal_json(session_policy(_FOLDER, access, bucket=self._bucket, partition=self._partition))
