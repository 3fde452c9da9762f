"""`policy`, `status` and `forget`: the session policy, the current identity, the cached sessions."""

import json
import re
from itertools import takewhile

import pytest

from tests.integration.borrow.person import Calls, Person

pytestmark = pytest.mark.integration


def test_policy_shows_the_session_policy(person: Person, calls: Calls) -> None:
    """Only JSON on stdout; its size and effect on stderr; and nothing is borrowed."""
    ended = person.temp_access("policy", "bob")
    assert ended.code == 0, ended.output
    resources = [statement["Resource"] for statement in json.loads(ended.out)["Statement"]]
    bucket = person.project.bucket
    assert resources == [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/bob/*", f"arn:aws:s3:::{bucket}"]
    minimal = person.temp_access("policy", "bob", "--minimal").out
    assert json.loads(minimal) == json.loads(ended.out)
    size = f"{len(minimal) - 1} of 2048 characters; estimated packed size "
    assert re.search(re.escape(size) + r"\d+% to \d+% of the limit\n", ended.err), ended.err
    assert "warning" not in ended.err
    ceiling = "s3:GetBucketLocation, s3:ListBucket, s3:AbortMultipartUpload, s3:DeleteObject"
    assert f"without the session policy: {ceiling}" in ended.err
    assert f"on the whole bucket {bucket}" in ended.err
    assert calls["sts:AssumeRole"] == 0


def test_policy_needs_no_credentials_with_a_bucket(person: Person) -> None:
    """The policy is a pure function of access.toml."""
    ended = person.run("temp-access", "policy", "bob", "--bucket", "example", "--access", "list", "--minimal")
    assert ended.code == 0
    assert "arn:aws:s3:::example" in ended.out
    assert "PutObject" not in ended.out


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("eusc-de-east-1", "aws-eusc")])
def test_policy_uses_the_regions_partition(person: Person, region: str, partition: str) -> None:
    """With the Region from the option or from the environment."""
    for words, env in ((("--region", region), {}), ((), {"AWS_REGION": region})):
        ended = person.run("temp-access", "policy", "bob", "--bucket", "example", *words, env=env)
        assert f"arn:{partition}:s3:::example" in ended.out


def test_policy_check_calls_sts(person: Person, calls: Calls) -> None:
    """The policy is really sent, and STS's packed size is shown."""
    ended = person.temp_access("policy", "bob", "--check")
    assert re.search(r"STS accepts it; packed size \d+%", ended.err), ended.output
    assert calls["sts:AssumeRole"] == 1
    assert not person.cache.exists()


def test_status_shows_the_identity_and_the_sessions(person: Person) -> None:
    """Caller, role, and each cached session with the last four characters of its key."""
    key = person.borrow("bob")["AccessKeyId"]
    ended = person.temp_access("status")
    assert ended.code == 0, ended.output
    assert "credentials: arn:aws:iam::123456789012:user/temp-user (key …" in ended.out
    assert f"\nbucket:      {person.project.bucket}\n" in ended.out
    assert "role/temp-role can be assumed" in ended.out
    folder = f"s3://{person.project.bucket}/bob/"
    assert re.search(rf"bob  read-write  …{key[-4:]}  1[12]h\d\dm left  {folder}", ended.out)
    assert key not in ended.output


def test_status_names_the_grant_of_a_borrowed_session(person: Person) -> None:
    """Inside exec, status shows the grant of the session, and that it can't assume the role."""
    ended = person.temp_access("exec", "bob", "--", "temp-access", "status")
    assert "assumed-role/temp-role/bob,temp-user" in ended.out, ended.output
    assert re.search(r"grant: +bob\n", ended.out)
    assert "can't be assumed" in ended.out
    assert ended.code == 1


def test_status_lists_sessions_without_credentials(person: Person) -> None:
    """Exit code 1, and no traceback."""
    person.borrow("bob")
    ended = person.run("temp-access", "status")
    assert ended.code == 1
    assert "credentials: none (no credentials were found" in ended.out
    assert "bob  read-write" in ended.out


def test_forget_deletes_cached_sessions(person: Person, calls: Calls) -> None:
    """One grant's, or all; the next call borrows again."""
    person.borrow("bob")
    person.borrow("bobby")
    assert person.run("temp-access", "forget", "bob").err == "deleted 1 session\n"
    assert "bobby" in person.temp_access("status").out
    person.borrow("bob")
    assert calls["sts:AssumeRole"] >= 3
    assert person.run("temp-access", "forget").err == "deleted 2 sessions\n"
    assert not list(person.cache.rglob("*.json"))


@pytest.mark.parametrize("command", ["credentials", "exec", "profile", "policy", "status", "forget"])
def test_the_examples_of_the_help_work(person: Person, command: str) -> None:
    """The examples of `make demo` work, one after the other."""
    text = person.run("temp-access", command, "--help").out.partition("examples (after `make demo`):\n")[2]
    lines = list(takewhile(lambda line: line.startswith("  "), text.splitlines()))
    assert any(f"temp-access {command}" in line for line in lines)
    for line in lines:
        ended = person.run("sh", "-c", line.replace("--local", " ".join(person.local)))
        assert ended.code == 0, f"{line}: {ended.output}"
