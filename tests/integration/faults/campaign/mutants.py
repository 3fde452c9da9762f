"""Broken deployments: each has one defect, which verify must not report as passed.

Some defects are in the deployed policies, and others in the session policy, as those of `verify --self-test`. The
command reads the session policy from the same function as every borrower, which `break_policy` replaces in its process.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.integration.deploy.project import ROLE, USER, Project
from tests.integration.faults.campaign.broken_policies import (
    REVOCATIONS,
    SESSION,
    Change,
    Policy,
    on_objects,
    without,
)

_ROLE_POLICY, _USER_POLICY = "Folders", "CampaignMutant"


@dataclass(frozen=True)
class Mutant:
    """A defect: `change` makes it in the local AWS and returns what undoes it, `before` in the command's process."""

    name: str
    change: Callable[[Project], Callable[[], object]] | None = None
    before: str = ""


def _of_session(name: str) -> Mutant:
    """Return the mutant whose commands run with a broken session policy."""
    folder = str(Path(__file__).parent)
    before = (
        f"import sys; sys.path.insert(0, {folder!r}); from broken_policies import break_policy; break_policy({name!r})"
    )
    return Mutant(f"session policy: {name}", before=before)


def _role_policy(change: Change) -> Callable[[Project], Callable[[], object]]:
    def apply(project: Project) -> Callable[[], object]:
        iam = project.iam
        policy = iam.get_role_policy(RoleName=ROLE, PolicyName=_ROLE_POLICY)["PolicyDocument"]

        def put(document: Policy) -> object:
            return iam.put_role_policy(RoleName=ROLE, PolicyName=_ROLE_POLICY, PolicyDocument=json.dumps(document))

        put(change(policy))
        return lambda: put(policy)

    return apply


def _trust_everybody(project: Project) -> Callable[[], object]:
    iam = project.iam
    trust = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]

    def put(document: Policy) -> object:
        return iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(document))

    account = trust["Statement"][0]["Principal"]["AWS"].split(":")[4]
    widened = {**trust["Statement"][0], "Principal": {"AWS": f"arn:aws:iam::{account}:root"}}
    put({**trust, "Statement": [widened]})
    return lambda: put(trust)


def _user_policy(action: str, resource: Callable[[Project], str]) -> Callable[[Project], Callable[[], object]]:
    def apply(project: Project) -> Callable[[], object]:
        iam = project.iam
        statement = {"Effect": "Allow", "Action": action, "Resource": resource(project)}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=USER, PolicyName=_USER_POLICY, PolicyDocument=document)
        return lambda: iam.delete_user_policy(UserName=USER, PolicyName=_USER_POLICY)

    return apply


def _without_bucket_policy(project: Project) -> Callable[[], object]:
    s3, bucket = project.s3, project.bucket
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)
    return lambda: s3.put_bucket_policy(Bucket=bucket, Policy=policy)


_DEPLOYED = (
    Mutant("role policy: it can't get objects", _role_policy(without("s3:GetObject"))),
    Mutant("role policy: it can do everything", _role_policy(on_objects(lambda s: {**s, "Action": "s3:*"}))),
    Mutant("trust policy: the whole account", _trust_everybody),
    Mutant(
        "user policy: it gets objects by itself", _user_policy("s3:GetObject", lambda p: f"arn:aws:s3:::{p.bucket}/*")
    ),
    Mutant(
        "user policy: it lists the bucket by itself",
        _user_policy("s3:ListBucket", lambda p: f"arn:aws:s3:::{p.bucket}"),
    ),
    Mutant("bucket policy: none", _without_bucket_policy),
)
CAN_MUTANTS = _DEPLOYED[:1]
VERIFY_MUTANTS = (*_DEPLOYED, *map(_of_session, SESSION))
REVOKE_MUTANTS = tuple(Mutant(f"revocation: {name}", before=_of_session(name).before) for name in REVOCATIONS)
