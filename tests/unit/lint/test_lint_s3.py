"""What the lint rules about buckets and prefixes take for a fault, and what not."""

import pytest

from tests.unit.support.linting import bucket, identity, lint, rules, under

BUCKET = "arn:aws:s3:::b"
LIST = {"Action": "s3:ListBucket", "Resource": BUCKET}
READ = {"Action": "s3:GetObject"}
ROLE = {"Principal": {"AWS": "arn:aws:iam::111122223333:role/r"}}


@pytest.mark.parametrize("prefix", ["bob", "bob*", "bob/2024*", "${aws:username}", "${aws:username}*", "a${*}"])
def test_a_prefix_condition_needs_a_slash(prefix: str) -> None:
    """Neither a bare id nor one with a star is a folder."""
    assert rules(identity(LIST | under("StringLike", "s3:prefix", prefix))) == ["PrefixWithoutSlash"]


@pytest.mark.parametrize("prefix", ["", "bob/", "bob/*", "home/${aws:username}/*", "a${*}/*"])
def test_a_folder_and_the_root_are_fine(prefix: str) -> None:
    """An empty prefix lists the root; AWS's own examples need it."""
    assert rules(identity(LIST | under("StringLike", "s3:prefix", prefix))) == []


def test_a_prefix_of_anything_narrows_nothing() -> None:
    """`*` fits every prefix."""
    assert rules(identity(LIST | under("StringLike", "s3:prefix", "bob/*", "*"))) == ["ListWithoutPrefix"]


def test_a_deny_for_all_but_a_prefix_allows_it() -> None:
    """What a Deny leaves out is what may be listed."""
    deny = LIST | {"Effect": "Deny"}
    assert rules(identity(deny | under("StringNotLike", "s3:prefix", "bob*"))) == ["PrefixWithoutSlash"]
    assert rules(identity(deny | under("StringLike", "s3:prefix", "bob*"))) == []


@pytest.mark.parametrize("action", ["s3:ListBucket", "s3:List*", "s3:*", "S3:LISTBUCKET", "s3:ListBucketVersions"])
def test_listing_is_found_behind_wildcards(action: str) -> None:
    """An action's pattern counts by what it names, in any case."""
    assert [finding.id for finding in lint(identity(LIST | {"Action": action, "Resource": "*"}))] == [
        f"AccessChecks::ListWithoutPrefix[{action}]"
    ]


@pytest.mark.parametrize("resource", ["*", "arn:aws:*", "arn:*:s3:::*", {"Fn::GetAtt": ["Bucket", "Arn"]}])
def test_whatever_may_be_a_bucket_is_one(resource: object) -> None:
    """A wildcard before the bucket's place, or a reference."""
    assert "ListWithoutPrefix" in rules(identity(LIST | {"Resource": resource}))


def test_all_actions_on_objects_list_nothing() -> None:
    """The mode `full` has s3:* on the folder's objects."""
    assert rules(identity({"Action": "s3:*", "Resource": f"{BUCKET}/*"})) == []


def test_a_bucket_policy_that_lists_is_found_too() -> None:
    """It reaches as far as a role's own policy."""
    assert rules(bucket(LIST | ROLE)) == ["ListWithoutPrefix"]


@pytest.mark.parametrize("resource", [f"{BUCKET}/bob*", f"{BUCKET}*", f"{BUCKET}/${{aws:username}}*"])
def test_an_open_arn_is_found(resource: str) -> None:
    """A star that goes on with the name reaches the neighbours."""
    assert rules(identity(READ | {"Resource": resource})) == ["PrefixWithoutSlash"]


@pytest.mark.parametrize("resource", [f"{BUCKET}/*", f"{BUCKET}/bob/*", f"{BUCKET}/*.jpg", f"{BUCKET}/prices.csv"])
def test_other_arns_are_fine(resource: str) -> None:
    """All objects, a folder, an ending and one object are no prefix."""
    assert rules(identity(READ | {"Resource": resource})) == []


def test_a_reference_to_a_bucket_is_one() -> None:
    """A bucket of the same template has no ARN yet."""
    key = {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/bob*"]]}
    [finding] = lint(identity(READ | {"Resource": key}))
    assert finding.id == "AccessChecks::PrefixWithoutSlash[<Bucket.Arn>/bob*]"


@pytest.mark.parametrize("action", ["s3:GetBucketLocation", "s3:Get*", "s3:PutObject", "s3:*", "*"])
def test_other_actions_have_no_prefix(action: str) -> None:
    """The condition keeps them denied, whatever else is in the statement."""
    statement = LIST | {"Action": ["s3:ListBucket", action], "Resource": "*"}
    assert "PrefixOnOtherAction" in rules(identity(statement | under("StringLike", "s3:prefix", "bob/*")))


@pytest.mark.parametrize("value", ["bob/*", "b?b/"])
@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "ForAnyValue:StringEqualsIfExists"])
def test_equals_takes_wildcards_literally(operator: str, value: str) -> None:
    """In every form of the operator."""
    assert "StringEqualsWildcard" in rules(identity(LIST | under(operator, "s3:prefix", value)))


def test_equals_takes_an_escaped_wildcard() -> None:
    """`${*}` is meant literally."""
    assert rules(identity(LIST | under("StringEquals", "s3:prefix", "a${*}/"))) == []
