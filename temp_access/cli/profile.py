"""`temp-access profile`: write a profile to ~/.aws/config that borrows by itself, or remove it."""

import argparse
import os
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from temp_access.borrow.aws_profiles import (
    change_text,
    config_file,
    credentials_file,
    profile_lines,
    read_profiles,
    read_text,
    require_source_profile,
    with_profile,
    without_profile,
)
from temp_access.borrow.profile_blocks import has_mark, managed_profiles, profile_names
from temp_access.cli.borrow_options import (
    add_grant_options,
    add_identity_options,
    add_session_options,
    print_note,
)
from temp_access.cli.options import confirm, load_config
from temp_access.errors import UserError

EXAMPLES = """\
examples (after `make demo`):
  temp-access profile bob --local --yes
  aws sts get-caller-identity --profile bob
  temp-access profile bob --remove --yes
in an account:
  temp-access profile bob --profile temp-user --name team-bob

The profile is written to ~/.aws/config (or AWS_CONFIG_FILE) between two comment lines, after it is shown. Its
credential_process runs temp-access, so every SDK borrows and refreshes by itself.

exit code: 0 success, 2 bad input, or the file can't be written"""
# A name that every tool accepts without quotes.
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_grant_options(parser)
    parser.add_argument("--name", help="the profile's name (default: the id)")
    add_session_options(parser)
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
    narrow(find_grant(config, args.id), args.access)
    settings = (
        _local_settings(args)
        if args.local
        else _settings(args, profiles, managed_profiles(content), name, config.environment.region)
    )
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


def _settings(
    args: argparse.Namespace,
    profiles: Mapping[str, Mapping[str, Any]],
    managed: list[str],
    name: str,
    region: str | None,
) -> dict[str, str]:
    """Return the settings of the profile `name`: `managed` are those that temp-access manages, `region` access.toml's.

    Raises UserError if the source profile doesn't exist or refers back to this one.
    """
    inherited = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    # A profile that temp-access manages can't be the source.
    source = args.profile or (inherited if inherited not in (name, *managed) else None) or "default"
    require_source_profile(profiles, source, name, managed)
    region = args.region or region or profiles.get(source, {}).get("region")
    command = _command(args, {"--profile": source, "--region": args.region})
    return {"credential_process": command, **({"region": region} if region else {})}


def _local_settings(args: argparse.Namespace) -> dict[str, str]:
    """Return the settings for the local AWS, with its endpoint and certificate."""
    from temp_access.local_aws.control import environment
    from temp_access.local_aws.state_dir import DEFAULT_STATE

    state = Path(os.path.abspath(args.state or DEFAULT_STATE))
    variables = environment(state)
    return {
        "credential_process": _command(args, {"--state": str(state)}, "--local"),
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
        "--min-ttl": args.min_ttl and f"{args.min_ttl}s",
        "--role-arn": args.role_arn,
        "--bucket": args.bucket,
        **identity_options,
    }
    for option, value in options.items():
        if value is not None:
            arguments += [option, str(value)]
    return shlex.join([*arguments, *id_])
