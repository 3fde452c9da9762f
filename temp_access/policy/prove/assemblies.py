"""Templates made ready for a proof: stand-ins for what is only known once deployed, and what nobody reads here."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from itertools import count
from typing import Any

from temp_access.errors import UserError
from temp_access.verify.state.assembly import Assembly

_BUCKET = "AWS::S3::Bucket"
_READ = frozenset(
    (
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::IAM::User",
        "AWS::IAM::AccessKey",
        _BUCKET,
        "AWS::S3::BucketPolicy",
    )
)
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


def unread(assembly: Assembly) -> Iterator[str]:
    """Yield what in the templates could give access, and isn't read here."""
    for stack, template in assembly.templates.items():
        for logical_id, resource in template["Resources"].items():
            kind = resource["Type"]
            if kind.startswith(("AWS::IAM::", "AWS::S3")) and kind not in _READ:
                yield f"{stack}.{logical_id} ({kind})"
            if kind == "AWS::IAM::Role" and resource.get("Properties", {}).get("Path", "/") != "/":
                yield f"the path of {stack}.{logical_id}"
