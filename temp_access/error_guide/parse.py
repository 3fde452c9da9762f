"""The parser of pasted errors: code and message in the forms that SDKs, the AWS CLI and services write."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from temp_access.error_guide.guide import known_codes, load_entries

_MAX_LENGTH = 100_000
_TEXT_PATTERNS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        # boto3 and the AWS CLI
        r"An error occurred \((?P<code>[\w.]+)\) when calling (?P<message>.*)",
        # The SDK for Go v2, and Terraform, which uses it
        r"api error (?P<code>\w+): (?P<message>.*)",
    )
)
# The SDK for Java v1, and CloudFormation; the message comes first.
_JAVA = re.compile(r"\(Service: [^;()]{1,100}; Status Code: \d+; Error Code: (\w+)")
_LEADING = re.compile(r"(?:^|\s)(?P<code>[A-Za-z]\w*): (?P<message>.*)", re.DOTALL)
_CODE = re.compile(r"<Code>\s*([\w.]+)\s*</Code>")
_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)
_CODE_KEYS = ("Code", "code", "errorCode", "__type", "Error Code")
_MESSAGE_KEYS = ("Message", "message", "errorMessage")


def parse(pasted: str) -> tuple[str, str]:
    """Return (code, message) of a pasted error or a code alone; the code is empty if the error contains none.

    It reads the errors of botocore, the AWS CLI and the SDKs for Go, Java and JavaScript, the XML and JSON of the
    services, and CloudTrail events.
    """
    error = pasted[:_MAX_LENGTH].strip()
    return (
        _parse_json(error)
        or _parse_xml(error)
        or _parse_text(error)
        or _known_code(error)
        or _code_by_phrase(error)
        or ("", error)
    )


def _parse_json(error: str) -> tuple[str, str] | None:
    start = error.find("{")
    if start < 0:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(error[start:])
    except (ValueError, RecursionError):
        return None
    for entry in _objects(value):
        code = next((entry[key] for key in _CODE_KEYS if isinstance(entry.get(key), str)), None)
        if code:
            message = next((entry[key] for key in _MESSAGE_KEYS if isinstance(entry.get(key), str)), "")
            # The JSON protocols write `com.amazon.coral.service#AccessDeniedException`, sometimes with `:http://…`.
            return code.split("#")[-1].split(":")[0], message
    return None


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


def _parse_xml(error: str) -> tuple[str, str] | None:
    code = _CODE.search(error)
    if code is None:
        return None
    message = _MESSAGE.search(error)
    return code[1], html.unescape(message[1]).strip() if message else ""


def _parse_text(error: str) -> tuple[str, str] | None:
    matches = (pattern.search(error) for pattern in _TEXT_PATTERNS)
    for match in filter(None, matches):
        return match["code"], match["message"].strip()
    java = _JAVA.search(error)
    return (java[1], error[: java.start()].strip()) if java else None


def _known_code(error: str) -> tuple[str, str] | None:
    """Return an error that is a code alone, or that has a known code before a colon."""
    if re.fullmatch(r"[\w.]+", error):
        return error, ""
    for match in _LEADING.finditer(error):
        if match["code"] in known_codes():
            return match["code"], match["message"].strip()
    return None


def _code_by_phrase(error: str) -> tuple[str, str] | None:
    """Return the code with the longest phrase that matches `error`."""
    lengths = {
        code: max((len(m[0]) for p in entry.get("phrases", ()) if (m := re.search(p, error, re.IGNORECASE))), default=0)
        for code, entry in load_entries().items()
    }
    best = max(lengths, key=lambda code: lengths[code])
    return (best, error) if lengths[best] else None
