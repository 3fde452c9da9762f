"""What ministack stores: access keys, sessions, users and roles, and the state that it saves to files."""

import importlib
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from temp_access.iam.sts_limits import DEFAULT_ROLE_MAXIMUM
from temp_access.local_aws.rules.call import Caller, CredentialType, RoleRecord
from temp_access.local_aws.rules.iam import replace_deleted_principal
from temp_access.local_aws.server.context import request_context
from temp_access.local_aws.state_dir import ACCOUNT_ID

app: Any = importlib.import_module("ministack.app")
evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
iam_service: Any = importlib.import_module("ministack.services.iam")
sts_service: Any = importlib.import_module("ministack.services.sts")
_persistence: Any = importlib.import_module("ministack.core.persistence")
_register_session = sts_service.register_session
_CREDENTIAL_TYPES: dict[str, CredentialType] = {
    "AssumedRole": "role session",
    "User": "session token",
    "FederatedUser": "federated",
}
# An expired session that is deleted at once would be reported as unknown instead of expired.
_EXPIRED_SESSION_SECONDS = 3_600


def install() -> None:
    """Replace ministack's handling of root keys and sessions."""
    # No key is root: not `test`, not twelve digits, not the empty one, not the configured one.
    evaluator.is_root_access_key = sts_service.is_root_access_key = lambda _key: False
    sts_service.register_session = register_session
    sts_service._evict_expired_sessions = evict_expired_sessions
    # ministack would run start-up scripts that another emulator left on this machine.
    app._collect_scripts = lambda *_folders: []


def caller_of(access_key: str) -> Caller:
    """Return the owner of an access key, whatever its permissions."""
    session = sts_service._sessions.get(access_key)
    if session is not None:
        credential_type = _CREDENTIAL_TYPES.get(session.get("PrincipalType", ""), "unknown")
        return Caller(session.get("Arn", ""), credential_type, session.get("SourceIdentity"))
    identity = evaluator.resolve_caller_identity(access_key)
    if identity is None:
        return Caller("", "unknown")
    return Caller(identity["userArn"], "user")


def source_identity_of(access_key: str) -> str | None:
    """Return the source identity of a session, or None for other credentials."""
    session = sts_service._sessions.get(access_key) or {}
    source_identity: str | None = session.get("SourceIdentity")
    return source_identity


def federated_keys_of(access_key: str) -> dict[str, Any]:
    """Return the condition keys that a session has by its web identity; none for other credentials."""
    keys: dict[str, Any] = (sts_service._sessions.get(access_key) or {}).get("FederatedKeys") or {}
    return keys


def role_record(account: str, name: str) -> Any:
    """Return ministack's record of a role, or None when the account has no role of that name."""
    return iam_service._roles.get_scoped(account, None, name)


def user_record(account: str, name: str) -> Any:
    """Return ministack's record of a user, or None when the account has no user of that name."""
    return iam_service._users.get_scoped(account, None, name)


def client_ids_of(account: str, provider: str) -> list[str] | None:
    """Return the client ids of the account's OIDC provider with this ARN, or None without one."""
    record = iam_service._oidc_providers.get_scoped(account, None, provider)
    return list(record["ClientIDList"]) if record else None


def role_of(arn: str) -> RoleRecord | None:
    """Return the role with exactly this ARN, its path included."""
    match = re.fullmatch(r"arn:aws:iam::(\d{12}):role/(?:.*/)?([^/]+)", arn)
    record = role_record(match.group(1), match.group(2)) if match else None
    if record is None or record["Arn"] != arn:
        return None
    return RoleRecord(
        arn,
        record.get("AssumeRolePolicyDocument", "{}"),
        int(record.get("MaxSessionDuration") or DEFAULT_ROLE_MAXIMUM),
        {tag["Key"]: tag["Value"] for tag in record.get("Tags") or []},
    )


