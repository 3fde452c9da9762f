"""What the templates allow and the base templates don't, with a request that shows it."""

from typing import Any

import pytest

from temp_access.cfn.assembly import Assembly
from temp_access.proofs import Claim, ClaimStatus
from tests.unit.support.proving import Change, add_statement, change_templates, decide_claims, unproved_claims

USER = "no new access: the user"
ROLE = "no new access: the role, without a session policy"
SESSIONS = "no new access: sessions"
OTHERS = "no new access: any other caller"
TRUSTED = {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "sts:AssumeRole"}
OBJECTS = "arn:aws:s3:::the-bucket-of-the-folders/*"


def new(head: Assembly, base: Assembly) -> dict[str, Claim]:
    """Return the claims about new access, of callers that every file has."""
    return decide_claims(USER, ROLE, SESSIONS, OTHERS, assembly=head, base=base)


def on_objects(principal: Any) -> dict[str, Any]:
    """Return a statement of a bucket policy that allows everything on the objects."""
    return {"Effect": "Allow", "Principal": principal, "Action": "s3:*", "Resource": OBJECTS}


def trusting(principal: Any) -> Change:
    """Return a change that allows a principal every STS action on the role."""
    return add_statement({"Effect": "Allow", "Principal": principal, "Action": "sts:*"}, "AssumeRolePolicyDocument")


