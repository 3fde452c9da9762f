"""The call that a stack trace names: SDKs name it there, and not in their message."""

import re

from temp_access.error_guide.service_error import service_call

# The SDKs for JavaScript (v3) and Rust name the operation, all name the service's client.
_OPERATIONS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bde_([A-Z]\w*?)CommandError\b",
        r"\bdeserializeAws_(?:restXml|restJson1|json1_[01]|query|ec2)([A-Z]\w*?)CommandError\b",
        r"\b([A-Z]\w+?)Command\b",
        r"\b([A-Z]\w+?)Error \{",
        r"_call_s3 -- CALL: (\w+)",
    )
)
_SERVICES = tuple(
    re.compile(pattern)
    for pattern in (
        r"@aws-sdk[/\\]client-([a-z0-9-]+)",
        r"aws-sdk[/\\.]lib[/\\.]services[/\\:]([a-z0-9]+)",
        r"\baws_sdk_([a-z0-9]+)::",
        r"\b(s3)_extended_request_id\b",
        r"\b(s3)fs[/\\]core\.py",
        r"\bcom\.amazonaws\.services\.([a-z0-9]+)\.",
        r"\bsoftware\.amazon\.awssdk\.services\.([a-z0-9]+)\.",
        r"\bAmazon\.(\w+)\.Amazon\w+Exception\b",
    )
)


def call_of_trace(text: str) -> str:
    """Return the call that a stack trace names, as `service:Operation` or `service:`; empty if it names none."""
    service = next((match[1] for pattern in _SERVICES if (match := pattern.search(text))), "")
    for pattern in _OPERATIONS:
        for match in pattern.finditer(text):
            call = service_call("".join(map(_capitalized, match[1].split("_"))))
            # Other names, such as ServiceError, belong to no service.
            if not call.startswith(":") and (not service or call.startswith(service_call("", service))):
                return call
    return service_call("", service)


def _capitalized(word: str) -> str:
    return word[:1].upper() + word[1:]
