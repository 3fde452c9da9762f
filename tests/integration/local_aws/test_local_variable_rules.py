"""Policy variables and literal wildcards in the policies of users, roles, sessions and buckets."""

from typing import Any

import pytest

pytestmark = pytest.mark.integration


def reads(world: Any, session: Any, bucket: str, *keys: str) -> list[str]:
    """Return what GetObject ends with for each key."""
    s3 = world.client(session, "s3")
    return [world.outcome(s3.get_object, Bucket=bucket, Key=key) for key in keys]


def test_the_user_name_resolves_for_a_user(world: Any) -> None:
    """`${aws:username}` in a resource is the calling user's name."""
    name = world.name("bob")
    bucket = world.bucket(f"{name}/one", "eve/one")
    _, session = world.user(world.allow("s3:GetObject", f"arn:aws:s3:::{bucket}/${{aws:username}}/*"), UserName=name)
    assert reads(world, session, bucket, f"{name}/one", "eve/one") == ["allowed", "AccessDenied"]


def test_the_user_name_has_no_value_for_a_role_session(world: Any) -> None:
    """A variable without a value matches nothing, unless it has a default."""
    bucket = world.bucket("bob/one", "nobody/one", "/one")
    resource = f"arn:aws:s3:::{bucket}/${{aws:username}}/*"
    assert reads(world, world.borrower(world.allow("s3:GetObject", resource)), bucket, "bob/one", "/one") == [
        "AccessDenied",
        "AccessDenied",
    ]
    resource = f"arn:aws:s3:::{bucket}/${{aws:username, 'nobody'}}/*"
    assert reads(world, world.borrower(world.allow("s3:GetObject", resource)), bucket, "bob/one", "nobody/one") == [
        "AccessDenied",
        "allowed",
    ]


def test_principal_tags_resolve(world: Any) -> None:
    """`${aws:PrincipalTag/folder}` is the user's tag, the role's, or the session's own."""
    bucket = world.bucket("bob/one", "eve/one")
    statement = world.allow("s3:GetObject", f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/folder}}/*")
    _, user = world.user(statement, Tags=[{"Key": "folder", "Value": "bob"}])
    assert reads(world, user, bucket, "bob/one", "eve/one") == ["allowed", "AccessDenied"]
    arn, caller = world.user()
    trust = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    role = world.role(trust, statement, Tags=[{"Key": "folder", "Value": "bob"}])
    assert reads(world, world.assume(caller, role), bucket, "bob/one", "eve/one") == ["allowed", "AccessDenied"]
    untagged = world.role(trust, statement)
    tagged = world.assume(caller, untagged, Tags=[{"Key": "folder", "Value": "eve"}])
    assert reads(world, tagged, bucket, "bob/one", "eve/one") == ["AccessDenied", "allowed"]
    assert reads(world, world.assume(caller, untagged), bucket, "bob/one") == ["AccessDenied"]


def test_the_user_id_resolves_to_role_id_and_session_name(world: Any) -> None:
    """`${aws:userid}` of a role session ends in the session's name."""
    statement = world.allow("s3:PutObject", "arn:aws:s3:::*/${aws:userid}")
    session = world.borrower(statement)
    bucket = world.bucket()
    user_id = world.client(session, "sts").get_caller_identity()["UserId"]
    s3 = world.client(session, "s3")
    assert world.outcome(s3.put_object, Bucket=bucket, Key=user_id) == "allowed"
    assert world.outcome(s3.put_object, Bucket=bucket, Key=user_id + "x") == "AccessDenied"


def test_the_principal_arn_of_a_role_session_is_the_roles(world: Any) -> None:
    """aws:PrincipalArn holds the role's ARN with its path, not the session's."""
    arn, caller = world.user()
    role = world.role(arn, Path="/team/")
    bucket = world.bucket("bob/one")
    condition = {"ArnEquals": {"aws:PrincipalArn": role}}
    world.iam.put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName="own",
        PolicyDocument=world.document(world.allow("s3:GetObject", Condition=condition)),
    )
    assert reads(world, world.assume(caller, role), bucket, "bob/one") == ["allowed"]


def test_variables_resolve_in_conditions(world: Any) -> None:
    """A prefix condition can follow the caller's name."""
    name = world.name("bob")
    bucket = world.bucket(f"{name}/one", "eve/one")
    condition = {"StringLike": {"s3:prefix": ["${aws:username}/*", "${aws:username}/"]}}
    _, session = world.user(world.allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition=condition), UserName=name)
    s3 = world.client(session, "s3")
    for prefix, expected in ((f"{name}/", "allowed"), (f"{name}/x", "allowed"), ("eve/", "AccessDenied")):
        assert world.outcome(s3.list_objects_v2, Bucket=bucket, Prefix=prefix) == expected
    assert world.outcome(s3.list_objects_v2, Bucket=bucket) == "AccessDenied"


