"""Reads a question from the arguments of `temp-access can`: WHO ACTION RESOURCE --context KEY=VALUE."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from temp_access.aws.errors import GrantNotFound
from temp_access.borrow.grants import find_grant
from temp_access.borrow.session_names import fill_pattern, session_name
from temp_access.config.model import Config, Grant
from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.deployment.target import Target
from temp_access.errors import UserError
from temp_access.iam.arn import Arn, bucket_arn, iam_arn, object_arn, role_session_arn
from temp_access.iam.policy_json import LIST_BUCKET
from temp_access.iam.request import ContextValue, UnknownValue
from temp_access.iam.service_rules import S3_KEYS
from temp_access.iam.statements import PREFIX_ACTIONS
from temp_access.lint.actions import unknown_action_note
from temp_access.policies.access_modes import grant_access
from temp_access.whatif.model import PolicySource, Principal, Question

_ACTION = re.compile(r"[a-z0-9-]+:[a-z]\w*", re.IGNORECASE | re.ASCII)
_COPY = (
    "s3:PutObject, and s3:GetObject on what is copied (if it has tags, also s3:GetObjectTagging on it and "
    "s3:PutObjectTagging on the copy; AWS CLI v2 calls GetObjectTagging for every copy in parts; "
    "extras = ['tags'] in a grant allows both)"
)
# Operations of S3 that aren't IAM actions: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_OPERATIONS = MappingProxyType(
    {
        "s3:completemultipartupload": "s3:PutObject",
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
        "s3:copyobject": _COPY,
        "s3:createmultipartupload": "s3:PutObject",
        "s3:deleteobjects": "s3:DeleteObject on each object",
        "s3:headbucket": LIST_BUCKET,
        "s3:headobject": "s3:GetObject",
        "s3:listbuckets": "s3:ListAllMyBuckets",
        "s3:listobjects": LIST_BUCKET,
        "s3:listobjectsv2": LIST_BUCKET,
        "s3:listobjectversions": "s3:ListBucketVersions",
        "s3:uploadpart": "s3:PutObject",
        "s3:uploadpartcopy": _COPY,
    }
)
# As access.toml writes a user or a role of the own account.
_PATHS = ("user/", "role/")
_NO_CONTEXT: Mapping[str, ContextValue] = MappingProxyType({})
_LISTINGS = frozenset(action.lower() for action in PREFIX_ACTIONS)


def read_question(
    action: str,
    resource: str,
    prefix: str | None,
    source: PolicySource,
    context: Mapping[str, ContextValue] = _NO_CONTEXT,
) -> Question:
    """Return the question; `context` may hold the listing's prefix too. Raises UserError."""
    if not _ACTION.fullmatch(action):
        raise UserError(f"{action!r} isn't an action with its service; write one action, like s3:GetObject")
    if operation := _OPERATIONS.get(action.lower()):
        raise UserError(f"{action} is an operation of S3, not an action; ask about {operation}")
    is_listing = action.lower() in _LISTINGS
    if prefix is not None and not is_listing:
        raise UserError(f"--prefix is for {' and '.join(PREFIX_ACTIONS)}, not for {action}; leave it out")
    if is_listing:
        prefix = _listing_prefix(prefix, context)
    if action.lower().startswith(("sts:", "iam:")) and resource.startswith(_PATHS):
        resource = iam_arn(source.target.partition, source.target.account, resource)
    arn, notes = _resource(resource, source)
    bucket, _, key = arn.partition("/")
    if is_listing and key and bucket.startswith(bucket_arn(source.target.partition, "")):
        if prefix is not None:
            raise UserError(
                f"{resource} already names a prefix; write `bucket` as the resource, or leave out the other prefix"
            )
        arn, prefix = bucket, key
    if is_listing and prefix is None:
        notes.append(
            "without a prefix this lists the whole bucket; for one folder pass --prefix bob/, or bob/ as the resource"
        )
    notes += [*_resource_notes(action, arn, source), *unknown_action_note(action)]
    listing = f" with the prefix {prefix!r}" if prefix is not None else ""
    return Question(action, arn, f"{action} on {_resource_name(arn, source)}{listing}", prefix, tuple(notes))


def _listing_prefix(prefix: str | None, context: Mapping[str, ContextValue]) -> str | None:
    value = next((value for key, value in context.items() if key.lower() == "s3:prefix"), None)
    if value is None or value == prefix:
        return prefix
    if prefix is not None or not isinstance(value, str):
        raise UserError("a listing has one prefix; pass it once, with --prefix or with --context s3:prefix=…")
    return value


