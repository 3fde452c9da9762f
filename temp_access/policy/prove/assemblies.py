"""Templates made ready for a proof, with stand-ins for what is only known once deployed."""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from itertools import count
from typing import Any

from temp_access.errors import UserError
from temp_access.verify.state.assembly import Assembly

_BUCKET = "AWS::S3::Bucket"
_BUCKET_STAND_IN = "the-bucket-of-the-folders"


def with_stand_ins(*assemblies: Assembly, bucket: str | None = None) -> tuple[Assembly, ...]:
    """Return the assemblies for one account, with one name for the bucket where the templates don't name it.

    `bucket` is the name to give it in any case. Raises UserError when they are for different accounts.
    """
    accounts = {assembly.account for assembly in assemblies if assembly.account}
    if len(accounts) > 1:
        raise UserError(f"the templates are for the accounts {' and '.join(sorted(accounts))}; synthesize them for one")
    text = json.dumps([assembly.templates for assembly in assemblies])
    # No policy may mean the stand-in by the number of an account that it trusts.
    account = next(iter(accounts), None) or next(n for n in map(_digits, count(1)) if n not in text)
    regions = {assembly.region for assembly in assemblies if assembly.region}
    region = next(iter(regions), None)
    return tuple(
        replace(
            assembly,
            account=account,
            region=assembly.region or region,
            templates={name: _named(template, bucket) for name, template in assembly.templates.items()},
        )
        for assembly in assemblies
    )


def _digits(number: int) -> str:
    return f"{number:012d}"


def _named(template: Mapping[str, Any], bucket: str | None) -> dict[str, Any]:
    changed = deepcopy(dict(template))
    for resource in changed["Resources"].values():
        if resource["Type"] == _BUCKET:
            properties = resource.setdefault("Properties", {})
            properties["BucketName"] = bucket or properties.get("BucketName", _BUCKET_STAND_IN)
    return changed
