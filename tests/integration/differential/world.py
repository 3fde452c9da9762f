"""A world of random policies, made from a seed, and the calls in it with both answers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.integration.differential.answers import Case, ask
from tests.integration.differential.calls import random_assume, random_call
from tests.integration.differential.names import Names
from tests.integration.differential.random_choice import Choice
from tests.integration.differential.random_policies import Body, Maker
from tests.integration.differential.things import Deployer, Documents, Things


def cases(deployer: Deployer, seed: int, *, calls: int, assumes: int) -> Iterator[Case]:
    """Yield `calls` calls of a user and as many of a role's session, then `assumes` of AssumeRole by the user."""
    choice, names = Choice(seed), Names(f"world-{seed}", f"user-{seed}", f"role-{seed}")
    make, things = Maker(choice, names), Things(deployer, names)

    def maybe() -> Body | None:
        return make.identity() if choice.chance(0.3) else None

    bucket = make.of_bucket() if choice.chance(0.7) else None
    user = things.user(Documents(make.identity(), maybe(), bucket=bucket))
    role = things.role(Documents(make.identity(), maybe(), maybe(), bucket=bucket))
    things.bucket(bucket)
    for caller in (user, role):
        clients: dict[str, Any] = {}
        for _ in range(calls):
            yield ask(f"world {seed}", caller, random_call(choice, names), clients)
    clients = {}
    for _ in range(assumes):
        trust = make.trust()
        things.trust(trust)
        caller = replace(user, documents=replace(user.documents, trust=trust))
        yield ask(f"world {seed}", caller, random_assume(choice, names), clients)
