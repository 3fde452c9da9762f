"""The stack with the users for people, and the identity providers that the stacks create."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.users import define_user
from temp_access.config.model import Config
from temp_access.iam.arn import iam_arn
from temp_access.policies.role_names import grant_role_resource
from temp_access.policies.role_policy import CONFIG_OUTPUT


class BorrowersStack(cdk.Stack):
    """Defines an IAM user for each `[users.<name>]`, and the identity providers with `create = true`.

    The users' policies name the roles of their grants by ARN. A reference would be circular: those roles' trust
    policies name the users. The output tells which users and providers of access.toml the template has.
    """

    def __init__(self, scope: Construct, id_: str, *, config: Config, env: cdk.Environment) -> None:
        super().__init__(scope, id_, env=env, termination_protection=config.environment.termination_protection)
        # A separate scope for each, because a user and a provider can have the same name.
        users, providers = Construct(self, "Users"), Construct(self, "IdentityProviders")
        grants = config.grants_by_user
        for name, settings in config.users.items():
            user = define_user(users, name, settings)
            for grant in grants[name]:
                resource = grant_role_resource(config.role, grant.id)
                user.allow_assume_role_arn(iam_arn(self.partition, self.account, resource))
        for provider in config.identity_providers.values():
            if provider.create:
                iam.CfnOIDCProvider(providers, provider.name, url=provider.issuer, client_id_list=[provider.audience])
        cdk.CfnOutput(self, CONFIG_OUTPUT, value=config.borrowers_digest)