def _resource(resource: str, source: PolicySource) -> tuple[str, list[str]]:
    """Return the resource's ARN, and notes on how it was written."""
    target = source.target
    names = {"bucket": target.bucket_arn, "role": target.role_arn, "user": target.user_arn, "*": "*"}
    if resource in names:
        return names[resource], []
    if resource.startswith("s3://"):
        bucket, _, key = resource.removeprefix("s3://").partition("/")
        if not bucket:
            raise UserError(f"{resource!r} names no bucket; write s3://BUCKET/KEY, or the key alone")
        if bucket != target.bucket and not source.bucket_is_named:
            raise UserError(
                "CloudFormation chooses the bucket's name, so the templates don't show whether it is "
                f"{bucket}; write the key alone (bob/x) or `bucket`, or pass --deployed"
            )
        resource = object_arn(target.partition, bucket, key) if key else bucket_arn(target.partition, bucket)
    if not resource:
        raise UserError("the resource is empty; write a key like bob/x, bucket, role, s3://BUCKET/KEY or an ARN")
    notes = []
    if "*" in resource or "?" in resource:
        is_key = not resource.startswith("arn:") or resource.startswith(bucket_arn(target.partition, ""))
        kind = "object's key" if is_key else "resource"
        notes.append(f"* and ? are literal here: this is one {kind}, not a pattern")
    if resource.startswith("/"):
        notes.append("this key begins with a slash; without the slash it is a different key")
    if not resource.startswith("arn:"):
        return f"{target.bucket_arn}/{resource}", notes
    if resource.count(":") < 5:
        raise UserError(
            f"{resource!r} isn't an ARN: it has fewer than six parts; write a whole ARN, or a key like bob/x"
        )
    return resource, notes


def _resource_notes(action: str, arn: str, source: PolicySource) -> list[str]:
    """Return notes about another bucket, and about an action that doesn't fit the kind of resource."""
    target = source.target
    if not action.lower().startswith("s3:") or not arn.startswith(bucket_arn(target.partition, "")):
        return []
    notes = []
    if not f"{arn}/".startswith(f"{target.bucket_arn}/"):
        notes.append("this is another bucket; its own bucket policy, which may allow or deny this, is unknown")
    if "Object" in action and "/" not in arn:
        notes.append(f"{action} is an action on objects, and this is a bucket; name a key, like bob/x")
    if "Bucket" in action and "/" in arn:
        notes.append(f"{action} is an action on buckets, and this is an object; write `bucket`")
    return notes


def _resource_name(arn: str, source: PolicySource) -> str:
    target = source.target
    if arn.startswith(f"{target.bucket_arn}/"):
        return arn.removeprefix(f"{target.bucket_arn}/")
    names = {target.bucket_arn: "the bucket", target.role_arn: target.role_name, target.user_arn: target.user_name}
    return names.get(arn, arn)


_PRINCIPAL_ARN = re.compile(
    r"arn:[\w-]+:(?:iam::\d{12}:(?:(?:user|role)/.+|root)|sts::\d{12}:assumed-role/[^/]+/[^/]+)"
)
_PRINCIPAL_FORMS = (
    "user, role, a grant's id, user/NAME, role/NAME, or the ARN of a user, a role, a role session or root"
)


def read_principal(name: str, session: str | None, config: Config, target: Target) -> Principal:
    """Return the caller called `name`, narrowed to the grant `session`.

    A grant's id stands for a session of the role for that grant. `role --session ID` means the same, and also works
    for the ids `user` and `role`. Raises UserError.
    """
    if name.startswith(_PATHS):
        name = iam_arn(target.partition, target.account, name)
    if name not in ("user", "role") and not name.startswith("arn:"):
        if session not in (None, name):
            raise UserError(f"{name} is a grant, but --session {session} names another one; leave one of them out")
        try:
            return _role_session(config, target, find_grant(config, name))
        except GrantNotFound as error:
            raise UserError(f"{error.cause}; WHO is {_PRINCIPAL_FORMS}") from None
    arn = {"user": target.user_arn, "role": target.role_arn}.get(name, name)
    if not _PRINCIPAL_ARN.fullmatch(arn):
        raise UserError(f"{arn!r} isn't the ARN of a principal; use {_PRINCIPAL_FORMS}")
    grant = find_grant(config, session) if session is not None else None
    if arn == target.role_arn:
        return _role_session(config, target, grant)
    if arn.startswith(target.session_arn("")):
        return _role_session(config, target, grant, arn)
    if grant:
        raise UserError(
            f"--session narrows a session of {target.role_name}, and {name} isn't one; write role --session {session}"
        )
    if arn == target.user_arn:
        return Principal(arn, PolicyOwner.USER, target.user_name)
    if ":role/" in arn:
        role = Arn.parse(arn)
        session_arn = role_session_arn(role.partition, role.account, role.name, "session")
        return Principal(session_arn, PolicyOwner.OUTSIDER, f"a session of {arn}", arn)
    described = f"the root user of account {Arn.parse(arn).account}" if arn.endswith(":root") else arn
    return Principal(arn, PolicyOwner.OUTSIDER, described)


