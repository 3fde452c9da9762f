"""Temporary, folder-scoped AWS credentials from one reviewed file; see `session` and `credentials`."""

# The same as typing.TYPE_CHECKING, without importing typing: `import temp_access` stays cheap.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from temp_access.api import credentials as credentials
    from temp_access.api import session as session
    from temp_access.aws.assume_role import Credentials as Credentials
    from temp_access.aws.errors import AccessTooWide as AccessTooWide
    from temp_access.aws.errors import AuditFailed as AuditFailed
    from temp_access.aws.errors import BorrowError as BorrowError
    from temp_access.aws.errors import DurationTooLong as DurationTooLong
    from temp_access.aws.errors import DurationTooShort as DurationTooShort
    from temp_access.aws.errors import GrantNotFound as GrantNotFound
    from temp_access.aws.errors import MfaNeeded as MfaNeeded
    from temp_access.aws.errors import MfaRefused as MfaRefused
    from temp_access.aws.errors import NoCredentials as NoCredentials
    from temp_access.aws.errors import NotDeployed as NotDeployed
    from temp_access.aws.errors import NotTrusted as NotTrusted
    from temp_access.aws.errors import PolicyTooLarge as PolicyTooLarge
    from temp_access.aws.errors import StsRefused as StsRefused
    from temp_access.aws.errors import StsUnavailable as StsUnavailable
    from temp_access.aws.errors import TokenRefused as TokenRefused
    from temp_access.errors import ConfigError as ConfigError
    from temp_access.errors import TempAccessError as TempAccessError


_MODULES = {
    "session": "api",
    "credentials": "api",
    "TempAccessError": "errors",
    "ConfigError": "errors",
    "Credentials": "aws.assume_role",
    "AccessTooWide": "aws.errors",
    "AuditFailed": "aws.errors",
    "BorrowError": "aws.errors",
    "DurationTooLong": "aws.errors",
    "DurationTooShort": "aws.errors",
    "GrantNotFound": "aws.errors",
    "MfaNeeded": "aws.errors",
    "MfaRefused": "aws.errors",
    "NoCredentials": "aws.errors",
    "NotDeployed": "aws.errors",
    "NotTrusted": "aws.errors",
    "PolicyTooLarge": "aws.errors",
    "StsRefused": "aws.errors",
    "StsUnavailable": "aws.errors",
    "TokenRefused": "aws.errors",
}


def __getattr__(name: str) -> object:
    """Import an exported name when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module 'temp_access' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"temp_access.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """Return the exported names and the module's own."""
    return sorted({*globals(), *_MODULES})
