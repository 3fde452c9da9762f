"""The logical ids of users, roles and the bucket in what is compared: renaming one changes nothing."""

import re
from collections.abc import Mapping
from typing import Any

from temp_access.cfn.assembly import Assembly
from temp_access.deployment.readable import BUCKET, ROLE, USER
from temp_access.deployment.stacks import FURTHER_STACKS

OWN_KINDS = {BUCKET: "bucket", ROLE: "role", USER: "user"}
_LOGICAL_ID = re.compile(r'(?<=["{])[A-Za-z0-9]+(?=[".}])')


def without_own_ids(content: str, assembly: Assembly) -> str:
    """Return the JSON with a description of the resource for each of their logical ids."""
    names: dict[str, str] = {}
    for stack, template in assembly.templates.items():
        for logical_id, resource in template["Resources"].items():
            if kind := OWN_KINDS.get(resource["Type"]):
                names.setdefault(logical_id, f"<the {kind}{_which(stack, resource)}>")
    return _LOGICAL_ID.sub(lambda match: names.get(match[0], match[0]), content)


def _which(stack: str, resource: Mapping[str, Any]) -> str:
    """Return what tells a role of a grant or a user for a person from the others."""
    if stack not in FURTHER_STACKS:
        return ""
    properties = resource.get("Properties", {})
    return f" {properties.get('RoleName', properties.get('UserName', ''))}"
