"""The objects of a run: created before the probes, and removed afterwards with all their versions."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from temp_access.config.validation import RESERVED
from temp_access.verify.live.service_calls import BODY
from temp_access.verify.live.uploads import open_uploads, remove_upload
from temp_access.verify.operations import SEED, SPECIAL_SEED
from temp_access.verify.probes import Probe, ServiceCall

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import ObjectIdentifierTypeDef


R = TypeVar("R")
_WORKERS = 32


def seeds(probes: Iterable[Probe], run: str) -> list[str]:
    """Return the keys of the objects that `probes` read."""
    keys: dict[str, None] = {}
    for probe in probes:
        if isinstance(probe.call, ServiceCall):
            for key in (probe.call.key, probe.call.source or ""):
                _, mark, name = key.rpartition(f"{RESERVED}{run}/")
                if mark and name in (SEED, SPECIAL_SEED):
                    keys[key] = None
    return list(keys)


def run_prefixes_of(probes: Iterable[Probe], run: str) -> list[str]:
    """Return the prefixes under which `probes` may create objects; each contains the run's name."""
    mark = f"{RESERVED}{run}/"
    prefixes: dict[str, None] = {}
    for probe in probes:
        if isinstance(probe.call, ServiceCall) and mark in probe.call.key:
            prefixes[probe.call.key.partition(mark)[0] + mark] = None
    return list(prefixes)


def put_seeds(s3: "S3Client", bucket: str, keys: Sequence[str]) -> None:
    """Create an object with each of `keys`."""
    _each(keys, lambda key: s3.put_object(Bucket=bucket, Key=key, Body=BODY))


def remove(s3: "S3Client", bucket: str, run_prefixes: Sequence[str], run: str) -> int:
    """Remove every version, delete marker and open upload under `run_prefixes`; return their number.

    Raises ValueError for a prefix without the run's name, so that nothing else is ever removed.
    """
    mark = f"{RESERVED}{run}/"
    if any(not prefix.endswith(mark) for prefix in run_prefixes):
        raise ValueError(f"a prefix doesn't belong to the run {run}")
    return sum(_each(run_prefixes, lambda prefix: _remove_under(s3, bucket, prefix)))


def remove_all(s3: "S3Client", bucket: str) -> int:
    """Remove everything in a bucket that is about to be destroyed; return the number of removed items."""
    return _remove_under(s3, bucket, "")


def count_left(s3: "S3Client", bucket: str, run_prefixes: Sequence[str]) -> int:
    """Return the number of versions, delete markers and open uploads under `run_prefixes`."""
    counts = _each(
        run_prefixes,
        lambda prefix: len(_versions(s3, bucket, prefix)) + len(open_uploads(s3, bucket, prefix)),
    )
    return sum(counts)


def _remove_under(s3: "S3Client", bucket: str, prefix: str) -> int:
    uploads, versions = open_uploads(s3, bucket, prefix), _versions(s3, bucket, prefix)
    steps: list[Callable[[], None]] = [partial(remove_upload, s3, bucket, key, upload) for key, upload in uploads]
    steps += [partial(_delete, s3, bucket, versions[start : start + 1000]) for start in range(0, len(versions), 1000)]
    failure: Exception | None = None
    for step in steps:
        try:
            step()
        except Exception as error:
            # What can be removed is removed, whatever else fails.
            failure = failure or error
    if failure:
        raise failure
    return len(uploads) + len(versions)


def _delete(s3: "S3Client", bucket: str, versions: "list[ObjectIdentifierTypeDef]") -> None:
    from botocore.exceptions import ClientError

    # The call succeeds even if it may delete none of the objects.
    errors = s3.delete_objects(Bucket=bucket, Delete={"Objects": versions, "Quiet": True}).get("Errors", ())
    for first in errors:
        message = f"{first.get('Message')} ({len(errors)} of {len(versions)} objects, the first {first.get('Key')!r})"
        raise ClientError({"Error": {"Code": first.get("Code", ""), "Message": message}}, "DeleteObjects")


def _versions(s3: "S3Client", bucket: str, prefix: str) -> "list[ObjectIdentifierTypeDef]":
    versions: list[ObjectIdentifierTypeDef] = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            versions.append({"Key": entry["Key"], "VersionId": entry["VersionId"]})
    return versions


def _each(items: Sequence[str], do: Callable[[str], R]) -> list[R]:
    with ThreadPoolExecutor(min(_WORKERS, len(items)) or 1, thread_name_prefix="objects") as pool:
        return list(pool.map(do, items))
