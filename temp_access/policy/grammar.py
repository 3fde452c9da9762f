"""What each kind of policy may contain.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from temp_access.policy.decision import Layer


@dataclass(frozen=True)
class Grammar:
    """The elements that differ between kinds; the rest is the same for all."""

    principal: bool = False
    not_principal: bool = False
    resource_required: bool = True
    resource_allowed: bool = True
    whole_arns: bool = False
    service: str = ""
    id_allowed: bool = False
    plain_sid: bool = True


# SNS and others accept a resource policy without Resource: it is then about the resource it hangs on.
_RESOURCE = Grammar(principal=True, not_principal=True, resource_required=False, id_allowed=True, plain_sid=False)

GRAMMARS = {
    Layer.IDENTITY: Grammar(),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    Layer.SESSION: Grammar(whole_arns=True),
    Layer.BOUNDARY: Grammar(),
    Layer.SCP: Grammar(),
    Layer.RESOURCE: _RESOURCE,
    # IAM's words: "AssumeRole policy may only specify STS AssumeRole actions."
    Layer.TRUST: Grammar(
        principal=True, resource_required=False, resource_allowed=False, id_allowed=True, service="sts"
    ),
    Layer.RCP: Grammar(principal=True),
}

VERSIONS = ("2012-10-17", "2008-10-17")
STATEMENT_ELEMENTS = frozenset(
    [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ]
)

ACTION = re.compile(r"\*(:\*)?|[A-Za-z0-9-]+:[\w*?-]+")
RESOURCE = re.compile(r"arn:[^:]+:[^:*?]+(:|$)")
SID = re.compile(r"[A-Za-z0-9]*")
ACCOUNT = re.compile(r"arn:[\w-]+:iam::(\d{12}):root|(\d{12})")
PRINCIPAL = re.compile(r"arn:[\w-]+:(iam|sts)::\d{12}:[^*?]+|[A-Z0-9]{16,128}")
