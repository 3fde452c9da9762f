"""Templates of one resource for the lint tests."""

from typing import Any

from temp_access.lint.findings import template_findings
from temp_access.lint.model import Finding

VERSION = "2012-10-17"


def identity(*statements: dict[str, Any], version: str | None = VERSION) -> dict[str, Any]:
    """Return a template of a role with this inline policy."""
    return _template("AWS::IAM::Role", {"Policies": [{"PolicyName": "p", "PolicyDocument": _of(statements, version)}]})


def managed(*statements: dict[str, Any], version: str | None = VERSION) -> dict[str, Any]:
    """Return a template of a managed policy."""
    return _template("AWS::IAM::ManagedPolicy", {"PolicyDocument": _of(statements, version)})


def trust(*statements: dict[str, Any], version: str | None = VERSION) -> dict[str, Any]:
    """Return a template of a role with this trust policy."""
    return _template("AWS::IAM::Role", {"AssumeRolePolicyDocument": _of(statements, version)})


def bucket(*statements: dict[str, Any], version: str | None = VERSION) -> dict[str, Any]:
    """Return a template of a bucket's policy."""
    return _template("AWS::S3::BucketPolicy", {"Bucket": "b", "PolicyDocument": _of(statements, version)})


def resource(type_: str, **properties: Any) -> dict[str, Any]:
    """Return a template of any one resource."""
    return _template(type_, properties)


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy document."""
    return _of(statements, VERSION)


def attached(name: str) -> dict[str, Any]:
    """Return a template of a user with this AWS managed policy."""
    arn = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":iam::aws:policy/{name}"]]}
    return _template("AWS::IAM::User", {"ManagedPolicyArns": [arn]})


def under(operator: str, key: str, *values: str) -> dict[str, Any]:
    """Return a Condition of one key."""
    return {"Condition": {operator: {key: values[0] if len(values) == 1 else list(values)}}}


def lint(template: dict[str, Any]) -> tuple[Finding, ...]:
    """Return the findings on a template."""
    return template_findings("S", template)


def rules(template: dict[str, Any]) -> list[str]:
    """Return the ids of the rules that a template breaks."""
    return [finding.rule for finding in lint(template)]


def _of(statements: tuple[dict[str, Any], ...], version: str | None) -> dict[str, Any]:
    return ({"Version": version} if version else {}) | {
        "Statement": [{"Effect": "Allow"} | each for each in statements]
    }


def _template(type_: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": {"R": {"Type": type_, "Properties": properties, "Metadata": {"aws:cdk:path": "S/R"}}}}
