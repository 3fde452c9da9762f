"""Calls of a botocore client whose answers are checked, and which are repeated only where that can do no harm.

It imports botocore, so import it inside functions.
"""

import random
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from temp_access.aws.answers import CREDENTIAL_CODES, AnswerType, answer_type, defect, lacks_code, root_element
from temp_access.aws.patience import PATIENCE
from temp_access.errors import TempAccessError
from temp_access.terminal_text import redact

# What only reads, or has the same effect when it is done twice. All else is sent once.
_READS = ("Get", "List", "Head", "Describe")
_REPEATABLE = frozenset(
    {
        "AssumeRole",
        "AssumeRoleWithWebIdentity",
        "CopyObject",
        "DeleteObject",
        "DeleteObjects",
        "PutObject",
        "PutObjectTagging",
        "UploadPart",
    }
)
_ATTEMPTS, _CREDENTIAL_ATTEMPTS = 5, 3
_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_CALL_SECONDS = 30.0
_FOREIGN = "temp-access: of another form"


class NoAnswerError(BotoCoreError):
    """No service gave a whole answer of its own."""

    fmt = "{operation} got no answer: {reason}"


def client_config(**settings: Any) -> Config:
    """Return the configuration of a client: its times are bounded, and botocore repeats nothing."""
    connect, read = PATIENCE.timeouts
    retries: Any = {"mode": "standard", "total_max_attempts": 1}
    return Config(retries=retries, connect_timeout=connect, read_timeout=read, **settings)


def checked(client: Any) -> Any:
    """Return the client, whose operations now raise ClientError for an error, and BotoCoreError without an answer.

    An error that isn't an answer (`temp_access.aws.answers`) is raised after several attempts.
    """
    # botocore's parser takes well-formed XML of any kind for an answer in which every optional member is missing.
    client.meta.events.register("before-parse", _note_foreign_root)
    client._make_api_call = partial(_call, client, client._make_api_call)
    return client


def _call(client: Any, send: Callable[[str, Any], Any], operation: str, parameters: Any) -> Any:
    started, pause = time.monotonic(), _PAUSE
    for attempt in range(1, _ATTEMPTS + 1):
        if refusal := PATIENCE.begin_call():
            raise NoAnswerError(operation=operation, reason=refusal)
        try:
            return _send_once(client, send, operation, parameters)
        except (ClientError, BotoCoreError) as error:
            is_last = attempt >= _attempts(error) or time.monotonic() - started > _CALL_SECONDS
            if is_last or not _is_repeatable(operation, parameters):
                raise
        finally:
            PATIENCE.end_call()
        # Full jitter, so that the clients of a busy service don't come back together.
        time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - not a secret
        pause = min(pause * 2, _LONGEST_PAUSE)
    raise AssertionError(operation)


def _send_once(client: Any, send: Callable[[str, Any], Any], operation: str, parameters: Any) -> Any:
    try:
        response = send(operation, parameters)
    except ClientError as error:
        # A service that only throttles, say, is as silent as one that can't be reached.
        PATIENCE.answered(_date(error.response), decides=answer_type(error) is not AnswerType.NO_ANSWER)
        raise
    except (BotoCoreError, TempAccessError):
        raise
    except Exception as error:
        if _is_of_credentials(error):
            raise
        # botocore's parsers raise what they happen to meet in an answer that isn't of the service's form.
        raise NoAnswerError(
            operation=operation, reason=f"what came can't be read ({type(error).__name__}: {_first_line(error)})"
        ) from error
    shape = client.meta.service_model.operation_model(operation).output_shape
    problem = defect(operation, response, tuple(shape.required_members) if shape else ())
    if response.pop(_FOREIGN, False):
        problem = problem or "its body is something else"
    PATIENCE.answered(_date(response), decides=problem is None)
    if problem:
        raise NoAnswerError(operation=operation, reason=f"what came isn't the service's answer: {problem}")
    return response


def _note_foreign_root(
    operation_model: Any, response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    root = root_element(operation_model.name, operation_model.service_model.resolved_protocol)
    if root and response_dict["status_code"] < 300 and f"<{root}".encode() not in response_dict["body"]:
        customized_response_dict[_FOREIGN] = True


def _attempts(error: Exception) -> int:
    if isinstance(error, ClientError):
        if answer_type(error) is not AnswerType.NO_ANSWER or lacks_code(error):
            return 1
        return _CREDENTIAL_ATTEMPTS if error.response["Error"].get("Code") in CREDENTIAL_CODES else _ATTEMPTS
    return _ATTEMPTS if isinstance(error, (NoAnswerError, NoConnectionError, HTTPClientError)) else 1


def _is_repeatable(operation: str, parameters: Any) -> bool:
    # A code of an MFA device is good for one call.
    return (operation.startswith(_READS) or operation in _REPEATABLE) and "TokenCode" not in parameters


def _is_of_credentials(error: BaseException) -> bool:
    """Whether the error arose where botocore loads credentials; a credential_process can fail in any way."""
    return any(
        frame.f_globals.get("__name__") in ("botocore.credentials", "botocore.tokens")
        for frame, _ in traceback.walk_tb(error.__traceback__)
    )


def _date(response: Any) -> str | None:
    date = response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return str(date) if date else None


def _first_line(error: Exception) -> str:
    return redact(str(error).partition("\n")[0])[:200]
