"""The one place that leans on names inside ministack, which are private and change between its versions.

`install` puts our functions in the place of ministack's; everything else here reads its stores.
"""

import dataclasses
import importlib
import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from temp_access.local_aws.rules import assume_role, iam, order, policy_variables, s3, session_policy
from temp_access.local_aws.rules.call import AwsError, Call, Caller, Kind, Response, RoleRecord, form
from temp_access.local_aws.server.context import request_context
from temp_access.local_aws.state_dir import ACCOUNT_ID

_VERSION_2012 = "2012-10-17"
# Carries a document's version on each statement, where ministack passes statements on without their document.
_VERSION_KEY = "__version"
evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
actions: Any = importlib.import_module("ministack.core.iam_actions")
persistence: Any = importlib.import_module("ministack.core.persistence")
responses: Any = importlib.import_module("ministack.core.responses")
app: Any = importlib.import_module("ministack.app")
iam_service: Any = importlib.import_module("ministack.services.iam")
s3_service: Any = importlib.import_module("ministack.services.s3")
sts_service: Any = importlib.import_module("ministack.services.sts")
_enforce = evaluator.enforce
_first_match = evaluator._first_match
_parse = evaluator.parse_policy_document
_resource_policy = evaluator.evaluate_resource_policy
_condition_key = evaluator._resolve_condition_key
_principal_keys = evaluator._principal_keys
_trust_policy = evaluator.evaluate_trust_policy
_s3_additional_checks = actions.s3_additional_checks
_extract_action = actions.extract_iam_action
_handle_s3 = s3_service.handle_request
_register_session = sts_service.register_session
_handle_sts = sts_service.handle_request
_handle_iam = iam_service.handle_request


def install() -> None:
    """Put the strict functions in place."""
    # No key is root: not `test`, not twelve digits, not the empty one, not the configured one.
    evaluator.is_root_access_key = sts_service.is_root_access_key = lambda _key: False
    evaluator.enforce = enforce
    evaluator._first_match = first_match
    evaluator._fnmatch_compile = policy_variables.compiled
    evaluator.parse_policy_document = parse_policy_document
    evaluator.evaluate_resource_policy = evaluate_resource_policy
    evaluator._resolve_condition_key = condition_key
    evaluator._principal_keys = sts_service._principal_keys = principal_keys
    evaluator.evaluate_trust_policy = evaluate_trust_policy
    actions.s3_additional_checks = s3_additional_checks
    actions.extract_iam_action = extract_iam_action
    s3_service.handle_request = handle_s3
    sts_service.register_session = register_session
    sts_service._evict_expired_sessions = evict_sessions
    sts_service.handle_request = handle_sts
    iam_service.handle_request = handle_iam
    # Scripts that lie ready for another emulator on this machine are none of ours.
    app._collect_scripts = lambda *_folders: []


# Policies


def parse_policy_document(document: Any) -> list[Any]:
    """Parse as ministack does, and keep each statement's policy version."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return []
    if not isinstance(document, dict):
        return []
    found = document.get("Statement", [])
    parsed = []
    for statement in found if isinstance(found, list) else [found]:
        for one in _parse({"Statement": [statement]}):
            one.version = statement.get(_VERSION_KEY, document.get("Version"))
            parsed.append(one)
    return parsed


def evaluate_resource_policy(document: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
    """Evaluate as ministack does, with the document's version on each statement."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            document = None
    if isinstance(document, dict):
        found = document.get("Statement", [])
        statements = found if isinstance(found, list) else [found]
        version = document.get("Version")
        marked = [{**one, _VERSION_KEY: version} for one in statements if isinstance(one, dict)]
        document = {**document, "Statement": [_with_principal(one, context) for one in marked]}
    return _resource_policy(document, context, *args, **kwargs)


def _with_principal(statement: dict[str, Any], context: Any) -> dict[str, Any]:
    """Spell out whom a statement means where ministack reads less into it than AWS does."""
    if statement.get("Effect") == "Deny" and "NotPrincipal" in statement:
        return statement if _spared(statement["NotPrincipal"], context) else {**statement, "Principal": "*"}
    if statement.get("Principal") in ("*", {"AWS": "*"}) and _asks_principal_arn(statement.get("Condition")):
        return {**statement, "Principal": {"AWS": ["*", context.principal_arn]}}
    return statement


