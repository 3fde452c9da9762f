"""Where templates that leave account, Region or partition open can be deployed: each place that could differ.

A statement about such templates must hold for each of these deployments. An account, Region or partition that the
templates name is one of them, because that could be the one; another one stands for all that they don't name.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import chain, count
from typing import Any

from temp_access.cfn.assembly import Assembly
from temp_access.errors import UserError

_BUCKET = "AWS::S3::Bucket"
BUCKET_STAND_IN = "the-bucket-of-the-folders"
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
_PARTITION_NAME = r"aws(?:-cn|-us-gov|-eusc|-iso(?:-[a-z])?)?"
# In an ARN, and as a string of its own; `aws:` alone begins the name of a condition key.
_PARTITION = re.compile(rf'arn:({_PARTITION_NAME})(?![a-z])|"({_PARTITION_NAME})"|(aws-(?:cn|us-gov|eusc|iso))')
# What differs between partitions although it doesn't name one.
_OF_A_PARTITION = re.compile(r"AWS::URLSuffix|amazonaws\.com\.cn|arn:aws")
_REGION = re.compile(
    r"(?<![0-9A-Za-z-])(?:[a-z]{2}|eusc)(?:-(?:gov|iso[a-z]?|[a-z]{2}))?-[a-z]+-\d{1,2}(?![0-9A-Za-z-])"
)
_REGION_PATTERN = re.compile(r'"((?:[a-z]{2}|eusc)-[a-z0-9-]*[*?][a-z0-9*?-]*)"')
# The beginning of the Regions of each partition, and some of them: one that nothing names stands for the others.
_REGIONS = {
    "aws": ("xx-", "eu-central-1", "ap-southeast-2", "sa-east-1", "ca-central-1", "me-central-1", "af-south-1"),
    "aws-cn": ("cn-", "cn-north-1", "cn-northwest-1"),
    "aws-us-gov": ("us-gov-", "us-gov-west-1", "us-gov-east-1"),
    "aws-eusc": ("eusc-", "eusc-de-east-1"),
    "aws-iso": ("us-iso-", "us-iso-east-1", "us-iso-west-1"),
    "aws-iso-b": ("us-isob-", "us-isob-east-1"),
    "aws-iso-e": ("eu-isoe-", "eu-isoe-west-1"),
    "aws-iso-f": ("us-isof-", "us-isof-south-1", "us-isof-east-1"),
}
_USUAL_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")


@dataclass(frozen=True, slots=True)
class PossibleDeployment:
    """An account and a Region that the templates could be deployed in; without a Region, any one of `aws`.

    `description` says what is special about it, and is empty for the one that stands for all that nothing names.
    """

    account: str
    region: str | None
    description: str = ""


def possible_deployments(*assemblies: Assembly, policy: Mapping[str, Any] | None = None) -> list[PossibleDeployment]:
    """Return the deployments that a statement about the assemblies must hold for; the first is the usual one.

    `policy` is one that is used with them. Raises UserError when the assemblies are for different accounts.
    """
    accounts, regions = _accounts(assemblies, policy), _regions(assemblies, policy)
    return [
        PossibleDeployment(account, region, ", ".join(filter(None, [of_account, of_region])))
        for account, of_account in accounts.items()
        for region, of_region in regions.items()
    ]


def _accounts(assemblies: Iterable[Assembly], policy: Mapping[str, Any] | None) -> dict[str, str]:
    known = {assembly.account for assembly in assemblies if assembly.account}
    if len(known) > 1:
        raise UserError(f"the templates are for the accounts {' and '.join(sorted(known))}; synthesize them for one")
    if known:
        return dict.fromkeys(known, "")
    named = sorted(set(_ACCOUNT.findall(json.dumps([[assembly.templates for assembly in assemblies], policy]))))
    unnamed = next(number for number in map(_digits, count(1)) if number not in named)
    return {unnamed: "", **{number: f"in {number}, an account that the templates name" for number in named}}


def _regions(assemblies: Iterable[Assembly], policy: Mapping[str, Any] | None) -> dict[str | None, str]:
    known = [assembly.region for assembly in assemblies if assembly.region]
    if known:
        return {known[0]: ""}
    text = json.dumps([*map(_relevant, assemblies), policy])
    partitions = list(_partitions(text, policy))
    if "AWS::Region" not in text:
        return {
            None if partition == "aws" else _REGIONS[partition][1]: _other_partition(partition)
            for partition in partitions
        }
    patterns = _REGION_PATTERN.findall(text)
    named = sorted({*_REGION.findall(text), *map(_example, patterns)})
    unnamed = [_unnamed_region(partition, [*named, *patterns]) for partition in partitions]
    return {
        **{region: f"in {region}, for instance" for region in unnamed},
        **{region: f"in {region}, a Region that the templates name" for region in named},
    }


def _unnamed_region(partition: str, patterns: list[str]) -> str:
    prefix, *regions = _REGIONS[partition]
    numbered = (f"{prefix}any-{number}" for number in count(1))
    return next(each for each in chain(regions, numbered) if not any(fnmatchcase(each, named) for named in patterns))


def _relevant(assembly: Assembly) -> list[Any]:
    # The conditions of the metadata that the CDK adds name every Region.
    return [
        [
            {
                key: each
                for key, each in template.get("Resources", {}).items()
                if each.get("Type") != "AWS::CDK::Metadata"
            },
            template.get("Outputs"),
            template.get("Mappings"),
        ]
        for template in assembly.templates.values()
    ]


def _partitions(text: str, policy: Mapping[str, Any] | None) -> Iterator[str]:
    of_policy = _named_partitions(json.dumps(policy))
    if of_policy:
        # A session policy that names its partition is sent there only.
        yield from of_policy
    elif _OF_A_PARTITION.search(text) or _named_partitions(text):
        yield from dict.fromkeys((*_USUAL_PARTITIONS, *_named_partitions(text)))
    else:
        # Nothing names a partition, so all of them are alike.
        yield "aws"


def _named_partitions(text: str) -> list[str]:
    names = {next(filter(None, groups)) for groups in _PARTITION.findall(text)}
    return sorted(names & set(_REGIONS))


def _other_partition(partition: str) -> str:
    return "" if partition == "aws" else f"in the partition {partition}"


def _example(pattern: str) -> str:
    return pattern.replace("*", "any-9").replace("?", "x")


def _digits(number: int) -> str:
    return f"{number:012d}"


def fill_placeholders(
    *assemblies: Assembly, deployment: PossibleDeployment, bucket: str | None = None
) -> tuple[Assembly, ...]:
    """Return the assemblies for `deployment`, with a stand-in for the bucket's name where the templates have none.

    `bucket` replaces the bucket's name in any case.
    """
    return tuple(
        replace(
            assembly,
            account=deployment.account,
            region=assembly.region or deployment.region,
            templates={name: _with_bucket_name(template, bucket) for name, template in assembly.templates.items()},
        )
        for assembly in assemblies
    )


def _with_bucket_name(template: Mapping[str, Any], bucket: str | None) -> dict[str, Any]:
    changed = deepcopy(dict(template))
    for resource in changed["Resources"].values():
        if resource["Type"] == _BUCKET:
            properties = resource.setdefault("Properties", {})
            properties["BucketName"] = bucket or properties.get("BucketName", BUCKET_STAND_IN)
    return changed
