"""Who asks: a caller of one kind, whose names can be anything that such a caller can have."""

from collections.abc import Mapping
from dataclasses import dataclass

from temp_access.policy.prove.solver import Formula, RegularLanguage, Solver, StringTerm

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
    """Return the caller with the condition keys that temp_access.policy.request derives; `own` is the resource's."""
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