def _spared(named: Any, context: Any) -> bool:
    """A Deny with NotPrincipal spares a user it names; a role session if the role is named too; never with a boundary.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    listed = named.get("AWS", []) if isinstance(named, dict) else [named]
    entity_arn = condition_key("aws:PrincipalArn", context)
    store = iam_service._users if context.principal_type == "User" else iam_service._roles
    entity = store.get_scoped(context.principal_account, None, entity_arn.rpartition("/")[2]) or {}
    caller = {context.principal_arn, entity_arn}
    return caller <= set([listed] if isinstance(listed, str) else listed) and not entity.get("PermissionsBoundary")


def _asks_principal_arn(conditions: Any) -> bool:
    """Everybody with a condition on aws:PrincipalArn counts as named directly: no boundary or session policy limits it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    affirmative = ("ArnEquals", "ArnLike", "StringEquals", "StringLike")
    return isinstance(conditions, dict) and any(
        operator in affirmative and any(key.lower() == "aws:principalarn" for key in block)
        for operator, block in conditions.items()
    )


def first_match(context: Any, statements: list[Any], effect: str) -> Any:
    """Find the first statement that matches once its policy variables are resolved."""
    for statement in statements:
        if statement.effect == effect:
            resolved = _resolved(statement, context)
            if resolved is not None and _first_match(context, [resolved], effect):
                return statement
    return None


def _resolved(statement: Any, context: Any) -> Any:
    parts = [statement.resources, statement.not_resources, statement.conditions]
    if getattr(statement, "version", None) != _VERSION_2012 or not policy_variables.has_variables(parts):
        return statement

    def lookup(key: str) -> str | None:
        value = condition_key(key, context)
        return None if value is None or isinstance(value, list) else str(value)

    excluded = policy_variables.resolve_list(statement.not_resources, lookup)
    conditions = policy_variables.resolve_conditions(statement.conditions, lookup)
    if statement.effect == "Allow" and policy_variables.unresolved([excluded, conditions]):
        # "Not equal to a missing value" would be true: an Allow must not rest on that.
        return None
    return dataclasses.replace(
        statement,
        resources=policy_variables.resolve_list(statement.resources, lookup),
        not_resources=excluded,
        conditions=conditions,
    )


def condition_key(key: str, context: Any) -> Any:
    """Resolve a condition key: aws:PrincipalArn of a role session is the role's ARN, not the session's."""
    name = key.lower()
    if name == "aws:principalarn" and context.principal_type == "AssumedRole":
        role = _role_record(context.principal_account, evaluator._role_name_from_assumed_arn(context.principal_arn))
        return role["Arn"] if role else context.principal_arn
    if name in ("aws:viaawsservice", "aws:principalisawsservice"):
        return "false"
    return _condition_key(key, context)


def principal_keys(credential: Any) -> dict[str, Any]:
    """Add the session's source identity to what describes the caller."""
    keys: dict[str, Any] = _principal_keys(credential)
    source_identity = (sts_service._sessions.get(credential.access_key_id) or {}).get("SourceIdentity")
    return {**keys, "aws:sourceidentity": source_identity} if source_identity else keys


# Requests


