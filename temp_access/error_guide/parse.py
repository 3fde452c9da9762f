"""The parser of pasted errors: code, message and call in the forms that SDKs, the AWS CLI and services write."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from temp_access.error_guide.guide import known_codes, load_entries
from temp_access.error_guide.service_error import ServiceError, service_call
from temp_access.error_guide.stack_trace import call_of_trace

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
        r"AWS Service: (?P<service>[^,]{1,100}), AWS Request ID: [^,]*, AWS Error Code: (?P<code>\w+), "
        r"AWS Error Message: (?P<message>[^\n\"\]]*)",
        # The SDK for .NET, with the service's code if the answer has no body
        r"Amazon\.(?P<service>\w+)\.Amazon\w+Exception: [^\n]*?with Error Code (?P<code>\w+) and Http Status Code \w+"
        r"(?P<message>)",
        # The SDK for Rust
        r"code: (?:Some\()?\"(?P<code>\w+)\"\)?, message: (?:Some\()?\"(?P<message>[^\"]*)\"",
        # s3cmd
        r"(?P<service>S3) error: \d{3} \((?P<code>\w+)\): (?P<message>[^\n]*)",
    )
)
# pyarrow writes the codes of the SDK for C++ in capitals, and the HTTP status of those that it doesn't know.
_CPP = re.compile(
    r"AWS Error (?P<code>[A-Z_]+)(?: \(HTTP status (?P<status>\d+)\))? during (?P<operation>\w+) operation: "
    r"(?P<message>[^\n]*)"
)
_CPP_EXCEPTION = re.compile(r"Unable to parse ExceptionName: (?P<code>\w+) Message: (?P<message>.*)")
# s3fs raises Python's own error, JavaScript's SDK a status without a code; they are of S3.
_ERRORS_OF_S3 = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"\bPermissionError: (?P<message>(?P<code>Access Denied|Forbidden)\.?)\s*$",
        r"(?:^|\s)(?P<code>40[034]|30[17]): (?P<message>UnknownError)\b",
        # DuckDB, and pyarrow before it named the codes (15 is ACCESS_DENIED)
        r"HTTP (?:GET|HEAD|PUT|POST) error (?:on|reading) .{0,2000}?\(HTTP (?P<code>40[034]|30[17])\b(?P<message>)",
        r"AWS Error \[code (?P<code>15)\](?: during \w+ operation)?: (?P<message>No response body)",
        # The SDK for Rust, for an answer without a body
        r"\bcode: None, message: (?P<message>None),[\s\S]{0,1000}?\bstatus: (?:StatusCode\()?(?P<code>\d{3})",
    )
)
# The SDK for Java v2 writes the HTTP status, and no error code.
_JAVA_STATUS = re.compile(r"\(Service: (?P<service>[^,;()]{1,100}), Status Code: (?P<status>\d+)")
_JAVA_CLASS = re.compile(r"^(?:.*\n)*?(?:[\w.]+Exception: )+")
_LEADING = re.compile(r"(?<![^\s.])(?P<code>[A-Za-z]\w*)(?: \((?:client|server)\))?: ")
_CODE = re.compile(r"<Code>\s*([\w.]+)\s*</Code>")
_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)
# What the SDKs for JavaScript and Go write below the message.
_TRAILER = re.compile(r"\n\s*\n|\n\s+(?:at |File )|\s+status code: \d|\n\s*\{|\s+\{\n")
# Only S3's XML has this element.
_S3_XML = "<HostId>"
_REFUSED_BY_S3 = re.compile(r"\bAccess Denied\b")
_NOT_AUTHORIZED = re.compile(r"not authorized|assume|MultiFactor|session credentials", re.IGNORECASE)
_CODE_KEYS = ("Code", "code", "errorCode", "__type", "Error Code")
_MESSAGE_KEYS = ("Message", "message", "errorMessage")


def parse(pasted: str) -> ServiceError:
    """Return the code, message and call of a pasted error or a code alone; the code is empty if there is none.

    It reads the errors of botocore, the AWS CLI, the SDKs for Go, Java, JavaScript, .NET, PHP, Ruby and Rust, pyarrow,
    s3fs, DuckDB and s3cmd, the XML and JSON of the services, and CloudTrail events. A stack trace tells the call if
    the message doesn't.
    """
    error = pasted[:_MAX_LENGTH].strip()
    found = (
        _parse_json(error)
        or _parse_xml(error)
        or _parse_text(error)
        or _parse_cpp(error)
        or _parse_status(error)
        or _known_code(error)
        or _error_of_s3(error)
        or _code_by_phrase(error)
        or ServiceError("", error)
    )
    if not found.call or found.call.endswith(":"):
        found = found._replace(call=call_of_trace(error) or found.call)
    return found


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
        message = parts["message"] if "message" in parts else _before(error[: match.start()])
        message = re.split(r"An error occurred \(", message)[0].strip()
        return ServiceError(
            match["code"], message, service_call(parts.get("operation") or "", parts.get("service") or "")
        )
    return None


def _before(text: str) -> str:
    """Return the message that ends a text: without Java's class, and without other lines if S3 says no more."""
    last = _JAVA_CLASS.sub("", text.rstrip().rpartition("\n")[2])
    return last.strip() if ServiceError("", last).is_bare else _JAVA_CLASS.sub("", text).strip()


def _parse_cpp(error: str) -> ServiceError | None:
    match = _CPP.search(error)
    if match is None:
        return None
    code = "".join(word.capitalize() for word in match["code"].split("_"))
    code, message = match["status"] if code not in known_codes() and match["status"] else code, match["message"]
    if named := _CPP_EXCEPTION.search(message):
        code, message = named["code"], named["message"]
    return ServiceError(code, message.strip(), service_call(match["operation"], "s3"))


def _error_of_s3(error: str) -> ServiceError | None:
    match = next(filter(None, (pattern.search(error) for pattern in _ERRORS_OF_S3)), None)
    if match is None:
        return None
    return ServiceError("403" if match["code"] == "15" else match["code"].replace(" ", ""), match["message"], "s3:")


def _parse_status(error: str) -> ServiceError | None:
    match = _JAVA_STATUS.search(error)
    if match is None:
        return None
    message = _before(error[: match.start()])
    guessed = _code_by_phrase(message)
    return ServiceError(guessed.code if guessed else match["status"], message, service_call("", match["service"]))


def _known_code(error: str) -> ServiceError | None:
    """Return an error that is a code alone, or that has a known code before a colon."""
    if re.fullmatch(r"[\w.]+:?", error):
        return ServiceError(error.removesuffix(":"))
    for match in _LEADING.finditer(error):
        if match["code"] in known_codes():
            return ServiceError(match["code"], _TRAILER.split(error[match.end() :], maxsplit=1)[0].strip())
    return None


def _code_by_phrase(error: str) -> ServiceError | None:
    """Return the code with the longest phrase that matches `error`."""
    lengths = {
        code: max((len(m[0]) for p in entry.get("phrases", ()) if (m := re.search(p, error, re.IGNORECASE))), default=0)
        for code, entry in load_entries().items()
    }
    best = max(lengths, key=lambda code: lengths[code])
    # Only S3 says no more than this; other services say who isn't authorized to do what.
    if best == "AccessDenied" and _REFUSED_BY_S3.search(error) and not _NOT_AUTHORIZED.search(error):
        return ServiceError(best, "Access Denied", "s3:")
    return ServiceError(best, error) if lengths[best] else None
