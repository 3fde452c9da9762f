"""Both snapshots as they would be in other places: templates can leave account, Region and partition open."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from temp_access.deployment.effective_policies import PolicyOwner, template_policies
from temp_access.deployment.stand_ins import possible_deployments
from temp_access.review.snapshot import NameTable, Snapshot, Snapshots

_Statements = frozenset[tuple[str, str]]


def other_deployments(base: Snapshot, head: Snapshot) -> Iterator[tuple[str, Snapshots]]:
    """Yield each other deployment in which other statements differ, in words, with both snapshots in it.

    Raises UserError when the templates are for different accounts.
    """
    here = {(base.target.account, base.target.region), (head.target.account, head.target.region)}
    difference = _difference(base, head)
    for deployment in possible_deployments(base.assembly, head.assembly):
        region = deployment.region or head.target.region
        if not deployment.description or (deployment.account, region) in here:
            continue
        there = _deployed(base, deployment.account, region), _deployed(head, deployment.account, region)
        if _difference(*there) != difference:
            yield deployment.description, there


def _deployed(snapshot: Snapshot, account: str, region: str) -> Snapshot:
    assembly = replace(snapshot.assembly, account=account, region=region)
    policies = template_policies(snapshot.config, assembly)
    return replace(snapshot, assembly=assembly, policies=policies, names=NameTable(policies.target))


def _difference(base: Snapshot, head: Snapshot) -> tuple[_Statements, _Statements]:
    """Return the statements that only one side has, with tokens for the names of the deployment."""
    old, new = frozenset(_statements(base)), frozenset(_statements(head))
    return old - new, new - old


def _statements(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    for owner in (PolicyOwner.USER, PolicyOwner.ROLE):
        policies = snapshot.policies_of(owner)
        for policy in (*policies.identity, *([policies.boundary] if policies.boundary else [])):
            yield from ((owner, _normal(snapshot, body)) for body in policy.bodies)
    bucket_policy = snapshot.policies.bucket_policy(snapshot.state.bucket)
    for body in bucket_policy.bodies if bucket_policy else ():
        yield "bucket", _normal(snapshot, body)
    for body in snapshot.policies.trust_policy(snapshot.state.role).bodies:
        yield "trust", _normal(snapshot, body)


def _normal(snapshot: Snapshot, body: Mapping[str, object]) -> str:
    def tokens(value: object) -> object:
        if isinstance(value, str):
            return "\0region" if value == snapshot.target.region else snapshot.names.normalize(value)
        if isinstance(value, Mapping):
            return {key: tokens(each) for key, each in value.items()}
        return [tokens(each) for each in value] if isinstance(value, list | tuple) else value

    return json.dumps(tokens(body), sort_keys=True)
