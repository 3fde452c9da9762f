"""A refused call: its error code, its message, and the call itself as `service:Operation`."""

import re
from typing import NamedTuple

# The operations of each service that this project's users meet. botocore's errors name the operation only.
_SERVICES = tuple(
    (service, re.compile(pattern))
    for service, pattern in (
        ("sts", r"AssumeRo\w*|Get(?:SessionToken|FederationToken|CallerIdentity|AccessKeyInfo)|DecodeAuthorization\w*"),
        ("s3", r"\w*(?:Object|Bucket|Multipart|UploadPart|ListParts|PublicAccessBlock)\w*"),
        ("kms", r"(?:De|En|ReEn)crypt|GenerateDataKey\w*|(?:Create|Describe|Enable|Disable)Key|\w*(?:Grant|KeyPolicy)"),
        ("cloudformation", r"\w*(?:Stack|ChangeSet)\w*"),
        ("sso", r"GetRoleCredentials|ListAccountRoles"),
        ("iam", r"\w*(?:Role|User|Group|Polic|AccessKey|MFADevice|Profile|Provider|AccountSummary)\w*"),
    )
)
# Other names of the services, as the SDKs for Java and CloudTrail write them.
_NAMES = {
    "awssecuritytokenservice": "sts",
    "securitytoken": "sts",
    "amazonidentitymanagement": "iam",
    "identitymanagement": "iam",
    "awskms": "kms",
    "keymanagementservice": "kms",
}
_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:\w+)", re.IGNORECASE)
# S3 says no more than this; STS, IAM and KMS name the caller and the action.
_BARE = re.compile(
    r"\W*(?:HTTP\W+)?(?:40[034]\W+)?"
    r"(?:access ?denied|forbidden|not ?found|bad ?request|no response body|null|none|unknown(?:error)?)?\W*",
    re.I,
)

_DENIED = ("AccessDenied", "AccessDeniedException")


class ServiceError(NamedTuple):
    """An error's code and message; `call` is `service:Operation`, `service:` or empty, as far as it is known."""

    code: str
    message: str = ""
    call: str = ""

    @property
    def is_bare(self) -> bool:
        """Whether the message gives no reason."""
        return _BARE.fullmatch(self.message) is not None

    @property
    def calls(self) -> tuple[str, ...]:
        """The call and the refused action that the message names, which can be another service's."""
        action = _ACTION.search(self.message)
        # The action says more than a service without an operation.
        call = "" if action and self.call.endswith(":") else self.call
        known = [*filter(None, [call]), *([action[1]] if action else ())]
        if (
            not known
            and self.is_bare
            and (self.code in ("Forbidden", "403") or (self.message and self.code in _DENIED))
        ):
            known = ["s3:"]
        return tuple(known)


def service_call(operation: str, service: str = "") -> str:
    """Return `service:Operation`; the operation's name decides the service if `service` is empty or unknown."""
    name = re.sub(r"^(?:amazon|aws)?\W*|\W|\.?amazonaws.*", "", service.lower())
    name = _NAMES.get(name, _NAMES.get(service.lower(), name))
    if not name:
        name = next((known for known, pattern in _SERVICES if pattern.fullmatch(operation)), "")
    return f"{name}:{operation}" if name or operation else ""


def client_error(error: Exception) -> ServiceError:
    """Return the parts of botocore's ClientError."""
    details = (getattr(error, "response", None) or {}).get("Error", {})
    operation = str(getattr(error, "operation_name", "") or "")
    return ServiceError(str(details.get("Code", "")), str(details.get("Message", "")), service_call(operation))
