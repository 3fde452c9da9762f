"""Call, AwsError."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

Kind = Literal["user", "role session", "session token", "federated", "unknown"]


@dataclass(frozen=True)
class Caller:
    """Who calls: `kind` tells long-term keys from each sort of temporary credentials."""

    arn: str
    account: str
    kind: Kind
    source_identity: str | None = None


@dataclass(frozen=True)
class RoleRecord:
    """The role a call names."""

    arn: str
    trust_policy: str
    max_session_duration: int
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Call:
    """An action with its parameters (the first value of each, as the query protocol sends them)."""

    action: str
    parameters: Mapping[str, str]
    access_key: str
    caller: Caller

    def get(self, name: str) -> str | None:
        """Return the parameter, or None when it was not sent."""
        return self.parameters.get(name)

    def members(self, name: str, field: str = "") -> list[str]:
        """Return a list parameter: `Tags.member.1.Key`, `PolicyArns.member.1.arn` and so on."""
        found: list[str] = []
        suffix = f".{field}" if field else ""
        while (value := self.parameters.get(f"{name}.member.{len(found) + 1}{suffix}")) is not None:
            found.append(value)
        return found

    @property
    def tags(self) -> dict[str, str]:
        """The session tags."""
        values = [
            self.parameters.get(f"Tags.member.{i + 1}.Value", "") for i in range(len(self.members("Tags", "Key")))
        ]
        return dict(zip(self.members("Tags", "Key"), values, strict=True))


def form(query: Mapping[str, list[str]], body: bytes) -> dict[str, str]:
    """Return the parameters of a query-protocol request, as ministack reads them: the body's over the URL's."""
    values = {name: found[0] for name, found in query.items()}
    values.update({name: found[0] for name, found in parse_qs(body.decode("utf-8", "replace")).items()})
    return values


Response = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class AwsError(Exception):
    """An AWS error: its code, message and HTTP status."""

    code: str
    message: str
    status: int = 400

    def query(self, service: str) -> Response:
        """Return it as the query protocol (STS, IAM) spells an error."""
        version = {"sts": "2011-06-15", "iam": "2010-05-08"}[service]
        body = (
            f'<ErrorResponse xmlns="https://{service}.amazonaws.com/doc/{version}/"><Error><Type>Sender</Type>'
            f"<Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error></ErrorResponse>"
        )
        return self.status, {"Content-Type": "text/xml"}, body.encode()

    def rest_xml(self) -> Response:
        """Return it as S3 spells an error."""
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error>"
        )
        return self.status, {"Content-Type": "application/xml"}, body.encode()


def constraint(value: object, name: str, rule: str) -> AwsError:
    """Return the ValidationError with which AWS answers a parameter outside its model's constraint."""
    return AwsError(
        "ValidationError",
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {rule}",
    )
