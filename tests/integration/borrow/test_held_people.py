"""People of IAM Identity Center: a session of the permission set's role borrows, with the statement that is printed."""

import json
from collections.abc import Iterator

import pytest

from tests.integration.borrow.person import Person

pytestmark = pytest.mark.integration
_PATH = "/aws-reserved/sso.amazonaws.com/eu-central-1/"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"},
}


class PermissionSet:
    """The role that Identity Center makes for a permission set, and sessions of it."""

    def __init__(self, person: Person, name: str) -> None:
        self._iam, self._person = person.project.iam, person
        self.role = f"AWSReservedSSO_{name}_0123456789abcdef"
        self._iam.create_role(RoleName=self.role, Path=_PATH, AssumeRolePolicyDocument=json.dumps(_TRUST))

    def allow(self, statement: object) -> None:
        """Put the statement into the permission set's policy."""
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
        self._iam.put_role_policy(RoleName=self.role, PolicyName="inline", PolicyDocument=document)

    def session(self, username: str) -> dict[str, str]:
        """Return the environment of a person with the permission set."""
        sts = self._person.project.aws.deployer.client("sts")
        arn = f"arn:aws:iam::123456789012:role{_PATH}{self.role}"
        keys = sts.assume_role(RoleArn=arn, RoleSessionName=username)["Credentials"]
        return {
            **self._person.keys,
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }

    def delete(self) -> None:
        """Delete the role."""
        for policy in self._iam.list_role_policies(RoleName=self.role)["PolicyNames"]:
            self._iam.delete_role_policy(RoleName=self.role, PolicyName=policy)
        self._iam.delete_role(RoleName=self.role)


@pytest.fixture
def data(borrower: Person) -> Iterator[PermissionSet]:
    """The permission set Data, which may do nothing."""
    made = PermissionSet(borrower, "Data")
    yield made
    made.delete()


def test_a_person_borrows_with_the_printed_statement(borrower: Person, data: PermissionSet) -> None:
    """Without it, the error says so; with it, only the person whom the file names can borrow."""
    zoe = data.session("zoe@example.com")
    refused = borrower.run("temp-access", "credentials", "people", env=zoe)
    assert refused.code == 1, refused.output
    assert "`temp-access policy people --trust` prints it" in refused.err
    printed = borrower.temp_access("policy", "people", "--trust", "--json")
    assert printed.code == 0, printed.output
    statements = {each["holder"]: each["statement"] for each in json.loads(printed.out)["caller_statements"]}
    assert statements.keys() == {"the permission set Data", "the permission set Team"}
    data.allow(statements["the permission set Data"])
    borrowed = borrower.run("temp-access", "exec", "people", "--", "aws", "sts", "get-caller-identity", env=zoe)
    assert json.loads(borrowed.out)["Arn"].endswith(":assumed-role/temp-role-people/people,zoe@example.com")
    # A session of a session lasts an hour.
    assert "instead of 12h" in borrowed.err
    other = borrower.run("temp-access", "credentials", "people", env=data.session("eve@example.com"))
    assert other.code == 1, other.output
    assert "eve@example.com is no borrower of 'people'" in other.err
    assert "sso/Data/zoe@example.com, sso/Team" in other.err


def test_status_shows_what_a_person_can_borrow(borrower: Person, data: PermissionSet) -> None:
    """And that the statement is missing."""
    ended = borrower.run("temp-access", "status", env=data.session("zoe@example.com"))
    assert ended.code == 1, ended.output
    assert "borrower of: people" in ended.out
    assert "can't be assumed (people)" in ended.out
    assert "`temp-access policy people --trust` prints it" in ended.out
