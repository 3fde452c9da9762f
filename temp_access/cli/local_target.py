"""Who lends, from a command's arguments: the base credentials, and the vendor that uses them."""

import argparse
import os
from typing import TYPE_CHECKING

from temp_access.borrow.cached_session import file_digests, server_file

if TYPE_CHECKING:
    from temp_access.aws.identity import CallerIdentity
    from temp_access.borrow.broker import CredentialBroker
    from temp_access.borrow.session_store import SessionStore
    from temp_access.config.model import Config


_LOCAL = (
    "AWS_ENDPOINT_URL",
    "AWS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "AWS_EC2_METADATA_DISABLED",
    "NO_PROXY",
    "no_proxy",
)


def open_broker(args: argparse.Namespace, store: "SessionStore", config: "Config") -> "CredentialBroker":
    """Return who vends: the grants of `config`, to the caller that `args` name."""
    from temp_access.borrow.broker import CredentialBroker

    base = caller_identity(args, config)
    server = server_file(os.environ)
    return CredentialBroker(config, base, store, local_run=file_digests([server]) if server else None)


def caller_identity(args: argparse.Namespace, config: "Config") -> "CallerIdentity":
    """Return the base credentials that `args` name; of the local AWS, temp-user's key that is kept beside it."""
    from temp_access.aws.identity import load_identity

    if args.local:
        from temp_access.local_aws.client import CONFLICTING_VARIABLES
        from temp_access.local_aws.state_dir import DEFAULT_STATE
        from temp_access.local_aws.user_key import user_environment

        for name in CONFLICTING_VARIABLES:
            os.environ.pop(name, None)
        os.environ.update(user_environment(args.state or DEFAULT_STATE, config.user.name))
    return load_identity(args.profile, args.region or config.environment.region)


def client_environment(args: argparse.Namespace) -> dict[str, str]:
    """Return what a client needs to speak to the local AWS besides keys; nothing without --local.

    Where other variables would win over them, this process forgets those.
    """
    if not args.local:
        return {}
    from temp_access.local_aws.client import CONFLICTING_VARIABLES
    from temp_access.local_aws.control import environment
    from temp_access.local_aws.state_dir import DEFAULT_STATE

    for name in CONFLICTING_VARIABLES:
        os.environ.pop(name, None)
    variables = environment(args.state or DEFAULT_STATE)
    return {name: variables[name] for name in _LOCAL}
