"""A call of an AWS API as the rules see it, and the errors with which they refuse it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

CredentialType = Literal["user", "role session", "session token", "federated", "unknown"]
Response = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Caller:
    """The owner of the credentials; `credential_type` is `user` for long-term access keys."""

    arn: str
    credential_type: CredentialType
    source_identity: str | None = None


@dataclass(frozen=True)
class RoleRecord:
    """The role that a call of AssumeRole names; `max_session_duration` is in seconds."""

    arn: str
    trust_policy: str
    max_session_duration: int
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Call:
    """An action with its parameters: the first value of each, as the query protocol sends them."""

    action: str
    parameters: Mapping[str, str]
    access_key: str
    caller: Caller

    def get(self, name: str) -> str | None:
        """Return the parameter, or None when it wasn't sent."""
        return self.parameters.get(name)

    def members(self, name: str, field: str = "") -> list[str]:
        """Return a list parameter, such as `Tags.member.1.Key` or `PolicyArns.member.1.arn`."""
        members: list[str] = []
        suffix = f".{field}" if field else ""
        while (value := self.parameters.get(f"{name}.member.{len(members) + 1}{suffix}")) is not None:
            members.append(value)
        return members

    @property
    def tags(self) -> dict[str, str]:
        """The session tags."""
        keys = self.members("Tags", "Key")
        values = [self.parameters.get(f"Tags.member.{number}.Value", "") for number in range(1, len(keys) + 1)]
        return dict(zip(keys, values, strict=True))

    @property
    def source_identity(self) -> str | None:
        """The source identity of the new session: the one sent, or else the one of the caller's own session."""
        return self.get("SourceIdentity") or self.caller.source_identity


def parse_json(text: str) -> Any:
    """Return the parsed text; raises ValueError unless it is JSON of a depth that Python can parse."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def form_parameters(query: Mapping[str, list[str]], body: bytes) -> dict[str, str]:
    """Return the parameters of a query-protocol request; as in ministack, the body's override the URL's."""
    parameters = {name: values[0] for name, values in query.items()}
    parameters.update({name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()})
    return parameters


@dataclass(frozen=True)
class AwsError(Exception):
    """An AWS error: its code, message and HTTP status."""

    code: str
    message: str
    status: int = 400

    def query_xml(self, service: str) -> Response:
        """Return the error in the query protocol of STS or IAM."""
        version = {"sts": "2011-06-15", "iam": "2010-05-08"}[service]
        body = (
            f'<ErrorResponse xmlns="https://{service}.amazonaws.com/doc/{version}/"><Error><Type>Sender</Type>'
            f"<Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error></ErrorResponse>"
        )
        return self.status, {"Content-Type": "text/xml"}, body.encode()

    def rest_xml(self) -> Response:
        """Return the error in the REST protocol of S3."""
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error>"
        )
        return self.status, {"Content-Type": "application/xml"}, body.encode()


def constraint_error(value: object, name: str, constraint: str) -> AwsError:
    """Return the ValidationError for a parameter that violates a constraint of the API's model."""
    return AwsError(
        "ValidationError",
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {constraint}",
    )
