"""Profile."""

import argparse
import os
import re
import shlex
import sys
from pathlib import Path

from temp_access.borrow.aws_profiles import (
    config_file,
    credentials_file,
    managed_profiles,
    profile_lines,
    profile_names,
    put_block,
    read_text,
    remove_block,
    replace_text,
)
from temp_access.cli.borrow_options import add_identity_options, print_note
from temp_access.cli.options import confirm, duration_argument, load_config
from temp_access.errors import UserError


def profile_settings(args: argparse.Namespace, text: str, name: str, region: str | None) -> dict[str, str]:
    """Return the settings of the profile `name`; `text` is the file that it comes into, `region` access.toml's.

    Raises UserError where the base profile isn't there or leads back.
    """
    from temp_access.borrow.aws_profiles import read_profiles, require_source_profile

    inherited = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    # One that leads back to what is written here is no base.
    base = args.profile or (inherited if inherited not in (name, *managed_profiles(text)) else None) or "default"
    profiles, found = read_profiles(args.region or region, base)
    require_source_profile(profiles, base, name, managed_profiles(text))
    given = {"--profile": base, "--region": args.region}
    return {"credential_process": _command(args, given), **({"region": found} if found else {})}


def local_settings(args: argparse.Namespace) -> dict[str, str]:
    """Return the settings for the local AWS: its address and certificate as well."""
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


def _command(args: argparse.Namespace, given: dict[str, str | None], *switches: str) -> str:
    # An id that begins with a dash would be taken for an option.
    id_ = ["--", args.id] if args.id.startswith("-") else [args.id]
    words = [*_program(), "credentials", "--format", "process", *switches]
    options = {
        "--config": os.path.abspath(args.config),
        "--env": args.env,
        "--duration": args.duration and f"{args.duration}s",
        "--access": args.access,
        "--min-ttl": args.min_ttl and f"{args.min_ttl}s",
        "--role-arn": args.role_arn,
        "--bucket": args.bucket,
        **given,
    }
    for option, value in options.items():
        if value is not None:
            words += [option, str(value)]
    return shlex.join([*words, *id_])


def _program() -> list[str]:
    script = Path(sys.executable).parent / "temp-access"
    return [str(script)] if script.exists() else [sys.executable, "-m", "temp_access"]


EXAMPLES = """\
examples (after `make demo`):
  temp-access profile bob --local --yes
  aws sts get-caller-identity --profile bob
  temp-access profile bob --remove --yes
in an account:
  temp-access profile bob --profile temp-user --name team-bob

It is written into ~/.aws/config (or AWS_CONFIG_FILE) between two marks, after showing it. It has the command
that borrows, by credential_process, so that every SDK refreshes by itself.

exit code: 0 done, 2 bad input, or the file can't be written"""
# What every tool takes as a profile's name without quotes.
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("id", metavar="ID", help="a grant's id, or one that [any_id] admits")
    parser.add_argument("--name", help="the profile's name (default: the id)")
    parser.add_argument(
        "--duration", type=duration_argument, metavar="TIME", help="of each session (default: the longest)"
    )
    parser.add_argument("--access", metavar="MODE", help="less than the grant's: list, read, write, read-write")
    parser.add_argument("--min-ttl", type=duration_argument, metavar="TIME", help="what a kept session must have left")
    parser.add_argument("--remove", action="store_true", help="take it out again")
    parser.add_argument("--yes", action="store_true", help="don't ask")
    add_identity_options(parser)


def run(args: argparse.Namespace) -> int:
    """Show the profile and write it, or take it out."""
    # Before --local changes them: it is the person's own file that is written.
    file, secrets = config_file(os.environ), credentials_file(os.environ)
    name = args.name or args.id
    if not _NAME.fullmatch(name):
        raise UserError(f"{name!r} can't name a profile for every tool; choose letters and digits with --name")
    return _remove(args, file, name) if args.remove else _write(args, file, secrets, name)


def _write(args: argparse.Namespace, file: Path, secrets: Path, name: str) -> int:
    from temp_access.borrow.grants import find_grant, narrow

    text = read_text(file)
    _require_free(name, file, text or "", read_text(secrets) or "", secrets)
    config = load_config(args)
    narrow(find_grant(config, args.id), args.access)
    region = config.environment.region
    settings = local_settings(args) if args.local else profile_settings(args, text or "", name, region)
    lines = profile_lines(name, settings)
    sys.stderr.write(f"into {file}:\n\n{lines}\n")
    if not (args.yes or confirm("write it?")):
        return 2
    replace_text(file, put_block(read_text(file), name, lines))
    for variable, setting in (("AWS_CA_BUNDLE", "ca_bundle"), ("AWS_ENDPOINT_URL", "endpoint_url")):
        if setting in settings and os.environ.get(variable, settings[setting]) != settings[setting]:
            print_note(
                f"{variable} is set here and wins over the profile's {setting}; unset {variable} where you use it"
            )
    print_note(f"try it with: aws sts get-caller-identity --profile {name}")
    return 0


def _remove(args: argparse.Namespace, file: Path, name: str) -> int:
    text = read_text(file) or ""
    if name not in managed_profiles(text):
        known = ", ".join(managed_profiles(text)) or "none"
        raise UserError(f"{file} has no profile {name!r} of temp-access (there is: {known}); nothing was changed")
    if not (args.yes or confirm(f"take the profile {name} out of {file}?")):
        return 2
    try:
        replace_text(file, remove_block(read_text(file) or "", name))
    except KeyError:
        raise UserError(f"the marks around {name!r} in {file} were changed; take the lines out by hand") from None
    return 0


def _require_free(name: str, file: Path, text: str, secrets_text: str, secrets: Path) -> None:
    ours = name in managed_profiles(text)
    if profile_names(text).count(name) > ours:
        raise UserError(f"{file} has a profile {name!r} that isn't from here; choose another name with --name")
    if name in profile_names(secrets_text):
        raise UserError(f"{secrets} has keys of {name!r}, which would win; choose another name with --name")
