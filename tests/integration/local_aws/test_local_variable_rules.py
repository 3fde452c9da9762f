"""Policy variables and literal wildcards in the policies of users, roles, sessions and buckets."""

from typing import Any

import pytest

pytestmark = pytest.mark.integration


def read_outcomes(account: Any, session: Any, bucket: str, *keys: str) -> list[str]:
    """Return the outcome of GetObject for each key."""
    s3 = account.client(session, "s3")
    return [account.outcome(s3.get_object, Bucket=bucket, Key=key) for key in keys]


def test_the_user_name_resolves_for_a_user(account: Any) -> None:
    """`${aws:username}` in a resource is the name of the calling user."""
    name = account.name("bob")
    bucket = account.bucket(f"{name}/one", "eve/one")
    _, session = account.user(
        account.allow("s3:GetObject", f"arn:aws:s3:::{bucket}/${{aws:username}}/*"), UserName=name
    )
    assert read_outcomes(account, session, bucket, f"{name}/one", "eve/one") == ["allowed", "AccessDenied"]


def test_the_user_name_has_no_value_for_a_role_session(account: Any) -> None:
    """A variable without a value matches nothing, unless it has a default."""
    bucket = account.bucket("bob/one", "nobody/one", "/one")
    resource = f"arn:aws:s3:::{bucket}/${{aws:username}}/*"
    assert read_outcomes(
        account, account.role_session(account.allow("s3:GetObject", resource)), bucket, "bob/one", "/one"
    ) == [
        "AccessDenied",
        "AccessDenied",
    ]
    resource = f"arn:aws:s3:::{bucket}/${{aws:username, 'nobody'}}/*"
    assert read_outcomes(
        account, account.role_session(account.allow("s3:GetObject", resource)), bucket, "bob/one", "nobody/one"
    ) == [
        "AccessDenied",
        "allowed",
    ]


def test_principal_tags_resolve(account: Any) -> None:
    """`${aws:PrincipalTag/folder}` is a tag of the user, the role or the session."""
    bucket = account.bucket("bob/one", "eve/one")
    statement = account.allow("s3:GetObject", f"arn:aws:s3:::{bucket}/${{aws:PrincipalTag/folder}}/*")
    _, user = account.user(statement, Tags=[{"Key": "folder", "Value": "bob"}])
    assert read_outcomes(account, user, bucket, "bob/one", "eve/one") == ["allowed", "AccessDenied"]
    arn, caller = account.user()
    trust = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    role = account.role(trust, statement, Tags=[{"Key": "folder", "Value": "bob"}])
    assert read_outcomes(account, account.assume(caller, role), bucket, "bob/one", "eve/one") == [
        "allowed",
        "AccessDenied",
    ]
    untagged = account.role(trust, statement)
    tagged = account.assume(caller, untagged, Tags=[{"Key": "folder", "Value": "eve"}])
    assert read_outcomes(account, tagged, bucket, "bob/one", "eve/one") == ["AccessDenied", "allowed"]
    assert read_outcomes(account, account.assume(caller, untagged), bucket, "bob/one") == ["AccessDenied"]


def test_the_user_id_resolves_to_role_id_and_session_name(account: Any) -> None:
    """`${aws:userid}` of a role session ends with the session name."""
    statement = account.allow("s3:PutObject", "arn:aws:s3:::*/${aws:userid}")
    session = account.role_session(statement)
    bucket = account.bucket()
    user_id = account.client(session, "sts").get_caller_identity()["UserId"]
    s3 = account.client(session, "s3")
    assert account.outcome(s3.put_object, Bucket=bucket, Key=user_id) == "allowed"
    assert account.outcome(s3.put_object, Bucket=bucket, Key=user_id + "x") == "AccessDenied"


def test_the_principal_arn_of_a_role_session_is_the_roles(account: Any) -> None:
    """aws:PrincipalArn is the role's ARN with its path, not the session's ARN."""
    arn, caller = account.user()
    role = account.role(arn, Path="/team/")
    bucket = account.bucket("bob/one")
    condition = {"ArnEquals": {"aws:PrincipalArn": role}}
    account.iam.put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName="own",
        PolicyDocument=account.document(account.allow("s3:GetObject", Condition=condition)),
    )
    assert read_outcomes(account, account.assume(caller, role), bucket, "bob/one") == ["allowed"]


def test_variables_resolve_in_conditions(account: Any) -> None:
    """A condition on s3:prefix can use the caller's name."""
    name = account.name("bob")
    bucket = account.bucket(f"{name}/one", "eve/one")
    condition = {"StringLike": {"s3:prefix": ["${aws:username}/*", "${aws:username}/"]}}
    _, session = account.user(
        account.allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition=condition), UserName=name
    )
    s3 = account.client(session, "s3")
    for prefix, expected in ((f"{name}/", "allowed"), (f"{name}/x", "allowed"), ("eve/", "AccessDenied")):
        assert account.outcome(s3.list_objects_v2, Bucket=bucket, Prefix=prefix) == expected
    assert account.outcome(s3.list_objects_v2, Bucket=bucket) == "AccessDenied"


