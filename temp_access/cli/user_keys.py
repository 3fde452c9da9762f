"""Access keys of temp-user that stand in the way of deleting it: a user with keys can't be deleted."""

import sys
from typing import TYPE_CHECKING

from temp_access.config.model import Config
from temp_access.errors import UserError
from temp_access.verify.state.model import ACCESS

if TYPE_CHECKING:
    import boto3


def sweep_runs(session: "boto3.Session", config: Config, account: str, arn: str) -> None:
    """Remove the keys and objects of verify's runs that were killed; half-made stacks never had any."""
    from temp_access.sts.clients import ClientFactory
    from temp_access.verify.live.cleanup import sweep
    from temp_access.verify.live.journal import Journal
    from temp_access.verify.live.target import find_target
    from temp_access.verify.plan.choose import admitted_examples

    try:
        target = find_target(session, config, account, arn)
    except UserError:
        return
    folders = [grant.folder for grant in (*config.grants.values(), *admitted_examples(config))]
    sweep(Journal(), ClientFactory(session).base(), target, folders, lambda text: print(text, file=sys.stderr))


def user_keys(session: "boto3.Session") -> tuple[str, list[str]]:
    """Return the name of the deployed user, '' without one, and the ids of its access keys."""
    from botocore.exceptions import ClientError

    iam = session.client("iam")
    try:
        found = session.client("cloudformation").describe_stack_resources(StackName=ACCESS)["StackResources"]
        user = next((r.get("PhysicalResourceId", "") for r in found if r["ResourceType"] == "AWS::IAM::User"), "")
        keys = iam.list_access_keys(UserName=user)["AccessKeyMetadata"] if user else []
    except ClientError:
        return "", []
    return user, [key["AccessKeyId"] for key in keys]


def require_no_keys(session: "boto3.Session") -> None:
    """Raise UserError if the user has access keys: they may be in use, and are for their owner to delete."""
    user, keys = user_keys(session)
    if keys:
        raise UserError(
            f"{user} has {'an access key' if len(keys) == 1 else 'access keys'} "
            f"(…{', …'.join(key[-4:] for key in keys)}), and a user with keys can't be deleted; let a verify that "
            f"runs end, and delete the others: aws iam list-access-keys --user-name {user}, then "
            f"aws iam delete-access-key --user-name {user} --access-key-id ID"
        )


def delete_keys(session: "boto3.Session") -> None:
    """Delete the user's access keys; for the local AWS alone, whose keys open nothing else."""
    user, keys = user_keys(session)
    iam = session.client("iam")
    for key in keys:
        iam.delete_access_key(UserName=user, AccessKeyId=key)
        print(f"deleted the access key …{key[-4:]} of {user}", file=sys.stderr)
