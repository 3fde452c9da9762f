"""`temp-access profile`: write a profile to ~/.aws/config that borrows by itself, or remove it."""

import argparse
import os
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temp_access.borrow.aws_profiles import (
    change_text,
    config_file,
    credentials_file,
    profile_lines,
    read_profiles,
    read_text,
    with_profile,
    without_profile,
)
from temp_access.borrow.profile_blocks import has_mark, managed_profiles, profile_names
from temp_access.cli.borrow_options import (
    add_grant_options,
    add_identity_options,
    add_session_options,
    add_token_option,
    print_note,
)
from temp_access.cli.native_profile import (
    add_native_options,
    is_native,
    native_profile,
    refuse_native_options,
    source_profile,
)
from temp_access.cli.options import confirm, load_config
from temp_access.errors import UserError

if TYPE_CHECKING:
    from temp_access.config.model import Config, Grant

EXAMPLES = """\
examples (after `make demo`):
  temp-access profile bob --local --yes
  aws sts get-caller-identity --profile bob
  temp-access profile bob --remove --yes
in an account:
  temp-access profile bob --profile temp-user --name team-bob
for a grant with borrowers:
  temp-access profile reports --source-profile ann --account 111122223333
  temp-access profile build --web-identity-token-file /run/token --env prod

The profile is written to ~/.aws/config (or AWS_CONFIG_FILE) between two comment lines, after it is shown. Its
credential_process runs temp-access, so every SDK borrows and refreshes by itself. For a grant with borrowers it is a
native profile with role_arn, which needs no temp-access; --access, --within and a required source identity need it.

exit code: 0 success, 2 bad input, or the file can't be written"""
# A name that every tool accepts without quotes.
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_grant_options(parser)
    parser.add_argument("--name", help="the profile's name (default: the id)")
    add_session_options(parser)
    add_token_option(parser)
    add_native_options(parser)
    parser.add_argument("--remove", action="store_true", help="remove the profile")
    parser.add_argument("--yes", action="store_true", help="don't ask for confirmation")
    add_identity_options(parser)


def run(args: argparse.Namespace) -> int:
    """Show the profile and write it, or remove it."""
    # Determined before --local changes the environment: the user's own file is written.
    config_path, credentials_path = config_file(os.environ), credentials_file(os.environ)
    name = args.name or args.id
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{name!r} isn't a profile name that every tool accepts; pass one of letters and digits with --name"
        )
    return _remove(args, config_path, name) if args.remove else _write(args, config_path, credentials_path, name)


def _write(args: argparse.Namespace, config_path: Path, credentials_path: Path, name: str) -> int:
    from temp_access.borrow.grants import find_grant, narrow

    content = read_text(config_path) or ""
    is_managed = name in managed_profiles(content)
    if has_mark(content, name) and not is_managed:
        raise UserError(
            f"the comment lines around {name!r} in {config_path} were changed; remove the profile by hand, or choose "
            "another name with --name"
        )
    if profile_names(content).count(name) > is_managed:
        raise UserError(
            f"{config_path} has a profile {name!r} that temp-access doesn't manage; choose another name with --name"
        )
    keys = read_text(credentials_path)
    profiles = read_profiles((config_path, content), (credentials_path, keys), name)
    if name in profile_names(keys or ""):
        raise UserError(
            f"{credentials_path} has keys of {name!r}, which take precedence; choose another name with --name"
        )
    config = load_config(args)
    grant = find_grant(config, args.id)
    narrow(grant, args.access, args.within)
    settings, notes = _settings_for(args, config, grant, profiles, managed_profiles(content), name)
    with_profile(config_path, read_text(config_path), name, settings)
    sys.stderr.write(f"to {config_path}:\n\n{profile_lines(name, settings)}\n")
    if not (args.yes or confirm("write this profile?")):
        return 2
    # Read again there: the file may have changed while the question was open.
    change_text(config_path, lambda current: with_profile(config_path, current, name, settings))
    for variable, setting in (("AWS_CA_BUNDLE", "ca_bundle"), ("AWS_ENDPOINT_URL", "endpoint_url")):
        if setting in settings and os.environ.get(variable, settings[setting]) != settings[setting]:
            print_note(
                f"{variable} is set and takes precedence over the profile's {setting}; unset {variable} to use the "
                "profile"
            )
    for note in notes:
        print_note(note)
    print_note(f"try it with: aws sts get-caller-identity --profile {name}")
    return 0


