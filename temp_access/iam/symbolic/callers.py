"""The callers of a symbolic request: known principals, and all possible ones."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from temp_access.iam.arn import Arn, role_session_arn
from temp_access.iam.symbolic.solver import Formula, RegularLanguage, Solver, StringTerm

USER, SESSION, ROOT, SERVICE, ANONYMOUS = "User", "AssumedRole", "Account", "Service", "Anonymous"
FEDERATED_USER, IDENTITY_PROVIDER = "FederatedUser", "Provider"
RESOURCE_ACCOUNT = "aws:resourceaccount"


@dataclass(frozen=True)
class SymbolicCaller:
    """A caller: its ARN (a service's name, or `*` if it is anonymous), the role of a session, and its account.

    `derived` are the condition keys that follow from the caller, by their names in lower case, None for an absent
    one; `rules` constrain its names. A caller without an account has an empty one.
    """

    kind: str
    principal: StringTerm
    account: StringTerm
    derived: Mapping[str, StringTerm | None]
    role: StringTerm | None = None
    same_account: bool = True
    rules: tuple[Formula, ...] = ()

    @property
    def has_account(self) -> bool:
        """Whether the caller belongs to an account."""
        return self.kind not in (SERVICE, ANONYMOUS)


def one_user(solver: Solver, arn: str, account: str) -> SymbolicCaller:
    """Return the user with this ARN."""
    name = solver.constant(Arn.parse(arn).name)
    return make_caller(
        solver, USER, solver.constant(arn), solver.constant(account), resource_account=account, name=name
    )


def role_session(solver: Solver, role_arn: str, account: str) -> SymbolicCaller:
    """Return a session of the role with any role session name."""
    name = solver.string("role session name")
    role = Arn.parse(role_arn)
    beginning = role_session_arn(role.partition, account, role.name, "")
    return make_caller(
        solver,
        SESSION,
        solver.concat([solver.constant(beginning), name]),
        solver.constant(account),
        resource_account=account,
        role=solver.constant(role_arn),
        rules=(solver.in_language(name, session_names(solver)),),
    )


def anonymous(solver: Solver, account: str) -> SymbolicCaller:
    """Return an anonymous caller; `account` is the resource's account."""
    return make_caller(
        solver, ANONYMOUS, solver.constant("*"), solver.constant(""), resource_account=account, same_account=False
    )


def make_caller(
    solver: Solver,
    kind: str,
    principal: StringTerm,
    account: StringTerm,
    *,
    resource_account: str,
    same_account: bool = True,
    name: StringTerm | None = None,
    role: StringTerm | None = None,
    rules: tuple[Formula, ...] = (),
) -> SymbolicCaller:
    """Return the caller, with the same derived condition keys as temp_access.iam.request."""
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    without_account = kind in (SERVICE, ANONYMOUS)
    derived = {
        RESOURCE_ACCOUNT: solver.constant(resource_account),
        "aws:principaltype": solver.constant(ANONYMOUS if without_account else kind),
        "aws:principalaccount": None if without_account else account,
        "aws:principalarn": None if without_account else role or principal,
        "aws:username": name if kind == USER else None,
    }
    return SymbolicCaller(kind, principal, account, derived, role, same_account, rules)


def iam_characters(solver: Solver) -> RegularLanguage:
    """Return the characters that names of users, roles and sessions can have."""
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    ranges = [("a", "z"), ("A", "Z"), ("0", "9"), *((c, c) for c in "_+=,.@-")]
    return solver.union([solver.character_range(low, high) for low, high in ranges])


def session_names(solver: Solver) -> RegularLanguage:
    """Return the role session names, and longer ones: an upper limit would only make the proofs slower."""
    return solver.repeated(iam_characters(solver), 2)


def arbitrary_callers(
    solver: Solver, account: str, partition: str, *, not_user: str = "", not_role: str = ""
) -> Iterator[SymbolicCaller]:
    """Yield callers that together are every principal that a policy can name, except by a unique ID.

    They are a user, a federated user, a role's session and a root user of `account` and of any other account; a
    service, a user of an identity provider, and an anonymous caller. Those of `account` aren't the user `not_user`
    or a session of the role `not_role`: these names are unique in an account, whatever the path.
    """
    unwanted = {USER: not_user, SESSION: not_role}
    yield from _of_account(solver, solver.constant(account), (), account, partition, unwanted)
    other = solver.string("account")
    digits = solver.repeated(solver.character_range("0", "9"), 12, 12)
    foreign = (solver.in_language(other, digits), solver.not_(solver.equal(other, solver.constant(account))))
    yield from _of_account(solver, other, foreign, account, partition, {})
    # s3.amazonaws.com, ec2.amazonaws.com.cn, and identity providers such as accounts.google.com
    label = solver.repeated(
        solver.union(
            [solver.character_range(low, high) for low, high in (("a", "z"), ("A", "Z"), ("0", "9"), ("-", "-"))]
        ),
        1,
    )
    domain = solver.sequence([label, solver.repeated(solver.sequence([solver.literal("."), label]), 1)])
    yield _without_account(solver, SERVICE, domain, account)
    name = solver.repeated(solver.character_range("!", "~"), 1)
    provider = solver.sequence([solver.literal("arn:"), name, solver.literal("-provider/"), name])
    # AWS doesn't document which keys of the caller such a request has: any of them, or none.
    derived = {RESOURCE_ACCOUNT: solver.constant(account)}
    yield replace(_without_account(solver, IDENTITY_PROVIDER, provider, account), derived=derived)
    yield anonymous(solver, account)


def _without_account(solver: Solver, kind: str, names: RegularLanguage, resource_account: str) -> SymbolicCaller:
    name = solver.string("name")
    rules = (solver.in_language(name, names),)
    return make_caller(
        solver, kind, name, solver.constant(""), resource_account=resource_account, same_account=False, rules=rules
    )


def _of_account(
    solver: Solver,
    number: StringTerm,
    rules: tuple[Formula, ...],
    resource_account: str,
    partition: str,
    unwanted: Mapping[str, str],
) -> Iterator[SymbolicCaller]:
    name, path, session = solver.string("name"), solver.string("path"), solver.string("role session name")
    same_account = not rules
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names
    slash = solver.literal("/")
    within = solver.sequence([solver.repeated(solver.character_range("!", "~")), slash])
    named = (
        solver.in_language(name, solver.repeated(iam_characters(solver), 1)),
        solver.in_language(path, solver.sequence([slash, solver.repeated(within, 0, 1)])),
    )

    def not_unwanted(kind: str) -> tuple[Formula, ...]:
        return (solver.not_(solver.one_of(name, [unwanted[kind]])),) if unwanted.get(kind) else ()

    def arn(service: str, *rest: StringTerm) -> StringTerm:
        return solver.concat([solver.constant(f"arn:{partition}:{service}::"), number, *rest])

    yield make_caller(
        solver,
        USER,
        arn("iam", solver.constant(":user"), path, name),
        number,
        resource_account=resource_account,
        same_account=same_account,
        name=name,
        rules=rules + named + not_unwanted(USER),
    )
    yield make_caller(
        solver,
        FEDERATED_USER,
        arn("sts", solver.constant(":federated-user/"), name),
        number,
        resource_account=resource_account,
        same_account=same_account,
        rules=rules + named,
    )
    yield make_caller(
        solver,
        SESSION,
        arn("sts", solver.constant(":assumed-role/"), name, solver.constant("/"), session),
        number,
        resource_account=resource_account,
        same_account=same_account,
        role=arn("iam", solver.constant(":role"), path, name),
        rules=(*rules, *named, *not_unwanted(SESSION), solver.in_language(session, session_names(solver))),
    )
    yield make_caller(
        solver,
        ROOT,
        arn("iam", solver.constant(":root")),
        number,
        resource_account=resource_account,
        same_account=same_account,
        rules=rules,
    )
