"""The role's inline policies of revocations, read and written with the deployer's credentials."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from temp_access.aws.answers import is_denied, is_missing, is_no_answer
from temp_access.aws.once import once
from temp_access.error_guide.guide import summarize_client_error
from temp_access.errors import TempAccessError, UserError
from temp_access.iam.policy_json import minimal_json
from temp_access.revoke.model import Revocation, Revocations, RevocationScope, expire
from temp_access.revoke.policy import (
    ForeignPolicyError,
    has_revocation_name,
    policy_name,
    read_revocations,
    revocation_policy,
    size,
)

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_INLINE_QUOTA = 10240


@dataclass(frozen=True, slots=True)
class RoleSnapshot:
    """The role's id (`AROA…`), the time of the response on AWS's clock, and that of the role's creation.

    Times are in UTC; that of the response has whole seconds.
    """

    role_id: str
    time: datetime
    created: datetime


class NoAnswerFromIam(TempAccessError):
    """IAM gave no answer, so the call may have taken effect."""

    exit_code = 3


class RolePolicies:
    """The role's inline policies; every method raises TempAccessError if IAM refuses the call."""

    def __init__(self, iam: "IAMClient", role_name: str) -> None:
        self._iam = iam
        self._role = role_name

    @property
    def role_name(self) -> str:
        """The role's name."""
        return self._role

    def snapshot(self) -> RoleSnapshot:
        """Return the role's id and the time on AWS's clock; this machine's clock may differ."""
        response = self._call("GetRole", RoleName=self._role)
        date = response["ResponseMetadata"]["HTTPHeaders"].get("date")
        time = parsedate_to_datetime(date) if date else datetime.now(UTC)
        role = response["Role"]
        return RoleSnapshot(role["RoleId"], time.astimezone(UTC).replace(microsecond=0), role["CreateDate"])

    def cutoff(self) -> datetime:
        """Return the time before which every session was issued that exists now.

        aws:TokenIssueTime has whole seconds, so the next second also matches the sessions of the current one.
        """
        return self.snapshot().time + timedelta(seconds=1)

    def revocations(self) -> Revocations:
        """Return the revocations in force, oldest first; raises UserError if a policy has another form than `add`'s."""
        found = (revocation for revocations in self._own().values() for revocation in revocations)
        return tuple(sorted(found, key=lambda revocation: revocation.before))

    def check_quota(self, new: Sequence[Revocation], now: datetime) -> None:
        """Raise UserError if the role's inline policies would exceed IAM's quota; those that have ended don't count."""
        own = self._own()
        kept = [revocation for revocations in own.values() for revocation in expire(revocations, now)[0]]
        others = [policy for name in self._names() if name not in own and (policy := self._policy(name))]
        used = sum(map(size, others)) + _size(kept)
        if used + _size(new) > ROLE_INLINE_QUOTA:
            raise UserError(
                f"{len(new)} more revocations need {_size(new)} characters, and {ROLE_INLINE_QUOTA - used} are left of "
                f"the {ROLE_INLINE_QUOTA} that IAM allows for the inline policies of {self._role}; revoke all sessions "
                "with --all and remove the single revocations with --undo, or wait until some have ended"
            )

    def add(self, new: Sequence[Revocation], now: datetime) -> None:
        """Write a policy for each revocation, and delete those that have ended or that the new ones replace.

        The policies are read again for that. Whoever revokes or undoes at the same time loses nothing.
        """
        self._keep(lambda revocation: revocation.ends > now)
        for revocation in new:
            self._put(revocation)
        latest = {revocation.scope: revocation.before for revocation in new}
        self._keep(lambda each: each.scope not in latest or each in new or each.before > latest[each.scope])

    def remove(self, scopes: Collection[RevocationScope], now: datetime) -> None:
        """Delete the revocations of `scopes`, and those that have ended."""
        self._keep(lambda revocation: revocation.scope not in scopes and revocation.ends > now)

    def delete_all(self) -> dict[str, Any]:
        """Delete every policy with a name of revocations, whatever it contains; nothing if there is no role.

        Returns the deleted policies by their names.
        """
        deleted: dict[str, Any] = {}
        for name in filter(has_revocation_name, self._names(allow_missing=True)):
            if (policy := self._policy(name)) is not None:
                deleted[name] = policy
            self._delete(name)
        return deleted

    def put_back(self, deleted: Mapping[str, Any]) -> None:
        """Write what `delete_all` returned; nothing if there is no role any more."""
        for name, policy in deleted.items():
            self._write(name, policy, allow_missing=True)

    def _keep(self, is_kept: Callable[[Revocation], bool]) -> None:
        for name, revocations in self._own().items():
            kept = tuple(filter(is_kept, revocations))
            if kept == revocations:
                continue
            # Version 0.1 wrote all into one policy: what stays gets a policy of its own before that one goes.
            for revocation in kept:
                self._put(revocation)
            self._delete(name)

    def _put(self, revocation: Revocation) -> None:
        self._write(policy_name(revocation), revocation_policy([revocation]))

    def _write(self, name: str, policy: Mapping[str, Any], *, allow_missing: bool = False) -> None:
        parameters = {"RoleName": self._role, "PolicyName": name, "PolicyDocument": minimal_json(policy)}
        self._once(
            lambda: self._call("PutRolePolicy", allow_missing, **parameters), lambda: self._policy(name) == policy
        )

    def _delete(self, name: str) -> None:
        self._once(
            lambda: self._call("DeleteRolePolicy", True, RoleName=self._role, PolicyName=name),
            lambda: self._policy(name) is None,
        )

    def _once(self, do: Callable[[], object], is_done: Callable[[], bool]) -> None:
        once(do, is_done, lambda error: isinstance(error, NoAnswerFromIam))

    def _own(self) -> dict[str, Revocations]:
        """Return the revocations by the name of their policy."""
        own: dict[str, Revocations] = {}
        for name in filter(has_revocation_name, self._names()):
            # Somebody else may have deleted it since it was listed.
            if (policy := self._policy(name)) is not None:
                own[name] = self._read(name, policy)
        return own

    def _read(self, name: str, policy: Mapping[str, Any]) -> Revocations:
        try:
            return read_revocations(policy)
        except ForeignPolicyError:
            raise UserError(
                f"the inline policy {name} of {self._role} has unexpected content; look at it "
                f"(aws iam get-role-policy --role-name {self._role} --policy-name {name}) and delete it "
                f"(aws iam delete-role-policy --role-name {self._role} --policy-name {name})"
            ) from None

    def _names(self, *, allow_missing: bool = False) -> list[str]:
        names: list[str] = []
        marker: dict[str, str] = {}
        while True:
            response = self._call("ListRolePolicies", allow_missing, RoleName=self._role, **marker)
            if response is None:
                return names
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
            if is_missing(error, "NoSuchEntity") and allow_missing:
                return None
            raise self._error(operation, code, error) from error
        except BotoCoreError as error:
            raise NoAnswerFromIam(f"iam:{operation} of {self._role} failed: {error}") from None

    def _error(self, operation: str, code: str, error: Exception) -> TempAccessError:
        if is_no_answer(error) and code != "LimitExceeded":
            return NoAnswerFromIam(f"iam:{operation} of {self._role} got no answer: {error}; try again later")
        if is_denied(error):
            return UserError(
                f"these credentials aren't allowed to call iam:{operation} on {self._role} ({error}); pass the "
                "deployer's with --deployer-profile"
            )
        if is_missing(error, "NoSuchEntity"):
            return UserError(f"there is no role {self._role} in this account; run `temp-access deploy`")
        if code == "LimitExceeded":
            return UserError(f"the inline policies of {self._role} exceed IAM's quota ({error}); use --all")
        return TempAccessError(
            f"iam:{operation} of {self._role} was refused: {error}{summarize_client_error(error)}", exit_code=1
        )


def _size(revocations: Sequence[Revocation]) -> int:
    return sum(size(revocation_policy([revocation])) for revocation in revocations)