def _role_session(config: Config, target: Target, grant: Grant | None, arn: str | None = None) -> Principal:
    pattern, user = config.role.conditions.session_name, config.user.name
    if grant:
        description = f"{grant.id} ({grant_access(grant).name} in {grant.folder}/)"
        name = session_name(pattern, grant.id, user_name=user, principal=user)
    else:
        description = f"{target.role_name}, without a session policy"
        name = fill_pattern(pattern, user_name=user, filler="session")
    return Principal(arn or target.session_arn(name), PolicyOwner.ROLE, description, target.role_arn, grant)


# An address for documentation: https://datatracker.ietf.org/doc/html/rfc5737
_EXAMPLE_ADDRESS = "192.0.2.1"


def parse_context(pairs: Iterable[str]) -> dict[str, ContextValue]:
    """Return the condition keys of `KEY=VALUE` arguments; a key that is repeated has several values."""
    values: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or ":" not in key:
            raise UserError(f"--context {pair}: write KEY=VALUE with the key's service, like aws:SourceIp=192.0.2.1")
        values.setdefault(next((known for known in values if known.lower() == key.lower()), key), []).append(value)
    return {key: several[0] if len(several) == 1 else several for key, several in values.items()}


def assumed_context(
    principal: Principal, question: Question, config: Config, target: Target
) -> dict[str, ContextValue]:
    """Return the condition keys of a typical call: TLS, the current time, an address that the role's conditions allow.

    The caller calls directly, not through a service. A session of the role has MFA if its conditions require it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    now, networks = datetime.now(UTC), config.role.conditions.source_ip
    keys: dict[str, ContextValue] = {
        "aws:SecureTransport": "true",
        "aws:SourceIp": networks[0].partition("/")[0] if networks else _EXAMPLE_ADDRESS,
        "aws:RequestedRegion": target.region,
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:ViaAWSService": "false",
    }
    if principal.owner is PolicyOwner.ROLE:
        keys["aws:TokenIssueTime"] = keys["aws:CurrentTime"]
        keys["aws:MultiFactorAuthPresent"] = "true" if config.role.conditions.mfa else "false"
    if question.action.lower().startswith("s3:"):
        keys |= S3_KEYS
    if question.prefix is not None:
        keys["s3:prefix"] = question.prefix
    if question.action.lower() == "sts:assumerole":
        caller = Arn.parse(principal.arn).name if ":user/" in principal.arn else config.user.name
        keys["sts:RoleSessionName"] = fill_pattern(
            config.role.conditions.session_name, user_name=caller, filler="session"
        )
    return keys


_TAGS = ("aws:principaltag/", "aws:resourcetag/", "s3:existingobjecttag/", "s3:buckettag/", "s3:accesspointtag/")
_KEYS_OF_SESSIONS = ("aws:sourceidentity", "aws:federatedprovider")


def unknown_context(principal: Principal, used: Iterable[str]) -> dict[str, ContextValue]:
    """Return those of the keys (in lower case) that the call may have, but that only AWS knows.

    They are the tags of the resource and of the caller, and what the session of a caller outside the deployment got.
    """
    own = principal.owner is not PolicyOwner.OUTSIDER
    prefixes = _TAGS if own else (*_TAGS, *_KEYS_OF_SESSIONS)
    return {key: UnknownValue.POSSIBLE for key in used if key.startswith(prefixes)}


def merge_context(assumed: Mapping[str, ContextValue], context: Mapping[str, ContextValue]) -> dict[str, ContextValue]:
    """Return both; `context` wins, whatever the case of its keys."""
    names = {key.lower() for key in context}
    return {key: value for key, value in assumed.items() if key.lower() not in names} | dict(context)