def _remove(args: argparse.Namespace, config_path: Path, name: str) -> int:
    content = read_text(config_path) or ""
    managed = managed_profiles(content)
    if name not in managed and not has_mark(content, name):
        known = ", ".join(managed) or "none"
        raise UserError(f"{config_path} has no profile {name!r} of temp-access (known: {known}); pass one of those")
    without_profile(config_path, content, name)
    if not (args.yes or confirm(f"remove the profile {name} from {config_path}?")):
        return 2
    change_text(config_path, lambda current: without_profile(config_path, current or "", name))
    return 0


def _settings_for(
    args: argparse.Namespace,
    config: "Config",
    grant: "Grant",
    profiles: Mapping[str, Mapping[str, Any]],
    managed: list[str],
    name: str,
) -> tuple[dict[str, str], list[str]]:
    """Return the settings of the profile `name`, and notes: `managed` are the profiles that temp-access manages."""
    notes: list[str] = []
    if grant.borrowers:
        native, sentence = is_native(args, config)
        notes.append(sentence)
        if native:
            settings, more = native_profile(args, config, grant, profiles, managed, name)
            return {**settings, **(_local_settings(args) if args.local else {})}, [*more, *notes]
    else:
        refuse_native_options(args, grant)
    if args.local:
        state = str(_state(args))
        token = _token_option(args)
        return {
            "credential_process": _command(args, {"--state": state, **token}, "--local"),
            **_local_settings(args),
        }, notes
    return _settings(args, profiles, managed, name, config.environment.region, grant), notes


def _settings(
    args: argparse.Namespace,
    profiles: Mapping[str, Mapping[str, Any]],
    managed: list[str],
    name: str,
    region: str | None,
    grant: "Grant",
) -> dict[str, str]:
    """Return the settings of a profile `name` that runs temp-access; `region` is access.toml's.

    Raises UserError if the source profile doesn't exist or refers back to this one.
    """
    identity: dict[str, str | None] = _token_option(args)
    source = ""
    if not identity:
        source = source_profile(args, profiles, managed, name, "a borrower" if grant.borrowers else "temp-user")
        identity = {"--profile": source}
    region = args.region or region or profiles.get(source, {}).get("region")
    command = _command(args, {**identity, "--region": args.region})
    return {"credential_process": command, **({"region": region} if region else {})}


def _token_option(args: argparse.Namespace) -> dict[str, str | None]:
    file = args.web_identity_token_file
    return {"--web-identity-token-file": os.path.abspath(file)} if file else {}


def _state(args: argparse.Namespace) -> Path:
    from temp_access.local_aws.state_dir import DEFAULT_STATE

    return Path(os.path.abspath(args.state or DEFAULT_STATE))


def _local_settings(args: argparse.Namespace) -> dict[str, str]:
    """Return the endpoint, the certificate and the Region of the local AWS."""
    from temp_access.local_aws.control import environment

    variables = environment(_state(args))
    return {
        "endpoint_url": variables["AWS_ENDPOINT_URL"],
        "ca_bundle": variables["AWS_CA_BUNDLE"],
        "region": variables["AWS_REGION"],
    }


def _command(args: argparse.Namespace, identity_options: dict[str, str | None], *flags: str) -> str:
    # An id that begins with a dash looks like an option.
    id_ = ["--", args.id] if args.id.startswith("-") else [args.id]
    script = Path(sys.executable).parent / "temp-access"
    program = [str(script)] if script.exists() else [sys.executable, "-m", "temp_access"]
    arguments = [*program, "credentials", "--format", "process", *flags]
    options = {
        "--config": os.path.abspath(args.config),
        "--env": args.env,
        "--duration": args.duration and f"{args.duration}s",
        "--access": args.access,
        "--within": args.within,
        "--account": args.account,
        "--min-ttl": args.min_ttl and f"{args.min_ttl}s",
        "--role-arn": args.role_arn,
        "--bucket": args.bucket,
        **identity_options,
    }
    for option, value in options.items():
        if value is not None:
            arguments += [option, str(value)]
    return shlex.join([*arguments, *id_])
