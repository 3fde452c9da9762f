"""The CDK's CfnJson: condition keys that contain a reference, which a custom resource puts together at deployment.

https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.CfnJson.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from temp_access.cfn.unresolved import Unresolved, has_reference
from temp_access.iam.statements import as_mapping

_TYPE, _ATTRIBUTE = "Custom::AWSCDKCfnJson", "Value"
# A claim of an identity provider; of other keys, a reference can be what decides which key it is.
_CLAIM = re.compile(r"[^:]*(?:<[^<>]*>|\.)[^:]*:\w+")


def json_source(resources: object, argument: object) -> object:
    """Return the property whose JSON a `Fn::GetAtt` with this argument gives; None for another resource."""
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) != 2 or parts[1] != _ATTRIBUTE:
        return None
    resource = as_mapping(as_mapping(resources).get(str(parts[0])))
    return as_mapping(resource.get("Properties")).get(_ATTRIBUTE) if resource.get("Type") == _TYPE else None


def claims(text: str) -> Mapping[str, Any] | None:
    """Return the conditions on an identity provider's claims that a text contains; None if it has other content.

    Raises ValueError if it isn't JSON.
    """
    value = as_mapping(json.loads(text))
    return _with_references(value) if value and all(map(_CLAIM.fullmatch, value)) else None


def _with_references(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_references(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _with_references(item) for key, item in value.items()}
    return Unresolved(value) if isinstance(value, str) and has_reference(value) else value
