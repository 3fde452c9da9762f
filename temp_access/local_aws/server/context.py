"""What the front application, the rules and ministack share about the current request."""

from contextvars import ContextVar
from dataclasses import dataclass

from temp_access.local_aws.rules.call import Call


@dataclass
class RequestContext:
    """One request: its action for the access log, and the results of the rules that later steps need."""

    action: str | None = None
    # An AssumeRole that passed every rule, while ministack creates its session.
    assume_role_call: Call | None = None


request_context: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)
