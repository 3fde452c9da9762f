"""What a written profile says: the command that borrows, and where its tools call."""

import argparse
import os
import shlex
import sys
from pathlib import Path

from temp_access.profiles.text import managed


def settings_of(args: argparse.Namespace, text: str, name: str, region: str | None) -> dict[str, str]:
    """Return the settings of the profile `name`; `text` is the file that it comes into, `region` access.toml's.

    Raises UserError where the base profile isn't there or leads back.
    """
    from temp_access.profiles.base import read_profiles, require_base

    inherited = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    # One that leads back to what is written here is no base.
    base = args.profile or (inherited if inherited not in (name, *managed(text)) else None) or "default"
    profiles, found = read_profiles(args.region or region, base)
    require_base(profiles, base, name, managed(text))
    given = {"--profile": base, "--region": args.region}
    return {"credential_process": _command(args, given), **({"region": found} if found else {})}


def local_settings(args: argparse.Namespace) -> dict[str, str]:
    """Return the settings for the local AWS: its address and certificate as well."""
    from local_aws.control import environment
    from local_aws.layout import DEFAULT_STATE

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
