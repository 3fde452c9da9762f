"""One signed call of STS or IAM, as the rules see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs

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
