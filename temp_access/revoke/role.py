"""Reading and writing the role's inline policy of revocations, with the deployer's credentials."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from temp_access.error_guide.guide import summarize_client_error
from temp_access.errors import TempAccessError, UserError
from temp_access.iam.document import minimal_json
from temp_access.revoke.model import Revocation, Revocations
from temp_access.revoke.policy import POLICY_NAME, ForeignPolicyError, read_revocations, revocation_policy, size

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_INLINE_QUOTA = 10240
_DENIED = ("AccessDenied", "AccessDeniedException")


@dataclass(frozen=True, slots=True)
class RoleSnapshot:
    """The role's id (`AROA…`) and AWS's own time (UTC, whole seconds) when it was asked for."""

    role_id: str
    time: datetime


class RolePolicies:
    """The role's inline policies; every method raises TempAccessError with what is missing."""

    def __init__(self, iam: "IAMClient", role_name: str) -> None:
        self._iam = iam
        self._role = role_name

    def snapshot(self) -> RoleSnapshot:
        """Return the role's id and AWS's time, which this machine's clock may differ from."""
        answer = self._call("GetRole", RoleName=self._role)
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        time = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return RoleSnapshot(answer["Role"]["RoleId"], time.astimezone(UTC).replace(microsecond=0))

    def cutoff(self) -> datetime:
        """Return the moment that everything issued until now is earlier than.

        aws:TokenIssueTime has whole seconds, so what was issued in the present one is met by the next one.
        """
        return self.snapshot().time + timedelta(seconds=1)

    def revocations(self) -> Revocations:
        """Return what is in force; raises UserError if the policy isn't in the form that is written here."""
        found = self._document(POLICY_NAME)
        if found is None:
            return ()
        try:
            return read_revocations(found)
        except ForeignPolicyError:
            raise UserError(
                f"the inline policy {POLICY_NAME} of {self._role} says something else than revocations; look at it "
                f"(aws iam get-role-policy --role-name {self._role} --policy-name {POLICY_NAME}) and delete it "
                f"(aws iam delete-role-policy --role-name {self._role} --policy-name {POLICY_NAME})"
            ) from None

    def check_quota(self, entries: Sequence[Revocation]) -> None:
        """Raise UserError if the role's inline policies would be over IAM's quota."""
        others = [name for name in self._names() if name != POLICY_NAME]
        used = sum(size(found) for found in map(self._document, others) if found)
        wanted = size(revocation_policy(entries))
        if used + wanted > ROLE_INLINE_QUOTA:
            raise UserError(
                f"{len(entries)} revocations take {wanted} characters, and {ROLE_INLINE_QUOTA - used} are left of the "
                f"{ROLE_INLINE_QUOTA} that IAM has for the inline policies of {self._role}; revoke the whole role with "
                "--all and take single ones back with --undo, or wait for some to end"
            )

    def write(self, entries: Sequence[Revocation]) -> None:
        """Have the role's policy say `entries`, or take it off the role for none."""
        if entries:
            self._call(
                "PutRolePolicy",
                RoleName=self._role,
                PolicyName=POLICY_NAME,
                PolicyDocument=minimal_json(revocation_policy(entries)),
            )
        else:
            self._call("DeleteRolePolicy", True, RoleName=self._role, PolicyName=POLICY_NAME)

    def _names(self) -> list[str]:
        names: list[str] = []
        marker: dict[str, str] = {}
        while True:
            answer = self._call("ListRolePolicies", RoleName=self._role, **marker)
            names += answer["PolicyNames"]
            if not answer.get("IsTruncated"):
                return names
            marker = {"Marker": answer["Marker"]}

    def _document(self, name: str) -> Any:
        answer = self._call("GetRolePolicy", True, RoleName=self._role, PolicyName=name)
        return answer["PolicyDocument"] if answer else None

    def _call(self, operation: str, missing_is_fine: bool = False, /, **parameters: str) -> Any:
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._iam, xform_name(operation))(**parameters)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "NoSuchEntity" and missing_is_fine:
                return None
            raise self._refusal(operation, code, error) from None
        except BotoCoreError as error:
            raise TempAccessError(f"iam:{operation} of {self._role} didn't work: {error}", exit_code=3) from None

    def _refusal(self, operation: str, code: str, error: Exception) -> TempAccessError:
        if code in _DENIED:
            return UserError(
                f"these credentials may not iam:{operation} on {self._role}; pass the deployer's with "
                f"--deployer-profile: {error}"
            )
        if code == "NoSuchEntity":
            return UserError(f"there is no role {self._role} in this account; run `temp-access deploy`")
        if code == "LimitExceeded":
            return UserError(f"IAM's quota for the inline policies of {self._role} is used up ({error}); use --all")
        return TempAccessError(
            f"iam:{operation} of {self._role} was refused: {error}{summarize_client_error(error)}", exit_code=1
        )
