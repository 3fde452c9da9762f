"""A role that requires MFA, and base profiles that need it, against the local AWS: what is said names the cause."""

import json
from collections.abc import Iterator

import pytest

from temp_access.local_aws.user_key import user_environment
from tests.integration.borrow.person import Person
from tests.integration.deploy.project import ROLE, USER

pytestmark = pytest.mark.integration
SERIAL = "arn:aws:iam::123456789012:mfa/temp-user"
INTERNAL = "temp-access-status"


@pytest.fixture
def mfa(person: Person) -> Iterator[Person]:
    """A person whose access.toml and whose deployed role require MFA."""
    text = person.toml.read_text(encoding="utf-8")
    person.toml.write_text(text.replace("# [role.conditions]\n# mfa = true", "[role.conditions]\nmfa = true"))
    deployed = person.project.iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    statements = deployed["Statement"] if isinstance(deployed["Statement"], list) else [deployed["Statement"]]
    for statement in statements:
        statement.setdefault("Condition", {})["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    person.project.iam.update_assume_role_policy(
        RoleName=ROLE, PolicyDocument=json.dumps({**deployed, "Statement": statements})
    )
    yield person
    for statement in statements:
        del statement["Condition"]["Bool"]
        if not statement["Condition"]:
            del statement["Condition"]
    person.project.iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(deployed))


@pytest.fixture
def base(mfa: Person) -> Person:
    """The person with a base profile whose role needs an MFA code."""
    keys = user_environment(mfa.project.aws.state_dir, USER)
    mfa.config.parent.mkdir()
    mfa.config.write_text(
        "[profile base]\nrole_arn = arn:aws:iam::123456789012:role/other\nsource_profile = key\n"
        f"mfa_serial = {SERIAL}\nregion = us-east-1\n[profile key]\n"
        f"aws_access_key_id = {keys['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = {keys['AWS_SECRET_ACCESS_KEY']}\n"
    )
    return mfa


def test_status_without_a_code(mfa: Person) -> None:
    """The role requires MFA: that is the cause, and no grant of access.toml is named."""
    ended = mfa.temp_access("status")
    assert ended.code == 1
    assert f"can't be assumed: the role {ROLE} requires MFA, and no code was passed; pass --mfa-serial" in ended.out
    assert INTERNAL not in ended.output


def test_with_a_code(mfa: Person) -> None:
    """The local AWS doesn't simulate MFA, and that is said; a code of the wrong form is refused before."""
    for command in (("credentials", "bob"), ("status",)):
        ended = mfa.temp_access(*command, "--mfa-serial", SERIAL, "--mfa-code", "123456")
        assert ended.code == 1
        assert f"the role {ROLE} requires MFA, which the local AWS doesn't simulate; deploy it" in ended.output
        assert INTERNAL not in ended.output
        ended = mfa.temp_access(*command, "--mfa-serial", SERIAL, "--mfa-code", "12345")
        assert ended.code != 0
        assert "the MFA code isn't six digits (5 characters)" in ended.output


def test_temporary_credentials_without_mfa(mfa: Person) -> None:
    """GetSessionToken without MFA: STS's refusal gets the cause that access.toml knows."""
    script = "import boto3, json; c = boto3.client('sts').get_session_token()['Credentials']; print(json.dumps([c['AccessKeyId'], c['SecretAccessKey'], c['SessionToken']]))"  # noqa: E501
    made = mfa.run("python", "-c", script, env=mfa.keys)
    assert made.code == 0, made.output
    key, secret, token = json.loads(made.out)
    env = {**mfa.keys, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}
    role = ("--role-arn", f"arn:aws:iam::123456789012:role/{ROLE}", "--bucket", mfa.project.bucket)
    for command in (("credentials", "bob"), ("status",)):
        ended = mfa.run("temp-access", *command, *role, env=env)
        assert ended.code != 0
        assert f"the role {ROLE} requires MFA, and these temporary credentials don't seem to have it" in ended.output
        assert "pass --mfa-serial and --mfa-code" in ended.output
        assert INTERNAL not in ended.output


@pytest.mark.parametrize(
    "command",
    [
        ("credentials", "bob", "--format", "process"),
        ("credentials", "bob"),
        ("exec", "bob"),
        ("console", "bob"),
        ("status",),
        ("revoke", "bob", "--yes", "--deployer-profile", "base"),
    ],
)
def test_a_base_profile_that_needs_mfa(base: Person, command: tuple[str, ...]) -> None:
    """It says that a code is needed and how to give it; Python's getpass prints no warning."""
    env = {n: v for n, v in base.keys.items() if not n.startswith(("AWS_ACCESS", "AWS_SECRET", "AWS_CONFIG"))}
    profile = () if command[0] == "revoke" else ("--profile", "base")
    rest = ("--", "true") if command[0] == "exec" else ()
    ended = base.run("temp-access", *command, *profile, *rest, env={**env, "AWS_CONFIG_FILE": str(base.config)})
    assert ended.code in (1, 2), ended.output
    assert f"the profile base needs a code of the MFA device {SERIAL}, and there is no terminal" in ended.output
    assert "in a terminal" in ended.output
    assert "getpass" not in ended.output.lower()
    assert INTERNAL not in ended.output


def test_revoke_names_what_is_missing(mfa: Person) -> None:
    """Without a code, and with one that has the wrong form."""
    ended = mfa.temp_access("revoke", "bob", "--yes")
    assert ended.code == 2
    assert "the role requires MFA; pass --mfa-serial and --mfa-code, or --no-proof" in ended.err
    ended = mfa.temp_access("revoke", "bob", "--yes", "--mfa-serial", SERIAL, "--mfa-code", "12")
    assert ended.code != 0
    assert "the MFA code isn't six digits (2 characters)" in ended.err
    ended = mfa.temp_access("revoke", "bob", "--yes", "--mfa-serial", SERIAL, "--mfa-code", "123456")
    assert ended.code != 0
    assert "requires MFA, which the local AWS doesn't simulate" in ended.err
