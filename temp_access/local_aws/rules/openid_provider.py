"""What IAM requires of an OpenID Connect provider.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
"""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from temp_access.local_aws.rules.call import AwsError, constraint_error


def provider_host(url: str | None) -> str:
    """A provider's URL begins with https://, has neither port nor query, and at most 255 characters.

    Returns what follows https://, with which the provider's ARN ends; a slash at its end belongs to it.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
    """
    if not url:
        raise constraint_error("null", "url", "Member must not be null")
    if len(url) > 255:
        raise constraint_error(url, "url", "Member must have length less than or equal to 255")
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme == "https" and parts.port is None and bool(parts.hostname)
    except ValueError:
        is_valid = False
    if not is_valid or not re.fullmatch(r"https://[A-Za-z0-9.-]+(/[\w.~!$&'()*+,;=:@%/-]*)?", url, re.ASCII):
        raise AwsError("InvalidInput", "Invalid Open ID Connect Provider URL")
    return url.removeprefix("https://")


def client_ids(ids: Collection[str]) -> None:
    """A provider has at most 100 client ids, of 1 to 255 characters.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    for client_id in ids:
        if not 1 <= len(client_id) <= 255:
            raise constraint_error(client_id, "clientIDList.member", "Member must have length between 1 and 255")
    if len(set(ids)) > 100:
        raise AwsError("LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100", 409)


def thumbprints(values: Collection[str]) -> None:
    """A provider has at most five thumbprints, each of 40 hexadecimal digits.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
    """
    for value in values:
        if not re.fullmatch(r"[0-9A-Fa-f]{40}", value):
            raise constraint_error(value, "thumbprintList.member", "Member must have length equal to 40")
    if len(values) > 5:
        raise AwsError("InvalidInput", "Thumbprint list must contain fewer than 5 entries.")


def provider_quota(count: int) -> None:
    """An account has at most 100 OpenID Connect providers.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    if count >= 100:
        raise AwsError("LimitExceeded", "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100", 409)
