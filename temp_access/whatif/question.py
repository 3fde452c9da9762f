"""WHO ACTION RESOURCE --context."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from temp_access.aws.errors import GrantNotFound
from temp_access.borrow.grants import find_grant
from temp_access.borrow.session_names import fill_pattern, session_name
from temp_access.config.model import Config, Grant
from temp_access.deployment.target import Target
from temp_access.errors import UserError
from temp_access.iam.request import LIST_BUCKET, ContextValue
from temp_access.lint.actions import unknown_action_note
from temp_access.whatif.model import PolicyOwner, PolicySource, Principal, Question

_ACTION = re.compile(r"[a-z0-9-]+:[a-z]\w*", re.IGNORECASE | re.ASCII)
# Operations that aren't actions: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_OPERATIONS = MappingProxyType(
    {
        "s3:completemultipartupload": "s3:PutObject",
        "s3:copyobject": "s3:PutObject, and s3:GetObject on what is copied",
        "s3:createmultipartupload": "s3:PutObject",
        "s3:deleteobjects": "s3:DeleteObject on each object",
        "s3:headbucket": LIST_BUCKET,
        "s3:headobject": "s3:GetObject",
        "s3:listbuckets": "s3:ListAllMyBuckets",
        "s3:listobjects": LIST_BUCKET,
        "s3:listobjectsv2": LIST_BUCKET,
        "s3:listobjectversions": "s3:ListBucketVersions",
        "s3:uploadpart": "s3:PutObject",
    }
)
_NOTHING: Mapping[str, ContextValue] = MappingProxyType({})
# Those that take a prefix: https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
_LISTINGS = ("s3:listbucket", "s3:listbucketversions")


def read_question(
    action: str, resource: str, prefix: str | None, source: PolicySource, given: Mapping[str, ContextValue] = _NOTHING
) -> Question:
    """Return the call that is asked about; `given` may hold a listing's prefix too. Raises UserError."""
    folded = action.lower()
    if not _ACTION.fullmatch(action):
        raise UserError(f"{action!r} isn't one action with its service, like s3:GetObject")
    if folded in _OPERATIONS:
        raise UserError(f"{action} is an operation and no action; it needs {_OPERATIONS[folded]}")
    if prefix is not None and folded not in _LISTINGS:
        raise UserError(f"--prefix is for {LIST_BUCKET} and s3:ListBucketVersions; {action} has none")
    if folded in _LISTINGS:
        prefix = _given_prefix(prefix, given)
    arn, notes = _resource(resource, source)
    bucket, _, key = arn.partition("/")
    if folded in _LISTINGS and bucket.startswith(f"arn:{source.target.partition}:s3:::") and key:
        if prefix is not None:
            raise UserError(
                f"{resource} says a prefix already; write `bucket` as the resource, or leave out the other prefix"
            )
        arn, prefix = bucket, key
    if folded in _LISTINGS and prefix is None:
        notes.append(
            "without a prefix this lists the whole bucket; --prefix bob/ (or bob/ as the resource) is a folder's"
        )
    notes += [*_resource_notes(action, arn, source), *unknown_action_note(action)]
    listing = f" with the prefix {prefix!r}" if prefix is not None else ""
    return Question(action, arn, f"{action} on {_words(arn, source)}{listing}", prefix, tuple(notes))


def _given_prefix(prefix: str | None, given: Mapping[str, ContextValue]) -> str | None:
    found = next((value for key, value in given.items() if key.lower() == "s3:prefix"), None)
    if found is None or found == prefix:
        return prefix
    if prefix is not None or not isinstance(found, str):
        raise UserError("a listing has one prefix: give it once, with --prefix or with --context s3:prefix=…")
    return found


def _resource(text: str, source: PolicySource) -> tuple[str, list[str]]:
    target, bucket = source.target, f"arn:{source.target.partition}:s3:::{source.target.bucket}"
    words = {"bucket": bucket, "role": target.role_arn, "user": target.user_arn, "*": "*"}
    if text in words:
        return words[text], []
    if text.startswith("s3://"):
        name, _, key = text.removeprefix("s3://").partition("/")
        if not name:
            raise UserError(f"{text!r} names no bucket; write s3://BUCKET/KEY, or the key alone")
        if name != target.bucket and not source.bucket_is_named:
            raise UserError(
                f"the templates leave the bucket's name to CloudFormation, so {name} can't be told from another's; "
                "write the key alone (bob/x), or `bucket`, or ask about what is deployed with --deployed"
            )
        text = f"arn:{target.partition}:s3:::{name}" + (f"/{key}" if key else "")
    if not text:
        raise UserError("the resource is empty; write a key like bob/x, bucket, role, s3://BUCKET/KEY or an ARN")
    literal = ["* and ? stand for themselves here: this is one object's key, not a pattern"]
    notes = literal if "*" in text or "?" in text else []
    if text.startswith("/"):
        notes.append("this key begins with a slash; the same without it is another key")
    if not text.startswith("arn:"):
        return f"{bucket}/{text}", notes
    if text.count(":") < 5:
        raise UserError(f"{text!r} is no ARN: it has fewer than six parts")
    return text, notes


