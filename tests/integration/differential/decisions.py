"""Two decisions on one call: that of the local AWS, which gets the call, and that of the evaluator."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from temp_access.iam.decision import Decision, Layer
from temp_access.iam.document import Policy
from temp_access.iam.evaluator import PolicySet, evaluate
from temp_access.iam.parser import parse_policy
from temp_access.iam.request import Request
from tests.integration.differential.calls import Call
from tests.integration.differential.names import ACCOUNT
from tests.integration.differential.random_policies import Document
from tests.integration.differential.resources import Caller, PolicyDocuments, current_time

# Without validation, so that the server gets the calls that the SDK would refuse.
_ONCE = Config(parameter_validation=False, retries={"total_max_attempts": 1})
_DENIED = ("AccessDenied", "403")


@dataclass(frozen=True)
class Case:
    """One call with both decisions; `name` has the seed that reproduces it."""

    name: str
    caller: Caller
    call: Call
    local_allows: bool
    decision: Decision

    @property
    def agrees(self) -> bool:
        """Whether both decisions are the same."""
        return self.local_allows is self.decision.allowed

    def __str__(self) -> str:
        policies = {name: policy for name, policy in vars(self.caller.documents).items() if policy is not None}
        return (
            f"{self.name}: {self.caller.principal} {self.call.operation} {self.call.parameters}\n"
            f"  local AWS: {'allowed' if self.local_allows else 'denied'}; evaluator: {self.decision}\n"
            f"  {json.dumps(policies)}"
        )


def compare(name: str, caller: Caller, call: Call, clients: dict[str, Any]) -> Case:
    """Return the call with both decisions; `clients` caches the caller's clients by service."""
    if call.service not in clients:
        clients[call.service] = caller.session.client(call.service, config=_ONCE)  # type: ignore[call-overload]
    return Case(name, caller, call, _allows(call, clients[call.service]), decide(caller, call, caller.documents))


def decide(caller: Caller, call: Call, documents: PolicyDocuments) -> Decision:
    """Return the evaluator's decision on the first action that it denies, or else on the last action."""
    policies = policies_of(documents, call)
    decisions = [evaluate(policies, build_request(caller, call, action)) for action in call.actions]
    return next((decision for decision in decisions if not decision.allowed), decisions[-1])


def policies_of(documents: PolicyDocuments, call: Call) -> PolicySet:
    """Return the policies that apply to the call."""
    is_trust = call.service == "sts"
    resource_policy = {"s3": documents.bucket, "sts": documents.trust}.get(call.service)
    return PolicySet(
        identity=(parse_policy(documents.identity, Layer.IDENTITY),),
        session=None if documents.session is None else (parse_policy(documents.session, Layer.SESSION),),
        boundary=_parse_optional(documents.boundary, Layer.BOUNDARY),
        resource=_parse_optional(resource_policy, Layer.TRUST if is_trust else Layer.RESOURCE),
        resource_is_trust_policy=is_trust,
    )


def build_request(caller: Caller, call: Call, action: str) -> Request:
    """Return the call's request for the action, with the condition keys that AWS adds."""
    global_keys = {
        "aws:SecureTransport": "true",
        "aws:SourceIp": "127.0.0.1",
        "aws:RequestedRegion": "us-east-1",
        "aws:CurrentTime": current_time(),
        "aws:EpochTime": str(int(datetime.now(UTC).timestamp())),
    }
    return Request(
        principal=caller.principal,
        action=action,
        resource=call.resource,
        account=ACCOUNT,
        resource_account=ACCOUNT,
        role_arn=caller.role_arn,
        context={**global_keys, **caller.keys, **call.keys},
        principal_tags=caller.tags,
    )


def _allows(call: Call, client: Any) -> bool:
    """Make the call, and return whether it was allowed; raises ClientError for any error but a denial."""
    try:
        getattr(client, call.operation)(**call.parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _DENIED:
            raise
        return False
    return True


def _parse_optional(document: Document | None, layer: Layer) -> Policy | None:
    return None if document is None else parse_policy(document, layer)
