"""Both snapshots as they would be in other places: templates can leave Region and partition open."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from temp_access.deployment.effective_policies import PolicyOwner, template_policies
from temp_access.deployment.stand_ins import possible_deployments
from temp_access.review.snapshot import Snapshot, Snapshots, holders, name_table

_OF_AN_ACCOUNT = re.compile(r"arn:(aws[a-z-]*):[a-z0-9-]+:[a-z0-9-]*:\d{12}:")
_Statements = frozenset[tuple[str, str]]


def other_deployments(base: Snapshot, head: Snapshot) -> Iterator[tuple[str, Snapshots]]:
    """Yield each other Region in which other statements differ, in words, with both snapshots in it.

    Raises UserError when the templates are for different accounts.
    """
    difference = _difference(base, head)
    deployments = possible_deployments(base.assembly, head.assembly)
    for deployment in deployments:
        region = deployment.region
        if deployment.account != deployments[0].account or region in (None, base.target.region, head.target.region):
            continue
        there = _deployed(base, region), _deployed(head, region)
        if not any(map(_names_other_partition, there)) and _difference(*there) != difference:
            yield deployment.description, there


def _names_other_partition(snapshot: Snapshot) -> bool:
    """Whether a policy names something of an account in another partition: the templates aren't for this one then."""
    text = json.dumps([body for _, body in _bodies(snapshot)])
    return any(partition != snapshot.target.partition for partition in _OF_AN_ACCOUNT.findall(text))


def _deployed(snapshot: Snapshot, region: str) -> Snapshot:
    assembly = replace(snapshot.assembly, region=region)
    policies = template_policies(snapshot.config, assembly)
    return replace(snapshot, assembly=assembly, policies=policies, names=name_table(snapshot.config, policies))


def _difference(base: Snapshot, head: Snapshot) -> tuple[_Statements, _Statements]:
    """Return the statements that only one side has, with tokens for the names of the deployment."""
    old, new = frozenset(_statements(base)), frozenset(_statements(head))
    return old - new, new - old


def _statements(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    return ((place, _normal(snapshot, body)) for place, body in _bodies(snapshot))


def _bodies(snapshot: Snapshot) -> Iterator[tuple[str, Mapping[str, object]]]:
    for holder in holders(snapshot, snapshot):
        policies, place = snapshot.policies_of(holder), str(holder)
        for policy in (*policies.identity, *([policies.boundary] if policies.boundary else [])):
            yield from ((place, body) for body in policy.bodies)
        if holder.owner is PolicyOwner.ROLE:
            for body in snapshot.trust_policy(holder).bodies:
                yield f"trust of {place}", body
    bucket_policy = snapshot.policies.bucket_policy(snapshot.state.bucket)
    for body in bucket_policy.bodies if bucket_policy else ():
        yield "bucket", body


def _normal(snapshot: Snapshot, body: Mapping[str, object]) -> str:
    def tokens(value: object) -> object:
        if isinstance(value, str):
            return "\0region" if value == snapshot.target.region else snapshot.names.normalize(value)
        if isinstance(value, Mapping):
            return {key: tokens(each) for key, each in value.items()}
        return [tokens(each) for each in value] if isinstance(value, list | tuple) else value

    return json.dumps(tokens(body), sort_keys=True)
