"""Callers that the templates don't make, with every right that their own policies could give them."""

from collections.abc import Iterator

from temp_access.policy.prove.callers import (
    ROOT,
    SERVICE,
    SESSION,
    USER,
    Caller,
    anonymous,
    iam_characters,
    make_caller,
    session_names,
)
from temp_access.policy.prove.solver import Formula, Logic, Text


def strangers(logic: Logic, account: str, partition: str) -> Iterator[Caller]:
    """Yield a user, a role's session and a root user, of `account` and of any other, a service, and nobody.

    Between them they are every principal that a policy can name, but federated users and identity providers.
    """
    yield from _of_account(logic, logic.text(account), (), account, partition)
    other = logic.variable("account")
    digits = logic.repeated(logic.characters("0", "9"), 12, 12)
    foreign = (logic.within(other, digits), logic.no(logic.equal(other, logic.text(account))))
    yield from _of_account(logic, other, foreign, account, partition)
    service = logic.variable("service")
    label = logic.either(
        [logic.characters("a", "z"), logic.characters("0", "9"), logic.exactly("."), logic.exactly("-")]
    )
    name = logic.sequence([logic.repeated(label, 1), logic.exactly(".amazonaws.com")])
    rules = (logic.within(service, name),)
    yield make_caller(logic, SERVICE, service, logic.text(""), own=account, own_account=False, rules=rules)
    yield anonymous(logic, account)


def _of_account(logic: Logic, number: Text, rules: tuple[Formula, ...], own: str, partition: str) -> Iterator[Caller]:
    name, path, session = logic.variable("name"), logic.variable("path"), logic.variable("role session name")
    here = not rules
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names
    slash = logic.exactly("/")
    within = logic.sequence([logic.repeated(logic.characters("!", "~")), slash])
    named = (
        logic.within(name, logic.repeated(iam_characters(logic), 1)),
        logic.within(path, logic.sequence([slash, logic.repeated(within, 0, 1)])),
    )

    def arn(service: str, *rest: Text) -> Text:
        return logic.joined([logic.text(f"arn:{partition}:{service}::"), number, *rest])

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
        SESSION,
        arn("sts", logic.text(":assumed-role/"), name, logic.text("/"), session),
        number,
        own=own,
        own_account=here,
        role=arn("iam", logic.text(":role"), path, name),
        rules=(*rules, *named, logic.within(session, session_names(logic))),
    )
    yield make_caller(logic, ROOT, arn("iam", logic.text(":root")), number, own=own, own_account=here, rules=rules)