def test_literal_wildcards_match_only_themselves(account: Any) -> None:
    """`${*}`, `${?}` and `${$}` are a literal star, question mark and dollar."""
    bucket = account.bucket("f*/one", "foo/one", "g?/one", "go/one", "h$/one", "hx/one", "${*}/one")
    resources = [f"arn:aws:s3:::{bucket}/{folder}/*" for folder in ("f${*}", "g${?}", "h${$}")]
    session = account.role_session(
        account.allow("s3:*"), policy=account.document(account.allow("s3:GetObject", resources))
    )
    assert read_outcomes(account, session, bucket, "f*/one", "g?/one", "h$/one") == ["allowed"] * 3
    assert read_outcomes(account, session, bucket, "foo/one", "go/one", "hx/one", "${*}/one") == ["AccessDenied"] * 4


def test_literal_wildcards_match_only_themselves_in_string_conditions(account: Any) -> None:
    """`${*}` is a literal star in StringLike as in StringEquals."""
    bucket = account.bucket("f*/one", "foo/one")
    for operator in ("StringLike", "StringEquals"):
        condition = {operator: {"s3:prefix": "f${*}/"}}
        session = account.role_session(account.allow("s3:ListBucket", Condition=condition))
        s3 = account.client(session, "s3")
        assert account.outcome(s3.list_objects_v2, Bucket=bucket, Prefix="f*/") == "allowed"
        assert account.outcome(s3.list_objects_v2, Bucket=bucket, Prefix="foo/") == "AccessDenied"


def test_a_wildcard_in_a_variables_value_is_literal(account: Any) -> None:
    """A star in the value of a variable matches only a star."""
    bucket = account.bucket("f*/one", "foo/one")
    condition = {"StringLike": {"s3:prefix": "${s3:delimiter}/"}}
    session = account.role_session(account.allow("s3:ListBucket", Condition=condition))
    s3 = account.client(session, "s3")
    assert account.outcome(s3.list_objects_v2, Bucket=bucket, Prefix="foo/", Delimiter="f*") == "AccessDenied"
    assert account.outcome(s3.list_objects_v2, Bucket=bucket, Prefix="f*/", Delimiter="f*") == "allowed"


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_variables_are_literal_text_before_version_2012(account: Any, version: str | None) -> None:
    """Without Version 2012-10-17 a variable isn't replaced."""
    name = account.name("bob")
    bucket = account.bucket(f"{name}/one", "${aws:username}/one")
    _, session = account.user(UserName=name)
    statement = account.allow("s3:GetObject", f"arn:aws:s3:::{bucket}/${{aws:username}}/*")
    policy = account.document(statement, version=version).replace('"Version": null, ', "")
    account.iam.put_user_policy(UserName=name, PolicyName="old", PolicyDocument=policy)
    assert read_outcomes(account, session, bucket, f"{name}/one", "${aws:username}/one") == ["AccessDenied", "allowed"]


def test_variables_resolve_in_a_bucket_policy(account: Any) -> None:
    """A bucket policy can use the caller's name too."""
    name = account.name("bob")
    arn, session = account.user(UserName=name)
    bucket = account.bucket(f"{name}/one", "eve/one")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": arn},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/${{aws:username}}/*",
    }
    account.s3.put_bucket_policy(Bucket=bucket, Policy=account.document(statement))
    assert read_outcomes(account, session, bucket, f"{name}/one", "eve/one") == ["allowed", "AccessDenied"]


def test_variables_resolve_in_a_deny_with_not_resource(account: Any) -> None:
    """A Deny on everything but the caller's own folder denies the other folders."""
    name = account.name("bob")
    bucket = account.bucket(f"{name}/one", "eve/one")
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "NotResource": f"arn:aws:s3:::{bucket}/${{aws:username}}/*"}
    _, session = account.user(account.allow("s3:*"), deny, UserName=name)
    assert read_outcomes(account, session, bucket, f"{name}/one", "eve/one") == ["allowed", "AccessDenied"]


def test_an_allow_does_not_match_with_a_variable_without_a_value(account: Any) -> None:
    """The negated comparison with a missing value would otherwise be true."""
    bucket = account.bucket("bob/one")
    condition = {"StringNotEquals": {"s3:prefix": "${aws:username}/"}}
    s3 = account.client(account.role_session(account.allow("s3:ListBucket", Condition=condition)), "s3")
    assert account.outcome(s3.list_objects_v2, Bucket=bucket, Prefix="bob/") == "AccessDenied"


def test_a_wildcard_matches_line_ends(account: Any) -> None:
    """A key with a line feed can't evade a Deny with a star."""
    bucket = account.bucket("eve/a\nb")
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/eve/*"}
    assert read_outcomes(account, account.role_session(account.allow("s3:*"), deny), bucket, "eve/a\nb") == [
        "AccessDenied"
    ]
