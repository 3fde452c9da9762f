"""Sessions of the role that exist to see whether they are let through; they reach no borrower's folder."""

from typing import TYPE_CHECKING

from temp_access.config.ids import RESERVED
from temp_access.config.model import Config
from temp_access.errors import TempAccessError, UserError
from temp_access.explain.explain import summarize_client_error
from temp_access.policy.access import ACCESS_MODES, combined_mode
from temp_access.policy.session import minimal_json, session_policy
from temp_access.sts.assume import assume_role
from temp_access.sts.clients import ClientFactory
from temp_access.sts.naming import fill_pattern
from temp_access.sts.revoke.prove import Attempt

if TYPE_CHECKING:
    import boto3

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
