"""The life cycle of a bucket that a template defines, as S3's own API takes it."""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def lifecycle_xml(configuration: Mapping[str, Any]) -> bytes:
    """Return the body of PutBucketLifecycleConfiguration for a property LifecycleConfiguration.

    A rule keeps its id, status and prefix, and after how many days it ends uploads in parts, objects and old versions.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-rule.html
    """
    rules = "".join(f"<Rule>{''.join(_elements(rule))}</Rule>" for rule in configuration.get("Rules") or ())
    return f'<LifecycleConfiguration xmlns="{_NAMESPACE}">{rules}</LifecycleConfiguration>'.encode()


def _elements(rule: Mapping[str, Any]) -> Iterator[str]:
    if name := rule.get("Id"):
        yield f"<ID>{escape(str(name))}</ID>"
    yield f"<Filter><Prefix>{escape(str(rule.get('Prefix') or ''))}</Prefix></Filter>"
    yield f"<Status>{escape(str(rule.get('Status')))}</Status>"
    if days := rule.get("ExpirationInDays"):
        yield _days("Expiration", "Days", days)
    old = rule.get("NoncurrentVersionExpiration") or {}
    if days := old.get("NoncurrentDays") or rule.get("NoncurrentVersionExpirationInDays"):
        yield _days("NoncurrentVersionExpiration", "NoncurrentDays", days)
    if days := (rule.get("AbortIncompleteMultipartUpload") or {}).get("DaysAfterInitiation"):
        yield _days("AbortIncompleteMultipartUpload", "DaysAfterInitiation", days)


def _days(element: str, name: str, days: object) -> str:
    return f"<{element}><{name}>{escape(str(days))}</{name}></{element}>"
