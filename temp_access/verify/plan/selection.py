"""The grants that are probed: all, some, or a seeded sample; and two example ids of `[any_id]`."""

import random
from collections.abc import Sequence

from temp_access.config.model import Config, Grant
from temp_access.config.table import did_you_mean
from temp_access.errors import UserError


def choose_grants(config: Config, only: Sequence[str], sample: int | None, seed: int) -> list[Grant]:
    """Return the grants to probe; raises UserError for an id without a grant."""
    if only:
        return [_grant(config, id_) for id_ in only]
    grants = list(config.grants.values())
    if sample is not None and sample < len(grants):
        chosen = set(random.Random(seed).sample(range(len(grants)), sample))  # noqa: S311 - not a secret
        grants = [grant for index, grant in enumerate(grants) if index in chosen]
    return grants + admitted_examples(config)


def admitted_examples(config: Config) -> list[Grant]:
    """Return the grants of two example ids that `[any_id]` admits and that aren't listed."""
    any_id = config.any_id
    if any_id is None:
        return []
    ids = any_id.pattern.examples(8, avoid=config.grants)
    return [any_id.grant(id_) for id_ in ids if any_id.admits(id_, config.grants)][:2]


def _grant(config: Config, id_: str) -> Grant:
    if grant := config.grant_for(id_):
        return grant
    raise UserError(
        f"no grant has the id {id_!r}{did_you_mean(id_, config.grants)}; the listed ones are in {config.path}"
    )
