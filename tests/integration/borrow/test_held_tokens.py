"""Borrowing with tokens of a real OpenID provider: by temp-access, boto3 and the AWS CLI, without any access key."""

import json
from pathlib import Path

import pytest

from tests.integration.borrow.held import SUBJECT
from tests.integration.borrow.person import Calls, Person
from tests.integration.openid.provider import OpenIdProvider

pytestmark = pytest.mark.integration
_REFRESH = """
import boto3, shutil, sys, datetime
session = boto3.Session(profile_name="build")
first = session.client("sts").get_caller_identity()["Arn"]
shutil.copy(sys.argv[2], sys.argv[1])
credentials = session.get_credentials()
key = credentials.get_frozen_credentials().access_key
credentials._refresh_using.__self__._cache.clear()
credentials._expiry_time = datetime.datetime.now(datetime.timezone.utc)
print(first, credentials.get_frozen_credentials().access_key != key)
session.client("s3").put_object(Bucket=sys.argv[3], Key="build/x", Body=b"x")
"""


class Pipeline:
    """A job with a token file and no credentials."""

    def __init__(self, person: Person, provider: OpenIdProvider, file: Path) -> None:
        self.person, self.provider, self.file = person, provider, file
        self.option = ("--web-identity-token-file", str(file))
        self.bucket = person.project.bucket
        self.get_token()

    def get_token(self, subject: str = SUBJECT, expires_in: int = 300) -> str:
        """Write a token of the subject to the file, and return it."""
        token = self.provider.token(subject, expires_in=expires_in)
        self.file.write_text(token)
        return token


@pytest.fixture
def pipeline(borrower: Person, openid_provider: OpenIdProvider, tmp_path: Path) -> Pipeline:
    """A job whose token borrows `build`."""
    openid_provider.introduce_to(borrower.project.aws)
    return Pipeline(borrower, openid_provider, tmp_path / "token")


def test_a_token_borrows_without_credentials(pipeline: Pipeline) -> None:
    """It reaches its folder only, and its session names the subject."""
    python = f"""
import boto3
from botocore.exceptions import ClientError
for key in ("build/x", "bob/x", "x"):
    try:
        boto3.client("s3").put_object(Bucket="{pipeline.bucket}", Key=key, Body=b"x")
        print("yes", end=" ")
    except ClientError as error:
        print(error.response["Error"]["Code"], end=" ")
print(boto3.client("sts").get_caller_identity()["Arn"])
"""
    ended = pipeline.person.temp_access("exec", "build", *pipeline.option, "--", "python", "-c", python)
    assert ended.code == 0, ended.output
    assert ended.out.startswith("yes AccessDenied AccessDenied arn:aws:sts::123456789012:assumed-role/temp-role-build/")
    assert "/build,repo-example-app-ref" in ended.out
    assert pipeline.file.read_text() not in ended.output


def test_another_subjects_token_gets_no_cached_session(pipeline: Pipeline) -> None:
    """A newer token of the same subject does; a job of another branch is refused, with the same file."""
    calls = Calls(pipeline.person)
    first = pipeline.person.borrow("build", *pipeline.option)
    pipeline.get_token(expires_in=200)
    assert pipeline.person.borrow("build", *pipeline.option) == first
    assert calls["sts:AssumeRoleWithWebIdentity"] == 1
    token = pipeline.get_token("repo:example/app:ref:refs/heads/other")
    ended = pipeline.person.temp_access("credentials", "build", *pipeline.option)
    assert ended.code == 1, ended.output
    assert "oidc:openid.example.com:repo:example/app:ref:refs/heads/other is no borrower of 'build'" in ended.err
    assert f"oidc/own/{SUBJECT}" in ended.err
    assert token not in ended.output
    pipeline.get_token("repo:example/app:environment:prod")
    assert pipeline.person.borrow("build", *pipeline.option) != first


def test_forged_and_wrong_tokens_are_refused(pipeline: Pipeline) -> None:
    """Each with its cause and a remedy; nothing of the token is shown, and one attempt is enough."""
    for what, token in pipeline.provider.forgeries(SUBJECT).items():
        pipeline.file.write_text(token)
        ended = pipeline.person.temp_access("credentials", "build", *pipeline.option, "--no-cache")
        # AWS says of a key that isn't published that it couldn't get the keys, which may be a fault of the issuer.
        unknown_key = "verification key" in ended.err
        assert ended.code == (3 if unknown_key else 1), (what, ended.output)
        assert not ended.out, what
        assert unknown_key or "STS refuses the token in" in ended.err, (what, ended.err)
        assert token.split(".")[1] not in ended.err


def test_the_audit_log_names_the_subject(pipeline: Pipeline) -> None:
    """And has nothing of the token."""
    toml = pipeline.person.toml
    toml.write_text(toml.read_text() + '[audit]\nfile = "tokens.jsonl"\n')
    narrowed = ("--within", "a", "--bucket", pipeline.bucket)
    assert pipeline.person.temp_access("credentials", "build", *pipeline.option, *narrowed).code == 0
    content = (toml.parent / "tokens.jsonl").read_text()
    line = json.loads(content)
    assert line["caller"] == f"oidc:openid.example.com:{SUBJECT}"
    assert (line["within"], line["role"]) == ("a", "arn:aws:iam::123456789012:role/temp-access/temp-role-build")
    assert not any(part in content for part in pipeline.file.read_text().split("."))


