"""Finding code and message in a pasted error, in the forms that SDKs, CLIs and services give them."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from temp_access.error_guide.guide import known_codes, load_entries

_LONGEST = 100_000
_TEXTS = tuple(
    re.compile(form, re.DOTALL)
    for form in (
        # boto3 and the aws CLI
        r"An error occurred \((?P<code>[\w.]+)\) when calling (?P<message>.*)",
        # SDK for Go v2, and Terraform with it
        r"api error (?P<code>\w+): (?P<message>.*)",
    )
)
# SDK for Java v1, and CloudFormation; the message is before it.
_JAVA = re.compile(r"\(Service: [^;()]{1,100}; Status Code: \d+; Error Code: (\w+)")
_LEADING = re.compile(r"(?:^|\s)(?P<code>[A-Za-z]\w*): (?P<message>.*)", re.DOTALL)
_CODE = re.compile(r"<Code>\s*([\w.]+)\s*</Code>")
_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)
_CODE_KEYS = ("Code", "code", "errorCode", "__type", "Error Code")
_MESSAGE_KEYS = ("Message", "message", "errorMessage")


def parse(text: str) -> tuple[str, str]:
    """Return (code, message) of a pasted error, or a code alone; the code is empty if none is found.

    Read are the texts of botocore and the aws CLI, of the SDKs for Go, Java and JavaScript, the services' XML
    and JSON, and CloudTrail's events.
    """
    text = text[:_LONGEST].strip()
    return _json(text) or _xml(text) or _text(text) or _known_code(text) or _by_phrase(text) or ("", text)


def _json(text: str) -> tuple[str, str] | None:
    start = text.find("{")
    if start < 0:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return None
    for found in _objects(value):
        code = next((found[key] for key in _CODE_KEYS if isinstance(found.get(key), str)), None)
        if code:
            message = next((found[key] for key in _MESSAGE_KEYS if isinstance(found.get(key), str)), "")
            # The JSON protocols write `com.amazon.coral.service#AccessDeniedException`, some with `:http://…`.
            return code.split("#")[-1].split(":")[0], message
    return None


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects in `value`, outer ones first."""
    waiting = [value]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _xml(text: str) -> tuple[str, str] | None:
    code = _CODE.search(text)
    if code is None:
        return None
    message = _MESSAGE.search(text)
    return code[1], html.unescape(message[1]).strip() if message else ""


def _text(text: str) -> tuple[str, str] | None:
    found = (form.search(text) for form in _TEXTS)
    for match in filter(None, found):
        return match["code"], match["message"].strip()
    java = _JAVA.search(text)
    return (java[1], text[: java.start()].strip()) if java else None


def _known_code(text: str) -> tuple[str, str] | None:
    """Return a text that is a code alone, or that has a known code before a colon."""
    if re.fullmatch(r"[\w.]+", text):
        return text, ""
    for match in _LEADING.finditer(text):
        if match["code"] in known_codes():
            return match["code"], match["message"].strip()
    return None


def _by_phrase(text: str) -> tuple[str, str] | None:
    """Return the code whose messages read like `text`: the longest phrase that fits decides."""
    fits = {
        code: max((len(m[0]) for p in entry.get("phrases", ()) if (m := re.search(p, text, re.IGNORECASE))), default=0)
        for code, entry in load_entries().items()
    }
    best = max(fits, key=lambda code: fits[code])
    return (best, text) if fits[best] else None
