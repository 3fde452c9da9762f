"""How ministack creates and updates the resources of stacks, with the rules of AWS added."""

import importlib
import json
from collections.abc import Callable
from typing import Any

from temp_access.local_aws.rules import iam, lifecycle
from temp_access.local_aws.rules.call import AwsError
from temp_access.local_aws.server.ministack import openid_providers, stack_principals, stores

_provisioners: Any = importlib.import_module("ministack.services.cloudformation.provisioners")
_s3: Any = importlib.import_module("ministack.services.s3")
# The property with a resource's policy, and the rule for the principals in it.
_POLICIES: dict[str, tuple[str, Callable[[str, Callable[[str], bool]], None]]] = {
    "AWS::IAM::Role": ("AssumeRolePolicyDocument", iam.trust_policy),
    "AWS::S3::BucketPolicy": ("PolicyDocument", iam.bucket_policy_principals_exist),
}


def install() -> None:
    """Replace ministack's handlers of these resources by those that check the principals first.

    A bucket's life cycle, which ministack leaves out, is applied as the bucket's other settings are.
    """
    _provisioners._S3_BUCKET_CONFIGURATIONS += (
        ("LifecycleConfiguration", lifecycle.lifecycle_xml, _s3._put_bucket_lifecycle, _s3._delete_bucket_lifecycle),
    )
    for resource_type, (name, rule) in _POLICIES.items():
        handlers = _provisioners._RESOURCE_HANDLERS[resource_type]
        handlers["create"] = _checked(handlers["create"], 1, name, rule)
        # An update gets the former properties first.
        handlers["update"] = _checked(handlers["update"], 2, name, rule)
    openid_providers.install(_provisioners)
    stack_principals.install(_provisioners._RESOURCE_HANDLERS)


def _checked(
    handler: Callable[..., Any], position: int, name: str, rule: Callable[[str, Callable[[str], bool]], None]
) -> Callable[..., Any]:
    """Return the handler that applies the rule to the property `name` of its argument at `position`.

    The handler raises ValueError with the error of the rule, which becomes the reason for which the resource fails.
    """

    def handle(*arguments: Any, **options: Any) -> Any:
        policy = arguments[position].get(name) or {}
        try:
            rule(policy if isinstance(policy, str) else json.dumps(policy), _exist)
        except AwsError as error:
            raise ValueError(f"{error.message} (Status Code: {error.status}; Error Code: {error.code})") from error
        return handler(*arguments, **options)

    return handle


def _exist(principals: str) -> bool:
    """Return whether the principals exist: ministack passes on a list parameter as one string, an empty one too."""
    return all(stores.principal_exists(principal) for principal in principals.split(",") if principal)
