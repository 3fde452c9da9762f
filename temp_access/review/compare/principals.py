"""The principals whose access is compared."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from temp_access.borrow.session_names import fill_pattern, session_name
from temp_access.config.model import Grant
from temp_access.deployment.effective_policies import PolicyOwner, PrincipalPolicies, UnknownAs
from temp_access.iam.arn import iam_arn
from temp_access.iam.aws_managed import ALLOW_NOTHING
from temp_access.iam.evaluator import PolicySet
from temp_access.iam.service_rules import delegating_policy
from temp_access.iam.statements import StatementView, policy_statements
from temp_access.policies.session_policy import session_policy_for
from temp_access.review.compare.actions import is_pattern
from temp_access.review.compare.expected_policies import reference_policies
from temp_access.review.compare.sample_arns import sample_arns
from temp_access.review.holders import OUTSIDER, ROLE_HOLDER, USER_HOLDER, Holder
from temp_access.review.names import ACCOUNT, GRANT_TOKEN, PARTITION, ROLE, SESSIONS, USER
from temp_access.review.snapshot import Snapshot, grant_pairs, grant_roles, session_holder, users

NO_SESSION_POLICY, NAMED_SESSION = "no session policy", "a session named "
_FOREIGN = "999988887777"
_ANY_USER = "user/somebody"
# Users and roles differ in these: users have a name, sessions have an id with a name in it.
_KIND_KEYS = ("aws:username", "aws:userid", "aws:principaltype")
_ACCOUNT_NUMBER = re.compile(r"(?:.*iam::)?(\d{12})(?::root)?")
_PROVIDER = re.compile(r".*(?=(?:oidc|saml)-provider/)")
_ROLE = re.compile(r"(.*)iam:(.+)role/(?:.*/)?([^/]+)")


@dataclass(frozen=True, slots=True)
class ExternalPrincipal:
    """A caller outside of the templates, with unlimited permissions of its own.

    `account` is "" for a caller without one, and None for the account of the templates. `action` is the call that
    gives this caller a session of the role. `keys` are condition keys that its calls have, such as those of a token.
    """

    description: str
    arn: str
    account: str | None
    role_arn: str | None = None
    action: str = "sts:AssumeRole"
    keys: tuple[tuple[str, str], ...] = ()


_OTHER_PRINCIPAL = ExternalPrincipal(
    "any other principal in this account", f"{PARTITION}iam:{ACCOUNT}user/somebody", None
)


def federated_principal(name: str) -> ExternalPrincipal:
    """Return the users of the identity provider `name` (normalized)."""
    action = "sts:AssumeRoleWithSAML" if "saml-provider/" in name else "sts:AssumeRoleWithWebIdentity"
    return ExternalPrincipal(f"users of {_PROVIDER.sub('', _display_name(name))}", name, "", action=action)


def external_principals(names: Iterable[str], head: Snapshot, *, by_kind: bool) -> Iterator[ExternalPrincipal]:
    """Yield the callers that represent the principals `names` (normalized), each once; `*` is every principal.

    For patterns, there is one caller for each set of patterns that an ARN can match. With `by_kind`, a user doesn't
    represent roles.
    """
    names = list(dict.fromkeys(names))
    patterns = [name for name in names if is_pattern(name) and name != "*"]
    callers = [caller for name in names if name not in patterns for caller in external_principal(name)]
    samples = sample_arns([head.names.localize(pattern) for pattern in patterns], head.target.account)
    # An ARN that is named in full is a caller of its own.
    arns = {caller.role_arn or caller.arn for caller in callers}
    for sample, matched, excluded in samples:
        arn = head.names.normalize(sample)
        if arn in arns or arn in (USER, ROLE):
            continue
        like, unlike = (_display_name(head.names.normalize(each)) for each in (matched, excluded))
        description = f"principals with an ARN like {like}" + (f" but not like {unlike}" if unlike else "")
        callers += [replace(caller, description=description) for caller in external_principal(arn)]
    for caller in dict.fromkeys(callers):
        yield caller
        if by_kind and caller.arn.endswith(_ANY_USER):
            path = caller.arn.removesuffix(_ANY_USER)
            session = f"{path.replace('iam:', 'sts:')}assumed-role/somebody/session"
            role_arn = f"{path}role/somebody"
            yield ExternalPrincipal(f"{caller.description} (roles)", session, caller.account, role_arn)


def tests_kind(snapshots: Iterable[Snapshot], role: Holder) -> bool:
    """Whether a policy of the bucket or a role tests what kind of principal calls."""
    for snapshot in snapshots:
        policies = [
            snapshot.trust_policy(role),
            snapshot.policies.bucket_policy(snapshot.state.bucket),
        ]
        for statement in policy_statements(policies):
            if any(entry.lower_key in _KIND_KEYS for entry in statement.conditions):
                return True
    return False


def external_principal(name: str) -> Iterator[ExternalPrincipal]:
    """Yield the callers that represent the principal `name` (normalized), which isn't a pattern, or is `*`."""
    if name == "*":
        yield ExternalPrincipal("anonymous callers", "*", "")
        yield ExternalPrincipal("any other account", f"{PARTITION}iam::{_FOREIGN}:user/somebody", _FOREIGN)
        yield _OTHER_PRINCIPAL
    elif match := _ACCOUNT_NUMBER.fullmatch(name):
        yield ExternalPrincipal(f"account {match[1]}", f"{PARTITION}iam::{match[1]}:user/somebody", match[1])
    elif name.endswith(f"{ACCOUNT}root"):
        yield _OTHER_PRINCIPAL
    elif name.startswith(PARTITION):
        account = None if ACCOUNT in name else name.split(":")[2]
        short = name.removeprefix(PARTITION)
        own, foreign = short.partition(ACCOUNT)[2], f"{short.rpartition(':')[2]} of account {account}"
        description = short.partition("user/")[2] if _is_origin_access(name) else own if account is None else foreign
        if role := _ROLE.fullmatch(name):
            arn = f"{role[1]}sts:{role[2]}assumed-role/{role[3]}/session"
            yield ExternalPrincipal(description, arn, account, name)
        else:
            yield ExternalPrincipal(description, name, account)
    else:
        yield ExternalPrincipal(_display_name(name), name, "")


