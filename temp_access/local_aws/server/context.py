"""What the front application, the rules and ministack share about the current request."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from temp_access.local_aws.rules.call import AwsError, Call


@dataclass
class RequestContext:
    """One request: its action for the access log, and the results of the rules that later steps need."""

    action: str | None = None
    # Called only if the object is missing: the error that hides this from a caller without s3:ListBucket.
    missing_object_error: Callable[[], AwsError | None] | None = None
    # An AssumeRole that passed every rule, while ministack creates its session.
    assume_role_call: Call | None = None


request_context: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)
