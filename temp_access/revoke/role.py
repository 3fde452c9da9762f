"""The role's inline policy of revocations, read and written with the deployer's credentials."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from temp_access.error_guide.guide import summarize_client_error
from temp_access.errors import TempAccessError, UserError
from temp_access.iam.policy_json import minimal_json
from temp_access.revoke.model import Revocation, Revocations
from temp_access.revoke.policy import POLICY_NAME, ForeignPolicyError, read_revocations, revocation_policy, size

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_INLINE_QUOTA = 10240
_DENIED = ("AccessDenied", "AccessDeniedException")


@dataclass(frozen=True, slots=True)
class RoleSnapshot:
    """The role's id (`AROA…`), and the time of the response on AWS's clock (UTC, whole seconds)."""

    role_id: str
    time: datetime


class RolePolicies:
    """The role's inline policies; every method raises TempAccessError if IAM refuses the call."""

    def __init__(self, iam: "IAMClient", role_name: str) -> None:
        self._iam = iam
        self._role = role_name

    def snapshot(self) -> RoleSnapshot:
        """Return the role's id and the time on AWS's clock; this machine's clock may differ."""
        response = self._call("GetRole", RoleName=self._role)
        date = response["ResponseMetadata"]["HTTPHeaders"].get("date")
        time = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return RoleSnapshot(response["Role"]["RoleId"], time.astimezone(UTC).replace(microsecond=0))

    def cutoff(self) -> datetime:
        """Return the time before which every session was issued that exists now.

        aws:TokenIssueTime has whole seconds, so the next second also matches the sessions of the current one.
        """
        return self.snapshot().time + timedelta(seconds=1)

    def revocations(self) -> Revocations:
        """Return the revocations in force; raises UserError if the policy isn't in the form that `write` writes."""
        policy = self._policy(POLICY_NAME)
        if policy is None:
            return ()
        try:
            return read_revocations(policy)
        except ForeignPolicyError:
            raise UserError(
                f"the inline policy {POLICY_NAME} of {self._role} has unexpected content; look at it "
                f"(aws iam get-role-policy --role-name {self._role} --policy-name {POLICY_NAME}) and delete it "
                f"(aws iam delete-role-policy --role-name {self._role} --policy-name {POLICY_NAME})"
            ) from None

    def check_quota(self, revocations: Sequence[Revocation]) -> None:
        """Raise UserError if the role's inline policies would exceed IAM's quota."""
        others = [name for name in self._names() if name != POLICY_NAME]
        used = sum(size(policy) for policy in map(self._policy, others) if policy)
        needed = size(revocation_policy(revocations))
        if used + needed > ROLE_INLINE_QUOTA:
            raise UserError(
                f"{len(revocations)} revocations need {needed} characters, and {ROLE_INLINE_QUOTA - used} are left of "
                f"the {ROLE_INLINE_QUOTA} that IAM allows for the inline policies of {self._role}; revoke all sessions "
                "with --all and remove the single revocations with --undo, or wait until some have ended"
            )

    def write(self, revocations: Sequence[Revocation]) -> None:
        """Write the role's policy of `revocations`, or delete it if there are none."""
        if revocations:
            self._call(
                "PutRolePolicy",
                RoleName=self._role,
                PolicyName=POLICY_NAME,
                PolicyDocument=minimal_json(revocation_policy(revocations)),
            )
        else:
            self._call("DeleteRolePolicy", True, RoleName=self._role, PolicyName=POLICY_NAME)

    def _names(self) -> list[str]:
        names: list[str] = []
        marker: dict[str, str] = {}
        while True:
            response = self._call("ListRolePolicies", RoleName=self._role, **marker)
            names += response["PolicyNames"]
            if not response.get("IsTruncated"):
                return names
            marker = {"Marker": response["Marker"]}

    def _policy(self, name: str) -> Any:
        response = self._call("GetRolePolicy", True, RoleName=self._role, PolicyName=name)
        return response["PolicyDocument"] if response else None

    def _call(self, operation: str, allow_missing: bool = False, /, **parameters: str) -> Any:
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._iam, xform_name(operation))(**parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "NoSuchEntity" and allow_missing:
                return None
            raise self._error(operation, code, error) from None
        except BotoCoreError as error:
            raise TempAccessError(f"iam:{operation} of {self._role} failed: {error}", exit_code=3) from None

    def _error(self, operation: str, code: str, error: Exception) -> TempAccessError:
        if code in _DENIED:
            return UserError(
                f"these credentials aren't allowed to call iam:{operation} on {self._role} ({error}); pass the "
                "deployer's with --deployer-profile"
            )
        if code == "NoSuchEntity":
            return UserError(f"there is no role {self._role} in this account; run `temp-access deploy`")
        if code == "LimitExceeded":
            return UserError(f"the inline policies of {self._role} exceed IAM's quota ({error}); use --all")
        return TempAccessError(
            f"iam:{operation} of {self._role} was refused: {error}{summarize_client_error(error)}", exit_code=1
        )
