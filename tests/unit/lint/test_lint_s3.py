"""What the lint rules about buckets and prefixes report, and what they accept."""

import pytest

from tests.unit.support.linting import bucket, identity, lint, rules, under

BUCKET = "arn:aws:s3:::b"
LIST = {"Action": "s3:ListBucket", "Resource": BUCKET}
READ = {"Action": "s3:GetObject"}
ROLE = {"Principal": {"AWS": "arn:aws:iam::111122223333:role/r"}}


@pytest.mark.parametrize("prefix", ["bob", "bob*", "bob/2024*", "${aws:username}", "${aws:username}*", "a${*}"])
def test_a_prefix_condition_needs_a_slash(prefix: str) -> None:
    """Neither an id nor an id with a star ends a folder."""
    assert rules(identity(LIST | under("StringLike", "s3:prefix", prefix))) == ["PrefixWithoutSlash"]


@pytest.mark.parametrize("prefix", ["bob/", "bob/*", "home/${aws:username}/*", "a${*}/*"])
def test_accepts_a_folder_and_the_root(prefix: str) -> None:
    """An empty prefix lists the root; examples in AWS's documentation need it."""
    assert rules(identity(LIST | under("StringLike", "s3:prefix", prefix))) == []


def test_a_wildcard_prefix_doesnt_limit_listing() -> None:
    """`*` matches every prefix."""
    assert rules(identity(LIST | under("StringLike", "s3:prefix", "bob/*", "*"))) == ["ListWithoutPrefix"]


def test_a_deny_for_all_other_prefixes_needs_a_slash() -> None:
    """A prefix that a Deny excludes can be listed."""
    deny = LIST | {"Effect": "Deny"}
    assert rules(identity(deny | under("StringNotLike", "s3:prefix", "bob*"))) == ["PrefixWithoutSlash"]
    assert rules(identity(deny | under("StringLike", "s3:prefix", "bob*"))) == []


@pytest.mark.parametrize("action", ["s3:ListBucket", "s3:List*", "s3:*", "S3:LISTBUCKET", "s3:ListBucketVersions"])
def test_finds_listing_in_action_patterns(action: str) -> None:
    """A pattern matches actions in upper and lower case."""
    assert [finding.id for finding in lint(identity(LIST | {"Action": action, "Resource": "*"}))] == [
        f"AccessChecks::ListWithoutPrefix[{action}]"
    ]


@pytest.mark.parametrize("resource", ["*", "arn:aws:*", "arn:*:s3:::*", {"Fn::GetAtt": ["Bucket", "Arn"]}])
def test_a_possible_bucket_counts_as_a_bucket(resource: object) -> None:
    """It has a wildcard before the bucket's name, or is a reference."""
    assert "ListWithoutPrefix" in rules(identity(LIST | {"Resource": resource}))


def test_actions_on_objects_cant_list() -> None:
    """The access mode `full` has s3:* on the folder's objects."""
    assert rules(identity({"Action": "s3:*", "Resource": f"{BUCKET}/*"})) == []


def test_finds_listing_in_a_bucket_policy() -> None:
    """It allows as much as a policy of the role."""
    assert rules(bucket(LIST | ROLE)) == ["ListWithoutPrefix"]


@pytest.mark.parametrize("resource", [f"{BUCKET}/bob*", f"{BUCKET}*", f"{BUCKET}/${{aws:username}}*"])
def test_finds_an_arn_pattern_without_a_slash(resource: str) -> None:
    """A star within a name also matches the neighbours' folders."""
    assert rules(identity(READ | {"Resource": resource})) == ["PrefixWithoutSlash"]


@pytest.mark.parametrize("resource", [f"{BUCKET}/*", f"{BUCKET}/bob/*", f"{BUCKET}/*.jpg", f"{BUCKET}/prices.csv"])
def test_accepts_other_arns(resource: str) -> None:
    """All objects, a folder, a file extension and one object aren't prefixes."""
    assert rules(identity(READ | {"Resource": resource})) == []


def test_a_reference_to_a_bucket_counts_as_a_bucket() -> None:
    """A bucket of the same template has no ARN yet."""
    key = {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/bob*"]]}
    [finding] = lint(identity(READ | {"Resource": key}))
    assert finding.id == "AccessChecks::PrefixWithoutSlash[<Bucket.Arn>/bob*]"


@pytest.mark.parametrize("action", ["s3:GetBucketLocation", "s3:Get*", "s3:PutObject", "s3:*", "*"])
def test_finds_other_actions_with_a_prefix_condition(action: str) -> None:
    """The condition never allows them."""
    statement = LIST | {"Action": ["s3:ListBucket", action], "Resource": "*"}
    assert "PrefixOnOtherAction" in rules(identity(statement | under("StringLike", "s3:prefix", "bob/*")))


@pytest.mark.parametrize("value", ["bob/*", "b?b/"])
@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "ForAnyValue:StringEqualsIfExists"])
def test_finds_wildcards_in_string_equals(operator: str, value: str) -> None:
    """This applies to every form of the operator."""
    assert "StringEqualsWildcard" in rules(identity(LIST | under(operator, "s3:prefix", value)))


def test_accepts_an_escaped_wildcard_in_string_equals() -> None:
    """`${*}` is a literal star."""
    assert rules(identity(LIST | under("StringEquals", "s3:prefix", "a${*}/"))) == []