def _is_origin_access(name: str) -> bool:
    # CloudFront's identity is no user, and has no policies.
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
    return name.startswith(f"{PARTITION}iam::cloudfront:user/")


def condition_principals(statement: StatementView, snapshot: Snapshot) -> Iterator[str]:
    """Yield the principals that the conditions of a statement name: ARNs, accounts, and users of this account."""
    target = snapshot.target
    for entry in statement.conditions:
        if entry.lower_key == "aws:username":
            yield from (iam_arn(target.partition, target.account, f"user/{name}") for name in entry.values)
        elif entry.lower_key in ("aws:principalarn", "aws:principalaccount"):
            yield from (value for value in entry.values if value != target.account)


def _display_name(name: str) -> str:
    return name.replace(PARTITION, "arn:aws:").replace(ACCOUNT, ":ACCOUNT:")


@dataclass(frozen=True, slots=True)
class ComparedPrincipal:
    """A caller in both snapshots.

    `holders` have its policies in base and head. `grants` are those of a grant's session. With `allows_nothing`, the
    session policy of a session allows nothing. The own policies of an outsider allow everything, or nothing if it
    `has_no_permissions`. A user or role that only one snapshot has is compared with its `reference`: the policies that
    access.toml gives it.
    """

    subject: str
    holders: tuple[Holder, Holder]
    arn: str = ""
    grants: tuple[Grant, Grant] | None = None
    allows_nothing: bool = False
    has_no_permissions: bool = False
    external: ExternalPrincipal | None = None
    reference: PrincipalPolicies | None = None

    @property
    def owner(self) -> PolicyOwner:
        """Whose policies apply."""
        return self.holders[1].owner

    @property
    def caveat(self) -> str:
        """The condition under which the decision holds, in words."""
        if self.allows_nothing:
            return ", regardless of its session policy"
        own = self.owner is PolicyOwner.OUTSIDER and not self.has_no_permissions and self.arn.startswith(PARTITION)
        own = own and not _is_origin_access(self.arn)
        return ", if its own policies allow it" if own else ""

    def moves(self, base: Snapshot, head: Snapshot) -> bool:
        """Whether its sessions are of different roles in the snapshots."""
        return self.role_arn(base) != self.role_arn(head)

    def holder(self, snapshot: Snapshot) -> Holder:
        """Return who has its policies in a snapshot."""
        return self.holders[snapshot.name == "head"]

    def grant(self, snapshot: Snapshot) -> Grant | None:
        """Return the grant of its session in a snapshot."""
        return self.grants[snapshot.name == "head"] if self.grants else None

    def user_name(self, snapshot: Snapshot) -> str:
        """Return the value of `${aws:username}` for a user, that of the one user for others."""
        holder = self.holder(snapshot)
        return snapshot.name_of(holder if holder.owner is PolicyOwner.USER else USER_HOLDER)

    def caller_arn(self, snapshot: Snapshot) -> str:
        """Return the ARN of the caller in a snapshot."""
        grant, user, holder = self.grant(snapshot), snapshot.config.user.name, self.holder(snapshot)
        pattern = snapshot.config.role.conditions.session_name
        if grant:
            return snapshot.session_arn(holder, session_name(pattern, grant.id, user_name=user, principal=user))
        if self.arn:
            return snapshot.names.localize(self.arn)
        if holder.owner is PolicyOwner.USER:
            return snapshot.arn_of(holder)
        return snapshot.session_arn(holder, fill_pattern(pattern, user_name=user, filler="session"))

    def role_arn(self, snapshot: Snapshot) -> str | None:
        """Return the ARN of the role whose session it is, None if it is no session."""
        if self.external and self.external.role_arn:
            return snapshot.names.localize(self.external.role_arn)
        return snapshot.arn_of(self.holder(snapshot)) if self.owner is PolicyOwner.ROLE else None

    def policy_set(self, snapshot: Snapshot, *, on_bucket: bool, unknown_as: UnknownAs | None = None) -> PolicySet:
        """Return the policies that apply in a snapshot; see Snapshot.policies_of for those that aren't known."""
        grant, holder = self.grant(snapshot), self.holder(snapshot)
        is_missing = holder.is_further and snapshot.state_of(holder) is None
        if self.has_no_permissions:
            own = PrincipalPolicies()
        else:
            own = self.reference if self.reference and is_missing else snapshot.policies_of(holder, unknown_as)
        if (grant and not grant.borrowers) or self.allows_nothing:
            policy_for = session_policy_for(bucket=snapshot.target.bucket, partition=snapshot.target.partition)
            own = own.narrowed(policy_for(grant) if grant else ALLOW_NOTHING)
        policies = snapshot.policies.on(snapshot.state.bucket if on_bucket else None, own)
        # The policies of other roles and of keys aren't read: a call is compared as far as they leave it open.
        return policies if on_bucket else replace(policies, resource=delegating_policy(snapshot.target.account))


