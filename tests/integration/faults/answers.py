"""Answers that no service gives when all is well: errors, pages of proxies, and damaged answers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate

from tests.integration.faults.calls import Call

_S3_ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>'
    "<RequestId>FAULT</RequestId></Error>"
)
_QUERY_ERROR = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>FAULT</RequestId></ErrorResponse>"
)
# Not well-formed, as most pages aren't.
_PAGE = b"<html><head><title>Blocked</title><body><h1>Blocked by the company's proxy</h1><p>policy 17</body></html>"
_LOGIN = b"<html><head><title>Login</title></head><body><p>Please log in</p></body></html>"


@dataclass(frozen=True)
class Answer:
    """Status, headers and body; `length` is the Content-Length of an answer to HEAD."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: str | None = None

    def with_date(self, seconds: float) -> "Answer":
        """Return the answer with another Date header."""
        others = tuple((name, value) for name, value in self.headers if name.lower() != "date")
        return replace(self, headers=(*others, ("Date", formatdate(seconds, usegmt=True))))


def _page(status: int, body: bytes = _PAGE) -> Answer:
    return Answer(status, (("Content-Type", "text/html"),), body)


# What stands between a client and a service answers.
PAGES = {
    "html-200": _page(200),
    "xhtml-200": _page(200, _LOGIN),
    "html-403": _page(403),
    "html-404": _page(404),
    "html-407": _page(407),
    "html-502": _page(502),
    "redirect": Answer(302, (("Location", "https://127.0.0.1:1/login"),)),
    "empty-400": Answer(400),
    "empty-403": Answer(403),
}
# The status and code of services that don't decide: busy, out of order, or not able to check the credentials.
ERRORS: dict[str, tuple[int, str]] = {
    "InternalError": (500, "InternalError"),
    "InternalFailure": (500, "InternalFailure"),
    "ServiceUnavailable": (503, "ServiceUnavailable"),
    "SlowDown": (503, "SlowDown"),
    "Throttling": (400, "Throttling"),
    "ThrottlingException": (400, "ThrottlingException"),
    "ThrottledException": (400, "ThrottledException"),
    "RequestThrottled": (400, "RequestThrottled"),
    "RequestThrottledException": (400, "RequestThrottledException"),
    "RequestLimitExceeded": (503, "RequestLimitExceeded"),
    "TooManyRequests": (429, "TooManyRequests"),
    "BandwidthLimitExceeded": (400, "BandwidthLimitExceeded"),
    "PriorRequestNotComplete": (400, "PriorRequestNotComplete"),
    "RequestTimeout": (400, "RequestTimeout"),
    "OperationAborted": (409, "OperationAborted"),
    "ConcurrentModification": (409, "ConcurrentModification"),
    "ExpiredToken": (400, "ExpiredToken"),
    "ExpiredToken-403": (403, "ExpiredToken"),
    "InvalidClientTokenId": (403, "InvalidClientTokenId"),
    "RequestTimeTooSkewed": (403, "RequestTimeTooSkewed"),
    "SignatureDoesNotMatch": (403, "SignatureDoesNotMatch"),
    "IDPCommunicationError": (400, "IDPCommunicationError"),
    "AccessDenied": (403, "AccessDenied"),
}
# How the answer of the service is cut: the rest never comes, and the connection is reset, closed, or stays open.
CUT_SHORT = ("cut-reset", "cut-close", "cut-hang")
# What becomes of the service's own answer.
RESPONSES: dict[str, Callable[[Answer], Answer]] = {
    "half-body": lambda answer: replace(answer, body=answer.body[: len(answer.body) // 2]),
    "empty-200": lambda answer: Answer(200, answer.headers),
    "garbage": lambda answer: replace(answer, body=b"\x00\xff\xfe no xml <" + bytes(range(128, 178))),
    "other-xml": lambda answer: Answer(200, answer.headers, b'<?xml version="1.0"?><Surprise xmlns="urn:x"/>'),
}
# An answer of each kind that decides nothing; a denial is the only one that does.
NO_ANSWERS = (*(kind for kind in ERRORS if kind != "AccessDenied"), *PAGES, *RESPONSES, "cut-reset", "cut-close")


def error_answer(call: Call, status: int, code: str) -> Answer:
    """Return an error in the form of the call's service."""
    form = _S3_ERROR if call.name.startswith("s3:") else _QUERY_ERROR
    body = form.format(code=code, message="made by the fault proxy").encode()
    return Answer(status, (("Content-Type", "text/xml"), ("x-amzn-RequestId", "FAULT")), body)


def respond(answer: Answer, *, is_head: bool) -> tuple[bytes, bytes]:
    """Return head and body as they go to the client."""
    length = str(len(answer.body)) if not is_head else answer.length
    fields = list(answer.headers)
    if length is not None and answer.status != 204:
        fields.append(("Content-Length", length))
    lines = [f"HTTP/1.1 {answer.status} Answer", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1"), b"" if is_head else answer.body
