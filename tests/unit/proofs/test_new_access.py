"""Between two sets of templates: what nobody might do before, with a request that shows it."""

from typing import Any

import pytest

from temp_access.cfn.assembly import Assembly
from temp_access.proofs import Claim, ClaimStatus
from tests.unit.support.proving import Change, also, changed, decided, not_proved

USER = "no new access: the user"
ROLE = "no new access: the role, without a session policy"
SESSIONS = "no new access: sessions"
OTHERS = "no new access: any other caller"
TRUSTED = {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "sts:AssumeRole"}
OBJECTS = "arn:aws:s3:::the-bucket-of-the-folders/*"


def new(head: Assembly, base: Assembly) -> dict[str, Claim]:
    """Return the claims about new access."""
    return decided("no new", assembly=head, base=base)


def on_objects(principal: Any) -> dict[str, Any]:
    """Return a bucket policy's Allow of everything on the objects."""
    return {"Effect": "Allow", "Principal": principal, "Action": "s3:*", "Resource": OBJECTS}


def trusting(principal: Any) -> Change:
    """Return a change that lets a principal assume the role by any action of STS."""
    return also({"Effect": "Allow", "Principal": principal, "Action": "sts:*"}, "AssumeRolePolicyDocument")


def policy_of(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the document of the first policy in a user or role."""
    document: dict[str, Any] = properties["Policies"][0]["PolicyDocument"]
    return document


def in_policy(statement: dict[str, Any]) -> Change:
    """Return a change that adds a statement to the first policy of a user or role."""
    return lambda properties: policy_of(properties)["Statement"].append(statement)


def test_the_same_templates_allow_nothing_new() -> None:
    """Every caller and every request."""
    assert not_proved(new(changed(), changed())) == {}


def test_an_equivalent_rewrite_allows_nothing_new() -> None:
    """One statement cut in two, in another order, and a wildcard written twice."""

    def rewrite(properties: dict[str, Any]) -> None:
        document = policy_of(properties)
        listing, objects = document["Statement"]
        halves = [{**objects, "Action": action} for action in objects["Action"]]
        document["Statement"] = [*reversed(halves), {**listing, "Action": ["s3:ListBucke*", "s3:ListBucket"]}]
        document["Statement"][-1]["Action"] = ["S3:LISTBUCKET"]

    assert not_proved(new(changed(role=rewrite), changed())) == {}


def test_less_is_nothing_new() -> None:
    """An action taken away; the other way round it is new, for role and sessions."""

    def narrow(properties: dict[str, Any]) -> None:
        policy_of(properties)["Statement"][1]["Action"].remove("s3:DeleteObject")

    assert not_proved(new(changed(role=narrow), changed())) == {}
    found = new(changed(), changed(role=narrow))
    assert not_proved(found) == {ROLE: ClaimStatus.REFUTED, SESSIONS: ClaimStatus.REFUTED}
    witness = found[SESSIONS].witness
    assert witness
    assert witness.action == "s3:DeleteObject"
    assert witness.key
    assert witness.folder
    assert witness.key.startswith(f"{witness.folder}/")


def test_a_removed_deny_is_new_access() -> None:
    """Without the TLS statement, everybody may come without TLS."""

    def no_deny(properties: dict[str, Any]) -> None:
        properties["PolicyDocument"]["Statement"][0]["Action"] = "s3:PutBucketAcl"

    found = new(changed(bucket=no_deny), changed())

    assert not_proved(found) == {ROLE: ClaimStatus.REFUTED, SESSIONS: ClaimStatus.REFUTED, OTHERS: ClaimStatus.REFUTED}
    witness = found[ROLE].witness
    assert witness
    assert witness.context["aws:securetransport"] == "false"


def test_a_deny_on_any_prefix_doesnt_stop_a_call_without_one() -> None:
    """Key presence counts: swapping an unconditional Deny for one on `StringLike s3:prefix *` is new access."""
    deny = {"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*"}
    on_any_prefix = {**deny, "Condition": {"StringLike": {"s3:prefix": "*"}}}
    unless_absent = {**deny, "Condition": {"StringLikeIfExists": {"s3:prefix": "*"}}}

    found = new(changed(role=in_policy(on_any_prefix)), changed(role=in_policy(deny)))

    assert not_proved(found) == {ROLE: ClaimStatus.REFUTED}
    witness = found[ROLE].witness
    assert witness
    assert (witness.action, witness.prefix) == ("s3:ListBucket", None)
    assert not_proved(new(changed(role=in_policy(unless_absent)), changed(role=in_policy(deny)))) == {}


@pytest.mark.parametrize("resource", ["*", "arn:aws:s3:::the-bucket-of-the-folders"])
def test_a_prefix_condition_on_an_action_without_the_key_is_no_new_access(resource: str) -> None:
    """s3:ListBucketMultipartUploads never carries s3:prefix; s3:ListBucketVersions does."""
    condition = {"StringLike": {"s3:prefix": "bob/*"}}
    allow = {"Effect": "Allow", "Resource": resource, "Condition": condition}
    uploads = changed(user=in_policy({**allow, "Action": "s3:ListBucketMultipartUploads"}))
    versions = changed(user=in_policy({**allow, "Action": "s3:ListBucketVersions"}))

    assert not_proved(new(uploads, changed())) == {}
    assert not_proved(new(versions, changed())) == {USER: ClaimStatus.REFUTED}


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"user": in_policy({"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"})}, {USER}),
        ({"role": in_policy({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})}, {ROLE}),
        ({"user": in_policy({"Effect": "Allow", "Action": "rds-data:*", "Resource": "*"})}, {USER}),
        ({"bucket": also(on_objects({"AWS": "999988887777"}))}, {OTHERS}),
        ({"bucket": also(on_objects({"Service": "x.amazonaws.com"}))}, {OTHERS}),
        ({"bucket": also(on_objects({"Service": "x.amazonaws.com.cn"}))}, {OTHERS}),
        ({"bucket": also(on_objects({"AWS": "arn:aws:sts::999988887777:federated-user/x"}))}, {OTHERS}),
        ({"role": also(TRUSTED, "AssumeRolePolicyDocument")}, {OTHERS}),
        ({"role": trusting({"Federated": "accounts.google.com"})}, {OTHERS}),
        ({"role": trusting({"Federated": "arn:aws:iam::999988887777:saml-provider/x"})}, {OTHERS}),
    ],
)
def test_more_is_new_for_whom_it_is(change: dict[str, Change], names: set[str]) -> None:
    """A new statement is new for its caller, and for nobody else."""
    assert not_proved(new(changed(**change), changed())) == dict.fromkeys(names, ClaimStatus.REFUTED)


def test_a_renamed_role_is_another_principal() -> None:
    """Whatever it may do, nobody of this name might before."""

    def rename(properties: dict[str, Any]) -> None:
        properties["RoleName"] = "other-role"

    assert not_proved(new(changed(role=rename), changed()))[ROLE] is ClaimStatus.REFUTED


@pytest.mark.parametrize(
    "condition",
    [
        {"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
        {"StringEquals": {"aws:ResourceAccount": "999988887777"}},
        {"Null": {"aws:ResourceAccount": "true"}},
    ],
)
def test_what_belongs_to_another_account_is_elsewhere_too(condition: dict[str, Any]) -> None:
    """The key has the account of the resource, and not every action has it."""
    queues = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": condition}

    found = new(changed(user=in_policy(queues)), changed())

    assert not_proved(found) == {USER: ClaimStatus.REFUTED}
    witness = found[USER].witness
    assert witness
    assert witness.resource == "*"


def test_a_policy_taken_away_that_isnt_known_may_have_denied() -> None:
    """What the templates before attached, and what they don't hold, counts as well."""

    def attach(properties: dict[str, Any]) -> None:
        properties["ManagedPolicyArns"] = ["arn:aws:iam::999988887777:policy/guard"]

    found = new(changed(), changed(user=attach))

    assert not_proved(found) == {USER: ClaimStatus.UNKNOWN}
    assert "policy/guard" in found[USER].note
    assert not_proved(new(changed(user=attach), changed(user=attach))) == {}


def test_another_group_is_more_that_isnt_known() -> None:
    """The policies of one group aren't those of two."""

    def member(*groups: str) -> Assembly:
        return changed(user=lambda properties: properties.update(Groups=list(groups)))

    assert not_proved(new(member("a", "admins"), member("a"))) == {USER: ClaimStatus.UNKNOWN}
    assert not_proved(new(member("a"), member("a"))) == {}


def test_a_condition_without_a_formula_means_another_thing_in_another_version() -> None:
    """`${…}` is plain text in a policy of 2008, so this Deny doesn't hit any more whom it hit."""

    def denying(version: str) -> Assembly:
        condition = {"StringEqualsIgnoreCase": {"aws:PrincipalTag/name": "${aws:username}"}}
        deny = {"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": condition}
        policy = {"PolicyName": "Deny", "PolicyDocument": {"Version": version, "Statement": [deny]}}
        return changed(user=lambda properties: properties["Policies"].append(policy))

    assert not_proved(new(denying("2008-10-17"), denying("2012-10-17"))) == {USER: ClaimStatus.UNKNOWN}
    assert not_proved(new(denying("2012-10-17"), denying("2012-10-17"))) == {}


def test_a_key_of_another_service_may_have_several_values() -> None:
    """dynamodb:Attributes can be A and B at once, so these two conditions may both hold."""
    condition = {"StringEquals": {"dynamodb:Attributes": "A"}, "StringLike": {"dynamodb:Attributes": "B*"}}
    reading = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*", "Condition": condition}

    assert not_proved(new(changed(user=in_policy(reading)), changed())) == {USER: ClaimStatus.UNKNOWN}


@pytest.mark.parametrize(
    "change",
    [
        {"bucket": also(on_objects({"AWS": "AIDAEXAMPLEEXAMPLE123"}))},
        {"bucket": also(on_objects({"CanonicalUser": "0123456789abcdef" * 4}))},
        {"role": trusting({"AWS": "AIDAEXAMPLEEXAMPLE123"})},
        {"role": trusting({"Federated": "*"})},
    ],
)
def test_a_principal_named_by_its_id_can_be_anybody(change: dict[str, Change]) -> None:
    """The user, the role or the account itself; so nothing is known of what it may do."""
    found = new(changed(**change), changed())

    assert not_proved(found) == dict.fromkeys((USER, ROLE, SESSIONS, OTHERS), ClaimStatus.UNKNOWN)


def test_a_deny_that_spares_an_id_may_spare_the_role() -> None:
    """Not taken to hit everybody."""
    spared = ["000000000001", "AROAEXAMPLEEXAMPLE123", "arn:aws:sts::000000000001:assumed-role/temp-role/bob"]
    deny = {**on_objects("*"), "Effect": "Deny", "NotPrincipal": {"AWS": spared}}
    del deny["Principal"]

    assert ROLE in not_proved(new(changed(bucket=also(deny)), changed()))