def policy_of(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the document of the first policy of a user or role."""
    document: dict[str, Any] = properties["Policies"][0]["PolicyDocument"]
    return document


def in_policy(statement: dict[str, Any]) -> Change:
    """Return a change that adds a statement to the first policy of a user or role."""
    return lambda properties: policy_of(properties)["Statement"].append(statement)


def test_the_same_templates_allow_nothing_new() -> None:
    """No caller has a new request."""
    assert unproved_claims(new(change_templates(), change_templates())) == {}


def test_an_equivalent_rewrite_allows_nothing_new() -> None:
    """One statement is split, the order differs, and an action is written in upper case."""

    def rewrite(properties: dict[str, Any]) -> None:
        document = policy_of(properties)
        listing, objects = document["Statement"]
        halves = [{**objects, "Action": action} for action in objects["Action"]]
        document["Statement"] = [*reversed(halves), {**listing, "Action": ["s3:ListBucke*", "s3:ListBucket"]}]
        document["Statement"][-1]["Action"] = ["S3:LISTBUCKET"]

    assert unproved_claims(new(change_templates(role=rewrite), change_templates())) == {}


def test_less_access_is_no_new_access() -> None:
    """Removing an action adds nothing; restoring it is new access for the role and its sessions."""

    def narrow(properties: dict[str, Any]) -> None:
        policy_of(properties)["Statement"][1]["Action"].remove("s3:DeleteObject")

    assert unproved_claims(new(change_templates(role=narrow), change_templates())) == {}
    claims = new(change_templates(), change_templates(role=narrow))
    assert unproved_claims(claims) == {ROLE: ClaimStatus.REFUTED, SESSIONS: ClaimStatus.REFUTED}
    witness = claims[SESSIONS].witness
    assert witness
    assert witness.action == "s3:DeleteObject"
    assert witness.key
    assert witness.folder
    assert witness.key.startswith(f"{witness.folder}/")


def test_a_removed_deny_is_new_access() -> None:
    """Without the TLS statement, a call without TLS is allowed."""

    def no_deny(properties: dict[str, Any]) -> None:
        properties["PolicyDocument"]["Statement"][0]["Action"] = "s3:PutBucketAcl"

    claims = new(change_templates(bucket=no_deny), change_templates())

    assert unproved_claims(claims) == {
        ROLE: ClaimStatus.REFUTED,
        SESSIONS: ClaimStatus.REFUTED,
        OTHERS: ClaimStatus.REFUTED,
    }
    witness = claims[ROLE].witness
    assert witness
    assert witness.context["aws:securetransport"] == "false"


def test_a_deny_on_any_prefix_doesnt_stop_a_call_without_one() -> None:
    """A Deny on `StringLike s3:prefix *` instead of one without a condition is new access: the key may be absent."""
    deny = {"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*"}
    on_any_prefix = {**deny, "Condition": {"StringLike": {"s3:prefix": "*"}}}
    unless_absent = {**deny, "Condition": {"StringLikeIfExists": {"s3:prefix": "*"}}}

    claims = new(change_templates(role=in_policy(on_any_prefix)), change_templates(role=in_policy(deny)))

    assert unproved_claims(claims) == {ROLE: ClaimStatus.REFUTED}
    witness = claims[ROLE].witness
    assert witness
    assert (witness.action, witness.prefix) == ("s3:ListBucket", None)
    assert (
        unproved_claims(new(change_templates(role=in_policy(unless_absent)), change_templates(role=in_policy(deny))))
        == {}
    )


@pytest.mark.parametrize("resource", ["*", "arn:aws:s3:::the-bucket-of-the-folders"])
def test_a_prefix_condition_on_an_action_without_the_key_is_no_new_access(resource: str) -> None:
    """s3:ListBucketMultipartUploads never carries s3:prefix; s3:ListBucketVersions does."""
    condition = {"StringLike": {"s3:prefix": "bob/*"}}
    allow = {"Effect": "Allow", "Resource": resource, "Condition": condition}
    uploads = change_templates(user=in_policy({**allow, "Action": "s3:ListBucketMultipartUploads"}))
    versions = change_templates(user=in_policy({**allow, "Action": "s3:ListBucketVersions"}))

    assert unproved_claims(new(uploads, change_templates())) == {}
    assert unproved_claims(new(versions, change_templates())) == {USER: ClaimStatus.REFUTED}


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"user": in_policy({"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"})}, {USER}),
        ({"role": in_policy({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})}, {ROLE}),
        ({"user": in_policy({"Effect": "Allow", "Action": "rds-data:*", "Resource": "*"})}, {USER}),
        ({"bucket": add_statement(on_objects({"AWS": "999988887777"}))}, {OTHERS}),
        ({"bucket": add_statement(on_objects({"Service": "x.amazonaws.com"}))}, {OTHERS}),
        ({"bucket": add_statement(on_objects({"Service": "x.amazonaws.com.cn"}))}, {OTHERS}),
        ({"bucket": add_statement(on_objects({"AWS": "arn:aws:sts::999988887777:federated-user/x"}))}, {OTHERS}),
        ({"role": add_statement(TRUSTED, "AssumeRolePolicyDocument")}, {OTHERS}),
        ({"role": trusting({"Federated": "accounts.google.com"})}, {OTHERS}),
        ({"role": trusting({"Federated": "arn:aws:iam::999988887777:saml-provider/x"})}, {OTHERS}),
    ],
)
def test_a_new_statement_is_new_access_for_its_principal_alone(change: dict[str, Change], names: set[str]) -> None:
    """The claims about other callers stay proved."""
    assert unproved_claims(new(change_templates(**change), change_templates())) == dict.fromkeys(
        names, ClaimStatus.REFUTED
    )


def test_a_renamed_role_is_another_principal() -> None:
    """Everything that it can do is new, because the base has no role of this name."""

    def rename(properties: dict[str, Any]) -> None:
        properties["RoleName"] = "other-role"

    assert unproved_claims(new(change_templates(role=rename), change_templates()))[ROLE] is ClaimStatus.REFUTED


@pytest.mark.parametrize(
    "condition",
    [
        {"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
        {"StringEquals": {"aws:ResourceAccount": "999988887777"}},
        {"Null": {"aws:ResourceAccount": "true"}},
    ],
)
def test_resources_of_other_accounts_are_included(condition: dict[str, Any]) -> None:
    """aws:ResourceAccount is the resource's account, and not every action carries it.

    The witness is an action of SQS on a queue.
    """
    queues = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": condition}

    claims = new(change_templates(user=in_policy(queues)), change_templates())

    assert unproved_claims(claims) == {USER: ClaimStatus.REFUTED}
    witness = claims[USER].witness
    assert witness
    assert witness.resource.startswith("arn:aws:sqs:")


def test_a_removed_unknown_policy_may_have_denied() -> None:
    """A managed policy that only the base attaches may have denied what is allowed now."""

    def attach(properties: dict[str, Any]) -> None:
        properties["ManagedPolicyArns"] = ["arn:aws:iam::999988887777:policy/guard"]

    claims = new(change_templates(), change_templates(user=attach))

    assert unproved_claims(claims) == {USER: ClaimStatus.UNKNOWN}
    assert "policy/guard" in claims[USER].note
    assert unproved_claims(new(change_templates(user=attach), change_templates(user=attach))) == {}


def test_another_group_adds_unknown_policies() -> None:
    """The policies of one group aren't the policies of two."""

    def member(*groups: str) -> Assembly:
        return change_templates(user=lambda properties: properties.update(Groups=list(groups)))

    assert unproved_claims(new(member("a", "admins"), member("a"))) == {USER: ClaimStatus.UNKNOWN}
    assert unproved_claims(new(member("a"), member("a"))) == {}


def test_an_unencoded_condition_depends_on_the_policy_version() -> None:
    """`${…}` is literal text in a policy of 2008, so this Deny no longer applies."""

    def denying(version: str) -> Assembly:
        condition = {"StringEqualsIgnoreCase": {"aws:PrincipalTag/name": "${aws:username}"}}
        deny = {"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": condition}
        policy = {"PolicyName": "Deny", "PolicyDocument": {"Version": version, "Statement": [deny]}}
        return change_templates(user=lambda properties: properties["Policies"].append(policy))

    assert unproved_claims(new(denying("2008-10-17"), denying("2012-10-17"))) == {USER: ClaimStatus.UNKNOWN}
    assert unproved_claims(new(denying("2012-10-17"), denying("2012-10-17"))) == {}


def test_a_key_of_another_service_may_have_several_values() -> None:
    """dynamodb:Attributes can contain both A and B, so both conditions may hold."""
    condition = {"StringEquals": {"dynamodb:Attributes": "A"}, "StringLike": {"dynamodb:Attributes": "B*"}}
    reading = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*", "Condition": condition}

    claims = new(change_templates(user=in_policy(reading)), change_templates())

    assert unproved_claims(claims) == {USER: ClaimStatus.REFUTED}
    witness = claims[USER].witness
    assert witness
    assert witness.context["dynamodb:attributes"] == ("A", "Bx")


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"bucket": add_statement(on_objects({"AWS": "AIDAEXAMPLEEXAMPLE123"}))}, {USER, OTHERS}),
        ({"bucket": add_statement(on_objects({"AWS": "AROAEXAMPLEEXAMPLE123:xy"}))}, {ROLE, SESSIONS, OTHERS}),
        ({"bucket": add_statement(on_objects({"CanonicalUser": "0123456789abcdef" * 4}))}, {OTHERS}),
        ({"role": trusting({"AWS": "AIDAEXAMPLEEXAMPLE123"})}, {USER, OTHERS}),
        ({"role": trusting({"Federated": "*"})}, {OTHERS}),
    ],
)
def test_a_principal_named_by_its_unique_id_is_unknown(change: dict[str, Change], names: set[str]) -> None:
    """The ID can be that of every caller of its kind; a canonical user is an account, which delegates only."""
    head = change_templates(**change)
    claims = new(head, change_templates())

    assert unproved_claims(claims) == dict.fromkeys(names, ClaimStatus.UNKNOWN)
    assert all("the principal " in claims[name].note for name in names)
    assert unproved_claims(new(head, head)) == {}


