"""All stacks of one access.toml."""

import aws_cdk as cdk

from stacks.access import AccessStack
from stacks.borrowers import BorrowersStack
from stacks.grants import GrantsStack
from stacks.storage import StorageStack
from temp_access.config.model import Config, Grant
from temp_access.policies.grant_stacks import BORROWERS, grant_stack
from temp_access.policies.role_policy import PROJECT_TAG


def define_stacks(app: cdk.App, config: Config) -> AccessStack:
    """Define the stacks in `app`, with their tags, and return the one with the user and the role.

    A file without borrowers and users for people has two stacks.
    """
    env = cdk.Environment(account=config.environment.account, region=config.environment.region)
    storage = StorageStack(app, "TempAccessStorage", config=config, env=env)
    access = AccessStack(app, "TempAccess", config=config, bucket=storage.bucket, env=env)
    borrowers = None
    if config.users or any(provider.create for provider in config.identity_providers.values()):
        borrowers = BorrowersStack(app, BORROWERS, config=config, env=env)
    by_stack: dict[str, list[Grant]] = {}
    for grant in config.own_role_grants.values():
        by_stack.setdefault(grant_stack(grant.id), []).append(grant)
    for name in sorted(by_stack):
        grants = GrantsStack(app, name, config=config, grants=by_stack[name], bucket=storage.bucket, env=env)
        if borrowers:
            # IAM accepts a trust policy only if the users that it names exist.
            grants.add_stack_dependency(borrowers)
    cdk.Tags.of(app).add(PROJECT_TAG, "temp-access")
    for key, value in config.tags.items():
        cdk.Tags.of(app).add(key, value)
    return access
