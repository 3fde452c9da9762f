"""Both answers to one call: the local AWS's, which is really called, and the evaluator's."""

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
from tests.integration.differential.random_policies import Body
from tests.integration.differential.things import Caller, Documents, now

# Off, so that what the SDK would refuse by itself reaches the server.
_ONCE = Config(parameter_validation=False, retries={"total_max_attempts": 1})
_DENIED = ("AccessDenied", "403")


@dataclass(frozen=True)
class Case:
    """One call with both answers; `world` tells how to make it again."""

    world: str
    caller: Caller
    call: Call
    local: bool
    decision: Decision

    @property
    def agrees(self) -> bool:
        """Whether both say the same."""
        return self.local is self.decision.allowed

    def __str__(self) -> str:
        policies = {name: policy for name, policy in vars(self.caller.documents).items() if policy is not None}
        return (
            f"{self.world}: {self.caller.principal} {self.call.operation} {self.call.parameters}\n"
            f"  local AWS: {'allowed' if self.local else 'denied'}; evaluator: {self.decision}\n"
            f"  {json.dumps(policies)}"
        )


def ask(world: str, caller: Caller, call: Call, clients: dict[str, Any]) -> Case:
    """Return both answers; `clients` keeps the caller's clients by service."""
    if call.service not in clients:
        clients[call.service] = caller.session.client(call.service, config=_ONCE)  # type: ignore[call-overload]
    return Case(world, caller, call, _allows(call, clients[call.service]), decide(caller, call, caller.documents))


def decide(caller: Caller, call: Call, documents: Documents) -> Decision:
    """Return the evaluator's answer: that to the first action which is denied, else that to the last."""
    layers = layers_of(documents, call)
    decisions = [evaluate(layers, request(caller, call, action)) for action in call.actions]
    return next((decision for decision in decisions if not decision.allowed), decisions[-1])


def layers_of(documents: Documents, call: Call) -> PolicySet:
    """Return the policies that take part in the call."""
    is_trust = call.service == "sts"
    of_resource = {"s3": documents.bucket, "sts": documents.trust}.get(call.service)
    return PolicySet(
        identity=(parse_policy(documents.identity, Layer.IDENTITY),),
        session=None if documents.session is None else (parse_policy(documents.session, Layer.SESSION),),
        boundary=_parsed(documents.boundary, Layer.BOUNDARY),
        resource=_parsed(of_resource, Layer.TRUST if is_trust else Layer.RESOURCE),
        resource_is_trust_policy=is_trust,
    )


def request(caller: Caller, call: Call, action: str) -> Request:
    """Return the request that the call is, with the keys that AWS puts into it."""
    everywhere = {
        "aws:SecureTransport": "true",
        "aws:SourceIp": "127.0.0.1",
        "aws:RequestedRegion": "us-east-1",
        "aws:CurrentTime": now(),
        "aws:EpochTime": str(int(datetime.now(UTC).timestamp())),
    }
    return Request(
        principal=caller.principal,
        action=action,
        resource=call.resource,
        account=ACCOUNT,
        resource_account=ACCOUNT,
        role_arn=caller.role_arn,
        context={**everywhere, **caller.keys, **call.keys},
        principal_tags=caller.tags,
    )


def _allows(call: Call, client: Any) -> bool:
    """Call it, and say whether it was allowed; any other error than a denial is the test's own."""
    try:
        getattr(client, call.operation)(**call.parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _DENIED:
            raise
        return False
    return True


def _parsed(document: Body | None, layer: Layer) -> Policy | None:
    return None if document is None else parse_policy(document, layer)
