"""The settings of a profile for a grant with borrowers: a native one, or one that runs temp-access, and why."""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temp_access.borrow.aws_profiles import require_source_profile
from temp_access.borrow.native_profile import (
    ProfileSource,
    choose_borrower,
    common_external_id,
    is_temporary,
    native_obstacle,
    native_settings,
    principal_of,
)
from temp_access.errors import UserError

if TYPE_CHECKING:
    from temp_access.config.borrower import Borrower
    from temp_access.config.model import Config, Grant

# In the environment, they take precedence over a profile's settings of the same names.
_TOKEN_VARIABLES = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME")
_OPTIONS = ("source_profile", "web_identity_token_file", "mfa_serial", "external_id", "borrower")


def add_native_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for grants with borrowers, which get a native profile."""
    group = parser.add_argument_group("for a grant with borrowers")
    group.add_argument("--source-profile", metavar="PROFILE", help="the borrower's profile (the same as --profile)")
    group.add_argument("--borrower", help="which borrower it is, as access.toml names it, if the file names several")
    group.add_argument("--mfa-serial", metavar="ARN", help="the user's MFA device, if the role requires MFA")
    group.add_argument(
        "--credential-process",
        action="store_true",
        help="let the profile run temp-access, for tools that know no role_arn (with the AWS SDK for C++, as pyarrow)",
    )
    group.add_argument("--external-id", metavar="TEXT", help="the external id (default: access.toml's)")


def refuse_native_options(args: argparse.Namespace, grant: "Grant") -> None:
    """Raise UserError if one of the options is there, which a grant without borrowers doesn't have."""
    for name in _OPTIONS:
        if getattr(args, name) is not None and name != "source_profile":
            raise UserError(
                f"--{name.replace('_', '-')} is for grants with borrowers, and {grant.id!r} has none; leave it out"
            )


def source_option(args: argparse.Namespace) -> str | None:
    """Return --source-profile or --profile; raises UserError if they differ."""
    if args.source_profile and args.profile and args.source_profile != args.profile:
        raise UserError("--source-profile and --profile are two profiles; pass one of them")
    source: str | None = args.source_profile or args.profile
    return source


def is_native(args: argparse.Namespace, config: "Config") -> tuple[bool, str]:
    """Return whether the profile can be native, and the sentence that says so, or why not."""
    token = args.web_identity_token_file is not None
    if args.local and not token and source_option(args) is None:
        return False, (
            "the profile runs temp-access, which has the borrower's key for the local AWS; with --source-profile or "
            "--web-identity-token-file it needs no program of ours"
        )
    if args.credential_process:
        return False, "the profile runs temp-access, as --credential-process says"
    narrowed = args.access is not None or args.within is not None
    if obstacle := native_obstacle(config, narrowed=narrowed, with_token=token):
        return False, f"the profile runs temp-access: {obstacle}"
    return True, (
        "the AWS CLI and the SDKs understand this profile, and no program of temp-access runs for it (for the SDK for "
        "C++, as in pyarrow, pass --credential-process)"
    )


def native_profile(
    args: argparse.Namespace,
    config: "Config",
    grant: "Grant",
    profiles: Mapping[str, Any],
    managed: list[str],
    name: str,
) -> tuple[dict[str, str], list[str]]:
    """Return the settings of the native profile `name` for the grant, and notes.

    `managed` are the profiles that temp-access manages. Raises UserError and BorrowError.
    """
    role_arn, source = _role_and_source(args, config, grant, profiles, managed, name)
    settings, note = native_settings(
        config,
        grant,
        role_arn,
        source,
        duration=args.duration,
        mfa_serial=args.mfa_serial,
        external_id=args.external_id,
    )
    region = args.region or config.environment.region or profiles.get(source.name or "", {}).get("region")
    if region and not args.local:
        settings["region"] = region
    notes = [note] if note else []
    if source.token_file:
        notes += [
            f"{variable} is set and takes precedence over the profile; unset it to use the profile"
            for variable in _TOKEN_VARIABLES
            if variable in os.environ
        ]
    if not region and not args.local:
        notes.append("the profile has no Region, which some tools need; pass --region")
    if args.min_ttl is not None:
        notes.append("--min-ttl has no effect: each SDK decides when it borrows again")
    return settings, notes


def source_profile(
    args: argparse.Namespace, profiles: Mapping[str, Any], managed: list[str], name: str, who: str
) -> str:
    """Return the source profile of the profile `name`; raises UserError if it can't be one.

    `who` is whose it should be.
    """
    inherited = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    # A profile that temp-access manages can't be the source.
    source = source_option(args) or (inherited if inherited not in (name, *managed) else None) or "default"
    require_source_profile(profiles, source, name, managed, who)
    return source


