"""A refusal, in the shape that the service's clients can read."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

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
