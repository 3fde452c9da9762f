"""Who lends, from a command's arguments: the base credentials, and the vendor that uses them."""

import argparse
import os
from typing import TYPE_CHECKING

from temp_access.sts.request import fingerprints, server_file

if TYPE_CHECKING:
    from temp_access.config.model import Config
    from temp_access.sts.base import Base
    from temp_access.sts.store import Store
    from temp_access.sts.vend import Vendor

_LOCAL = (
    "AWS_ENDPOINT_URL",
    "AWS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "AWS_EC2_METADATA_DISABLED",
    "NO_PROXY",
    "no_proxy",
)


def open_vendor(args: argparse.Namespace, store: "Store", config: "Config") -> "Vendor":
    """Return who vends: the grants of `config`, to the caller that `args` name."""
    from temp_access.sts.vend import Vendor

    base = open_base_of(args, config)
    server = server_file(os.environ)
    return Vendor(config, base, store, place=fingerprints([server]) if server else None)


def open_base_of(args: argparse.Namespace, config: "Config") -> "Base":
    """Return the base credentials that `args` name; of the local AWS, temp-user's key that is kept beside it."""
    from temp_access.sts.base import open_base

    if args.local:
        from local_aws.control import UNSET
        from local_aws.layout import DEFAULT_STATE
        from local_aws.user_key import user_environment

        for name in UNSET:
            os.environ.pop(name, None)
        os.environ.update(user_environment(args.state or DEFAULT_STATE, config.user.name))
    return open_base(args.profile, args.region or config.environment.region)


def local_variables(args: argparse.Namespace) -> dict[str, str]:
    """Return what a client needs to speak to the local AWS besides keys; nothing without --local.

    Where other variables would win over them, this process forgets those.
    """
    if not args.local:
        return {}
    from local_aws.control import UNSET, environment
    from local_aws.layout import DEFAULT_STATE

    for name in UNSET:
        os.environ.pop(name, None)
    variables = environment(args.state or DEFAULT_STATE)
    return {name: variables[name] for name in _LOCAL}
