"""Presigned URLs: calls without credentials, as anybody can make them who has the URL."""

import html
import os
import re
import time
from typing import TYPE_CHECKING, Any

from temp_access.aws.answers import AnswerType, answer_type, is_from_aws
from temp_access.aws.patience import PATIENCE
from temp_access.verify.outcomes import SetupError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from types_boto3_s3 import S3Client


# As long as S3 accepts any other signature, so that a clock that is a few minutes off does no harm:
# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
_SECONDS = 900
_ATTEMPTS, _PAUSE = 4, 0.2


def call_presigned(s3: "S3Client", method: str, bucket: str, key: str, body: bytes | None = None) -> None:
    """GET or PUT by a presigned URL; raises ClientError if it is refused, SetupError without an answer of S3."""
    from botocore.exceptions import HTTPClientError

    operation = "put_object" if method == "PUT" else "get_object"
    url = s3.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": key}, ExpiresIn=_SECONDS)
    for attempt in range(1, _ATTEMPTS + 1):
        if refusal := PATIENCE.begin_call():
            raise SetupError(f"the presigned URL got no answer: {refusal}")
        try:
            _send(method, url, body)
        except HTTPClientError:
            if attempt == _ATTEMPTS:
                raise
        except Exception as error:
            if attempt == _ATTEMPTS or (hasattr(error, "response") and answer_type(error) is not AnswerType.NO_ANSWER):
                raise
        else:
            return
        finally:
            PATIENCE.end_call()
        time.sleep(_PAUSE * attempt)


def _send(method: str, url: str, body: bytes | None) -> None:
    from botocore.awsrequest import AWSRequest
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies

    request = AWSRequest(method, url, data=body)
    bundle: Any = os.environ.get("AWS_CA_BUNDLE") or True
    timeout: Any = PATIENCE.timeouts
    session = URLLib3Session(verify=bundle, proxies=get_environ_proxies(url), timeout=timeout)
    response = session.send(request.prepare())
    headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
    PATIENCE.answered(headers.get("date"))
    if response.status_code >= 300:
        raise as_client_error(response.status_code, response.content, headers)
    if not is_from_aws({"HTTPHeaders": headers}) or "etag" not in headers:
        raise SetupError("the answer to the presigned URL isn't S3's: it has no request id or no ETag")


def as_client_error(status: int, body: bytes, headers: dict[str, str]) -> "ClientError":
    """Return S3's error to a presigned URL as boto3 would raise it."""
    from botocore.exceptions import ClientError

    code, message = (re.search(f"<{tag}>(.*?)</{tag}>".encode(), body, re.DOTALL) for tag in ("Code", "Message"))
    return ClientError(
        {
            "Error": {
                "Code": code[1].decode("utf-8", "replace") if code else str(status),
                "Message": html.unescape(message[1].decode("utf-8", "replace")) if message else "",
            },
            "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},  # type: ignore[typeddict-item]
        },
        "presigned URL",
    )
