"""Symbolic principals, known and arbitrary."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from temp_access.iam.symbolic.solver import Formula, RegularLanguage, Solver, StringTerm

USER, SESSION, ROOT, SERVICE, NOBODY = "User", "AssumedRole", "Account", "Service", "Anonymous"
FEDERATED, PROVIDER = "FederatedUser", "Provider"
RESOURCE_ACCOUNT = "aws:resourceaccount"


@dataclass(frozen=True)
class SymbolicCaller:
    """A caller's ARN (a service's name, `*` for nobody), its role's if it is a session, and its account.

    `derived` are the condition keys that follow from the caller, by their names in lower case, None for
    one that is absent; `rules` hold for its names. Callers without an account have an empty one.
    """

    kind: str
    principal: StringTerm
    account: StringTerm
    derived: Mapping[str, StringTerm | None]
    role: StringTerm | None = None
    own_account: bool = True
    rules: tuple[Formula, ...] = ()

    @property
    def has_account(self) -> bool:
        """Whether the caller belongs to an account."""
        return self.kind not in (SERVICE, NOBODY)


def one_user(logic: Solver, arn: str, account: str) -> SymbolicCaller:
    """Return the user called `arn`."""
    name = logic.text(arn.rpartition("/")[2])
    return make_caller(logic, USER, logic.text(arn), logic.text(account), own=account, name=name)


def role_session(logic: Solver, role_arn: str, account: str) -> SymbolicCaller:
    """Return a session of the role, whatever its role session name."""
    name = logic.variable("role session name")
    beginning = f"arn:{role_arn.split(':')[1]}:sts::{account}:assumed-role/{role_arn.rpartition('/')[2]}/"
    return make_caller(
        logic,
        SESSION,
        logic.concat([logic.text(beginning), name]),
        logic.text(account),
        own=account,
        role=logic.text(role_arn),
        rules=(logic.in_language(name, session_names(logic)),),
    )


def anonymous(logic: Solver, account: str) -> SymbolicCaller:
    """Return a caller without credentials; `account` is the resource's."""
    return make_caller(logic, NOBODY, logic.text("*"), logic.text(""), own=account, own_account=False)


def make_caller(
    logic: Solver,
    kind: str,
    principal: StringTerm,
    account: StringTerm,
    *,
    own: str,
    own_account: bool = True,
    name: StringTerm | None = None,
    role: StringTerm | None = None,
    rules: tuple[Formula, ...] = (),
) -> SymbolicCaller:
    """Return the caller with the condition keys that temp_access.iam.request derives; `own` is the resource's."""
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    without_account = kind in (SERVICE, NOBODY)
    derived = {
        RESOURCE_ACCOUNT: logic.text(own),
        "aws:principaltype": logic.text(NOBODY if without_account else kind),
        "aws:principalaccount": None if without_account else account,
        "aws:principalarn": None if without_account else role or principal,
        "aws:username": name if kind == USER else None,
    }
    return SymbolicCaller(kind, principal, account, derived, role, own_account, rules)


def iam_characters(logic: Solver) -> RegularLanguage:
    """Return the characters of the names of users, roles and sessions."""
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    ranges = [("a", "z"), ("A", "Z"), ("0", "9"), *((c, c) for c in "_+=,.@-")]
    return logic.either([logic.characters(low, high) for low, high in ranges])


def session_names(logic: Solver) -> RegularLanguage:
    """Return the role session names, and longer ones: an upper bound would only make the proofs slower."""
    return logic.repeated(iam_characters(logic), 2)


def arbitrary_callers(logic: Solver, account: str, partition: str) -> Iterator[SymbolicCaller]:
    """Yield a user, a federated one, a role's session and a root user, of `account` and of any other, and the rest.

    Those are a service, a user of an identity provider, and nobody. Between them they are every principal
    that a policy can name, but by its ID.
    """
    yield from _of_account(logic, logic.text(account), (), account, partition)
    other = logic.variable("account")
    digits = logic.repeated(logic.characters("0", "9"), 12, 12)
    foreign = (logic.in_language(other, digits), logic.not_(logic.equal(other, logic.text(account))))
    yield from _of_account(logic, other, foreign, account, partition)
    # s3.amazonaws.com, ec2.amazonaws.com.cn, and identity providers such as accounts.google.com
    label = logic.repeated(
        logic.either([logic.characters(low, high) for low, high in (("a", "z"), ("A", "Z"), ("0", "9"), ("-", "-"))]), 1
    )
    domain = logic.sequence([label, logic.repeated(logic.sequence([logic.exactly("."), label]), 1)])
    yield _without_account(logic, SERVICE, domain, account)
    name = logic.repeated(logic.characters("!", "~"), 1)
    provider = logic.sequence([logic.exactly("arn:"), name, logic.exactly("-provider/"), name])
    # Which keys of the caller such a request has isn't told anywhere: any of them, or none.
    derived = {RESOURCE_ACCOUNT: logic.text(account)}
    yield replace(_without_account(logic, PROVIDER, provider, account), derived=derived)
    yield anonymous(logic, account)


def _without_account(logic: Solver, kind: str, names: RegularLanguage, own: str) -> SymbolicCaller:
    name = logic.variable("name")
    rules = (logic.in_language(name, names),)
    return make_caller(logic, kind, name, logic.text(""), own=own, own_account=False, rules=rules)


def _of_account(
    logic: Solver, number: StringTerm, rules: tuple[Formula, ...], own: str, partition: str
) -> Iterator[SymbolicCaller]:
    name, path, session = logic.variable("name"), logic.variable("path"), logic.variable("role session name")
    here = not rules
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names
    slash = logic.exactly("/")
    within = logic.sequence([logic.repeated(logic.characters("!", "~")), slash])
    named = (
        logic.in_language(name, logic.repeated(iam_characters(logic), 1)),
        logic.in_language(path, logic.sequence([slash, logic.repeated(within, 0, 1)])),
    )

    def arn(service: str, *rest: StringTerm) -> StringTerm:
        return logic.concat([logic.text(f"arn:{partition}:{service}::"), number, *rest])

    yield make_caller(
        logic,
        USER,
        arn("iam", logic.text(":user"), path, name),
        number,
        own=own,
        own_account=here,
        name=name,
        rules=rules + named,
    )
    yield make_caller(
        logic,
        FEDERATED,
        arn("sts", logic.text(":federated-user/"), name),
        number,
        own=own,
        own_account=here,
        rules=rules + named,
    )
    yield make_caller(
        logic,
        SESSION,
        arn("sts", logic.text(":assumed-role/"), name, logic.text("/"), session),
        number,
        own=own,
        own_account=here,
        role=arn("iam", logic.text(":role"), path, name),
        rules=(*rules, *named, logic.in_language(session, session_names(logic))),
    )
    yield make_caller(logic, ROOT, arn("iam", logic.text(":root")), number, own=own, own_account=here, rules=rules)
