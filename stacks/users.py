"""Users from their settings in access.toml."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from access_constructs import TempUser
from temp_access.config.model import User


def define_user(scope: Construct, id_: str, settings: User) -> TempUser:
    """Define the user with its policies and its permissions boundary."""
    arn = settings.permissions_boundary
    # The user's own construct doesn't exist yet; its id with another one's name is unique in the scope.
    boundary_id = "Boundary" if id_ == "User" else f"{id_}Boundary"
    boundary = iam.ManagedPolicy.from_managed_policy_arn(scope, boundary_id, arn) if arn else None
    user = TempUser(scope, id_, user_name=settings.name, permissions_boundary=boundary)
    for aws_managed in settings.aws_managed:
        user.add_aws_managed_policy(aws_managed.name, reason=aws_managed.reason)
    for policy in settings.inline:
        user.add_inline_policy(policy.name, policy.document, reason=policy.reason)
    for policy in settings.customer_managed:
        user.add_customer_managed_policy(policy.name, policy.document, reason=policy.reason)
    return user
