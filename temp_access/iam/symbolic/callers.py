"""The callers of a symbolic request: known principals, and all possible ones."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from temp_access.iam.arn import Arn, role_session_arn
from temp_access.iam.callers import IAM, WITHOUT_ACCOUNT, CallerKind
from temp_access.iam.symbolic.solver import Formula, RegularLanguage, Solver, StringTerm

RESOURCE_ACCOUNT = "aws:resourceaccount"


@dataclass(frozen=True)
class SymbolicCaller:
    """A caller: its ARN (a service's name, or `*` if it is anonymous), the role of a session, and its account.

    `derived` are the condition keys that the evaluator derives from the caller, by their names in lower case, None for
    an absent one. `structured` are values that depend on the caller but aren't derived, and the rules for them.
    `rules` constrain the caller's names. A caller that no ARN names has no account (`has_account`), and so no policies
    of its own; its account is empty. `usual` is what most callers have, such as no path.
    """

    kind: CallerKind
    principal: StringTerm
    account: StringTerm
    derived: Mapping[str, StringTerm | None]
    role: StringTerm | None = None
    same_account: bool = True
    rules: tuple[Formula, ...] = ()
    structured: Mapping[str, StringTerm] = field(default_factory=dict)
    structured_rules: tuple[Formula, ...] = ()
    has_account: bool = True
    usual: tuple[Formula, ...] = ()


def one_user(solver: Solver, arn: str, account: str) -> SymbolicCaller:
    """Return the user with this ARN."""
    name = solver.constant(Arn.parse(arn).name)
    return make_caller(
        solver, CallerKind.USER, solver.constant(arn), solver.constant(account), resource_account=account, name=name
    )


def role_session(solver: Solver, role_arn: str, account: str) -> SymbolicCaller:
    """Return a session of the role with any role session name."""
    name = solver.string("role session name")
    role = Arn.parse(role_arn)
    beginning = role_session_arn(role.partition, account, role.name, "")
    return make_caller(
        solver,
        CallerKind.ROLE,
        solver.concat([solver.constant(beginning), name]),
        solver.constant(account),
        resource_account=account,
        name=name,
        role=solver.constant(role_arn),
        rules=(solver.in_language(name, session_names(solver)),),
    )


def anonymous(solver: Solver, account: str) -> SymbolicCaller:
    """Return an anonymous caller; `account` is the resource's account."""
    return make_caller(
        solver,
        CallerKind.ANONYMOUS,
        solver.constant("*"),
        solver.constant(""),
        resource_account=account,
        same_account=False,
    )


def make_caller(
    solver: Solver,
    kind: CallerKind,
    principal: StringTerm,
    account: StringTerm,
    *,
    resource_account: str,
    same_account: bool = True,
    name: StringTerm | None = None,
    role: StringTerm | None = None,
    rules: tuple[Formula, ...] = (),
    usual: tuple[Formula, ...] = (),
) -> SymbolicCaller:
    """Return the caller with the derived condition keys of `temp_access.iam.condition_keys`.

    `name` is that of a user, of a federated user, or of a role's session.
    """
    derived: dict[str, StringTerm | None] = {RESOURCE_ACCOUNT: solver.constant(resource_account)}
    structured: dict[str, StringTerm] = {}
    structured_rules: tuple[Formula, ...] = ()
    derived["aws:username"] = name if kind is CallerKind.USER else None
    if kind in IAM:
        derived |= {
            "aws:principaltype": solver.constant(kind.value),
            "aws:principalisawsservice": solver.constant("false"),
            "aws:principalaccount": account,
            "aws:principalarn": role or principal,
        }
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-infotouse
    match kind:
        case CallerKind.SERVICE:
            derived |= {"aws:principalisawsservice": solver.constant("true"), "aws:principalservicename": principal}
        case CallerKind.ANONYMOUS:
            derived |= {
                "aws:principaltype": solver.constant(kind.value),
                "aws:userid": solver.constant("anonymous"),
                "aws:principalarn": None,
            }
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalaccount
            structured["aws:principalaccount"] = solver.constant("anonymous")
        case CallerKind.ROOT:
            derived["aws:userid"] = account
        case CallerKind.FEDERATED if name is not None:
            derived["aws:userid"] = solver.concat([account, solver.constant(":"), name])
        case CallerKind.USER | CallerKind.ROLE:
            unique_id = solver.string("unique id")
            prefix = "AIDA" if kind is CallerKind.USER else "AROA"
            capitals = [solver.character_range("A", "Z"), solver.character_range("0", "9")]
            ids = solver.sequence([solver.literal(prefix), solver.repeated(solver.union(capitals), 1)])
            structured_rules = (solver.in_language(unique_id, ids),)
            ending = [solver.constant(":"), name] if kind is CallerKind.ROLE and name is not None else []
            structured["aws:userid"] = solver.concat([unique_id, *ending])
    if kind in (CallerKind.SERVICE, CallerKind.PROVIDER, CallerKind.CLOUDFRONT):
        arn, rule = _arn_of_no_principal(solver)
        structured["aws:principalarn"] = arn
        structured_rules = (*structured_rules, rule)
    has_account = kind not in WITHOUT_ACCOUNT
    return SymbolicCaller(
        kind, principal, account, derived, role, same_account, rules, structured, structured_rules, has_account, usual
    )


def _arn_of_no_principal(solver: Solver) -> tuple[StringTerm, Formula]:
    """Return the aws:PrincipalArn of a caller that is in no account, if it has one: not that of a user or role."""
    arn, anything = solver.string("aws:principalarn"), solver.any_string
    account = solver.repeated(solver.character_range("0", "9"), 12, 12)
    iam = [solver.literal("arn:"), anything, solver.literal(":iam::"), account, solver.literal(":"), anything]
    return arn, solver.not_(solver.in_language(arn, solver.sequence(iam)))


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
    unwanted = {CallerKind.USER: not_user, CallerKind.ROLE: not_role}
    yield from _of_account(solver, solver.constant(account), (), account, partition, unwanted)
    other = solver.string("account")
    digits = solver.repeated(solver.character_range("0", "9"), 12, 12)
    foreign = (solver.in_language(other, digits), solver.not_(solver.equal(other, solver.constant(account))))
    yield from _of_account(solver, other, foreign, account, partition, {})
    yield from _others(solver, account, partition)
    yield anonymous(solver, account)


def _others(solver: Solver, account: str, partition: str) -> Iterator[SymbolicCaller]:
    """Yield services, whatever else is named by a domain, identity providers by ARN, and CloudFront's identities."""
    label = solver.repeated(
        solver.union(
            [solver.character_range(low, high) for low, high in (("a", "z"), ("A", "Z"), ("0", "9"), ("-", "-"))]
        ),
        1,
    )
    beginning = solver.repeated(solver.sequence([label, solver.literal(".")]), 1)
    aws = solver.sequence([beginning, solver.literal("amazonaws.com"), solver.repeated(solver.literal(".cn"), 0, 1)])
    yield _without_account(solver, CallerKind.SERVICE, aws, account)
    # accounts.google.com, and services of partitions with other domains.
    domain = _without_account(solver, CallerKind.PROVIDER, solver.sequence([beginning, label]), account)
    not_aws = solver.not_(solver.in_language(domain.principal, aws))
    yield replace(domain, rules=(*domain.rules, not_aws), has_account=False)
    character = solver.character_range("!", "~")
    name = solver.repeated(character, 1)
    kinds = solver.union([solver.literal(kind) for kind in ("saml-provider/", "oidc-provider/")])
    provider = solver.sequence([solver.literal("arn:"), name, solver.literal(":"), kinds, name])
    yield _without_account(solver, CallerKind.PROVIDER, provider, account)
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
    beginning = solver.literal(f"arn:{partition}:iam::cloudfront:user/")
    identity = solver.sequence([beginning, solver.repeated(solver.union([character, solver.literal(" ")]), 1)])
    yield replace(
        _without_account(solver, CallerKind.CLOUDFRONT, identity, account),
        account=solver.constant("cloudfront"),
        derived={RESOURCE_ACCOUNT: solver.constant(account)},
    )


def _without_account(solver: Solver, kind: CallerKind, names: RegularLanguage, resource_account: str) -> SymbolicCaller:
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
    unwanted: Mapping[CallerKind, str],
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

    def not_unwanted(kind: CallerKind) -> tuple[Formula, ...]:
        return (solver.not_(solver.one_of(name, [unwanted[kind]])),) if unwanted.get(kind) else ()

    def arn(service: str, *rest: StringTerm) -> StringTerm:
        return solver.concat([solver.constant(f"arn:{partition}:{service}::"), number, *rest])

    yield make_caller(
        solver,
        CallerKind.USER,
        arn("iam", solver.constant(":user"), path, name),
        number,
        resource_account=resource_account,
        same_account=same_account,
        name=name,
        rules=rules + named + not_unwanted(CallerKind.USER),
        usual=(solver.one_of(path, ["/"]),),
    )
    yield make_caller(
        solver,
        CallerKind.FEDERATED,
        arn("sts", solver.constant(":federated-user/"), name),
        number,
        resource_account=resource_account,
        same_account=same_account,
        name=name,
        rules=rules + named,
    )
    yield make_caller(
        solver,
        CallerKind.ROLE,
        arn("sts", solver.constant(":assumed-role/"), name, solver.constant("/"), session),
        number,
        resource_account=resource_account,
        same_account=same_account,
        name=session,
        role=arn("iam", solver.constant(":role"), path, name),
        rules=(*rules, *named, *not_unwanted(CallerKind.ROLE), solver.in_language(session, session_names(solver))),
        usual=(solver.one_of(path, ["/"]),),
    )
    yield make_caller(
        solver,
        CallerKind.ROOT,
        arn("iam", solver.constant(":root")),
        number,
        resource_account=resource_account,
        same_account=same_account,
        rules=rules,
    )
