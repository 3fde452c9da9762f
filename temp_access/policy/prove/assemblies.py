"""Templates made ready for a proof, with stand-ins for what is only known once deployed."""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from itertools import count
from typing import Any

from temp_access.errors import UserError
from temp_access.verify.state.assembly import Assembly

_BUCKET = "AWS::S3::Bucket"
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
_BUCKET_STAND_IN = "the-bucket-of-the-folders"


def possible_accounts(*assemblies: Assembly, policy: Mapping[str, Any] | None = None) -> list[str]:
    """Return the account that the assemblies are for; else one that nothing names, and each that is named.

    Templates for any account can be deployed in one that they (or `policy`) name as another's. Raises UserError
    when the assemblies are for different accounts.
    """
    accounts = {assembly.account for assembly in assemblies if assembly.account}
    if len(accounts) > 1:
        raise UserError(f"the templates are for the accounts {' and '.join(sorted(accounts))}; synthesize them for one")
    if accounts:
        return [*accounts]
    named = sorted(set(_ACCOUNT.findall(json.dumps([[assembly.templates for assembly in assemblies], policy]))))
    return [next(number for number in map(_digits, count(1)) if number not in named), *named]


def fill_placeholders(*assemblies: Assembly, account: str, bucket: str | None = None) -> tuple[Assembly, ...]:
    """Return the assemblies for `account`, with one name for the bucket where the templates don't name it.

    `bucket` is the name to give it in any case.
    """
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
