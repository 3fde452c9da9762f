"""Drift of policies; the aws command that undoes it."""

import json
import shlex
from collections.abc import Iterator
from typing import Literal

from temp_access.deployment.state import RoleState, UserState
from temp_access.iam.diff import describe, document_differences, statements
from temp_access.iam.document import Document

PUT_BACK = "put the template's back"


def aws_cli(service: str, operation: str, **options: object) -> str:
    """Return a command for a shell; options are named as the CLI's with `_` for `-`.

    A value that isn't a string is written as JSON; True is an option without a value.
    """
    words = ["aws", service, operation]
    for name, value in options.items():
        words.append(f"--{name.replace('_', '-')}")
        if value is not True:
            words.append(value if isinstance(value, str) else compact(value))
    return " ".join(shlex.quote(word) for word in words)


def compact(value: object) -> str:
    """Return the smallest JSON of a value."""
    return json.dumps(value, separators=(",", ":"))


Owner = UserState | RoleState


def inline_policies(expected: Owner, deployed: Owner) -> Iterator[str]:
    """Yield a line for each inline policy that is surplus, gone or changed."""
    wanted, there = expected.permissions.inline, deployed.permissions.inline
    for name in sorted(wanted.keys() | there.keys()):
        policy = f"the inline policy {name} of {deployed.name}"
        if name not in wanted:
            says = "; ".join(describe(statement) for statement in statements(there[name]))
            delete = _iam("delete-", deployed, policy_name=name)
            yield f"{policy} ({says}) isn't in the template; delete it: {delete}"
            continue
        put = _iam("put-", deployed, policy_name=name, policy_document=wanted[name])
        if name not in there:
            yield f"{policy} is gone; put it back: {put}"
        elif found := document_differences(wanted[name], there[name]):
            yield f"{policy} {', and '.join(found)}; {PUT_BACK}: {put}"


def attached_policies(expected: Owner, deployed: Owner) -> Iterator[str]:
    """Yield a line for each managed policy that is attached beyond the template, gone or changed."""
    wanted, there = expected.permissions.attached, deployed.permissions.attached
    for arn in sorted(wanted.keys() | there.keys()):
        name = arn.rpartition("/")[2]
        if arn not in wanted:
            detach = _iam("detach-", deployed, policy_arn=arn)
            yield f"{name} is attached to {deployed.name} but isn't in the template; detach it: {detach}"
        elif arn not in there:
            attach = _iam("attach-", deployed, policy_arn=arn)
            yield f"{name} isn't attached to {deployed.name} as in the template; attach it: {attach}"
        else:
            yield from _changed(arn, wanted[arn], there[arn])


def _changed(arn: str, expected: Document | None, deployed: Document | None) -> Iterator[str]:
    found = document_differences(expected, deployed or {}) if expected else []
    if expected and found:
        put = aws_cli("iam", "create-policy-version", policy_arn=arn, policy_document=expected, set_as_default=True)
        yield f"the managed policy {arn.rpartition('/')[2]} {', and '.join(found)}; {PUT_BACK}: {put}"


def boundary(expected: Owner, deployed: Owner) -> Iterator[str]:
    """Yield a line when the permissions boundary is another, surplus or gone."""
    wanted, there = expected.permissions.boundary, deployed.permissions.boundary
    if wanted == there:
        return
    kind = _kind(deployed)
    has = f"{deployed.name} has {f'the permissions boundary {there}' if there else 'no permissions boundary'}"
    name = {f"{kind}_name": deployed.name}
    if wanted is None:
        undo = aws_cli("iam", f"delete-{kind}-permissions-boundary", **name)
        yield f"{has}, and the template gives it none; remove it: {undo}"
    else:
        undo = aws_cli("iam", f"put-{kind}-permissions-boundary", **name, permissions_boundary=wanted)
        yield f"{has}, and the template gives it {wanted}; {PUT_BACK}: {undo}"


def _iam(verb: str, owner: Owner, **options: object) -> str:
    kind = _kind(owner)
    return aws_cli("iam", f"{verb}{kind}-policy", **{f"{kind}_name": owner.name}, **options)


def _kind(owner: Owner) -> Literal["user", "role"]:
    return "user" if isinstance(owner, UserState) else "role"