def test_a_grant_without_borrowers_takes_no_token(pipeline: Pipeline) -> None:
    """Nor does one whose borrowers are users."""
    for id_, message in (("bob", "'bob' has no borrowers"), ("inbox", "no borrower of 'inbox'")):
        ended = pipeline.person.temp_access("credentials", id_, *pipeline.option)
        assert ended.code == 2, ended.output
        assert message in ended.err


def test_the_api_reads_the_file_at_each_refresh(pipeline: Pipeline) -> None:
    """The first token has expired when the session is refreshed."""
    other = pipeline.file.with_name("next")
    other.write_text(pipeline.provider.token(SUBJECT, expires_in=250))
    expired = pipeline.provider.signed(pipeline.provider.claims(SUBJECT, expires_in=-3600))
    code = f"""
import datetime, pathlib, shutil, temp_access
file = {str(pipeline.file)!r}
session = temp_access.session("build", web_identity_token_file=file, account="123456789012", cache=False)
print(session.client("sts").get_caller_identity()["Arn"])
credentials = session.get_credentials()
key = credentials.get_frozen_credentials().access_key
pathlib.Path(file).write_text({expired!r})
credentials._expiry_time = datetime.datetime.now(datetime.timezone.utc)
try:
    credentials.get_frozen_credentials()
except temp_access.TokenRefused as error:
    print(error.cause)
shutil.copy({str(other)!r}, file)
print(credentials.get_frozen_credentials().access_key != key)
try:
    temp_access.credentials("build", web_identity_token_file=file)
except temp_access.NotDeployed as error:
    print(error.remedy)
"""
    keys = pipeline.person.keys
    env = {name: keys[name] for name in keys if not name.startswith("AWS_") or "KEY" not in name}
    ended = pipeline.person.python(code, env=env)
    assert "/build,repo-example-app" in ended.out, ended.output
    assert "STS refuses the token in" in ended.out, ended.output
    assert "True" in ended.out
    assert "pass --account" in ended.out


def test_boto3_and_the_aws_cli_use_the_native_profile_and_refresh(pipeline: Pipeline) -> None:
    """With no program of ours in the path; the file's new token is used when the session ends."""
    person = pipeline.person
    ended = person.temp_access("profile", "build", *pipeline.option, "--yes")
    assert ended.code == 0, ended.output
    assert "no program of temp-access runs for it" in ended.err
    content = person.config.read_text()
    assert f"web_identity_token_file = {pipeline.file}" in content
    assert "credential_process" not in content
    calls = Calls(person)
    newer = pipeline.file.with_name("newer")
    newer.write_text(pipeline.provider.token(SUBJECT, expires_in=280))
    refreshed = person.run("python", "-c", _REFRESH, str(pipeline.file), str(newer), pipeline.bucket)
    assert refreshed.out.strip().endswith(" True"), refreshed.output
    assert ":assumed-role/temp-role-build/build,own" in refreshed.out
    assert calls["sts:AssumeRoleWithWebIdentity"] == 2
    for _ in range(2):
        listed = person.run("aws", "s3", "ls", f"s3://{pipeline.bucket}/build/", "--profile", "build")
        assert listed.code == 0, listed.output
    refused = person.run("aws", "s3", "ls", f"s3://{pipeline.bucket}/bob/", "--profile", "build")
    assert "AccessDenied" in refused.err
    assert calls["sts:AssumeRoleWithWebIdentity"] == 3
    (cached,) = (person.home / ".aws/cli/cache").glob("*.json")
    session = json.loads(cached.read_text())
    session["Credentials"]["Expiration"] = "2020-01-01T00:00:00Z"
    cached.write_text(json.dumps(session))
    pipeline.get_token()
    assert person.run("aws", "s3", "ls", f"s3://{pipeline.bucket}/build/", "--profile", "build").code == 0
    assert calls["sts:AssumeRoleWithWebIdentity"] == 4


def test_status_tries_the_tokens_roles(pipeline: Pipeline) -> None:
    """And says that another subject's token is no borrower's."""
    ended = pipeline.person.temp_access("status", *pipeline.option)
    assert ended.code == 0, ended.output
    assert "borrower of: build" in ended.out
    assert "role/temp-access/temp-role-build can be assumed (build)" in ended.out
    pipeline.get_token("repo:example/app:ref:refs/heads/other")
    ended = pipeline.person.temp_access("status", *pipeline.option)
    assert ended.code == 1, ended.output
    assert "no grant has this token's subject as a borrower" in ended.out


def test_the_environments_token_is_used_for_such_a_grant(pipeline: Pipeline) -> None:
    """AWS_WEB_IDENTITY_TOKEN_FILE, unless there are other credentials."""
    keys = pipeline.person.keys
    env = {name: keys[name] for name in ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "AWS_REGION")}
    env["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(pipeline.file)
    words = ("temp-access", "credentials", "build", "--format", "json", "--account", "123456789012")
    ended = pipeline.person.run(*words, env=env)
    assert ended.code == 0, ended.output
    narrowed = pipeline.person.run(*words, "--within", "a", env=env)
    assert "pass --bucket" in narrowed.err
