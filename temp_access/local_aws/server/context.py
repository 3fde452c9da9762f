"""What the layers tell each other about the request in hand."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from temp_access.local_aws.rules.call import AwsError, Call


@dataclass
class RequestContext:
    """One request: its action for the access log, and what is known about it by the time it is answered."""

    action: str | None = None
    # Asked only when an object turns out to be missing: may the caller know that?
    if_missing: Callable[[], AwsError | None] | None = None
    # An AssumeRole that passed every rule, while ministack issues its session.
    assuming: Call | None = None


request_context: ContextVar[RequestContext | None] = ContextVar("local_aws_exchange", default=None)
