"""The condition keys of a question: of the command line, of a typical call, and those that only AWS knows."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from temp_access.borrow.session_names import fill_pattern
from temp_access.config.borrower import BorrowerKind
from temp_access.config.model import Config
from temp_access.deployment.effective_policies import PolicyOwner
from temp_access.deployment.target import Target
from temp_access.errors import UserError
from temp_access.iam.arn import Arn
from temp_access.iam.callers import IAM, CallerKind
from temp_access.iam.request import ContextValue, UnknownValue
from temp_access.iam.service_rules import S3_KEYS
from temp_access.whatif.model import Principal, Question

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
    is_signed_here = principal.kind in IAM
    keys: dict[str, ContextValue] = {
        "aws:SecureTransport": "true",
        "aws:RequestedRegion": target.region,
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:ViaAWSService": "false",
    }
    if principal.kind not in (CallerKind.SERVICE, CallerKind.CLOUDFRONT):
        keys["aws:SourceIp"] = networks[0].partition("/")[0] if networks else _EXAMPLE_ADDRESS
    if principal.owner is PolicyOwner.ROLE:
        keys["aws:TokenIssueTime"] = keys["aws:CurrentTime"]
        keys["aws:MultiFactorAuthPresent"] = _mfa_of_session(principal, config)
    if question.action.lower().startswith("s3:"):
        keys |= S3_KEYS if is_signed_here else dict.fromkeys(S3_KEYS, UnknownValue.POSSIBLE)
    if question.prefix is not None:
        keys["s3:prefix"] = question.prefix
    if question.action.lower().startswith("sts:assumerole"):
        caller = Arn.parse(principal.arn).name if ":user/" in principal.arn else config.user.name
        keys["sts:RoleSessionName"] = fill_pattern(
            config.role.conditions.session_name, user_name=caller, filler="session"
        )
    return keys


def _mfa_of_session(principal: Principal, config: Config) -> ContextValue:
    # Of a grant's own role, the conditions ask users alone for MFA.
    borrowers = principal.grant.borrowers if principal.grant else ()
    with_mfa = {each.kind is BorrowerKind.USER for each in borrowers} or {True}
    if not config.role.conditions.mfa or with_mfa == {False}:
        return "false"
    return "true" if with_mfa == {True} else UnknownValue.PRESENT


_TAGS = ("aws:principaltag/", "aws:resourcetag/", "s3:existingobjecttag/", "s3:buckettag/", "s3:accesspointtag/")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-role-session-properties
_KEYS_OF_SESSIONS = (
    "aws:assumedroot",
    "aws:chatbotsourcearn",
    "aws:ec2instancesource",
    "aws:federatedprovider",
    "aws:signinsessionarn",
    "aws:sourceidentity",
    "codebuild:buildarn",
    "codebuild:projectarn",
    "ec2:roledelivery",
    "ec2:sourceinstancearn",
    "glue:credentialissuingservice",
    "glue:roleassumedby",
    "identitystore:userid",
    "lambda:sourcefunctionarn",
    "ssm:sourceinstancearn",
)


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