def _role_and_source(
    args: argparse.Namespace,
    config: "Config",
    grant: "Grant",
    profiles: Mapping[str, Any],
    managed: list[str],
    name: str,
) -> tuple[str, ProfileSource]:
    token: Path | None = args.web_identity_token_file
    if token and source_option(args):
        raise UserError("--web-identity-token-file and --source-profile are two identities; pass one of them")
    candidates = choose_borrower(grant, args.borrower, with_token=token is not None)
    if token:
        role_arn = args.role_arn or _arn(config, grant, _known_account(args, config), _partition(args, config))
        principal = principal_of(candidates[0]) if len(candidates) == 1 else candidates[0].name
        return role_arn, ProfileSource(candidates[0], principal, token_file=os.path.abspath(token))
    source = source_profile(args, profiles, managed, name, _whose(candidates))
    temporary = is_temporary(profiles, source)
    account = _known_account(args, config)
    if len(candidates) == 1 and (account or args.role_arn):
        role_arn = args.role_arn or _arn(config, grant, account, _partition(args, config))
        borrower = candidates[0]
        return role_arn, ProfileSource(borrower, principal_of(borrower), source, is_temporary=temporary)
    if args.local:
        # The profile's own endpoint isn't the local AWS's.
        if not common_external_id(candidates):
            raise UserError("the borrowers have different external ids; pass --borrower")
        role_arn = args.role_arn or _arn(config, grant, account, _partition(args, config))
        return role_arn, ProfileSource(candidates[0], source, source, is_temporary=temporary)
    return _asked(args, config, grant, candidates, source, temporary)


def _asked(
    args: argparse.Namespace,
    config: "Config",
    grant: "Grant",
    candidates: "list[Borrower]",
    source: str,
    temporary: bool,
) -> tuple[str, ProfileSource]:
    """Return role and source after asking STS who the source profile is."""
    from temp_access.aws.errors import BorrowError
    from temp_access.aws.identity import load_identity
    from temp_access.borrow.borrowers import borrower_of, describe_borrowers
    from temp_access.borrow.role_discovery import role_account
    from temp_access.iam.arn import Arn

    try:
        caller = load_identity(source, args.region or config.environment.region).arn
    except BorrowError as error:
        raise UserError(
            f"whose profile {source!r} is can't be found out ({error.cause}); pass --borrower, and --account or --env",
            exit_code=error.exit_code,
        ) from error
    parsed = Arn.parse(caller)
    account = role_account(config, args.account) or (Arn.parse(args.role_arn).account if args.role_arn else None)
    if account is None and any(each.account == parsed.account for each in candidates):
        raise UserError(
            f"the role is in another account than the profile {source!r} ({parsed.account}); pass the role's with "
            "--account, or --env"
        )
    account = account or parsed.account
    borrower = borrower_of(grant, caller, account)
    if borrower is None or borrower not in candidates:
        raise UserError(
            f"the profile {source!r} is {caller}, no borrower of {grant.id!r}; pass the profile of one with "
            f"--source-profile: {describe_borrowers(grant)}"
        )
    role_arn = args.role_arn or _arn(config, grant, account, parsed.partition)
    return role_arn, ProfileSource(borrower, parsed.name, source, is_temporary=temporary)


def _arn(config: "Config", grant: "Grant", account: str | None, partition: str) -> str:
    from temp_access.iam.arn import iam_arn
    from temp_access.policies.role_names import grant_role_resource

    if account is None:
        raise UserError(
            "the account of the role isn't known, and a token doesn't tell it; pass --account, or set `account` in "
            "[environments.<name>] and pass --env"
        )
    return iam_arn(partition, account, grant_role_resource(config.role, grant.id))


def _known_account(args: argparse.Namespace, config: "Config") -> str | None:
    from temp_access.borrow.role_discovery import role_account

    account = role_account(config, args.account)
    if account is None and args.local:
        from temp_access.local_aws.state_dir import ACCOUNT_ID

        return ACCOUNT_ID
    return account


def _partition(args: argparse.Namespace, config: "Config") -> str:
    from temp_access.aws.identity import region_from_environment
    from temp_access.deployment.target import partition_of

    return partition_of(args.region or config.environment.region or region_from_environment() or "")


def _whose(candidates: "list[Borrower]") -> str:
    return candidates[0].text if len(candidates) == 1 else "a borrower"