def enforce(
    access_key: str,
    action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> Any:
    """Decide as ministack does, after the rules for temporary credentials; AssumeRole is decided by `handle_sts`."""
    exchange = request_context.get()
    if exchange is not None and exchange.action is None:
        exchange.action = action
    failure = evaluator.check_credentials(access_key, service)
    if failure is not None:
        return failure
    try:
        caller = caller_of(access_key)
        assume_role.session_token_limits(caller, action)
        assume_role.federation_token_limits(caller, action)
    except AwsError as refusal:
        return evaluator.AuthError(refusal.code, refusal.message)
    if action == "sts:AssumeRole":
        return None
    denied = _enforce(access_key, action, service, region, resource_arn, service_context)
    if denied is None and exchange is not None and action in ("s3:GetObject", "s3:GetObjectVersion"):
        bucket = resource_arn.partition("/")[0]
        exchange.if_missing = lambda: _hides_missing(access_key, region, bucket)
    return denied


def s3_additional_checks(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
) -> list[tuple[str, str]]:
    """Add what a write with tags, an ACL or a lock needs beside PutObject.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    """
    checks: list[tuple[str, str]] = _s3_additional_checks(method, path, headers, body, query)
    bucket, _, key = path.lstrip("/").partition("/")
    if key and actions._s3_action(method, path, query) == "PutObject":
        checks += [(action, f"arn:aws:s3:::{bucket}/{key}") for action in s3.write_actions(headers)]
    return checks


def _hides_missing(access_key: str, region: str, bucket_arn: str) -> AwsError | None:
    """A missing key answers 403 to a caller who may not list the bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    exists = s3_service._bucket_owner_account(bucket_arn.rpartition(":")[2]) is not None
    denied = _enforce(access_key, "s3:ListBucket", "s3", region, bucket_arn) if exists else None
    if denied is None:
        return None
    arn = getattr(denied, "principal_arn", "")
    return AwsError(
        "AccessDenied",
        f"User: {arn} is not authorized to perform: s3:ListBucket on resource: "
        f'"{bucket_arn}" because no identity-based policy allows the s3:ListBucket action',
        403,
    )


async def handle_sts(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
) -> Response:
    """Answer a call of STS after the rules of AWS."""
    call = _call(headers, body, query)
    exchange = request_context.get()
    try:
        order.check_sts(call, role_of, allowed)
    except AwsError as refusal:
        return refusal.query("sts")
    if exchange is not None:
        exchange.assuming = call if call.action == "AssumeRole" else None
    status, reply_headers, reply = await _handle_sts(method, path, headers, body, query)
    if call.action == "AssumeRole" and status == 200:
        percent = session_policy.packed_percent(call)
        identity = assume_role.effective_source_identity(call)
        extra = f"<SourceIdentity>{identity}</SourceIdentity>" if identity else ""
        packed = f"<PackedPolicySize>{percent}</PackedPolicySize>{extra}".encode()
        reply = reply.replace(b"<PackedPolicySize>0</PackedPolicySize>", packed)
    return status, reply_headers, reply


async def handle_iam(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
) -> Response:
    """Answer a call of IAM after the rules of AWS."""
    call = _call(headers, body, query)
    owners = {key: record["UserName"] for key, record in iam_service._access_keys.items()}
    try:
        implied = order.check_iam(call, principal_exists, owners)
    except AwsError as refusal:
        return refusal.query("iam")
    if implied is not None:
        body += f"&UserName={quote(implied)}".encode()
    stores = {
        "DeleteUser": (iam_service._users, "UserName", "UserId"),
        "DeleteRole": (iam_service._roles, "RoleName", "RoleId"),
    }
    store, name, unique_id = stores.get(call.action, ({}, "", ""))
    deleted = store.get(call.get(name) or "")
    answer: Response = await _handle_iam(method, path, headers, body, query)
    if deleted is not None and answer[0] == 200:
        for role in iam_service._roles.values():
            trust = role["AssumeRolePolicyDocument"]
            if isinstance(trust, str):
                role["AssumeRolePolicyDocument"] = iam.orphaned(trust, deleted["Arn"], deleted[unique_id])
    return answer


def _is_batch_delete(method: str, path: str, query: dict[str, list[str]]) -> bool:
    return method == "POST" and "delete" in query and "/" not in path.strip("/")


def extract_iam_action(
    service: str, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
) -> str | None:
    """Leave DeleteObjects to `handle_s3`: ministack would deny all of it for one key."""
    if service == "s3" and _is_batch_delete(method, path, query):
        return None
    action: str | None = _extract_action(service, method, path, headers, body, query)
    return action


async def handle_s3(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]], **more: Any
) -> Any:
    """Answer a call of S3; of a DeleteObjects, only the keys that the caller may delete reach ministack."""
    if method == "PUT" and "policy" in query:
        try:
            iam.policy_principals_exist(body.decode("utf-8", "replace"), principal_exists)
        except AwsError as refusal:
            return refusal.rest_xml()
    if not _is_batch_delete(method, path, query):
        return await _handle_s3(method, path, headers, body, query, **more)
    access_key, region = app.extract_access_key_id(headers, query), responses.get_region()
    bypass = headers.get("x-amz-bypass-governance-retention", "").lower() == "true"

    def may_delete(key: str, version: str) -> bool:
        needed = ["s3:DeleteObjectVersion" if version else "s3:DeleteObject"]
        needed += ["s3:BypassGovernanceRetention"] if bypass else []
        arn = f"arn:aws:s3:::{path.strip('/')}/{key}"
        return all(enforce(access_key, action, "s3", region, arn) is None for action in needed)

    try:
        rewritten, wanted, denied = s3.divided(body, may_delete)
    except ValueError:
        return AwsError("MalformedXML", "The XML you provided was not well-formed").rest_xml()
    if not denied:
        return await _handle_s3(method, path, headers, body, query, **more)
    # The digests are of the body that was sent.
    unsummed = {
        name: value for name, value in headers.items() if not name.startswith(("content-md5", "x-amz-checksum"))
    }
    answer = await _handle_s3(method, path, unsummed, rewritten, query, **more) if wanted else (200, {}, b"")
    status, reply_headers, reply = answer
    if status == 200:
        reply = s3.with_errors(reply, denied)
        reply_headers = {**reply_headers, "Content-Type": "application/xml"}
        reply_headers.pop("Content-Length", None)
    return status, reply_headers, reply


def _call(headers: dict[str, str], body: bytes, query: dict[str, list[str]]) -> Call:
    parameters = form(query, body)
    access_key = app.extract_access_key_id(headers, query)
    return Call(parameters.get("Action", ""), parameters, access_key, caller_of(access_key))


def allowed(call: Call, role: RoleRecord, action: str) -> bool:
    """Return whether the role's trust policy and the caller's own policies together allow the action on the role.

    A trust policy that names the caller is enough; one that names the account leaves it to the caller's policies.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
    """
    principal = evaluator.resolve_principal(call.access_key, responses.get_account_id())
    if isinstance(principal, evaluator.AuthError):
        return False
    keys: dict[str, Any] = {
        "sts:externalid": call.get("ExternalId"),
        "sts:rolesessionname": call.get("RoleSessionName"),
        "sts:sourceidentity": assume_role.effective_source_identity(call),
    }
    keys.update({f"aws:resourcetag/{name}".lower(): value for name, value in role.tags.items()})
    if not call.tags:
        keys["aws:tagkeys"] = None
    context = evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=role.arn,
        region=responses.get_region(),
        service_context=keys,
        principal_keys=principal.keys,
        request_tags=call.tags,
        tag_keys=list(call.tags),
    )
    identity = evaluator.evaluate(context, principal.policies, *principal.limits)
    result = evaluator.combine_resource_policy(
        identity, context, role.trust_policy, role.arn.split(":")[4], required=True, limits=principal.limits
    )
    return bool(result.decision == "Allow")


def evaluate_trust_policy(document: Any, caller_arn: str, context: Any = None) -> bool:
    """Say yes to the AssumeRole that `handle_sts` has just allowed; ministack would ask again, knowing less."""
    exchange = request_context.get()
    call = exchange.assuming if exchange is not None else None
    if call is not None and context is not None and context.resource_arn == call.get("RoleArn"):
        return True
    return bool(_trust_policy(document, caller_arn, context))


def register_session(access_key: str, session: dict[str, Any]) -> None:
    """Keep the source identity with the session."""
    exchange = request_context.get()
    if exchange is not None and exchange.assuming is not None:
        session["SourceIdentity"] = assume_role.effective_source_identity(exchange.assuming)
    _register_session(access_key, session)


def evict_sessions() -> None:
    """Forget sessions a day after their end; forgotten at once, they would be unknown instead of expired."""
    yesterday = time.time() - 86400
    for key in [
        key for key, session in sts_service._sessions.items() if session.get("Expiration", yesterday) < yesterday
    ]:
        del sts_service._sessions[key]


def expire_sessions() -> None:
    """End every temporary session now."""
    for session in sts_service._sessions.values():
        session["Expiration"] = time.time() - 1


# Stores


def caller_of(access_key: str) -> Caller:
    """Describe the owner of an access key, whatever it is allowed."""
    session = sts_service._sessions.get(access_key)
    if session is not None:
        kinds: dict[str, Kind] = {"AssumedRole": "role session", "User": "session token", "FederatedUser": "federated"}
        kind = kinds.get(session.get("PrincipalType", ""), "unknown")
        return Caller(session.get("Arn", ""), session.get("AccountId", ""), kind, session.get("SourceIdentity"))
    identity = evaluator.resolve_caller_identity(access_key)
    if identity is None:
        return Caller("", "", "unknown")
    return Caller(identity["userArn"], identity["accountId"], "user")


def _role_record(account: str, name: str) -> Any:
    return iam_service._roles.get_scoped(account, None, name)


def role_of(arn: str) -> RoleRecord | None:
    """Return the role with exactly this ARN, its path included."""
    match = re.fullmatch(r"arn:aws:iam::(\d{12}):role/(?:.*/)?([^/]+)", arn)
    record = _role_record(match.group(1), match.group(2)) if match else None
    if record is None or record["Arn"] != arn:
        return None
    return RoleRecord(
        arn,
        record.get("AssumeRolePolicyDocument", "{}"),
        int(record.get("MaxSessionDuration") or 3600),
        {tag["Key"]: tag["Value"] for tag in record.get("Tags") or []},
    )


def principal_exists(principal: str) -> bool:
    """Return whether an account id, a root ARN, a user, a role or a role session of this account exists."""
    if re.fullmatch(r"\d{12}|arn:aws:iam::\d{12}:root", principal):
        return True
    match = re.fullmatch(r"arn:aws:(iam|sts)::(\d{12}):(user|role|assumed-role|federated-user)/(.+)", principal)
    if match is None:
        return False
    account, kind, rest = match.group(2), match.group(3), match.group(4)
    if kind == "federated-user":
        return True
    if kind == "assumed-role":
        return _role_record(account, rest.split("/")[0]) is not None
    store = iam_service._users if kind == "user" else iam_service._roles
    record = store.get_scoped(account, None, rest.rpartition("/")[2])
    return bool(record and record["Arn"] == principal)


def live_session(key: str, secret: str, token: str) -> tuple[Caller, bool] | None:
    """Return whose temporary credentials these are and whether they came by role chaining; None unless alive."""
    credential = evaluator.resolve_credential(key, ACCOUNT_ID, token)
    if isinstance(credential, evaluator.CredentialResolutionError) or credential.session_token is None:
        return None
    if credential.secret_access_key != secret:
        return None
    return caller_of(key), (credential.source_access_key_id or "").startswith("ASIA")


def ensure_user(name: str, known: dict[str, str]) -> dict[str, str]:
    """Return an access key of an administrator of that name: the known one, or a new one when that is gone."""
    if name not in iam_service._users:
        iam_service._create_user({"UserName": [name]})
    user = iam_service._users[name]
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    if policy not in user["AttachedPolicies"]:
        iam_service._attach_user_policy({"UserName": [name], "PolicyArn": [policy]})
    record = iam_service._access_keys.get(known.get("AccessKeyId", "")) or {}
    if record.get("SecretAccessKey") == known.get("SecretAccessKey") and record.get("Status") == "Active":
        return known
    before = set(iam_service._access_keys)
    iam_service._create_access_key({"UserName": [name]})
    (key,) = set(iam_service._access_keys) - before
    return {"AccessKeyId": key, "SecretAccessKey": iam_service._access_keys[key]["SecretAccessKey"]}


def snapshot() -> dict[str, str]:
    """Return the text of each file in which ministack keeps its state."""
    texts = {}
    sources: dict[str, Callable[[], Any]] = app._build_persistence_save_dict()
    for service, get_state in sources.items():
        state = get_state()
        if state is not None:
            document = {"__ministack_format__": persistence._state_format_version(service), "payload": state}
            texts[f"{service}.json"] = json.dumps(document, default=persistence._json_default)
    return texts