def test_another_identity_provider_beside_every_one_is_unknown() -> None:
    """`*` among other names is every identity provider, too."""
    google = {"Federated": "accounts.google.com"}
    every = {"Federated": ["*", "accounts.google.com"]}

    claims = new(change_templates(role=trusting(every)), change_templates(role=trusting(google)))

    assert unproved_claims(claims) == {OTHERS: ClaimStatus.UNKNOWN}


def test_a_deny_that_exempts_a_unique_id_may_exempt_the_role() -> None:
    """The claim isn't proved on the assumption that the Deny doesn't apply."""
    exempt = ["000000000001", "AROAEXAMPLEEXAMPLE123", "arn:aws:sts::000000000001:assumed-role/temp-role/bob"]
    deny = {**on_objects("*"), "Effect": "Deny", "NotPrincipal": {"AWS": exempt}}
    del deny["Principal"]
    denying = change_templates(bucket=add_statement(deny))

    assert ROLE in unproved_claims(new(change_templates(), denying))
    assert unproved_claims(new(denying, change_templates())) == {}


def test_a_policy_that_isnt_encoded_allows_nothing_new_if_it_stays() -> None:
    """Word for word the same, it needs no solver; a change beside it leaves the claim unknown."""
    odd = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": f"{OBJECTS}\U000f0000"}
    another = on_objects("arn:aws:iam::999988887777:user/eve")
    same = change_templates(bucket=add_statement(odd))

    def both(properties: dict[str, Any]) -> None:
        add_statement(odd)(properties)
        add_statement(another)(properties)

    assert OTHERS not in unproved_claims(new(same, change_templates(bucket=add_statement(odd))))
    assert OTHERS in unproved_claims(new(change_templates(bucket=both), same))
