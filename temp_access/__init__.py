"""Temporary, folder-scoped AWS credentials from one reviewed file; see `session` and `credentials`."""

# As typing's, which would have to be imported: `import temp_access` stays cheap.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from temp_access.api import credentials as credentials
    from temp_access.api import session as session
    from temp_access.errors import ConfigError as ConfigError
    from temp_access.errors import TempAccessError as TempAccessError
    from temp_access.sts.credentials import Credentials as Credentials
    from temp_access.sts.errors import AccessTooWide as AccessTooWide
    from temp_access.sts.errors import AuditFailed as AuditFailed
    from temp_access.sts.errors import BorrowError as BorrowError
    from temp_access.sts.errors import DurationTooLong as DurationTooLong
    from temp_access.sts.errors import DurationTooShort as DurationTooShort
    from temp_access.sts.errors import GrantNotFound as GrantNotFound
    from temp_access.sts.errors import MfaNeeded as MfaNeeded
    from temp_access.sts.errors import NoCredentials as NoCredentials
    from temp_access.sts.errors import NotDeployed as NotDeployed
    from temp_access.sts.errors import NotTrusted as NotTrusted
    from temp_access.sts.errors import PolicyTooLarge as PolicyTooLarge
    from temp_access.sts.errors import StsRefused as StsRefused
    from temp_access.sts.errors import StsUnavailable as StsUnavailable

_HOMES = {
    "session": "api",
    "credentials": "api",
    "TempAccessError": "errors",
    "ConfigError": "errors",
    "Credentials": "sts.credentials",
    "AccessTooWide": "sts.errors",
    "AuditFailed": "sts.errors",
    "BorrowError": "sts.errors",
    "DurationTooLong": "sts.errors",
    "DurationTooShort": "sts.errors",
    "GrantNotFound": "sts.errors",
    "MfaNeeded": "sts.errors",
    "NoCredentials": "sts.errors",
    "NotDeployed": "sts.errors",
    "NotTrusted": "sts.errors",
    "PolicyTooLarge": "sts.errors",
    "StsRefused": "sts.errors",
    "StsUnavailable": "sts.errors",
}


def __getattr__(name: str) -> object:
    """Import what is exported when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'temp_access' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"temp_access.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return the exported names besides the module's own."""
    return sorted({*globals(), *_HOMES})