def principal_exists(principal: str) -> bool:
    """Return whether the principal exists; federated users and the principals of other accounts count as existing.

    A role session exists as soon as its role does. No principal's ARN has a wildcard.
    """
    if re.fullmatch(r"\d{12}|arn:aws:iam::\d{12}:root", principal):
        return True
    match = re.fullmatch(r"arn:aws:(iam|sts)::(\d{12}):(user|role|assumed-role|federated-user)/(.+)", principal)
    if match is None or "*" in principal or "?" in principal:
        return False
    account, resource_type, path = match.group(2), match.group(3), match.group(4)
    if resource_type == "federated-user" or account != ACCOUNT_ID:
        return True
    if resource_type == "assumed-role":
        return role_record(account, path.split("/")[0]) is not None
    record = (user_record if resource_type == "user" else role_record)(account, path.rpartition("/")[2])
    return bool(record and record["Arn"] == principal)


def forget_principal(record: Mapping[str, Any]) -> None:
    """Replace the ARN of a deleted user or role in trust policies by its unique id."""
    unique_id = record.get("UserId") or record["RoleId"]
    for role in iam_service._roles.values():
        trust = role["AssumeRolePolicyDocument"]
        if isinstance(trust, str):
            role["AssumeRolePolicyDocument"] = replace_deleted_principal(trust, record["Arn"], unique_id)


def access_key_owners() -> dict[str, str]:
    """Return the user name of each access key."""
    return {key: record["UserName"] for key, record in iam_service._access_keys.items()}


def live_session(key: str, secret: str, token: str) -> tuple[Caller, bool] | None:
    """Return the caller with these temporary credentials and whether they come from role chaining.

    Returns None when the credentials are unknown, wrong or expired.
    """
    credential = evaluator.resolve_credential(key, ACCOUNT_ID, token)
    if isinstance(credential, evaluator.CredentialResolutionError) or credential.session_token is None:
        return None
    if credential.secret_access_key != secret:
        return None
    return caller_of(key), (credential.source_access_key_id or "").startswith("ASIA")


def register_session(access_key: str, session: dict[str, Any]) -> None:
    """Register a session with its source identity, which ministack doesn't store."""
    context = request_context.get()
    if context is not None and context.assume_role_call is not None:
        session["SourceIdentity"] = context.assume_role_call.source_identity
    _register_session(access_key, session)


def evict_expired_sessions() -> None:
    """Delete the sessions that expired more than an hour ago."""
    limit = time.time() - _EXPIRED_SESSION_SECONDS
    for key in [key for key, session in sts_service._sessions.items() if session.get("Expiration", limit) < limit]:
        del sts_service._sessions[key]


def expire_sessions() -> None:
    """Expire every temporary session now."""
    for session in sts_service._sessions.values():
        session["Expiration"] = time.time() - 1


def ensure_administrator(name: str, stored_key: dict[str, str]) -> dict[str, str]:
    """Create the administrator if there is none of that name, and return an access key of it.

    Returns `stored_key` while it is active, else a new key.
    """
    if name not in iam_service._users:
        iam_service._create_user({"UserName": [name]})
    user = iam_service._users[name]
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    if policy not in user["AttachedPolicies"]:
        iam_service._attach_user_policy({"UserName": [name], "PolicyArn": [policy]})
    record = iam_service._access_keys.get(stored_key.get("AccessKeyId", "")) or {}
    if record.get("SecretAccessKey") == stored_key.get("SecretAccessKey") and record.get("Status") == "Active":
        return stored_key
    before = set(iam_service._access_keys)
    iam_service._create_access_key({"UserName": [name]})
    (key,) = set(iam_service._access_keys) - before
    return {"AccessKeyId": key, "SecretAccessKey": iam_service._access_keys[key]["SecretAccessKey"]}


def snapshot() -> dict[str, str]:
    """Return the content of each file in which ministack saves its state, by file name."""
    contents = {}
    sources: dict[str, Callable[[], Any]] = app._build_persistence_save_dict()
    for service, get_state in sources.items():
        state = get_state()
        if state is not None:
            document = {"__ministack_format__": _persistence._state_format_version(service), "payload": state}
            contents[f"{service}.json"] = json.dumps(document, default=_persistence._json_default)
    return contents