def _resource_notes(action: str, arn: str, source: PolicySource) -> list[str]:
    """Say so of another bucket, and of an action on objects that is asked of a bucket or the other way round."""
    partition, bucket = source.target.partition, source.target.bucket
    if not action.lower().startswith("s3:") or not arn.startswith(f"arn:{partition}:s3:::"):
        return []
    notes = []
    if not f"{arn}/".startswith(f"arn:{partition}:s3:::{bucket}/"):
        notes.append("this is another bucket; whether a policy of its own denies or allows this isn't known here")
    if "Object" in action and "/" not in arn:
        notes.append(f"{action} is about objects, and this is a bucket: name a key, like bob/x")
    if "Bucket" in action and "/" in arn:
        notes.append(f"{action} is about buckets, and this is an object: write `bucket`")
    return notes


def _words(arn: str, source: PolicySource) -> str:
    target, bucket = source.target, f"arn:{source.target.partition}:s3:::{source.target.bucket}"
    if arn.startswith(f"{bucket}/"):
        return arn.removeprefix(f"{bucket}/")
    return {bucket: "the bucket", target.role_arn: target.role_name, target.user_arn: target.user_name}.get(arn, arn)


_ARN = re.compile(r"arn:[\w-]+:(?:iam::\d{12}:(?:user|role)/.+|sts::\d{12}:assumed-role/[^/]+/[^/]+)")
_FORMS = "user, role, a grant's id, or the ARN of a user, a role or a role's session"


def read_principal(text: str, session: str | None, config: Config, target: Target) -> Principal:
    """Return the caller that `text` names, its session narrowed to the grant `session`.

    A grant's id means a session of the role for that grant; `role --session ID` says the same, and serves for ids
    that are words of ours. Raises UserError and GrantNotFound.
    """
    if text not in ("user", "role") and not text.startswith("arn:"):
        if session not in (None, text):
            raise UserError(f"{text} is a grant already, and --session {session} contradicts it; leave one of them out")
        try:
            return _of_role(config, target, find_grant(config, text))
        except GrantNotFound as error:
            raise UserError(f"{error.cause}; WHO is {_FORMS}") from None
    arn = {"user": target.user_arn, "role": target.role_arn}.get(text, text)
    if not _ARN.fullmatch(arn):
        raise UserError(f"{arn!r} is no principal's ARN; use {_FORMS}")
    grant = find_grant(config, session) if session is not None else None
    if arn == target.role_arn:
        return _of_role(config, target, grant)
    if arn.startswith(_sessions(target.partition, target.account, target.role_name)):
        return _of_role(config, target, grant, arn)
    if grant:
        raise UserError(
            f"--session narrows a session of {target.role_name}, and {text} is none; write role --session {session}"
        )
    if arn == target.user_arn:
        return Principal(arn, PolicyOwner.USER, target.user_name)
    if ":role/" in arn:
        _, partition, _, _, account, path = arn.split(":", 5)
        principal = _sessions(partition, account, path.rpartition("/")[2]) + "session"
        return Principal(principal, PolicyOwner.OTHER, f"a session of {arn}", arn)
    return Principal(arn, PolicyOwner.OTHER, arn)


def _of_role(config: Config, target: Target, grant: Grant | None, arn: str | None = None) -> Principal:
    pattern, user = config.role.conditions.session_name, config.user.name
    if grant:
        words = f"{grant.id} ({grant.access} in {grant.folder}/)"
        name = session_name(pattern, grant.id, user_name=user, who=user)
    else:
        words = f"{target.role_name}, not narrowed to a grant"
        name = fill_pattern(pattern, user_name=user, filler="session")
    principal = arn or _sessions(target.partition, target.account, target.role_name) + name
    return Principal(principal, PolicyOwner.ROLE, words, target.role_arn, grant)


def _sessions(partition: str, account: str, role_name: str) -> str:
    return f"arn:{partition}:sts::{account}:assumed-role/{role_name}/"


_ANYWHERE = "192.0.2.1"


def given_context(pairs: Iterable[str]) -> dict[str, ContextValue]:
    """Return the keys of `KEY=VALUE` texts; a key that is given several times has several values."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or ":" not in key:
            raise UserError(f"--context {pair}: write KEY=VALUE with the key's service, like aws:SourceIp=192.0.2.1")
        found.setdefault(next((known for known in found if known.lower() == key.lower()), key), []).append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}


def assumed_context(who: Principal, call: Question, config: Config, target: Target) -> dict[str, ContextValue]:
    """Return what such a call has anyway: TLS, now, from an address that the role's conditions admit.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    now, networks = datetime.now(UTC), config.role.conditions.source_ip
    keys: dict[str, ContextValue] = {
        "aws:SecureTransport": "true",
        "aws:SourceIp": networks[0].partition("/")[0] if networks else _ANYWHERE,
        "aws:RequestedRegion": target.region,
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
    }
    if who.owner is PolicyOwner.ROLE:
        keys["aws:TokenIssueTime"] = keys["aws:CurrentTime"]
    if call.prefix is not None:
        keys["s3:prefix"] = call.prefix
    if call.action.lower() == "sts:assumerole":
        caller = who.principal.rpartition("/")[2] if ":user/" in who.principal else config.user.name
        keys["sts:RoleSessionName"] = fill_pattern(
            config.role.conditions.session_name, user_name=caller, filler="session"
        )
    return keys


def merge_context(assumed: Mapping[str, ContextValue], given: Mapping[str, ContextValue]) -> dict[str, ContextValue]:
    """Return both; what is given wins, however its key is spelled."""
    names = {key.lower() for key in given}
    return {key: value for key, value in assumed.items() if key.lower() not in names} | dict(given)
