"""The parser of pasted errors: code, message and call in the forms that SDKs, the AWS CLI and services write."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.error_guide.guide import known_codes, load_entries
from temp_access.error_guide.service_error import ServiceError, service_call

_MAX_LENGTH = 100_000
_TEXT_PATTERNS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        # boto3 and the AWS CLI, and their old form
        r"An error occurred \((?P<code>[\w.]+)\) when calling (?:the )?(?P<operation>\w+) operation(?: \([^)]*\))?:?"
        r"(?P<message>.*)",
        r"A client error \((?P<code>[\w.]+)\) occurred when calling the (?P<operation>\w+) operation:(?P<message>.*)",
        r"An error occurred \((?P<code>[\w.]+)\) when calling (?P<message>.*)",
        # The SDK for Go v2, and Terraform, which uses it
        r"operation error (?P<service>[\w ]+): (?P<operation>\w+),.{0,2000}?api error\W+(?P<code>\w+): (?P<message>.*)",
        r"operation error (?P<service>[\w ]+): (?P<operation>\w+), https response error StatusCode: \d+,"
        r"(?: (?:RequestID|HostID): [^,]*,)* (?P<code>\w+):(?P<message>.*)",
        r"api error\W+(?P<code>\w+): (?P<message>.*)",
        # The SDKs for PHP and Ruby
        r"Error executing \"(?P<operation>\w+)\" on .{0,2000}?(?P<code>\w+) \((?:client|server)\): (?P<message>.*)",
        r"\(Aws::(?P<service>\w+)::Errors::(?P<code>\w+)\)",
        r"Aws::(?P<service>\w+)::Errors::(?P<code>\w+): (?P<message>.*)",
        # The SDKs for Java, and CloudFormation; the message comes first, as in Ruby's other form
        r"\(Service: (?P<service>[^;()]{1,100}); Status Code: \d+; Error Code: (?P<code>\w+)",
    )
)
# The SDK for Java v2 writes the HTTP status, and no error code.
_JAVA_STATUS = re.compile(r"\(Service: (?P<service>[^,;()]{1,100}), Status Code: (?P<status>\d+)")
_JAVA_CLASS = re.compile(r"^(?:.*\n)*?(?:[\w.]+Exception: )+")
_LEADING = re.compile(r"(?:^|[\s.])(?P<code>[A-Za-z]\w*)(?: \((?:client|server)\))?: (?P<message>.*)", re.DOTALL)
_CODE = re.compile(r"<Code>\s*([\w.]+)\s*</Code>")
_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)
# What the SDKs for JavaScript and Go write below the message.
_TRAILER = re.compile(r"\n\s+(?:at |status code: )")
# Only S3's XML has this element.
_S3_XML = "<HostId>"
_CODE_KEYS = ("Code", "code", "errorCode", "__type", "Error Code")
_MESSAGE_KEYS = ("Message", "message", "errorMessage")


def parse(pasted: str) -> ServiceError:
    """Return the code, message and call of a pasted error or a code alone; the code is empty if there is none.

    It reads the errors of botocore, the AWS CLI and the SDKs for Go, Java, JavaScript, PHP and Ruby, the XML and JSON
    of the services, and CloudTrail events.
    """
    error = pasted[:_MAX_LENGTH].strip()
    return (
        _parse_json(error)
        or _parse_xml(error)
        or _parse_text(error)
        or _parse_status(error)
        or _known_code(error)
        or _code_by_phrase(error)
        or ServiceError("", error)
    )


def _parse_json(error: str) -> ServiceError | None:
    start = error.find("{")
    if start < 0:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(error[start:])
    except (ValueError, RecursionError):
        return None
    for entry in _objects(value):
        code = _text(entry, *_CODE_KEYS)
        if code:
            # The JSON protocols write `com.amazon.coral.service#AccessDeniedException`, sometimes with `:http://…`.
            name = code.split("#")[-1].split(":")[0]
            call = service_call(_text(entry, "eventName"), _text(entry, "eventSource"))
            return ServiceError(name, _text(entry, *_MESSAGE_KEYS), call)
    return None


def _text(entry: Mapping[str, Any], *keys: str) -> str:
    return next((entry[key] for key in keys if isinstance(entry.get(key), str)), "")


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects in `value`, outer ones first."""
    queue = [value]
    while queue:
        item = queue.pop(0)
        if isinstance(item, dict):
            yield item
            queue.extend(item.values())
        elif isinstance(item, list):
            queue.extend(item)


def _parse_xml(error: str) -> ServiceError | None:
    code = _CODE.search(error)
    if code is None:
        return None
    message = _MESSAGE.search(error)
    text = html.unescape(message[1]).strip() if message else ""
    return ServiceError(code[1], text, "s3:" if _S3_XML in error else "")


def _parse_text(error: str) -> ServiceError | None:
    matches = (pattern.search(error) for pattern in _TEXT_PATTERNS)
    for match in filter(None, matches):
        parts = match.groupdict()
        # A tool that repeats its call prints the error several times.
        message = re.split(r"An error occurred \(", parts.get("message", error[: match.start()]))[0].strip()
        return ServiceError(
            match["code"], message, service_call(parts.get("operation") or "", parts.get("service") or "")
        )
    return None


def _parse_status(error: str) -> ServiceError | None:
    match = _JAVA_STATUS.search(error)
    if match is None:
        return None
    message = _JAVA_CLASS.sub("", error[: match.start()]).strip()
    guessed = _code_by_phrase(message)
    return ServiceError(guessed.code if guessed else match["status"], message, service_call("", match["service"]))


def _known_code(error: str) -> ServiceError | None:
    """Return an error that is a code alone, or that has a known code before a colon."""
    if re.fullmatch(r"[\w.]+", error):
        return ServiceError(error)
    for match in _LEADING.finditer(error):
        if match["code"] in known_codes():
            return ServiceError(match["code"], _TRAILER.split(match["message"])[0].strip())
    return None


def _code_by_phrase(error: str) -> ServiceError | None:
    """Return the code with the longest phrase that matches `error`."""
    lengths = {
        code: max((len(m[0]) for p in entry.get("phrases", ()) if (m := re.search(p, error, re.IGNORECASE))), default=0)
        for code, entry in load_entries().items()
    }
    best = max(lengths, key=lambda code: lengths[code])
    return ServiceError(best, error) if lengths[best] else None
