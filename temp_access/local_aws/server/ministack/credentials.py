"""The signature of a request, verified before its body is read and before ministack sees it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import uuid4

from temp_access.local_aws.rules.call import AwsError, Response
from temp_access.local_aws.rules.http import PathAndQuery
from temp_access.local_aws.server.ministack.s3_requests import s3_service
from temp_access.local_aws.server.ministack.stores import app, evaluator
from temp_access.local_aws.state_dir import ACCOUNT_ID

_router: Any = importlib.import_module("ministack.core.router")
_sigv4: Any = importlib.import_module("ministack.core.sigv4")
# A request that has one of these twice could be signed with one value and answered for the other.
_SINGLE_HEADERS = ("authorization", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token")


@dataclass(frozen=True)
class SignedHead:
    """The head of a request that a known access key signed.

    `is_verified` is False while the signature isn't checked, because it depends on the body too. `body_hash` is the
    body's hash if the head has it.
    """

    is_verified: bool
    body_hash: str | None = None
    request: Any = None
    secret: str = field(default="", repr=False)

    def check(self, body: bytes) -> None:
        """Raise AwsError unless the signature covers the body.

        https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
        """
        if self.body_hash is not None and self.body_hash != sha256(body).hexdigest():
            message = "The provided 'x-amz-content-sha256' header does not match what was computed."
            raise AwsError("XAmzContentSHA256Mismatch", message)
        if not self.is_verified and not _matches(self.request, _parsed(self.request), self.secret, body):
            raise _mismatch()


def verify_head(target: PathAndQuery, method: str, raw_headers: list[tuple[bytes, bytes]]) -> SignedHead:
    """Return the signed head; raises AwsError unless a known access key signed it, or RefusedUrl."""
    try:
        return _verify_head(target, method, raw_headers)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        # ministack's parsers expect the parts of a signature in their usual form.
        raise AwsError("IncompleteSignature", "The signature has a form that the local AWS can't read") from None


def _verify_head(target: PathAndQuery, method: str, raw_headers: list[tuple[bytes, bytes]]) -> SignedHead:
    names = [name.lower().decode("latin-1") for name, _ in raw_headers]
    if any(names.count(name) > 1 for name in _SINGLE_HEADERS):
        raise AwsError("UnsupportedSignature", "A header that the signature depends on is sent twice")
    evaluator.pin_signed_request(method, target.raw_path, target.query, raw_headers)
    request = evaluator._signed_request.get()
    evaluator._signed_request.set(None)
    headers = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in raw_headers}
    if request is None or request.access_key_id != app.extract_access_key_id(headers, target.query):
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    if request.unverifiable:
        raise AwsError("UnsupportedSignature", "The request signature does not conform to AWS standards.")
    if request.s3_scoped:
        refusal = s3_service._verify_presigned_sigv4(method, target.path, headers, target.query)
        if refusal is not None:
            raise RefusedUrl(refusal)
        return SignedHead(True)
    if request.sigv2:
        _raise_failure(evaluator._sigv2_check(request, ACCOUNT_ID))
        return SignedHead(True)
    return _verify(request)


class RefusedUrl(Exception):
    """S3's refusal of a presigned URL; `response` is ready to be sent."""

    def __init__(self, response: Response) -> None:
        super().__init__("the presigned URL is refused")
        self.response = response


def _verify(request: Any) -> SignedHead:
    signature = _parsed(request)
    skew = _sigv4.request_time_failure(signature)
    if skew:
        raise AwsError(*skew)
    if signature.date_stamp != signature.amz_date[:8]:
        raise AwsError("CredentialDateMismatch", "The date in the credential scope isn't the one of the request.")
    token = (
        (request.query_params.get("X-Amz-Security-Token") or [""])[0]
        if request.presigned
        else request.headers.get("x-amz-security-token", "")
    )
    credential = evaluator.resolve_credential(signature.access_key_id, ACCOUNT_ID, token)
    # AWS treats a session's key without its token as an unknown one.
    if getattr(credential, "code", "") == "InvalidToken" and not token:
        credential = evaluator._unknown_access_key()
    _raise_failure(credential)
    body_hash = request.headers.get("x-amz-content-sha256")
    if not body_hash:
        return SignedHead(False, request=request, secret=credential.secret_access_key)
    if not _matches(request, signature, credential.secret_access_key, b""):
        raise _mismatch()
    is_hash = len(body_hash) == 64 and not body_hash.startswith(("STREAMING-", "UNSIGNED-"))
    return SignedHead(True, body_hash if is_hash else None)


def _parsed(request: Any) -> Any:
    parsed = (
        _sigv4.parse_query_signature(request.query_params)
        if request.presigned
        else _sigv4.parse_header_signature(request.headers)
    )
    if isinstance(parsed, tuple):
        raise AwsError(*parsed)
    if parsed.region_set is not None:
        raise AwsError("UnsupportedSignature", "The local AWS doesn't take signatures of version 4a.")
    return parsed


def _matches(request: Any, signature: Any, secret: str, body: bytes) -> bool:
    """Return whether the signature is the one of the request; the body counts only without x-amz-content-sha256."""
    _, text = _sigv4.header_signing_documents(
        signature,
        request.method,
        request.raw_path,
        request.query_params,
        request.headers,
        body,
        presigned=request.presigned,
    )
    scope = (signature.date_stamp, signature.region, signature.service)
    return bool(_sigv4.signatures_match(_sigv4.calculate_signature(secret, *scope, text), signature.signature))


def _raise_failure(credential: Any) -> None:
    if isinstance(credential, evaluator.AuthError | evaluator.CredentialResolutionError):
        raise AwsError(credential.code, credential.message)


def _mismatch() -> AwsError:
    return AwsError("SignatureDoesNotMatch", _sigv4.SIGNATURE_MISMATCH)


def failure_response(error: AwsError, target: PathAndQuery, method: str, headers: Mapping[str, str]) -> Response:
    """Return the error in the protocol of the service that the request names."""
    service = _router.detect_service(method, target.path, dict(headers), target.query)
    failure = evaluator.AuthError(error.code, error.message)
    response: Response = app._credential_failure(service, "", str(uuid4()), failure, dict(headers))
    return response


def is_unauthorized_path(path: str) -> bool:
    """Return whether ministack answers the path without asking IAM: its container registry."""
    return bool(app._is_ecr_registry_path(path))
