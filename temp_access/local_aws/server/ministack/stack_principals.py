"""The roles and users of stacks, with what ministack leaves out: boundaries of roles, and names that are taken.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-role.html
"""

from collections.abc import Callable
from typing import Any

from temp_access.local_aws.server.ministack import stores
from temp_access.local_aws.server.ministack.stores import iam_service

_Handler = Callable[..., Any]


def install(handlers: dict[str, Any]) -> None:
    """Replace ministack's handlers for roles and users by those of this module."""
    roles, users = handlers["AWS::IAM::Role"], handlers["AWS::IAM::User"]
    roles["create"] = _with_free_name(_with_boundary(roles["create"], 1))
    # An update gets the former properties first.
    roles["update"] = _with_boundary(roles["update"], 2)
    roles["delete"] = _forgetting(roles["delete"], iam_service._roles)
    users["delete"] = _forgetting(users["delete"], iam_service._users)
    profiles = handlers["AWS::IAM::InstanceProfile"]
    profiles["create"] = _named_profile(profiles["create"])
    profiles["update"] = _named_profile(_of_profile(profiles["update"]))
    profiles["delete"] = _of_profile(profiles["delete"])


def _with_free_name(create: _Handler) -> _Handler:
    """A role is not created over one of the same name, whatever the case of its letters.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
    """

    def handle(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        name = properties.get("RoleName")
        if name and name.lower() in (existing.lower() for existing in iam_service._roles):
            raise ValueError(
                f"Role with name {name} already exists. (Status Code: 409; Error Code: EntityAlreadyExists)"
            )
        return create(logical_id, properties, stack_name)

    return handle


def _with_boundary(handler: _Handler, position: int) -> _Handler:
    """A role has the permissions boundary of its template, which is a managed policy that exists.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """

    def handle(*arguments: Any, **options: Any) -> Any:
        boundary = arguments[position].get("PermissionsBoundary")
        refusal = iam_service._boundary_policy_error(boundary) if boundary else None
        if refusal is not None:
            raise ValueError(f"Scope ARN: {boundary} does not exist or is not attachable. (Error Code: NoSuchEntity)")
        physical_id, attributes = handler(*arguments, **options)
        iam_service._roles[physical_id]["PermissionsBoundary"] = boundary
        return physical_id, attributes

    return handle


def _forgetting(delete: _Handler, records: Any) -> _Handler:
    """Trust policies keep a deleted principal's unique id, as after a call of IAM."""

    def handle(physical_id: str, *arguments: Any, **options: Any) -> Any:
        record = records.get(physical_id)
        result = delete(physical_id, *arguments, **options)
        if record is not None and physical_id not in records:
            stores.forget_principal(record)
        return result

    return handle


def _named_profile(handler: _Handler) -> _Handler:
    """An instance profile is referred to by its name, where ministack returns its ARN.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-instanceprofile.html
    """

    def handle(*arguments: Any, **options: Any) -> Any:
        arn, attributes = handler(*arguments, **options)
        return arn.rpartition("/")[2], attributes

    return handle


def _of_profile(handler: _Handler) -> _Handler:
    """Return the handler that takes a profile's name, for one of ministack's that takes its ARN."""

    def handle(physical_id: str, *arguments: Any, **options: Any) -> Any:
        record = iam_service._instance_profiles.get(physical_id)
        return handler(record["Arn"] if record else physical_id, *arguments, **options)

    return handle