def test_literal_wildcards_match_only_themselves(world: Any) -> None:
    """`${*}`, `${?}` and `${$}` are a literal star, question mark and dollar."""
    bucket = world.bucket("f*/one", "foo/one", "g?/one", "go/one", "h$/one", "hx/one", "${*}/one")
    resources = [f"arn:aws:s3:::{bucket}/{folder}/*" for folder in ("f${*}", "g${?}", "h${$}")]
    session = world.borrower(world.allow("s3:*"), policy=world.document(world.allow("s3:GetObject", resources)))
    assert reads(world, session, bucket, "f*/one", "g?/one", "h$/one") == ["allowed"] * 3
    assert reads(world, session, bucket, "foo/one", "go/one", "hx/one", "${*}/one") == ["AccessDenied"] * 4


def test_literal_wildcards_hold_in_string_conditions(world: Any) -> None:
    """In StringLike an escaped star is literal; in StringEquals it is a plain star."""
    bucket = world.bucket("f*/one", "foo/one")
    for operator in ("StringLike", "StringEquals"):
        condition = {operator: {"s3:prefix": "f${*}/"}}
        session = world.borrower(world.allow("s3:ListBucket", Condition=condition))
        s3 = world.client(session, "s3")
        assert world.outcome(s3.list_objects_v2, Bucket=bucket, Prefix="f*/") == "allowed"
        assert world.outcome(s3.list_objects_v2, Bucket=bucket, Prefix="foo/") == "AccessDenied"


def test_a_wildcard_inside_a_value_is_literal(world: Any) -> None:
    """A star that comes out of a variable isn't a wildcard of the policy."""
    bucket = world.bucket("f*/one", "foo/one")
    condition = {"StringLike": {"s3:prefix": "${s3:delimiter}/"}}
    session = world.borrower(world.allow("s3:ListBucket", Condition=condition))
    s3 = world.client(session, "s3")
    assert world.outcome(s3.list_objects_v2, Bucket=bucket, Prefix="foo/", Delimiter="f*") == "AccessDenied"
    assert world.outcome(s3.list_objects_v2, Bucket=bucket, Prefix="f*/", Delimiter="f*") == "allowed"


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_variables_are_plain_text_before_2012(world: Any, version: str | None) -> None:
    """Without Version 2012-10-17 a variable is only the characters it is written with."""
    name = world.name("bob")
    bucket = world.bucket(f"{name}/one", "${aws:username}/one")
    _, session = world.user(UserName=name)
    statement = world.allow("s3:GetObject", f"arn:aws:s3:::{bucket}/${{aws:username}}/*")
    policy = world.document(statement, version=version).replace('"Version": null, ', "")
    world.iam.put_user_policy(UserName=name, PolicyName="old", PolicyDocument=policy)
    assert reads(world, session, bucket, f"{name}/one", "${aws:username}/one") == ["AccessDenied", "allowed"]


def test_variables_resolve_in_a_bucket_policy(world: Any) -> None:
    """A bucket policy may use the caller's name too."""
    name = world.name("bob")
    arn, session = world.user(UserName=name)
    bucket = world.bucket(f"{name}/one", "eve/one")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": arn},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/${{aws:username}}/*",
    }
    world.s3.put_bucket_policy(Bucket=bucket, Policy=world.document(statement))
    assert reads(world, session, bucket, f"{name}/one", "eve/one") == ["allowed", "AccessDenied"]


def test_a_deny_with_a_variable_denies(world: Any) -> None:
    """A Deny on everything but the caller's own folder holds."""
    name = world.name("bob")
    bucket = world.bucket(f"{name}/one", "eve/one")
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "NotResource": f"arn:aws:s3:::{bucket}/${{aws:username}}/*"}
    _, session = world.user(world.allow("s3:*"), deny, UserName=name)
    assert reads(world, session, bucket, f"{name}/one", "eve/one") == ["allowed", "AccessDenied"]


def test_an_allow_does_not_rest_on_a_variable_without_a_value(world: Any) -> None:
    """Not to equal a name that nobody has isn't a reason to allow."""
    bucket = world.bucket("bob/one")
    condition = {"StringNotEquals": {"s3:prefix": "${aws:username}/"}}
    s3 = world.client(world.borrower(world.allow("s3:ListBucket", Condition=condition)), "s3")
    assert world.outcome(s3.list_objects_v2, Bucket=bucket, Prefix="bob/") == "AccessDenied"


def test_patterns_match_over_line_ends(world: Any) -> None:
    """A star stands for any characters, so a Deny can't be slipped past with a line feed in the key."""
    bucket = world.bucket("eve/a\nb")
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/eve/*"}
    assert reads(world, world.borrower(world.allow("s3:*"), deny), bucket, "eve/a\nb") == ["AccessDenied"]
