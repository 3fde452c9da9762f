"""Loading access.toml: one validated Config, or all findings at once."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from temp_access.config.borrowers import BorrowerReader, borrower_warnings
from temp_access.config.digests import borrowers_digest, grant_digests, shared_digest
from temp_access.config.grants import read_any_id, read_grants
from temp_access.config.identity_providers import read_identity_providers, read_tags
from temp_access.config.model import Config
from temp_access.config.role import read_role
from temp_access.config.sections import choose_environment, read_audit, read_bucket, read_environments
from temp_access.config.table import TableReader, key_path
from temp_access.config.user import read_user, read_users
from temp_access.errors import ConfigError
from temp_access.files import read_bounded_text
from temp_access.policies.access_modes import ACCESS_MODES, EXTRAS, modes_with
from temp_access.policies.checks import document_findings, quota_findings

# Python prints no integer of more than 4,300 decimal digits, about 14,000 bits.
_MAX_BITS = 10_000


def load(path: Path, environment: str | None = None) -> Config:
    """Return the access.toml at `path` for an environment (None: the account and Region of the caller's credentials).

    Raises ConfigError with all findings, each as `access.toml: table.key: what is wrong; what to do`.
    """
    try:
        config, findings = read(path, _parse(path), environment)
    except RecursionError:
        raise ConfigError((f"{path.name}: is nested too deeply; no key needs more than a few levels",)) from None
    if findings:
        raise ConfigError(tuple(f"{path.name}: {finding}" for finding in findings))
    return config


def _parse(path: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(read_bounded_text(path))
    except FileNotFoundError:
        raise ConfigError(
            (f"{path}: there is no such file; write one (the project's own access.toml is an example)",)
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError((f"{path}: isn't UTF-8 (at byte {error.start + 1}); save it as UTF-8",)) from None
    except OSError as error:
        raise ConfigError((f"{path}: can't be read: {error.strerror}",)) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError((f"{path.name}: isn't TOML: {str(error)[:1].lower()}{str(error)[1:]}",)) from None
    except ValueError:
        # Python limits the digits of an integer.
        raise _too_many_digits(path) from None
    # It doesn't limit those of other bases, and can't print such an integer.
    if any(isinstance(value, int) and value.bit_length() > _MAX_BITS for value in _values(data)):
        raise _too_many_digits(path)
    return data


def _too_many_digits(path: Path) -> ConfigError:
    return ConfigError((f"{path.name}: has a number with thousands of digits; no key needs one",))


def _values(value: object) -> Iterator[object]:
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _values(each)


def read(path: Path, data: dict[str, Any], environment: str | None) -> tuple[Config, list[str]]:
    """Return the configuration in `data`, as far as it can be read, and the findings in the order of the file."""
    findings: list[str] = []
    warnings: list[str] = []
    modes, extras = tuple(ACCESS_MODES), {name: modes_with(name) for name in EXTRAS}
    top = TableReader(data, "", findings)
    top.allow_only(
        "user", "users", "role", "identity_providers", "bucket", "grants", "any_id", "environments", "audit", "tags"
    )
    environments = read_environments(top.table("environments"))
    chosen = choose_environment(environments, environment, findings)
    user = read_user(top.table("user"), path.parent, warnings)
    users = read_users(top.table("users"), user, path.parent, warnings)
    role = read_role(top.table("role"), chosen.account)
    providers = read_identity_providers(top.table("identity_providers"))
    borrowers = BorrowerReader(
        user=user,
        users=users,
        providers=providers,
        unreadable=tuple(top.table("identity_providers")),
        account=chosen.account,
    )
    grants = read_grants(top.table("grants"), modes, extras, role.max_session_duration, borrowers)
    any_id = None
    if "any_id" in top:
        any_id = read_any_id(top.table("any_id"), modes, extras, role.max_session_duration, grants)
    if not findings and not grants and not any_id:
        findings.append("grants: there are none, so nobody can borrow credentials; add a [grants.<id>]")
    config = Config(
        path=path,
        user=user,
        role=role,
        bucket=read_bucket(top.table("bucket")),
        grants=grants,
        any_id=any_id,
        environments=environments,
        environment=chosen,
        digest=shared_digest(data, grants, user),
        warnings=tuple(
            f"{path.name}: {warning}" for warning in (*warnings, *borrower_warnings(grants, users, providers))
        ),
        audit_file=read_audit(top.table("audit"), path.parent),
        files=(path, *_policy_files(data, path.parent)),
        users=users,
        identity_providers=providers,
        tags=read_tags(top.table("tags")) if "tags" in top else {},
        grant_digests=grant_digests(data, grants, providers),
        borrowers_digest=borrowers_digest(data, users),
    )
    for holder, at in ((user, "user"), *((each, key_path("users", name)) for name, each in users.items())):
        if holder.customer_managed or holder.inline:
            findings.extend(document_findings(holder, at))
    findings.extend(quota_findings(config))
    if users or config.own_role_grants:
        # Imported here, because a file without borrowers doesn't need it.
        from temp_access.policies.borrower_checks import borrower_findings

        findings.extend(borrower_findings(config))
    return config, _in_file_order(findings, data)


def _in_file_order(findings: list[str], data: dict[str, Any]) -> list[str]:
    positions = {path: index for index, path in enumerate(_paths(data, ""))}

    def position(finding: str) -> int:
        path = finding.partition(": ")[0]
        # A missing key has the position of its table.
        while path and path not in positions:
            path = path.rpartition(".")[0]
        return positions.get(path, -1)

    return sorted(findings, key=position)


def _paths(value: object, path: str, depth: int = 4) -> Iterator[str]:
    if path:
        yield path
    if depth and isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, f"{path}.{key_path(key)}" if path else key_path(key), depth - 1)
    elif depth and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, f"{path}[{index}]", depth - 1)


def _policy_files(data: dict[str, Any], folder: Path) -> Iterator[Path]:
    users = data.get("users")
    for user in (data.get("user"), *(users.values() if isinstance(users, dict) else ())):
        for key in ("customer_managed", "inline"):
            entries = user.get(key) if isinstance(user, dict) else None
            for entry in entries if isinstance(entries, list) else ():
                if isinstance(entry, dict) and isinstance(file := entry.get("file"), str):
                    yield folder / file