def compared_principals(base: Snapshot, head: Snapshot) -> Iterator[ComparedPrincipal]:
    """Yield every principal whose access is compared; new and removed grants are changes of their own."""
    yield ComparedPrincipal(head.target.user_name, (USER_HOLDER, USER_HOLDER))
    yield ComparedPrincipal(f"{head.target.role_name} ({NO_SESSION_POLICY})", (ROLE_HOLDER, ROLE_HOLDER))
    for id_, before, after in grant_pairs(base, head):
        if before and after:
            holders = (session_holder(base, id_), session_holder(head, id_))
            yield ComparedPrincipal(id_, holders, grants=(before, after))
    yield from _further_principals(base, head)
    named = dict.fromkeys([*_bucket_policy_principals(base), *_bucket_policy_principals(head)])
    for name in named:
        if name.startswith(SESSIONS) and not is_pattern(name):
            session = name.removeprefix(SESSIONS)
            yield ComparedPrincipal(NAMED_SESSION + session, (ROLE_HOLDER, ROLE_HOLDER), name, allows_nothing=True)
        elif (match := GRANT_TOKEN.match(name)) and match[1] == "sessions" and not is_pattern(name):
            session, holder = name.removeprefix(match[0]), Holder(PolicyOwner.ROLE, grant=match[2])
            subject = f"{NAMED_SESSION}{session} of {match[2]}"
            yield ComparedPrincipal(subject, (holder, holder), name, allows_nothing=True)
    own = {head.names.normalize(head.arn_of(holder)) for holder in users(base, head)}
    others = [name for name in [*named, "*"] if name not in (USER, ROLE, *own) and not name.startswith(SESSIONS)]
    others = [name for name in others if not GRANT_TOKEN.match(name)]
    for caller in external_principals(others, head, by_kind=tests_kind((base, head), ROLE_HOLDER)):
        # In the bucket's account, an Allow in the bucket policy is enough by itself, and a Deny limits
        # principals with permissions of their own.
        subject, outsiders = caller.description, (OUTSIDER, OUTSIDER)
        if caller.account is None:
            yield ComparedPrincipal(subject, outsiders, caller.arn, has_no_permissions=True, external=caller)
        yield ComparedPrincipal(subject, outsiders, caller.arn, external=caller)


def _further_principals(base: Snapshot, head: Snapshot) -> Iterator[ComparedPrincipal]:
    """Yield each user for a person, each role that no grant has, and the role of each grant that is new or removed.

    What such a role allows beyond the grant is told by itself.
    """
    for holder in users(base, head):
        yield _further(user_subject(holder), holder, base, head)
    for holder in grant_roles(base, head):
        id_ = holder.grant
        if id_ is None:
            yield _further(str(holder.name), holder, base, head)
        elif not (id_ in base.config.grants and id_ in head.config.grants):
            yield _further(id_, holder, base, head)


def user_subject(holder: Holder) -> str:
    """Return what a user for a person is called: as a borrower."""
    return f"user/{holder.name}"


def _further(subject: str, holder: Holder, base: Snapshot, head: Snapshot) -> ComparedPrincipal:
    there = [each for each in (base, head) if each.state_of(holder)]
    if len(there) != 1:
        return ComparedPrincipal(subject, (holder, holder))
    missing = base if there == [head] else head
    return ComparedPrincipal(subject, (holder, holder), reference=reference_policies(holder, there[0], missing))


def _bucket_policy_principals(snapshot: Snapshot) -> Iterator[str]:
    for statement in policy_statements([snapshot.policies.bucket_policy(snapshot.state.bucket)]):
        callers = [*statement.principal_names(), *condition_principals(statement, snapshot)]
        yield from map(snapshot.names.normalize, callers)
