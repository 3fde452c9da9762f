"""The calls that one seed produces: random policies, random calls, and both decisions on each."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.integration.differential.calls import random_assume, random_call
from tests.integration.differential.decisions import Case, compare
from tests.integration.differential.names import Names
from tests.integration.differential.random_choice import RandomChoice
from tests.integration.differential.random_policies import Document, PolicyFactory
from tests.integration.differential.resources import Deployer, PolicyDocuments, Resources


def random_cases(deployer: Deployer, seed: int, *, calls: int, assumes: int) -> Iterator[Case]:
    """Yield `calls` calls of a user, as many of a role session, then `assumes` calls of AssumeRole by the user."""
    choice, names = RandomChoice(seed), Names(f"world-{seed}", f"user-{seed}", f"role-{seed}")
    policies, resources = PolicyFactory(choice, names), Resources(deployer, names)

    def optional_policy() -> Document | None:
        return policies.identity_policy() if choice.chance(0.3) else None

    bucket_policy = policies.bucket_policy() if choice.chance(0.7) else None
    user = resources.create_user(PolicyDocuments(policies.identity_policy(), optional_policy(), bucket=bucket_policy))
    role = resources.create_role(
        PolicyDocuments(policies.identity_policy(), optional_policy(), optional_policy(), bucket=bucket_policy)
    )
    resources.create_bucket(bucket_policy)
    for caller in (user, role):
        clients: dict[str, Any] = {}
        for _ in range(calls):
            yield compare(f"world {seed}", caller, random_call(choice, names), clients)
    clients = {}
    for _ in range(assumes):
        trust_policy = policies.trust_policy()
        resources.update_trust_policy(trust_policy)
        caller = replace(user, documents=replace(user.documents, trust=trust_policy))
        yield compare(f"world {seed}", caller, random_assume(choice, names), clients)
