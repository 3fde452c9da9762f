"""Callers that the templates don't make, with every right that their own policies could give them."""

from collections.abc import Iterator
from dataclasses import replace

from temp_access.policy.prove.callers import (
    FEDERATED,
    PROVIDER,
    RESOURCE_ACCOUNT,
    ROOT,
    SERVICE,
    SESSION,
    USER,
    SymbolicCaller,
    anonymous,
    iam_characters,
    make_caller,
    session_names,
)
from temp_access.policy.prove.solver import Formula, RegularLanguage, Solver, StringTerm


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
