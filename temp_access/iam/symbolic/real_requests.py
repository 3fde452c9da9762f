"""What is true of every request that can be made: an action is authorized on resources of its own types.

An action or service that the service reference doesn't know isn't restricted, and neither is an action that it names
without a type of resource: it may be authorized on `*` or on a parent of the resource. Those of S3 and STS are never
authorized on a bucket, an object or a role.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from temp_access.iam.callers import CallerKind
from temp_access.iam.condition_keys import TEMPORARY
from temp_access.iam.patterns import COLONS_OF_ARN
from temp_access.iam.service_reference import service_actions
from temp_access.iam.symbolic.callers import SymbolicCaller
from temp_access.iam.symbolic.solver import LAST_CHARACTER, Formula, RegularLanguage, Solver, StringTerm

_PLACEHOLDER = re.compile(r"(\$\{[^}]*\}|\*)")
# The ARN formats of the reference for the resources that claims are about.
OBJECT, BUCKET = "arn:${Partition}:s3:::${BucketName}/${ObjectName}", "arn:${Partition}:s3:::${BucketName}"
ROLE = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
NOT_DECIDED_BY_POLICIES = ("sts:getcalleridentity", "sts:getsessiontoken")
_SAML, _WEB_IDENTITY = "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"
_WITH_PROVIDER = ("sts:tagsession", "sts:setsourceidentity", "sts:setcontext")
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
_GET_FEDERATED_USER = "sts:getfederationtoken"
_COGNITO = "cognito-identity.amazonaws.com"


def fits_type(solver: Solver, action: StringTerm, service: str, format_: str) -> Formula:
    """Whether the action can be authorized on a resource of one type, which has this ARN format."""
    others = [
        name
        for name, resources in service_actions(service).items()
        if name not in NOT_DECIDED_BY_POLICIES and format_ not in resources.formats
    ]
    return solver.not_(_is_action(solver, action, others)) if others else solver.true


@dataclass(frozen=True)
class ActionGroup:
    """The actions of a service that are authorized on the same types of resource; see ActionResources."""

    names: tuple[str, ...]
    formats: frozenset[str]
    everything_too: bool

    def rule(self, solver: Solver, action: StringTerm, resource: StringTerm) -> Formula:
        """Whether a request that has one of these actions has one of their resources; true for all other requests."""
        if not self.formats:
            return solver.true
        languages = [_language(solver, arn, None) for arn in sorted(self.formats)]
        everything = [solver.literal("*")] if self.everything_too and not self.names[0].startswith("s3:") else []
        fits = solver.in_language(resource, solver.union([*languages, *everything]))
        return solver.or_([fits, solver.not_(_is_action(solver, action, self.names))])

    def is_usual(self, solver: Solver, action: StringTerm, resource: StringTerm, values: Mapping[str, str]) -> Formula:
        """Whether a request has one of these actions, on a resource whose ARN has these values and words."""
        if not self.formats:
            fits = solver.one_of(resource, ["*"])
        else:
            fits = solver.in_language(
                resource, solver.union([_language(solver, arn, values) for arn in sorted(self.formats)])
            )
        return solver.and_([_is_action(solver, action, self.names), fits])


@cache
def action_groups(service: str) -> Mapping[str, ActionGroup]:
    """Return the group of each action of a service by its name in lower case; none for a service that isn't known."""
    groups: dict[tuple[frozenset[str], bool], list[str]] = {}
    for name, resources in service_actions(service).items():
        if name not in NOT_DECIDED_BY_POLICIES:
            groups.setdefault((resources.formats, resources.everything_too), []).append(name)
    return {
        name: group
        for (formats, everything_too), names in groups.items()
        for group in [ActionGroup(tuple(names), formats, everything_too)]
        for name in names
    }


def _is_action(solver: Solver, action: StringTerm, names: Iterable[str]) -> Formula:
    return solver.in_language(action, solver.union([solver.literal(name) for name in names]))


def _language(solver: Solver, arn: str, values: Mapping[str, str] | None) -> RegularLanguage:
    """Return the ARNs of a format: with any text in place of a placeholder, or with the usual `values` and words."""
    characters = ("a", "z"), ("A", "Z"), ("0", "9"), ("-", "-"), ("_", "_")
    word = solver.repeated(solver.union([solver.character_range(*each) for each in characters]), 1)
    within_part = solver.repeated(
        solver.union([solver.character_range("\0", "9"), solver.character_range(";", LAST_CHARACTER)])
    )
    not_slash = solver.union([solver.character_range("\0", "."), solver.character_range("0", LAST_CHARACTER)])
    parts, colons = [], 0
    for part in _PLACEHOLDER.split(arn):
        if not _PLACEHOLDER.fullmatch(part):
            parts.append(solver.literal(part))
            colons += part.count(":")
        elif values is not None:
            parts.append(solver.literal(values[part]) if part in values else word)
        # Other names may contain a slash; without this, an object would be a bucket.
        elif part == "${BucketName}":
            parts.append(solver.repeated(not_slash, 1))
        else:
            parts.append(solver.any_string if colons >= COLONS_OF_ARN else within_part)
    return solver.sequence(parts)


def action_rules(solver: Solver, caller: SymbolicCaller, action: StringTerm) -> Iterator[Formula]:
    """Yield which actions of STS the caller can call, whatever the policies say.

    An identity provider vouches for a call that isn't signed; everybody else signs, with credentials.
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
    """
    is_saml, is_web = solver.one_of(action, [_SAML]), solver.one_of(action, [_WEB_IDENTITY])
    if caller.kind is CallerKind.PROVIDER and caller.has_account:
        saml = solver.in_language(
            caller.principal,
            solver.sequence([solver.any_string, solver.literal(":saml-provider/"), solver.any_string]),
        )
        own = solver.or_([solver.and_([saml, is_saml]), solver.and_([solver.not_(saml), is_web])])
        yield solver.or_([own, solver.one_of(action, _WITH_PROVIDER)])
        return
    yield solver.not_(is_saml)
    if caller.kind is CallerKind.SERVICE:
        yield solver.or_([solver.not_(is_web), solver.one_of(caller.principal, [_COGNITO])])
    elif caller.kind is not CallerKind.PROVIDER:
        yield solver.not_(is_web)
    if caller.kind in TEMPORARY:
        yield solver.not_(solver.one_of(action, [_GET_FEDERATED_USER]))


def can_call(caller: SymbolicCaller, *, role: bool) -> bool:
    """Whether such a caller can make any request on a role, or on a bucket and its objects.

    Federated users call no operation of STS but GetCallerIdentity, root users don't assume roles, and AssumeRole is
    signed. An identity provider's users have no credentials before they have assumed a role.
    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    if role:
        unable = (CallerKind.FEDERATED, CallerKind.ROOT, CallerKind.CLOUDFRONT, CallerKind.ANONYMOUS)
        return caller.kind not in unable
    return not (caller.kind is CallerKind.PROVIDER and caller.has_account)
