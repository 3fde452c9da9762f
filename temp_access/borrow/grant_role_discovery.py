"""The deployed role of a grant with borrowers: by its name, which the grant's id determines.

Its borrowers may be allowed to read neither the role nor the stacks, and tokens have no credentials to ask with.
"""

from collections.abc import Mapping
from typing import Any

from temp_access.aws.answers import is_denied, is_missing
from temp_access.aws.errors import BorrowError, NotDeployed, from_client_error
from temp_access.aws.identity import ClientIdentity
from temp_access.aws.web_identity import TokenHolder
from temp_access.borrow.borrowers import describe_borrowers
from temp_access.borrow.role_discovery import RoleDetails, is_unreadable, role_account, stack_outputs
from temp_access.config.borrower import BorrowerKind
from temp_access.config.model import Config, Grant
from temp_access.config.table import format_duration
from temp_access.iam.arn import Arn, iam_arn
from temp_access.policies.borrower_trust import grant_trust_policy
from temp_access.policies.role_names import grant_role_name, grant_role_resource, grant_session_maximum
from temp_access.policies.role_policy import BUCKET_TAG, CONFIG_TAG


def discover_grant_role(
    identity: ClientIdentity,
    config: Config,
    grant: Grant,
    caller_arn: str,
    *,
    role_arn: str | None = None,
    bucket: str | None = None,
    account: str | None = None,
) -> RoleDetails:
    """Return the grant's role as iam:GetRole returns it, or else by its name, its path and its account.

    `role_arn`, `bucket` and `account` override what is found. The bucket is empty if nothing tells it. Raises
    NotDeployed if the account isn't known or has no such role, another BorrowError if a service gives no answer, and
    botocore.exceptions.BotoCoreError if it can't be reached.
    """
    grant = config.grants[grant.id]
    account = role_account(config, account)
    known_bucket = bucket or config.bucket_name or ""
    longest = grant_session_maximum(grant, config.role)
    if isinstance(identity, TokenHolder):
        _require_kind(config, grant, BorrowerKind.OIDC)
        arn = role_arn or _derived(config, grant, account, _partition(identity), caller_arn)
        return RoleDetails(arn, known_bucket, longest, caller_arn)
    caller = Arn.parse(caller_arn)
    if role_arn or (account and account != caller.account):
        arn = role_arn or _derived(config, grant, account, caller.partition, caller_arn)
        return RoleDetails(arn, known_bucket, longest, caller_arn)
    if account is None and any(each.account == caller.account for each in grant.borrowers):
        # The caller is of another account than the role, and nothing tells which.
        _derived(config, grant, None, caller.partition, caller_arn)
    role = _deployed_role(identity, config, grant, caller_arn)
    if role is None:
        arn = _derived(config, grant, caller.account, caller.partition, caller_arn)
        return RoleDetails(arn, known_bucket or _bucket_of_stacks(identity, config), longest, caller_arn)
    tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", ())}
    mismatch = _config_mismatch(config, grant, role, tags.get(CONFIG_TAG))
    return RoleDetails(
        role["Arn"],
        bucket or tags.get(BUCKET_TAG) or known_bucket,
        int(role["MaxSessionDuration"]),
        caller_arn,
        mismatch,
    )


def require_no_token(config: Config, grant: Grant, identity: ClientIdentity) -> None:
    """Raise BorrowError if a token would borrow a grant that has no role of its own."""
    if isinstance(identity, TokenHolder) and not grant.borrowers:
        raise BorrowError(
            f"the grant {grant.id!r} has no borrowers, and {config.role.name} is assumed with credentials, not with a "
            "token",
            "leave --web-identity-token-file out, or add oidc/PROVIDER/SUBJECT to the grant's `borrowers` and deploy",
        )


def _require_kind(config: Config, grant: Grant, kind: BorrowerKind) -> None:
    if not any(each.kind is kind for each in grant.borrowers):
        raise BorrowError(
            f"no borrower of {grant.id!r} in {config.path.name} has a token (borrowers: {describe_borrowers(grant)})",
            "leave --web-identity-token-file out, or add oidc/PROVIDER/SUBJECT to the grant's `borrowers` and deploy",
        )


def _derived(config: Config, grant: Grant, account: str | None, partition: str, caller: str) -> str:
    if account is None:
        raise NotDeployed(
            f"the role of {grant.id!r} is in an account that {caller} doesn't tell",
            "pass --account, or set `account` in [environments.<name>] and pass --env",
        )
    return iam_arn(partition, account, grant_role_resource(config.role, grant.id))


def _partition(identity: ClientIdentity) -> str:
    return str(identity.core.get_partition_for_region(identity.region))


def _deployed_role(identity: ClientIdentity, config: Config, grant: Grant, caller_arn: str) -> Mapping[str, Any] | None:
    """Return the grant's role, None if the caller may not read it; raises NotDeployed if it isn't there."""
    from botocore.exceptions import ClientError

    name = grant_role_name(config.role.name, grant.id)
    try:
        return dict(identity.iam.get_role(RoleName=name)["Role"])
    except ClientError as error:
        if is_missing(error):
            account = Arn.parse(caller_arn).account
            raise NotDeployed(
                f"account {account} has no role {name}: the grant {grant.id!r} isn't deployed there",
                "deploy access.toml, or pass --env or --account if the role is in another account",
            ) from error
        if is_denied(error) or is_unreadable(error, identity):
            return None
        raise from_client_error(error, identity.name, name) from error


def _bucket_of_stacks(identity: ClientIdentity, config: Config) -> str:
    try:
        return stack_outputs(identity, config).get("BucketName") or ""
    except BorrowError:
        # Only a narrowed session and the console need the bucket, and they say so.
        return ""


def _config_mismatch(config: Config, grant: Grant, role: Mapping[str, Any], digest: str | None) -> str | None:
    expected = config.grant_digests[grant.id]
    arn = Arn.parse(role["Arn"])
    trust = grant_trust_policy(grant, config, account=arn.account, partition=arn.partition)
    longest, deployed = grant_session_maximum(grant, config.role), int(role["MaxSessionDuration"])
    differences = [
        *(["the trust policy differs"] if trust != role["AssumeRolePolicyDocument"] else []),
        *(
            [
                f"the role's maximum session duration is {format_duration(longest)} in the file, "
                f"{format_duration(deployed)} in the deployment"
            ]
            if longest != deployed
            else []
        ),
    ]
    if digest in (None, expected) and not differences:
        return None
    if digest != expected and not differences:
        differences = ["the differences are in what these credentials can't read"]
    return (
        f"the grant {grant.id!r} of {config.path.name} isn't the deployed one: {'; '.join(differences)}; deploy it, or "
        "pass the deployed file with --config"
    )
