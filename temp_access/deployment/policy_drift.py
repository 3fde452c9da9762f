"""Drift of the policies of a user or role, with the aws command that undoes each difference."""

import json
import shlex
from collections.abc import Iterator
from typing import Literal

from temp_access.deployment.state import RoleState, UserState
from temp_access.iam.diff import describe, document_differences, statements
from temp_access.iam.policy_json import Document

PolicyHolder = UserState | RoleState


def aws_cli(service: str, operation: str, **options: object) -> str:
    """Return an aws command for a shell; options have the CLI's names with `_` for `-`.

    A value that isn't a string is written as JSON; True is an option without a value.
    """
    arguments = ["aws", service, operation]
    for name, value in options.items():
        arguments.append(f"--{name.replace('_', '-')}")
        if value is not True:
            arguments.append(value if isinstance(value, str) else compact_json(value))
    return " ".join(shlex.quote(argument) for argument in arguments)


def compact_json(value: object) -> str:
    """Return a value as JSON without white space."""
    return json.dumps(value, separators=(",", ":"))


def inline_policies(expected: PolicyHolder, deployed: PolicyHolder) -> Iterator[str]:
    """Yield a line for each inline policy that was added, deleted or changed."""
    expected_policies, policies = expected.permissions.inline, deployed.permissions.inline
    for name in sorted(expected_policies.keys() | policies.keys()):
        policy = f"the inline policy {name} of {deployed.name}"
        if name not in expected_policies:
            content = "; ".join(describe(statement) for statement in statements(policies[name]))
            delete = _policy_command("delete-", deployed, policy_name=name)
            yield f"{policy} ({content}) isn't in the template; delete it: {delete}"
            continue
        put = _policy_command("put-", deployed, policy_name=name, policy_document=expected_policies[name])
        if name not in policies:
            yield f"{policy} is gone; restore it: {put}"
        elif differences := document_differences(expected_policies[name], policies[name]):
            yield f"{policy} {', and '.join(differences)}; restore it: {put}"


def attached_policies(expected: PolicyHolder, deployed: PolicyHolder) -> Iterator[str]:
    """Yield a line for each managed policy that was attached, detached or changed."""
    expected_policies, policies = expected.permissions.attached, deployed.permissions.attached
    for arn in sorted(expected_policies.keys() | policies.keys()):
        name = arn.rpartition("/")[2]
        if arn not in expected_policies:
            detach = _policy_command("detach-", deployed, policy_arn=arn)
            yield f"{name} is attached to {deployed.name} but isn't in the template; detach it: {detach}"
        elif arn not in policies:
            attach = _policy_command("attach-", deployed, policy_arn=arn)
            yield f"{name} is in the template but isn't attached to {deployed.name}; attach it: {attach}"
        elif document := expected_policies[arn]:
            yield from _managed_policy(arn, document, policies[arn])


def _managed_policy(arn: str, expected: Document, deployed: Document | None) -> Iterator[str]:
    if differences := document_differences(expected, deployed or {}):
        put = aws_cli("iam", "create-policy-version", policy_arn=arn, policy_document=expected, set_as_default=True)
        yield f"the managed policy {arn.rpartition('/')[2]} {', and '.join(differences)}; restore it: {put}"


def boundary(expected: PolicyHolder, deployed: PolicyHolder) -> Iterator[str]:
    """Yield a line if the permissions boundary was added, deleted or replaced."""
    expected_arn, arn = expected.permissions.boundary, deployed.permissions.boundary
    if expected_arn == arn:
        return
    kind = _kind(deployed)
    actual = f"{deployed.name} has {f'the permissions boundary {arn}' if arn else 'no permissions boundary'}"
    name = {f"{kind}_name": deployed.name}
    if expected_arn is None:
        undo = aws_cli("iam", f"delete-{kind}-permissions-boundary", **name)
        yield f"{actual}, but the template has none; remove it: {undo}"
    else:
        undo = aws_cli("iam", f"put-{kind}-permissions-boundary", **name, permissions_boundary=expected_arn)
        yield f"{actual}, but the template has {expected_arn}; restore it: {undo}"


def _policy_command(verb: str, holder: PolicyHolder, **options: object) -> str:
    kind = _kind(holder)
    return aws_cli("iam", f"{verb}{kind}-policy", **{f"{kind}_name": holder.name}, **options)


def _kind(holder: PolicyHolder) -> Literal["user", "role"]:
    return "user" if isinstance(holder, UserState) else "role"
