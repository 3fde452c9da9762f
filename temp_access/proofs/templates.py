"""Templates prepared for the proofs: stand-ins for unknown names, and the resources that aren't modeled."""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from itertools import count
from typing import Any

from temp_access.cfn.assembly import Assembly
from temp_access.config.model import Config
from temp_access.deployment.target import template_target
from temp_access.deployment.unread import unread
from temp_access.errors import UserError
from temp_access.iam.symbolic.patterns import FOLDER_MARK

_BUCKET = "AWS::S3::Bucket"
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
_BUCKET_STAND_IN = "the-bucket-of-the-folders"


def possible_accounts(*assemblies: Assembly, policy: Mapping[str, Any] | None = None) -> list[str]:
    """Return the account of the assemblies; without one, an account that nothing names and each one that is named.

    Templates for any account can be deployed in an account that they (or `policy`) name. Raises UserError when
    the assemblies are for different accounts.
    """
    accounts = {assembly.account for assembly in assemblies if assembly.account}
    if len(accounts) > 1:
        raise UserError(f"the templates are for the accounts {' and '.join(sorted(accounts))}; synthesize them for one")
    if accounts:
        return [*accounts]
    named = sorted(set(_ACCOUNT.findall(json.dumps([[assembly.templates for assembly in assemblies], policy]))))
    return [next(number for number in map(_digits, count(1)) if number not in named), *named]


def fill_placeholders(*assemblies: Assembly, account: str, bucket: str | None = None) -> tuple[Assembly, ...]:
    """Return the assemblies for `account`, with a stand-in for the bucket's name where the templates have none.

    `bucket` replaces the bucket's name in any case.
    """
    regions = {assembly.region for assembly in assemblies if assembly.region}
    region = next(iter(regions), None)
    return tuple(
        replace(
            assembly,
            account=account,
            region=assembly.region or region,
            templates={name: _with_bucket_name(template, bucket) for name, template in assembly.templates.items()},
        )
        for assembly in assemblies
    )


def _digits(number: int) -> str:
    return f"{number:012d}"


def _with_bucket_name(template: Mapping[str, Any], bucket: str | None) -> dict[str, Any]:
    changed = deepcopy(dict(template))
    for resource in changed["Resources"].values():
        if resource["Type"] == _BUCKET:
            properties = resource.setdefault("Properties", {})
            properties["BucketName"] = bucket or properties.get("BucketName", _BUCKET_STAND_IN)
    return changed


def unmodeled_resources(config: Config, assembly: Assembly) -> Iterator[str]:
    """Yield a description of each resource, property or template that could grant access and isn't modeled."""
    for stack, template in assembly.templates.items():
        if FOLDER_MARK in json.dumps(template, ensure_ascii=False):
            yield f"{stack}, which contains the placeholder {FOLDER_MARK} of the proofs"
    # Who has credentials changes nothing of what they allow.
    found = unread(assembly, *template_target(config, assembly))
    yield from (each.description for each in found if not each.is_credentials)
